"""What is drawn of a site, and by whom: the outputs of one plan, in this process, in those forked from it, or on another machine."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from msgspec import Struct

from roundup.build import Staged, hash_of, last_built, stage
from roundup.catalogue import Catalogue, Coverage
from roundup.check import Checks
from roundup.columns import columns_from, columns_of, columns_row
from roundup.compact import compact
from roundup.config import AUTHORS, TOPICS
from roundup.errors import Problem, SourceError, changed_meanwhile
from roundup.issue import IssueKey
from roundup.manifest import Manifest
from roundup.moves import Permalinks, Trail, kept
from roundup.outline import fingerprint
from roundup.outputs import Output, Outputs
from roundup.pages import render
from roundup.pages.feeds import paper_entry
from roundup.pages.finding import index_files
from roundup.pages.letter import mail_size
from roundup.pages.papers import keep_rows
from roundup.pages.theme import Drawing, compiled, drawing
from roundup.pieces import Pieces
from roundup.plan import Plan, plan
from roundup.records.permalinks import dump_permalinks
from roundup.search import patched
from roundup.site import Site
from roundup.store.code import Compiled
from roundup.store.left import catalogue_made_of
from roundup.store.library import Library
from roundup.store.memory import Memory
from roundup.store.reading import Digest, read_digest
from roundup.store.stamps import stamps_of
from roundup.workers import FEW, Workers

PIECES = "pieces.sqlite"
MANY_ISSUES = 100  # whose outlines are no small thing to hold
MANY = 2000  # outputs, of which each takes pieces that others take, too


class Job(Struct, frozen=True):
    """What is to be built, as far as a worker on another machine has to know: the digest and the site on a disk that they share."""

    root: Path
    folder: Path
    drafts: bool
    cards: str
    permalinks: Permalinks
    today: dt.date
    whole: bool  # or a few outputs of an edit
    state: str  # of the site, for a worker that reads it itself: an output is about what has a number in the catalogue of this, and in no other


class Drawn(Struct, frozen=True):
    """What a worker did: the outputs that it drew, what is odd about their issues, what kept it from drawing."""

    staged: tuple[Staged, ...]
    odd: tuple[tuple[str, Problem], ...]
    problems: tuple[Problem, ...] = ()


Paths = Collection[str]


class Ready(Struct, eq=False, dict=True):
    """A site ready to be drawn. Forked workers have it from their parent; one on another machine makes it for itself."""

    job: Job
    site: Site
    paths: Paths  # all that the site has
    pieces: Pieces
    index: Mapping[str, str] | None = None  # files of the search index, where these are known
    code: int | None = None  # the open folder in which compiled templates are kept

    def keep(self, coverage: Coverage) -> None:
        """Draw what feeds and the search index will want of a paper."""
        if self.site.config.url and coverage.is_out:
            paper_entry(coverage, self.site, self.drawing)
        self.pieces.words(coverage, self.site)

    def index_file(self, path: str) -> str:
        """Return a file of the search index; all of them are made at once."""
        if self.index is None:
            self.index = index_files(self.site, lambda coverage: self.pieces.words(coverage, self.site))
        return self.index[path]

    @cached_property
    def drawing(self) -> Drawing:
        return drawing(self.site.theme, self.pieces.rows, self.pieces.entries, lambda edition: None if self.code is None else Compiled(self.code, edition))

    @cached_property
    def checks(self) -> Checks:
        return Checks(self.site, self.paths, self.job.today, mail_size(self.site, self.drawing))


_at_hand: list[Ready] = []  # one, for this process and those that it forks
_one_at_a_time = threading.Lock()  # a worker of a cluster may have threads


@contextmanager
def at_hand(ready: Ready) -> Iterator[None]:
    """Have a site at hand for whoever draws of it, here or in a process that is forked meanwhile."""
    _at_hand[:] = [ready]
    try:
        yield
    finally:
        _at_hand.clear()
        ready.pieces.close()


def draw_part(job: Job, staging: str, outputs: Outputs) -> Drawn:
    """Draw some outputs of a site into a staging folder."""
    with _one_at_a_time:
        try:
            ready = _ready(job)
        except SourceError as error:
            return Drawn((), (), error.problems)
        try:
            return _draw_part(ready, staging, outputs)
        finally:
            ready.site.catalogue.forget()  # of one part; the next is about others


def _draw_part(ready: Ready, staging: str, outputs: Outputs) -> Drawn:
    job, odd = ready.job, dict[IssueKey, list[Problem]]()

    def draw(output: Output) -> bytes:
        if output.issue and output.issue not in odd:
            odd[output.issue] = list(ready.checks.of(ready.site.archive.issue(output.issue)))  # while what was parsed of it is at hand
        if output.source:
            data = (job.root / output.source).read_bytes()
            if hash_of(data) != output.made_from:
                raise SourceError([changed_meanwhile(output.source)])
            return data
        if job.whole and output.kind == "paper" and output.about:
            ready.keep(ready.site.catalogue.coverage(output.about[1]))  # likewise
        if output.kind == "index":
            return ready.index_file(output.path).encode()
        return render(output, ready.site, ready.drawing)

    try:
        staged = stage(outputs, draw, str(job.folder), staging)
    except SourceError as error:
        return Drawn((), (), error.problems)
    ready.pieces.flush()
    return Drawn(tuple(staged), tuple((str(key), problem) for key, problems in odd.items() for problem in problems))


def draw_rows(job: Job, places: Sequence[int]) -> tuple[Problem, ...]:
    """Draw what lists show of some papers, while their issues are at hand."""
    with _one_at_a_time:
        try:
            ready = _ready(job)
            for place in places:
                keep_rows(ready.site.catalogue.coverage(place), ready.site, ready.drawing)
        except SourceError as error:
            return error.problems
        ready.pieces.flush()
        return ()


def _ready(job: Job) -> Ready:
    """Return the site of a job, as this process has it, or as it reads it now."""
    if not (_at_hand and _at_hand[0].job == job):
        _at_hand[:] = [_read_here(job)]
    return _at_hand[0]


def _read_here(job: Job) -> Ready:
    """Return the site that another process planned, read from the same memory. SourceError where it would be another one."""
    memory = Memory(job.root)
    digest = read_digest(job.root, Library(job.root, memory, stamps_of(job.root, memory.now())).shelve)
    site = with_catalogue(site_of(digest, drafts=job.drafts, cards=job.cards), digest, memory, Workers(1)).keeping(job.permalinks)
    if state_of(site) != job.state:
        raise SourceError([changed_meanwhile("the digest")])
    paths = Lazily(lambda: {output.path for output in plan(site).outputs})
    return Ready(job, site, paths, Pieces(memory.path(PIECES), site))


def state_of(site: Site) -> str:
    """Return a fingerprint of all that a digest gives to its site, wherever the program is installed that reads it."""
    columns, own = site.catalogue.columns, (part for file in sorted(site.theme.own.items()) for part in file)
    lists = (columns.names, columns.shown, columns.people.slugs, columns.subjects.slugs, [head.digest for head in site.archive.heads])
    texts = (site.config.shown, site.cards, dump_permalinks(site.permalinks), repr(site.assets), *own)
    return fingerprint(*texts, *(fingerprint(*one) for one in lists))


def site_of(digest: Digest, *, drafts: bool, cards: str) -> Site:
    """Return the site of a digest; ``cards`` is the release of what can draw social cards."""
    archive = digest.archive if drafts else digest.archive.published()
    return Site(digest.config, archive, digest.theme, digest.assets, cards if digest.config.url else "", digest.permalinks)


def with_catalogue(site: Site, digest: Digest, memory: Memory, workers: Workers) -> Site:
    """Return a site with its catalogue, which is kept until an outline changes."""
    made_of = catalogue_made_of(site.archive, digest)
    name = "catalogue-with-drafts.json" if site.archive.drafts() else "catalogue.json"
    row = memory.value(name, made_of)
    if not row:

        def work_out() -> dict[str, Any]:
            return columns_row(columns_of(tuple(site.archive.outlines), site.config))

        row = workers.apart(work_out) if len(site.archive.heads) > MANY_ISSUES else work_out()
        memory.keep_value(name, made_of, row)
    public = with_catalogue(site.public, digest, memory, workers).catalogue if site.archive.drafts() else None  # the trail and the site map tell of it
    return site.having(Catalogue(site.archive, site.config, columns_from(row)), public)


def with_plan(site: Site, before: Trail, workers: Workers) -> tuple[Site, Plan]:
    """Return a site with what has to stay where it was published, and its plan. ``before`` is where its pages stood when it was built last."""
    if not workers.are_forked or len(site.archive.heads) <= MANY_ISSUES:
        site = _keeping(site, before)
        return site, plan(site)

    def work_out() -> tuple[Permalinks, Mapping[str, str], str, Plan]:
        there = _keeping(site, before)
        return there.permalinks, there.moved, there.trail_text, plan(there)

    permalinks, moved, trail, planned = workers.apart(work_out)
    columns = compact(site.catalogue.columns)
    return site.having(Catalogue(site.archive, site.config, columns)).keeping(permalinks, moved, trail), planned


def _keeping(site: Site, before: Trail) -> Site:
    return site.keeping(kept(site.permalinks, before, site.trail(), site.config))


class Lazily(Collection[str]):
    """Paths that are looked for when somebody asks."""

    def __init__(self, found: Callable[[], set[str]]) -> None:
        self._found = cache(found)

    def __contains__(self, path: object) -> bool:
        return path in self._found()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._found()))

    def __len__(self) -> int:
        return len(self._found())


def made_again(site: Site, then: Mapping[str, str], pieces: Pieces, folder: Path, manifest: Manifest) -> dict[str, str] | None:
    """Return the files of the search index that an edit changes; ``then`` are the hashes that the edited issues had. None: all are to be made."""
    catalogue, changes = site.catalogue, {}
    for coverage in {one.place: one for head in site.archive.heads if str(head.key) in then for one in catalogue.of_issue(head.key)}.values():
        was, now = pieces.words_then(coverage, site, then), pieces.words(coverage, site)
        if was is None:
            return None
        if was != now:
            changes[catalogue.columns.numbers[coverage.place]] = was, now
    pieces.flush()

    def text(path: str) -> str | None:
        entry, found = manifest.of([path]).get(path), last_built(folder, path)
        return found if entry and entry.digests == (hash_of(found.encode()),) else None

    return patched(changes, len(catalogue), len(catalogue), text)


def share(job: Job, workers: Workers, odd: dict[str, set[Problem]], outputs: Outputs, staging: str) -> list[Staged]:
    """Draw outputs into a staging folder, by all workers."""
    if len(outputs) >= FEW:
        compiled(_ready(job).drawing)  # once, for all who are forked
    if len(outputs) > MANY:
        places = [output.about[1] for output in outputs if output.kind == "paper" and output.about]
        if problems := [problem for found in workers.each(partial(draw_rows, job), workers.runs(places)) for problem in found]:
            raise SourceError(problems)
    drawn = [part for runs in _runs(outputs, _ready(job).site.catalogue, workers) for part in workers.each(partial(draw_part, job, staging), runs)]
    if problems := [problem for part in drawn for problem in part.problems]:
        raise SourceError(problems)
    for key, problem in (one for part in drawn for one in part.odd):
        odd.setdefault(key, set()).add(problem)
    return [one for part in drawn for one in part.staged]


_OF_ALL = {AUTHORS, TOPICS, "archive", "feed", "home", "opml", "sitemap"}  # kinds of outputs that take something of every paper, or issue


def _runs(outputs: Outputs, catalogue: Catalogue, workers: Workers) -> Iterator[list[Outputs]]:
    """Yield outputs in runs, in three turns, so that no forked process holds what the turn before needed.

    First what is drawn while an issue is at hand; then what takes something of every paper, of which the search index is made as a whole;
    then what takes pieces of many, by its newest paper: who wrote one together stand together, and its row is taken once.
    """
    at_hand: list[int] = []
    index: list[int] = []
    of_all: list[int] = []
    of_many: list[tuple[int, int]] = []
    for at, output in enumerate(outputs):
        if output.issue or output.kind == "paper":
            at_hand.append(at)
        elif output.kind == "index":
            index.append(at)
        elif output.kind in _OF_ALL and not output.about:
            of_all.append(at)
        else:
            of_many.append((catalogue.newest(output.about), at))
    behind = [at for _, at in sorted(of_many)]
    if len(outputs) < FEW:
        yield [outputs.those([*at_hand, *index, *of_all, *behind])]
        return
    yield [outputs.those(run) for run in workers.runs(at_hand)]
    yield [outputs.those(run) for run in (index, of_all) if run]
    yield [outputs.those(run) for run in workers.runs(behind)]
