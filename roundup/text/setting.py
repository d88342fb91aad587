"""What a parsed block is told about the page that it will stand on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin

from msgspec import Struct
from msgspec.structs import replace

from roundup.text.language import ENGLISH, Language
from roundup.text.links import is_local

_NONE: Mapping[str, Any] = MappingProxyType({})


class Place(Struct, frozen=True):
    """Where a paper stands in the archive: the words of a link to it, and the link."""

    title: str
    href: str


class Setting(Struct, frozen=True):
    """One page's side of a block: notes and headings number through the page, references and figures are resolved."""

    prefix: str = "text"  # of the ids of headings; unique on the page
    heading: int = 2  # level of the heading above the block
    first_note: int = 1
    page: str = "index.html"  # the page's path from the top of the site
    root: str = ""  # from the page to the top of the site, as ``../``, or the site's address
    own: str = ""  # before a fragment of the page itself; a file of Markdown has no anchors, and leads to the page
    figures: str = ""  # before ``figures/…``: nothing on a page beside them, else their folder's address
    ids: str = ""  # before the id of each note, where a page joins several issues, as a paper's does, and readers of feeds do
    language: Language = ENGLISH
    places: Mapping[str, Place] = _NONE
    sizes: Mapping[str, tuple[int, int]] = _NONE

    def at(self, prefix: str, heading: int, first_note: int, places: Mapping[str, Place]) -> Setting:
        """Return the setting of one block of the page."""
        return replace(self, prefix=prefix, heading=heading, first_note=first_note, places=places)

    def figure(self, source: str) -> str:
        """Return the address of a figure of the issue, given as ``figures/…``."""
        return self.figures + source

    def link(self, href: str) -> str:
        """Return a link as it works from the page: ``/2023-7/#theory`` counts from the top of the site.

        On a page it is relative and names index.html, so that it opens from the disk, too; where the block travels
        without the site (``root`` is an address) it is absolute.
        """
        if not is_local(href):
            return href
        if href.startswith("figures/"):
            return self.figures + href
        if href.startswith("#"):
            return self.own + href
        travels = not is_local(self.root)
        whole = urljoin(f"/{self.page}", href).lstrip("/")
        path = re.split(r"[?#]", whole, maxsplit=1)[0]
        tail = whole[len(path) :]
        if travels:
            path = path.removesuffix("index.html")
        elif path == "" or path.endswith("/"):
            path += "index.html"
        if not self.root and ":" in path.partition("/")[0]:
            path = f"./{path}"  # else "/javascript:x" would become a scheme
        return f"{self.root}{path}{tail}"
