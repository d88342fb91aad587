"""A sitting line by line, for a screen reader, a pipe, or a terminal that can do no more: a paper is printed, a letter is asked for."""

from __future__ import annotations

import click

from roundup.cli.keys import DECIDING, HELP
from roundup.errors import RoundupError, printable
from roundup.sitting import Sitting, paper_lines
from roundup.text.filling import WIDTH

_ASKED = "p pick, x skip, l later, u undo, n next, b back, t section, ? help, q quit: "


def sit(sitting: Sitting) -> None:
    """Go through the papers until the editor quits, or there is no more to read."""
    shown: object = None
    while True:
        one = sitting.current
        if (one and one.paper.id) != shown or shown is None:
            shown = one and one.paper.id
            lines = paper_lines(one, sitting.desk, WIDTH) if one else ["no more papers; u takes the last decision back, q ends"]
            click.echo(printable("\n".join(["", sitting.heading(), "", *lines, ""])))
        try:
            answer = input(_ASKED).strip()
        except (EOFError, RuntimeError):  # the latter where there is no standard input at all
            click.echo()
            return
        key, _, rest = answer.partition(" ")
        if key == "q":
            return
        try:
            _act(sitting, key, rest.strip())
        except RoundupError as error:
            sitting.said = str(error)
        if sitting.said:
            click.echo(printable(sitting.said))
            sitting.said = ""


def _act(sitting: Sitting, key: str, rest: str) -> None:
    if key in DECIDING:
        sitting.decide(DECIDING[key])
    elif key == "u":
        sitting.undo()
    elif key in ("n", "b"):
        sitting.move(1 if key == "n" else -1)
    elif key == "t":
        sitting.section = rest
        known = ", ".join(sitting.sections()) or "none yet"
        sitting.said = f"section: {rest}" if rest else f"no section; write its title behind the letter, as t Tool use (there are: {known})"
    elif key == "?":
        sitting.said = HELP
    elif key:
        sitting.said = f'"{key}" is no key here; ? tells all of them'
