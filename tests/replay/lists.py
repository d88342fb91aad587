"""arXiv's own lists of new papers, ``/list/CAT/new``, by which people read the day: a head with counts, and as many papers as are asked for.

Written after the facts of https://github.com/arXiv/arxiv-browse (browse/templates/list); the looks and the papers' details are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from . import listings, taxonomy
from .answer import Answer, Arguments, escaped, first
from .listings import Item
from .store import Store

_MOST = 2_000
_TITLES = {"new": "New submissions", "cross": "Cross submissions", "replace": "Replacement submissions"}


def answer(store: Store, path: str, arguments: Arguments, day: date | None) -> Answer:
    """Answer for what stands behind ``/list/``: ``cs.CL/new``."""
    name, _, period = path.partition("/")
    category = taxonomy.canonical(name)
    if category is None or period != "new":
        return Answer(b"<!DOCTYPE html><html><body><h1>Bad request</h1></body></html>", "text/html; charset=utf-8", 400)
    day = day or max(store.by_day, default=date.min)
    shown = first(arguments, "show")
    return page(category, day, listings.announced(store.by_day.get(day, ()), [category]), int(shown) if shown and shown.isdigit() else _MOST)


def page(category: str, day: date, items: Sequence[Item], show: int) -> Answer:
    """Return the list of a day, of which the first so many are shown; every head counts all of its kind."""
    kinds = {kind: [item for item in items if item.kind.removesuffix("-cross") == kind] for kind in _TITLES}
    left, parts = show, []
    for kind, own in kinds.items():
        if seen := own[:left]:
            showing = "" if len(seen) == len(own) else "first "
            parts.append(f"<dl id='articles'>\n<h3>{_TITLES[kind]} (showing {showing}{len(seen)} of {len(own)} entries)</h3>\n{''.join(map(_entry, seen))}</dl>")
        left -= len(seen)
    heads = {"new": "New submissions", "cross": "Cross-lists", "replace": "Replacements"}
    index = "".join(f'<li><a href="#item0" rel="nofollow">{heads[kind]}</a></li>\n' for kind, own in kinds.items() if own)
    total = f"<div class='paging'>Total of {len(items)} entries</div>" if items else ""
    body = f"""<!DOCTYPE html>
<html lang="en"><head><title>{category} updates</title></head><body>
<div id='content-inner'><div id='dlpage'>
<h1>{category}</h1>
<ul>
{index}</ul>
<p>See <a href="/list/{category}/recent">recent</a> articles</p>
<h3>Showing new listings for {day:%A}, {day.day} {day:%B %Y}</h3>
{total}
{"".join(parts) or "<p>No updates today.</p>"}
</div></div>
</body></html>
"""
    return Answer(body.encode(), "text/html; charset=utf-8")


def _entry(item: Item) -> str:
    return f'<dt><a href="/abs/{item.paper.id}" title="Abstract">arXiv:{item.paper.id}</a></dt>\n<dd><div class="list-title">{escaped(item.paper.title)}</div></dd>\n'
