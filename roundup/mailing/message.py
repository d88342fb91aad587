"""An issue's mail + a subscriber -> the bytes of a message. Pure.

The bytes are put together here, and not by the standard library: its headers take ``=?utf-8?q?=0A…?=`` in a title for a line of their own
(CVE-2024-6923), and encode an address in List-Unsubscribe that is longer than a line, which Gmail then ignores.
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import quote

from msgspec import Struct

from roundup.mailing.address import Mailbox
from roundup.mailing.subscribers import Subscriber
from roundup.text.visible import one_line, visible

UNSUBSCRIBE = "https://unsubscribe.invalid/"  # stands in a letter where a subscriber's own address goes
_PLAIN = re.compile(r"[ !-~]{0,60}")
_PHRASE = re.compile(r"[A-Za-z0-9 !#$%&'*+/^_`{|}~-]+")  # a name that needs no quotes (RFC 5322)
_MOST = 45  # bytes in an encoded word: with base64 and its frame a word has 72 characters, and may have 75 (RFC 2047)
_LONGEST = 998  # characters of a line (RFC 5322)
_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Letterhead(Struct, frozen=True):
    """What all messages of an issue have in common, but for their texts. ``date`` is the issue's, and ``ways_out`` may hold ``{email}``."""

    key: str
    subject: str
    date: dt.date
    sender: Mailbox
    reply_to: str
    list_name: str
    list_id: str
    ways_out: tuple[str, ...]


class Message:
    """One issue, ready for each subscriber: both texts are encoded once, and the way out put in for each. ``now`` tells the time, in UTC, that each bears."""

    def __init__(self, head: Letterhead, html: str, text: str, now: Callable[[], dt.datetime]) -> None:
        self.head, self.now = head, now
        self._text = [_quoted_printable(piece) for piece in text.split(UNSUBSCRIBE)]
        self._html = [_quoted_printable(piece) for piece in html.split(UNSUBSCRIBE)]
        self.digest = hashlib.blake2b(f"{head}\0{html}\0{text}".encode("utf-8", "replace"), digest_size=16).hexdigest()
        self._boundary = f"=_{hashlib.blake2b(f'{head.list_id} {head.key}'.encode(), digest_size=12).hexdigest()}"  # "=_" is in no quoted-printable text

    def to(self, subscriber: Subscriber) -> bytes:
        """Return the message for a subscriber, the same one each time but for its date. ValueError where its headers would not be ours alone."""
        ways = ways_out(self.head.ways_out, subscriber)
        headers = [*self._headers(subscriber, ways)]
        top = b"".join(f"{name}: {value}\r\n".encode("ascii") for name, value in headers)
        if read_names(top) != [name for name, _ in headers] or max(map(len, top.split(b"\r\n"))) > _LONGEST:
            raise ValueError(f"the headers of the message to {subscriber.address} would not be read as they are meant")
        out = next(iter(ways), "")
        parts = (("plain", self._text, out), ("html", self._html, escape(out)))
        body = b"".join(self._part(kind, _joined(pieces, address)) for kind, pieces, address in parts)
        return b"%b\r\n%b--%b--\r\n" % (top, body, self._boundary.encode())

    def _part(self, kind: str, body: bytes) -> bytes:
        head = f"--{self._boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        return head.encode() + body + b"\r\n"

    def _headers(self, subscriber: Subscriber, ways: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        head = self.head
        yield "From", _mailbox(head.sender)
        yield "To", _mailbox(Mailbox(subscriber.address, subscriber.name))
        if head.reply_to:
            yield "Reply-To", head.reply_to
        yield "Subject", _words(head.subject) or head.key
        sent = self.now()
        yield "Date", f"{_DAYS[sent.weekday()]}, {sent.day:02} {_MONTHS[sent.month - 1]} {sent.year:04} {sent:%H:%M:%S} +0000"
        yield "Message-ID", message_id(head, subscriber)
        yield "List-Id", f"{_phrase(head.list_name)}\r\n <{head.list_id}>" if head.list_name else f"<{head.list_id}>"
        if ways:
            yield "List-Unsubscribe", ", ".join(f"<{way}>" for way in ways)
        if any(way.startswith("https:") for way in ways):
            yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"  # RFC 8058
        yield "MIME-Version", "1.0"
        yield "Content-Type", f'multipart/alternative;\r\n boundary="{self._boundary}"'


def message_id(head: Letterhead, subscriber: Subscriber) -> str:
    """Return the name of a message, fixed by issue and subscriber: a mailbox that got it twice can tell."""
    own = hashlib.blake2b(f"{head.list_id}\0{head.key}\0{subscriber.key}".encode(), digest_size=16).hexdigest()
    return f"<{head.key}.{own}@{head.sender.address.rpartition('@')[2]}>"


def ways_out(given: tuple[str, ...], subscriber: Subscriber) -> tuple[str, ...]:
    """Return the addresses by which a subscriber leaves the list: the subscriber's own in place of the list's of the same kind."""
    filled = [way.replace("{email}", quote(subscriber.address, safe="@")) for way in given]
    if own := subscriber.unsubscribe:
        kind = own.partition(":")[0]
        filled = [own, *(way for way in filled if way.partition(":")[0] != kind)]
    return tuple(sorted(filled, key=lambda way: not way.startswith("https:")))  # mail readers take the first that they know


def read_names(top: bytes) -> list[str]:
    """Return the names of the headers as a mail reader finds them."""
    from email.parser import BytesHeaderParser  # only who sends needs it

    return list(BytesHeaderParser().parsebytes(top + b"\r\n").keys())


def _mailbox(who: Mailbox) -> str:
    return f"{_phrase(who.name)}\r\n <{who.address}>" if who.name.strip() else who.address


def _phrase(text: str) -> str:
    """Return a name as it stands before an address."""
    text = one_line(visible(text))
    if _PLAIN.fullmatch(text) and "=?" not in text:
        return text if _PHRASE.fullmatch(text) else '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    return _encoded(text)


def _words(text: str) -> str:
    """Return a running text as it stands in a header; what looks as if it were encoded already is encoded, to be shown as it is."""
    text = one_line(visible(text))
    return text if _PLAIN.fullmatch(text) and "=?" not in text else _encoded(text)


def _encoded(text: str) -> str:
    """Return a text as encoded words, a line each (RFC 2047); no letter is divided."""
    chunks = [""]
    for letter in text:
        if len((chunks[-1] + letter).encode("utf-8", "replace")) > _MOST:
            chunks.append("")
        chunks[-1] += letter
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(chunk.encode('utf-8', 'replace'), newline=False).decode()}?=" for chunk in chunks)


def _quoted_printable(text: str) -> bytes:
    data = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    return binascii.b2a_qp(data, istext=True).replace(b"\n", b"\r\n")


def _joined(pieces: list[bytes], address: str) -> bytes:
    """Return encoded pieces with an address between them, on lines of its own: a line's end behind ``=`` is none of the text."""
    return (b"=\r\n" + _quoted_printable(address) + b"=\r\n").join(pieces)
