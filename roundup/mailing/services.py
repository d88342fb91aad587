"""An issue as a campaign of a mail service, through its API: a draft, or sent at once. The same issue again is the same campaign.

Sources: https://listmonk.app/docs/apis/campaigns/ and https://docs.buttondown.com/api-emails-introduction
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import certifi
import urllib3

from roundup.errors import PublishError, RefusedError, printable
from roundup.mailing.message import UNSUBSCRIBE
from roundup.mailing.smtp import is_loopback
from roundup.text.visible import one_line

_TIMEOUT_S = 30
_LARGEST = 20_000_000  # bytes of an answer
_PAGES = 200  # of a list that is gone through


@dataclass(frozen=True, slots=True)
class Campaign:
    """An issue as a service gets it; where the way out goes, its texts have ``UNSUBSCRIBE``."""

    key: str
    name: str
    subject: str
    html: str
    text: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a campaign: its address or number at the service, whether it is new, and whether it is on its way."""

    which: str
    is_new: bool
    is_sent: bool


class Service(Protocol):
    name: str

    def put(self, campaign: Campaign, *, now: bool) -> Put: ...


class Api:
    """An address below which a service takes JSON, with what proves who asks."""

    def __init__(self, url: str, authorization: str, secret: str, headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise RefusedError(f"{url} is no safe address for a secret; it has to begin with https://")
        self.url, self.name, self._secret = url.rstrip("/"), parts.netloc, secret
        self._headers = {"Authorization": authorization, "Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        self._pool = urllib3.PoolManager(ca_certs=certifi.where(), retries=False, timeout=_TIMEOUT_S)

    def ask(self, method: str, path: str, step: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
        """Return the answer as values. PublishError says at which step it was none."""
        data = json.dumps(body).encode() if body is not None else None
        try:
            answer = self._pool.request(
                method, self.url + path, body=data, headers={**self._headers, **(headers or {})}, redirect=False, preload_content=False
            )  # fmt: skip
            with answer:
                content = answer.read(_LARGEST)
        except urllib3.exceptions.HTTPError as error:
            raise self.failed(step, f"no answer ({type(error).__name__}); it may be done all the same, and running this again finds out") from None
        if not 200 <= answer.status < 300:
            raise self.failed(step, f"it answered {answer.status} {_told(content)}")
        try:
            return json.loads(content)
        except ValueError:
            raise self.failed(step, "its answer is no JSON") from None

    def failed(self, step: str, why: str) -> PublishError:
        for secret in filter(None, (self._secret, base64.b64encode(self._secret.encode()).decode())):
            why = why.replace(secret, "…")
        return PublishError(printable(f"{self.name}: {step} failed: {one_line(why)}"))


class Listmonk:
    """A listmonk of one's own. Its campaigns are templates of Go's, so what looks like one in a text is taken apart."""

    name = "listmonk"

    def __init__(self, url: str, mailing_list: str, token: str) -> None:
        self.api = Api(url, f"token {token}", token.partition(":")[2] or token)
        self.mailing_list = mailing_list

    def put(self, campaign: Campaign, *, now: bool) -> Put:
        tag = f"roundup-{campaign.key}"
        there = [one for one in self._results(f"/api/campaigns?no_body=true&per_page=all&tags={quote(tag)}", "looking for it") if tag in _texts(one, "tags")]
        if sent := [one for one in there if one.get("status") != "draft"]:
            raise RefusedError(f"{campaign.key} is at {self.api.name} already, and {sent[0].get('status')} (campaign {sent[0].get('id')}); nothing was changed")
        body = {
            "name": campaign.name,
            "subject": _of_go(campaign.subject),
            "lists": [self._list_id()],
            "type": "regular",
            "content_type": "html",
            "body": _of_go(campaign.html),
            "altbody": _of_go(campaign.text),
            "tags": [tag],
            "messenger": "email",
            **({"from_email": campaign.sender} if campaign.sender else {}),
        }
        if there:
            which = there[0].get("id")
            self.api.ask("PUT", f"/api/campaigns/{which}", "writing it anew", body)
        else:
            which = _of(_of(self.api.ask("POST", "/api/campaigns", "making it", body), "data"), "id")
        if not isinstance(which, int):
            raise self.api.failed("making it", "its answer has no number of a campaign")
        if now:
            self.api.ask("PUT", f"/api/campaigns/{which}/status", "starting it", {"status": "running"})
        return Put(f"campaign {which}", not there, now)

    def _list_id(self) -> int:
        for one in self._results("/api/lists?per_page=all", "looking for the list"):
            if one.get("uuid") == self.mailing_list and isinstance(one.get("id"), int):
                return int(one["id"])
        raise self.api.failed("looking for the list", f'it has no list "{self.mailing_list}"')

    def _results(self, path: str, step: str) -> Iterator[dict[str, Any]]:
        data = _of(self.api.ask("GET", path, step), "data")
        yield from _rows(_of(data, "results") if isinstance(data, dict) else data)


class Buttondown:
    """Buttondown. It puts a frame of its own round a mail, so it gets what stands within ours."""

    name = "buttondown"

    def __init__(self, url: str, token: str) -> None:
        self.api = Api(url, f"Token {token}", token, {"X-API-Version": "2026-04-01"})

    def put(self, campaign: Campaign, *, now: bool) -> Put:
        there = [one for one in self._emails() if _of(one.get("metadata"), "roundup") == campaign.key]
        if sent := [one for one in there if one.get("status") != "draft"]:
            raise RefusedError(f"{campaign.key} is at {self.api.name} already, and {sent[0].get('status')} (mail {sent[0].get('id')}); nothing was changed")
        inner = re.search(r"<body[^>]*>(.*)</body>", campaign.html, re.S)
        body = {
            "subject": _of_django(campaign.subject, "\u2060"),
            "body": "<!-- buttondown-editor-mode: fancy -->" + _of_django(inner[1] if inner else campaign.html).replace(UNSUBSCRIBE, "{{ unsubscribe_url }}"),
            "status": "about_to_send" if now else "draft",  # without it, a mail goes out at once
            "metadata": {"roundup": campaign.key},
        }
        sure = {"X-Buttondown-Live-Dangerously": "true"} if now else {}
        if there:
            which = there[0].get("id")
            self.api.ask("PATCH", f"/emails/{quote(str(which), safe='')}", "writing it anew", body, sure)
        else:
            which = _of(self.api.ask("POST", "/emails", "making it", body, sure), "id")
        return Put(f"mail {which}", not there, now)

    def _emails(self) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            found = self.api.ask("GET", f"/emails?page={page}", "looking for it")
            yield from _rows(_of(found, "results"))
            if not _of(found, "next"):
                return


def _of_go(text: str) -> str:
    return text.replace("{{", '{{ "{{" }}').replace(UNSUBSCRIBE, "{{ UnsubscribeURL }}")


def _of_django(text: str, between: str = "") -> str:
    """Return a text in which nothing is a tag of a template: the second sign of one is spelt as HTML has it, or has something ``between``."""
    return re.sub(r"\{([{%#])", lambda match: f"{{{between}{match[1]}" if between else f"{{&#{ord(match[1])};", text)


def _of(values: object, key: str) -> Any:
    return values.get(key) if isinstance(values, dict) else None


def _rows(found: object) -> Iterator[dict[str, Any]]:
    yield from (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def _texts(values: dict[str, Any], key: str) -> list[object]:
    found = values.get(key)
    return found if isinstance(found, list) else []


def _told(content: bytes) -> str:
    """Return what an answer says, where it says something short."""
    text = content[:2000].decode("utf-8", "replace")
    try:
        values = json.loads(text)
    except ValueError:
        return ""
    said = next((values[key] for key in ("message", "detail", "error", "code") if isinstance(values.get(key), str)), "") if isinstance(values, dict) else ""
    return f"({one_line(said)[:200]})" if said else ""
