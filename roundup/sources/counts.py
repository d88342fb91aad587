"""arXiv's own list of new papers -> of which day it is, and how many papers it counts as new in a category.

Feeds do not say how many papers they should have; these pages, which people read, do. They are made from the same base by another way.
Source: https://info.arxiv.org/help/robots.html, and the template of the page, https://github.com/arXiv/arxiv-browse
"""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import quote

from msgspec import Struct

from roundup.sources.answers import Answer, AnswerError
from roundup.sources.cache import Cache
from roundup.sources.guard import web_page
from roundup.sources.http import Http, Request, hosts_of
from roundup.sources.kept import ask_daily
from roundup.sources.pace import Pace

_LEAST = 25  # papers of a page; the head counts them all
_MONTHS = "January February March April May June July August September October November December".split()
_DAY = re.compile(rf"new listings for \w+, (\d{{1,2}}) ({'|'.join(_MONTHS)}) (\d{{4}})")
_NEW = re.compile(r"New submissions[^()]{0,60}\([^()]{0,60}\bof ([\d,]{1,9}) entries\s*\)")
_NONE = re.compile(r"Cross(?:-lists| submissions)|Replacement|No updates")  # what a day without new papers has in their place


class Count(Struct, frozen=True):
    """How many papers arXiv's list for ``day`` has as new in a category that is their home: no cross-lists, no replacements."""

    day: dt.date
    new: int


class Lists:
    """The lists at ``base``, which is https://arxiv.org."""

    def __init__(self, base: str, http: Http, pace: Pace, cache: Cache) -> None:
        self.base, self.http, self.pace, self.cache = base, http, pace, cache

    def count(self, category: str, day: dt.date) -> Count:
        """Return the count of the newest list of a category; asked for once, as soon as it is of ``day``."""
        url = f"{self.base}/list/{quote(category)}/new?skip=0&show={_LEAST}"
        return ask_daily(Request(url, "text/html", hosts_of(url)), self.http, self.pace, self.cache, parse_count, keeps=lambda found: found.day == day)


def parse_count(answer: Answer) -> Count:
    """Return what a page counts; AnswerError where it is no list, or does not say of which day or how many."""
    root = web_page(answer)
    if answer.status != 200:
        raise AnswerError(f"answered HTTP {answer.status}", tries=1)
    words = " ".join(" ".join(root.itertext()).split())
    of_day, new = _DAY.search(words), _NEW.search(words)
    if not of_day or not (new or ("New submissions" not in words and _NONE.search(words))):
        raise AnswerError("answered with a web page that counts no new papers", tries=1)
    try:
        day = dt.date(int(of_day[3]), _MONTHS.index(of_day[2]) + 1, int(of_day[1]))
    except ValueError as error:
        raise AnswerError(f'answered with a list of "{of_day[0][17:]}", which is no day', tries=1) from error
    return Count(day, int(new[1].replace(",", "")) if new else 0)
