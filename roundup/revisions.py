"""A record as it was and a paper as it was fetched again -> the record as it should be, and what has changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from roundup.paper import FROM_API, FROM_OAI, Author, Links, Paper, Sighting, day


def merged(old: Paper, new: Paper) -> Paper:
    """Return what is known of a paper: the newer version's words, and of each source what it alone tells.

    A record is never poorer for being fetched again: the query API tells no licence and the feeds no comment. Where
    nothing but the day of fetching would change, the old record is given back, and its file stays as it is.
    """
    stale = (new.id.version or 0) < (old.id.version or 0)
    less, more = (new, old) if stale or (new.id == old.id and _fullness(new) < _fullness(old)) else (old, new)
    same = less if None in {more.id.version, less.id.version} or more.id.version == less.id.version else more  # may tell of the same version
    whole = replace(
        more,
        id=more.id if more.id.version else less.id,
        authors=_authors(less, more),
        categories=_categories(less, more),
        abstract=more.abstract or less.abstract,
        submitted=more.submitted or less.submitted,
        updated=more.updated or same.updated,
        comment=more.comment or same.comment,
        journal_ref=more.journal_ref or less.journal_ref,
        doi=more.doi or less.doi,
        license=more.license or less.license,
        links=_links(old, new, more, same),
        withdrawn=more.withdrawn or same.withdrawn,
        seen=_sightings([*old.seen, *new.seen]),
        where=old.where,
    )
    return old if replace(whole, fetched=old.fetched) == old else whole


def _fullness(paper: Paper) -> int:
    """Return how well a source tells the words of a paper: OAI-PMH gives its authors as one string, a feed no comment."""
    source = paper.fetched.source if paper.fetched else ""
    return {FROM_API: 2, FROM_OAI: 1}.get(source, 0)


def _authors(less: Paper, more: Paper) -> tuple[Author, ...]:
    same = [author.name for author in less.authors] == [author.name for author in more.authors]
    return less.authors if same and not any(author.affiliations for author in more.authors) else more.authors


def _categories(less: Paper, more: Paper) -> tuple[str, ...]:
    """Return those of the fuller paper; but a feed does not say which is the primary one, so of the same ones the order stays."""
    return less.categories if set(less.categories) == set(more.categories) and more.submitted is None else more.categories


def _links(old: Paper, new: Paper, more: Paper, same: Paper) -> Links:
    kept = Links() if more.withdrawn else same.links  # an address leads to a version
    return Links(more.links.pdf or kept.pdf, more.links.html or kept.html, tuple(dict.fromkeys(old.links.code + new.links.code)))


def _sightings(seen: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """Return each place, day and type once, with what was counted there last, in the order in which they were first seen."""
    found: dict[tuple[object, ...], Sighting] = {}
    for one in seen:
        key = one.source, one.announced, one.type
        before = found.get(key, one)
        upvotes = before.upvotes if one.upvotes is None else one.upvotes
        found[key] = replace(one, upvotes=upvotes, comments=before.comments if one.comments is None else one.comments)
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
