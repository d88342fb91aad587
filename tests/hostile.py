"""What the tests with hostile inputs share: issues made of hostile texts, and pages read back as browsers read them."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
from cmarkgfm.cmark import Options, markdown_to_html_with_extensions
from msgspec.structs import replace
from selectolax.lexbor import LexborHTMLParser

from conftest import MINIMAL, Result
from roundup.archive import Archive
from roundup.catalogue import Catalogue, Coverage, Listing
from roundup.config import AUTHORS, TOPICS, Config, Editor, Mail
from roundup.errors import Location, Problem
from roundup.issue import Figure, Issue, IssueKey, Link, Pick, Prose, Section
from roundup.outputs import Output
from roundup.pages import render
from roundup.pages.theme import Drawing, drawing
from roundup.paper import ArxivId, Author, Links, Paper, Withdrawal
from roundup.site import Site, Theme
from roundup.store.reading import built_in_templates
from roundup.text import dialect, formula, twin, web
from roundup.text import drawn as arxiv
from roundup.text.links import is_web
from roundup.text.setting import Setting
from roundup.text.visible import one_line
from roundup.yamltext import dump_scalar

Case = dict[str, Any]
Digest = Callable[..., Path]
Run = Callable[..., Result]
Files = dict[str, str | bytes | None]
Reader = Callable[[str, list[Problem]], object]

ISSUE = "issues/2024-1"
DAY = dt.date(2024, 2, 1)
KEY = IssueKey(2024, 1)
SOAK = bool(os.environ.get("ROUNDUP_SOAK"))
RECORD = MINIMAL[f"{ISSUE}/papers/2401.00001.yaml"]
MATHML = "{http://www.w3.org/1998/Math/MathML}"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x02\x08\2\0\0\0\xfd\xd4\x9as"


def page(text: str) -> ET.Element:
    """Return what a browser makes of a page."""
    return html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)


def as_html_of_github(markdown: str) -> str:
    """Return what GitHub's own parser makes of Markdown, with nothing filtered out."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    return markdown_to_html_with_extensions(markdown, options, ["table", "strikethrough"])


def as_github_shows(markdown: str) -> ET.Element:
    return page(as_html_of_github(markdown))


def elements(root: ET.Element) -> Iterator[ET.Element]:
    return (element for element in root.iter() if isinstance(element.tag, str))


def words(element: ET.Element) -> str:
    return "".join(element.itertext())


def hrefs(root: ET.Element) -> list[str]:
    return [element.attrib["href"] for element in elements(root) if "href" in element.attrib]


def scheme(href: str) -> str:
    """Return the scheme that a browser would follow: it drops what it does not see, and reads ``//`` as an address."""
    seen = re.sub("[\t\n\r]", "", href).lstrip("".join(map(chr, range(33))))
    if re.match(r"[/\\]{2}", seen):
        return "//"
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", seen)
    return match[1].lower() if match else ""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail when the body takes more CPU time than that; stop it where it would go on for ever."""

    def stop(*_: object) -> None:
        raise AssertionError(f"still at work after {10 * seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 10 * seconds)
    began = time.process_time()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.process_time() - began < seconds


def unspoilt(result: Result) -> None:
    """No command ends in a traceback, or sends the terminal anything but text."""
    assert "Traceback" not in result.err
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", result.err + result.out)


Seen = list[tuple[str, dict[str, str]]]  # every element, as its name and its attributes; a comment is called so


def by_html5lib(html: str) -> Seen:
    """Return the elements that html5lib finds: the HTML standard, written out in Python."""
    return [(e.tag.removeprefix(MATHML), dict(e.attrib)) if isinstance(e.tag, str) else ("comment", {}) for e in page(html).iter()]


def by_lexbor(html: str) -> Seen:
    """Return the elements that lexbor finds: the HTML standard in C, no relative of the other."""
    root = LexborHTMLParser(html).root
    assert root
    return [(node.tag.removeprefix("-").removeprefix("_"), {name: value or "" for name, value in node.attributes.items()}) for node in root.traverse()]


def by_selector(html: str, selector: str) -> list[str]:
    """Return the words of the elements that a CSS selector finds, in order."""
    return [node.text() for node in _parsed(html).css(selector)]


@lru_cache(4)
def _parsed(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(html)


PARSERS: dict[str, Callable[[str], Seen]] = {"html5lib": by_html5lib, "lexbor": by_lexbor}


def read_back(markdown: str, edition: str) -> ET.Element:
    document = dialect.parse(markdown)
    return page(web.render(document, Setting())) if edition == "web" else as_github_shows(twin.render(document, Setting()))


def repeated_ids(root: ET.Element) -> list[str]:
    ids = [element.attrib["id"] for element in elements(root) if "id" in element.attrib]
    return repeated(ids)


def repeated(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


ACTIVE = {"script", "style", "iframe", "frame", "object", "embed", "applet", "form", "input", "button", "textarea", "select", "svg", "base", "link", "meta", "template"}

# What Markdown may make of any text, beside what the templates have.
MARKDOWN: dict[str, set[str]] = {
    "a": {"href", "class", "id", "role", "aria-label"}, "bdi": set(), "blockquote": set(), "br": set(), "code": {"class"},
    "div": {"class", "id", "role", "tabindex", "aria-label"}, "em": set(), "figcaption": set(), "figure": set(), "h4": {"id"}, "h5": {"id"}, "h6": {"id"},
    "hr": set(), "img": {"src", "alt", "width", "height", "loading"}, "li": set(), "ol": {"start"}, "p": {"class"}, "pre": set(), "s": set(), "span": {"class"},
    "strong": set(), "table": set(), "tbody": set(), "td": {"class"}, "th": {"scope", "class"}, "thead": set(), "tr": set(), "ul": set(),
}  # fmt: skip
# What GitHub makes of portable Markdown when none of it is HTML.
IN_TWIN: dict[str, set[str]] = {
    "html": set(), "head": set(), "body": set(), "a": {"href", "title", "class", "id", "aria-label", "data-footnote-ref", "data-footnote-backref", "data-footnote-backref-idx"},
    "blockquote": set(), "br": set(), "code": {"class"}, "del": set(), "em": set(), **{f"h{level}": set() for level in range(1, 7)}, "hr": set(),
    "img": {"src", "alt", "title"}, "li": {"id"}, "ol": {"start"}, "p": set(), "pre": {"lang"}, "section": {"class", "data-footnotes"}, "strong": set(),
    "sup": {"class"}, "table": set(), "tbody": set(), "td": {"align"}, "th": {"align"}, "thead": set(), "tr": set(), "ul": set(),
}  # fmt: skip
# What a mail and a feed may hold.
IN_MAIL: dict[str, set[str]] = {
    "html": set(), "head": set(), "body": set(), "a": {"href", "id", "title"}, "b": set(), "bdi": set(), "blockquote": set(), "br": set(), "code": set(), "div": {"class", "id"},
    "em": set(), **{f"h{level}": {"class"} for level in range(2, 7)}, "hr": set(), "i": set(), "img": {"src", "alt", "title", "width", "height"}, "li": set(),
    "ol": {"start"}, "p": {"class"}, "pre": set(), "s": set(), "strong": set(), "sub": set(), "sup": set(), "table": set(), "tbody": set(), "td": {"align"},
    "th": {"align"}, "thead": set(), "tr": set(), "ul": set(),
}  # fmt: skip
# What a newsletter's editor takes.
IN_PASTE: dict[str, set[str]] = {
    "a": {"href", "title"}, "blockquote": set(), "br": set(), "code": set(), "em": set(), "figcaption": set(), "figure": set(),
    **{f"h{level}": set() for level in range(2, 7)}, "hr": set(), "img": {"src", "alt", "title", "width", "height"}, "li": set(), "ol": {"start"}, "p": set(),
    "pre": set(), "s": set(), "strong": set(), "sup": set(), "ul": set(),
}  # fmt: skip
MATH = {name: set(formula.ATTRIBUTES) for name in formula.ELEMENTS}
TITLE: dict[str, set[str]] = {**MATH, "code": set(), "em": set(), "span": {"class"}, "strong": set(), "sup": set()}
ABSTRACT = {**TITLE, "html": set(), "head": set(), "body": set(), "p": set(), "a": {"href"}, "br": set(), "i": set(), "sub": set()}


def issue_of(hostile: Iterable[str]) -> Issue:
    """Return an issue that holds each of these texts in every place where a text can stand."""
    texts = [text for text in hostile if one_line(text)]
    sections = tuple(Section(one_line(text), Prose(text), (pick_of(text, number),)) for number, text in enumerate(texts))
    everything = one_line(" ".join(texts))
    figures = (Figure("figures/a.png", 2, 2), *(Figure(file_of(text), 2, 2) for text in texts))
    return Issue(
        KEY, everything, everything, DAY, ("ann",), Prose(everything), Prose(everything), sections, Prose(everything),
        where=Location("issues/2024-1/issue.yaml", 1), figures=figures,
    )  # fmt: skip


def file_of(text: str) -> str:
    """Return the path of a figure that is called so, as far as a file can be, and named without escapes."""
    name = re.sub(r"[/%\0]", "|", one_line(text)[:80])
    return f"figures/{name}.png"


def address_of(text: str) -> str:
    """Return an address with the text in it, where the readers of files would take it."""
    address = "https://example.org/?" + "".join(text.split())
    return address if is_web(address) else "https://example.org/"


# The places of a text in Markdown: on a line, in quotes, as a scalar of YAML, as it is. An ordinary run takes each text to one of them in turn.
MARKDOWN_PLACES = (
    '![{line}](figures/a.png "{quoted}")',
    "[words](<{line}>) <{line}> [words]({line})",
    "`{line}` ${line}$ [[{line}]]",
    "# {line}",
    "| |\n|---|\n| {line} |",
    "words[^1]\n\n[^1]: {line}",
    '[{line}][x]\n\n[x]: <{line}> "{quoted}"',
    "```{line}\n{text}\n```",
    "```card\nurl: {address}\ntitle: {scalar}\ntext: {scalar}\nsource: {scalar}\n```",
)
EVERY = 1 if SOAK else len(MARKDOWN_PLACES)


def pick_of(text: str, number: int) -> Pick:
    line = one_line(text)
    spelt = {"line": line, "text": text, "quoted": line.replace('"', '\\"'), "scalar": dump_scalar(line), "address": dump_scalar(address_of(line))}
    commentary = "\n\n".join([text, *(place.format(**spelt) for place in MARKDOWN_PLACES[number % EVERY :: EVERY])])
    prose = Prose(commentary)
    shared = {"tags": (line,), "tldr": line, "rating": line, "by": (line,), "cover": file_of(line)}
    if number % 4 == 3:
        return Pick(Link(address_of(line), line, line, line, file_of(line)), f"x{number}", prose, title=line, **shared)  # type: ignore[arg-type]
    paper_id = ArxivId(f"2401.{number + 1:05}")
    paper = Paper(
        paper_id, line, (Author(line, (line,)),), ("cs.LG",), line, DAY, comment=line, journal_ref=line,
        links=Links(code=(address_of(line),)), withdrawn=Withdrawal(line),
    )  # fmt: skip
    return Pick(paper, paper_id.name, prose, **shared)  # type: ignore[arg-type]


def bare(issue: Issue) -> Issue:
    """Return the issue without its Markdown: what is left is shown as it is."""
    sections = (replace(s, note=Prose(""), picks=tuple(replace(p, commentary=Prose("")) for p in s.picks)) for s in issue.sections)
    return replace(issue, intro=Prose(""), sponsor=Prose(""), sections=tuple(sections), outro=Prose(""))


@cache
def built_in() -> Theme:
    return Theme({path.name: path.read_text() for path in built_in_templates().iterdir() if path.is_file()})


@cache
def ready() -> Drawing:
    return drawing(built_in())  # the templates are compiled once


@lru_cache(2)
def site_of(issue: Issue, too_large: str) -> Site:
    """Return a site that holds this issue, in a digest whose every text is as hostile."""
    editors = tuple((short, Editor(short, address_of(short))) for pick in issue.picks for short in pick.by)
    config = Config(title=issue.teaser, tagline=issue.teaser, url="https://example.org/", editors=(*editors, ("ann", Editor(issue.teaser, address_of(issue.teaser)))), mail=Mail(too_large=too_large))
    return Site(config, Archive.of((issue,)), built_in())


def drawn(issue: Issue, kind: str, path: str, of: Callable[[Catalogue], Coverage | Listing | None] = lambda catalogue: None, too_large: str = "warn") -> str:
    """Return an output of a site that holds this issue; ``of`` says which paper, author or topic it is about."""
    site = site_of(issue, too_large)
    about = of(site.catalogue)
    return render(Output(path, kind, "", issue.key, about=about.found_by if about else None), site, ready()).decode()


def abstracts(issue: Issue) -> str:
    """Return what arXiv says of the papers in each form that pages, mail, feeds and plain text have of it."""
    texts = [text for pick in issue.picks if (paper := pick.paper) for text in (paper.title, paper.abstract, paper.comment)]
    return "".join(f"<p>{form(text)}</p>\n" for text in texts for form in (arxiv.web, arxiv.web_title, arxiv.mail, lambda text: escape(arxiv.plain(text))))


@dataclass(frozen=True)
class Edition:
    """An issue as it goes out: how it is drawn, what its reader's program sees of it as HTML, and what texts may add to that."""

    draw: Callable[[Issue], str]
    may: Mapping[str, set[str]]
    as_html: Callable[[str], str] = str

    def html(self, issue: Issue) -> str:
        return self.as_html(self.draw(issue))


def as_reader_shows(feed: str) -> str:
    """Return the text of a feed's entries as HTML; what a strict parser of XML does not take is an error."""
    root = ET.fromstring(feed)
    assert {element.tag.removeprefix(ATOM) for element in root.iter()} <= IN_FEED
    return "".join(content.text or "" for content in root.iter(f"{ATOM}content"))


ATOM = "{http://www.w3.org/2005/Atom}"
IN_FEED = set("feed category title subtitle id link updated generator entry published author name uri summary content".split())
EDITIONS = {
    "page": Edition(lambda issue: drawn(issue, "index.html", "2024-1/index.html"), {**TITLE, **MARKDOWN}),
    "paper": Edition(lambda issue: drawn(issue, "paper", "papers/a.html", lambda known: next(known.papers)), {**ABSTRACT, **TITLE, **MARKDOWN}),
    "author": Edition(lambda issue: drawn(issue, "listing", "authors/a.html", lambda known: next(known.listings(AUTHORS))), {**ABSTRACT, **TITLE}),
    "topic": Edition(lambda issue: drawn(issue, "listing", "topics/a.html", lambda known: next(known.listings(TOPICS))), {**ABSTRACT, **TITLE}),
    "authors": Edition(lambda issue: drawn(issue, "authors", "authors/index.html"), TITLE),
    "papers": Edition(lambda issue: drawn(issue, "feed", "topics/a.xml", lambda known: next(known.listings(TOPICS))), IN_MAIL, as_reader_shows),
    "home": Edition(lambda issue: drawn(issue, "home", "index.html"), TITLE),
    "markdown": Edition(lambda issue: drawn(issue, "index.md", "2024-1/index.md"), IN_TWIN, as_html_of_github),
    "paste": Edition(lambda issue: drawn(issue, "paste.html", "2024-1/paste.html"), IN_PASTE),
    "mail": Edition(lambda issue: drawn(issue, "mail.html", "2024-1/mail.html"), IN_MAIL),
    "shortened mail": Edition(lambda issue: drawn(issue, "mail.html", "2024-1/mail.html", too_large="shorten"), IN_MAIL),
    "feed": Edition(lambda issue: drawn(issue, "feed", "feed.xml"), IN_MAIL, as_reader_shows),
    "plain": Edition(lambda issue: drawn(issue, "mail.txt", "2024-1/mail.txt"), {"html": set(), "head": set(), "body": set()}, escape),
    "abstracts": Edition(abstracts, ABSTRACT),
    "list": Edition(lambda issue: drawn(replace(bare(issue), is_list=True), "index.html", "2024-1/index.html"), {**ABSTRACT, **TITLE, **MARKDOWN}),
    "list in markdown": Edition(lambda issue: drawn(replace(bare(issue), is_list=True), "index.md", "2024-1/index.md"), IN_TWIN, as_html_of_github),
}


Parts = set[tuple[str, str]]


def parts(seen: Seen) -> Parts:
    """Return each element with each of its attributes."""
    return {(tag, name) for tag, attributes in seen for name in (*attributes, "")}


def parts_of(table: Mapping[str, set[str]]) -> Parts:
    return {(tag, name) for tag, names in table.items() for name in (*names, "")}


def values(seen: Seen, *names: str) -> list[str]:
    """Return the values of these attributes, in order."""
    return [attributes[name] for _, attributes in seen for name in names if name in attributes]


def live_links(seen: Seen) -> list[str]:
    return [href for href in values(seen, "href", "xlink:href", "action", "formaction") if scheme(href) not in ("", "http", "https", "mailto")]
