"""Hugging Face's daily papers -> arXiv IDs with the votes and comments of readers, and where the code is.

Fields come and go there, so only what is needed is read; the accounts of people are not. It gives no categories and no
version: the records themselves come from arXiv. Source: https://huggingface.co/docs/hub/api
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from roundup.paper import ArxivId, Sighting, parse_arxiv_id
from roundup.sources.answers import REFUSED, Answer, AnswerError
from roundup.sources.cache import Cache
from roundup.sources.finds import code_links
from roundup.sources.http import Http, Request
from roundup.sources.kept import ask_kept
from roundup.sources.pace import Pace
from roundup.text.visible import one_line

_PAGE = 100


class Listed(Struct, frozen=True):
    """A paper as it stands in a day's list."""

    id: ArxivId
    seen: Sighting
    code: tuple[str, ...] = ()


class DailyList(Struct, frozen=True):
    """A day's list, the most voted first; what of it was no paper, and why."""

    papers: tuple[Listed, ...]
    unfit: tuple[str, ...] = ()


class HuggingFace:
    """The interface at ``base``."""

    def __init__(self, base: str, http: Http, pace: Pace, cache: Cache) -> None:
        self.base, self.http, self.pace, self.cache = base, http, pace, cache

    def daily(self, day: dt.date | None = None) -> DailyList:
        """Return the list of a day, or the newest."""
        found: dict[ArxivId, Listed] = {}
        unfit: list[str] = []
        for number in range(20):  # a day has some 30 papers
            asked = {"date": day.isoformat()} if day else {}
            url = f"{self.base}/daily_papers?{urlencode({**asked, 'p': number, 'limit': _PAGE})}"
            page = ask_kept(Request(url, "application/json"), self.http, self.pace, self.cache, lambda answer: parse_daily(answer, day))
            new = {one.id: one for one in page.papers if one.id not in found}
            found |= new
            unfit += page.unfit
            if len(page.papers) + len(page.unfit) < _PAGE or not new:
                break
        return DailyList(tuple(sorted(found.values(), key=lambda one: -(one.seen.upvotes or 0))), tuple(unfit))


def parse_daily(answer: Answer, day: dt.date | None) -> DailyList:
    """Return the list that an answer holds; AnswerError where it is no list of papers."""
    try:
        items = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise AnswerError(f"answered with {answer.content_type or 'something'} that is no JSON") from error
    if isinstance(items, dict) and "error" in items:
        raise AnswerError(f'refuses the question: "{one_line(str(items["error"]))[:200]}"', tries=1, mend=REFUSED)
    if answer.status != 200:
        raise AnswerError(f"answered HTTP {answer.status}", tries=1)
    if not isinstance(items, list):
        raise AnswerError("answered with JSON that is no list of papers")
    found, unfit = [], []
    for item in items:
        try:
            found.append(_listed(item, day))
        except ValueError as reason:
            unfit.append(f"an item of the list was passed over: {reason}")
    return DailyList(tuple(found), tuple(unfit))


def _listed(item: Any, day: dt.date | None) -> Listed:
    paper = item.get("paper") if isinstance(item, dict) else None
    if not isinstance(paper, dict) or not isinstance(paper.get("id"), str):
        raise ValueError("it names no paper")
    announced = day or _day(str(paper.get("submittedOnDailyAt") or ""))
    seen = Sighting("huggingface", announced, "", _number(paper.get("upvotes")), _number(item.get("numComments")))
    repository = paper.get("githubRepo")
    return Listed(parse_arxiv_id(paper["id"]).latest, seen, code_links(repository) if isinstance(repository, str) else ())


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None
