"""Hugging Face's daily papers: ``/hf/daily_papers`` -> a JSON array, shaped as in recordings of summer 2026.

Every person in it is the same invented reader. IDs have no version; the outer ``publishedAt`` lies hours before the inner one.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, timedelta
from typing import Any

from .answer import Answer, Arguments, first
from .papers import ReplayPaper
from .store import Store

MOST = 100
"""The most items in one answer; 50 unless asked."""


def answer(store: Store, arguments: Arguments) -> Answer:
    """Return the papers listed on a day, in a week or in a month; on the newest day where none is named."""
    try:
        begin, end = _span(store, arguments)
        page, limit = int(first(arguments, "p", "0")), min(int(first(arguments, "limit", "50")), MOST)
    except ValueError as error:
        return _json({"error": str(error)}, 400)
    papers = [paper for paper in store.papers if paper.listed and begin <= paper.listed <= end]
    if first(arguments, "sort", "publishedAt") == "trending":
        papers.sort(key=lambda paper: (-paper.upvotes, paper.id))
    else:
        papers.sort(key=lambda paper: (paper.listed, paper.submitted, paper.id), reverse=True)
    return _json([_item(paper) for paper in papers[page * limit : (page + 1) * limit]])


def _span(store: Store, arguments: Arguments) -> tuple[date, date]:
    """Return the first and the last day asked for; raise ValueError for what is no date."""
    if day := first(arguments, "date"):
        return (one := date.fromisoformat(day)), one
    if week := first(arguments, "week"):
        if not re.fullmatch(r"\d{4}-W\d{2}", week):
            raise ValueError(f"Invalid week: {week}")
        monday = date.fromisocalendar(int(week[:4]), int(week[-2:]), 1)
        return monday, monday + timedelta(days=6)
    if month := first(arguments, "month"):
        opening = date.fromisoformat(f"{month}-01")
        return opening, (opening + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    newest = max((paper.listed for paper in store.papers if paper.listed), default=date.min)
    return newest, newest


def _json(value: object, status: int = 200) -> Answer:
    return Answer(json.dumps(value, ensure_ascii=False).encode(), "application/json; charset=utf-8", status)


def _key(text: str) -> str:
    """Return 24 hexadecimal digits, as their object ids have."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _reader() -> dict[str, Any]:
    return {"_id": _key("a reader"), "avatarUrl": "/avatars/none.svg", "fullname": "A Reader", "name": "reader", "type": "user", "isPro": False}


def _item(paper: ReplayPaper) -> dict[str, Any]:
    midnight = f"{paper.submitted.date()}T00:00:00.000Z"
    inner: dict[str, Any] = {
        "id": paper.id,
        "authors": [{"_id": _key(f"{paper.id} {name}"), "name": name, "hidden": False} for name, _ in paper.authors],
        "publishedAt": midnight,
        "submittedOnDailyAt": f"{paper.listed}T00:00:00.000Z",
        "title": paper.title,
        "submittedOnDailyBy": {**_reader(), "user": "reader"},
        "summary": paper.abstract,
        "upvotes": paper.upvotes,
        "discussionId": _key(paper.id),
    }
    if paper.github:
        inner |= {"githubRepo": paper.github, "githubRepoAddedBy": "user", "githubStars": paper.upvotes * 3}
    return {
        "paper": inner,
        "publishedAt": f"{paper.submitted.date() - timedelta(days=1)}T20:00:00.000Z",
        "title": paper.title,
        "summary": paper.abstract,
        "thumbnail": f"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{paper.id}.png",
        "numComments": paper.comments,
        "submittedBy": {**_reader(), "isHf": False, "isHfAdmin": False, "isMod": False, "isUserFollowing": False},
        "isAuthorParticipating": False,
    }
