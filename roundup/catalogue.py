"""The archive by paper, by author and by topic: who wrote what, and where the editors took it up. Pure.

Spellings of one name make one page, and two people of one name two, where roundup.yaml says so. It is worked out from the outlines of
issues, and held as columns of numbers: what a page shows is made of them when it is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

from roundup.archive import Archive
from roundup.config import AUTHORS, TOPICS, Config, Known
from roundup.issue import Head, Issue, IssueKey, Pick, anchor
from roundup.names import parse_name
from roundup.nearness import nearest_of
from roundup.outline import Outline, Taken, fingerprint
from roundup.paper import Author, Paper, pick_name
from roundup.text.drawn import plain
from roundup.text.folding import folded
from roundup.text.slugs import lasting_slug

OTHER_LETTERS = "…"


@dataclass(frozen=True, slots=True)
class Standing:
    """A pick where it stands in the archive; ``number`` is its number in the issue. The issue is read when it is asked for."""

    archive: Archive = field(repr=False)
    head: Head
    number: int
    name: str

    @property
    def issue(self) -> Issue:
        return self.archive.issue(self.head.key)

    @property
    def pick(self) -> Pick:
        return self.issue.picks[self.number - 1]


@dataclass(frozen=True, eq=False)
class Coverage:
    """A paper, or something else that was picked, and every place where the archive takes it up, newest first.

    ``place`` is where it stands in the catalogue: the newest issue first, and in it the editors' order.
    """

    place: int
    name: str
    is_paper: bool
    standings: tuple[Standing, ...]

    @cached_property
    def paper(self) -> Paper | None:
        """The record of the highest version; of several the newest issue's. None for a link."""
        papers = [standing.pick.paper for standing in self.standings] if self.is_paper else []
        return max((paper for paper in papers if paper), key=lambda paper: paper.id.version or 0, default=None)

    @cached_property
    def title(self) -> str:
        pick = self.standings[0].pick
        return pick.title or (self.paper or pick.subject).title

    @property
    def authors(self) -> tuple[Author, ...]:
        return self.standings[0].pick.authors or (self.paper.authors if self.paper else ())

    @property
    def tags(self) -> tuple[str, ...]:
        """What the editors filed it under, in any issue."""
        return tuple(dict.fromkeys(tag for standing in self.standings for tag in standing.pick.tags))

    @property
    def categories(self) -> tuple[str, ...]:
        return self.paper.categories if self.paper else ()

    @property
    def is_out(self) -> bool:
        """Whether any issue that takes it up is out."""
        return any(not standing.head.is_draft for standing in self.standings)

    def published(self) -> Coverage | None:
        """Return the same without the issues that are drafts; None where there is no other."""
        out = tuple(standing for standing in self.standings if not standing.head.is_draft)
        return self if len(out) == len(self.standings) else replace(self, standings=out) if out else None


@dataclass(frozen=True, eq=False)
class Listing:
    """All that the archive has by one author, or on one topic, newest first. ``kind`` is AUTHORS or TOPICS.

    ``places`` are those of its papers, and of what else was picked, in the catalogue.
    """

    kind: str
    slug: str
    name: str
    known: Known | None
    places: Sequence[int]
    catalogue: Catalogue = field(repr=False)

    @property
    def path(self) -> str:
        return f"{self.kind}/{self.slug}.html"

    @property
    def coverages(self) -> tuple[Coverage, ...]:
        return tuple(self.newest_first())

    def newest_first(self) -> Iterator[Coverage]:
        """Yield its papers, for who wants but the first."""
        return map(self.catalogue.coverage, self.places)

    @cached_property
    def sorted_as(self) -> str:
        """What it is looked up under, in small letters: a person's family name first."""
        name = plain(self.name) or self.name
        if self.kind == AUTHORS:
            parts = parse_name(name)
            name = " ".join((parts.family, parts.given, parts.suffix)).strip()
        return folded(name).lstrip(" '’(-")

    @property
    def letter(self) -> str:
        """The letter that it is looked up under; a sign that stands for all others where its script has no small and great ones."""
        first = self.sorted_as[:1]
        return first.upper() if first.upper() != first else OTHER_LETTERS


Rows = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Names:
    """The authors, or the topics, of an archive as columns, in the order of their slugs: who they are, and the places of their papers."""

    slugs: Sequence[str]
    names: Sequence[str]
    known: Sequence[int]  # which of those in roundup.yaml it is; -1 for none
    places: Rows


@dataclass(frozen=True, slots=True)
class Columns:
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
    people: Names
    subjects: Names


def columns_row(columns: Columns) -> dict[str, Any]:
    """Return columns as plain data for JSON. A row of numbers is text, for few of them are ever looked at."""
    return {one.name: _plain(getattr(columns, one.name)) for one in fields(columns)}


def columns_from(row: Mapping[str, Any]) -> Columns:
    """Return the columns that ``columns_row`` made plain."""
    whole: dict[str, Any] = {name: _back(value) for name, value in row.items()}
    return Columns(**whole)


def _plain(value: Any) -> Any:
    if isinstance(value, Names):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, _Rows):
        return value.text
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


class Catalogue:
    """Every paper, author and topic of an archive. ``columns`` are those of an equal archive, where it was worked out before."""

    def __init__(self, archive: Archive, config: Config, columns: Columns | None = None) -> None:
        self.archive = archive
        self._known = {AUTHORS: config.authors, TOPICS: config.topics}
        self._spellings = {AUTHORS: _Spellings(config.authors), TOPICS: _Spellings(config.topics)}
        self.columns = columns or columns_of(tuple(archive.outlines), config)
        self._names = {AUTHORS: self.columns.people, TOPICS: self.columns.subjects}
        self._coverages: dict[int, Coverage] = {}
        self._listings: dict[tuple[str, int], Listing] = {}

    def __len__(self) -> int:
        return len(self.columns.names)

    def coverage(self, place: int) -> Coverage:
        """Return what stands at a place in the catalogue."""
        if place not in self._coverages:
            columns, row = self.columns, self.columns.standings[place]
            standings = tuple(Standing(self.archive, self.archive.heads[row[at]], row[at + 1], columns.names[place]) for at in range(0, len(row), 2))
            self._coverages[place] = Coverage(place, columns.names[place], bool(columns.is_paper[place]), standings)
        return self._coverages[place]

    def listing(self, kind: str, number: int) -> Listing:
        """Return an author or a topic by its number, in the order of slugs."""
        if (kind, number) not in self._listings:
            names, known = self._names[kind], self._known[kind]
            which = names.known[number]
            found = Listing(kind, names.slugs[number], names.names[number], known[which] if which >= 0 else None, names.places[number], self)
            self._listings[kind, number] = found
        return self._listings[kind, number]

    @property
    def coverages(self) -> Iterator[Coverage]:
        """Everything that was picked, newest first."""
        return map(self.coverage, range(len(self)))

    @property
    def papers(self) -> Iterator[Coverage]:
        """Every paper, newest first."""
        return (self.coverage(place) for place, is_paper in enumerate(self.columns.is_paper) if is_paper)

    def listings(self, kind: str) -> Iterator[Listing]:
        """Yield every author, or every topic, in the order of slugs."""
        return (self.listing(kind, number) for number in range(len(self._names[kind].slugs)))

    def called(self, kind: str, slug: str) -> Listing | None:
        """Return the author, or the topic, of a slug."""
        number = self._numbers[kind].get(slug)
        return None if number is None else self.listing(kind, number)

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, name in enumerate(self.columns.names):
            found.setdefault(name, []).append(place)
        return found

    @cached_property
    def _numbers(self) -> dict[str, dict[str, int]]:
        return {kind: {slug: number for number, slug in enumerate(names.slugs)} for kind, names in self._names.items()}

    @property
    def names(self) -> Iterable[str]:
        """The names of all that was picked."""
        return self._places

    def same(self, about: Coverage | Listing) -> Coverage | Listing:
        """Return what stands here in the place of something in an equal catalogue of an archive whose words were others."""
        if isinstance(about, Coverage):
            return self.coverage(about.place)
        return self.listing(about.kind, self._numbers[about.kind][about.slug])

    def named(self, name: str) -> tuple[Coverage, ...]:
        """Return all that was picked under a name: a paper, or links of different issues, newest first."""
        return tuple(map(self.coverage, self._places.get(name, ())))

    def paper(self, name: str) -> Coverage | None:
        return next((coverage for coverage in self.named(name) if coverage.is_paper), None)

    def at(self, key: IssueKey, name: str) -> Coverage:
        """Return what a pick of an issue is about, with all its standings. KeyError where the issue has no such pick."""
        for place in self.columns.picks[self.archive.places[key]]:
            if self.columns.names[place] == name:
                return self.coverage(place)
        raise KeyError(name)

    def of_issue(self, key: IssueKey) -> tuple[Coverage, ...]:
        """Return what the picks of an issue are about, in its order."""
        return tuple(map(self.coverage, self.columns.picks[self.archive.places[key]]))

    def authors_of(self, coverage: Coverage) -> tuple[Listing, ...]:
        """Return the authors of a paper, in its order."""
        return tuple(self.listing(AUTHORS, number) for number in self.columns.authors[coverage.place])

    def topics_of(self, coverage: Coverage) -> tuple[Listing, ...]:
        """Return what a pick is filed under: its tags, then its categories."""
        return tuple(self.listing(TOPICS, number) for number in self.columns.topics[coverage.place])

    def near(self, coverage: Coverage) -> tuple[Coverage, ...]:
        """Return the papers nearest to one, the nearest first."""
        return tuple(map(self.coverage, self.columns.near[coverage.place]))

    def author(self, name: str, coverage: Coverage) -> Listing | None:
        """Return who is meant by a name on a pick; None where an editor's own list of authors stands in another issue only."""
        return self._meant(AUTHORS, name, coverage)

    def topic(self, name: str, coverage: Coverage) -> Listing:
        """Return the topic that a tag or a category of a pick belongs to."""
        if found := self._meant(TOPICS, name, coverage):
            return found
        raise KeyError(name)

    def _meant(self, kind: str, name: str, coverage: Coverage) -> Listing | None:
        return self.called(kind, self._spellings[kind].named(name, coverage.name)[0])


def named_slug(name: str) -> str:
    """Return the slug of a name as a record or an editor spells it, in TeX or not."""
    return lasting_slug(plain(name) or name)


class _Spellings:
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
    topics = [list(dict.fromkeys(row)) for row in topics]
    return Columns(names, is_paper, shown, told, where, authors, topics, nearest_of(taken), _numbers(where, names), picks, people, subjects)


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
    spellings = _Spellings(known)
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
    tags = (tag for pick in taken for tag in pick.tags)
    return tuple(dict.fromkeys((*tags, *max(taken, key=lambda pick: pick.version).categories)))
