"""Links from page to page, and what they can lead to. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote, urljoin

from roundup.catalogue import Coverage, Listing
from roundup.errors import Problem, nearest
from roundup.issue import Issue, Pick
from roundup.paper import pick_name
from roundup.site import Site, issue_path
from roundup.text import dialect
from roundup.text.links import is_local


class CrossLinks:
    """What a link can lead to: the pages of the site, their anchors, and which of them only a build with drafts has."""

    def __init__(self, site: Site, paths: Collection[str]) -> None:
        self.site = site
        self.public = site.public
        self.paths = paths
        self.pages = {issue_path(head.key): head.key for head in site.archive.heads}
        self.drafts = {str(head.key) for head in site.archive.drafts()}

    def anchors(self, path: str) -> set[str] | None:
        """Return the anchors of a page that an editor can link to; None where any may be one."""
        about = self.site.about(path)
        if path == "index.html":
            return {"newest", "archive"}
        if isinstance(about, Coverage):
            return {"abstract", "cite", "also", "related", *(f"in-{standing.head.key}" for standing in about.standings)}
        if path in self.pages:
            return set(anchors_of(self.site, self.site.archive.issue(self.pages[path])))
        return None if path.endswith(".html") else set()

    def only_in_drafts(self, path: str) -> str:
        """Return the key of a draft that alone brings the page about; nothing where a published issue does, too."""
        if (key := path.partition("/")[0]) in self.drafts:
            return key
        about = self.site.about(path)
        coverages = about.coverages if isinstance(about, Listing) else (about,) if about else ()
        hidden = coverages and not any(coverage.is_out for coverage in coverages)
        return str(coverages[0].standings[0].head.key) if hidden else ""

    def dead(self, issue: Issue) -> Iterator[Problem]:
        """Yield what is wrong with the links of an issue: each leads to a page, and to an anchor on it, ``[[...]]`` to a paper."""
        for block in issue.blocks():
            document = self.site.document(block.prose)
            found = [(f, self.link(f.value, issue)) for f in document.links if f.value and is_local(f.value)]
            found += [(f, self.reference(f.value, issue, block.pick)) for f in document.references]
            yield from (Problem(block.prose.at(f.line), what) for f, what in found if what)

    def reference(self, name: str, issue: Issue, inside: Pick | None) -> str:
        """Return what is wrong with ``[[name]]``, or nothing."""
        if self.site.place(name, issue.key, inside.name if inside else "") is not None:
            if issue.is_draft or self.public.place(name, issue.key, inside.name if inside else "") is not None:
                return ""
            draft = self.site.catalogue.named(pick_name(name))[0].standings[0].head.key
            return f'reference "[[{name}]]" leads to a draft; give {draft} a date, or remove the reference'
        if self.site.archive.unread or any(pick_name(name) in i.unread.picks | i.unread.papers or i.unread.all_picks for i in self.site.archive.issues):
            return ""  # what it means may stand in what could not be read
        if inside and name == inside.name:
            return f'reference "[[{name}]]" leads nowhere: no other issue speaks of it; remove it'
        return f'reference "[[{name}]]" leads nowhere{nearest(name, self.site.catalogue.names) or "; name a paper of this archive, or link to it"}'

    def link(self, href: str, issue: Issue) -> str:
        """Return what is wrong with a link inside the site, or nothing."""
        path, _, fragment = urljoin(f"/{issue_path(issue.key)}", href).partition("#")
        target = unquote(path.partition("?")[0]).lstrip("/")
        if target == "" or target.endswith("/"):
            target += "index.html"
        page, key = target.removesuffix("index.html"), target.partition("/")[0]
        if target not in self.paths:
            near = (path for path in self.paths if path.endswith("index.html") or (path.endswith(".html") and path.startswith(f"{key}/")))
            pages = sorted(f"/{path.removesuffix('index.html')}" for path in near)
            if key in self.site.archive.unread:
                return ""
            if re.match(r"([a-z0-9-]+\.)+[a-z]{2,}/", href, re.I):
                return f'link "{href}" leads nowhere; did you mean "https://{href}"?'
            if re.search(r"\.(?!html$|md$)[a-z][a-z0-9]{1,4}$", target, re.I) and ":" not in target:
                name = target.rpartition("/")[2]
                return f'link "{href}" leads nowhere; put the file into assets/ and link to /assets/{name}'
            return f'link "{href}" leads nowhere{nearest(f"/{page}", pages) or "; the site has no such page"}'
        if not issue.is_draft and (draft := self.only_in_drafts(target)):
            return f'link "{href}" leads to a draft; give {draft} a date, or remove the link'
        if not fragment:
            return ""
        known = self.anchors(target)
        if known is None:
            return ""
        unread = {name for i in self.site.archive.issues if str(i.key) == key for name in i.unread.picks | i.unread.papers}
        if unquote(fragment) in known | unread:
            return ""
        return f'link "{href}" leads nowhere; page /{page} has {", ".join(f"#{a}" for a in sorted(known)[:8]) or "no anchors"}'


def anchors_of(site: Site, issue: Issue) -> Iterator[str]:
    """Yield the anchors of an issue's page that an editor can link to."""
    yield from (name for name in issue.section_ids() if name)
    yield from (pick.name for pick in issue.picks)
    for block in issue.blocks():
        yield from dialect.heading_ids(site.document(block.prose), block.prefix)
