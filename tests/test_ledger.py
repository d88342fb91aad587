"""The ledger of announcements finds the days that are missing, stale, or came twice."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from conftest import Result
from replay import ReplayServer
from roundup.ledger import Announced, Entry, Seen, ledger
from roundup.store.inbox import Inbox
from test_fetch import FRIDAY, ask, server

__all__ = ["ask", "server"]  # fixtures


def day(number: int) -> dt.date:
    return dt.date(2024, 1, number)


def batch(number: int, *names: str, read: int = 0, categories: tuple[str, ...] = ("cs.LG",), quiet: bool = False) -> Announced:
    return Announced(day(read or number), day(number), categories, names, quiet)


def faults(entries: list[Entry]) -> dict[str, tuple[str, ...]]:
    return {f"{one.day.day} {one.category}": one.faults for one in entries if one.faults}


def test_a_week_that_was_read_each_day_has_no_fault_and_counts_what_became_of_papers() -> None:
    week = [batch(number, f"a{number}", f"b{number}") for number in range(8, 13)]
    seen = [Seen("a9", (day(9),), ("cs.LG", "cs.CL"), "picked"), Seen("b9", (day(9),), ("cs.LG",), ""), Seen("c", (), ("cs.LG",), "")]
    entries = ledger(week, seen, day(13))
    assert [(one.day.day, one.announced) for one in entries] == [(8, 0), (9, 2), (10, 0), (11, 0), (12, 0)]
    assert entries[1].states == (("", 1), ("picked", 1))
    assert faults(entries) == {}


def test_a_lost_day_is_missed_and_a_weekend_is_not() -> None:
    entries = ledger([batch(11, "a"), batch(15, "b")], [], day(16))
    missing = "no feed of that day was read; fetch it with: roundup fetch --inbox --category cs.LG --since 2024-01-12 --until 2024-01-12"
    assert faults(entries) == {"12 cs.LG": (missing,)}


def test_what_was_not_read_since_is_missed_but_for_today() -> None:
    missing = "no feed of the 2 days up to 2024-01-11 was read; fetch them with: roundup fetch --inbox --category cs.LG --since 2024-01-10 --until 2024-01-11"
    assert faults(ledger([batch(9, "a")], [], day(12))) == {"10 cs.LG": (missing,)}


def test_each_category_is_awaited_by_itself() -> None:
    entries = ledger([batch(9, "a", categories=("cs.LG", "cs.CL")), batch(10, "b")], [], day(11))
    assert list(faults(entries)) == ["10 cs.CL"]


def test_a_stale_feed_is_told() -> None:
    entries = ledger([batch(9, "a", read=11), batch(10, "b"), batch(11, "c", read=11)], [], day(12))
    assert faults(entries) == {"9 cs.LG": ("stale: on 2024-01-11 the feed still held this day, and not that of 2024-01-10",)}
    assert faults(ledger([batch(12, "a", read=14)], [], day(15))) == {}  # on a Sunday it is Friday's
    assert faults(ledger([batch(11, "a", read=12)], [], day(12))) == {}  # in the morning it may be the day before's


def test_a_batch_that_came_twice_is_told() -> None:
    entries = ledger([batch(9, "a", "b"), batch(10, "a", "b")], [], day(11))
    assert faults(entries) == {"10 cs.LG": ("the same 2 papers as on 2024-01-09: one of the two feeds was not of its day",)}


def test_a_holiday_is_no_fault_and_an_empty_feed_is_one() -> None:
    entries = ledger([batch(9, quiet=True), batch(10)], [], day(11))
    assert entries[0].is_quiet
    assert faults(entries) == {"10 cs.LG": ("the feed was empty, and did not say why",)}


@pytest.fixture
def root(digest: Callable[..., Path]) -> Path:
    return digest({"roundup.yaml": "title: A digest\ncontact: a@example.org\nsources:\n- arxiv: [cs.CL]\n"}, bare=True)


@pytest.mark.usefixtures("server")
def test_what_is_fetched_is_in_the_ledger(
    root: Path, ask: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    server.day = FRIDAY
    monkeypatch.setattr("roundup.cli.fetch.today", lambda: FRIDAY)
    monkeypatch.setattr("roundup.cli.triage.today", lambda: FRIDAY)
    assert ask("fetch", root=root).code == 0
    with closing(Inbox(root)) as inbox:
        (kept,) = inbox.batches()
        assert (kept.day, kept.categories) == (FRIDAY, ("cs.CL",))
        assert kept.papers
        inbox.keep_batches([Announced(kept.read, kept.day, kept.categories, ())])
        assert inbox.batches() == [kept]  # of two readings the fuller one
    shown = json.loads(roundup("coverage", "--json", root=root).out)
    assert (shown[0]["day"], shown[0]["category"]) == ("2024-01-12", "cs.CL")
    assert shown[0]["announced"] == shown[0]["states"]["new"] > 0
    number = shown[0]["announced"]
    assert roundup("coverage", root=root) == Result(0, f"2024-01-12 Fri  cs.CL        {number} announced: {number} not decided\n1 day, 0 faults\n", "")
    monkeypatch.setattr("roundup.cli.triage.today", lambda: FRIDAY + dt.timedelta(days=4))
    missing = "no feed of that day was read; fetch it with: roundup fetch --inbox --category cs.CL --since 2024-01-15 --until 2024-01-15"
    told = roundup("coverage", "--since", "2024-01-15", root=root)
    assert told == Result(1, f"2024-01-15 Mon  cs.CL        {missing}\n1 day, 1 fault\n", "")
