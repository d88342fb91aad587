"""The archive by paper, by author and by topic: who wrote what, and where the editors took it up. Pure.

Spellings of one name make one page, and two people of one name two, where roundup.yaml says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from roundup.config import Config, Known
from roundup.issue import Archive, Issue, Pick
from roundup.names import parse_name
from roundup.paper import Author, Paper
from roundup.text.drawn import plain
from roundup.text.folding import folded
from roundup.text.slugs import lasting_slug

AUTHORS, TOPICS = "authors", "topics"
OTHER_LETTERS = "…"


@dataclass(frozen=True, slots=True)
class Standing:
    """A pick where it stands in the archive; ``number`` is its number in the issue."""

    issue: Issue
    pick: Pick
    number: int


@dataclass(frozen=True, eq=False)
class Coverage:
    """A paper, or something else that was picked, and every place where the archive takes it up, newest first."""

    standings: tuple[Standing, ...]

    @property
    def name(self) -> str:
        return self.standings[0].pick.name

    @cached_property
    def paper(self) -> Paper | None:
        """The record of the highest version; of several the newest issue's. None for a link."""
        papers = [standing.pick.paper for standing in self.standings if standing.pick.paper]
        return max(papers, key=lambda paper: paper.id.version or 0, default=None)

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

    def published(self) -> Coverage | None:
        """Return the same without the issues that are drafts; None where there is no other."""
        out = tuple(standing for standing in self.standings if not standing.issue.is_draft)
        return self if len(out) == len(self.standings) else Coverage(out) if out else None

    @cached_property
    def place(self) -> tuple[object, int]:
        """Sort key: the newest issue first, and in it the editors' order."""
        return self.standings[0].issue.key, -self.standings[0].number


@dataclass(frozen=True, eq=False)
class Listing:
    """All that the archive has by one author, or on one topic, newest first. ``kind`` is AUTHORS or TOPICS."""

    kind: str
    slug: str
    name: str
    coverages: tuple[Coverage, ...]
    known: Known | None = None

    @property
    def path(self) -> str:
        return f"{self.kind}/{self.slug}.html"

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
    """Every paper, author and topic of an archive."""

    def __init__(self, archive: Archive, config: Config) -> None:
        self.coverages = tuple(_coverages(archive))
        self.by_place = {(s.issue.key, s.pick.name): c for c in self.coverages for s in c.standings}
        self.papers = {c.name: c for c in self.coverages if c.paper}
        self._authors, self._topics = _Spellings(config.authors), _Spellings(config.topics)
        self.authors = dict(_listings(AUTHORS, ((c, self._authors.named(a, c.name), a) for c in self.coverages for a in _names(c))))
        self.topics = dict(_listings(TOPICS, ((c, self._topics.named(t, c.name), t) for c in self.coverages for t in _topics(c))))

    def authors_of(self, coverage: Coverage) -> tuple[Listing, ...]:
        """Return the authors of a paper, in its order."""
        return tuple(self.authors[self._authors.named(name, coverage.name)[0]] for name in _names(coverage))

    def topics_of(self, coverage: Coverage) -> tuple[Listing, ...]:
        """Return what a pick is filed under: its tags, then its categories."""
        return tuple(dict.fromkeys(self.topic(name, coverage) for name in _topics(coverage)))

    def author(self, name: str, coverage: Coverage) -> Listing | None:
        """Return who is meant by a name on a pick; None where an editor's own list of authors stands in another issue only."""
        return self.authors.get(self._authors.named(name, coverage.name)[0])

    def topic(self, name: str, coverage: Coverage) -> Listing:
        """Return the topic that a tag or a category of a pick belongs to."""
        return self.topics[self._topics.named(name, coverage.name)[0]]


def named_slug(name: str) -> str:
    """Return the slug of a name as a record or an editor spells it, in TeX or not."""
    return lasting_slug(plain(name) or name)


class _Spellings:
    """Which name is meant: a listed one in any of its spellings, else the name itself."""

    def __init__(self, known: Iterable[Known]) -> None:
        self.known: dict[str, list[Known]] = {}
        self.slugs: dict[str, str] = {}
        for one in known:
            for spelling in dict.fromkeys(self.slug(text) for text in (one.name, *one.also)):
                self.known.setdefault(spelling, []).append(one)

    def slug(self, name: str) -> str:
        if name not in self.slugs:
            self.slugs[name] = named_slug(name)
        return self.slugs[name]

    def named(self, name: str, paper: str) -> tuple[str, Known | None]:
        """Return the slug of who or what is meant on a paper, and what roundup.yaml says of it."""
        slug = self.slug(name)
        if slug not in self.known:
            return slug, None
        there = [known for known in self.known[slug] if paper in known.papers]
        anywhere = [known for known in self.known[slug] if not known.papers]
        return next(((self.slug(known.name), known) for known in (*there, *anywhere)), (slug, None))


def _coverages(archive: Archive) -> Iterator[Coverage]:
    """Yield what was picked, newest first. A paper is one wherever it stands; links of one name in two issues are two."""
    found: dict[object, list[Standing]] = {}
    for issue in archive.issues:
        for number, pick in enumerate(issue.picks, 1):
            found.setdefault(pick.name if pick.paper else (issue.key, pick.name), []).append(Standing(issue, pick, number))
    yield from (Coverage(tuple(standings)) for standings in found.values())


def _listings(kind: str, rows: Iterable[tuple[Coverage, tuple[str, Known | None], str]]) -> Iterator[tuple[str, Listing]]:
    """Yield the listings by slug, in its order; one that roundup.yaml does not name is called as it is spelt most often."""
    found: dict[str, dict[Coverage, None]] = {}
    spelt: dict[str, Counter[str]] = {}
    listed: dict[str, Known] = {}
    for coverage, (slug, known), name in rows:
        found.setdefault(slug, {})[coverage] = None
        spelt.setdefault(slug, Counter())[name] += 1
        if known:
            listed[slug] = known
    for slug in sorted(found):
        known = listed.get(slug)
        name = known.name if known else min(spelt[slug], key=lambda text: (-spelt[slug][text], text))
        yield slug, Listing(kind, slug, name, tuple(sorted(found[slug], key=lambda coverage: coverage.place, reverse=True)), known)


def _names(coverage: Coverage) -> tuple[str, ...]:
    """Return everybody whom an issue names as an author, the newest issue's first; a list of an editor's own takes nobody's page away."""
    shown = (author.name for standing in coverage.standings for author in standing.pick.shown_authors)
    return tuple(dict.fromkeys((*(author.name for author in coverage.authors), *shown)))


def _topics(coverage: Coverage) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*coverage.tags, *coverage.categories)))
