"""The outlines of all issues -> the catalogue as plain columns: who wrote what, what is near what, which number a paper has in the search index. Pure.

Spellings of one name make one page, and two people of one name two, where roundup.yaml says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from roundup.config import Config, Known
from roundup.issue import anchor
from roundup.nearness import nearest_of
from roundup.outline import Outline, Taken, fingerprint
from roundup.paper import pick_name
from roundup.text.drawn import plain
from roundup.text.slugs import lasting_slug

Rows = Sequence[Sequence[int]]


class Names(Struct, frozen=True):
    """The authors, or the topics, of an archive as columns, in the order of their slugs: who they are, and the places of their papers."""

    slugs: Sequence[str]
    names: Sequence[str]
    known: Sequence[int]  # which of those in roundup.yaml it is; -1 for none
    places: Rows


class Columns(Struct, frozen=True):
    """A catalogue in plain columns: a row for each paper or other thing that was picked, newest first."""

    names: Sequence[str]
    is_paper: Sequence[int]
    shown: Sequence[str]  # a hash of what lists show of it, its name and its places among that
    told: Sequence[str]  # a hash of what texts on it show of other things
    standings: Rows  # for each standing two numbers: the issue, counted from the newest, and the pick's number in it
    authors: Rows  # in the order of the paper
    topics: Rows  # tags, then categories
    near: Rows
    numbers: Sequence[int]  # of documents in the search index
    picks: Rows  # a row for each issue: the place of each pick
    asked: Sequence[str]  # of each issue: a hash of what its own texts show of other things
    people: Names
    subjects: Names


def columns_row(columns: Columns) -> dict[str, Any]:
    """Return columns as plain data for JSON. A row of numbers is text, for few of them are ever looked at."""
    return {name: _plain(getattr(columns, name)) for name in columns.__struct_fields__}


def columns_from(row: Mapping[str, Any]) -> Columns:
    """Return the columns that ``columns_row`` made plain."""
    whole: dict[str, Any] = {name: _back(value) for name, value in row.items()}
    return Columns(**whole)


def _plain(value: Any) -> Any:
    if isinstance(value, Names):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    if not value or isinstance(value[0], str | int):
        return list(value)
    return "\n".join(" ".join(map(str, row)) for row in value)


def _back(value: Any) -> Any:
    if isinstance(value, dict):
        return Names(**{name: _back(one) for name, one in value.items()})
    return _Rows(value) if isinstance(value, str) else value


class _Rows(Sequence[Sequence[int]]):
    """Rows of numbers, each read when it is looked at."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rows = text.split("\n")

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: Any) -> Any:
        return list(map(int, self.rows[place].split()))


def named_slug(name: str) -> str:
    """Return the slug of a name as a record or an editor spells it, in TeX or not."""
    return lasting_slug(plain(name) or name)


class Spellings:
    """Which name is meant: a listed one in any of its spellings, else the name itself."""

    def __init__(self, known: Sequence[Known]) -> None:
        self.known: dict[str, list[tuple[int, Known]]] = {}
        self.slugs: dict[str, str] = {}
        for which, one in enumerate(known):
            for spelling in dict.fromkeys(self.slug(text) for text in (one.name, *one.also)):
                self.known.setdefault(spelling, []).append((which, one))

    def slug(self, name: str) -> str:
        if name not in self.slugs:
            self.slugs[name] = named_slug(name)
        return self.slugs[name]

    def named(self, name: str, paper: str) -> tuple[str, int]:
        """Return the slug of who or what is meant on a paper, and which of those in roundup.yaml it is; -1 for none."""
        slug = self.slug(name)
        if slug not in self.known:
            return slug, -1
        there = [(which, known) for which, known in self.known[slug] if paper in known.papers]
        anywhere = [(which, known) for which, known in self.known[slug] if not known.papers]
        return next(((self.slug(known.name), which) for which, known in (*there, *anywhere)), (slug, -1))


def columns_of(outlines: Sequence[Outline], config: Config) -> Columns:
    """Return the catalogue of an archive, whose outlines come newest first."""
    standings: dict[object, list[int]] = {}
    taken: list[list[Taken]] = []
    places: dict[object, int] = {}
    picks: list[list[int]] = []
    for issue, outline in enumerate(outlines):
        row = []
        for number, pick in enumerate(outline.taken, 1):
            what = pick.name if pick.is_paper else (issue, pick.name)  # a paper is one wherever it stands; links of one name in two issues are two
            if what not in places:
                places[what] = len(places)
                taken.append([])
            standings.setdefault(what, []).extend((issue, number))
            taken[places[what]].append(pick)
            row.append(places[what])
        picks.append(row)
    names = [rows[0].name for rows in taken]
    authors, people = _listed([(name, _names_of(rows)) for name, rows in zip(names, taken, strict=True)], config.authors)
    topics, subjects = _listed([(name, _topics_of(rows)) for name, rows in zip(names, taken, strict=True)], config.topics)
    is_paper = [int(rows[0].is_paper) for rows in taken]
    where = list(standings.values())
    keys = [str(outline.head.key) for outline in outlines]
    shown = [
        fingerprint(name, *(pick.shown for pick in rows), *(keys[n] if at % 2 == 0 else str(n) for at, n in enumerate(row)), *(people.slugs[n] for n in named))
        for name, rows, row, named in zip(names, taken, where, authors, strict=True)
    ]
    whose: dict[str, list[str]] = {}
    for name, place_shown in zip(names, shown, strict=True):
        whose.setdefault(name, []).append(place_shown)
    told = [_told([name for pick in rows for name in pick.references], whose) for rows in taken]
    asked = [_told(outline.asked, whose) for outline in outlines]
    topics = [list(dict.fromkeys(row)) for row in topics]
    return Columns(names, is_paper, shown, told, where, authors, topics, nearest_of(taken), _numbers(where, names), picks, asked, people, subjects)


def _numbers(where: Rows, names: Sequence[str]) -> list[int]:
    """Return a number for everything, by the first issue that has it, and by its name there.

    So what is new comes last; and where a paper is taken up again, or editors put picks in another order, no number moves.
    """
    order = sorted(range(len(names)), key=lambda place: (-where[place][-2], names[place]))
    return [number for _, number in sorted((place, number) for number, place in enumerate(order))]


def _told(references: Sequence[str], shown: Mapping[str, list[str]]) -> str:
    """Return a hash of all that references can mean, as they mean it; nothing where there are none."""
    wanted = [pick_name(name) for name in references]
    return fingerprint(*references, *(part for name in wanted for part in shown.get(name) or shown.get(anchor(name)) or ())) if references else ""


def _listed(rows: Sequence[tuple[str, tuple[str, ...]]], known: Sequence[Known]) -> tuple[list[list[int]], Names]:
    """Return for each name of a paper whose page it means, and the pages; one that roundup.yaml does not name is called as it is spelt most often."""
    spellings = Spellings(known)
    meant = [[spellings.named(name, paper) for name in names] for paper, names in rows]
    found: dict[str, dict[int, None]] = {}
    spelt: dict[str, Counter[str]] = {}
    listed: dict[str, int] = {}
    for place, ((_, names), slugs) in enumerate(zip(rows, meant, strict=True)):
        for name, (slug, which) in zip(names, slugs, strict=True):
            found.setdefault(slug, {})[place] = None
            spelt.setdefault(slug, Counter())[name] += 1
            if which >= 0:
                listed[slug] = which
    order = sorted(found)
    numbers = {slug: number for number, slug in enumerate(order)}
    called = [known[listed[slug]].name if slug in listed else min(spelt[slug], key=lambda text: (-spelt[slug][text], text)) for slug in order]
    named = Names(order, called, [listed.get(slug, -1) for slug in order], [list(found[slug]) for slug in order])
    return [[numbers[slug] for slug, _ in slugs] for slugs in meant], named


def _names_of(taken: Sequence[Taken]) -> tuple[str, ...]:
    """Return everybody whom an issue names as an author, the newest issue's first; a list of an editor's own takes nobody's page away."""
    newest = taken[0].authors or max(taken, key=lambda pick: pick.version).record_authors
    return tuple(dict.fromkeys((*newest, *(name for pick in taken for name in pick.authors or pick.record_authors))))


def _topics_of(taken: Sequence[Taken]) -> tuple[str, ...]:
    """Return the tags of all picks, and the categories of the highest version; then the first of an older record, which the page of its issue shows."""
    tags = (tag for pick in taken for tag in pick.tags)
    shown = (pick.categories[0] for pick in taken if pick.categories)
    return tuple(dict.fromkeys((*tags, *max(taken, key=lambda pick: pick.version).categories, *shown)))
