"""What arXiv announced, day by day, against what was seen and decided of it: which days are missing, stale, or came twice. Pure.

arXiv announces from Sunday to Thursday evening, US Eastern time, and its feeds date that Monday to Friday; on holidays they are empty.
Source: https://info.arxiv.org/help/availability.html
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_WEEKEND = 5  # Saturday, as Python counts days


@dataclass(frozen=True, slots=True)
class Announced:
    """What a feed of announcements held when it was ``read``: of which day, for which categories, the names of its papers.

    ``quiet`` where it said that there were none.
    """

    read: dt.date
    day: dt.date
    categories: tuple[str, ...]
    papers: tuple[str, ...]
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A paper of the inbox as the ledger counts it: when it was announced, where, and what became of it, empty where nothing has."""

    name: str
    days: tuple[dt.date, ...]
    categories: tuple[str, ...]
    decided: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A day's announcement in a category: how many papers, by what became of them, and what is wrong with it.

    ``is_quiet`` where arXiv said that there was none, as on a holiday.
    """

    day: dt.date
    category: str
    states: tuple[tuple[str, int], ...] = ()
    faults: tuple[str, ...] = ()
    is_quiet: bool = False

    @property
    def announced(self) -> int:
        return sum(number for _, number in self.states)


def ledger(batches: Sequence[Announced], seen: Iterable[Seen], today: dt.date) -> list[Entry]:
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
        read = {batch.day: batch for batch in own}
        missing: list[dt.date] = []
        for day in _announcing(min(read), max([*read, today - dt.timedelta(days=1)])):
            if day not in read:
                missing.append(day)
                continue
            entries += _missed(missing, category)
            missing = []
            counted = states.get((day, category), Counter())
            is_quiet = not counted and any(batch.quiet for batch in own if batch.day == day)
            entries.append(Entry(day, category, tuple(sorted(counted.items())), tuple(_faults(day, own)), is_quiet))
        entries += _missed(missing, category)
    return sorted(entries, key=lambda entry: (entry.day, entry.category))


def _states(seen: Iterable[Seen]) -> Mapping[tuple[dt.date, str], Counter[str]]:
    found: dict[tuple[dt.date, str], Counter[str]] = {}
    for one in seen:
        for day in one.days:
            for category in one.categories:
                found.setdefault((day, category), Counter())[one.decided] += 1
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
        mend = f"roundup fetch --inbox --category {category} --since {days[0]} --until {days[-1]}"
        yield Entry(days[0], category, faults=(f"no feed of {which} with: {mend}",))


def _faults(day: dt.date, batches: Sequence[Announced]) -> Iterator[str]:
    own = [batch for batch in batches if batch.day == day]
    for batch in batches:
        if batch.day == day and (newer := _last_announcing(batch.read)) > day and not batch.quiet:
            yield f"stale: on {batch.read} the feed still held this day, and not that of {newer}"
    names = {name for batch in own for name in batch.papers}
    for other in batches:
        if other.day < day and names and set(other.papers) == names:
            yield f"the same {len(names):,} papers as on {other.day}: one of the two feeds was not of its day"
    if not names and not any(batch.quiet for batch in own):
        yield "the feed was empty, and did not say why"


def _last_announcing(read: dt.date) -> dt.date:
    """Return the newest day whose announcement is surely out where it is this day in UTC: that of the day before, for it appears in the early morning."""
    day = read - dt.timedelta(days=1)
    while day.weekday() >= _WEEKEND:
        day -= dt.timedelta(days=1)
    return day
