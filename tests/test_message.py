"""A message has the headers that we set and no others, whatever stands in a title or a name; both its texts come out as they went in."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import re
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.mailing.address import Mailbox, parse_mailbox
from roundup.mailing.message import UNSUBSCRIBE, Letterhead, Message, ways_out
from roundup.mailing.subscribers import Subscriber
from roundup.text.visible import one_line, visible

WEB, MAIL = "https://lists.example.org/out?who={email}&list=digest", "mailto:out@example.org?subject=out"
SENT = dt.datetime(2024, 2, 3, 8, 5, 9, tzinfo=dt.timezone.utc)
NAMES = ["From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "MIME-Version", "Content-Type"]
ADA = Subscriber("ada+x@example.org", "Ada")


def letterhead(subject: str = "2024-1 A digest", ways: tuple[str, ...] = (WEB, MAIL), name: str = "A digest") -> Letterhead:
    return Letterhead("2024-1", subject, dt.date(2024, 2, 1), Mailbox("ann@example.org", "Ann Example"), "us@example.org", name, "digest.example.org", ways)


def sent(subscriber: Subscriber = ADA, *, html: str = "<p>Words.</p>", text: str = "Words.\n", **head: object) -> tuple[bytes, EmailMessage]:
    data = Message(letterhead(**head), html, text, lambda: SENT).to(subscriber)  # type: ignore[arg-type]
    return data, email.message_from_bytes(data, policy=email.policy.default)


def is_ours(data: bytes, message: EmailMessage) -> None:
    assert message.keys() == NAMES
    assert message.defects == []
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    head, _, body = data.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 77
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)


def test_each_message_bears_the_time_at_which_it_is_made() -> None:
    moments = iter([SENT, SENT + dt.timedelta(hours=3)])
    message = Message(letterhead(), "", "", lambda: next(moments))
    dates = [email.message_from_bytes(message.to(one), policy=email.policy.default)["Date"].datetime for one in (ADA, Subscriber("bob@example.org"))]
    assert dates == [SENT, SENT + dt.timedelta(hours=3)]


def test_the_hash_of_an_issue_is_that_of_older_releases() -> None:
    """Else an issue whose sending was begun by one would be told to have changed."""
    assert Message(letterhead(), "<p>Words.</p>", "Words.\n", lambda: SENT).digest == "4dce1f780167a7288e142471de7ea6af"


def test_a_message_is_as_it_should_be() -> None:
    data, message = sent()
    is_ours(data, message)
    assert data.split(b"\r\n\r\n")[0].decode() == "\r\n".join([
        "From: Ann Example",
        " <ann@example.org>",
        "To: Ada",
        " <ada+x@example.org>",
        "Reply-To: us@example.org",
        "Subject: 2024-1 A digest",
        "Date: Sat, 03 Feb 2024 08:05:09 +0000",
        "Message-ID: <2024-1.7764b0a1be34c88dacc0aca60fb3e418@example.org>",
        "List-Id: A digest",
        " <digest.example.org>",
        "List-Unsubscribe: <https://lists.example.org/out?who=ada%2Bx@example.org&list=digest>, <mailto:out@example.org?subject=out>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative;",
        ' boundary="=_3df0a2131a519fae55c27ac1"',
    ])  # fmt: skip


def test_the_same_subscriber_gets_the_same_bytes() -> None:
    assert sent()[0] == sent()[0]
    assert sent(Subscriber("ADA+X@example.org"))[1]["Message-ID"] == sent()[1]["Message-ID"] != sent(Subscriber("bo@example.org"))[1]["Message-ID"]


def hostile(shared: Path) -> list[str]:
    cases = json.loads((shared / "corpora/mail/headers_own.json").read_text())
    strings = json.loads((shared / "corpora/strings/blns.json").read_text())
    return [*(case["value"] for case in cases), *strings, *(shared / "corpora/strings/crlf.txt").read_text().splitlines()]


def test_no_subject_makes_a_header(shared: Path) -> None:
    for subject in hostile(shared):
        data, message = sent(subject=subject)
        is_ours(data, message)
        assert message["Subject"] == (one_line(visible(subject)) or "2024-1"), ascii(subject)


def test_no_name_makes_a_header_or_another_address(shared: Path) -> None:
    for name in hostile(shared):
        data, message = sent(Subscriber("ada@example.org", name), name=name)
        is_ours(data, message)
        assert [one.addr_spec for one in message["To"].addresses] == ["ada@example.org"], ascii(name)


def test_each_recipient_of_the_shared_list_is_one_or_none(shared: Path) -> None:
    for case in json.loads((shared / "corpora/mail/headers_own.json").read_text()):
        try:
            mailbox = parse_mailbox(case["value"])
        except ValueError:
            continue
        data, message = sent(Subscriber(mailbox.address, mailbox.name))
        is_ours(data, message)
        assert [one.addr_spec for one in message["To"].addresses] == [mailbox.address]


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_subject_and_name_are_shown_as_they_are(subject: str, name: str) -> None:
    data, message = sent(Subscriber("ada@example.org", name), subject=subject)
    is_ours(data, message)
    assert message["Subject"] == (one_line(visible(subject)) or "2024-1")
    assert message["To"].addresses[0].addr_spec == "ada@example.org"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=2000))
def test_both_texts_come_out_as_they_went_in(text: str) -> None:
    data, message = sent(text=f"{text}{UNSUBSCRIBE}\n.\n{text}", html=f"{text}<a href=\"{UNSUBSCRIBE}\">x</a>{text}")
    is_ours(data, message)
    plain, rich = (part.get_payload(decode=True).decode().replace("\r\n", "\n") for part in message.iter_parts())
    way = "https://lists.example.org/out?who=ada%2Bx@example.org&list=digest"
    assert plain == f"{text}{way}\n.\n{text}"
    assert rich == f"{text}<a href=\"{way.replace('&', '&amp;')}\">x</a>{text}"


def test_a_long_way_out_stays_on_its_line() -> None:
    """Python's own builder encodes it, and Gmail then shows no button."""
    data, _ = sent(ways=(f"https://lists.example.org/{'x' * 800}/{{email}}",))
    assert re.search(rb"\r\nList-Unsubscribe: <https://lists\.example\.org/x{800}/ada%2Bx@example\.org>\r\n", data)


@pytest.mark.parametrize(("own", "ways"), [
    ("", (WEB.replace("{email}", "bo@example.org"), MAIL)),
    ("https://own.example/1", ("https://own.example/1", MAIL)),
    ("mailto:own@example.org", (WEB.replace("{email}", "bo@example.org"), "mailto:own@example.org")),
])  # fmt: skip
def test_a_subscriber_s_own_way_out_comes_first(own: str, ways: tuple[str, ...]) -> None:
    assert ways_out((MAIL, WEB), Subscriber("bo@example.org", "", own)) == ways


def test_one_click_is_promised_only_where_there_is_something_to_click() -> None:
    _, message = sent(ways=(MAIL,))
    assert message["List-Unsubscribe"] == "<mailto:out@example.org?subject=out>"
    assert "List-Unsubscribe-Post" not in message


def test_what_does_not_fit_a_line_is_not_sent() -> None:
    with pytest.raises(ValueError, match=r"the headers of the message to ada\+x@example\.org would not be read as they are meant"):
        sent(ways=(f"https://lists.example.org/{'x' * 1000}/{{email}}",))
