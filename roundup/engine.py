"""A digest's files -> its site: read what has changed, plan what that touches, draw what is not there yet, by as many workers as there are.

What was read and worked out is kept in a memory, so that a small edit costs what it touches. Where anything but the words of issues
has changed, all is planned anew; the fingerprints of the plan then tell what has to be drawn. Where nothing has, nothing that draws
is even imported.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from roundup.errors import Problem, SourceError
from roundup.store.memory import Memory
from roundup.store.stamps import looking
from roundup.workers import Workers

if TYPE_CHECKING:  # what reads is loaded while a look at the files is under way
    from roundup.archive import Archive
    from roundup.build import Report
    from roundup.catalogue import Catalogue
    from roundup.moves import Permalinks
    from roundup.outputs import Output
    from roundup.store.reading import Digest


class Built(Struct, frozen=True):
    """What became of a build: what was done to the folder, what has to stay where it was published, and what is odd.

    The latter by the keys of the issues that were drawn.
    """

    archive: Archive
    permalinks: Permalinks
    report: Report
    odd: dict[str, set[Problem]]


class Engine:
    """Builds the site of one digest. ``workers`` share the work; ``cache`` is a folder for what is the user's own and no digest's, if there is one."""

    def __init__(self, root: Path, workers: Workers, cache: str = "") -> None:
        self.root, self.workers, self.cache = root, workers, cache
        self.memory = Memory(root)
        self.memory.sweep()

    def read(self) -> Digest:
        """Return the digest; issues that have not changed are not read again."""
        with looking(self.root, self.memory.now(), self.workers.ahead) as stamps:
            from roundup.store.library import Library
            from roundup.store.reading import read_digest

            library = Library(self.root, self.memory, stamps(), self.workers.each)
            digest = read_digest(self.root, library.shelve)
        if not digest.problems:
            library.sweep()
        return digest

    def build(
        self, digest: Digest, folder: Path, today: dt.date, *,
        drafts: bool, cards: str, only: Callable[[Output, Catalogue], bool] | None = None, spared: Callable[[str], bool] = lambda path: False, trail: str = "",
    ) -> Built:  # fmt: skip
        """Build the site into ``folder``; ``only`` tells which outputs are wanted, where not all are.

        ``cards`` is the release of what can draw social cards; ``trail`` says where pages stood elsewhere, for a folder that does not know it.
        The errors are those of ``build.build``.
        """
        from roundup.build import Report, build, is_swept, last_built, read_manifest
        from roundup.moves import parse_trail
        from roundup.store.left import Left, all_but_words, left_by, look_back

        archive = digest.archive if drafts else digest.archive.published()
        left = look_back(self.memory, Path(os.path.realpath(folder))) if only is None else Left()
        changed = [head.key for head in archive.heads if left.issues.get(str(head.key)) != head.digest]
        known = left.is_whole and left.plan == all_but_words(archive, digest, digest.permalinks, cards, drafts=drafts)
        if known and not changed:
            return Built(archive, digest.permalinks, Report((), left.facts["files"], (), ()), {})
        from roundup import jobs
        from roundup.pieces import Pieces
        from roundup.plan import TRAIL, touched
        from roundup.store.code import code_folder

        site = jobs.with_catalogue(jobs.site_of(digest, drafts=drafts, cards=cards), digest, self.memory, self.workers)
        index: Mapping[str, str] | None = None
        if known:
            site = site.keeping(digest.permalinks, left.facts["moved"])
            pieces = Pieces(self.memory.path(jobs.PIECES), site)
            outputs = touched(site, changed)
            manifest = read_manifest(folder, is_sound=True)
            paths = jobs.Lazily(lambda: {path for path, _ in manifest.items()})
            index = jobs.made_again(site, {str(key): left.issues[str(key)] for key in changed}, pieces, folder, manifest)
        else:
            site, planned = jobs.with_plan(site, parse_trail(last_built(folder, TRAIL) or trail), self.workers)
            if planned.faults:
                raise SourceError(planned.faults)
            pieces = Pieces(self.memory.path(jobs.PIECES), site)
            pieces.trim()
            every = outputs = planned.outputs
            if only:
                outputs = every.those([at for at, output in enumerate(every) if only(output, site.catalogue)])
            paths = jobs.Lazily(lambda: {output.path for output in every})
        state = jobs.state_of(site) if self.workers.executor else ""
        job = jobs.Job(self.root, folder, drafts, cards, site.permalinks, today, not known, state)
        odd: dict[str, set[Problem]] = {}
        with code_folder(self.cache) as code, jobs.at_hand(jobs.Ready(job, site, paths, pieces, index, code)):
            report = build(
                outputs, partial(jobs.share, job, self.workers, odd), folder, whole=not known and only is None, spared=spared, as_left=left.folders,
                same=frozenset() if index is None else {output.path for output in outputs if output.kind == "index" and output.path not in index},
            )  # fmt: skip
        if only is None and is_swept(folder):
            now = Left(
                all_but_words(archive, digest, site.permalinks, cards, drafts=drafts), {str(head.key): head.digest for head in archive.heads},
                facts={"files": report.unchanged + len(report.written), "moved": site.moved},
            )  # fmt: skip
            left_by(self.memory, Path(os.path.realpath(folder)), now, left.folders if known else {output.path.rpartition("/")[0] for output in outputs})
        return Built(archive, site.permalinks, report, odd)
