"""What the tests with hostile inputs share: issues made of hostile texts, and pages read back as browsers read them."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
from cmarkgfm.cmark import Options, markdown_to_html_with_extensions

from conftest import MINIMAL, Result
from roundup.config import Config
from roundup.errors import Location, Problem
from roundup.issue import Archive, Figure, Issue, IssueKey, Link, Pick, Prose, Section
from roundup.pages import render
from roundup.pages.theme import drawing
from roundup.paper import ArxivId, Author, Paper, Withdrawal
from roundup.plan import Output, Site, Theme
from roundup.store.reading import built_in_templates
from roundup.text import dialect, formula, twin, web
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
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x02\x08\2\0\0\0\xfd\xd4\x9as"


def page(text: str) -> ET.Element:
    """Return what a browser makes of a page."""
    return html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)


def as_github_shows(markdown: str) -> ET.Element:
    """Return what GitHub's own parser makes of Markdown, with nothing filtered out."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    return page(markdown_to_html_with_extensions(markdown, options, ["table", "strikethrough"]))


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


def read_back(markdown: str, edition: str) -> ET.Element:
    document = dialect.parse(markdown)
    return page(web.render(document, Setting())) if edition == "web" else as_github_shows(twin.render(document, Setting()))


def repeated_ids(root: ET.Element) -> list[str]:
    ids = [element.attrib["id"] for element in elements(root) if "id" in element.attrib]
    return sorted({name for name in ids if ids.count(name) > 1})


ACTIVE = {"script", "style", "iframe", "frame", "object", "embed", "applet", "form", "input", "button", "textarea", "select", "svg", "base", "link", "meta", "template"}

MATHML = "{http://www.w3.org/1998/Math/MathML}"

# What Markdown may make of any text, beside what the templates have.
MARKDOWN = {
    "a": {"href", "class", "id", "role", "aria-label"}, "aside": {"class", "id", "role"}, "blockquote": set(), "br": set(), "code": {"class"},
    "div": {"class", "role", "tabindex", "aria-label"}, "em": set(), "figcaption": set(), "figure": set(), "h4": {"id"}, "h5": {"id"}, "h6": {"id"},
    "hr": set(), "img": {"src", "alt", "width", "height", "loading"}, "li": set(), "ol": {"start"}, "p": {"class"}, "pre": set(), "s": set(), "span": {"class"},
    "strong": set(), "table": set(), "tbody": set(), "td": {"class"}, "th": {"scope", "class"}, "thead": set(), "tr": set(), "ul": set(),
    **{f"{MATHML}{name}": set(formula.ATTRIBUTES) for name in formula.ELEMENTS},
}  # fmt: skip
# What GitHub makes of portable Markdown when none of it is HTML.
IN_TWIN = {
    "html": set(), "head": set(), "body": set(), "a": {"href", "title", "class", "id", "aria-label", "data-footnote-ref", "data-footnote-backref", "data-footnote-backref-idx"},
    "blockquote": set(), "br": set(), "code": {"class"}, "del": set(), "em": set(), **{f"h{level}": set() for level in range(1, 7)}, "hr": set(),
    "img": {"src", "alt", "title"}, "li": {"id"}, "ol": {"start"}, "p": set(), "pre": {"lang"}, "section": {"class", "data-footnotes"}, "strong": set(),
    "sup": {"class"}, "table": set(), "tbody": set(), "td": {"align"}, "th": {"align"}, "thead": set(), "tr": set(), "ul": set(),
}  # fmt: skip


def issue_of(hostile: Iterable[str]) -> Issue:
    """Return an issue that holds each of these texts in every place where a text can stand."""
    texts = [text for text in hostile if one_line(text)]
    sections = tuple(Section(one_line(text), Prose(text), (pick_of(text, number),)) for number, text in enumerate(texts))
    everything = one_line(" ".join(texts))
    where = Location("issues/2024-1/issue.yaml", 1)
    return Issue(KEY, everything, everything, DAY, ("ann",), Prose(everything), Prose(everything), sections, where=where, figures=(Figure("figures/a.png", 2, 2, ""),))


def pick_of(text: str, number: int) -> Pick:
    line = one_line(text)
    quoted = line.replace('"', '\\"')
    commentary = f"""{text}

![{line}](figures/a.png "{quoted}")

[words](<{line}>) <{line}> [words]({line}) `{line}` ${line}$ [[{line}]] [^1] **{line}** [{line}][x]

# {line}

| {line} |
|---|
| {line} |

[^1]: {line}

[x]: <{line}> "{quoted}"

```{line}
{text}
```

```card
url: https://example.org/
title: {dump_scalar(line)}
text: {dump_scalar(line)}
```
"""
    prose = Prose(commentary)
    shared = {"tags": (line,), "tldr": line, "rating": line, "by": (line,)}
    name = f"x{number}"
    if number % 4 == 3:
        return Pick(Link("https://example.org/", line, line, line), name, prose, title=line, **shared)  # type: ignore[arg-type]
    paper_id = ArxivId(f"2401.{number + 1:05}")
    paper = Paper(paper_id, line, (Author(line, (line,)),), ("cs.LG",), line, DAY, comment=line, withdrawn=Withdrawal(line))
    return Pick(paper, paper_id.name, prose, **shared)  # type: ignore[arg-type]


def drawn(issue: Issue, kind: str) -> str:
    """Return the issue's page, its Markdown, or the home page."""
    theme = Theme({path.name: path.read_text() for path in built_in_templates().iterdir() if path.is_file()})
    config = Config(title=issue.teaser, tagline=issue.teaser, url="https://example.org/")
    path = {"issue.html": "2024-1/index.html", "issue.md": "2024-1/index.md", "home": "index.html"}[kind]
    return render(Output(path, kind, "", issue), Site(config, Archive((issue,)), theme), drawing(theme)).decode()


Parts = set[tuple[str, str]]


def parts(root: ET.Element) -> Parts:
    """Return each element with each of its attributes; a comment is an element, too."""
    return {(str(element.tag) if isinstance(element.tag, str) else "comment", name) for element in root.iter() for name in (*element.attrib, "")}


def parts_of(table: Mapping[str, set[str]]) -> Parts:
    return {(tag, name) for tag, names in table.items() for name in (*names, "")}


def live_links(root: ET.Element) -> list[str]:
    return [href for href in hrefs(root) if scheme(href) not in ("", "http", "https", "mailto")]
