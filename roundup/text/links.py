"""Which addresses a page may lead to: http, https, mailto and places inside the site; nothing else lives."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_WEB = re.compile(r"https?://(?P<host>\[[0-9a-f:.]+\]|[^/?#\\@:%\[\]|<>^`{}]+)(:(?P<port>\d{1,5}))?([/?#]|$)", re.I | re.ASCII)
_MAIL = re.compile(r"mailto:[^\s/@]+@[^\s/@]+$|mailto:[^\s/@?]+@[^\s/@?]+\?(subject|body)=", re.I)
_UNSAFE = re.compile("[\x00-\x20\x7f-\x9f\\\\\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


MAX_LENGTH = 2048

# What no bare address goes on behind: white space, what would be escaped in it, quotes, and the stops and brackets of Chinese and Japanese,
# which stand without a blank. Letters of any script may be part of it.
NOT_IN_BARE = r"\s<>\"`|\\^{}«»“”„‘’‚‹›…\u3000-\u3004\u3008-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"


def is_allowed(url: str) -> bool:
    """Tell whether a link may live: http(s) with a plain host, mailto with an address, or a place inside the site."""
    if not url or len(url) > MAX_LENGTH or _UNSAFE.search(url) or url.startswith("//"):
        return False
    scheme = _SCHEME.match(url)
    if scheme is None:
        first = re.split(r"[/?#]", unescape(url), maxsplit=1)[0]
        return ":" not in first  # neither "%01javascript:x" nor "javascript&colon;x" is a place of ours
    if scheme[1].lower() == "mailto":
        return _MAIL.match(url) is not None
    web = _WEB.match(url)
    return web is not None and int(web["port"] or 0) <= 65535 and (_is_plain(web["host"]) or all(map(_is_label, web["host"].split("."))))


def without_tail(url: str) -> str:
    """Return a bare address without what ends the sentence: stops, quotes, and brackets that the address does not open."""
    spare = {")": url.count(")") - url.count("("), "]": url.count("]") - url.count("[")}
    end = len(url)
    while end and (url[end - 1] in ".,;:!?'*_~" or spare.get(url[end - 1], 0) > 0):
        if url[end - 1] in spare:
            spare[url[end - 1]] -= 1
        end -= 1
    return url[:end]


def is_web(url: str) -> bool:
    """Tell whether the text is a whole web address."""
    return _WEB.match(url) is not None and is_allowed(url)


def is_local(url: str) -> bool:
    """Tell whether an allowed link stays inside the site."""
    return _SCHEME.match(url) is None


def host(url: str) -> str:
    """Return the host of a web address as it is written, without a leading ``www.``; empty for any other link."""
    web = _WEB.match(url)
    return web["host"].removeprefix("www.") if web else ""


def as_written(url: str) -> str:
    """Return a web address with the letters of its host in place of their punycode."""
    name = host(url)
    return url.replace(name, ".".join(map(_letters, name.split(".")))) if "xn--" in name.lower() else url


def _is_plain(host: str) -> bool:
    """Tell whether a host is in ASCII and hides nothing: all its letters are Latin, and what browsers read is what stands there."""
    return host.isascii() and host.isprintable() and " " not in host and "xn--" not in host.lower()


def _is_label(label: str) -> bool:
    """Tell whether a part of a host can be one: a browser follows no space or hidden character in it, and no accent apart from its letter.

    Source: UTS 46, section 4.1, of which these are what text that was typed can break. nh3 drops such an address in silence.
    """
    letters = _letters(label)
    kinds = [unicodedata.category(c)[0] for c in letters]
    return not {"C", "Z"} & set(kinds) and "\ufffd" not in letters and kinds[:1] != ["M"] and unicodedata.is_normalized("NFC", letters)


def _letters(label: str) -> str:
    try:
        return label[4:].lower().encode("ascii").decode("punycode") if label[:4].lower() == "xn--" else label
    except UnicodeError:
        return label


def look_alike(url: str) -> str:
    """Return the host in ASCII when it is not what it seems to be; else nothing.

    It mixes scripts, as a Cyrillic a in arxiv.org does, or hides in punycode, or holds a letter that is drawn as a plain one, or is
    written in letters that browsers read as others: full-width ones, an ideographic full stop, a soft hyphen.
    Source: UTS 39, whose single-script rule is kept here for the scripts that look alike; UTS 46.
    """
    name = host(url)
    if _is_plain(name):
        return ""
    plain = _mapped(name)
    labels = [_letters(label) for label in plain.split(".")]
    strange = _DRAWN_AS_LATIN - {"ı"} if labels[-1] == "tr" else _DRAWN_AS_LATIN
    if plain != unicodedata.normalize("NFC", name) or any(_is_disguise(label, strange) for label in labels):
        return ".".join(map(_in_ascii, plain.split(".")))
    return ""


def told(url: str, source: str) -> str:
    """Return what stands below a link's title: the source it was given, else its host; a look-alike host in ASCII, behind the source."""
    disguise = look_alike(url)
    return " ".join(filter(None, (source, disguise))) or host(url)


def _mapped(name: str) -> str:
    """Return a host as browsers read it, in so far as it matters here."""
    seen = (c for c in name.replace("\u3002", ".") if not (unicodedata.category(c) == "Cf" or "\ufe00" <= c <= "\ufe0f"))
    return unicodedata.normalize("NFKC", "".join(seen))


def _in_ascii(label: str) -> str:
    return label.lower() if label.isascii() else "xn--" + label.lower().encode("punycode").decode("ascii")


def _is_disguise(label: str, strange: frozenset[str]) -> bool:
    if label[:4].lower() == "xn--":
        return True  # no letters come of it
    names = {unicodedata.name(c, "") for c in label if c.isalpha()}
    if not strange.isdisjoint(label.lower()) or any(name.startswith("LATIN LETTER SMALL CAPITAL ") for name in names):
        return True
    return len({name.split(" ")[0] for name in names} & _LOOKING_ALIKE) > 1 or _all_confusable(label)


_LOOKING_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})
# Latin letters that are drawn as a, g, i, j and l. Turkish needs the i without a dot, and its own hosts may have it.
_DRAWN_AS_LATIN = frozenset("ɑɡɩıȷǀ")
# Cyrillic and Greek letters that are drawn as Latin ones, some as capitals alone: a label of nothing else is a disguise.
_CONFUSABLE = frozenset("аеорсухіјѕԁԛԝһѵӏνοαρ" + "АВЕЅІЈКМНОРСТХУԚԜӀ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")


def _all_confusable(label: str) -> bool:
    letters = [c for c in label if c.isalpha()]
    return bool(letters) and all(c in _CONFUSABLE for c in letters)
