"""What every page has round its text: where it stands, what it may ask for, and what it says of itself to machines."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import msgspec
from markupsafe import Markup
from msgspec import Struct

from roundup.catalogue import Coverage
from roundup.citation import doi
from roundup.config import Config
from roundup.issue import Head, Issue
from roundup.paper import day
from roundup.site import Site, card_path, issue_path, paper_path, permalink, relative
from roundup.text.drawn import plain
from roundup.text.visible import visible

BUTTONDOWN = "https://buttondown.com/api/emails/embed-subscribe/"
GISCUS = "https://giscus.app"


class Frame(Struct, frozen=True):
    """What templates know as ``page``. Title and description are plain text, ``data`` is the page as schema.org has it."""

    path: str
    permalink: str
    title: str
    description: str
    policy: str
    data: Markup
    public: bool  # or no matter for search engines
    subscribe: str  # where the form of the subscribe box leads, or the link; empty where there is none
    comments: bool
    found: Markup  # what an element says to Pagefind whose text is to be found,
    unfound: Markup  # and one within it whose text is not; nothing where another index is in use


def frame(
    site: Site, path: str, title: str = "", description: str = "", *,
    data: dict[str, Any] | None = None, public: bool = True, stands_for: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return what the template of the page at ``path`` knows of its frame, by name. Comments stand where a page says something of its own.

    ``stands_for`` is the path whose address is the lasting one, where that is not the page's own; empty where none is.
    """
    config = site.config
    page = Frame(
        path,
        permalink(config, path if stands_for is None else stands_for) if stands_for != "" else "",
        title,
        description or config.tagline,
        policy(config),
        _script(data) if data else Markup(""),
        public,
        subscribe_address(config),
        bool(config.comments and data),
        *(map(Markup, (" data-pagefind-body", " data-pagefind-ignore")) if config.search == "pagefind" and data else (Markup(""), Markup(""))),
    )
    return {"config": config, "root": relative(path, ""), "page": page}


def subscribe_address(config: Config) -> str:
    """Return where readers are sent to subscribe: a form's address, or a mail's; empty where none is configured.

    Sources: https://docs.buttondown.com/building-your-subscriber-base, and listmonk's own public form.
    """
    if config.subscribe is None:
        return ""
    to = config.subscribe.to
    return {"buttondown": BUTTONDOWN + to, "listmonk": f"{to}/subscription/form", "mailto": f"mailto:{to}"}[config.subscribe.kind]


def policy(config: Config) -> str:
    """Return what a page may ask for, and of whom: of nobody but its own site, unless the editors configured one."""
    allowed = {"default-src": ["'none'"], "img-src": ["'self'"], "style-src": ["'self'"], "font-src": ["'self'"], "script-src": ["'self'"]}
    allowed["form-action"] = ["'self'"]
    if config.subscribe and config.subscribe.kind != "mailto":
        allowed["form-action"].append(origin(subscribe_address(config)))
    if config.comments and config.comments.kind == "giscus":
        for what in ("script-src", "style-src"):
            allowed[what].append(GISCUS)
        allowed["frame-src"] = [GISCUS]
    allowed["base-uri"] = ["'none'"]
    return "; ".join(f"{what} {' '.join(whose)}" for what, whose in allowed.items())


def origin(url: str) -> str:
    """Return scheme and host of an address, as a policy names them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def posting(issue: Issue, site: Site) -> dict[str, Any]:
    """Return an issue as schema.org has it. Source: https://schema.org/BlogPosting"""
    config, address = site.config, permalink(site.config, issue_path(issue.key))
    papers = [site.catalogue.at(issue.key, pick.name) for pick in issue.picks if pick.paper]
    return {
        "@type": "BlogPosting",
        "headline": issue.title,
        "description": issue.teaser,
        "url": address,
        "datePublished": issue.date.isoformat() if issue.date else "",
        "dateModified": issue.changed.isoformat() if issue.changed else "",
        "inLanguage": config.language,
        "image": permalink(config, card_path(issue.key)) if site.cards else "",
        "author": [{"@type": "Person", "name": editor.name, "url": editor.url} for editor in map(config.editor, issue.editors)],
        "publisher": {"@type": "Organization", "name": config.title, "url": config.url},
        "isPartOf": {"@type": "Blog", "name": config.title, "url": config.url},
        "mentions": [_article_in_short(coverage, site) for coverage in papers],
    }


def _article_in_short(coverage: Coverage, site: Site) -> dict[str, Any]:
    same = coverage.paper.id.latest.abs_url if coverage.paper else ""
    return {"@type": "ScholarlyArticle", "name": plain(coverage.title), "url": permalink(site.config, paper_path(coverage)), "sameAs": same}


def article(coverage: Coverage, site: Site) -> dict[str, Any]:
    """Return a paper as schema.org has it. Source: https://schema.org/ScholarlyArticle"""
    paper = coverage.paper
    if paper is None:
        raise ValueError(f"{coverage.name} is no paper")
    return {
        "@type": "ScholarlyArticle",
        "headline": plain(coverage.title),
        "url": permalink(site.config, paper_path(coverage)),
        "identifier": f"arXiv:{paper.id.base}",
        "sameAs": [paper.id.latest.abs_url, *([f"https://doi.org/{doi(paper)}"] if doi(paper) else [])],
        "author": [{"@type": "Person", "name": plain(author.name) or author.name} for author in coverage.authors],
        "datePublished": day(paper.submitted).isoformat() if paper.submitted else "",
        "dateModified": day(paper.updated).isoformat() if paper.updated else "",
        "abstract": plain(paper.abstract),
        "keywords": [*coverage.tags, *coverage.categories],
        "subjectOf": [_posting_in_short(standing.head, site) for standing in coverage.standings],
    }


def _posting_in_short(issue: Head, site: Site) -> dict[str, Any]:
    return {"@type": "BlogPosting", "headline": issue.title, "url": permalink(site.config, issue_path(issue.key))}


def _script(data: dict[str, Any]) -> Markup:
    """Return linked data as it may stand in a ``script`` element: nothing in it can end the element, or is anything but text."""
    text = json.dumps(clean({"@context": "https://schema.org", **data}), ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 - what could be markup is spelt in JSON


def in_lines(value: Any) -> str:
    """Return a value as JSON that people may read, too; TypeError for what JSON has no word for."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=bare), indent=1).decode()


def bare(value: object) -> str:
    """Return a text as nothing but a text, for msgspec, which takes no Markup for one."""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is nothing that JSON has a word for")
    return str(value)


def clean(value: Any) -> Any:
    """Return a value for JSON without what is empty, and without what cannot be seen."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list):
        return [clean(one) for one in value]
    if isinstance(value, dict):
        return {key: clean(one) for key, one in value.items() if one not in ("", [], {}, None)}
    return value
