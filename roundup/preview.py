"""A digest as it stands at this moment -> the outputs of its site, drafts among them, each drawn when somebody looks at it.

Nothing is written but to the memory that builds have, too, and no lock is taken: a build beside it goes on.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from roundup.catalogue import Catalogue, Coverage
from roundup.errors import Problem, SourceError
from roundup.jobs import PIECES, site_of, with_catalogue
from roundup.outputs import Output
from roundup.pages import render
from roundup.pages.finding import index_files
from roundup.pages.theme import Drawing, drawing
from roundup.pieces import Pieces
from roundup.plan import plan
from roundup.site import Site
from roundup.store.disk import ISSUES, Disk
from roundup.store.left import all_but_words
from roundup.store.library import Library
from roundup.store.memory import Memory
from roundup.store.reading import Digest, read_digest
from roundup.store.stamps import Stamps, stamp_of, stamps_of
from roundup.store.watch import Watch
from roundup.workers import Workers

_KEPT = 300  # outputs that were drawn last


class Shown(Struct, frozen=True):
    """What is shown of an output. ``problems`` stand against drawing it; then ``data`` is as it was drawn last, or empty."""

    data: bytes
    problems: tuple[Problem, ...] = ()


class _Drawn(NamedTuple):
    """An output as it was drawn last, what stood against drawing it since, and whether it is known of the newest state."""

    data: bytes = b""
    problems: tuple[Problem, ...] = ()
    is_new: bool = False


class _Stand(Struct, frozen=True, eq=False, dict=True):
    """A site with its plan, ready to be drawn; ``plan`` is a fingerprint of all that it was planned from but words."""

    site: Site
    outputs: dict[str, Output]
    faults: tuple[Problem, ...]  # of the plan
    pieces: Pieces
    ready: Drawing
    plan: str

    @cached_property
    def index(self) -> dict[str, str]:
        """The files of the search index, which are made all at once."""
        return index_files(self.site, lambda coverage: self.pieces.words(coverage, self.site))

    def draw(self, output: Output) -> bytes:
        """Return an output's bytes. SourceError where they cannot be had."""
        try:
            return self.index[output.path].encode() if output.kind == "index" else render(output, self.site, self.ready)
        finally:
            self.pieces.close()  # a preview may stand for hours


class Preview:
    """The newest state of a digest that can be shown whole.

    ``advice`` is what is lawful but odd in it, ``problems`` stand against it. While there are any, what is shown is the last state without; before
    there was one, it is what could be read. Not for several threads at a time.
    """

    def __init__(self, root: Path, cards: str = "") -> None:
        """``cards`` is the release of what can draw social cards; without it there are none."""
        self.problems: tuple[Problem, ...] = ()
        self.advice: tuple[Problem, ...] = ()
        self._root = root
        self._cards = cards
        self._watch = Watch(root)
        self._memory = Memory(root)
        self._stamps: Stamps = {}
        self._stand: _Stand | None = None
        self._was_good = False
        self._unread: set[str] = set()  # places that have changed, until that is taken in
        self._drawn: OrderedDict[str, _Drawn] = OrderedDict()  # by path

    def refresh(self, path: str = "") -> bool:
        """Take in what changed; tell whether something shown may be other than before.

        A change in what the output at ``path`` is made from is seen at once, another one within moments.
        """
        self._unread |= self._watch.changed(self._places(path))
        if not self._unread:
            return False
        now = self._memory.now()
        if not self._stamps:
            self._stamps = stamps_of(self._root, now)
        for name in (place.partition("/")[2] for place in self._unread if place.startswith(f"{ISSUES}/")):
            self._stamps[name] = stamp_of(self._root, name, now)
        try:
            self._take_in()
        except SourceError as error:  # what was read changed again meanwhile: the next look sees that
            self.problems = error.problems
        self._unread.clear()
        return True

    def _take_in(self) -> None:
        library = Library(self._root, self._memory, self._stamps)
        digest = read_digest(self._root, library.shelve)
        self.problems, self.advice = digest.problems, tuple(sorted({*digest.advice}))
        if self.problems and self._was_good:
            return
        stand = self._stand_on(digest)
        self.problems = tuple(sorted({*digest.problems, *stand.faults}))
        if self.problems and self._was_good:
            return
        if not self.problems:
            library.sweep()  # what is shown while there are any is kept
        self._stand, self._was_good = stand, not self.problems
        # what was drawn may hold words that are no more; to plan which pages do takes longer than to draw those that are looked at
        self._drawn = OrderedDict((path, _Drawn(drawn.data)) for path, drawn in self._drawn.items())

    def _stand_on(self, digest: Digest) -> _Stand:
        """Return the site as it is now: where nothing but words has changed, with the plan that it had."""
        before, site = self._stand, site_of(digest, drafts=True, cards=self._cards)
        made_from = all_but_words(site.archive, digest, site.permalinks, site.cards, drafts=True)
        if before and before.plan == made_from:
            site = site.having(Catalogue(site.archive, site.config, before.site.catalogue.columns)).keeping(site.permalinks, before.site.moved)
            return self._standing(site, before.outputs, before.faults, made_from)
        site = with_catalogue(site, digest, self._memory, Workers())
        planned = plan(site)
        return self._standing(site, {output.path: output for output in planned.outputs}, planned.faults, made_from)

    def _standing(self, site: Site, outputs: dict[str, Output], faults: tuple[Problem, ...], made_from: str) -> _Stand:
        before, pieces = self._stand, Pieces(self._memory.path(PIECES), site)
        if before and before.site.theme == site.theme:  # templates are compiled once
            return _Stand(site, outputs, faults, pieces, replace(before.ready, rows=pieces.rows, entries=pieces.entries), made_from)
        return _Stand(site, outputs, faults, pieces, drawing(site.theme, pieces.rows, pieces.entries), made_from)

    @property
    def has_own_templates(self) -> bool:
        return bool(self._stand and self._stand.site.theme.own)

    @property
    def assets(self) -> str:
        """A text that is another one whenever a file of assets/ is."""
        return repr(self._stand.site.assets) if self._stand else ""

    def find(self, path: str) -> Output | None:
        """Return the planned output at a path from the site's top, or from the top of the host on which the site will stand in a folder."""
        if self._stand is None:
            return None
        folder = urlsplit(self._stand.site.config.url).path.lstrip("/")
        return self._stand.outputs.get(path) or (self._stand.outputs.get(path.removeprefix(folder)) if folder and path.startswith(folder) else None)

    def page(self, path: str) -> Shown:
        """Return a planned output, drawn at this moment unless it was since the last change."""
        if self._stand is None or path not in self._stand.outputs:
            raise ValueError(f"{path} is not planned")
        output = self._stand.outputs[path]
        if output.source:
            return self._copy(output.source)
        drawn = self._drawn.get(path, _Drawn())
        if not drawn.is_new:
            try:
                drawn = _Drawn(self._stand.draw(output), is_new=True)
            except SourceError as error:
                drawn = _Drawn(drawn.data, error.problems, is_new=True)
        self._drawn[path] = drawn
        self._drawn.move_to_end(path)
        if len(self._drawn) > _KEPT:
            self._drawn.popitem(last=False)
        return Shown(drawn.data, drawn.problems)

    def _copy(self, source: str) -> Shown:
        """Return a file of the digest as it is now; what has become a link out of it since it was planned is not followed."""
        disk = Disk(self._root)
        data = disk.content(source)
        return Shown(data or b"", tuple(disk.problems))

    def _places(self, path: str) -> list[str]:
        """Return the folders of the issues that an output shows, and of the newest one."""
        if self._stand is None:
            return []
        output = self.find(path)
        archive = self._stand.site.archive
        about = self._stand.site.catalogue.find(output.about) if output else None
        beside = about.standings if isinstance(about, Coverage) else ()
        own = archive.heads[archive.places[output.issue]].folder if output and output.issue else ""
        return [*(head.folder for head in archive.heads[:1]), *filter(None, [own]), *(standing.head.folder for standing in beside)]
