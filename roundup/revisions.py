"""A record as it was and a paper as it was fetched again -> the record as it should be, and what has changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from roundup.paper import Author, Links, Paper, Sighting, day


def merged(old: Paper, new: Paper) -> Paper:
    """Return what is known of a paper: the newer version's words, and of each source what it alone tells.

    A record is never poorer for being fetched again: the query API tells no licence and the feeds no comment. Where
    nothing but the day of fetching would change, the old record is given back, and its file stays as it is.
    """
    if (new.id.version or 0) < (old.id.version or 0):
        old, new = replace(new, fetched=old.fetched), old  # a stale index; the sightings count all the same
    whole = replace(
        new,
        id=new.id if new.id.version else old.id,
        authors=_authors(old, new),
        categories=_categories(old, new),
        abstract=new.abstract or old.abstract,
        submitted=new.submitted or old.submitted,
        updated=new.updated or _if_same(old, new).updated,
        comment=new.comment or _if_same(old, new).comment,
        journal_ref=new.journal_ref or old.journal_ref,
        doi=new.doi or old.doi,
        license=new.license or old.license,
        links=_links(old, new),
        withdrawn=new.withdrawn or _if_same(old, new).withdrawn,
        seen=_sightings([*old.seen, *new.seen]),
        where=old.where,
    )
    return replace(whole, fetched=old.fetched) if replace(whole, fetched=old.fetched) == old else whole


def _if_same(old: Paper, new: Paper) -> Paper:
    """Return the old paper where the new one may be the same version, told by a source that tells less; else the new one."""
    return old if new.id.version in {None, old.id.version} else new


def _authors(old: Paper, new: Paper) -> tuple[Author, ...]:
    same = [author.name for author in old.authors] == [author.name for author in new.authors]
    return old.authors if same and not any(author.affiliations for author in new.authors) else new.authors


def _categories(old: Paper, new: Paper) -> tuple[str, ...]:
    """Return the new ones; but a feed does not say which is the primary one, so of the same ones the old order stays."""
    return old.categories if set(old.categories) == set(new.categories) and new.submitted is None else new.categories


def _links(old: Paper, new: Paper) -> Links:
    pdf = new.links.pdf or ("" if new.withdrawn else old.links.pdf)
    return Links(pdf, new.links.html or old.links.html, tuple(dict.fromkeys(old.links.code + new.links.code)))


def _sightings(seen: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """Return each place, day and type once, with what was counted there last, in the order in which they were first seen."""
    found: dict[tuple[object, ...], Sighting] = {}
    for one in seen:
        found[one.source, one.announced, one.type] = one
    return tuple(found.values())


def changes(old: Paper, new: Paper) -> Iterator[str]:
    """Yield what an editor wants to know of a paper that was fetched again, a line each."""
    if new.id.version != old.id.version and new.id.version:
        when = f", {day(new.updated)}" if new.updated else ""
        yield f"version {new.id.version}{when}" + (f" (was {old.id.version})" if old.id.version else "")
    if new.title != old.title:
        yield f'retitled: "{new.title}" (was "{old.title}")'
    if new.withdrawn and not old.withdrawn:
        yield f"withdrawn: {new.withdrawn.reason}"
    if old.withdrawn and not new.withdrawn:
        yield "no longer withdrawn"
    if [a.name for a in new.authors] != [a.name for a in old.authors]:
        yield f"authors: {', '.join(a.name for a in new.authors[:5])}{' …' if len(new.authors) > 5 else ''}"
    for what, before, now in (("venue", old.journal_ref, new.journal_ref), ("DOI", old.doi, new.doi), ("licence", old.license, new.license)):
        if now != before:
            yield f"{what}: {now}"
    if new.comment != old.comment and new.comment and not new.withdrawn:
        yield f"comment: {new.comment}"
    for url in new.links.code:
        if url not in old.links.code:
            yield f"code: {url}"
