"""The address of a paper's licence -> its name, and whether a figure may be copied under it."""

from __future__ import annotations

import re

from msgspec import Struct

_COMMONS = re.compile(r"https?://creativecommons\.org/(?:licenses/(?P<kind>by(?:-nc)?(?:-nd|-sa)?)|publicdomain/(?P<free>zero|mark))/(?P<release>[1-4]\.0)/?")
_DEDICATED = re.compile(r"https?://creativecommons\.org/licenses/publicdomain/?")  # which arXiv had before CC0
_ARXIV = re.compile(r"https?://arxiv\.org/licenses/.+")
_REMARKS = {"nc": "for no commercial use", "nd": "as it is, no part of it alone"}


class Terms(Struct, frozen=True):
    """What a licence is called, whether figures may be copied under it, and what else it asks for."""

    name: str
    url: str = ""
    may_copy: bool = False
    remark: str = ""


def terms_of(url: str) -> Terms:
    """Return the terms of a licence by its address. Only what says so lets copy: arXiv's own licence gives that right to arXiv alone.

    Source: https://info.arxiv.org/help/license/index.html
    """
    if match := _COMMONS.fullmatch(url):
        kind = match["kind"]
        name = f"CC {kind.upper()} {match['release']}" if kind else f"CC0 {match['release']}" if match["free"] == "zero" else "public domain"
        return Terms(name, url, True, " and ".join(_REMARKS[part] for part in (kind or "").split("-") if part in _REMARKS))
    if _DEDICATED.fullmatch(url):
        return Terms("public domain", url, True)
    if _ARXIV.fullmatch(url):
        return Terms("arXiv's own licence", url)
    return Terms(f'the licence "{url}"', url) if url else Terms("an unknown licence")
