"""One request after the other: in turn, with limits on time, size and hosts, and asked again only where that helps.

What comes back has been read to its end within its limits; whether it says what it should is for ``check`` to tell.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import re
import socket
import threading
import zlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import urllib3
from msgspec import Struct, field

from roundup.errors import FetchError
from roundup.sources.answers import Answer, AnswerError
from roundup.sources.pace import LONGEST_S, Pace
from roundup.sources.pools import pool_manager
from roundup.sources.reach import Reach

T = TypeVar("T")

_HOPS = 5
http.client._MAXHEADERS = 2000  # type: ignore[attr-defined]  # a flood of cookies is no reason to lose a paper; each line has its own limit


class Limits(Struct, frozen=True):
    """What one request may take: seconds of silence, seconds in all, bytes of an answer unpacked."""

    silence_s: float = 15.0
    total_s: float = 50.0  # tried once: no source that is dead costs more than a minute
    size: int = 9_000_000  # reckoned from ours: 434 KB for 200 records of OAI-PMH, 622 KB for a feed of 314 papers; theirs may be ten times as long


_USUAL = Limits()
_NEVER = dt.datetime.max.replace(tzinfo=dt.timezone.utc)


class Request(Struct, frozen=True):
    """What to ask for, of whom: redirects lead no further than ``hosts``, which are ``host`` or ``host:port``."""

    url: str
    accept: str
    hosts: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"Request({self.method!r}, {self.url!r})"  # a login may be among the headers

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("method", self.method), ("url", self.url)]  # Struct's own tells all

    def may_lead_to(self, url: str) -> bool:
        """Tell whether a redirect may be followed: to the same host or an allowed one, and never off TLS."""
        here, there = urlsplit(self.url), urlsplit(url)
        if there.scheme not in {"http", "https"} or (here.scheme == "https" and there.scheme == "http"):
            return False
        return there.netloc in self.hosts | {here.netloc} and "@" not in there.netloc


_ARXIV = frozenset(("arxiv.org", "www.arxiv.org", "export.arxiv.org", "rss.arxiv.org", "oaipmh.arxiv.org"))


def hosts_of(url: str) -> frozenset[str]:
    """Return the hosts that a redirect may lead to: arXiv's own from one to the other, and from anywhere else none."""
    return _ARXIV if urlsplit(url).hostname in _ARXIV else frozenset()


class Http:
    """One connection a host, no cookies, no credentials, no proxy but the one that ``proxy`` names for an address.

    ``now`` tells the time where a server's ``Retry-After`` is a date and its answer has none of its own.
    ``reach`` tells which addresses may be asked; without one all may, as where nobody but the editors names whom to ask.
    """

    def __init__(
        self, agent: str, *, limits: Limits = _USUAL, now: Callable[[], dt.datetime] = lambda: _NEVER, proxy: Callable[[str], str] = lambda url: "",
        reach: Reach | None = None,
    ) -> None:  # fmt: skip
        self.agent, self.limits, self.now, self.proxy, self.reach = agent, limits, now, proxy, reach
        self.asked = 0  # requests made, redirects and tries counted
        self.tell: Callable[[str], None] = lambda what: None  # hears of every pause that is longer than usual
        self._sockets: list[socket.socket] = []
        self._pools: dict[str, urllib3.PoolManager] = {}

    def ask(self, request: Request, pace: Pace, check: Callable[[Answer], T]) -> T:
        """Return what ``check`` makes of the answer; an AnswerError that it raises is asked about again, at most 4 times in all.

        FetchError when no try brought an answer that can be taken, or the server asks for a longer pause than anybody waits.
        """
        tries = 0
        while True:
            tries += 1
            try:
                return check(self._answer(request, pace))
            except AnswerError as fault:
                wait_s = max(fault.wait_s, pace.delay_s * 2 ** (tries - 1))
                if fault.wait_s > LONGEST_S:
                    raise FetchError(request.url, str(fault), tries, f"it asks to be left alone for {_duration(fault.wait_s)}; come back after that") from fault
                if tries >= fault.tries:
                    raise FetchError(request.url, str(fault), tries, fault.mend) from fault
                self.tell(f"{urlsplit(request.url).netloc} {fault}; asking again in {wait_s:.0f} s")
                pace.hold(wait_s)

    def once(self, request: Request) -> Answer:
        """Return the answer, whatever its status: nothing is followed, and nothing asked again. AnswerError where there is none."""
        return self._once(request.url, request)

    def close(self) -> None:
        for pool in self._pools.values():
            pool.clear()

    def _answer(self, request: Request, pace: Pace) -> Answer:
        url = request.url
        for _ in range(_HOPS + 1):
            with pace.turn():
                answer = self._once(url, request)
            if answer.status not in {301, 302, 303, 307, 308}:
                return self._fit(answer)
            try:
                target = urljoin(url, answer.headers.get("location", ""))
            except ValueError as error:
                raise AnswerError(f"sends us on to {answer.headers.get('location', '')[:200]}, which is no address", tries=1) from error
            if not request.may_lead_to(target):
                raise AnswerError(f"sends us on to {target[:200]}, which is not one of its own addresses", tries=1)
            url = target
        raise AnswerError(f"sends us on more than {_HOPS} times", tries=1)

    def _fit(self, answer: Answer) -> Answer:
        """Return the answer where its status is good (200, 304) or explains itself (400, 404)."""
        if answer.status in {200, 304, 400, 404}:
            return answer
        what = f"answered HTTP {answer.status}"
        wait_s = retry_after(answer.headers, self.now)
        passing = answer.status in {406, 408, 425, 429} or (answer.status >= 500 and answer.status not in {501, 505})
        raise AnswerError(what, tries=4 if passing else 1, wait_s=wait_s)

    def _once(self, url: str, request: Request) -> Answer:
        """Return one answer, read to its end; AnswerError where it cannot be had within the limits."""
        self.asked += 1
        expired = threading.Event()
        watch = threading.Timer(self.limits.total_s, self._cut, [expired])
        watch.daemon = True
        headers = {"User-Agent": self.agent, "Accept": request.accept, "Accept-Encoding": "gzip", **request.headers}
        try:
            try:
                watch.start()
            except RuntimeError as error:  # the system lets there be no more threads
                raise AnswerError(f"was not asked, for {error}", tries=1) from error
            response = self._pool(url).urlopen(
                request.method, url, body=request.body, headers=headers, preload_content=False, decode_content=False, redirect=False, retries=False,
                timeout=urllib3.Timeout(connect=min(10.0, self.limits.silence_s), read=self.limits.silence_s),
            )  # fmt: skip
            try:
                body = self._body(response)
                if expired.is_set():  # the cut looks like an end where no length is given
                    raise AnswerError(f"did not finish its answer within {self.limits.total_s:g} s", tries=1)
            except BaseException:
                response.close()  # what is left in it would be taken for the next answer
                raise
            finally:
                response.release_conn()  # the pool has one connection, and lends it once
            return Answer(url, response.status, {name.lower(): value for name, value in response.headers.items()}, body)
        except (urllib3.exceptions.HTTPError, OSError, ValueError, zlib.error) as error:
            if expired.is_set():
                raise AnswerError(f"did not finish its answer within {self.limits.total_s:g} s", tries=1) from error
            raise _fault(error, self.limits) from error
        finally:
            watch.cancel()

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        read = response.status in {200, 400, 404}  # what else is said is not looked at, and need not be unpacked
        packing = response.headers.get("content-encoding", "identity").strip().lower() if read else ""
        if packing not in {"identity", "", "gzip", "x-gzip"}:
            raise AnswerError(f'answered packed as "{packing[:40]}", which was not asked for', tries=1)
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in packing else None
        parts, size = [], 0
        for chunk in response.stream(65536, decode_content=False):
            left = chunk
            while left:
                if unpack and unpack.eof:
                    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)  # one packed piece may follow another
                part = unpack.decompress(left, self.limits.size + 1 - size) if unpack else left
                parts.append(part)
                size += len(part)
                if size > self.limits.size:
                    raise AnswerError(f"answered with more than {self.limits.size:,} bytes", tries=1)
                left = unpack.unused_data if unpack else b""
        if unpack and parts and not unpack.eof:
            raise AnswerError("broke off in the middle of its answer")
        return b"".join(parts)

    def _cut(self, expired: threading.Event) -> None:
        """End an answer that takes too long, however it drips: a limit on each silence alone lets it go on for ever."""
        expired.set()
        for one in tuple(self._sockets):  # as they are now: the next try may have begun
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed already

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = self.proxy(url)
        if proxy and self.reach:
            self.reach.refuse_literal(urllib3.util.parse_url(url).host or "")
        if proxy not in self._pools:
            reach = None if proxy else self.reach  # a proxy is the machine's own choice, and looks names up itself
            self._pools[proxy] = pool_manager(proxy, self._sockets, reach)
        return self._pools[proxy]


def _fault(error: Exception, limits: Limits) -> AnswerError:
    """Return what a failure of the connection is in a reader's words, and how often it is worth another try."""
    match error:
        case AnswerError():
            return error
        case urllib3.exceptions.NameResolutionError():
            return AnswerError("cannot be found: its name does not resolve", tries=2)
        case urllib3.exceptions.SSLError():
            return AnswerError("cannot be trusted: its certificate is not good", tries=1)
        case urllib3.exceptions.NewConnectionError():  # before the time-outs, of which it is one to urllib3
            cause = error.__cause__ or error.__context__
            said = (cause.strerror or "").lower() if isinstance(cause, OSError) else ""
            return AnswerError(f"cannot be reached{f': {said}' if said else ''}", tries=2)
        case urllib3.exceptions.TimeoutError():
            return AnswerError(f"said nothing for {limits.silence_s:g} s", tries=2)
        case urllib3.exceptions.ProxySchemeUnknown() | urllib3.exceptions.ProxySchemeUnsupported():
            return AnswerError("cannot be reached: the proxy that the environment names is none that can be used", tries=1)
        case urllib3.exceptions.ProxyError():
            return AnswerError("cannot be reached through the proxy that the environment names", tries=2)
        case urllib3.exceptions.ProtocolError() | zlib.error() | OSError():
            return AnswerError("broke off in the middle of its answer")
        case urllib3.exceptions.LocationParseError() | ValueError():
            return AnswerError("is no address that can be asked", tries=1)
    return AnswerError("broke off in the middle of its answer")


def retry_after(headers: Mapping[str, str], clock: Callable[[], dt.datetime]) -> float:
    """Return the seconds that ``Retry-After`` asks for, in either form; 0 where it asks for nothing.

    A date is held against the server's own ``Date``: the two come from one clock, whatever ours says.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,30}", text, re.ASCII):
        return float(text)
    until = _http_date(text)
    return max(0.0, (until - (_http_date(headers.get("date", "")) or clock())).total_seconds()) if until else 0.0


def _http_date(text: str) -> dt.datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
