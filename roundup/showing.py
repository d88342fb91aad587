"""Which figures an issue's pages show, and what stands against showing them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from roundup.errors import Location, Problem, nearest
from roundup.issue import Figure, Issue
from roundup.text import dialect
from roundup.text.links import is_local


def figures_shown(issue: Issue) -> Iterator[tuple[str, Location]]:
    """Yield the path of every figure that the issue's page shows, as it is written, and where."""
    for pick in issue.picks:
        if pick.cover:
            yield unquote(pick.cover), pick.at("cover")
        if pick.link and pick.link.image:
            yield unquote(pick.link.image), pick.at("image")
    for block in issue.blocks():
        if not re.search(r"!\[|image|figures/", block.prose.text):
            continue  # no need to parse it for this
        document = dialect.parse(block.prose.text)
        for found in document.figures:
            yield found.value, block.prose.at(found.line)
        for found in document.links:
            if found.value.startswith("figures/"):
                yield unquote(found.value), block.prose.at(found.line)


def missing_figures(issue: Issue) -> Iterator[Problem]:
    """A figure is a file in the issue's figures/: pages ask no one else for anything, and no path leads out."""
    known = {figure.name: figure for figure in issue.figures}
    for name, where in figures_shown(issue):
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
