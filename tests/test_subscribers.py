"""A table of subscribers is read with its traps: one person gets one mail, who has left gets none, and a bad row is told with its line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.errors import Problem
from roundup.mailing.address import parse_mailbox
from roundup.mailing.subscribers import Subscriber, dump_table, read_subscribers


def read(text: str) -> tuple[list[str], int, int, list[str]]:
    problems: list[Problem] = []
    found = read_subscribers(text, "list.csv", problems)
    return [one.address for one in found.active], found.repeated, found.left, [str(problem) for problem in problems]


TABLES = {
    "a column": ("email\nada@example.org\nbo@example.org\n", ["ada@example.org", "bo@example.org"], 0, 0),
    "columns in any order and in capitals": ("Name,EMAIL\nAda,ada@example.org\n", ["ada@example.org"], 0, 0),
    "a byte-order mark": ("\ufeffemail\nada@example.org\n", ["ada@example.org"], 0, 0),
    "lines of Windows": ("email,name\r\nada@example.org,Ada\r\n", ["ada@example.org"], 0, 0),
    "lines of an old Mac": ("email,name\rada@example.org,Ada\r", ["ada@example.org"], 0, 0),
    "no end of the last line": ("email\nada@example.org", ["ada@example.org"], 0, 0),
    "blank lines and cells": ("email,name\n\n,\n ada@example.org ,\n", ["ada@example.org"], 0, 0),
    "the same by case and blanks": ("email\nada@example.org\nADA@Example.ORG\n ada@example.org\n", ["ada@example.org"], 2, 0),
    "quotes": ('email,name\nada@example.org,"Example, ""Ada"""\n', ["ada@example.org"], 0, 0),
    "a name before the address": ("email\nAda Example <ada@example.org>\n", ["ada@example.org"], 0, 0),
    "a host in other letters": ("email\nada@exämple.org\n", ["ada@xn--exmple-cua.org"], 0, 0),
    "who has left": ("email,status\nada@example.org,active\nbo@example.org,Unsubscribed\ncy@example.org,suppressed\n", ["ada@example.org"], 0, 2),
    "who has left in one row of two": ("email,status\nada@example.org,active\nADA@example.org,bounced\n", [], 1, 1),
    "what Substack calls disabled": ("email,email_disabled\nada@example.org,false\nbo@example.org,true\n", ["ada@example.org"], 0, 1),
    "nobody": ("email\n", [], 0, 0),
}


@pytest.mark.parametrize(
    "text",
    [
        "email,subscribed_to_emails\na@x.org,true\nb@x.org,false\n",
        "id,email,deleted_at\n1,a@x.org,\n2,b@x.org,2024-01-01\n",
        "email,email_disabled\na@x.org,false\nb@x.org,true\n",
        "Email Address,UNSUB_TIME\na@x.org,\nb@x.org,2024-01-01 10:00\n",
    ],
)
def test_exports_say_in_their_own_way_who_has_left(text: str) -> None:
    assert read(text) == (["a@x.org"], 0, 1, [])


@pytest.mark.parametrize("name", TABLES)
def test_reads(name: str) -> None:
    text, *wanted = TABLES[name]
    assert read(text) == (*wanted, [])


FAULTS = {
    "no column": ("name,mail\nAda,ada@example.org\n", 'list.csv:1: there is no column "email", but name, mail; name the columns in the first line, as email,name'),
    "an empty file": ("", "list.csv: there is nobody in it; name the columns in the first line, as email,name, and write a subscriber a line"),
    "two people in a cell": ("email\na@x.org; b@x.org\n", 'list.csv:2: "a@x.org; b@x.org" is no mail address; mend it, or remove the line'),
    "no address": ("email,name\n,Ada\n", 'list.csv:2: "" is no mail address; mend it, or remove the line'),
    "a line's end in an address": ('email\n"a@x.org\nBcc: b@x.org"\n', 'list.csv:2: "a@x.org\\nBcc: b@x.org" is no mail address; mend it, or remove the line'),
    "an open quote": ('email,name\na@x.org,Ada\nb@x.org,"Bo\nc@x.org,Cy\n', "list.csv:3: a quote is opened here and never closed; close it"),
    "a quote within a cell": ('email,name\na@x.org,"A"da\n', "list.csv:2: this is no row of CSV (',' expected after '\"'); mend its quotes"),
    "too many cells": ("email,name\na@x.org,Example, Ada\n", "list.csv:2: the row has 3 cells, and there are 2 columns; put quotes round what holds a comma"),
    "a column twice": ("email,status,status\na@x.org,unsubscribed,active\n", 'list.csv:1: there are two columns "status", and nobody knows which holds; remove one'),
    "an unknown status": ("email,status\na@x.org,unsubscribd\n", 'list.csv:2: status "unsubscribd" is not known; did you mean "unsubscribed"?'),
    "a status like no other": ("email,status\na@x.org,zzz\n", 'list.csv:2: status "zzz" is not known; write active, unsubscribed or suppressed'),
    "a way out that is none": ("email,unsubscribe\na@x.org,javascript:x\n", 'list.csv:2: unsubscribe "javascript:x" is no way out; write an address from https:// on, or mailto: and an address'),
}


@pytest.mark.parametrize("name", FAULTS)
def test_tells(name: str) -> None:
    text, message = FAULTS[name]
    assert read(text)[3] == [message]


def test_the_traps_of_the_shared_list(shared: Path) -> None:
    path = shared / "corpora/csv/subscribers_own.csv"
    people, repeated, left, told = read(path.read_bytes().decode())
    assert people == [f"{name}@example.org" for name in "ada bo cy di ed fy go hi ij kl mn".split()]
    assert (repeated, left) == (2, 0)
    assert [line.partition(" is ")[0] for line in told] == ['list.csv:16: "op@example.org; eve@evil.org"', 'list.csv:17: "not an address"', 'list.csv:18: ""', "list.csv:19: a quote"]


def test_the_addresses_of_the_shared_list(shared: Path) -> None:
    for case in json.loads((shared / "corpora/mail/headers_own.json").read_text()):
        if case["slot"] != "recipient":
            continue
        try:
            address = parse_mailbox(case["value"]).address
        except ValueError:
            address = ""
        wanted = {"reject": "", "accept-if-smtputf8-else-reject": "", "accept-as-xn": "ada@xn--exmple-cua.org"}.get(case["expect"])
        assert address == wanted if wanted is not None else address.lower().endswith("@example.org"), case
        assert "," not in address
        assert not set(address) & set(" \r\n\x00")


@given(st.text(max_size=400))
def test_any_text_is_a_list_or_has_problems(text: str) -> None:
    people, _, _, told = read(f"email,name\n{text}")
    assert all("@" in one and one.isascii() for one in people)
    assert all(line.startswith("list.csv") and "\n" not in line for line in told)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=20), min_size=2, max_size=2))
def test_no_cell_that_is_written_is_a_formula(cells: list[str]) -> None:
    rows = list(csv.reader(dump_table(("a", "b"), [cells]).split("\n") if not any("\n" in cell for cell in cells) else [], strict=True))
    for shown, cell in zip(rows[1] if rows else [], cells, strict=bool(rows)):
        assert not shown.lstrip().startswith(("=", "+", "-", "@", "\uff1d"))
        assert (shown[1:] if shown != cell else shown) == cell


def test_a_subscriber_is_known_by_the_address_in_small_letters() -> None:
    assert Subscriber("Ada@Example.org").key == "ada@example.org"
