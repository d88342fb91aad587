"""An issue handed to a service that mails it: what goes over the line, what may go wrong, and that there is one of it, never sent twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from roundup.errors import PublishError, RefusedError, printable
from roundup.mailing.handing import DRAFT, Ask, Campaign, Letter, Service
from roundup.mailing.ledger import SENDS, Ledger, read_sends, told_handed
from roundup.mailing.sends import Begun, dump_sends
from roundup.sources.answers import Answer, AnswerError
from roundup.sources.http import Http, Limits, Request, retry_after
from roundup.store.disk import reason
from roundup.store.lock import unbroken
from roundup.store.writing import replace_record, sweep
from roundup.text.visible import one_line

T = TypeVar("T")

LIMITS = Limits(silence_s=30, total_s=60, size=50_000_000)  # a page of a hundred emails, each with its body
_AGAIN = "run it again: it looks first for what is there"


class UncertainError(PublishError):
    """Something was asked of a service, and nobody knows whether it was done."""


class Account(Struct, frozen=True):
    """Who we are at a service: where its API stands, the header that says so, and what nobody may read; ``variables`` is what the secrets are called."""

    name: str
    url: str
    login: str
    secrets: tuple[str, ...]
    variables: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Account({self.place!r})"  # and no secret

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("place", self.place)]  # Struct's own tells all

    @property
    def place(self) -> str:
        return f"{self.name} at {urlsplit(self.url).netloc}"


class Line:
    """Talks to a service: JSON to it, JSON from it. PublishError says at which step that ended, and what to do; no secret is in it."""

    def __init__(self, account: Account, http: Http) -> None:
        self.account, self._http = account, http

    def ask(self, ask: Ask, read: Callable[[Any], T]) -> T:
        return self._read(ask, self._answer(ask), read)

    def look(self, ask: Ask, read: Callable[[Any], T]) -> T | None:
        answer = self._answer(ask)
        return None if answer.status in {400, 404} else self._read(ask, answer, read)  # the first is listmonk's

    def _answer(self, ask: Ask) -> Answer:
        headers = {"Authorization": self.account.login, "Accept-Encoding": "identity", **self.account.headers, **ask.headers}
        body = None
        if ask.body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(ask.body).encode()
        try:
            return self._http.once(Request(self.account.url + ask.path, "application/json", headers=headers, method=ask.method, body=body))
        except AnswerError as error:
            raise self._failed(ask, f"it {error}", "try again later", known=False) from None

    def _read(self, ask: Ask, answer: Answer, read: Callable[[Any], T]) -> T:
        if answer.status not in {200, 201, 202, 204}:
            raise self._refused(ask, answer)
        try:
            return read(json.loads(answer.body or b"null"))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise self._failed(ask, "what it answered is not what its API says", f"check its url, {self.account.url}", known=False) from None

    def _refused(self, ask: Ask, answer: Answer) -> PublishError:
        status, url = answer.status, self.account.url
        detail = self._without_secrets(_detail(answer.body))[:300]  # cut last: of a secret across the cut the beginning would be shown
        said = f"HTTP {status}: {detail}" if detail else f"HTTP {status}"
        if 300 <= status < 400:
            to = self._without_secrets(one_line(answer.headers.get("location", "")))[:200] or "nowhere"
            return self._failed(ask, f"it sends us on to {to}, and a login goes to no other address", "if that is the right one, write it as its url")
        match status:
            case 401:
                return self._failed(ask, f"it does not know this login ({said})", f"check {self.account.variables}")
            case 403:
                return self._failed(ask, f"it does not let this login do that ({said})", f"check {self.account.variables}, and what it may do there")
            case 404:
                return self._failed(ask, f"it knows nothing of that ({said})", _AGAIN if ask.changes else f"check its url, {url}")
            case 409:
                return self._failed(ask, f"it is at work on the same thing ({said})", _AGAIN)
            case 429:
                wait_s = retry_after(answer.headers, self._http.now)
                return self._failed(ask, f"it was asked too often ({said})", f"come back in {wait_s:.0f} s" if wait_s else "come back later")
        if status >= 500:
            return self._failed(ask, f"it is out of order ({said})", "try again later", known=False)
        return self._failed(ask, f"it refuses that ({said})", "mend that and run it again")

    def _failed(self, ask: Ask, why: str, mend: str, *, known: bool = True) -> PublishError:
        failed = f"{self.account.place}: {ask.step} failed: {printable(why)}"
        if ask.changes and not known:
            return UncertainError(f"{failed}; whether it was done all the same is not known, so {_AGAIN}")
        return PublishError(f"{failed}; nothing more was done; {mend}")

    def _without_secrets(self, said: str) -> str:
        for secret in sorted(self.account.secrets, key=len, reverse=True):
            said = said.replace(secret, "…") if secret else said
        return said


def _detail(body: bytes) -> str:
    """Return what a service said of a fault: listmonk's message, Buttondown's detail."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    told = (data.get("message") or data.get("detail") or "") if isinstance(data, dict) else ""
    if isinstance(told, list):
        told = ", ".join(str(one.get("msg", "")) if isinstance(one, dict) else str(one) for one in told)
    return one_line(str(told))


class Book:
    """What the digest knows of an issue at a service, in ``sends.yaml``: the intention before, and what the service calls it after.

    RefusedError where the issue went, or was handed, another way.
    """

    def __init__(self, root: Path, key: str, name: str, day: str, send_id: str) -> None:
        self.root, self.key = root, key
        self._was = read_sends(root).get(key)
        if self._was and self._was.via != name:
            raise RefusedError(told_handed(key, self._was) if self._was.via else told_sent(key, name))
        if self._was is None and Ledger(root, key).read()[0]:
            raise RefusedError(told_sent(key, name))
        self.begun = self._was or Begun(send_id, day, name)

    def begin(self) -> None:
        sweep(self.root)
        self._write(self.begun)

    def take_back(self) -> None:
        """Forget an intention of which nothing came."""
        self._write(self._was)

    def note(self, campaign: Campaign) -> None:
        if self.begun.campaign != campaign.id or self._was is None:
            self.begun = replace(self.begun, campaign=campaign.id)
            self._write(self.begun)

    def _write(self, begun: Begun | None) -> None:
        others = {key: one for key, one in read_sends(self.root).items() if key != self.key}
        try:
            replace_record(self.root / SENDS, dump_sends({**others, self.key: begun} if begun else others).encode())
        except OSError as error:
            raise PublishError(f"{self.root / SENDS} cannot be written: {reason(error)}; what is not noted is not handed over, so mend that first") from error


def told_sent(key: str, name: str) -> str:
    return f"sending {key} from here was begun before; nothing was handed to {name}, for some would get it twice"


def hand_over(service: Service, letter: Letter, book: Book, *, test: str = "", start: bool = False) -> tuple[Campaign, bool]:
    """Make a draft of an issue at a service, or make the one that is there as the issue is now; then have it tested, or sent. Tell whether it is new.

    RefusedError where what is there is no draft any more, or is gone: nobody can tell then to whom it went.
    """
    known = book.begun.campaign
    found = (service.known(known, letter.tag) if known else None) or service.search(letter.tag)
    if found is None and known:
        mend = f"where nobody got it, take {letter.key} out of {SENDS} and run it again"
        raise RefusedError(f"{letter.key} was handed to {service.name} on {book.begun.day}, and {known}, as that calls it, is gone there; {mend}")
    if found and found.status != DRAFT:
        raise RefusedError(f"{letter.key} is at {service.name} already, and {one_line(found.status)}: {found.address}; only a draft is changed or sent")
    with unbroken():
        campaign = _updated(service, letter, book, found) if found else _made(service, letter, book)
    if test:
        service.test(campaign, letter, test)
    return service.start(campaign) if start else campaign, found is None


def _updated(service: Service, letter: Letter, book: Book, found: Campaign) -> Campaign:
    book.note(found)
    return service.update(found, letter)


def _made(service: Service, letter: Letter, book: Book) -> Campaign:
    book.begin()
    try:
        made = service.create(letter, book.begun.id)
    except UncertainError:
        raise
    except PublishError:
        book.take_back()
        raise
    book.note(made)
    return made
