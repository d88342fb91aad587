"""A record of a paper <-> YAML. The program owns these files: it writes them whole, in one key order, a fact a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roundup.errors import Problem
from roundup.nodes import Mapping, Scalar
from roundup.paper import ArxivId, Author, Fetch, Links, Moment, Paper, Sighting, Withdrawal, dump_moment, parse_arxiv_id
from roundup.records.fields import Fields
from roundup.text.visible import one_line
from roundup.yamltext import dump_folded, dump_scalar, parse

KEYS = (
    "id", "version", "title", "authors", "abstract", "categories", "submitted", "updated", "comment", "journal_ref",
    "doi", "license", "links", "withdrawn", "seen", "fetched",
)  # fmt: skip
_CATEGORY = re.compile(r"[a-z]+(-[a-z]+)*(\.[A-Za-z]+(-[A-Za-z]+)*)?")
_NO_LINKS = Links()
ANNOUNCE_TYPES = ("new", "cross", "replace", "replace-cross")


def parse_paper(text: str, path: str, problems: list[Problem]) -> Paper | None:
    """Return the paper that a record holds, or None with every fault noted."""
    before = len(problems)
    mapping = parse(text, path, problems)
    if mapping is None:
        return None
    fields = Fields(mapping, path, problems, KEYS)
    complete = fields.need("id", "title", "authors", "categories")
    paper_id = _id(fields)
    authors = tuple(_authors(fields, "authors"))
    categories = _categories(fields)
    paper = Paper(
        paper_id or ArxivId(""),
        fields.text("title"),
        authors,
        categories,
        fields.text("abstract"),
        fields.moment("submitted"),
        fields.moment("updated"),
        fields.text("comment"),
        fields.text("journal_ref"),
        fields.text("doi"),
        fields.text("license"),
        _links(fields),
        _withdrawn(fields),
        _seen(fields),
        _fetched(fields),
        fields.where("id"),
    )
    return paper if complete and len(problems) == before else None


def _id(fields: Fields) -> ArxivId | None:
    text = fields.text("id")
    if not text:
        return None
    try:
        given = parse_arxiv_id(text)
    except ValueError as error:
        fields.note(fields.where("id").line, str(error))
        return None
    if given.version is not None:
        fields.note(fields.where("id").line, f'id "{text}" holds a version; write "version: {given.version}" on a line of its own')
    version = fields.number("version")
    if version == 0:
        fields.note(fields.where("version").line, 'version "0" is no whole number from 1 on')
    return ArxivId(given.base, version or None)


def _authors(fields: Fields, key: str) -> Iterator[Author]:
    for node in fields.nodes(key):
        if isinstance(node, Scalar):
            if fields.fits(node, key, "an item of ") and (name := one_line(node.text)):
                yield Author(name)
        elif isinstance(node, Mapping):
            inner = Fields(node, fields.path, fields.problems, ("name", "affiliations"))
            if inner.need("name"):
                yield Author(inner.text("name"), inner.texts("affiliations"))
        else:
            fields.note(node.line, 'an item of "authors" is a list; write a name, or keys: name, affiliations')


def _categories(fields: Fields) -> tuple[str, ...]:
    good = []
    for name, line in fields.items("categories"):
        if _CATEGORY.fullmatch(name):
            good.append(name)
        else:
            fields.note(line, f'"{name}" is no arXiv category; write it as cs.LG or hep-th')
    return tuple(good)


def _links(fields: Fields) -> Links:
    inner = fields.fields("links", ("pdf", "html", "code"))
    if inner is None:
        return _NO_LINKS
    code = tuple(url for url, line in inner.items("code") if inner.is_web("code", url, line))
    return Links(inner.url("pdf"), inner.url("html"), code)


def _withdrawn(fields: Fields) -> Withdrawal | None:
    inner = fields.fields("withdrawn", ("reason", "since"))
    if inner is None:
        return None
    withdrawal = Withdrawal(inner.text("reason"), inner.moment("since"))
    return withdrawal if inner.need("reason") else None


def _seen(fields: Fields) -> tuple[Sighting, ...]:
    known = ("source", "announced", "type", "upvotes", "comments")
    found = []
    for inner in fields.each("seen", known):
        kind = inner.choice("type", ANNOUNCE_TYPES, "new") if inner.text("type") else ""
        found.append(Sighting(inner.text("source"), inner.date("announced"), kind, inner.number("upvotes"), inner.number("comments")))
        inner.need("source")
    return tuple(found)


def _fetched(fields: Fields) -> Fetch | None:
    inner = fields.fields("fetched", ("when", "from"))
    if inner is None:
        return None
    when = inner.moment("when")
    return Fetch(when, inner.text("from")) if inner.need("when", "from") and when else None


def dump_paper(paper: Paper) -> str:
    """Return the record as YAML: ``parse_paper(dump_paper(x)) == x``, and a changed fact changes its own lines only."""
    return "".join(f"{row}\n" for row in _rows(paper))


def _rows(paper: Paper) -> Iterator[str]:
    yield f'id: "{paper.id.base}"'  # quoted: to other programs' readers it would be a number
    if paper.id.version is not None:
        yield f"version: {paper.id.version}"
    yield f"title: {dump_scalar(paper.title)}"
    yield "authors:"
    for author in paper.authors:
        yield from _author_rows(author)
    if paper.abstract:
        yield f"abstract: {dump_folded(paper.abstract, '  ')}"
    yield from _list("categories", paper.categories)
    yield from _moment("submitted", paper.submitted)
    yield from _moment("updated", paper.updated)
    for key in ("comment", "journal_ref", "doi", "license"):
        if value := getattr(paper, key):
            yield f"{key}: {dump_scalar(value)}"
    yield from _indented("links", _link_rows(paper.links))
    if paper.withdrawn:
        reason = f"reason: {dump_scalar(paper.withdrawn.reason)}"
        yield from _indented("withdrawn", [reason, *_moment("since", paper.withdrawn.since)])
    if paper.seen:
        yield "seen:"
        for sighting in paper.seen:
            first, *rest = _sighting_rows(sighting)
            yield from [f"- {first}", *(f"  {row}" for row in rest)]
    if paper.fetched:
        yield from _indented("fetched", [f"when: {dump_moment(paper.fetched.when)}", f"from: {dump_scalar(paper.fetched.source)}"])


def _author_rows(author: Author) -> Iterator[str]:
    if not author.affiliations:
        yield f"- {dump_scalar(author.name)}"
        return
    yield f"- name: {dump_scalar(author.name)}"
    yield "  affiliations:"
    yield from (f"  - {dump_scalar(place)}" for place in author.affiliations)


def _link_rows(links: Links) -> Iterator[str]:
    if links.pdf:
        yield f"pdf: {dump_scalar(links.pdf)}"
    if links.html:
        yield f"html: {dump_scalar(links.html)}"
    yield from _list("code", links.code)


def _sighting_rows(sighting: Sighting) -> Iterator[str]:
    yield f"source: {dump_scalar(sighting.source)}"
    yield from _moment("announced", sighting.announced)
    if sighting.type:
        yield f"type: {sighting.type}"
    if sighting.upvotes is not None:
        yield f"upvotes: {sighting.upvotes}"
    if sighting.comments is not None:
        yield f"comments: {sighting.comments}"


def _moment(key: str, moment: Moment | None) -> Iterator[str]:
    if moment is not None:
        yield f"{key}: {dump_moment(moment)}"


def _list(key: str, values: tuple[str, ...]) -> Iterator[str]:
    if values:
        yield f"{key}:"
        yield from (f"- {dump_scalar(value)}" for value in values)


def _indented(key: str, rows: Iterator[str] | list[str]) -> Iterator[str]:
    inside = [f"  {row}" for row in rows]
    if inside:
        yield from [f"{key}:", *inside]
