"""A digest's files -> its site: read what has changed, plan what that touches, draw what is not there yet, by as many workers as there are.

What was read and worked out is kept in a memory, so that a small edit costs what it touches. Where anything but the words of issues
has changed, all is planned anew; the fingerprints of the plan then tell what has to be drawn.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from roundup.build import Report, Staged, build, hash_of, last_built, stage
from roundup.catalogue import Catalogue, Coverage, columns_from, columns_of, columns_row
from roundup.check import Checks
from roundup.errors import Problem, SourceError
from roundup.issue import IssueKey
from roundup.manifest import MANIFEST, Manifest
from roundup.moves import Permalinks, kept, parse_trail
from roundup.outline import fingerprint
from roundup.pages import render
from roundup.pages.feeds import paper_entry
from roundup.pages.finding import numbered
from roundup.pages.papers import keep_rows
from roundup.pages.theme import Drawing, drawing
from roundup.pieces import Pieces
from roundup.plan import TRAIL, Output, plan, touched
from roundup.records.permalinks import dump_permalinks
from roundup.search import patched, search_index
from roundup.site import Site
from roundup.store.left import Left, left_by, look_back
from roundup.store.library import Library
from roundup.store.memory import Memory
from roundup.store.reading import Digest, read_digest
from roundup.store.release import release
from roundup.store.stamps import stamps_of
from roundup.workers import Workers

PIECES = "pieces.sqlite"
MANY_ISSUES = 100  # whose outlines are no small thing to hold
MANY = 2000  # outputs, of which each takes pieces that others take, too


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be built, as far as a worker on another machine has to know: the digest and the site on a disk that they share."""

    root: Path
    folder: Path
    drafts: bool
    cards: str
    permalinks: Permalinks
    today: dt.date
    whole: bool  # or a few outputs of an edit


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a worker did: the outputs that it drew, what is odd about their issues, what kept it from drawing."""

    staged: tuple[Staged, ...]
    odd: tuple[tuple[str, Problem], ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Built:
    """What became of a build: its site, what was done to the folder, and by the key of each issue that was drawn what is odd about it."""

    digest: Digest
    site: Site
    report: Report
    odd: dict[str, set[Problem]]


Paths = Collection[str]
Only = Callable[[Output], bool]


@dataclass(eq=False)
class _Ready:
    """A site ready to be drawn. Forked workers have it from their parent; one on another machine makes it for itself."""

    job: Job
    site: Site
    outputs: dict[str, Output]
    paths: Paths  # all that the site has
    pieces: Pieces
    index: Mapping[str, str] | None = None  # files of the search index, where these are known

    def keep(self, coverage: Coverage) -> None:
        """Draw what feeds and the search index will want of a paper."""
        if self.site.config.url and coverage.is_out:
            paper_entry(coverage, self.site, self.drawing)
        self.pieces.words(coverage, self.site)

    def index_file(self, path: str) -> str:
        """Return a file of the search index; all of them are made at once."""
        if self.index is None:
            entries = (self.pieces.words(coverage, self.site) for coverage in numbered(self.site))
            self.index = dict(search_index(entry for entry in entries if entry))
        return self.index[path]

    @cached_property
    def drawing(self) -> Drawing:
        return drawing(self.site.theme, self.pieces.rows, self.pieces.entries)

    @cached_property
    def checks(self) -> Checks:
        return Checks(self.site, self.paths, self.job.today)


_at_hand: list[_Ready] = []  # one, for this process and those that it forks
_one_at_a_time = threading.Lock()  # a worker of a cluster may have threads


def _keep_ready(ready: _Ready) -> _Ready:
    _at_hand[:] = [ready]
    return ready


def draw_part(job: Job, staging: str, paths: Sequence[str]) -> Drawn:
    """Draw some outputs of a site into a staging folder."""
    with _one_at_a_time:
        return _draw_part(_ready(job), staging, paths)


def _draw_part(ready: _Ready, staging: str, paths: Sequence[str]) -> Drawn:
    job, odd = ready.job, dict[IssueKey, list[Problem]]()

    def draw(output: Output) -> bytes:
        if output.issue and output.issue not in odd:
            odd[output.issue] = list(ready.checks.of(ready.site.archive.issue(output.issue)))  # while what was parsed of it is at hand
        if output.source:
            return (job.root / output.source).read_bytes()
        if job.whole and isinstance(output.about, Coverage):
            ready.keep(output.about)  # likewise
        if output.kind == "index":
            return ready.index_file(output.path).encode()
        return render(output, ready.site, ready.drawing)

    try:
        staged = stage((ready.outputs[path] for path in paths), draw, str(job.folder), staging)
    except SourceError as error:
        return Drawn((), (), error.problems)
    ready.pieces.flush()
    return Drawn(tuple(staged), tuple((str(key), problem) for key, problems in odd.items() for problem in problems))


def draw_rows(job: Job, places: Sequence[int]) -> tuple[Problem, ...]:
    """Draw what lists show of some papers, while their issues are at hand."""
    with _one_at_a_time:
        ready = _ready(job)
        try:
            for place in places:
                keep_rows(ready.site.catalogue.coverage(place), ready.site, ready.drawing)
        except SourceError as error:
            return error.problems
        ready.pieces.flush()
        return ()


def _ready(job: Job) -> _Ready:
    """Return the site of a job, as this process has it, or as it plans it now."""
    return _at_hand[0] if _at_hand and _at_hand[0].job == job else _keep_ready(_planned_here(job))


def _planned_here(job: Job) -> _Ready:
    """Return the site as another process planned it, read from the same memory."""
    memory = Memory(job.root)
    digest = read_digest(job.root, Library(job.root, memory, stamps_of(job.root, memory.now())).shelve)
    site = with_catalogue(site_of(digest, drafts=job.drafts, cards=job.cards), digest, memory, Workers(1)).keeping(job.permalinks)
    outputs = {output.path: output for output in plan(site).outputs}
    return _Ready(job, site, outputs, outputs, Pieces(memory.path(PIECES), site))


def site_of(digest: Digest, *, drafts: bool, cards: str) -> Site:
    """Return the site of a digest; ``cards`` is the release of what can draw social cards."""
    archive = digest.archive if drafts else digest.archive.published()
    return Site(digest.config, archive, digest.theme, digest.assets, cards if digest.config.url else "", digest.permalinks)


def with_catalogue(site: Site, digest: Digest, memory: Memory, workers: Workers) -> Site:
    """Return a site with its catalogue, which is kept until an outline changes."""
    made_of = _catalogue_made_of(site, digest)
    name = "catalogue-with-drafts.json" if site.archive.drafts() else "catalogue.json"
    row = memory.value(name, made_of)
    if not row:

        def work_out() -> dict[str, Any]:
            return columns_row(columns_of(tuple(site.archive.outlines), site.config))

        row = workers.apart(work_out) if len(site.archive.heads) > MANY_ISSUES else work_out()
        memory.keep_value(name, made_of, row)
    return site.having(Catalogue(site.archive, site.config, columns_from(row)))


def _catalogue_made_of(site: Site, digest: Digest) -> str:
    prints = (f"{head.key} {digest.shelved.prints[head.key]}" for head in site.archive.heads)
    return fingerprint(release(), repr(site.config.authors), repr(site.config.topics), *prints)


class _Lazily(Collection[str]):
    """Paths that are looked for when somebody asks."""

    def __init__(self, found: Callable[[], set[str]]) -> None:
        self._found = cache(found)

    def __contains__(self, path: object) -> bool:
        return path in self._found()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._found()))

    def __len__(self) -> int:
        return len(self._found())


class Engine:
    """Builds the site of one digest. ``workers`` share the work."""

    def __init__(self, root: Path, workers: Workers) -> None:
        self.root, self.workers = root, workers
        self.memory = Memory(root)

    def read(self) -> Digest:
        """Return the digest; issues that have not changed are not read again."""
        library = Library(self.root, self.memory, stamps_of(self.root, self.memory.now()), self.workers.each)
        digest = read_digest(self.root, library.shelve)
        if not digest.problems:
            library.sweep()
        return digest

    def build(
        self, digest: Digest, folder: Path, today: dt.date, *,
        drafts: bool, cards: str, only: Only | None = None, spared: Callable[[str], bool] = lambda path: False,
    ) -> Built:  # fmt: skip
        """Build the site into ``folder``; ``only`` tells which outputs are wanted, where not all are. The errors are those of ``build.build``."""
        site = site_of(digest, drafts=drafts, cards=cards)
        left = look_back(self.memory, folder.resolve()) if only is None else Left()
        changed = [head.key for head in site.archive.heads if left.issues.get(str(head.key)) != head.digest]
        known = left.is_whole and left.plan == all_but_words(site, digest, drafts=drafts)
        if known and not changed:
            return Built(digest, site, Report((), left.facts["files"], (), ()), {})
        site = with_catalogue(site, digest, self.memory, self.workers)
        index: Mapping[str, str] | None = None
        if known:
            site = site.keeping(digest.permalinks, left.facts["moved"])
            outputs = touched(site, changed)
            manifest = Manifest.read((folder / MANIFEST).read_bytes())
            paths: Paths = _Lazily(lambda: {path for path, _ in manifest.items()})
            index = self._patched(site, {str(key): left.issues[str(key)] for key in changed}, folder, manifest)
        else:
            site = site.keeping(kept(digest.permalinks, parse_trail(last_built(folder, TRAIL)), site.trail(), site.config))
            planned = plan(site)
            if planned.faults:
                raise SourceError(planned.faults)
            outputs = tuple(output for output in planned.outputs if only is None or only(output))
            paths = [output.path for output in planned.outputs]
        job = Job(self.root, folder, drafts, cards, site.permalinks, today, not known)
        odd: dict[str, set[Problem]] = {}
        _keep_ready(_Ready(job, site, {output.path: output for output in outputs}, paths, self._pieces(site), index))
        report = build(
            outputs, partial(self._share, job, odd), folder, whole=not known and only is None, spared=spared, as_left=left.folders,
            same=frozenset() if index is None else {output.path for output in outputs if output.kind == "index" and output.path not in index},
        )  # fmt: skip
        if only is None:
            facts = {"files": report.unchanged + len(report.written), "moved": site.moved}
            issues = {str(head.key): head.digest for head in site.archive.heads}
            now = Left(all_but_words(site, digest, drafts=drafts), issues, facts=facts)
            left_by(self.memory, folder.resolve(), now, left.folders if known else {output.path.rpartition("/")[0] for output in outputs})
        return Built(digest, site, report, odd)

    def _pieces(self, site: Site) -> Pieces:
        return Pieces(self.memory.path(PIECES), site)

    def _patched(self, site: Site, then: Mapping[str, str], folder: Path, manifest: Manifest) -> dict[str, str] | None:
        """Return the files of the search index that an edit changes; ``then`` are the hashes that the edited issues had. None: all are to be made."""
        pieces, catalogue, changes = self._pieces(site), site.catalogue, {}
        for coverage in {one.place: one for head in site.archive.heads if str(head.key) in then for one in catalogue.of_issue(head.key)}.values():
            was, now = pieces.words(coverage, site, then), pieces.words(coverage, site)
            if was is None:
                return None
            if was != now:
                changes[catalogue.columns.numbers[coverage.place]] = was, now
        pieces.flush()

        def text(path: str) -> str | None:
            entry, found = manifest.of([path]).get(path), last_built(folder, path)
            return found if entry and entry.digests == (hash_of(found.encode()),) else None

        return patched(changes, len(catalogue), len(catalogue), text)

    def _share(self, job: Job, odd: dict[str, set[Problem]], outputs: Sequence[Output], staging: str) -> list[Staged]:
        """Draw outputs into a staging folder, by all workers: what is drawn while an issue is at hand before what takes pieces of many."""
        if len(outputs) > MANY:
            places = [output.about.place for output in outputs if output.kind == "paper" and isinstance(output.about, Coverage)]
            if problems := [problem for found in self.workers.shared(partial(draw_rows, job), places) for problem in found]:
                raise SourceError(problems)
        ordered = sorted(outputs, key=lambda output: output.issue is None and output.kind != "paper")
        drawn = list(self.workers.shared(partial(draw_part, job, staging), [output.path for output in ordered]))
        if problems := [problem for part in drawn for problem in part.problems]:
            raise SourceError(problems)
        for key, problem in (one for part in drawn for one in part.odd):
            odd.setdefault(key, set()).add(problem)
        return [one for part in drawn for one in part.staged]


def all_but_words(site: Site, digest: Digest, *, drafts: bool) -> str:
    """Return a fingerprint of all that a plan is made from, but for the issues' own words."""
    shared = (repr(site.config), site.theme.digest, site.cards, repr(site.assets), dump_permalinks(site.permalinks), str(drafts))
    return fingerprint(_catalogue_made_of(site, digest), *shared)
