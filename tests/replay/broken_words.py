"""Faults of content: HTTP is kept, but the answer is a refusal, an error that looks like success, or not what was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from . import listings, oai
from .answer import Answer, first, http_date
from .invented import invented
from .scene import Scene

_PAGE = (
    b"<!DOCTYPE html><html><head><title>Rate exceeded</title></head><body><h1>Rate exceeded</h1>"
    b"<p>Please slow down &amp; try again later.</p></body></html>"
)
_PIECE = re.compile(rb" *<(entry|item|record)>.*?</\1>\n", re.DOTALL)
_TOTAL = re.compile(rb"(totalResults[^>]*>)(\d+)")
_DOCTYPE = (
    b'<!DOCTYPE feed [<!ENTITY one "lol"><!ENTITY two "&one;&one;&one;&one;&one;&one;&one;&one;">'
    b'<!ENTITY three "&two;&two;&two;&two;&two;&two;&two;&two;"><!ENTITY file SYSTEM "file:///etc/hostname">]>'
)


def refusal(status: int, body: bytes = b"Rate exceeded.", content_type: str = "text/plain", retry_after: float | None = None, as_date: bool = False) -> Callable[[Scene], Answer]:
    """Return a kind that answers with a status; ``retry_after`` seconds, also as an option, go into that header as a number or as a date."""

    def kind(scene: Scene) -> Answer:
        answer, wait = Answer(body, content_type, status), scene.options.get("retry_after", retry_after)
        if wait is None:
            return answer
        # Dates have whole seconds: one too many rather than one too few.
        stated = http_date(datetime.now(UTC) + timedelta(seconds=wait + 1)) if scene.options.get("as_date", as_date) else str(wait)
        return answer.with_header("Retry-After", stated)

    return kind


def unavailable(scene: Scene) -> Answer:
    """HTTP 503 with a page of the front."""
    return refusal(503, b"<html><body><h1>503 Backend fetch failed</h1></body></html>", "text/html")(scene)


def html_page(scene: Scene) -> Answer:
    """A page that says "Rate exceeded", as a success."""
    return Answer(_PAGE, "text/html; charset=utf-8")


def plain_text(scene: Scene) -> Answer:
    """The words "Rate exceeded.", as a success."""
    return Answer(b"Rate exceeded.", "text/plain")


def json_body(scene: Scene) -> Answer:
    """JSON as a success."""
    return Answer(b'{"error": "unexpected", "entries": []}', "application/json")


def empty_body(scene: Scene) -> Answer:
    """No byte, under the true type."""
    return scene.true().with_body(b"")


def redirect_loop(scene: Scene) -> Answer:
    """302 to the address that was asked."""
    return _moved(scene.server.url + _target(scene))


def redirect_file(scene: Scene) -> Answer:
    """302 to a file of the asker's own machine."""
    return _moved("file:///etc/hostname")


def redirect_inside(scene: Scene) -> Answer:
    """302 to ``to``, an address on loopback: a place that a page from outside must not lead to."""
    return _moved(scene.options.get("to", f"{scene.server.url}/inside"))


def redirect_elsewhere(scene: Scene) -> Answer:
    """302 to the same path on another host: ``to`` (this server under the name localhost), which then answers truly."""
    other = scene.options.get("to", f"http://localhost:{scene.server.port}")
    asked = scene.request.headers.get("host", "")
    return scene.true() if other.removeprefix("http://").startswith(asked) else _moved(other + _target(scene))


def _target(scene: Scene) -> str:
    return scene.request.path + (f"?{scene.request.query}" if scene.request.query else "")


def _moved(to: str) -> Answer:
    return Answer(b"", "text/html", 302, (("Location", to),))


def wrong_charset_header(scene: Scene) -> Answer:
    """UTF-8 under a header that says Latin-1."""
    answer = scene.true()
    return replace(answer, content_type=f"{_bare(answer)}; charset=iso-8859-1")


def wrong_xml_charset(scene: Scene) -> Answer:
    """Latin-1 under a declaration that says UTF-8; some letter is always beyond ASCII."""
    answer = scene.true()
    text = answer.body.decode().replace("<title>", "<title>Café ", 1)
    return answer.with_body(text.encode("latin-1", "xmlcharrefreplace"))


def utf_7(scene: Scene) -> Answer:
    """UTF-7, and said so in header and declaration."""
    answer = scene.true()
    text = re.sub(r"encoding=(['\"])utf-8\1", r"encoding=\1UTF-7\1", answer.body.decode(), count=1, flags=re.IGNORECASE)
    return replace(answer, body=text.encode("utf-7"), content_type=f"{_bare(answer)}; charset=utf-7")


def _bare(answer: Answer) -> str:
    return answer.content_type.partition(";")[0]


def doctype(scene: Scene) -> Answer:
    """A document type with entities that grow, one that names a file, and a title that uses them."""
    answer = scene.true()
    declaration, _, rest = answer.body.partition(b"?>")
    return answer.with_body(declaration + b"?>\n" + _DOCTYPE + rest.replace(b"<title>", b"<title>&three;&file; ", 1))


def cut_body(scene: Scene) -> Answer:
    """A body that ends in the middle of an entry, under the right length."""
    body = scene.true().body
    pieces = list(_PIECE.finditer(body))
    middle = pieces[len(pieces) // 2].span() if pieces else (0, len(body))
    return scene.true().with_body(body[: sum(middle) // 2])


def empty_first_page(scene: Scene) -> Answer:
    """The first page without entries though the total is positive; later pages are true."""
    return _emptied(scene.true()) if _start(scene) == 0 else scene.true()


def empty_later_page(scene: Scene) -> Answer:
    """Later pages without entries; the first is true."""
    return _emptied(scene.true()) if _start(scene) else scene.true()


def _start(scene: Scene) -> int:
    return int(first(scene.arguments, "start", "0"))


def _emptied(answer: Answer) -> Answer:
    return answer.with_body(_PIECE.sub(b"", answer.body))


def total_changed(scene: Scene) -> Answer:
    """Later pages say a total that is higher by ``by`` (7)."""
    return _total_plus(scene.true(), scene.options.get("by", 7) if _start(scene) else 0)


def _total_plus(answer: Answer, change: int) -> Answer:
    return answer.with_body(_TOTAL.sub(lambda match: match[1] + str(max(0, int(match[2]) + change)).encode(), answer.body))


def repeated_page(scene: Scene) -> Answer:
    """Later pages hold the entries of the first."""
    return _page_from(scene, 0)


def overlapping_page(scene: Scene) -> Answer:
    """Later pages begin ``by`` (2) entries early."""
    return _page_from(scene, max(0, _start(scene) - scene.options.get("by", 2)))


def _page_from(scene: Scene, start: int) -> Answer:
    """Return the page that begins elsewhere under the number of the page asked for."""
    answer = scene.true(start=str(start))
    return answer.with_body(re.sub(rb"(startIndex[^>]*>)\d+", rb"\g<1>%d" % _start(scene), answer.body))


def order_ignored(scene: Scene) -> Answer:
    """The entries of the page in an order that nobody asked for."""
    answer = scene.true()
    pieces = [match[0] for match in _PIECE.finditer(answer.body)]
    moved = iter(pieces[1::2] + pieces[0::2][::-1])
    return answer.with_body(_PIECE.sub(lambda match: next(moved), answer.body))


def id_missing(scene: Scene) -> Answer:
    """One entry left out and the total lowered, as when the index lags: that of ``id``, or the first."""
    answer = scene.true()
    wanted = scene.options.get("id", "").encode()
    gone = next((match for match in _PIECE.finditer(answer.body) if wanted in match[0]), None)
    return answer if gone is None else _total_plus(answer.with_body(answer.body[: gone.start()] + answer.body[gone.end() :]), -1)


def foreign_id(scene: Scene) -> Answer:
    """The first entry says that it is another paper: ``id`` (2401.99999v1)."""
    answer = scene.true()
    return answer.with_body(re.sub(rb"(/abs/)[^<]+(</id>)", rb"\g<1>%b\2" % scene.options.get("id", "2401.99999v1").encode(), answer.body, count=1))


def error_entry(scene: Scene) -> Answer:
    """The feed of one entry titled "Error", with HTTP 400 (``status``)."""
    return replace(scene.true(start="-1", search_query="all:x"), status=scene.options.get("status", 400))


def error_entry_as_success(scene: Scene) -> Answer:
    """The same with HTTP 200, as the old server sent it."""
    return replace(error_entry(scene), status=200)


def day_old_feed(scene: Scene) -> Answer:
    """The listing of the day before under today's dates."""
    days = sorted(scene.server.store.by_day)
    today = scene.server.day or days[-1]
    before = max((day for day in days if day < today), default=today)
    return _listing(scene, before, today)


def weekend_feed(scene: Scene) -> Answer:
    """The valid channel without items that Saturdays have."""
    today = scene.server.day or max(scene.server.store.by_day)
    return _listing(scene, date.min, today + timedelta(days=(5 - today.weekday()) % 7))


def full_feed(scene: Scene) -> Answer:
    """A listing of exactly 2,000 items: the day had more, and the newest papers were cut."""
    kind, names = _feed_asked(scene)
    today = scene.server.day or max(scene.server.store.by_day)
    items = [listings.Item(replace(paper, categories=names, versions=paper.versions[:1]), "new") for paper in invented(listings.CAP + 100)]
    return listings.feed(kind, names, items, today)


def _listing(scene: Scene, of: date, said: date) -> Answer:
    """Return the feed asked for with the items of one day and the dates of another."""
    kind, names = _feed_asked(scene)
    return listings.feed(kind, names, listings.announced(scene.server.store.by_day.get(of, ()), names), said)


def _feed_asked(scene: Scene) -> tuple[str, tuple[str, ...]]:
    kind, _, names = scene.request.path.removeprefix("/").partition("/")
    return kind, listings.categories_named(names)


def token_expired(scene: Scene) -> Answer:
    """badResumptionToken for a request that goes on; a first request is answered truly."""
    if "resumptionToken" not in scene.arguments:
        return scene.true()
    return oai.refusal(oai.OAIError("badResumptionToken", "Token has expired."), scene.server.time())


def no_records(scene: Scene) -> Answer:
    """noRecordsMatch, which is an answer and no fault."""
    return oai.refusal(oai.OAIError("noRecordsMatch"), scene.server.time())
