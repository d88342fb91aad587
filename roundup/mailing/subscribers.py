"""A table of subscribers, as CSV -> who gets an issue; and a table of what became of it. Pure.

The first line names the columns: ``email``, and as many of ``name``, ``status`` and ``unsubscribe`` as there are; others are not looked at.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from roundup.errors import Location, Problem, nearest
from roundup.mailing.address import is_way_out, parse_mailbox
from roundup.text.visible import one_line, visible

# As exports have it: of listmonk, Buttondown, Ghost, Mailchimp.
_ACTIVE = frozenset("active confirmed enabled free member paid premium regular subscribed true yes 1".split())
_LEFT = frozenset(
    "archived blocked blocklisted bounced cleaned complained disabled false inactive no paused pending removed suppressed unactivated"
    " unconfirmed undeliverable unsubscribed 0".split()
)


class Subscriber(Struct, frozen=True):
    """Who gets an issue; ``key`` tells who is who, however the address is spelt, and ``unsubscribe`` is the subscriber's own way out."""

    address: str
    name: str = ""
    unsubscribe: str = ""

    @property
    def key(self) -> str:
        return self.address.lower()


class Subscribers(Struct, frozen=True):
    """Those who get an issue, in the order of the list; how many rows said the same again, and how many have left."""

    active: tuple[Subscriber, ...]
    repeated: int = 0
    left: int = 0


def read_subscribers(text: str, path: str, problems: list[Problem]) -> Subscribers:
    """Return who gets an issue; what is wrong with a row is noted, with its line.

    One person gets one mail, in however many rows; and none, when any of these says so.
    """
    found: dict[str, Subscriber] = {}
    left: set[str] = set()
    repeated = 0
    for line, row in _rows(text.removeprefix("\ufeff"), path, problems):
        where = Location(path, line)
        try:
            mailbox = parse_mailbox(row["email"])
        except ValueError:
            problems.append(Problem(where, f'"{row["email"].strip()}" is no mail address; mend it, or remove the line'))
            continue
        status, way_out = row.get("status", "").strip().lower(), row.get("unsubscribe", "").strip()
        if status and status not in _ACTIVE | _LEFT:
            mend = nearest(status, ("active", "unsubscribed", "suppressed")) or "; write active, unsubscribed or suppressed"
            problems.append(Problem(where, f'status "{status}" is not known{mend}'))
        if way_out and not is_way_out(way_out):
            problems.append(Problem(where, f'unsubscribe "{way_out}" is no way out; write an address from https:// on, or mailto: and an address'))
        one = Subscriber(mailbox.address, one_line(visible(row.get("name", ""))) or mailbox.name, way_out)
        repeated += one.key in found
        found.setdefault(one.key, one)
        if status in _LEFT or _says_left(row):
            left.add(one.key)
    return Subscribers(tuple(one for key, one in found.items() if key not in left), repeated, len(left))


def _says_left(row: Mapping[str, str]) -> bool:
    """Tell whether a column of an export's own says that somebody has left: Substack's, Ghost's, Mailchimp's."""
    said = {name: row.get(name, "").strip().lower() for name in ("email_disabled", "subscribed_to_emails", "deleted_at", "unsubscribed_at", "unsub_time")}
    return said["email_disabled"] in _YES or said["subscribed_to_emails"] in _NO or any(said[name] for name in ("deleted_at", "unsubscribed_at", "unsub_time"))


_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")
_ADDRESS = ("email address", "e-mail", "e-mail address")  # what exports call the column, too


def _rows(text: str, path: str, problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row by the names of its columns, with the line on which it begins."""
    reader = csv.reader(io.StringIO(text if "\n" in text else text.replace("\r", "\n"), newline="\n"), strict=True)
    columns: Sequence[str] = ()
    line = 1
    try:
        for row in reader:
            if not columns:
                columns = ["email" if name.strip().lower() in _ADDRESS else name.strip().lower() for name in row]
                if twice := [name for name in dict.fromkeys(columns) if name and columns.count(name) > 1]:
                    what = f'there are two columns "{twice[0]}", and nobody knows which holds; remove one'
                    problems.append(Problem(Location(path, line), what))
                    return
                if "email" not in columns:
                    shown = ", ".join(filter(None, columns)) or "nothing"
                    what = f'there is no column "email", but {shown}; name the columns in the first line, as email,name'
                    problems.append(Problem(Location(path, line), what))
                    return
            elif any(cell.strip() for cell in row):
                if len(row) > len(columns):
                    what = f"the row has {len(row)} cells, and there are {len(columns)} columns; put quotes round what holds a comma"
                    problems.append(Problem(Location(path, line), what))
                else:
                    yield line, dict(zip(columns, [*row, *[""] * (len(columns) - len(row))], strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        what = "a quote is opened here and never closed; close it" if "end of data" in str(error) else f"this is no row of CSV ({error}); mend its quotes"
        problems.append(Problem(Location(path, line), what))
        return
    if not columns:
        problems.append(Problem(Location(path), "there is nobody in it; name the columns in the first line, as email,name, and write a subscriber a line"))


def dump_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as CSV, in which no cell is a formula to a spreadsheet program: what could be one has an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue()


def neutral(cell: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula; what begins with an apostrophe gets another, so that it can be read back."""
    first = unicodedata.normalize("NFKC", cell).lstrip()[:1]  # full-width signs count, and what stands behind blanks
    return f"'{cell}" if first and first in "=+-@'" else cell
