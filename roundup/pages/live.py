"""A page as it is published -> the same page as the preview sends it: with the preview's own script, which its policy lets in. Pure."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from roundup.text.links import is_local

_POLICY = re.compile(r"""(<meta\b[^>]*\bhttp-equiv=["']?Content-Security-Policy["']?[^>]*\bcontent=)("[^"]*"|'[^']*')""", re.IGNORECASE)
_SHOWN = re.compile(r"""<(?:img|script|source|video|link\b[^>]*\brel=["']?(?:stylesheet|icon))\b[^>]*""", re.IGNORECASE)
_ADDRESS = re.compile(r"""\s(?:src|href|poster)=(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


def live(page: str, script: str, version: str, *, own: bool = False) -> str:
    """Return a page that loads ``script``, and tells it the ``version`` that it is, and whether it is drawn by templates of the digest's ``own``."""
    page = _POLICY.sub(lambda match: f'{match[1]}"{html.escape(_allowing(html.unescape(match[2][1:-1])))}"', page)
    tag = f'<script src="{script}" defer data-version="{version}"{" data-own" if own else ""}></script>\n'
    head, end, rest = page.partition("</head>")
    return f"{head}{tag}{end}{rest}" if end else f"{page}{tag}"


def _allowing(policy: str) -> str:
    """Return a policy under which a page may load scripts from its own server, and ask it for news."""
    rules = {name: sources.split() for name, _, sources in (rule.strip().partition(" ") for rule in policy.split(";")) if name}
    for name in ("script-src", "connect-src"):
        sources = rules.get(name, rules.get("default-src", ["*"]))
        rules[name] = [source for source in sources if source not in ("'none'", "'self'")] + ["'self'"]
    return "; ".join(" ".join((name, *sources)) for name, sources in rules.items())


def shown_files(page: str, path: str) -> Iterator[str]:
    """Yield the paths of the files that the page at ``path`` shows, or that make its look, as far as they stand beside it."""
    for tag in _SHOWN.findall(page):
        for address in _ADDRESS.findall(tag):
            link = re.split("[?#]", html.unescape("".join(address)))[0]
            if link and is_local(link) and not link.startswith("//"):
                yield posixpath.normpath(posixpath.join("/", posixpath.dirname(path), unquote(link))).lstrip("/")
