"""``edit``: a pick in the editor's own editor. The program writes nothing here."""

from __future__ import annotations

import signal
from collections.abc import Sequence

import click

from roundup.cli.door import Session, command
from roundup.cli.wanted import parse_key, root_of
from roundup.errors import RefusedError, SourceError, nearest


@command("roundup edit 2308.00951")
@click.argument("pick", metavar="ID")
@click.option("--issue", "key", metavar="KEY", help="The issue whose pick is meant; the newest that has one by default.")
def edit(session: Session, pick: str, key: str | None) -> None:
    """Open a pick in your editor, and the paper's record beside it.

    ID is a paper's, or the name of a pick about something else. $VISUAL or $EDITOR names the editor. The pick is yours to write in; the
    record is there to be read, for roundup writes it anew. Afterwards what cannot be read in the pick is told.
    """
    from roundup.store.shelf import Shelves

    shelves = Shelves(root_of(session))
    name, is_paper = _named(pick)
    issues = [parse_key(key)] if key else list(shelves.folders)
    path = next((path for issue in issues if (path := shelves.pick_path(issue, name))), None)
    if path is None:
        known = (one for issue in issues for one in shelves.pick_names(issue))
        into = f" --issue {issues[0]}" if key else ""
        mend = f"; make one with: roundup fetch {pick}{into}" if is_paper else nearest(name, known) or "; name one as its file in commentary/ is named"
        raise RefusedError(f'{f"{issues[0]} has" if key else "there is"} no pick "{pick}"{mend}')
    record = f"{path.rpartition('/commentary/')[0] or path.removesuffix('/issue.yaml')}/papers/{name}.yaml"
    _open([str(shelves.root / one) for one in (path, record) if (shelves.root / one).is_file()])
    if problems := shelves.faults(path):
        raise SourceError(problems)
    session.say(f"{path}: no problems in reading it; roundup check tells the others")


def _named(pick: str) -> tuple[str, bool]:
    """Return the name of a pick's file, and whether it is a paper's, whose ID may be spelt in many ways."""
    from roundup.paper import ArxivId
    from roundup.references import parse_reference

    try:
        one = parse_reference(pick)
    except ValueError:
        return pick, False
    return (one.name, True) if isinstance(one, ArxivId) else (pick, False)


def _open(paths: Sequence[str]) -> None:
    """Open files in the editor, and wait for its end. Ctrl-C is the editor's meanwhile."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        click.edit(filename=paths)
    except (click.ClickException, ValueError) as error:  # the latter for a quotation mark that is never closed
        told = error.message if isinstance(error, click.ClickException) else str(error)
        raise RefusedError(f"{told}; name an editor that works in EDITOR") from error
    finally:
        signal.signal(signal.SIGINT, before)
