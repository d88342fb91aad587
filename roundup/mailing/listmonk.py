"""An issue to a listmonk: its campaigns, and its merge tags. Pure, but for what ``talk`` does.

listmonk runs Go's html/template over a campaign's subject, HTML and text, the text too as if it were HTML. So what editors wrote and would be read
as a tag, or as HTML in the text, is put in another way that comes out as they wrote it.
Source: https://listmonk.app/docs/apis/campaigns/ and https://listmonk.app/docs/templating/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from roundup.config import Listmonk, Mail
from roundup.mailing.address import Mailbox
from roundup.mailing.handing import Ask, Campaign, Letter, Talk
from roundup.mailing.message import UNSUBSCRIBE

_WAY_OUT = "{{ UnsubscribeURL }}"
# Braces side by side, also with a tag of ours, and the short form of a link that counts clicks, https://example.org@TrackLink; in text, what begins HTML.
_IN_HTML = re.compile(r"\{(?=[{@]|\Z)|@(?=TrackLink)")
_IN_TEXT = re.compile(r"\{(?=[{@<]|\Z)|@(?=TrackLink)|<")


class Campaigns:
    """The campaigns of a listmonk; an issue is the one that has its tag for a name, or among its tags, however it was renamed since."""

    name = "listmonk"

    def __init__(self, config: Listmonk, mail: Mail, talk: Talk) -> None:
        self.config, self.mail, self._talk = config, mail, talk

    def known(self, campaign: str, tag: str) -> Campaign | None:
        ask = Ask(f"looking for campaign {campaign}", "GET", f"/api/campaigns/{campaign}?no_body=true")
        return self._talk.look(ask, lambda found: self._first([found["data"]], tag))

    def search(self, tag: str) -> Campaign | None:
        ask = Ask(f"looking for {tag}", "GET", f"/api/campaigns?query={quote(tag)}&no_body=true&per_page=all")
        return self._talk.ask(ask, lambda found: self._first(found["data"]["results"], tag))

    def create(self, letter: Letter, send_id: str) -> Campaign:
        return self._talk.ask(Ask(f"making a draft of {letter.key}", "POST", "/api/campaigns", self._body(letter)), self._campaign)

    def update(self, campaign: Campaign, letter: Letter) -> Campaign:
        return self._talk.ask(Ask(f"updating campaign {campaign.id}", "PUT", f"/api/campaigns/{campaign.id}", self._body(letter)), self._campaign)

    def test(self, campaign: Campaign, letter: Letter, address: str) -> None:
        body = {**self._body(letter), "subscribers": [address]}
        self._talk.ask(Ask(f"sending a test to {address}", "POST", f"/api/campaigns/{campaign.id}/test", body), bool)

    def start(self, campaign: Campaign) -> Campaign:
        ask = Ask(f"starting campaign {campaign.id}", "PUT", f"/api/campaigns/{campaign.id}/status", {"status": "running"})
        return self._talk.ask(ask, self._campaign)

    def _first(self, campaigns: Sequence[Mapping[str, Any]], tag: str) -> Campaign | None:
        ours = (one for one in campaigns if one["name"] == tag or tag in (one.get("tags") or ()))
        return next((self._campaign({"data": one}) for one in ours), None)

    def _campaign(self, answer: Mapping[str, Any]) -> Campaign:
        data = answer["data"]
        return Campaign(str(data["id"]), str(data["status"]), f"{self.config.url}/admin/campaigns/{data['id']}")

    def _body(self, letter: Letter) -> dict[str, object]:
        sender = self.mail.sender
        return {
            "name": letter.tag,
            "tags": [letter.tag],
            "subject": text_tagged(letter.subject),
            "lists": list(self.config.lists),
            "type": "regular",
            "messenger": "email",
            "content_type": "html",
            "body": html_tagged(letter.html),
            "altbody": text_tagged(letter.text),
            "template_id": self.config.template,
            **({"from_email": _mailbox(sender)} if sender else {}),
            **({"headers": [{"Reply-To": self.mail.reply_to}]} if self.mail.reply_to else {}),
        }


def _mailbox(who: Mailbox) -> str:
    name = who.name.replace("\\", "\\\\")  # it has no quotes, or it would be no mailbox
    return f'"{name}" <{who.address}>' if name else who.address


def html_tagged(html: str) -> str:
    """Return HTML in which the way out alone is a tag; what looks like one is written as character references."""
    return _WAY_OUT.join(_IN_HTML.sub(lambda found: f"&#{ord(found[0])};", piece) for piece in html.split(UNSUBSCRIBE))


def text_tagged(text: str) -> str:
    """Return text in which the way out alone is a tag; what looks like one, or like HTML, is what a tag gives."""
    return _WAY_OUT.join(_IN_TEXT.sub(lambda found: f'{{{{ Safe "{found[0]}" }}}}', piece) for piece in text.split(UNSUBSCRIBE))
