"""A paper's HTML page at arXiv -> its figures: number as printed, caption, and where the picture lies.

arXiv makes the pages from TeX with LaTeXML, for most papers since December 2023 and ever more of the older ones.
Source: https://info.arxiv.org/about/accessible_HTML.html, and the classes of https://math.nist.gov/~BMiller/LaTeXML/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

from msgspec import Struct
from msgspec.structs import replace

from roundup.paper import ArxivId
from roundup.sources.answers import Answer, AnswerError
from roundup.sources.cache import Cache
from roundup.sources.guard import web_page, words_of
from roundup.sources.http import Http, Request, hosts_of
from roundup.sources.kept import ask_daily
from roundup.sources.pace import Pace
from roundup.text.pieces import Formula, Words
from roundup.text.visible import one_line, visible

_LONGEST = 4_000  # characters of a caption
_MOST = 500  # pictures of a page
_ASIDE = frozenset(("ltx_tag", "ltx_note", "ltx_ERROR"))  # the number, which is told apart; footnotes; what LaTeXML did not understand
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\]")
_TAKE_IT = "take the figure from the paper's PDF"

Caption = tuple[Words | Formula, ...]


class Picture(Struct, frozen=True):
    """A picture of a figure. ``key`` names it on the command line and in files, ``figure`` all pictures of its figure; ``label`` is as printed.

    ``path`` is where it lies below the page; without one it is drawn in the page itself, or lies where nobody should look.
    """

    key: str
    figure: str
    label: str
    caption: Caption = ()
    path: str = ""


class HtmlPages:
    """The pages of papers at ``base``, which is https://arxiv.org."""

    def __init__(self, base: str, http: Http, pace: Pace, cache: Cache) -> None:
        self.base, self.http, self.pace, self.cache = base, http, pace, cache

    def url(self, paper: ArxivId) -> str:
        return f"{self.base}/html/{paper}"

    def pictures(self, paper: ArxivId) -> tuple[Picture, ...]:
        """Return the pictures of a paper's figures, in the order of its page; the ID has its version, for pictures differ between versions."""
        url = self.url(paper)
        return ask_daily(Request(url, "text/html", hosts_of(url)), self.http, self.pace, self.cache, lambda answer: parse_page(answer, paper))

    def bytes_of(self, paper: ArxivId, picture: Picture) -> bytes:
        """Return a picture as it lies there; whether it is one, nobody has looked yet."""
        url = self.picture_url(paper, picture)
        return self.http.ask(Request(url, "image/png, image/jpeg, image/gif, image/webp", hosts_of(url)), self.pace, _content)

    def picture_url(self, paper: ArxivId, picture: Picture) -> str:
        return f"{self.url(paper)}/{quote(picture.path)}"


def parse_page(answer: Answer, paper: ArxivId) -> tuple[Picture, ...]:
    """Return the pictures of a page; AnswerError where it is no page of a paper."""
    root = web_page(answer)
    if not root.xpath("boolean(//*[contains(@class, 'ltx_page_main') or contains(@class, 'ltx_document')])"):
        raise _no_page(answer, root)
    if answer.status != 200:
        raise AnswerError(f"answered HTTP {answer.status}", tries=1)
    if b"</html" not in answer.body[-1000:].lower():  # its last figures would be missing, and nobody know
        raise AnswerError("broke off in the middle of its answer")
    found = [one for figure in _figures(root) for one in _pictures(figure, None, paper)]
    if len(found) > _MOST:
        raise AnswerError(f"has more than {_MOST:,} pictures", tries=1, mend=_TAKE_IT)
    return tuple(_told_apart(found))


def _content(answer: Answer) -> bytes:
    if answer.status != 200:
        raise AnswerError(f"answered HTTP {answer.status}", tries=1, mend=_TAKE_IT)
    return answer.body


def _no_page(answer: Answer, root: Any) -> AnswerError:
    words = words_of(root)
    if "withdrawn" in words.lower():
        return AnswerError("is no page with figures: the paper is withdrawn", tries=1, mend="leave its figures out")
    if answer.status == 404 or re.search(r"no html|html is not available", words, re.I):
        return AnswerError("is not there: arXiv has no HTML of this paper", tries=1, mend=_TAKE_IT)
    return AnswerError(f'answered with a web page that is no paper: "{words[:80]}"')


# ---- what stands on a page ----


class _Place(Struct, frozen=True):
    """A figure, or a part of one, as far as it has been read: ``number`` is 3 or 3a, and empty where none is printed."""

    number: str
    figure: str
    label: str
    caption: Caption


def _figures(root: Any) -> Iterator[Any]:
    """Yield the figures that stand in no other; a table or an algorithm is none, and neither is what stands in one."""
    stack = [root]
    while stack:
        element = stack.pop()
        if element.tag == "figure":
            if "ltx_figure" in _classes(element):
                yield element
            continue
        stack.extend(reversed(element))


def _pictures(figure: Any, above: _Place | None, paper: ArxivId) -> Iterator[Picture]:
    """Yield a figure's pictures, those of its parts among them; for one that has none, what it is called."""
    place = _place(figure, above)
    if place is None:
        return
    any_yet = False
    stack = list(reversed(figure))
    while stack:
        element = stack.pop()
        if element.tag == "figcaption" or not isinstance(element.tag, str):
            continue
        if element.tag == "figure":
            if "ltx_figure" in _classes(element):
                any_yet = True
                yield from _pictures(element, place, paper)
        elif element.tag in ("img", "svg", "object", "embed"):
            any_yet = True
            source = element.get("src", "") if element.tag == "img" else ""
            yield Picture(place.number, place.figure, place.label, place.caption, _below(source, paper))
        else:
            stack.extend(reversed(element))
    if not any_yet and (place.number or place.caption):
        yield Picture(place.number, place.figure, place.label, place.caption)


def _place(figure: Any, above: _Place | None) -> _Place | None:
    """Return what a figure is called; None where its caption is that of a table, or of something else that is no figure."""
    caption = _own_caption(figure)
    if caption is None:
        return above or _Place("", "", "", ())
    tag = next((one for one in caption.iter("span") if "ltx_tag" in _classes(one)), None)
    if tag is not None and not any(name.startswith(("ltx_tag_figure", "ltx_tag_subfigure")) for name in _classes(tag)):
        return None
    printed = one_line(visible("".join(tag.itertext()) if tag is not None else "")).rstrip(" :.|–—-")[:60]
    words = _pieces(caption)
    if above and (not printed or printed.startswith("(") or re.fullmatch(r"[a-z]\)?", printed)):
        part = re.sub(r"[^A-Za-z0-9]", "", printed)
        return _Place(f"{above.number}{part}", above.figure, f"{above.label}({part})" if part else above.label, _joined(above.caption, words))
    number = re.sub(r"[^A-Za-z0-9.-]", "", printed.rpartition(" ")[2]).strip(".-")[:20]
    return _Place(number, number, printed, words)


def _joined(above: Caption, below: Caption) -> Caption:
    """Return the caption of a part behind that of its whole."""
    return (*above, Words(" "), *below) if above and below else above or below


def _own_caption(figure: Any) -> Any:
    """Return the caption of a figure itself, not that of one within it."""
    stack = list(reversed(figure))
    while stack:
        element = stack.pop()
        if element.tag == "figcaption":
            return element
        if element.tag != "figure":
            stack.extend(reversed(element))
    return None


def _pieces(caption: Any) -> Caption:
    """Return a caption as words and formulas, on one line."""
    found: list[Words | Formula] = []
    size = 0
    for piece in _run(caption):
        text = piece.source if isinstance(piece, Formula) else piece.text
        if size + len(text) > _LONGEST:
            found.append(Words(" …"))
            break
        size += len(text)
        if isinstance(piece, Words) and found and isinstance(before := found[-1], Words):
            found[-1] = Words(before.text + text)
        elif text:
            found.append(piece)
    return tuple(_folded(found))


def _run(element: Any) -> Iterator[Words | Formula]:
    yield Words(element.text or "")
    for child in element:
        if child.tag == "math":
            source = one_line(visible(child.get("alttext") or "")).removeprefix("\\displaystyle").strip()
            yield Formula(source) if source else Words("".join(child.itertext()))
        elif child.tag == "br":
            yield Words(" ")
        elif isinstance(child.tag, str) and not _ASIDE & _classes(child):
            yield from _run(child)
        yield Words(child.tail or "")


def _folded(pieces: list[Words | Formula]) -> Iterator[Words | Formula]:
    """Yield the pieces with white space folded, and none at either end."""
    for place, piece in enumerate(pieces):
        if isinstance(piece, Formula):
            yield piece
            continue
        text = re.sub(r"\s+", " ", visible(piece.text))
        text = text.lstrip() if place == 0 else text
        text = text.rstrip() if place == len(pieces) - 1 else text
        if text:
            yield Words(text)


def _classes(element: Any) -> frozenset[str]:
    return frozenset((element.get("class") or "").split()) if isinstance(element.tag, str) else frozenset()


def _below(source: str, paper: ArxivId) -> str:
    """Return where a picture lies below its paper's page; nothing for an address of any other kind.

    Pages name them from their own folder (``x1.png``), or from the folder above (``2401.00001v1/x1.png``).
    """
    last = str(paper).rpartition("/")[2]
    path = unquote(source.strip(), errors="replace").removeprefix(f"/html/{paper}/").removeprefix(f"{last}/").removeprefix("./")
    parts = path.split("/")
    if not path or len(path) > 400 or _UNFIT.search(path) or ":" in parts[0] or {"", ".", ".."} & set(parts):
        return ""
    return path


def _told_apart(pictures: list[Picture]) -> Iterator[Picture]:
    """Yield the pictures with a key for each: the number, or what comes behind it where several share one (3-1, 3-2)."""
    shared: dict[str, int] = {}
    for one in pictures:
        shared[one.key] = shared.get(one.key, 0) + 1
    count: dict[str, int] = {}
    taken: set[str] = set()
    for one in pictures:
        count[one.key] = number = count.get(one.key, 0) + 1
        key = one.key if one.key and shared[one.key] == 1 else f"{one.key or 'x'}-{number}"
        while key.lower() in taken:  # a figure that is called "3-1" itself, or "3A" beside "3a", which some disks take for one name
            key += "x"
        taken.add(key.lower())
        yield replace(one, key=key, figure=one.figure or key)
