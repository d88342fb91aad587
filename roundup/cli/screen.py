"""A sitting on a whole screen: a paper at a time or a list, one key for each decision."""

from __future__ import annotations

import gc
from collections.abc import Callable

from prompt_toolkit.application import Application, get_app
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.filters import Condition, Filter
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import ConditionalContainer, HSplit, Layout, Window
from prompt_toolkit.layout.controls import FormattedTextControl
from prompt_toolkit.output import Output
from prompt_toolkit.widgets import TextArea

from roundup.cli.keys import DECIDING, HELP, ON_SCREEN
from roundup.errors import RoundupError, printable
from roundup.sitting import Sitting, paper_lines, title_line
from roundup.text.visible import one_line

_WIDEST = 100  # columns of text: a longer line is hard to read
_KEYS = "p pick  x skip  l later  u undo  n/b on/back  t section  a list  ? help  q end"


class Screen:
    """What a terminal shows of a sitting. ``source`` and ``sink`` are the terminal's, where they are not given."""

    def __init__(self, sitting: Sitting, source: Input | None = None, sink: Output | None = None) -> None:
        self.sitting = sitting
        self.is_list = self.is_help = False
        self.scrolled = 0
        self.section = TextArea(height=1, prompt="section: ", multiline=False, accept_handler=self._take_section)
        body = Window(FormattedTextControl(self._body, focusable=True), wrap_lines=False)
        asking = Condition(lambda: self.app.layout.has_focus(self.section))
        foot = ConditionalContainer(Window(FormattedTextControl(self._foot), height=2), ~asking)
        self.body = body
        layout = HSplit([Window(FormattedTextControl(self._head), height=2), body, foot, ConditionalContainer(self.section, asking)])
        self.app: Application[None] = Application(
            layout=Layout(layout, body), key_bindings=self._bindings(~asking), full_screen=True, input=source, output=sink,
        )  # fmt: skip

    def run(self) -> None:
        gc.freeze()  # what is there stays to the end; to look through it for garbage now and then took 40 to 80 ms, and a key had to wait for that
        self.app.run()

    def _columns(self) -> int:
        return max(20, min(get_app().output.get_size().columns - 2, _WIDEST))

    def _rows(self) -> int:
        return max(1, get_app().output.get_size().rows - 4)

    def _head(self) -> str:
        return printable(f" {self.sitting.heading()}")

    def _foot(self) -> str:
        return printable(f" {one_line(self.sitting.said)}\n {_KEYS}")

    def _body(self) -> str:
        lines = self._lines()
        rows = self._rows()
        self.scrolled = max(0, min(self.scrolled, len(lines) - rows))
        shown = lines[self.scrolled : self.scrolled + rows]
        if len(lines) > self.scrolled + rows:
            shown[-1] = "... (space goes on)"
        return "\n".join(f" {printable(line)}" for line in shown)

    def _lines(self) -> list[str]:
        if self.is_help:
            return [*HELP.split("\n"), *ON_SCREEN.split("\n")]
        one = self.sitting.current
        if one is None:
            return ["no more papers; u takes the last decision back, q ends"]
        if self.is_list:
            rows = (title_line(each, self._columns() - 2) for each in self.sitting.around(self._rows()))
            return [f"{'  ' if number else '> '}{row}" for number, row in enumerate(rows)]
        return paper_lines(one, self.sitting.desk, self._columns())

    def _bindings(self, free: Filter) -> KeyBindings:
        bindings = KeyBindings()

        def on(*keys: str, do: Callable[[], None]) -> None:
            def act(event: KeyPressEvent) -> None:
                self.is_help = False
                self.sitting.said = ""
                try:
                    do()
                except RoundupError as error:
                    self.sitting.said = str(error)

            for key in keys:
                bindings.add(key, filter=free)(act)

        for key, what in DECIDING.items():
            on(key, do=lambda what=what: self._go(lambda: self.sitting.decide(what)))  # type: ignore[misc]
        on("u", do=lambda: self._go(self.sitting.undo))
        on("n", "j", "down", do=lambda: self._go(lambda: self.sitting.move(1)))
        on("b", "k", "up", do=lambda: self._go(lambda: self.sitting.move(-1)))
        on("space", "pagedown", do=lambda: self._scroll(1))
        on("pageup", do=lambda: self._scroll(-1))
        on("a", do=lambda: setattr(self, "is_list", not self.is_list))
        on("?", do=lambda: setattr(self, "is_help", True))
        on("t", do=self._ask_section)
        on("q", do=self._end)
        bindings.add("c-c")(lambda event: event.app.exit(exception=KeyboardInterrupt))
        bindings.add("escape", filter=~free, eager=True)(lambda event: event.app.layout.focus(self.body))
        return bindings

    def _end(self) -> None:
        self.app.exit()

    def _go(self, step: Callable[[], None]) -> None:
        self.scrolled = 0
        step()

    def _scroll(self, pages: int) -> None:
        self.scrolled += pages * (self._rows() - 1)

    def _ask_section(self) -> None:
        self.section.completer = WordCompleter(self.sitting.sections(), sentence=True, ignore_case=True)
        self.section.text = self.sitting.section
        self.app.layout.focus(self.section)

    def _take_section(self, buffer: object) -> bool:
        self.sitting.section = one_line(self.section.text)
        self.app.layout.focus(self.body)
        return False
