"""Pages that were published under a name that has changed since, and where each leads now. Pure.

An author's and a topic's page is named by its spelling, and spellings are mended. What stood where is known from the paths of the
site as it was last built; what moved is kept for good in permalinks.yaml.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from difflib import SequenceMatcher, get_close_matches
from typing import TYPE_CHECKING

from msgspec import Struct, field

from roundup.config import AUTHORS, TOPICS, Config

if TYPE_CHECKING:
    from roundup.catalogue import Catalogue

KINDS = (AUTHORS, TOPICS)
PAGE = re.compile(r"(authors|topics)/[a-z0-9-]+(/[a-z0-9-]+)?\.html")  # a path that can have moved, or be moved to


class Permalinks(Struct, frozen=True):
    """What has to stay: the address that feeds were first published under, for their ids, and old paths with what they lead to."""

    address: str = ""
    moved: Mapping[str, str] = field(default_factory=dict)


class Trail(Struct, frozen=True):
    """Where a site has what: the slugs of the authors and topics of each paper, in their order, and further pages about these.

    A pick about something else stands among the papers by its issue and its name there, which an ID is never like.
    """

    address: str = ""
    papers: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    parts: frozenset[str] = frozenset()  # paths of pages for a year or a letter
    moved: Mapping[str, str] = field(default_factory=dict)


def trail_of(catalogue: Catalogue, address: str, parts: Iterable[str], moved: Mapping[str, str]) -> Trail:
    """Return the trail of a site's catalogue."""
    columns, heads = catalogue.columns, catalogue.archive.heads
    people, subjects = list(columns.people.slugs), list(columns.subjects.slugs)
    papers = {}
    for place, (name, is_paper) in enumerate(zip(columns.names, columns.is_paper, strict=True)):
        if not (is_paper or columns.authors[place] or columns.topics[place]):
            continue
        called = name if is_paper else f"{heads[columns.standings[place][0]].key}#{name}"
        papers[called] = {AUTHORS: tuple(people[one] for one in columns.authors[place]), TOPICS: tuple(subjects[one] for one in columns.topics[place])}
    return Trail(address, papers, frozenset(parts), moved)


def dump_trail(trail: Trail) -> str:
    """Return the trail as JSON, for the next build."""
    whole = {"address": trail.address, "papers": dict(sorted(trail.papers.items())), "parts": sorted(trail.parts), "moved": dict(sorted(trail.moved.items()))}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).replace('},"', '},\n"') + "\n"


def parse_trail(text: str) -> Trail:
    """Return a trail as an earlier build wrote it; an empty one of anything else, for nothing but redirects is lost then."""
    try:
        whole = json.loads(text)
        papers = {str(name): {kind: tuple(map(str, where[kind])) for kind in KINDS} for name, where in whole["papers"].items()}
        moved = {str(old): str(new) for old, new in whole["moved"].items()}
        return Trail(str(whole["address"]), papers, frozenset(map(str, whole["parts"])), moved)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Trail()


def kept(permalinks: Permalinks, before: Trail, now: Trail, config: Config) -> Permalinks:
    """Return what has to stay after a build: what stayed so far, and what has moved since the last one.

    A trail may come from afar, as that of a published site does: what is no path that can have moved is left out.
    """
    pages = {f"{kind}/{slug}.html" for where in now.papers.values() for kind in KINDS for slug in where[kind]} | now.parts
    found = {**before.moved, **permalinks.moved, **dict(_moves(before, now, pages))}
    address = permalinks.address or before.address
    moved = {old: found[old] for old in sorted(found) if old not in pages and PAGE.fullmatch(old) and PAGE.fullmatch(found[old])}
    return Permalinks("" if address == config.url else address, moved)


def end_of(old: str, moved: Mapping[str, str], pages: Container[str]) -> str:
    """Return the page that an old path leads to in the end: over what moved twice; to the list of its kind where that is away.

    Steps are kept as they were made, and the end is looked for anew each time: what is away for one build may be back in the next.
    """
    seen, path = {old}, old
    while (path := moved.get(path, "")) not in pages and path not in seen:
        seen.add(path)
    return path if path in pages else f"{old.partition('/')[0]}/index.html"


def _moves(before: Trail, now: Trail, pages: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the path of each page that is gone while its papers are still there, and where it has gone."""
    for kind in KINDS:
        were, are = _papers_of(before, kind), _papers_of(now, kind)
        slugs = {}
        for old, papers in were.items():
            still = [name for name in papers if name in now.papers]
            if old in are or not still:
                continue
            slugs[old] = new = _successor(old, kind, still, before, now) or (_nearest(set(still), are) if kind == TOPICS else "")
            yield f"{kind}/{old}.html", f"{kind}/{new}.html" if new else f"{kind}/index.html"
        for path in sorted(before.parts - pages):
            if path.startswith(f"{kind}/"):
                old = path.split("/")[1]
                listing = f"{kind}/{slugs.get(old) or old}.html"
                same_year = path.replace(f"{kind}/{old}/", f"{kind}/{slugs[old]}/") if slugs.get(old) else ""
                yield path, next((one for one in (same_year, listing) if one in pages), f"{kind}/index.html")


def _papers_of(trail: Trail, kind: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, where in sorted(trail.papers.items()):
        for slug in dict.fromkeys(where[kind]):
            found.setdefault(slug, []).append(name)
    return found


def _successor(old: str, kind: str, papers: list[str], before: Trail, now: Trail) -> str:
    """Return the slug that has come up on most of these papers in the place of the old one."""
    votes: Counter[str] = Counter()
    for name in papers:
        was, new = before.papers[name][kind], now.papers[name][kind]
        fresh = [slug for slug in new if slug not in was and (kind == TOPICS or _alike(old, slug))]
        place = was.index(old)
        if len(was) == len(new) and new[place] in fresh:
            votes[new[place]] += 1
        elif fresh:
            votes[fresh[0] if len(fresh) == 1 else (get_close_matches(old, fresh, 1, 0.0) or fresh)[0]] += 1
    return min(votes, key=lambda slug: (-votes[slug], slug), default="")


def _alike(one: str, other: str) -> bool:
    """Tell whether two slugs may be one person's: a part of the name is the same, or nearly all letters are."""
    parts = {part for part in one.split("-") if len(part) > 1} & set(other.split("-"))
    return bool(parts) or SequenceMatcher(None, one, other).ratio() > 0.75


def _nearest(papers: set[str], are: Mapping[str, list[str]]) -> str:
    """Return the topic that has these papers now, and few others; of a tag that was merged into one that they had already."""
    shares = {slug: len(papers & set(names)) / len(papers | set(names)) for slug, names in are.items()}
    best = min(shares, key=lambda slug: (-shares[slug], slug), default="")
    return best if shares.get(best, 0) >= 0.5 else ""
