"""An archive -> every output of its site, each with a fingerprint of all that it is made from. Pure.

The plan is the hinge: the build walks it, checks look at it, a later preview and publisher do. Permalinks and the
links between pages are made here and nowhere else.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote, urljoin, urlsplit

from roundup.config import Config
from roundup.errors import Location, Problem, nearest
from roundup.issue import Archive, Block, Figure, Issue, IssueKey, Pick, Prose, anchor
from roundup.paper import pick_name
from roundup.text import dialect
from roundup.text.dialect import Document
from roundup.text.language import ENGLISH, Language
from roundup.text.links import is_local
from roundup.text.setting import Place

FONTS = "assets/fonts/"
FEED_LENGTH = 20  # issues


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that goes to the site as it is: where it stands in the digest (or the theme), and a hash of its bytes."""

    path: str
    source: str
    digest: str


@dataclass(frozen=True, slots=True)
class Theme:
    """The templates by name, and where each was read: ``own`` ones replace ``built_in`` ones of the same name.

    ``fonts`` are files that the stylesheet names; a browser asks for one where a page has a use for it.
    """

    built_in: Mapping[str, str]
    own: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    fonts: Mapping[str, bytes] = field(default_factory=dict)
    language: Language = ENGLISH

    @property
    def digest(self) -> str:
        return fingerprint(self.version, repr(self.language), *(f"{n}\0{t}" for part in (self.built_in, self.own) for n, t in sorted(part.items())))


@dataclass(frozen=True, slots=True)
class Output:
    """One file of the site: its path from the site's top, what draws it, and the fingerprint of all its inputs."""

    path: str
    kind: str  # a name that ``pages`` knows, or "copy"
    made_from: str
    issue: Issue | None = None
    source: str = ""  # of a copy: the file in the digest


@dataclass(frozen=True, slots=True)
class Standing:
    """A pick where it stands in the archive; ``number`` is its number in the issue."""

    issue: Issue
    pick: Pick
    number: int


@dataclass(frozen=True)
class Site:
    """The archive as it will be published, with all that its pages ask about each other."""

    config: Config
    archive: Archive
    theme: Theme
    assets: tuple[Asset, ...] = ()

    @property
    def language(self) -> Language:
        return self.theme.language

    def document(self, prose: Prose) -> Document:
        """Return a piece of commentary parsed, in the language of the digest."""
        return dialect.parse(prose.text, self.language.quotes)

    @cached_property
    def standings(self) -> dict[str, tuple[Standing, ...]]:
        """Every paper and link by its name, newest issue first."""
        found: dict[str, list[Standing]] = {}
        for issue in self.archive.issues:
            for number, pick in enumerate(issue.picks, 1):
                found.setdefault(pick.name, []).append(Standing(issue, pick, number))
        return {name: tuple(rows) for name, rows in found.items()}

    def earlier(self, issue: Issue, pick: Pick) -> tuple[Standing, ...]:
        """Return where earlier issues took up the same thing, newest first."""
        return tuple(s for s in self.standings.get(pick.name, ()) if s.issue.key < issue.key and s.pick.paper)

    def place(self, name: str, issue: Issue, inside: Pick | None = None) -> Standing | None:
        """Return what ``[[name]]`` means in an issue: the pick there, else the newest one.

        In the commentary on that very pick (``inside``) it is the newest earlier one: "as we said in ...".
        """
        wanted = pick_name(name)
        rows = self.standings.get(wanted) or self.standings.get(anchor(wanted), ())
        here = next((s for s in rows if s.issue.key == issue.key), None)
        if here and here.pick is not inside:
            return here
        elsewhere = [s for s in rows if s is not here]
        return next((s for s in elsewhere if s.issue.key < issue.key), elsewhere[0] if elsewhere else None)


def issue_path(key: IssueKey) -> str:
    """Return the path of an issue's page."""
    return f"{key}/index.html"


def relative(start: str, path: str) -> str:
    """Return a link from the page ``start`` to the file ``path``, both counted from the top of the site."""
    ups = "../" * start.count("/")
    return f"{ups}{path}"


def permalink(config: Config, path: str) -> str:
    """Return the lasting, absolute address of a page, or nothing where the digest has no address yet."""
    return urljoin(config.url, path.removesuffix("index.html")) if config.url else ""


def entry_id(config: Config, issue: Issue) -> str:
    """Return the id of an issue in a feed: its title, its date and the pages may change, and this stays. Source: RFC 4151."""
    place = urlsplit(config.url)
    return f"tag:{place.hostname},{issue.key.year}:{place.path}{issue.key}"


def feed_issues(site: Site) -> tuple[Issue, ...]:
    """Return the issues of the feed, newest first."""
    return site.archive.published().issues[:FEED_LENGTH]


def page_of(config: Config, issue: Issue) -> str:
    """Return the link from an issue's Markdown to its page: the address, or the file beside it."""
    return permalink(config, issue_path(issue.key)) or "index.html"


def link_between(site: Site, standing: Standing, start: Issue, *, absolute: bool = False) -> str:
    """Return the link to a pick: a fragment on its own page, else from one issue's page to the other's."""
    path = issue_path(standing.issue.key)
    if standing.issue.key == start.key:
        return f"{page_of(site.config, start) if absolute else ''}#{standing.pick.name}"
    if absolute and site.config.url:
        return f"{permalink(site.config, path)}#{standing.pick.name}"
    return f"{relative(issue_path(start.key), path)}#{standing.pick.name}"


def places(site: Site, issue: Issue, block: Block, *, absolute: bool = False) -> dict[str, Place]:
    """Return where the ``[[...]]`` of a block lead, as links from the issue's page."""
    found: dict[str, Place] = {}
    if "[[" not in block.prose.text:
        return found
    for reference in site.document(block.prose).references:
        if standing := site.place(reference.value, issue, block.pick):
            href = link_between(site, standing, issue, absolute=absolute)
            found[reference.value] = Place(standing.pick.shown_title, href)
    return found


# ---- the outputs ----


@dataclass(frozen=True, slots=True)
class Plan:
    """Every output of a site in the order in which it is put in place, and what stands against building it."""

    outputs: tuple[Output, ...]
    faults: tuple[Problem, ...]


def plan(site: Site) -> Plan:
    """Return the plan. Files that pages show come before them, and a page before the pages that lead to it."""
    outputs = [Output(asset.path, "copy", asset.digest, source=asset.source) for asset in site.assets]
    outputs.append(Output("assets/roundup.css", "stylesheet", fingerprint("stylesheet", site.theme.digest, site.config.accent)))
    if any(map(_may_hold_math, site.archive.issues)):
        outputs += [Output(f"{FONTS}{name}", "font", hashlib.blake2b(data, digest_size=16).hexdigest()) for name, data in site.theme.fonts.items()]
    faults: list[Problem] = []
    shared = fingerprint(repr(site.config), site.theme.digest)
    for issue in reversed(site.archive.issues):  # one after the other: each text is parsed once
        outputs += _issue_outputs(site, issue, shared)
        faults += missing_figures(site, issue)
    if site.config.url:  # without an address there is no feed, for it is read elsewhere
        made_from = (part for issue in feed_issues(site) for part in (issue.digest, *_from_elsewhere(site, issue)))
        outputs.append(Output("feed.xml", "feed.xml", fingerprint("feed.xml", shared, *made_from)))
    outputs.append(_home(site, shared))
    return Plan(tuple(outputs), (*faults, *collisions(outputs)))


def _may_hold_math(issue: Issue) -> bool:
    """Tell whether a formula may stand in an issue: a dollar or a command of TeX's does."""
    titles = (pick.shown_title for pick in issue.picks)
    return any("$" in title or "\\" in title for title in titles) or any("$" in block.prose.text for block in issue.blocks())


def _issue_outputs(site: Site, issue: Issue, shared: str) -> Iterator[Output]:
    shown = {name for name, _ in _figures_shown(site, issue)}
    for figure in issue.figures:
        if figure.name in shown and not figure.fault:
            yield Output(f"{issue.key}/{figure.name}", "copy", figure.digest, source=f"{issue.folder}/{figure.name}")
    made_from = fingerprint(shared, issue.digest, *_from_elsewhere(site, issue))
    for path, kind in (("index.md", "issue.md"), ("mail.html", "mail.html"), ("mail.txt", "mail.txt"), ("index.html", "issue.html")):
        yield Output(f"{issue.key}/{path}", kind, fingerprint(kind, made_from), issue)


def _from_elsewhere(site: Site, issue: Issue) -> Iterator[str]:
    """Yield what an issue's page shows of other issues: its neighbours, earlier coverage, and what it refers to."""
    for other in (site.archive.earlier(issue), site.archive.later(issue)):
        yield str(other.key) if other else ""
    for pick in issue.picks:
        yield from (f"{s.issue.key} {s.number}" for s in site.earlier(issue, pick))
    for block in issue.blocks():
        yield repr(places(site, issue, block))


def _home(site: Site, shared: str) -> Output:
    rows = [f"{i.key}\0{i.title}\0{i.teaser}\0{i.date}\0{sum(1 for p in i.picks if p.paper)}" for i in site.archive.issues]
    newest = site.archive.issues[0].digest if site.archive.issues else ""
    return Output("index.html", "home", fingerprint("home", shared, newest, *rows))


def fingerprint(*parts: str) -> str:
    """Return a hash of the parts in order; two different lists give two different hashes."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


# ---- what a plan can tell is wrong ----


def collisions(planned: Iterable[Output]) -> Iterator[Problem]:
    """Two outputs may not be one file, on any disk: case and Unicode form do not tell files apart everywhere."""
    first: dict[str, Output] = {}
    for output in planned:
        known = first.setdefault(unicodedata.normalize("NFC", output.path).casefold(), output)
        if known is output:
            continue
        given, made = (output, known) if output.source else (known, output)  # the mend is with the file that somebody put there
        if made.source:
            what = f"would be one file with {made.source} on a disk that does not tell their names apart; rename one"
        else:
            what = f"would take the place of {made.path}, which roundup makes; rename it, or put it into templates/ in place of ours"
        yield Problem(Location(given.source or given.path), what)


def _figures_shown(site: Site, issue: Issue) -> Iterator[tuple[str, Location]]:
    """Yield the path of every figure that the issue's page shows, as it is written, and where."""
    for pick in issue.picks:
        if pick.cover:
            yield unquote(pick.cover), pick.at("cover")
        if pick.link and pick.link.image:
            yield unquote(pick.link.image), pick.at("image")
    for block in issue.blocks():
        if not re.search(r"!\[|image|figures/", block.prose.text):
            continue  # no need to parse it for this
        document = site.document(block.prose)
        for found in document.figures:
            yield found.value, block.prose.at(found.line)
        for found in document.links:
            if found.value.startswith("figures/"):
                yield unquote(found.value), block.prose.at(found.line)


def missing_figures(site: Site, issue: Issue) -> Iterator[Problem]:
    """A figure is a file in the issue's figures/: pages ask no one else for anything, and no path leads out."""
    known = {figure.name: figure for figure in issue.figures}
    for name, where in _figures_shown(site, issue):
        if name in known:
            if known[name].fault:
                yield figure_fault(issue, known[name])
            continue
        if not name or name in issue.unread.figures or issue.unread.all_figures:
            continue
        if not is_local(name) or name.startswith("//"):
            what = f'figure "{name}" is an address; save the file in {issue.folder}/figures/ and name it figures/..., so that no page asks elsewhere'
        elif f"figures/{name}" in known:
            what = f'figure "{name}" lies outside the issue; did you mean "figures/{name}"?'
        elif ".." in unquote(name).split("/") or not name.startswith("figures/"):
            what = f'figure "{name}" lies outside the issue; put the file into {issue.folder}/figures/ and name it figures/...'
        else:
            hint = nearest(name, [n for n, figure in known.items() if not figure.fault]) or f"; put the file into {issue.folder}/figures/"
            what = f'figure "{name}" is missing{hint}'
        yield Problem(where, what)


def figure_fault(issue: Issue, figure: Figure) -> Problem:
    """Return what is wrong with a file among the figures, at its place."""
    return Problem(Location(f"{issue.folder}/{figure.name}"), figure.fault)
