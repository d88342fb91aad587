"""An issue to Buttondown: its emails, and its merge tags. Pure, but for what ``talk`` does.

Buttondown runs Django's templates over subject and body. The body is sent as it is ("naked" is its word for that), and its text part is made by Buttondown.
Source: https://docs.buttondown.com/api-emails-introduction, /using-templating, /naked-mode, /api-idempotency-keys
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from roundup.mailing.handing import DRAFT, Ask, Campaign, Letter, Talk
from roundup.mailing.message import UNSUBSCRIBE

_WAY_OUT = "{{ unsubscribe_url }}"
_NAKED = "<!-- buttondown-editor-mode: naked -->\n"  # else it takes what it gets for Markdown, or for its editor's HTML
_TAG = re.compile(r"\{(?=[{%#])")
_TAG_OR_END = re.compile(rf"{_TAG.pattern}|\{{\Z")
_APART = "\u2060"  # a word joiner, of which nothing is seen
_PAGES = 100  # of emails, the newest first
_PLACE = "https://buttondown.com/emails/"  # where people look at one


class Emails:
    """The emails of a newsletter at Buttondown; an issue is the one that has its tag for a slug, or in its metadata, however its slug was changed since."""

    name = "Buttondown"

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def known(self, campaign: str, tag: str) -> Campaign | None:
        return self._talk.look(Ask(f"looking for email {campaign}", "GET", f"/emails/{campaign}"), lambda found: _first([found], tag))

    def search(self, tag: str) -> Campaign | None:
        for page in range(1, _PAGES + 1):
            ask = Ask(f"looking for {tag}", "GET", f"/emails?ordering=-creation_date&page={page}")
            found, goes_on = self._talk.ask(ask, lambda answer: (_first(answer["results"], tag), bool(answer.get("next"))))
            if found or not goes_on:
                return found
        return None

    def create(self, letter: Letter, send_id: str) -> Campaign:
        body = {**_body(letter), "slug": letter.tag, "status": DRAFT}
        return self._talk.ask(Ask(f"making a draft of {letter.key}", "POST", "/emails", body, {"X-Idempotency-Key": send_id}), _campaign)

    def update(self, campaign: Campaign, letter: Letter) -> Campaign:
        return self._talk.ask(Ask(f"updating email {campaign.id}", "PATCH", f"/emails/{campaign.id}", _body(letter)), _campaign)

    def test(self, campaign: Campaign, letter: Letter, address: str) -> None:
        self._talk.ask(Ask(f"sending a test to {address}", "POST", f"/emails/{campaign.id}/send-draft", {"recipients": [address]}), bool)

    def start(self, campaign: Campaign) -> Campaign:
        return self._talk.ask(Ask(f"starting email {campaign.id}", "PATCH", f"/emails/{campaign.id}", {"status": "about_to_send"}), _campaign)


def _first(emails: Sequence[Mapping[str, Any]], tag: str) -> Campaign | None:
    ours = (one for one in emails if one.get("slug") == tag or (one.get("metadata") or {}).get("roundup") == tag)
    return next((_campaign(one) for one in ours if one["status"] != "deleted"), None)


def _campaign(data: Mapping[str, Any]) -> Campaign:
    return Campaign(str(data["id"]), str(data["status"]), f"{_PLACE}{data['id']}")


def _body(letter: Letter) -> dict[str, object]:
    return {
        "subject": _TAG.sub("{" + _APART, letter.subject),
        "body": _NAKED + html_tagged(letter.html),
        "template": "naked",
        "canonical_url": letter.address,
        "metadata": {"roundup": letter.tag},
    }


def html_tagged(html: str) -> str:
    """Return HTML in which the way out alone is a tag; what looks like one is written as references, with a joiner between, should these be read before."""
    return _WAY_OUT.join(_TAG_OR_END.sub(f"&#123;&#{ord(_APART)};", piece) for piece in html.split(UNSUBSCRIBE))
