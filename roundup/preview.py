"""A digest as it stands at this moment -> the outputs of its site, drafts among them, each drawn when somebody looks at it.

Nothing is written but to the memory that builds have, too, and no lock is taken: a build beside it goes on.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from roundup.catalogue import Catalogue, Coverage
from roundup.errors import Problem, SourceError
from roundup.jobs import PIECES, site_of, with_catalogue
from roundup.outputs import Output
from roundup.pages import render
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


class _Stand(Struct, frozen=True, eq=False):
    """A site with its plan, ready to be drawn; ``plan`` is a fingerprint of all that it was planned from but words."""

    site: Site
    outputs: dict[str, Output]
    faults: tuple[Problem, ...]  # of the plan
    pieces: Pieces
    ready: Drawing
    plan: str


class Preview:
    """The newest state of a digest that can be shown whole.

    ``problems`` stand against the newest state. While there are any, what is shown is the last state without; before there was one,
    it is what could be read. Not for several threads at a time.
    """

    def __init__(self, root: Path, cards: str = "") -> None:
        """``cards`` is the release of what can draw social cards; without it there are none."""
        self.problems: tuple[Problem, ...] = ()
        self._root = root
        self._cards = cards
        self._watch = Watch(root)
        self._memory = Memory(root)
        self._stamps: Stamps = {}
        self._stand: _Stand | None = None
        self._was_good = False
        self._drawn: OrderedDict[str, tuple[bool, bytes]] = OrderedDict()  # by path: whether it was drawn from the newest state, and its bytes

    def refresh(self, path: str = "") -> bool:
        """Take in what changed; tell whether something shown may be other than before.

        A change in what the output at ``path`` is made from is seen at once, another one within moments.
        """
        changed = self._watch.changed(self._places(path))
        if not changed:
            return False
        now = self._memory.now()
        if not self._stamps:
            self._stamps = stamps_of(self._root, now)
        for name in (place.partition("/")[2] for place in changed if place.startswith(f"{ISSUES}/")):
            self._stamps[name] = stamp_of(self._root, name, now)
        try:
            self._take_in()
        except SourceError as error:  # what was read changed again meanwhile: the next look sees that
            self.problems = error.problems
        return True

    def _take_in(self) -> None:
        library = Library(self._root, self._memory, self._stamps)
        digest = read_digest(self._root, library.shelve)
        if not digest.problems:
            library.sweep()  # what is shown while there are any is kept
        self.problems = digest.problems
        if self._stand is None or not (self.problems and self._was_good):
            self._stand = self._stand_on(digest)
            self._was_good = not self.problems

    def _stand_on(self, digest: Digest) -> _Stand:
        """Return the site as it is now: where nothing but words has changed, with the plan that it had."""
        before, site = self._stand, site_of(digest, drafts=True, cards=self._cards)
        made_from = all_but_words(site.archive, digest, site.permalinks, site.cards, drafts=True)
        # what was drawn may hold words that are no more; to plan which pages do takes longer than to draw those that are looked at
        self._drawn = OrderedDict((path, (False, data)) for path, (_, data) in self._drawn.items())
        if before and before.plan == made_from:
            site = site.having(Catalogue(site.archive, site.config, before.site.catalogue.columns)).keeping(site.permalinks, before.site.moved)
            self.problems = tuple(sorted({*digest.problems, *before.faults}))
            return self._standing(site, before.outputs, before.faults, made_from)
        site = with_catalogue(site, digest, self._memory, Workers())
        planned = plan(site)
        self.problems = tuple(sorted({*digest.problems, *planned.faults}))
        return self._standing(site, {output.path: output for output in planned.outputs}, planned.faults, made_from)

    def _standing(self, site: Site, outputs: dict[str, Output], faults: tuple[Problem, ...], made_from: str) -> _Stand:
        before, pieces = self._stand, Pieces(self._memory.path(PIECES), site)
        if before and before.site.theme == site.theme:  # templates are compiled once
            return _Stand(site, outputs, faults, pieces, replace(before.ready, rows=pieces.rows, entries=pieces.entries), made_from)
        return _Stand(site, outputs, faults, pieces, drawing(site.theme, pieces.rows, pieces.entries), made_from)

    @property
    def has_own_templates(self) -> bool:
        return bool(self._stand and self._stand.site.theme.own)

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
        is_new, data = self._drawn.pop(path, (False, b""))
        problems: tuple[Problem, ...] = ()
        if not is_new:
            site = self._stand.site
            try:
                is_new, data = True, render(output, site, self._stand.ready)
            except SourceError as error:
                problems = error.problems
            self._stand.pieces.close()  # a preview may stand for hours
        self._drawn[path] = is_new, data
        if len(self._drawn) > _KEPT:
            self._drawn.popitem(last=False)
        return Shown(data, problems)

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
