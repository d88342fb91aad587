"""What arXiv announced, day by day, against what was seen and decided of it: which days are missing, stale, or came twice. Pure.

arXiv announces from Sunday to Thursday evening, US Eastern time, and its feeds date that Monday to Friday; on holidays they are empty.
Source: https://info.arxiv.org/help/availability.html
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

_WEEKEND = 5  # Saturday, as Python counts days


class Announced(Struct, frozen=True):
    """What a feed of announcements held when it was ``read``: of which day, for which categories, the names of its papers.

    ``quiet`` where it said that there were none.
    """

    read: dt.date
    day: dt.date
    categories: tuple[str, ...]
    papers: tuple[str, ...]
    quiet: bool = False


class Counted(Struct, frozen=True):
    """How many papers of a day arXiv itself ``counted`` as new in a category, when that was ``read``, and how many of them its feed ``had``."""

    read: dt.date
    day: dt.date
    category: str
    counted: int
    had: int


class Seen(Struct, frozen=True):
    """Papers of the inbox as the ledger counts them: when they were announced, where, and what became of them, empty where nothing has; and how many."""

    days: tuple[dt.date, ...]
    categories: tuple[str, ...]
    decided: str
    papers: int = 1


class Entry(Struct, frozen=True):
    """A day's announcement in a category: how many papers, by what became of them, and what is wrong with it.

    ``is_quiet`` where arXiv said that there was none, as on a holiday; ``counted`` are its own new papers, as arXiv's list counts them;
    ``is_searched`` where all that came in for that day was searched for, which mends whatever was wrong.
    """

    day: dt.date
    category: str
    states: tuple[tuple[str, int], ...] = ()
    faults: tuple[str, ...] = ()
    is_quiet: bool = False
    counted: int | None = None
    is_searched: bool = False

    @property
    def announced(self) -> int:
        return sum(number for _, number in self.states)


def ledger(
    batches: Sequence[Announced], seen: Iterable[Seen], today: dt.date, counts: Sequence[Counted] = (), searched: Collection[tuple[str, dt.date]] = ()
) -> list[Entry]:
    """Return an entry for each day and category that was, or should have been, read, the oldest first; ``today`` is not awaited yet.

    Days in a row that are missing in a category are one entry, that of the first.
    """
    states = _states(seen)
    by_category: dict[str, list[Announced]] = {}
    for batch in batches:
        for category in batch.categories:
            by_category.setdefault(category, []).append(batch)
    entries: list[Entry] = []
    for category, own in sorted(by_category.items()):
        told = [one for one in counts if one.category == category]
        read = {batch.day: batch for batch in own}
        missing: list[dt.date] = []
        for day in _announcing(min(read), max([*read, today - dt.timedelta(days=1)])):
            is_searched = (category, day) in searched
            if day not in read and not is_searched:
                missing.append(day)
                continue
            entries += _missed(missing, category)
            missing = []
            counted = states.get((day, category), Counter())
            is_quiet = not counted and any(batch.quiet for batch in own if batch.day == day)
            number = next((one.counted for one in told if one.day == day), None)
            faults = () if is_searched else tuple(dict.fromkeys(_faults(category, day, own, told)))
            entries.append(Entry(day, category, tuple(sorted(counted.items())), faults, is_quiet, number, is_searched))
        entries += _missed(missing, category)
    return sorted(entries, key=lambda entry: (entry.day, entry.category))


def _states(seen: Iterable[Seen]) -> Mapping[tuple[dt.date, str], Counter[str]]:
    found: dict[tuple[dt.date, str], Counter[str]] = {}
    for one in seen:
        for day in one.days:
            for category in one.categories:
                found.setdefault((day, category), Counter())[one.decided] += one.papers
    return found


def _announcing(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """Yield the days of announcements from one day to another."""
    for number in range((last - first).days + 1):
        if (day := first + dt.timedelta(days=number)).weekday() < _WEEKEND:
            yield day


def _missed(days: Sequence[dt.date], category: str) -> Iterator[Entry]:
    """Yield the entry of days in a row of which nothing was read, if there are any."""
    if days:
        which = "that day was read; fetch it" if len(days) == 1 else f"the {len(days):,} days up to {days[-1]} was read; fetch them"
        yield Entry(days[0], category, faults=(f"no feed of {which} with: {_search(category, days[0], days[-1])}",))


def _search(category: str, first: dt.date, last: dt.date) -> str:
    """Return the command that searches for what was announced from one day to another.

    Announced on an evening, under the next day's date, is what came in until 14 h Eastern of the day before, since 14 h of the working day before that.
    Source: https://info.arxiv.org/help/availability.html
    """
    return f"roundup fetch --inbox --category {category} --since {_workday_before(_workday_before(first))} --until {_workday_before(last)} --max 5000"


def searched_days(since: dt.date, until: dt.date) -> Iterator[dt.date]:
    """Yield the announcements of which a search for what came in on these days finds everything."""
    return (day for day in _announcing(since, until + dt.timedelta(days=4)) if _workday_before(_workday_before(day)) >= since and _workday_before(day) <= until)


def _faults(category: str, day: dt.date, batches: Sequence[Announced], counts: Sequence[Counted]) -> Iterator[str]:
    own = [batch for batch in batches if batch.day == day]
    for batch in own:
        newer = max([_workday_before(batch.read), *(one.day for one in counts if one.read == batch.read)])
        if newer > day and not batch.quiet:
            yield f"stale: on {batch.read} the feed still held this day, and not that of {newer}"
    names = {name for batch in own for name in batch.papers}
    for other in batches:
        if other.day < day and names and set(other.papers) == names:
            mend = f"if it was this one, fetch what it should have had with: {_search(category, day, day)}"
            yield f"the same {len(names):,} papers as on {other.day}: one of the two feeds was not of its day; {mend}"
    for one in counts:
        held_another = not one.had and any(batch.read == one.read and batch.day < day for batch in batches)  # so nobody counted what it had of this day
        if one.day == day and one.counted != one.had and not held_another:
            mend = f"; fetch what is missing with: {_search(category, day, day)}" if one.counted > one.had else ""
            yield f"arXiv's own list counts {one.counted:,} new papers, and its feed had {one.had:,}{mend}"
    if not names and not any(batch.quiet for batch in own):
        yield "the feed was empty, and did not say why"


def _workday_before(day: dt.date) -> dt.date:
    """Return the working day before a day. Its announcement is surely out where it is that day in UTC, for it appears in the early morning."""
    day -= dt.timedelta(days=1)
    while day.weekday() >= _WEEKEND:
        day -= dt.timedelta(days=1)
    return day
