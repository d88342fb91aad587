"""A paper -> what its page shows, and what lists show of it; templates decide how it looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from markupsafe import Markup
from msgspec import Struct

from roundup.catalogue import Coverage, Standing
from roundup.citation import bibtex, citation_tags, csl, doi, ris
from roundup.config import Editor
from roundup.issue import Block
from roundup.pages.frame import article, frame, in_lines
from roundup.pages.theme import Drawing, draw
from roundup.pages.views import NAMES_FIRST, Anchor, IssueView, Names, Page, dates, head, names, paper_links, signed
from roundup.paper import Paper, day
from roundup.site import LISTED, Site, link_between, paper_path, relative
from roundup.text import web
from roundup.text.drawn import plain


class Row(Struct, frozen=True):
    """A paper, or something else that was picked, in a list."""

    name: str
    title: str
    href: str
    authors: Names
    date: str
    submitted: str  # the same for machines, empty where unknown
    category: str
    abstract: Markup  # empty, where it is not wanted
    tldr: str
    withdrawn: bool
    places: tuple[Anchor, ...]  # in the issues, newest first


class Remarks(Struct, frozen=True):
    """What one issue says of a paper, with a link to where it says so."""

    issue: IssueView
    place: Anchor
    title: str  # in place of the paper's own, where the page does not say it
    older: int | None  # the version that was read, where a newer one is known
    tldr: str
    rating: str
    cover: Markup
    body: Markup
    tags: tuple[Anchor, ...]
    signed: tuple[Editor, ...]


def paper_view(coverage: Coverage, site: Site, drawing: Drawing) -> dict[str, Any]:
    """Return what the template of a paper's page knows, by name."""
    paper, start = coverage.paper, paper_path(coverage)
    if paper is None:
        raise ValueError(f"{coverage.name} is no paper, and has no page")
    catalogue, language, newest = site.catalogue, site.language, coverage.standings[0]
    return {
        **frame(site, start, plain(coverage.title) or coverage.title, newest.pick.tldr, data=article(coverage, site), public=coverage.is_out),
        "paper": paper,
        "title": web.words(coverage.title) or coverage.title,
        "authors": names(coverage.authors, web, site, coverage, start),
        "date": dates(paper, language),
        "updated": language.short_day(day(paper.updated)) if paper.updated else "",
        "abstract": web.text(paper.abstract),
        "comment": web.text(paper.comment),
        "journal": web.text(paper.journal_ref),
        "doi": doi(paper),
        "withdrawn": web.text(paper.withdrawn.reason) if paper.withdrawn else Markup(""),
        "links": tuple(paper_links(paper, language, repositories=None)),
        "votes": paper.votes,
        "citation_tags": citation_tags(paper),
        "citations": (("BibTeX", bibtex(paper).rstrip()), ("RIS", ris(paper).replace("\r\n", "\n").rstrip()), ("CSL-JSON", _csl(paper))),
        "topics": tuple(Anchor(relative(start, topic.path), topic.name) for topic in catalogue.topics_of(coverage)),
        "remarks": tuple(_remarks(coverage, site, start)),
        "also": rows(site.also_by(coverage), site, drawing, start, 3, in_short=True),
        "related": rows(site.catalogue.near(coverage), site, drawing, start, 3, in_short=True),
    }


def _remarks(coverage: Coverage, site: Site, start: str) -> Iterator[Remarks]:
    newest = coverage.paper.id.version if coverage.paper else None
    for standing in coverage.standings:
        pick, issue = standing.pick, standing.issue
        page = Page(issue, site, web, start)
        read = pick.paper.id.version if pick.paper else None
        yield Remarks(
            head(issue.head, site, start),
            _place(standing, site, start),
            pick.title if pick.title != coverage.title else "",
            read if read and newest and read < newest else None,
            pick.tldr,
            pick.rating,
            page.cover(pick),
            page.drawn(Block(pick.commentary, pick.name, pick), 2),
            tuple(page.topic(tag, coverage) for tag in pick.tags),
            signed(pick, issue, site.config),
        )


def _csl(paper: Paper) -> str:
    return in_lines([csl(paper)])


COLLABORATION = 50  # a paper of more authors is nobody's alone


def rows(coverages: Iterable[Coverage], site: Site, drawing: Drawing, start: str, level: int, *, in_short: bool = False) -> tuple[Markup, ...]:
    """Return papers, and what else was picked, as a list on the page ``start`` shows them, which is no issue's.

    ``level`` is that of their headings; ``in_short`` there is no abstract.
    """
    return tuple(drawing.rows(_row, coverage, site, drawing, relative(start, ""), level, in_short) for coverage in coverages)


def keep_rows(coverage: Coverage, site: Site, drawing: Drawing) -> None:
    """Draw a paper for all lists that will show it: beside other papers, on the pages of its authors and topics, and of their years."""
    catalogue = site.catalogue
    drawing.rows(_row, coverage, site, drawing, "../", 3, True)
    drawing.rows(_row, coverage, site, drawing, "../", 2, False)
    if any(len(one.places) > LISTED for one in (*catalogue.authors_of(coverage), *catalogue.topics_of(coverage))):
        drawing.rows(_row, coverage, site, drawing, "../../", 2, False)


def _row(coverage: Coverage, site: Site, drawing: Drawing, start: str, level: int, in_short: bool) -> Markup:
    show = {"row": _row_view(coverage, site, start, in_short=in_short), "level": level}
    return Markup(draw(drawing, "row.html", f"the row of {coverage.name}", show))  # noqa: S704 - drawn by our templates


def _row_view(coverage: Coverage, site: Site, start: str, *, in_short: bool) -> Row:
    paper = coverage.paper
    date, submitted = dates(paper, site.language)
    newest = coverage.standings[0]
    return Row(
        coverage.name,
        web.words(coverage.title) or coverage.title,
        relative(start, paper_path(coverage)) if paper else link_between(site, newest, start),
        _names_in_list(coverage, site, start),
        date,
        submitted,
        paper.primary_category if paper else "",
        web.text(paper.abstract) if paper and not in_short else Markup(""),
        newest.pick.tldr,
        bool(paper and paper.withdrawn),
        tuple(_place(standing, site, start) for standing in coverage.standings),
    )


def _names_in_list(coverage: Coverage, site: Site, start: str) -> Names:
    """Return the authors; of a collaboration the first and the last, for a page of each member would list all the others."""
    authors = coverage.authors
    if len(authors) <= COLLABORATION:
        return names(authors, web, site, coverage, start)
    first, last = (names(some, web, site, coverage, start).first for some in (authors[:NAMES_FIRST], authors[-1:]))
    more = f"… {site.language.more.of(len(authors) - NAMES_FIRST - 1)} …"
    return Names((*first, Anchor(relative(start, paper_path(coverage)), more), *last))


def _place(standing: Standing, site: Site, start: str) -> Anchor:
    return Anchor(link_between(site, standing, start), site.language.place.format(number=standing.number, issue=standing.head.key))

