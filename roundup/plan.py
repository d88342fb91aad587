"""An archive -> every output of its site, each with a fingerprint of all that it is made from. Pure.

The plan is the hinge: the build walks it, checks look at it, a later preview and publisher do.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from roundup.errors import Location, Problem, nearest
from roundup.issue import Figure, Issue
from roundup.site import Site, feed_issues, fingerprint, places
from roundup.text.links import is_local

FONTS = "assets/fonts/"


@dataclass(frozen=True, slots=True)
class Output:
    """One file of the site: its path from the site's top, what draws it, and the fingerprint of all its inputs."""

    path: str
    kind: str  # a name that ``pages`` knows, or "copy"
    made_from: str
    issue: Issue | None = None
    source: str = ""  # of a copy: the file in the digest


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
