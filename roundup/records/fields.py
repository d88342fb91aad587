"""One mapping's keys, taken one by one and converted by what the schema says they are; every fault is noted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TypeVar

from roundup.errors import Location, Problem, nearest
from roundup.issue import Prose
from roundup.nodes import Mapping, Node, Scalar, Sequence
from roundup.paper import Moment, parse_moment
from roundup.text.depth import DEEPEST, may_be_too_deep
from roundup.text.links import is_web
from roundup.text.visible import one_line, visible

Value = TypeVar("Value")

# A field's cap: the slowest Markdown of this size, nothing but quotation marks, takes 1.8 s (measured); no commentary comes near it.
MAX_PROSE = 64 * 1024
MAX_LINE = 64 * 1024  # characters of any other text, as fetching keeps; of arXiv's longest abstract there are 3,488, of authors' names 512


class Fields:
    """The keys of ``mapping``. ``known`` names them all, so that a misspelt one is told from a missing one."""

    def __init__(self, mapping: Mapping, path: str, problems: list[Problem], known: tuple[str, ...]) -> None:
        self.mapping = mapping
        self.path = path
        self.problems = problems
        self.meant: set[str] = set()  # keys that a misspelt one most likely stands for
        for key, line in mapping.lines.items():
            if key not in known:
                hint = nearest(key, known)
                self.meant |= {name for name in known if f'"{name}"' in hint}
                self.note(line, f'unknown key "{key}"' + (hint or f"; known here: {', '.join(known)}"))

    def note(self, line: int, what: str) -> None:
        self.problems.append(Problem(Location(self.path, line), what))

    def where(self, key: str) -> Location:
        return Location(self.path, self.mapping.lines.get(key, self.mapping.line))

    @property
    def lines(self) -> tuple[tuple[str, int], ...]:
        return tuple(self.mapping.lines.items())

    def need(self, *keys: str) -> bool:
        """Tell whether all these keys hold something; note each that does not."""
        missing = [key for key in keys if self.empty(key)]
        for key in missing:
            if key in self.mapping.values:
                self.note(self.where(key).line, f'"{key}" is empty; give it a value')
            elif key not in self.meant:  # else it is told already
                self.note(self.mapping.line, f'"{key}" is missing; add it')
        return not missing

    def empty(self, key: str) -> bool:
        node = self.mapping.values.get(key)
        if isinstance(node, Scalar):
            return not visible(node.text).strip() and not node.faulty
        if isinstance(node, Sequence):
            return all(isinstance(item, Scalar) and not item.text.strip() for item in node.items)
        return node is None

    def scalar(self, key: str) -> Scalar | None:
        """Return the text node of ``key``; None where there is none, or where the value is no text."""
        node = self.mapping.values.get(key)
        if node is None or isinstance(node, Scalar):
            return node
        self.note(self.where(key).line, f'"{key}" holds {_kind(node)}; write one piece of text')
        return None

    def text(self, key: str, default: str = "") -> str:
        """Return the value on one line, white space folded."""
        if key not in self.mapping.values:  # as most are
            return default
        node = self.scalar(key)
        return one_line(node.text) or default if node and self.fits(node, key) else default

    def fits(self, node: Scalar, key: str, part: str = "") -> bool:
        """Tell whether a text is no longer than a page can bear; note it when it is."""
        if len(node.text) <= MAX_LINE:
            return True
        self.note(node.line, f'{part}"{key}" is too long: {len(node.text):,} characters, the limit is {MAX_LINE:,}; shorten it')
        return False

    def prose(self, key: str) -> Prose:
        """Return the value to the letter, as Markdown."""
        node = self.scalar(key)
        if node is None:
            return Prose("", self.where(key))
        size = len(node.text.encode("utf-8", "replace"))
        if size > MAX_PROSE:
            self.note(self.where(key).line, f'"{key}" is too long: {size:,} bytes, the limit is {MAX_PROSE:,}; split it')
            return Prose("", self.where(key))
        prose = Prose(node.text, Location(self.path, node.line), node.literal)
        if may_be_too_deep(node.text):
            from roundup.text import dialect  # Markdown's parser, which few texts need here

            for found in dialect.parse(node.text).too_deep[:1]:
                what = f'"{key}" is nested too deep here: it has more than {DEEPEST // 2} lists or {DEEPEST} quotes in each other; flatten it'
                self.note(prose.at(found.line).line, what)
                return Prose("", self.where(key))
        return prose

    def converted(self, key: str, convert: Callable[[str], Value], expected: str) -> Value | None:
        """Return ``convert(text)``; a ValueError is noted with the value and what was ``expected``."""
        text = self.text(key)
        if not text:
            return None
        try:
            return convert(text)
        except ValueError:
            self.note(self.where(key).line, f'{key} "{text}" is {expected}')
            return None

    def moment(self, key: str) -> Moment | None:
        return self.converted(key, parse_moment, "no date; write 2023-08-02 or 2023-08-02T12:00:00Z")

    def date(self, key: str) -> dt.date | None:
        return self.converted(key, _day, "no date; write it as 2023-08-02")

    def number(self, key: str) -> int | None:
        return self.converted(key, _whole, "no whole number from 0 to 999,999,999")

    def url(self, key: str) -> str:
        """Return a web address; anything else is noted."""
        text = self.text(key)
        return text if not text or self.is_web(key, text, self.where(key).line) else ""

    def is_web(self, key: str, text: str, line: int) -> bool:
        """Tell whether the text is a web address; note it when it is not."""
        if is_web(text):
            return True
        self.note(line, f'{key} "{text}" is no web address; write it from https:// on')
        return False

    def choice(self, key: str, options: tuple[str, ...], default: str) -> str:
        text = self.text(key) or default
        if text not in options:
            hint = nearest(text, options) or f"; choose {', '.join(options[:-1])} or {options[-1]}"
            self.note(self.where(key).line, f'{key} "{text}" is not known{hint}')
            return default
        return text

    def nodes(self, key: str) -> tuple[Node, ...]:
        """Return the items of a list; one bare value counts as a list of one."""
        node = self.mapping.values.get(key)
        if node is None or self.empty(key):
            return ()
        return node.items if isinstance(node, Sequence) else (node,)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the items of a list of texts, each on one line."""
        return tuple([text for text, _ in self.items(key)]) if key in self.mapping.values else ()

    def items(self, key: str) -> Iterator[tuple[str, int]]:
        """Yield the items of a list of texts, each on one line, with the number of its line."""
        for raw, line in self.raw(key):
            if text := one_line(raw):
                yield text, line

    def raw(self, key: str) -> Iterator[tuple[str, int]]:
        """Yield the items of a list of texts to the letter, with the number of the line."""
        for node in self.nodes(key):
            if isinstance(node, Scalar):
                if self.fits(node, key, "an item of "):
                    yield node.text, node.line
            else:
                self.note(node.line, f'an item of "{key}" is {_kind(node)}; write text')

    def fields(self, key: str, known: tuple[str, ...]) -> Fields | None:
        """Return the keys of the mapping under ``key``."""
        node = self.mapping.values.get(key)
        if node is None or (isinstance(node, Scalar) and not node.text):
            return None
        if not isinstance(node, Mapping):
            self.note(self.where(key).line, f'"{key}" holds {_kind(node)}; write keys below it: {", ".join(known)}')
            return None
        return Fields(node, self.path, self.problems, known)

    def each(self, key: str, known: tuple[str, ...]) -> Iterator[Fields]:
        """Yield the keys of each mapping of a list."""
        for node in self.nodes(key):
            if isinstance(node, Mapping):
                yield Fields(node, self.path, self.problems, known)
            else:
                self.note(node.line, f'an item of "{key}" is {_kind(node)}; write keys: {", ".join(known)}')


def eaten(mapping: Mapping, path: str, keys: tuple[str, ...]) -> Iterator[Problem]:
    """Yield a word of warning for each text that a ``#`` cut short: ``title: C # fast`` is the title C."""
    for key in keys:
        value = mapping.values.get(key)
        for node in value.items if isinstance(value, Sequence) else (value,):
            if not isinstance(node, Scalar) or not node.remark.startswith(" #"):
                continue
            what = f'"{node.remark.strip()}" behind the {key} is a comment and will not be seen; quote the value, or put two spaces before the #'
            yield Problem(Location(path, node.line), what)


def _day(text: str) -> dt.date:
    moment = parse_moment(text)
    if isinstance(moment, dt.datetime):
        raise ValueError
    return moment


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError
    return int(text)


def _kind(node: Node) -> str:
    return "a list" if isinstance(node, Sequence) else "a mapping" if isinstance(node, Mapping) else "text"
