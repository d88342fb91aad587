"""Conditional requests: what was answered before is kept, and asked about again only as the server wishes.

Feeds change once a day. Within the time that ``Cache-Control`` gives nobody is asked; after it, the server is told what we have.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from roundup.sources.answers import Answer, AnswerError
from roundup.sources.cache import Cache, Kept
from roundup.sources.http import Http, Request
from roundup.sources.pace import Pace

T = TypeVar("T")

_LONGEST = dt.timedelta(days=1)


def ask_kept(request: Request, http: Http, pace: Pace, cache: Cache, parse: Callable[[Answer], T]) -> T:
    """Return what ``parse`` makes of the answer, or of the kept one where the server says that it still holds."""
    kept = cache.answer(request.url)
    if kept:
        before = Answer(request.url, 200, {"content-type": kept.content_type}, kept.body)
        try:
            good = parse(before)
        except AnswerError:
            kept = None  # damaged here: asked for anew
        else:
            if kept.until > cache.now:
                return good
    if kept:
        sent = {"If-None-Match": kept.etag, "If-Modified-Since": kept.modified}
        request = replace(request, headers={name: value for name, value in sent.items() if value})

    def check(answer: Answer) -> tuple[Answer, T]:
        if answer.status == 304:
            if kept is None:
                raise AnswerError("says that nothing has changed since we asked, and we never did")
            return replace(before, headers={**before.headers, **answer.headers}), good
        return answer, parse(answer)

    answer, value = http.ask(request, pace, check)
    cache.keep_answer(request.url, _kept(answer, kept, cache.now))
    return value


def ask_daily(
    request: Request, http: Http, pace: Pace, cache: Cache, parse: Callable[[Answer], T], *, anew: bool = False, keeps: Callable[[T], bool] = lambda value: True
) -> T:
    """Return what ``parse`` makes of an answer that arXiv works out once a day: what was answered today is not asked for again.

    ``anew`` asks all the same; ``keeps`` tells what is worth keeping. The day ends at midnight UTC, as OAI-PMH's tokens do.
    """
    kept = None if anew else cache.answer(request.url)
    if kept and kept.until > cache.now:
        with contextlib.suppress(AnswerError):  # damaged here: asked for anew
            return parse(Answer(request.url, 200, {"content-type": kept.content_type}, kept.body))
    answer, value = http.ask(request, pace, lambda one: (one, parse(one)))
    if keeps(value):
        midnight = dt.datetime.combine(cache.now.date() + dt.timedelta(days=1), dt.time(), dt.timezone.utc)
        cache.keep_answer(request.url, Kept(midnight, "", "", answer.headers.get("content-type", ""), answer.body))
    return value


def _kept(answer: Answer, before: Kept | None, now: dt.datetime) -> Kept:
    age = re.search(r"max-age=(\d{1,9})", answer.headers.get("cache-control", ""))
    until = now + min(dt.timedelta(seconds=int(age[1])), _LONGEST) if age else now
    etag, modified = answer.headers.get("etag", before.etag if before else ""), answer.headers.get("last-modified", before.modified if before else "")
    return Kept(until, etag[:200], modified[:100], answer.headers.get("content-type", ""), answer.body)
