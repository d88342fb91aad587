"""What the editors made of the papers: picks in sections, an issue under its key."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache

from msgspec import Struct

from roundup.errors import Location
from roundup.paper import Author, Paper, instant
from roundup.placed import Placed
from roundup.text.slugs import slug

NOWHERE = Location("")
WORDS_A_MINUTE = 230


class IssueKey(Struct, frozen=True, dict=True):
    """The folder name of an issue: ``2023-8`` (a month), ``2023-7-2`` (a day), ``2023-W31`` (a week).

    Keys sort by the last day they cover; a month's issue stands after the days and weeks that end within it.
    """

    year: int
    month: int | None = None
    day: int | None = None
    week: int | None = None

    def __str__(self) -> str:
        if self.week is not None:
            return f"{self.year}-W{self.week}"
        return f"{self.year}-{self.month}" + (f"-{self.day}" if self.day else "")

    @property
    def first_day(self) -> dt.date:
        if self.week is not None:
            return dt.date.fromisocalendar(self.year, self.week, 1)
        return dt.date(self.year, self.month or 1, self.day or 1)

    @property
    def last_day(self) -> dt.date:
        if self.week is not None:
            return dt.date.fromisocalendar(self.year, self.week, 7)
        month = self.month or 1
        return dt.date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def __lt__(self, other: IssueKey) -> bool:
        return self._order < other._order

    @cached_property
    def _order(self) -> tuple[dt.date, dt.timedelta]:
        return self.last_day, self.last_day - self.first_day

    def next(self) -> IssueKey:
        """Return the key of the following month, week or day, whichever this one is."""
        return key_of(self.last_day + dt.timedelta(days=1), self.cadence)

    @property
    def cadence(self) -> str:
        return "weekly" if self.week is not None else "daily" if self.day else "monthly"


CADENCES = ("monthly", "weekly", "daily")
_KEY = re.compile(r"(\d{4})-(?:[Ww](\d{1,2})|(\d{1,2})(?:-(\d{1,2}))?)", re.ASCII)


@lru_cache(maxsize=4096)  # every issue's is asked for several times
def parse_issue_key(text: str) -> IssueKey:
    """Return the key that ``text`` spells, zero-padded or not; ValueError with the text in it for anything else."""
    match = _KEY.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is no issue key; write 2023-8 (a month), 2023-7-2 (a day) or 2023-W31 (a week)')
    year, week, month, number = (int(part) if part else None for part in match.groups())
    key = IssueKey(year or 0, month, number, week)
    try:
        key.first_day, key.last_day, dt.date(key.year, 1, 1)
        if month == 0 or number == 0 or week == 0:
            raise ValueError
    except ValueError:
        hint = f"; did you mean {key.year}-W{month}?" if month and 12 < month < 54 and number is None else ""
        raise ValueError(f'"{text}" is no issue key: the calendar has no such {_kind(key)}{hint}') from None
    return key


def _kind(key: IssueKey) -> str:
    return "week" if key.week is not None else "day" if key.day is not None else "month"


def key_of(date: dt.date, cadence: str) -> IssueKey:
    """Return the key of the month, week or day that ``date`` lies in."""
    if cadence == "weekly":
        year, week, _ = date.isocalendar()
        return IssueKey(year, week=week)
    return IssueKey(date.year, date.month, date.day if cadence == "daily" else None)


class Prose(Placed, frozen=True):
    """Markdown that an editor wrote, and where its first line stands.

    ``literal`` tells that line n of the text is line n of the file, as in a ``|`` block.
    """

    beside = ("where", "literal")
    text: str
    where: Location = NOWHERE
    literal: bool = True

    def at(self, line: int) -> Location:
        """Return the place of line ``line`` of the text, counted from 0."""
        return self.where.below(line) if self.literal else self.where


class Link(Struct, frozen=True):
    """What a pick is about when it is not a paper: a talk, a post, a repository."""

    url: str
    title: str
    source: str = ""
    text: str = ""
    image: str = ""


class Pick(Placed, frozen=True):
    """A paper or a link as it stands in an issue, with what the editors say of it."""

    beside = ("where", "lines")
    subject: Paper | Link
    name: str  # the file's name without its ending: the anchor on the page, unique in the issue
    commentary: Prose = Prose("")
    status: str = "ready"  # todo, draft, ready
    title: str = ""  # in place of the subject's own
    authors: tuple[Author, ...] = ()  # likewise
    tags: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    tldr: str = ""
    rating: str = ""
    cover: str = ""
    where: Location = NOWHERE
    lines: tuple[tuple[str, int], ...] = ()

    @property
    def paper(self) -> Paper | None:
        return self.subject if isinstance(self.subject, Paper) else None

    @property
    def link(self) -> Link | None:
        return self.subject if isinstance(self.subject, Link) else None

    @property
    def shown_title(self) -> str:
        return self.title or self.subject.title

    @property
    def shown_authors(self) -> tuple[Author, ...]:
        return self.authors or (self.subject.authors if isinstance(self.subject, Paper) else ())

    @property
    def score(self) -> float | None:
        """The number that the rating begins with: 4.5 of ``4.5 of 5``."""
        match = re.match(r"[+-]?\d+([.,]\d+)?", self.rating, re.ASCII)
        return float(match[0].replace(",", ".")) if match else None

    def at(self, key: str) -> Location:
        """Return the line on which ``key`` stands in the pick's file."""
        return Location(self.where.path, dict(self.lines).get(key, self.where.line))


# Ids that pages have by themselves; a pick or a section of such a name stands under another.
_RESERVED = re.compile(r"main|newest|archive|[nr]\d+(-\d+)?")


def anchor(name: str) -> str:
    """Return a name as an id of the page that is nobody else's."""
    return f"{name}-here" if _RESERVED.fullmatch(name) else name


STATUSES = ("todo", "draft", "ready")
KINDS = ("issue", "list")
SORTS = ("votes", "date", "score")


class Figure(Struct, frozen=True):
    """An image file of an issue: its path from the issue's folder, its size in pixels, and a hash of its bytes.

    ``fault`` says why a file is no image for a page; that matters only where a page shows it.
    """

    name: str  # figures/soft-moe.png
    width: int = 0
    height: int = 0
    digest: str = ""
    fault: str = ""


class Section(Placed, frozen=True):
    """A titled run of picks in the editors' order; the one before the first heading has no title."""

    beside = ("where", "listed")
    title: str = ""
    note: Prose = Prose("")
    picks: tuple[Pick, ...] = ()
    where: Location = NOWHERE
    listed: int = 0  # how many items the order has under it, readable or not


class Unread(Struct, frozen=True):
    """What of an issue could not be read, for faults that are told already: rules say nothing that would follow from its absence."""

    picks: frozenset[str] = frozenset()  # names
    papers: frozenset[str] = frozenset()
    figures: frozenset[str] = frozenset()
    all_picks: bool = False  # a whole folder
    all_papers: bool = False
    all_figures: bool = False
    files: frozenset[str] = frozenset()  # paths of files with any fault

    def __bool__(self) -> bool:
        return bool(self.picks or self.papers or self.all_picks or self.all_papers)


class Block(Struct, frozen=True):
    """A piece of Markdown on an issue's page, the prefix of its headings' ids, and the pick that it speaks of."""

    prose: Prose
    prefix: str
    pick: Pick | None = None


class Head(Struct, frozen=True):
    """What lists of issues show of one: all but its text. ``minutes`` it takes to read, 0 for a list; ``digest`` is a hash of its sources.

    ``said`` has a hash of each pick, the editors' words and the issue's figures among it, in order, 16 letters each.
    """

    key: IssueKey
    folder: str = ""
    title: str = ""
    teaser: str = ""
    date: dt.date | None = None
    corrected: dt.date | None = None
    editors: tuple[str, ...] = ()
    is_list: bool = False
    papers: int = 0
    picks: int = 0
    minutes: int = 0
    said: str = ""
    digest: str = ""

    def saying(self, number: int) -> str:
        """Return the hash of a pick by its number in the issue."""
        return self.said[16 * (number - 1) : 16 * number]

    @property
    def changed(self) -> dt.date | None:
        """When it came out, or was corrected since."""
        return self.corrected or self.date

    @property
    def is_draft(self) -> bool:
        return self.date is None


class Issue(Placed, frozen=True, dict=True):
    """One dated edition. Without a date it is a draft. In a list every record is a pick, with or without commentary."""

    beside = ("where", "lines", "unread")
    key: IssueKey
    title: str
    teaser: str = ""
    date: dt.date | None = None
    editors: tuple[str, ...] = ()
    intro: Prose = Prose("")
    sponsor: Prose = Prose("")
    sections: tuple[Section, ...] = ()
    outro: Prose = Prose("")
    where: Location = NOWHERE
    lines: tuple[tuple[str, int], ...] = ()
    spare: tuple[Paper, ...] = ()  # records that no pick speaks of
    figures: tuple[Figure, ...] = ()
    unread: Unread = Unread()
    digest: str = ""  # of every source byte it was read from
    is_list: bool = False
    corrected: dt.date | None = None  # when it was last changed so much that readers should know
    seen: int | None = None  # papers that its own were chosen from, where the editors say so

    @cached_property
    def picks(self) -> tuple[Pick, ...]:
        return tuple(pick for section in self.sections for pick in section.picks)

    @cached_property
    def head(self) -> Head:
        words = sum(len(block.prose.text.split()) for block in self.blocks())
        minutes = 0 if self.is_list else max(1, round(words / WORDS_A_MINUTE))
        return Head(
            self.key, self.folder, self.title, self.teaser, self.date, self.corrected, self.editors, self.is_list, self.kept, len(self.picks), minutes,
            digest=self.digest,
        )  # fmt: skip

    @property
    def kept(self) -> int:
        """How many papers stand in it."""
        return sum(1 for pick in self.picks if pick.paper)

    @property
    def folder(self) -> str:
        """The issue's folder in the digest, as ``issues/2023-8``."""
        return self.where.path.rpartition("/")[0]

    @property
    def changed(self) -> dt.date | None:
        """When it came out, or was corrected since."""
        return self.corrected or self.date

    @property
    def is_draft(self) -> bool:
        return self.date is None

    def at(self, key: str) -> Location:
        return Location(self.where.path, dict(self.lines).get(key, 1))

    def blocks(self) -> Iterator[Block]:
        """Yield every piece of Markdown in the order of the page."""
        yield Block(self.intro, "_intro")
        yield Block(self.sponsor, "_sponsor")
        for section, name in zip(self.sections, self.section_ids(), strict=True):
            yield Block(section.note, f"{name or '_picks'}--note")
            for pick in section.picks:
                yield Block(pick.commentary, pick.name, pick)
        yield Block(self.outro, "_outro")

    def section_ids(self) -> tuple[str, ...]:
        """Return an anchor for each section, none of them a pick's."""
        taken = {pick.name for pick in self.picks}
        ids = []
        for section in self.sections:
            name = base = anchor(slug(section.title)) if section.title else ""
            number = 2
            while name and name in taken:
                name, number = f"{base}-{number}", number + 1
            taken.add(name)
            ids.append(name)
        return tuple(ids)


def submission_order(pick: Pick) -> tuple[bool, dt.datetime, str]:
    """Sort key of picks that no order names: oldest submission first; what has no such day comes last, by name."""
    paper = pick.paper
    moment = paper.submitted or paper.announced if paper else None
    return moment is None, instant(moment or dt.date.max), pick.name


def list_order(sort: str) -> Callable[[Pick], tuple[float, float, str]]:
    """Return the sort key of picks that no order of a list names: by votes, date or score, the newest first, then by name.

    What has no votes, no date or no score comes last.
    """
    return lambda pick: (_last_if_none(_MEASURES[sort](pick)), _last_if_none(_second(pick)), pick.name)


def _last_if_none(number: float | None) -> float:
    return math.inf if number is None else -number


def _second(pick: Pick) -> float | None:
    moment = (pick.paper.submitted or pick.paper.announced) if pick.paper else None
    return instant(moment).timestamp() if moment else None


_MEASURES: dict[str, Callable[[Pick], float | None]] = {
    "votes": lambda pick: pick.paper.votes if pick.paper else None,
    "date": _second,
    "score": lambda pick: pick.score,
}
