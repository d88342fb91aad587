"""The archive by paper, by author and by topic: who wrote what, and where the editors took it up. Pure.

It is held as columns of numbers (``columns.py``): what a page shows is made of them when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from roundup.archive import Archive
from roundup.columns import Columns, Spellings, columns_of
from roundup.config import AUTHORS, TOPICS, Config, Known
from roundup.issue import Head, Issue, IssueKey, Pick
from roundup.names import parse_name
from roundup.paper import Author, Paper
from roundup.text.drawn import plain
from roundup.text.folding import folded

OTHER_LETTERS = "…"
PAPERS = "papers"  # beside AUTHORS and TOPICS: everything that was picked


class Standing(Struct, frozen=True):
    """A pick where it stands in the archive; ``number`` is its number in the issue. The issue is read when it is asked for."""

    archive: Archive
    head: Head
    number: int
    name: str

    @property
    def issue(self) -> Issue:
        return self.archive.issue(self.head.key)

    @property
    def pick(self) -> Pick:
        return self.issue.picks[self.number - 1]


class Coverage(Struct, frozen=True, eq=False):
    """A paper, or something else that was picked, and every place where the archive takes it up, newest first.

    ``place`` is where it stands in the catalogue: the newest issue first, and in it the editors' order.
    """

    place: int
    name: str
    is_paper: bool
    standings: tuple[Standing, ...]

    @property
    def found_by(self) -> tuple[str, int]:
        """What this catalogue, and no other, finds it by."""
        return PAPERS, self.place

    @property
    def paper(self) -> Paper | None:
        """The record of the highest version; of several the newest issue's. None for a link. Read when it is asked for: 25,000 of them are much to hold."""
        papers = [standing.pick.paper for standing in self.standings] if self.is_paper else []
        return max((paper for paper in papers if paper), key=lambda paper: paper.id.version or 0, default=None)

    @property
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


class Listing(Struct, frozen=True, eq=False, dict=True):
    """All that the archive has by one author, or on one topic, newest first. ``kind`` is AUTHORS or TOPICS.

    ``places`` are those of its papers, and of what else was picked, in the catalogue.
    """

    kind: str
    number: int  # which it is, in the order of slugs
    slug: str
    name: str
    known: Known | None
    places: Sequence[int]
    catalogue: Catalogue

    @property
    def found_by(self) -> tuple[str, int]:
        """What this catalogue, and no other, finds it by."""
        return self.kind, self.number

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


class Catalogue:
    """Every paper, author and topic of an archive. ``columns`` are those of an equal archive, where it was worked out before."""

    def __init__(self, archive: Archive, config: Config, columns: Columns | None = None) -> None:
        self.archive = archive
        self._known = {AUTHORS: config.authors, TOPICS: config.topics}
        self._spellings = {AUTHORS: Spellings(config.authors), TOPICS: Spellings(config.topics)}
        self.columns = columns or columns_of(tuple(archive.outlines), config)
        self._names = {AUTHORS: self.columns.people, TOPICS: self.columns.subjects}
        self._coverages: dict[int, Coverage] = {}
        self._listings: dict[tuple[str, int], Listing] = {}

    def __len__(self) -> int:
        return len(self.columns.names)

    def coverage(self, place: int) -> Coverage:
        """Return what stands at a place in the catalogue."""
        if place not in self._coverages:
            self._coverages[place] = self.passing(place)
        return self._coverages[place]

    def passing(self, place: int) -> Coverage:
        """Return the same for who goes through everything and keeps nothing."""
        columns, row = self.columns, self.columns.standings[place]
        standings = tuple(Standing(self.archive, self.archive.heads[row[at]], row[at + 1], columns.names[place]) for at in range(0, len(row), 2))
        return Coverage(place, columns.names[place], bool(columns.is_paper[place]), standings)

    def listing(self, kind: str, number: int) -> Listing:
        """Return an author or a topic by its number, in the order of slugs."""
        if (kind, number) not in self._listings:
            names, known = self._names[kind], self._known[kind]
            which = names.known[number]
            found = Listing(kind, number, names.slugs[number], names.names[number], known[which] if which >= 0 else None, names.places[number], self)
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

    def find(self, by: tuple[str, int] | None) -> Coverage | Listing | None:
        """Return what is found by this: a paper, or something else that was picked, an author or a topic; None by nothing."""
        if by is None:
            return None
        return self.coverage(by[1]) if by[0] == PAPERS else self.listing(*by)

    def newest(self, by: tuple[str, int] | None) -> int:
        """Return the place of the newest paper of an author or a topic; -1 for anything else."""
        return self._names[by[0]].places[by[1]][0] if by and by[0] != PAPERS else -1

    def forget(self) -> None:
        """Let go of what was made of columns; it is made anew when it is asked for."""
        self._coverages.clear()
        self._listings.clear()

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
