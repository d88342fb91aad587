"""An answer's bytes -> a tree of XML or HTML, or a reason why it is none: no entity, no depth, no charset that could fool us.

A page that says "Rate exceeded." with 200, an empty body, half a feed: each has a name here, and none is "no papers".
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from lxml import etree

from roundup.sources.answers import Answer, AnswerError

_ATTRIBUTES = 64  # of one element; arXiv's have three. 50,000 cost feedparser 22 s
_ASIDE = etree.XPath("boolean(//comment() | //processing-instruction())")
_CROWDED = etree.XPath(f"boolean(//*[count(@*) > {_ATTRIBUTES}])")
_TAGS = 400_000  # of one answer; far above what arXiv's largest pages have, and below what a tree of them would cost in memory
_ENCODINGS = ("utf-8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "utf-16", "utf-16le", "utf-16be", "windows-1252")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""")
_FORBIDDEN = bytes(range(9)) + b"\x0b\x0c" + bytes(range(14, 32))  # XML 1.0 has no way to say them
_BLANKS = bytes.maketrans(_FORBIDDEN, b" " * len(_FORBIDDEN))
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


def xml(answer: Answer, *roots: str) -> tuple[Any, bytes]:
    """Return the root element of an answer that is XML of one of these ``{namespace}name``, and the bytes that stand for it.

    AnswerError for anything else. Comments are taken out, for they would cut a text in two.
    """
    body = decoded(answer).encode()
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, encoding="utf-8"))
    except etree.XMLSyntaxError as error:
        raise AnswerError(f"answered with XML that breaks off or is ill-formed ({_short(error)})") from error
    if root.tag not in roots:
        raise AnswerError(f"answered with <{etree.QName(root).localname}>, {_nature(answer)}")
    if _CROWDED(root):
        raise AnswerError(f"answered with an element of more than {_ATTRIBUTES} attributes", tries=1)
    if _ASIDE(root):
        etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
        body = etree.tostring(root)
    return root, body


_FEEDS = ("rss", "channel", "{http://www.w3.org/2005/Atom}feed", "{http://purl.org/atom/ns#}feed", "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF")
_LONG_TAG = re.compile(r"<[^<>]{20000}")


def loose_xml(answer: Answer) -> str:
    """Return the text of anybody's feed, ill-formed as it may be, as far as it can be read without harm and to its end."""
    text = decoded(answer)
    if _LONG_TAG.search(text):
        raise AnswerError("answered with XML that is made to be slow to read", tries=1)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=True, encoding="utf-8")
    root = etree.fromstring(text.encode(), parser)
    if root is None or root.tag not in _FEEDS:
        raise AnswerError(f"answered with something {_nature(answer)}")
    ended = rf"(</(?:\w+:)?{etree.QName(root).localname}\s*|/)>$"
    if not re.search(ended, _without_last_comments(text)[-100:]):
        raise AnswerError("broke off in the middle of its answer")
    if any("depth" in error.message.lower() for error in parser.error_log):
        raise AnswerError("answered with XML that is made to be slow to read", tries=1)
    number = counted(root)
    if number and not any(etree.QName(one).localname in {"entry", "item"} for one in root.iter(etree.Element)):
        raise AnswerError(f"answered with an empty list, though it counts {number}")
    return text


def _without_last_comments(text: str) -> str:
    text = text.rstrip()
    while text.endswith("-->") and (begin := text.rfind("<!--")) >= 0:
        text = text[:begin].rstrip()
    return text


def counted(root: Any) -> str:
    """Return how many entries a feed says there are, where it says so and that is not none."""
    number = " ".join((root.findtext("{http://a9.com/-/spec/opensearch/1.1/}totalResults") or "").split())
    return "" if number == "0" else number


def decoded(answer: Answer) -> str:
    """Return the text of an answer that looks like XML; the charset is the one it declares itself, and has to be true."""
    body = answer.body
    if not body.strip():
        raise AnswerError("answered with nothing at all")
    kind = answer.content_type
    if kind and not re.search(r"xml|rss|atom|octet-stream", kind):
        raise AnswerError(f"answered with {kind}, {_nature(answer)}")
    encoding = next((name for mark, name in _MARKS.items() if body.startswith(mark)), "")
    if not encoding:
        declared = _DECLARED.match(body)
        encoding = declared[1].decode().lower() if declared else "utf-8"
        if encoding not in _ENCODINGS:
            raise AnswerError(f'answered in the charset "{encoding}", which cannot be trusted', tries=1)
    try:
        text = (body if encoding.startswith("utf-16") else body.translate(_BLANKS)).decode(encoding)
    except UnicodeError as error:
        place = f" (byte {getattr(error, 'start', 0):,})"
        raise AnswerError(f"answered with bytes that are not {encoding.upper()}{place}") from error
    if not text.lstrip().startswith("<"):
        raise AnswerError(f"answered with text, {_nature(answer)}")
    if re.match(r"\s*<!doctype html", text, re.I):
        raise AnswerError(f"answered with a web page, {_nature(answer)}")
    if "<!DOCTYPE" in text and "<!DOCTYPE" in re.sub(r"<!\[CDATA\[.*?\]\]>", "", text, flags=re.S):  # without one there is no entity
        raise AnswerError("answered with XML that declares a DOCTYPE, which no feed needs", tries=1)
    if text.count("<") > _TAGS:
        raise AnswerError(f"answered with more than {_TAGS:,} tags", tries=1)
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text)


_ENDLESS = re.compile(rb"<[^<>]{2000,}>?")  # a drawing's path, an image's bytes; with 100,000 attributes in a tag libxml2 is busy for minutes


def web_page(answer: Answer) -> Any:
    """Return the root element of an answer that is a web page, however ill-formed, without its comments; AnswerError where it is none, or made to hurt."""
    kind = answer.content_type
    if kind and not re.search(r"html|octet-stream", kind):
        raise AnswerError(f"answered with {kind}, which is no web page")
    body = _ENDLESS.sub(b"", answer.body.translate(_BLANKS))
    if not body.strip():
        raise AnswerError("answered with nothing at all")
    if body.count(b"<") > _TAGS:
        raise AnswerError(f"answered with more than {_TAGS:,} tags", tries=1)
    parser = etree.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        root = etree.fromstring(body.decode("utf-8", "replace").encode(), parser)
    except etree.ParserError:
        root = None
    if root is None:
        raise AnswerError("answered with a web page that holds nothing")
    if any("depth" in error.message.lower() for error in parser.error_log):
        raise AnswerError("answered with a web page that is made to be slow to read", tries=1)
    return root


def words_of(root: Any) -> str:
    """Return the first words that a page says."""
    texts = (text for element in root.iter(etree.Element) if element.tag not in ("script", "style", "title") for text in (element.text, element.tail) if text)
    return " ".join(" ".join(islice(texts, 200)).split())[:2000]


def _nature(answer: Answer) -> str:
    """Return what a page that is no feed says, as far as it says it in a line."""
    words = " ".join(re.sub(rb"<[^>]{0,500}>", b" ", answer.body[:4000]).decode("utf-8", "replace").split())
    return f'which is no feed: "{words[:80]}"' if words else "which is no feed"


def _short(error: Exception) -> str:
    return " ".join(str(error).split(", line")[0].split())[:120]
