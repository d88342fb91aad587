"""An issue is handed to Buttondown or listmonk: one draft of it, updated while it is one, and never sent twice."""

from __future__ import annotations

import base64
import html as reference
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from conftest import ROOT, Result, tree, wait_until, write
from mailservers import KEY, TOKEN, USER, Asked, Buttondown, Fake, Listmonk, Said, service
from published import Published
from roundup import config
from roundup.errors import PublishError, RoundupError
from roundup.mailing import buttondown, listmonk
from roundup.mailing.handing import Ask, Letter
from roundup.mailing.message import UNSUBSCRIBE
from roundup.mailing.services import Account, Book, Line, hand_over
from roundup.sources.http import Http, Limits

Make = Callable[..., Path]
Run = Callable[..., Result]

CONFIG = """\
title: A digest
url: https://digest.example/
mail:
  from: Ann Example <ann@example.org>
  reply_to: us@example.org
  {service}
"""
SAID = {"listmonk": "message", "buttondown": "detail"}
MAKE = {"listmonk": "POST /api/campaigns", "buttondown": "POST /emails"}
CHANGE = {"listmonk": "PUT /api/campaigns/1", "buttondown": "PATCH /emails/email-1"}
LOOK = {"listmonk": "GET /api/campaigns", "buttondown": "GET /emails"}


class Digest:
    """A digest of one issue, and a service that it is handed to."""

    def __init__(self, root: Path, here: Fake, run: Run) -> None:
        self.root, self.here, self._run = root, here, run
        self.via = "listmonk" if isinstance(here, Listmonk) else "buttondown"
        self.name = self.via if self.via == "listmonk" else "Buttondown"
        self.place = f"{self.name} at {here.url.removeprefix('http://').removesuffix('/v1')}"

    def send(self, *more: str) -> Result:
        return self._run("send", "2024-1", "--via", self.via, *more, root=self.root)

    def handed(self, *more: str) -> dict[str, Any]:
        """Hand it over, and return what the service has of it."""
        result = self.send(*more)
        assert (result.code, result.err) == (0, ""), result
        assert len(self.here.kept) == 1
        return self.here.kept[0]

    def failed(self, *more: str, code: int = 4) -> str:
        result = self.send(*more)
        assert result.code == code, result
        assert "Traceback" not in result.err
        return result.err.replace(self.here.url, "URL").replace(self.place, "PLACE").rstrip("\n")

    def straight(self) -> str:
        """Hand it over and have it sent, without the command line and with a letter that is none; return what went wrong."""
        if self.via == "listmonk":
            spelt = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
            account = Account("listmonk", self.here.url, f"Basic {spelt}", (TOKEN, spelt), "ROUNDUP_LISTMONK_USER and ROUNDUP_LISTMONK_TOKEN")
        else:
            account = Account("Buttondown", self.here.url, f"Token {KEY}", (KEY,), "ROUNDUP_BUTTONDOWN_KEY")
        line = Line(account, Http("roundup"))
        there = listmonk.Campaigns(config.Listmonk(self.here.url, (3,), 7, USER), config.Mail(), line) if self.via == "listmonk" else buttondown.Emails(line)
        try:
            hand_over(there, Letter("2024-1", "A title", "<p>", "text", ""), Book(self.root, "2024-1", self.via, "2024-02-02", "0" * 16), start=True)
        except RoundupError as error:
            return str(error).replace(self.here.url, "URL").replace(self.place, "PLACE")
        return ""

    def straight_draft(self) -> None:
        """Make a draft of it in the same way."""
        self.here.fault = lambda asked: Said(401) if (asked.body or {}).get("status") in ("running", "about_to_send") else None
        assert "does not know this login" in self.straight()

    def noted(self) -> str:
        path = self.root / "sends.yaml"
        text = path.read_text().replace(str(self.root), "") if path.exists() else ""
        return re.sub(r"id: [0-9a-f]{16}, begun: [0-9-]{10}", "…", "".join(line for line in text.splitlines(True) if not line.startswith("#")))

    def edit(self, old: str, new: str) -> None:
        pick = self.root / "issues/2024-1/commentary/2401.00001.yaml"
        pick.write_text(pick.read_text().replace(old, new))


def configured(here: Fake) -> str:
    if isinstance(here, Listmonk):
        return CONFIG.format(service=f"listmonk: {{url: {here.url}, lists: [3, 5], template: 7, user: {USER}}}")
    return CONFIG.format(service=f"buttondown: {{url: {here.url}}}")


@pytest.fixture(params=["listmonk", "buttondown"])
def there(request: pytest.FixtureRequest, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Digest]:
    monkeypatch.setenv("ROUNDUP_LISTMONK_TOKEN", TOKEN)
    monkeypatch.setenv("ROUNDUP_BUTTONDOWN_KEY", KEY)
    with service(request.param) as here:
        yield Digest(digest({"roundup.yaml": configured(here)}), here, roundup)


def only(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("there", [name], indirect=True)


# ---- the way it usually goes ----


def test_a_draft_of_it_is_made(there: Digest) -> None:
    result = there.send()
    address = f"{there.here.url}/admin/campaigns/1" if there.via == "listmonk" else "https://buttondown.com/emails/email-1"
    told = rf'2024-1: "2024-1", [\d,]+ bytes of HTML, \d+ of text\na draft of it is at {there.name}: {re.escape(address)}\n'
    assert (result.code, result.err) == (0, "")
    assert re.fullmatch(told, result.out), result.out
    assert [one["status"] for one in there.here.kept] == ["draft"]
    assert not +there.here.sent
    assert there.noted() == f"2024-1: {{…, via: {there.via}, campaign: {'1' if there.via == 'listmonk' else 'email-1'}}}\n"
    assert there.here.steps == [LOOK[there.via], MAKE[there.via]]


@only("listmonk")
def test_what_listmonk_gets(there: Digest) -> None:
    one = there.handed()
    assert {key: one[key] for key in one if key not in ("body", "altbody")} == {
        "id": 1, "status": "draft", "name": "roundup-2024-1", "tags": ["roundup-2024-1"], "subject": "2024-1", "lists": [3, 5], "type": "regular",
        "content_type": "html", "template_id": 7, "messenger": "email", "from_email": '"Ann Example" <ann@example.org>', "headers": [{"Reply-To": "us@example.org"}],
    }  # fmt: skip
    assert '<a href="{{ UnsubscribeURL }}"' in one["body"]
    assert "Unsubscribe: {{ UnsubscribeURL }}" in one["altbody"]


@only("buttondown")
def test_what_buttondown_gets(there: Digest) -> None:
    one = there.handed()
    assert {key: one[key] for key in one if key != "body"} == {
        "id": "email-1", "status": "draft", "slug": "roundup-2024-1", "metadata": {"roundup": "roundup-2024-1"}, "subject": "2024-1", "template": "naked",
        "canonical_url": "https://digest.example/2024-1/", "source": "api",
    }  # fmt: skip
    assert one["body"].startswith("<!-- buttondown-editor-mode: naked -->\n<!DOCTYPE html>")
    assert '<a href="{{ unsubscribe_url }}"' in one["body"]
    assert there.here.asked[0].headers["x-api-version"] == "2026-04-01", "so that no later one changes what a word means"


def test_what_it_gets_is_what_stands_on_the_site_but_for_the_way_out(there: Digest, roundup: Run) -> None:
    roundup("build", root=there.root)
    body = there.handed()["body"].removeprefix("<!-- buttondown-editor-mode: naked -->\n")
    assert re.sub(r'<p class="by"[^>]*>This mail goes.*?</p>\n', "", body).strip() == (there.root / "site/2024-1/mail.html").read_text().strip()


def test_handed_over_twice_there_is_one_and_it_is_as_the_issue_is_now(there: Digest) -> None:
    there.handed()
    there.edit("Some words", "Other words")
    result = there.send()
    assert f"the draft of it at {there.name} is as it is now: " in result.out
    one = there.handed()
    assert "Other words" in one["body"]
    assert "Some words" not in one["body"]
    assert one["status"] == "draft"


def test_it_is_sent_when_asked_for_and_never_again(there: Digest) -> None:
    result = there.send("--now")
    assert (result.code, there.here.sent.total()) == (0, 1)
    assert f"{there.name} has it, and sends it: " in result.out
    before = there.here.kept[0].copy()
    there.edit("Some words", "Other words")
    for more in ((), ("--now",)):
        assert re.fullmatch(rf"2024-1 is at {there.name} already, and (running|about_to_send): \S+; only a draft is changed or sent", there.failed(*more, code=2))
    assert (there.here.sent.total(), there.here.kept) == (1, [before])


def test_a_draft_can_be_sent_later(there: Digest) -> None:
    there.handed()
    there.handed("--now", "--yes")
    assert there.here.sent.total() == 1


@pytest.mark.parametrize("status", ["running", "finished", "scheduled", "paused", "cancelled", "about_to_send", "in_flight", "sent", "errored", "something new"])
def test_what_is_no_draft_is_not_touched(there: Digest, status: str) -> None:
    there.handed()["status"] = status
    before = there.here.kept[0].copy()
    assert f"2024-1 is at {there.name} already, and {status}: " in there.straight()
    assert there.here.kept == [before]
    assert not +there.here.sent


def test_a_clone_that_knows_nothing_of_it_finds_it(there: Digest) -> None:
    """By its tag, among others of nearly the same name, and however people renamed it."""
    one = there.handed()
    (there.root / "sends.yaml").unlink()
    others = [one | {"id": number if there.via == "listmonk" else f"other-{number}"} for number in range(2, 9)]
    for other in others:
        other |= {"name": f"roundup-2024-1{other['id']}", "tags": [], "slug": f"roundup-2024-1{other['id']}", "metadata": {}}
    there.here.kept[:] = [*others[:3], one, *others[3:]]
    if there.via == "listmonk":
        one["name"] = "The January issue (roundup-2024-1)"
    else:
        one["slug"] = "january"
    assert there.send().code == 0
    assert len(there.here.kept) == 8
    assert MAKE[there.via] not in there.here.steps[2:]
    assert "campaign: " in there.noted()


def test_what_is_noted_is_looked_at_first(there: Digest) -> None:
    """So that it is found under whatever name, and another's campaign of that number is not taken for it."""
    one = there.handed()
    one |= {"name": "January", "slug": "january"}
    assert there.send().code == 0
    assert len(there.here.kept) == 1
    one |= {"name": "January", "slug": "january", "tags": ["other"], "metadata": {}}
    assert "is gone there" in there.failed(code=2)


def test_what_is_gone_is_not_made_anew_unless_said(there: Digest) -> None:
    """It may have been sent before it was deleted."""
    known = str(there.handed()["id"])
    there.here.kept.clear()
    told = re.sub(r"on [0-9-]{10}", "on DAY", there.failed("--now", code=2))
    mend = "where nobody got it, take 2024-1 out of sends.yaml and run it again"
    assert told == f"2024-1 was handed to {there.name} on DAY, and {known}, as that calls it, is gone there; {mend}"
    assert there.here.kept == []
    (there.root / "sends.yaml").unlink()
    there.handed()


@only("buttondown")
def test_an_email_that_buttondown_keeps_as_deleted_is_gone(there: Digest) -> None:
    there.handed()["status"] = "deleted"
    assert "is gone there" in there.failed(code=2)


def test_a_dry_run_opens_no_socket_and_writes_nothing(there: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", None)
    monkeypatch.delenv("ROUNDUP_LISTMONK_TOKEN")
    monkeypatch.delenv("ROUNDUP_BUTTONDOWN_KEY")
    before = tree(there.root)
    place = f"Buttondown ({there.here.url})" if there.via == "buttondown" else f"listmonk ({there.here.url}), for lists 3, 5"
    for more, what in (((), "a draft of it would go"), (("--now",), "it would go"), (("--test", "me@example.org"), "a test of it would go to me@example.org, and a draft of it")):
        result = there.send("--dry-run", *more)
        assert (result.code, result.out.splitlines()[1:]) == (0, [f"{what} to {place}"])
        told = {"issue": "2024-1", "via": there.via, "dry_run": True, "to": place, "test": more[1] if len(more) > 1 else None, "send": "--now" in more}
        assert json.loads(there.send("--dry-run", "--json", *more).out) == told
    assert tree(there.root) == before
    assert there.here.asked == []


def test_a_test_goes_to_one_address_from_the_draft(there: Digest) -> None:
    result = there.send("--test", "Me <me@example.org>")
    assert (result.code, there.here.tests, there.here.kept[0]["status"]) == (0, ["me@example.org"], "draft")
    assert f"a test of it went to me@example.org; a draft of it is at {there.name}: " in result.out


def test_an_issue_without_a_date_is_tested_and_not_handed_over(there: Digest) -> None:
    write(there.root / "issues/2024-1/issue.yaml", "intro: A draft.\n")
    assert there.failed(code=2) == "2024-1 is a draft; give it a date, or look at it with --test"
    assert there.send("--test", "me@example.org").code == 0
    assert there.here.tests == ["me@example.org"]


def test_programs_can_read_what_became_of_it(there: Digest) -> None:
    told = json.loads(there.send("--json", "--now").out)
    one = there.here.kept[0]
    assert told == {"issue": "2024-1", "via": there.via, "campaign": str(one["id"]), "status": one["status"], "address": told["address"]}


@pytest.mark.parametrize(("answer", "sent"), [("n", 0), ("y", 1)])
def test_who_sits_at_a_terminal_is_asked_before_it_is_sent(there: Digest, monkeypatch: pytest.MonkeyPatch, answer: str, sent: int) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda prompt: answer)
    assert there.send("--now").code == (0 if sent else 130)
    assert (there.here.sent.total(), len(there.here.kept)) == (sent, sent)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--via listmonk --limit 3", "--via leaves to the service who gets it; leave --limit, --resume, --resend and --csv out"),
        ("--via listmonk --csv", "--via leaves to the service who gets it; leave --limit, --resume, --resend and --csv out"),
        ("--now", "--now is for --via; leave it out"),
        ("--via listmonk --test me@example.org --now", "--test is for one message; leave the other options out"),
    ],
)
def test_options_that_do_not_go_together(digest: Make, roundup: Run, options: str, told: str) -> None:
    result = roundup("send", "2024-1", *options.split(), root=digest())
    assert result.code == 2
    assert result.err.endswith(f"Error: {told}\n")


# ---- beside the ledger of our own sending ----

SMTP = """\
  unsubscribe: mailto:leave@example.org
  subscribers: list.csv
  smtp: {host: 127.0.0.1, port: 1}
"""


def by_smtp(there: Digest, *more: str) -> Result:
    path = there.root / "roundup.yaml"
    if "smtp" not in path.read_text():
        write(path, path.read_text() + SMTP)
        write(there.root / "list.csv", "email\nbo@example.org\n")
    return there._run("send", "2024-1", *more, root=there.root)


def test_what_a_service_has_is_not_sent_from_here(there: Digest) -> None:
    there.handed()
    for more in ((), ("--dry-run",), ("--resume",)):
        result = by_smtp(there, *more)
        told = re.sub(r"on [0-9-]{10}", "on DAY", result.err)
        mend = "it can go another way once it is deleted there and taken out of sends.yaml"
        assert (result.code, told) == (2, f"2024-1 was handed to {there.via} on DAY; nothing was sent twice, and {mend}\n")


@pytest.mark.parametrize("without", ["", "sends.yaml"])
def test_what_was_sent_from_here_is_not_handed_over(there: Digest, without: str) -> None:
    from roundup.mailing.ledger import Ledger

    ledger = Ledger(there.root, "2024-1")
    ledger.begin("0" * 16, "2024-02-02", "content")
    ledger.close()
    if without:
        (there.root / without).unlink()
    assert there.failed("--now", code=2) == f"sending 2024-1 from here was begun before; nothing was handed to {there.via}, for some would get it twice"
    assert there.here.asked == []


def test_what_one_service_has_the_other_does_not_get(there: Digest) -> None:
    there.handed()
    text = (there.root / "sends.yaml").read_text()
    write(there.root / "sends.yaml", text.replace(there.via, "elsewhere"))
    assert "2024-1 was handed to elsewhere on " in there.failed("--now", code=2)
    assert not +there.here.sent


def test_other_issues_are_not_forgotten(there: Digest) -> None:
    write(there.root / "sends.yaml", "2023-8: {id: 0123456789abcdef, begun: 2023-09-05}\n")
    there.handed()
    assert there.noted().startswith("2023-8: {…}\n2024-1: {…, via: ")


@pytest.mark.parametrize("value", ["../x", "a b", "é", "1?x=2"])
def test_a_name_that_no_service_gave_is_not_asked_for(there: Digest, value: str) -> None:
    write(there.root / "sends.yaml", f'2024-1: {{id: 0123456789abcdef, begun: 2024-02-02, via: {there.via}, campaign: "{value}"}}\n')
    told = 'sends.yaml:1: "2024-1" is no issue with the id of its sending; take the file back from the repository'
    assert there.failed(code=1).splitlines()[0] == told
    assert there.here.asked == []


# ---- what goes wrong ----

AGAIN = "run it again: it looks first for what is there"
FAULTS: dict[str, tuple[Said, str, str]] = {
    "no login": (Said(401, "no"), "it does not know this login (HTTP 401{detail})", "check {variables}"),
    "no right": (Said(403, "no"), "it does not let this login do that (HTTP 403{detail})", "check {variables}, and what it may do there"),
    "nothing there": (Said(404), "it knows nothing of that (HTTP 404)", ""),
    "a conflict": (Said(409), "it is at work on the same thing (HTTP 409)", AGAIN),
    "refused": (Said(422, "no\x1b[31m\nof it"), "it refuses that (HTTP 422: no\\x1b[31m of it)", "mend that and run it again"),
    "bad": (Said(400, "no"), "it refuses that (HTTP 400: no)", "mend that and run it again"),
    "too often": (Said(429), "it was asked too often (HTTP 429)", "come back later"),
    "too often, with a time": (Said(429, headers={"Retry-After": "30"}), "it was asked too often (HTTP 429)", "come back in 30 s"),
    "a teapot": (Said(418, b"<html>"), "it refuses that (HTTP 418)", "mend that and run it again"),
    "sent on": (
        Said(301, headers={"Location": f"https://elsewhere.example/{TOKEN}{KEY}"}),
        "it sends us on to https://elsewhere.example/{rest}, and a login goes to no other address", "if that is the right one, write it as its url",
    ),
}  # fmt: skip
UNKNOWN: dict[str, tuple[Said, str, str]] = {
    "out of order": (Said(503), "it is out of order (HTTP 503)", "try again later"),
    "hung up": (Said(drop=True), "it broke off in the middle of its answer", "try again later"),
    "no JSON": (Said(200, b"<html>Welcome"), "what it answered is not what its API says", "check its url, URL"),
    "nothing": (Said(200), "what it answered is not what its API says", "check its url, URL"),
    "other JSON": (Said(200, [1]), "what it answered is not what its API says", "check its url, URL"),
    "a bad name": (Said(200, {"data": {"id": "../x", "status": "draft"}, "id": "../x", "status": "draft"}), "what it answered is not what its API says", "check its url, URL"),
}


def fault_at(step: str, said: Said, there: Digest) -> Callable[[Asked], Said | None]:
    body = {SAID[there.via]: said.body} if isinstance(said.body, str) else said.body
    answer = Said(said.status, body, said.headers, said.drop, said.after, said.until)
    return lambda asked: answer if f"{asked.method} {asked.path.removeprefix(there.here.path)}" == step else None


def told_of(there: Digest, why: str, mend: str) -> tuple[str, str]:
    variables = "ROUNDUP_LISTMONK_USER and ROUNDUP_LISTMONK_TOKEN" if there.via == "listmonk" else "ROUNDUP_BUTTONDOWN_KEY"
    rest = f"…{KEY}" if there.via == "listmonk" else f"{TOKEN}…"
    return why.format(detail=": no", rest=rest), mend.format(variables=variables)


@pytest.mark.parametrize("fault", [*FAULTS, *UNKNOWN])
def test_a_fault_while_looking(there: Digest, fault: str) -> None:
    said, why, mend = {**FAULTS, **UNKNOWN}[fault]
    there.here.fault = fault_at(LOOK[there.via], said, there)
    why, mend = told_of(there, why, mend or "check its url, URL")
    assert there.straight() == f"PLACE: looking for roundup-2024-1 failed: {why}; nothing more was done; {mend}"
    assert there.here.kept == []
    assert there.noted() == ""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_while_a_draft_is_made(there: Digest, fault: str) -> None:
    said, why, mend = FAULTS[fault]
    there.here.fault = fault_at(MAKE[there.via], said, there)
    why, mend = told_of(there, why, mend or AGAIN)
    assert there.straight() == f"PLACE: making a draft of 2024-1 failed: {why}; nothing more was done; {mend}"
    assert there.noted() == "", "and it can go another way"
    there.here.fault = lambda asked: None
    assert there.straight() == ""
    assert there.here.sent.total() == 1


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("fault", UNKNOWN)
@pytest.mark.parametrize("step", ["make", "change", "start"])
def test_where_nobody_knows_whether_it_was_done_the_next_run_looks(there: Digest, fault: str, step: str, done: bool) -> None:
    said, why, _ = UNKNOWN[fault]
    if step != "make":
        there.straight_draft()
    start = {"listmonk": "PUT /api/campaigns/1/status", "buttondown": CHANGE["buttondown"]}[there.via]
    where = {"make": MAKE, "change": CHANGE, "start": {there.via: start}}[step][there.via]
    usual = fault_at(where, said, there)

    def broken(asked: Asked) -> Said | None:
        starts = (asked.body or {}).get("status") in ("running", "about_to_send")
        found = usual(asked) if starts == (step == "start") else None
        if found and done:
            there.here.answer(asked)
        return found

    there.here.fault = broken
    what = "campaign 1" if there.via == "listmonk" else "email email-1"
    doing = {"make": "making a draft of 2024-1", "change": f"updating {what}", "start": f"starting {what}"}[step]
    assert there.straight() == f"PLACE: {doing} failed: {why}; whether it was done all the same is not known, so {AGAIN}"
    assert "via: " in there.noted()
    there.here.fault = lambda asked: None
    if step == "start" and done:
        assert "only a draft is changed or sent" in there.failed("--now", code=2)
    else:
        assert there.straight() == ""
    assert there.here.sent.total() == 1
    assert len(there.here.kept) == 1


def test_a_service_that_says_nothing_is_left(there: Digest) -> None:
    given_up = threading.Event()
    there.here.fault = lambda asked: Said(until=given_up)
    line = Line(Account(there.name, there.here.url, "Token x", ("x",), "X"), Http("roundup", limits=Limits(silence_s=0.1, total_s=5)))
    with pytest.raises(PublishError, match=r"looking failed: it said nothing for 0\.1 s; nothing more was done; try again later"):
        line.look(Ask("looking", "GET", "/x"), bool)
    with pytest.raises(PublishError, match=r"making failed: it said nothing for 0\.1 s; whether it was done all the same is not known"):
        line.ask(Ask("making", "POST", "/x", {}), bool)
    given_up.set()


def test_a_service_that_cannot_be_reached(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDUP_BUTTONDOWN_KEY", KEY)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    root = digest({"roundup.yaml": CONFIG.format(service=f"buttondown: {{url: http://127.0.0.1:{port}/v1}}")})
    told = f"Buttondown at 127.0.0.1:{port}: looking for roundup-2024-1 failed: it cannot be reached: connection refused; nothing more was done; try again later\n"
    assert roundup("send", "2024-1", "--via", "buttondown", root=root) == Result(4, roundup("send", "2024-1", "--via", "buttondown", root=root).out, told)


@only("buttondown")
def test_a_slug_that_is_taken_is_told(there: Digest) -> None:
    there.handed() | {}
    there.here.kept[0] |= {"status": "deleted"}
    (there.root / "sends.yaml").unlink()
    why = "it refuses that (HTTP 400: The slug provided is invalid or already in use.)"
    assert there.failed() == f"PLACE: making a draft of 2024-1 failed: {why}; nothing more was done; mend that and run it again"


def test_what_cannot_be_noted_is_not_handed_over(there: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("roundup.mailing.services.replace_record", full)
    told = f"{there.root}/sends.yaml cannot be written: no space left on device; what is not noted is not handed over, so mend that first"
    assert there.failed("--now") == told
    assert there.here.kept == []


# ---- stopped ----


def begun(there: Digest, *more: str, said: int | IO[str] = subprocess.PIPE) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "roundup", "send", "2024-1", "--via", there.via, *more]
    return subprocess.Popen(command, cwd=there.root, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=said, text=True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("step", ["look", "make", "start"])
def test_stopped_at_a_step_it_is_taken_up_and_sent_once(there: Digest, how: signal.Signals, step: str) -> None:
    start = {"listmonk": "PUT /api/campaigns/1/status", "buttondown": CHANGE["buttondown"]}
    where = {"look": LOOK, "make": MAKE, "start": start}[step][there.via]
    stopped = threading.Event()
    there.here.fault = fault_at(where, Said(after=True, until=stopped), there)
    with begun(there, "--now") as process:
        wait_until(lambda: where in there.here.steps[: there.here.done], 60)
        process.send_signal(how)
        stopped.set()
        _, told = process.communicate()
        assert process.returncode == (130 if how == signal.SIGINT else -9)
        assert "Traceback" not in told
    assert there.here.sent.total() == (step == "start")
    if (how, step) == (signal.SIGINT, "make"):
        assert "campaign: " in there.noted(), "a stop waits for the answer"
    there.here.fault = lambda asked: None
    if step == "start":
        assert "only a draft is changed or sent" in there.failed("--now", code=2)
    else:
        there.handed("--now")
    assert (there.here.sent.total(), len(there.here.kept)) == (1, 1)


def test_two_at_once_make_one(there: Digest, tmp_path: Path) -> None:
    one_waits, said = threading.Event(), tmp_path / "said"
    there.here.fault = fault_at(MAKE[there.via], Said(after=True, until=one_waits), there)
    with said.open("a") as into:
        runs = [begun(there, "--now", said=into) for _ in range(2)]
        wait_until(lambda: "is sending from this digest; waiting for it\n" in said.read_text(), 60)
        one_waits.set()
        for run in runs:
            run.communicate()
    assert sorted(run.returncode for run in runs) == [0, 2], said.read_text()
    assert (there.here.sent.total(), len(there.here.kept)) == (1, 1)


# ---- words that a service would take for its tags ----

WORDS = [
    "{{ .Subscriber.Email }}", "{{{x}}}", "{% if subscriber %}", "{# gone #}", "{{ UnsubscribeURL }}", "{{ unsubscribe_url }}", "{", "{{", "a {<b> b", "x<y", "<!-- kept -->",
    "<script>", "https://example.org/a@TrackLink", "{@TrackLink", "}}", "%}", '"q" & \'a\'', "`{{ range $x := . }}`", "{{/* c */}}", "p{<0.05",
]  # fmt: skip
PLACE = "https://lists.example.org/out/1"


def rendered_by_go(tmp_path: Path, text: str) -> str:
    """What listmonk makes of a body: its shorthands as its models/campaigns.go expands them, then Go's html/template."""
    if not shutil.which("go"):
        pytest.skip("there is no Go on this machine, whose templates listmonk uses")
    folder = tmp_path / "go"
    if not (folder / "engine").exists():
        write(folder / "engine.go", (ROOT / "tests/listmonk_engine.go").read_bytes())
        environment = {**os.environ, "GOCACHE": str(folder / "cache"), "GO111MODULE": "off"}
        subprocess.run(["go", "build", "-o", "engine", "engine.go"], cwd=folder, env=environment, check=True)
    return subprocess.run([folder / "engine"], input=text, capture_output=True, text=True, check=True).stdout


def rendered_by_django(text: str) -> str:
    engine = pytest.importorskip("django.template", reason="there is no Django, whose templates Buttondown uses")
    return str(engine.Engine().from_string(text).render(engine.Context({"unsubscribe_url": PLACE, "subscriber": "LOST", "x": "LOST"})))


def as_read(html: str) -> str:
    """What a reader sees of HTML, without what is there and not seen."""
    return reference.unescape(html).replace("\u2060", "")


def test_listmonk_shows_every_word_as_it_is(tmp_path: Path) -> None:
    text = " ".join(WORDS)
    for words in (*WORDS, text):
        plain = f"{words}\nUnsubscribe: {UNSUBSCRIBE} {words}"
        assert rendered_by_go(tmp_path, listmonk.text_tagged(plain)) == plain.replace(UNSUBSCRIBE, PLACE)
        escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        page = f'<title>{escaped}</title><p title="{escaped}">{escaped}<a href="{UNSUBSCRIBE}">out</a>{escaped}</p>'
        assert as_read(rendered_by_go(tmp_path, listmonk.html_tagged(page))) == as_read(page.replace(UNSUBSCRIBE, PLACE))


def test_buttondown_shows_every_word_as_it_is() -> None:
    """Also if it should read the references before the tags."""
    for words in (*WORDS, " ".join(WORDS)):
        escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        page = f'<p title="{escaped}">{escaped}<a href="{UNSUBSCRIBE}">out</a>{escaped}</p>'
        tagged, shown = buttondown.html_tagged(page), as_read(page.replace(UNSUBSCRIBE, PLACE))
        assert as_read(rendered_by_django(tagged)) == shown
        assert as_read(rendered_by_django(reference.unescape(tagged))) == shown


def test_the_words_of_an_issue_come_through(there: Digest, tmp_path: Path) -> None:
    there.edit("Some words.", "Write `{{ .Subscriber.Email }}` or {% raw %} and x<y, {{ unsubscribe_url }}.")
    write(there.root / "issues/2024-1/issue.yaml", 'title: "On {{ braces }} and {% tags %}"\ndate: 2024-02-01\norder:\n- 2401.00001\n')
    one = there.handed()
    if there.via == "listmonk":
        assert rendered_by_go(tmp_path, one["subject"]) == "On {{ braces }} and {% tags %}"
        page, text = rendered_by_go(tmp_path, one["body"]), rendered_by_go(tmp_path, one["altbody"])
        assert "`{{ .Subscriber.Email }}` or {% raw %} and x<y," in " ".join(text.split())
        assert f"Unsubscribe: {PLACE}" in text
    else:
        assert as_read(rendered_by_django(one["subject"])) == "On {{ braces }} and {% tags %}"
        page = rendered_by_django(one["body"])
    assert "{{ .Subscriber.Email }}</code> or {% raw %} and x<y, {{ unsubscribe_url }}." in as_read(page)
    assert f'<a href="{PLACE}"' in page


def test_our_own_issues_come_through(own_site: Published, tmp_path: Path) -> None:
    """Word for word, and nothing in a mail of ours is taken for a place where no tag may stand."""
    for path in sorted(own_site.folder.glob("2023-*/mail.html")):
        page, text = path.read_text().replace("</body>", f'<a href="{UNSUBSCRIBE}">out</a></body>'), f"{path.with_suffix('.txt').read_text()}\n{UNSUBSCRIBE}\n"
        shown = as_read(page.replace(UNSUBSCRIBE, PLACE))
        assert as_read(rendered_by_django(buttondown.html_tagged(page))) == shown
        assert as_read(rendered_by_go(tmp_path, listmonk.html_tagged(page))) == shown
        assert rendered_by_go(tmp_path, listmonk.text_tagged(text)) == text.replace(UNSUBSCRIBE, PLACE)


# ---- secrets ----


def test_no_secret_is_told(there: Digest) -> None:
    """Whatever the service says of it, in whatever answer; nor is one written down."""
    spelt = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
    secrets = [TOKEN, spelt] if there.via == "listmonk" else [KEY]
    printed = []
    for status in (200, 301, 400, 401, 403, 404, 409, 418, 422, 429, 500):
        for step in (LOOK, MAKE):
            there.here.fault = fault_at(step[there.via], Said(status, " ".join(secrets), {"Location": f"https://{'/'.join(secrets)}"}), there)
            printed.append(there.straight())
    there.here.fault = lambda asked: None
    there.handed()
    there.here.fault = fault_at(CHANGE[there.via], Said(400, " ".join(secrets)), there)
    printed += [there.failed("-v"), *(data.decode("utf-8", "replace") for data in tree(there.root).values())]
    assert "…" in printed[2]
    assert not [text for text in printed for one in secrets if one in text]
    account = Account("x", "http://x", f"Token {secrets[0]}", tuple(secrets), "X")
    assert not [one for one in secrets if one in repr(account) + repr(list(account.__rich_repr__()))]


FILES = {"listmonk": ("token_file", "ROUNDUP_LISTMONK_TOKEN", TOKEN), "buttondown": ("key_file", "ROUNDUP_BUTTONDOWN_KEY", KEY)}


def test_a_secret_may_stand_in_a_file_that_nobody_else_can_read(there: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    key, variable, secret = FILES[there.via]
    monkeypatch.delenv(variable)
    whose = f"{USER} at URL" if there.via == "listmonk" else "Buttondown"
    assert there.failed(code=2) == f'{whose} needs a password: set {variable}, or name a file with "{key}"'
    yaml = there.root / "roundup.yaml"
    yaml.write_text(yaml.read_text().replace("{url:", f"{{{key}: secret, url:"))
    path = there.root / "secret"
    assert there.failed(code=2) == f"{path} cannot be read: no such file or directory; put the password into it, and nothing else"
    path.write_text("")
    path.chmod(0o600)
    assert there.failed(code=2) == f"{path} is empty; put the password into it, and nothing else"
    path.write_text(f"{secret}\n")
    path.chmod(0o640)
    assert there.failed(code=2) == f"{path} can be read by others than its owner; run: chmod 600 {path}"
    path.chmod(0o600)
    there.handed()


@pytest.mark.parametrize("broken", ["a\nX-Other: b", "a\r", "é", "\x7f"])
def test_a_secret_that_would_end_its_header_is_none(there: Digest, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    monkeypatch.setenv(FILES[there.via][1], broken)
    assert there.failed(code=2) == "a login is of letters, digits and signs that a header can hold; copy it anew"
    assert there.here.asked == []


@only("listmonk")
def test_listmonk_asks_for_a_name_too(there: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    yaml = there.root / "roundup.yaml"
    yaml.write_text(yaml.read_text().replace(f", user: {USER}", ""))
    assert there.failed(code=2) == 'listmonk needs the name of an API user: set ROUNDUP_LISTMONK_USER, or write it as "user"'
    monkeypatch.setenv("ROUNDUP_LISTMONK_USER", USER)
    there.handed()


def test_the_fakes_are_the_services_that_they_stand_for() -> None:
    """A draft where a draft is asked for, a send where nothing is said: as Buttondown's older versions have it, and none of ours may rely on."""
    assert Buttondown(1).create({"slug": "a"}).body["status"] == "about_to_send"
