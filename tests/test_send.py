"""An issue goes to each of its subscribers once: through real servers on this machine, which fail at each step of their protocol."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import email
import email.policy
import io
import json
import os
import re
import shutil
import signal
import socket
import socketserver
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Result, wait_until, write
from mailserver import DROP, STEPS, MailServer, mail_server
from roundup.config import Smtp
from roundup.errors import PublishError
from roundup.mailing.send import Pace, run
from roundup.mailing.smtp import Outcome, Server
from roundup.mailing.subscribers import Subscriber

Make = Callable[..., Path]
Run = Callable[..., Result]

MAIL = """\
title: A digest
url: https://digest.example/
mail:
  from: Ann Example <ann@example.org>
  reply_to: us@example.org
  unsubscribe:
  - mailto:leave@example.org
  - https://lists.example.org/out?who={{email}}
  subscribers: list.csv
  per_second: 0
  smtp: {{host: 127.0.0.1, port: {port}{more}}}
"""
PEOPLE = [f"s{n}@example.org" for n in range(1, 9)]


def listed(people: list[str]) -> str:
    return "email\n" + "".join(f"{one}\n" for one in people)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as here:
        yield here


@pytest.fixture
def sending(digest: Make, server: MailServer) -> Path:
    return digest({"roundup.yaml": MAIL.format(port=server.port, more=""), "list.csv": listed(PEOPLE)})


def books(root: Path, roundup: Run) -> dict[str, int]:
    """What the ledger says, with nothing sent; it balances."""
    told = json.loads(roundup("send", "2024-1", "--dry-run", "--json", root=root).out)
    found = {state: told[state] for state in ("sent", "failed", "suppressed", "uncertain", "pending")}
    assert sum(found.values()) == told["list"]
    assert len(told["doubtful"]) == found["uncertain"]
    return {state: number for state, number in found.items() if number}


def everyone_once(server: MailServer) -> None:
    assert server.got == dict.fromkeys(PEOPLE, 1)


# ---- the way it usually goes ----


def test_everyone_gets_it_once(sending: Path, roundup: Run, server: MailServer) -> None:
    result = roundup("send", "2024-1", root=sending)
    assert (result.code, result.err) == (0, "")
    assert re.fullmatch(
        r'2024-1: "2024-1", [\d,]+ bytes of HTML, \d+ of text\n'
        rf"from ann@example\.org through 127\.0\.0\.1:{server.port}, as fast as it takes them\nto 8 of 8 subscribers in list\.csv\n"
        r"2024-1: 8 subscribers: 8 sent, 0 failed, 0 suppressed, 0 uncertain, 0 pending\n", result.out,
    ), result.out  # fmt: skip
    everyone_once(server)
    assert server.steps.count("connect") == 1
    message = email.message_from_bytes(server.taken[2][1], policy=email.policy.default)
    assert (message["To"], message["From"], message["Reply-To"], message["Subject"]) == ("s3@example.org", "Ann Example <ann@example.org>", "us@example.org", "2024-1")
    assert message["List-Id"] == "A digest <digest.example>"
    assert abs(message["Date"].datetime - dt.datetime.now(dt.timezone.utc)) < dt.timedelta(minutes=5), "when it was sent, and not when the issue is dated"
    assert message["List-Unsubscribe"] == "<https://lists.example.org/out?who=s3@example.org>, <mailto:leave@example.org>"
    text, page = (part.get_content() for part in message.iter_parts())
    assert "Some words." in text
    assert "Unsubscribe: https://lists.example.org/out?who=s3@example.org" in text
    assert '<a href="https://lists.example.org/out?who=s3@example.org"' in page
    assert "unsubscribe.invalid" not in text + page


def test_what_is_sent_is_what_stands_on_the_site_but_for_the_way_out(sending: Path, roundup: Run, server: MailServer) -> None:
    roundup("build", root=sending)
    roundup("send", "2024-1", root=sending)
    message = email.message_from_bytes(server.taken[0][1], policy=email.policy.default)
    page = message.get_body(("html",)).get_content().replace("\r\n", "\n")
    site = (sending / "site/2024-1/mail.html").read_text()
    assert re.sub(r'<p class="by"[^>]*>This mail goes.*?</p>\n', "", page).strip() == site.strip()


def test_a_second_send_sends_nothing(sending: Path, roundup: Run, server: MailServer) -> None:
    roundup("send", "2024-1", root=sending)
    result = roundup("send", "2024-1", root=sending)
    told = "sending 2024-1 was begun before: 8 subscribers: 8 sent, 0 failed, 0 suppressed, 0 uncertain, 0 pending; --resume sends it to who joins later\n"
    assert (result.code, result.err) == (2, told)
    assert roundup("send", "2024-1", "--resume", root=sending).code == 0
    everyone_once(server)


def test_a_dry_run_opens_no_socket_and_writes_nothing(sending: Path, roundup: Run, monkeypatch: pytest.MonkeyPatch, server: MailServer) -> None:
    monkeypatch.setattr(socket, "socket", None)
    result = roundup("send", "2024-1", "--dry-run", root=sending)
    assert result.out.endswith("8 subscribers: 0 sent, 0 failed, 0 suppressed, 0 uncertain, 8 pending\n")
    assert (result.code, server.steps) == (0, [])
    assert not (sending / "sends.yaml").exists()
    assert not (sending / ".roundup/state/mail.sqlite").exists()


def test_a_test_goes_to_one_address_and_is_not_noted(sending: Path, roundup: Run, server: MailServer) -> None:
    write(sending / "issues/2024-2/issue.yaml", "intro: A draft.\n")
    for key in ("2024-1", "2024-2"):
        result = roundup("send", key, "--test", "Me <me@example.org>", root=sending)
        assert (result.code, result.out.splitlines()[-1]) == (0, "a test of it went to me@example.org")
    assert server.got == {"me@example.org": 2}
    assert books(sending, roundup) == {"pending": 8}
    assert not (sending / "sends.yaml").exists()


def test_some_now_and_the_rest_later(sending: Path, roundup: Run, server: MailServer) -> None:
    assert roundup("send", "2024-1", "--limit", "3", root=sending).code == 0
    assert books(sending, roundup) == {"sent": 3, "pending": 5}
    result = roundup("send", "2024-1", root=sending)
    assert result.err == "sending 2024-1 was begun before: 8 subscribers: 3 sent, 0 failed, 0 suppressed, 0 uncertain, 5 pending; go on with --resume\n"
    assert roundup("send", "2024-1", "--resume", root=sending).code == 0
    everyone_once(server)


def test_who_leaves_gets_nothing_and_who_joins_gets_it_once(sending: Path, roundup: Run, server: MailServer) -> None:
    roundup("send", "2024-1", "--limit", "3", root=sending)
    write(sending / "list.csv", listed([*PEOPLE[1:6], PEOPLE[7], "S2@Example.org", "new@example.org"]))
    assert roundup("send", "2024-1", "--resume", root=sending).code == 0
    assert server.got == dict.fromkeys([*PEOPLE[:6], PEOPLE[7], "new@example.org"], 1)
    assert books(sending, roundup) == {"sent": 7}


def test_an_issue_that_was_mended_goes_on_as_it_is_now(sending: Path, roundup: Run, server: MailServer) -> None:
    roundup("send", "2024-1", "--limit", "3", root=sending)
    pick = sending / "issues/2024-1/commentary/2401.00001.yaml"
    pick.write_text(pick.read_text().replace("Some words", "Other words"))
    result = roundup("send", "2024-1", "--resume", root=sending)
    assert (result.code, result.err) == (0, "2024-1 is not as it was when sending it was begun; who waits gets it as it is now\n")
    everyone_once(server)
    assert [b"Other words" in message for _, message in server.taken] == [False] * 3 + [True] * 5


def test_the_books_as_a_table_hold_no_formula(sending: Path, roundup: Run, server: MailServer) -> None:
    server.answer = lambda step, times, to: b"550 5.1.1 =HYPERLINK(1)" if (step, to) == ("RCPT", "s2@example.org") else None
    write(sending / "list.csv", listed(["-oProxy@example.org", "s2@example.org"]))
    rows = list(csv.reader(io.StringIO(roundup("send", "2024-1", "--csv", root=sending).out)))
    assert rows == [["email", "state", "answer"], ["'-oProxy@example.org", "sent", ""], ["s2@example.org", "failed", "RCPT: 550 5.1.1 =HYPERLINK(1)"]]


# ---- what the server may answer ----


def test_a_mailbox_that_does_not_exist_is_suppressed(sending: Path, roundup: Run, server: MailServer) -> None:
    server.answer = lambda step, times, to: b"550 5.1.1 no such user" if step == "RCPT" and to in PEOPLE[2:4] else None
    assert roundup("send", "2024-1", root=sending).code == 0
    assert books(sending, roundup) == {"sent": 6, "failed": 2}
    write(sending / "issues/2024-2/issue.yaml", "date: 2024-03-01\nintro: The next one.\n")
    server.answer = lambda step, times, to: None
    assert roundup("send", "2024-2", root=sending).code == 0
    assert not server.got.keys() & set(PEOPLE[2:4]), "nor do they get the next issue"
    assert "6 sent, 0 failed, 2 suppressed" in roundup("send", "2024-2", "--resume", root=sending).out
    assert roundup("send", "2024-1", "--resend", PEOPLE[2], root=sending).code == 0
    assert books(sending, roundup) == {"sent": 7, "failed": 1}


@pytest.mark.parametrize("answer", ["450 try later", "451 4.7.1 greylisted", "550 5.7.1 relaying denied", "421 too busy"])
def test_what_is_not_the_mailbox_s_fault_is_tried_again(sending: Path, roundup: Run, server: MailServer, answer: str) -> None:
    server.answer = lambda step, times, to: answer.encode() if step == "RCPT" and to in PEOPLE[2:4] else None
    result = roundup("send", "2024-1", root=sending)
    assert (result.code, result.err) == (4, '2 messages still to go: "roundup send 2024-1 --resume" tries again\n')
    assert books(sending, roundup) == {"sent": 6, "pending": 2}
    server.answer = lambda step, times, to: None
    assert roundup("send", "2024-1", "--resume", root=sending).code == 0
    everyone_once(server)


def test_a_message_that_the_server_will_not_have_is_failed_and_nobody_suppressed(sending: Path, roundup: Run, server: MailServer) -> None:
    server.answer = lambda step, times, to: b"552 mailbox full" if step == "message" and to == PEOPLE[0] else None
    assert roundup("send", "2024-1", root=sending).code == 0
    assert books(sending, roundup) == {"sent": 7, "failed": 1}
    server.answer = lambda step, times, to: None
    assert roundup("send", "2024-1", "--resend", PEOPLE[0].upper(), root=sending).code == 0
    everyone_once(server)


def test_those_who_failed_are_named_ten_of_them(sending: Path, roundup: Run, server: MailServer) -> None:
    write(sending / "list.csv", listed([f"s{n}@example.org" for n in range(30)]))
    server.answer = lambda step, times, to: b"552 full" if step == "message" and times % 2 else None
    result = roundup("send", "2024-1", root=sending)
    failed = [f"s{n}@example.org failed: the message: 552 full" for n in range(1, 30, 2)]
    assert result.err.splitlines() == [*failed[:10], "and 5 more; --csv tells of each"]
    assert result.code == 0
    assert roundup("send", "2024-1", "--csv", "--resume", root=sending).out.count(",failed,") == 15


def test_an_issue_of_a_day_to_come_is_told(sending: Path, roundup: Run, server: MailServer) -> None:
    """It is sent all the same; a test of it says nothing."""
    path = sending / "issues/2024-1/issue.yaml"
    path.write_text(path.read_text().replace("2024-02-01", "2999-02-01"))
    told = "2024-1 is dated 2999-02-01, a day to come, and says so to whoever reads it; mend its date, or send it then\n"
    assert roundup("send", "2024-1", "--dry-run", root=sending).err == told
    assert roundup("send", "2024-1", "--test", "me@example.org", root=sending).err == ""
    assert len(server.taken) == 1


@pytest.mark.parametrize(("step", "answer", "most"), [("MAIL", "550 not you", 10), ("RCPT", "450 later", 10), ("message", "554 spam", 10), ("RCPT", "550 5.1.1 no", 20)])
def test_a_server_that_takes_nothing_is_not_asked_for_ever(sending: Path, roundup: Run, server: MailServer, step: str, answer: str, most: int) -> None:
    write(sending / "list.csv", listed([f"s{n}@example.org" for n in range(60)]))
    server.answer = lambda here, times, to: answer.encode() if here == step else None
    result = roundup("send", "2024-1", root=sending)
    what = "the message" if step == "message" else step
    assert result.err == (
        'what was sent is noted; go on with "roundup send 2024-1 --resume"\n' f"{most} messages in a row were not taken ({what}: {answer}); nothing more was sent\n"
    )
    assert (result.code, server.steps.count(step)) == (4, most)
    assert books(sending, roundup) == {"pending": 60}, "and nobody is failed or suppressed for it"


@pytest.mark.parametrize("answer", ["550 Domain example.org has exceeded the max emails per hour", "550 unknown", "554 5.7.1 blocked", "552 5.2.2 mailbox full"])
def test_a_quota_strikes_nobody_off(sending: Path, roundup: Run, server: MailServer, answer: str) -> None:
    write(sending / "list.csv", listed([f"s{n}@example.org" for n in range(30)]))
    is_nobody = answer == "550 unknown"
    server.answer = lambda step, times, to: answer.encode() if step == "RCPT" and int(to[1:].partition("@")[0]) >= 5 else None
    result = roundup("send", "2024-1", root=sending)
    assert result.code == (0 if is_nobody else 4)
    assert books(sending, roundup) == ({"sent": 5, "failed": 25} if is_nobody else {"sent": 5, "pending": 25})
    server.answer = lambda step, times, to: None
    roundup("send", "2024-1", "--resume", root=sending)
    assert books(sending, roundup) == ({"sent": 5, "failed": 25} if is_nobody else {"sent": 30})


def test_whoever_was_not_taken_before_keeps_nobody_waiting(sending: Path, roundup: Run, server: MailServer) -> None:
    write(sending / "list.csv", listed([*(f"s{n}@gone.example" for n in range(12)), "last@example.org"]))
    server.answer = lambda step, times, to: b"450 4.1.2 no host" if step == "RCPT" and to.endswith("gone.example") else None
    assert roundup("send", "2024-1", root=sending).code == 4
    roundup("send", "2024-1", "--resume", root=sending)
    assert server.got == {"last@example.org": 1}


@pytest.mark.parametrize(("answer", "state"), [("200 queued", "sent"), ("299 well", "sent"), ("what?", "uncertain"), ("354 go on", "uncertain")])
def test_the_first_digit_of_the_last_answer_decides(sending: Path, roundup: Run, server: MailServer, answer: str, state: str) -> None:
    write(sending / "list.csv", listed(["a@example.org"]))
    server.answer = lambda step, times, to: answer.encode() if step == "message" else None
    roundup("send", "2024-1", root=sending)
    assert books(sending, roundup) == {state: 1}
    server.answer = lambda step, times, to: None
    roundup("send", "2024-1", "--resume", root=sending)
    assert books(sending, roundup) == {state: 1}, "nobody is sent it again unless named"


def test_a_mailbox_that_is_there_again_is_suppressed_no_more(sending: Path, roundup: Run, server: MailServer) -> None:
    write(sending / "list.csv", listed(["a@example.org", "b@example.org"]))
    server.answer = lambda step, times, to: b"550 5.1.1 no such user" if (step, to) == ("RCPT", "a@example.org") else None
    roundup("send", "2024-1", root=sending)
    server.answer = lambda step, times, to: None
    assert roundup("send", "2024-1", "--resend", "a@example.org", root=sending).code == 0
    with closing(sqlite3.connect(sending / ".roundup/state/mail.sqlite")) as file:
        assert file.execute("SELECT count(*) FROM suppressed").fetchone() == (0,)


@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT", "DATA"])
def test_a_connection_that_is_lost_before_the_message_is_made_anew(sending: Path, roundup: Run, server: MailServer, step: str) -> None:
    server.answer = lambda here, times, to: DROP if (here, times) == (step, 3 if step != "EHLO" else 0) else None
    result = roundup("send", "2024-1", root=sending)
    if step == "EHLO":
        assert (result.code, result.err) == (4, f"127.0.0.1:{server.port}: greeting it failed: it hung up; nothing more was sent\n")
        assert books(sending, roundup) == {"pending": 8}
        result = roundup("send", "2024-1", root=sending)
    assert result.code == 0
    everyone_once(server)


def test_an_answer_that_is_lost_leaves_one_in_doubt_who_gets_it_again_only_when_named(sending: Path, roundup: Run, server: MailServer) -> None:
    server.answer = lambda step, times, to: DROP if step == "message" and times == 3 else None
    result = roundup("send", "2024-1", root=sending)
    doubt = "s4@example.org may have it or not: the answer was lost; to send it once more: roundup send 2024-1 --resend s4@example.org\n"
    assert (result.code, result.err) == (4, doubt)
    assert books(sending, roundup) == {"sent": 7, "uncertain": 1}
    assert roundup("send", "2024-1", "--resume", root=sending).err == doubt
    everyone_once(server)
    assert roundup("send", "2024-1", "--resend", "s4@example.org", root=sending).code == 0
    assert server.got == {**dict.fromkeys(PEOPLE, 1), "s4@example.org": 2}
    ids = [email.message_from_bytes(message)["Message-ID"] for to, message in server.taken if to == "s4@example.org"]
    assert len(set(ids)) == 1, "so that a mailbox can tell"
    result = roundup("send", "2024-1", "--resend", "s4@example.org", root=sending)
    assert (result.code, result.err) == (2, "s4@example.org is sent; only what is uncertain, failed or suppressed is sent again\n")


def test_a_server_that_loses_every_answer_is_not_asked_for_ever(sending: Path, roundup: Run, server: MailServer) -> None:
    server.answer = lambda step, times, to: DROP if step == "message" else None
    assert roundup("send", "2024-1", root=sending).code == 4
    assert books(sending, roundup) == {"uncertain": 3, "pending": 5}


def test_that_the_server_does_not_say_good_bye_is_no_matter(sending: Path, roundup: Run, server: MailServer) -> None:
    server.answer = lambda step, times, to: DROP if step == "QUIT" else None
    assert roundup("send", "2024-1", root=sending).code == 0
    everyone_once(server)


@pytest.mark.parametrize("answer", [b"\xff\xfe", b"200", b"250-", b"25O ok", b"x" * 20_000, b"250 \x1b[31mred"])
def test_a_server_that_talks_nonsense_sends_nobody_two(sending: Path, roundup: Run, server: MailServer, answer: bytes) -> None:
    for step in STEPS[1:]:
        server.answer = lambda here, times, to, step=step: answer if here == step and times == 2 else None  # type: ignore[misc]
        result = roundup("send", "2024-1", *(["--resume"] if (sending / "sends.yaml").exists() else []), root=sending)
        assert result.code in (0, 4)
        assert "\x1b" not in result.out + result.err
        assert "Traceback" not in result.err
    assert all(number == 1 for number in server.got.values())
    told = books(sending, roundup)
    assert told.get("sent", 0) + told.get("uncertain", 0) == 8


def test_a_server_that_says_nothing_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = Server(Smtp("127.0.0.1", silent.getsockname()[1]), timeout_s=0.2)
        with pytest.raises(PublishError, match="connecting failed: it gave no answer in time; nothing more was sent"):
            server.open()


# ---- the ledger ----


def test_a_ledger_that_is_gone_stops_the_sending(sending: Path, roundup: Run, server: MailServer) -> None:
    roundup("send", "2024-1", "--limit", "3", root=sending)
    for what in (".roundup/state/mail.sqlite", ".roundup"):
        path = sending / what
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        result = roundup("send", "2024-1", "--resume", root=sending)
        state = sending / ".roundup/state"
        assert (result.code, result.err) == (4, (
            f"{state}/mail.sqlite is gone, or of another clone: it knows nothing of 2024-1, and sending that was begun; put the newest copy back"
            f" (or take 2024-1 out of sends.yaml and out of {state}/sends, and some are mailed twice); nothing was sent\n"
        ))  # fmt: skip
    assert len(server.taken) == 3


def test_an_old_copy_of_the_ledger_stops_the_sending(sending: Path, roundup: Run, server: MailServer) -> None:
    ledger = sending / ".roundup/state/mail.sqlite"
    roundup("send", "2024-1", "--limit", "3", root=sending)
    old = ledger.read_bytes()
    roundup("send", "2024-1", "--limit", "2", "--resume", root=sending)
    ledger.write_bytes(old)
    result = roundup("send", "2024-1", "--resume", root=sending)
    assert result.code == 4
    assert result.err.startswith(f"{ledger} is an old copy, or of another clone: more of 2024-1 was sent than it knows; put the newest copy back (or take ")
    assert len(server.taken) == 5


def test_a_ledger_of_another_clone_stops_the_sending(sending: Path, roundup: Run, digest: Make, server: MailServer) -> None:
    roundup("send", "2024-1", root=sending)
    other = digest({path: (sending / path).read_text() for path in ("roundup.yaml", "list.csv")}, name="other")
    roundup("send", "2024-1", "--limit", "1", root=other)
    shutil.copy(sending / "sends.yaml", other / "sends.yaml")
    result = roundup("send", "2024-1", "--resume", root=other)
    assert (result.code, "is an old copy, or of another clone" in result.err) == (4, True)
    assert len(server.taken) == 9


def test_all_of_the_state_put_back_from_an_older_copy_is_told(sending: Path, roundup: Run, server: MailServer, tmp_path: Path) -> None:
    """The ledger and its mark are of one age then; sends.yaml, which lies in the repository, knows better."""
    roundup("send", "2024-1", "--limit", "1", root=sending)
    shutil.copytree(sending / ".roundup", tmp_path / "older")
    roundup("send", "2024-1", "--resume", root=sending)
    shutil.rmtree(sending / ".roundup")
    shutil.copytree(tmp_path / "older", sending / ".roundup")
    result = roundup("send", "2024-1", "--resume", root=sending)
    assert (result.code, "is an old copy, or of another clone" in result.err) == (4, True)
    everyone_once(server)


@pytest.mark.parametrize("fault", ["read-only", "no database", "a folder"])
def test_a_ledger_that_cannot_be_written_stops_the_sending(sending: Path, roundup: Run, server: MailServer, fault: str) -> None:
    ledger = sending / ".roundup/state/mail.sqlite"
    roundup("send", "2024-1", "--limit", "3", root=sending)
    if fault == "read-only":
        ledger.chmod(0o444)
    else:
        ledger.unlink()
        write(ledger, "no database at all, but a text\n" * 99) if fault == "no database" else ledger.mkdir()
    result = roundup("send", "2024-1", "--resume", root=sending)
    said = {"read-only": "is read-only", "no database": "cannot be used: file is not a database", "a folder": "cannot be used: unable to open database file"}
    assert (result.code, result.err) == (4, f"{ledger} {said[fault]}; without it nothing is sent, so mend that first\n")
    assert len(server.taken) == 3


def test_a_stop_has_every_message_noted(sending: Path, roundup: Run, server: MailServer) -> None:
    """Ctrl-C while the server takes its time over a message: the answer is waited for, and noted."""

    def answer(step: str, times: int, to: str) -> None:
        if (step, times) == ("message", 4):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)

    server.answer = answer
    process = subprocess.Popen([sys.executable, "-m", "roundup", "send", "2024-1"], cwd=sending, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == '\nstopped; what was sent is noted; go on with "roundup send 2024-1 --resume"\n'
    assert books(sending, roundup) == {"sent": 5, "pending": 3}
    assert roundup("send", "2024-1", "--resume", root=sending).code == 0
    everyone_once(server)


def test_of_two_senders_one_waits(sending: Path, roundup: Run, server: MailServer) -> None:
    begun = threading.Event()

    def answer(step: str, times: int, to: str) -> None:
        if step == "message" and not times:
            begun.set()
            wait_until(lambda: second is not None, 30)
            time.sleep(0.5)

    second: subprocess.Popen[str] | None = None
    server.answer = answer
    command = [sys.executable, "-m", "roundup", "send", "2024-1", "--resume"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=sending, env=environment, stdout=subprocess.DEVNULL) as first:
        assert begun.wait(30)
        second = subprocess.Popen(command, cwd=sending, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = second.communicate(timeout=60)
        assert first.wait(60) == 0
    assert second.returncode == 0
    assert err in ("", f"another run (process {first.pid}) is sending from this digest; waiting for it\n")
    assert out.endswith("8 sent, 0 failed, 0 suppressed, 0 uncertain, 0 pending\n")
    everyone_once(server)


# ---- pace ----


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Takes:
    """A server that takes all, and a ledger that notes nothing but when."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.sent = clock, list[float]()

    def send(self, sender: str, address: str, message: bytes) -> Outcome:
        self.sent.append(self.clock.now)
        self.clock.now += 0.05
        return Outcome("taken", "")

    def note(self, *entries: object, suppress: bool = False) -> None:
        pass


def test_messages_go_no_faster_than_asked() -> None:
    clock = Clock()
    server = Takes(clock)
    people = [Subscriber(one) for one in PEOPLE]
    run(people, lambda one: b"", "ann@example.org", server, server, Pace(0.2, lambda: clock.now, clock.sleep), lambda number: None)  # type: ignore[arg-type]
    assert server.sent == pytest.approx([100 + 0.2 * n for n in range(8)])


# ---- secrets ----

CANARY = "c4nary-S3cret-0f-sm7p"


def test_a_password_file_is_for_its_owner_alone(sending: Path, roundup: Run, server: MailServer) -> None:
    write(sending / "roundup.yaml", MAIL.format(port=server.port, more=", user: ann, password_file: secret"))
    path = sending / "secret"
    result = roundup("send", "2024-1", root=sending)
    assert (result.code, result.err) == (2, f"{path} cannot be read: no such file or directory; put the password into it, and nothing else\n")
    write(path, f"{CANARY}\n")
    path.chmod(0o640)
    result = roundup("send", "2024-1", root=sending)
    assert (result.code, result.err) == (2, f"{path} can be read by others than its owner; run: chmod 600 {path}\n")
    path.chmod(0o600)
    result = roundup("send", "2024-1", root=sending)
    assert (result.code, result.err) == (4, f"127.0.0.1:{server.port}: logging in failed: it offers no way to log in; nothing more was sent\n")
    write(sending / "roundup.yaml", MAIL.format(port=server.port, more=", user: ann"))
    result = roundup("send", "2024-1", root=sending)
    assert (result.code, result.err) == (2, 'ann at 127.0.0.1 needs a password: set ROUNDUP_SMTP_PASSWORD, or name a file with "password_file"\n')
    assert server.taken == []


def test_a_password_goes_over_no_open_line() -> None:
    with mail_server() as here:
        server = Server(Smtp("127.0.0.1", here.port, "none", "ann"), CANARY)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("roundup.mailing.smtp.is_loopback", lambda host: False)
            with pytest.raises(PublishError, match="logging in failed: a password is not sent over an open line; use tls or starttls"):
                server.open()
            server = Server(Smtp("127.0.0.1", here.port), CANARY)
            with pytest.raises(PublishError, match=r"securing the line \(STARTTLS\) failed: it offers no STARTTLS"):
                server.open()


# ---- TLS and login, by a server of somebody else's ----


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of our own for this machine, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl on this machine")
    folder = tmp_path_factory.mktemp("certificate")
    key, cert = folder / "key.pem", folder / "cert.pem"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", names, "-keyout", key, "-out", cert]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


class Taken:
    """An aiosmtpd handler that keeps what comes, and by whom it was sent."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bool, bool]] = []

    async def handle_DATA(self, server: object, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.got.append((envelope.rcpt_tos[0], session.ssl is not None, session.authenticated))
        return "250 taken"


@contextmanager
def aiosmtpd(certificate: tuple[Path, Path], how: str) -> Iterator[tuple[int, Taken]]:
    controller = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd is not installed")
    smtp = pytest.importorskip("aiosmtpd.smtp")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def authenticate(server: object, session: object, envelope: object, mechanism: str, data: Any) -> Any:
        return smtp.AuthResult(success=(data.login, data.password) == (b"ann", CANARY.encode()), handled=False)

    taken = Taken()
    options: dict[str, Any] = {"authenticator": authenticate, "auth_required": True, "hostname": "127.0.0.1", "port": free_port()}
    if how == "tls":
        started = controller.Controller(taken, ssl_context=context, auth_require_tls=False, **options)
    else:
        started = controller.Controller(taken, tls_context=context, require_starttls=True, **options)
    started.start()
    try:
        yield options["port"], taken
    finally:
        started.stop()


def listens(port: int) -> bool:
    with socket.socket() as line:
        return not line.connect_ex(("127.0.0.1", port))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.filterwarnings("ignore:.*:UserWarning:aiosmtpd.smtp", "ignore::DeprecationWarning:aiosmtpd.smtp")  # of its own, and about its own options
@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_the_line_is_safe_and_the_password_right(sending: Path, roundup: Run, monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path], how: str) -> None:
    with aiosmtpd(certificate, how) as (port, taken):
        write(sending / "roundup.yaml", MAIL.format(port=port, more=f", security: {how}, user: ann"))
        monkeypatch.setenv("ROUNDUP_SMTP_PASSWORD", CANARY)
        result = roundup("send", "2024-1", root=sending)
        assert result.code == 4
        assert re.fullmatch(rf"127\.0\.0\.1:{port}: (connecting|securing the line \(STARTTLS\)) failed: its certificate is not to be trusted \(self-signed certificate\); nothing more was sent\n", result.err)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        monkeypatch.setenv("ROUNDUP_SMTP_PASSWORD", f"{CANARY}, mistyped")
        result = roundup("send", "2024-1", root=sending)
        assert (result.code, result.err) == (4, f"127.0.0.1:{port}: logging in failed: it answered 535 5.7.8 Authentication credentials invalid; nothing more was sent\n")
        monkeypatch.setenv("ROUNDUP_SMTP_PASSWORD", CANARY)
        assert roundup("send", "2024-1", root=sending).code == 0
    assert taken.got == [(one, how == "starttls", True) for one in PEOPLE], "of a line that is safe from the start it tells nothing"


@pytest.mark.parametrize("where", ["environment", "file"])
def test_a_secret_is_seen_nowhere(sending: Path, server: MailServer, where: str) -> None:
    """Not in what is printed, not in files, not in the list of processes; also where the server repeats what it was told."""
    seen: list[str] = []

    def answer(step: str, times: int, to: str) -> bytes | None:
        if step == "EHLO":
            return b"250-here\r\n250 AUTH PLAIN LOGIN"
        if step == "AUTH":
            seen.extend(path.read_bytes().decode("utf-8", "replace") for path in Path("/proc").glob("[0-9]*/cmdline"))
            said = base64.b64encode(f"\0ann\0{CANARY}".encode()).decode()
            return f"535 wrong: {said} {CANARY} {base64.b64encode(CANARY.encode()).decode()}".encode()
        return None

    server.answer = answer
    file = ", password_file: secret" if where == "file" else ""
    write(sending / "roundup.yaml", MAIL.format(port=server.port, more=f", user: ann{file}"))
    write(sending / "secret", CANARY)
    (sending / "secret").chmod(0o600)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **({"ROUNDUP_SMTP_PASSWORD": CANARY} if where == "environment" else {})}
    done = subprocess.run([sys.executable, "-m", "roundup", "-v", "send", "2024-1"], cwd=sending, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert done.stderr == f"127.0.0.1:{server.port}: logging in failed: it answered 535 wrong: … … …; nothing more was sent\n"
    spellings = [CANARY, base64.b64encode(CANARY.encode()).decode().rstrip("="), base64.b64encode(f"\0ann\0{CANARY}".encode()).decode().rstrip("=")]
    files = [path.read_bytes().decode("utf-8", "replace") for path in sending.rglob("*") if path.is_file() and path.name != "secret"]
    for spelling in spellings:
        assert not [text for text in (*seen, *files, done.stdout, done.stderr) if spelling in text]


# ---- a mail server of Debian's ----

POSTFIX = {
    "etc/main.cf": """\
        compatibility_level = 3.6
        queue_directory = {folder}/queue
        data_directory = {folder}/data
        maillog_file = {folder}/log
        maillog_file_prefixes = /tmp, /var
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        myhostname = localhost
        mydestination =
        relayhost = [127.0.0.1]:{onward}
        smtpd_tls_cert_file = {folder}/cert.pem
        smtpd_tls_key_file = {folder}/key.pem
        smtpd_tls_security_level = encrypt
        smtpd_sasl_auth_enable = yes
        smtpd_sasl_type = dovecot
        smtpd_sasl_path = {folder}/login
        smtpd_relay_restrictions = permit_sasl_authenticated, reject
        """,
    "etc/master.cf": "127.0.0.1:{port} inet n - n - - smtpd\npostlog unix-dgram n - n - 1 postlogd\nrewrite unix - - n - - trivial-rewrite\n"
    + "".join(f"{name} unix n - n {wakes} {most} {name}\n" for name, wakes, most in (("cleanup", "-", 0), ("qmgr", 1, 1)))
    + "".join(f"{name} unix - - n - - {does}\n" for name, does in {"proxymap": "proxymap", "smtp": "smtp", "error": "error", "retry": "error", "bounce": "bounce", "defer": "bounce"}.items())
    + "".join(f"{name} unix - - n {wakes} 1 {name}\n" for name, wakes in {"anvil": "-", "scache": "-", "tlsmgr": "1000?", "verify": "-"}.items()),
}


class _Login(socketserver.StreamRequestHandler):
    """Tells Postfix whether a password is right, as Dovecot would. Source: https://doc.dovecot.org/developer_manual/design/auth_protocol/"""

    def handle(self) -> None:
        self.wfile.write(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0123456789abcdef0123456789abcdef\nDONE\n")
        while line := self.rfile.readline():
            what, number, *rest = line.decode().rstrip("\n").split("\t")
            if what == "AUTH":
                given = next(part.removeprefix("resp=") for part in rest if part.startswith("resp="))
                is_right = base64.b64decode(given) == f"\0ann\0{CANARY}".encode()
                self.wfile.write(f"OK\t{number}\tuser=ann\n".encode() if is_right else f"FAIL\t{number}\tuser=ann\n".encode())


@contextmanager
def postfix(certificate: tuple[Path, Path], onward: int) -> Iterator[int]:
    """A Postfix of its own on a port of its own, which passes on what it takes."""
    if not shutil.which("postfix") or os.geteuid():
        pytest.skip("there is no Postfix on this machine, or nobody who may start it")
    port = free_port()
    with tempfile.TemporaryDirectory() as name, socketserver.ThreadingUnixStreamServer(f"{name}/login", _Login) as login:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "login").chmod(0o666)
        threading.Thread(target=login.serve_forever, daemon=True).start()
        for path, named in zip(certificate, ("cert.pem", "key.pem"), strict=True):
            shutil.copy(path, folder / named)
        for path, text in POSTFIX.items():
            write(folder / path, textwrap.dedent(text).format(folder=folder, port=port, onward=onward))
        (folder / "queue").mkdir()
        (folder / "data").mkdir()
        shutil.chown(folder / "data", "postfix")
        subprocess.run(["postfix", "-c", folder / "etc", "start"], check=True, capture_output=True)
        try:
            wait_until(lambda: listens(port))
            yield port
        finally:
            subprocess.run(["postfix", "-c", folder / "etc", "stop"], check=False, capture_output=True)
            login.shutdown()


@pytest.mark.skipif(not os.environ.get("ROUNDUP_SOAK"), reason="it takes Postfix, as root; make soak runs it")
def test_postfix_takes_it_and_passes_it_on(sending: Path, roundup: Run, monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path], server: MailServer) -> None:
    """Encrypted, and after a login, by a server that people run; what it passes on is what was sent, and its headers are as ours were."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with postfix(certificate, server.port) as port:
        write(sending / "roundup.yaml", MAIL.format(port=port, more=", security: starttls, user: ann"))
        monkeypatch.setenv("ROUNDUP_SMTP_PASSWORD", "mistyped")
        assert roundup("send", "2024-1", root=sending).err.startswith(f"127.0.0.1:{port}: logging in failed: it answered 535 5.7.8 ")
        monkeypatch.setenv("ROUNDUP_SMTP_PASSWORD", CANARY)
        result = roundup("send", "2024-1", root=sending)
        assert (result.code, result.err) == (0, "")
        wait_until(lambda: len(server.taken) == len(PEOPLE), 30)
    everyone_once(server)
    for to, data in server.taken:
        message = email.message_from_bytes(data, policy=email.policy.default)
        assert (message["To"], message["List-Unsubscribe-Post"], message.defects) == (to, "List-Unsubscribe=One-Click", [])
        assert message["List-Unsubscribe"] == f"<https://lists.example.org/out?who={to}>, <mailto:leave@example.org>"
        assert "Some words." in message.get_body(("plain",)).get_content()
