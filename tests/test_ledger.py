"""The ledger of announcements finds the days that are missing, stale, or came twice."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from conftest import Result
from replay import DAYS, FRIDAY, ReplayServer, listings
from roundup.ledger import Announced, Counted, Entry, Seen, ledger, searched_days
from roundup.paper import Paper, parse_arxiv_id
from roundup.sources.answers import Answer, AnswerError
from roundup.sources.counts import Count, parse_count
from roundup.store.inbox import Inbox
from test_check import record
from test_fetch import ask, server

__all__ = ["ask", "server"]  # fixtures


def day(number: int) -> dt.date:
    return dt.date(2024, 1, number)


def batch(number: int, *names: str, read: int = 0, categories: tuple[str, ...] = ("cs.LG",), quiet: bool = False) -> Announced:
    return Announced(day(read or number), day(number), categories, names, quiet)


def faults(entries: list[Entry]) -> dict[str, tuple[str, ...]]:
    return {f"{one.day.day} {one.category}": one.faults for one in entries if one.faults}


def test_a_week_that_was_read_each_day_has_no_fault_and_counts_what_became_of_papers() -> None:
    week = [batch(number, f"a{number}", f"b{number}") for number in range(8, 13)]
    seen = [Seen((day(9),), ("cs.LG", "cs.CL"), "picked"), Seen((day(9),), ("cs.LG",), "", 2), Seen((), ("cs.LG",), "")]
    entries = ledger(week, seen, day(13))
    assert [(one.day.day, one.announced) for one in entries] == [(8, 0), (9, 3), (10, 0), (11, 0), (12, 0)]
    assert entries[1].states == (("", 2), ("picked", 1))
    assert faults(entries) == {}


def test_a_lost_day_is_missed_and_a_weekend_is_not() -> None:
    entries = ledger([batch(11, "a"), batch(15, "b")], [], day(16))
    missing = "no feed of that day was read; fetch it with: roundup fetch --inbox --category cs.LG --since 2024-01-10 --until 2024-01-11 --max 5000"
    assert faults(entries) == {"12 cs.LG": (missing,)}


def test_what_was_not_read_since_is_missed_but_for_today() -> None:
    missing = "no feed of the 2 days up to 2024-01-11 was read; fetch them with: roundup fetch --inbox --category cs.LG --since 2024-01-08 --until 2024-01-10 --max 5000"
    assert faults(ledger([batch(9, "a")], [], day(12))) == {"10 cs.LG": (missing,)}


def test_each_category_is_awaited_by_itself() -> None:
    entries = ledger([batch(9, "a", categories=("cs.LG", "cs.CL")), batch(10, "b")], [], day(11))
    assert list(faults(entries)) == ["10 cs.CL"]


def test_what_was_searched_for_is_whole_whatever_its_feed_was() -> None:
    assert faults(ledger([batch(9, "a", "b"), batch(10, "a", "b")], [], day(12), (), {("cs.LG", day(10)), ("cs.LG", day(11))})) == {}
    assert list(searched_days(day(4), day(5))) == [day(8)]  # what is announced under Monday's date came in from Thursday to Friday
    assert list(searched_days(day(5), day(9))) == [day(9), day(10)]
    assert list(searched_days(day(8), day(8))) == []


def test_a_stale_feed_is_told() -> None:
    entries = ledger([batch(9, "a", read=11), batch(10, "b"), batch(11, "c", read=11)], [], day(12))
    assert faults(entries) == {"9 cs.LG": ("stale: on 2024-01-11 the feed still held this day, and not that of 2024-01-10",)}
    assert faults(ledger([batch(12, "a", read=14)], [], day(15))) == {}  # on a Sunday it is Friday's
    assert faults(ledger([batch(11, "a", read=12)], [], day(12))) == {}  # in the morning it may be the day before's


def test_what_feeds_of_two_sets_of_categories_tell_alike_is_told_once() -> None:
    entries = ledger([batch(9, "a", read=11), batch(9, "a", "b", read=11, categories=("cs.CL", "cs.LG"))], [], day(10))
    stale = ("stale: on 2024-01-11 the feed still held this day, and not that of 2024-01-10",)
    assert faults(entries) == {"9 cs.LG": stale, "9 cs.CL": stale}


TWICE = "if it was this one, fetch what it should have had with: roundup fetch --inbox --category cs.LG"


def test_a_batch_that_came_twice_is_told() -> None:
    entries = ledger([batch(9, "a", "b"), batch(10, "a", "b")], [], day(11))
    assert faults(entries) == {"10 cs.LG": (f"the same 2 papers as on 2024-01-09: one of the two feeds was not of its day; {TWICE} --since 2024-01-08 --until 2024-01-09 --max 5000",)}


def test_a_holiday_is_no_fault_and_an_empty_feed_is_one() -> None:
    entries = ledger([batch(9, quiet=True), batch(10)], [], day(11))
    assert entries[0].is_quiet
    assert faults(entries) == {"10 cs.LG": ("the feed was empty, and did not say why",)}


def test_a_count_that_differs_is_told_with_the_days_on_which_the_others_came_in() -> None:
    counts = [Counted(day(15), day(15), "cs.LG", 3, 2), Counted(day(16), day(16), "cs.LG", 2, 3), Counted(day(15), day(15), "cs.CL", 9, 1)]
    entries = ledger([batch(15, "a", "b"), batch(16, "c", "d", "e")], [], day(17), counts)
    missing = "fetch what is missing with: roundup fetch --inbox --category cs.LG --since 2024-01-11 --until 2024-01-12 --max 5000"
    assert faults(entries) == {
        "15 cs.LG": (f"arXiv's own list counts 3 new papers, and its feed had 2; {missing}",),
        "16 cs.LG": ("arXiv's own list counts 2 new papers, and its feed had 3",),
    }
    assert [one.counted for one in entries] == [3, 2]
    equal = Counted(day(15), day(15), "cs.LG", 2, 2)
    assert faults(ledger([batch(15, "a", "b")], [], day(16), [equal])) == {}


def test_a_list_that_is_newer_than_the_feed_tells_on_the_same_day_that_it_is_stale() -> None:
    entries = ledger([batch(9, "a", read=10)], [], day(10), [Counted(day(10), day(10), "cs.LG", 5, 0)])
    assert faults(entries) == {"9 cs.LG": ("stale: on 2024-01-10 the feed still held this day, and not that of 2024-01-10",)}


def test_a_list_that_was_newer_than_the_feed_says_nothing_of_what_that_had_later() -> None:
    ahead = [Counted(day(9), day(10), "cs.LG", 2, 0)]
    for read in (9, 10):  # in UTC it may be the same day
        entries = ledger([batch(9, "a", read=9), batch(10, "b", "c", read=read)], [], day(10), ahead)
        assert faults(entries).get("10 cs.LG", ()) == ()
        assert [one.counted for one in entries] == [None, 2]


# ---- arXiv's own lists ----

HEAD = "<html><body><ul><li>New submissions</li><li>Cross-lists</li></ul><h3>Showing new listings for Friday, 12 January 2024</h3>"
PAGES = {
    "all on a page": (f"{HEAD}<h3>New submissions (showing 3 of 3 entries)</h3>", Count(FRIDAY, 3)),
    "the first of many": (f"{HEAD}Total of 2,141 entries<h3>New submissions (showing first 25 of 1,204 entries )</h3>", Count(FRIDAY, 1204)),
    "as it was until 2024": (f"{HEAD}<h3>New submissions for Friday, 12 January 2024 (showing first 25 of 120 entries )</h3>", Count(FRIDAY, 120)),
    "cross-lists alone": (f"{HEAD.replace('New submissions', '')}<h3>Cross submissions (showing 3 of 3 entries)</h3>", Count(FRIDAY, 0)),
    "nothing": ("<html><body><h3>Showing new listings for Friday, 12 January 2024</h3><p>No updates today.</p>", Count(FRIDAY, 0)),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_list_is_read(name: str) -> None:
    page, count = PAGES[name]
    assert parse_count(Answer("", 200, {"content-type": "text/html"}, page.encode())) == count


@pytest.mark.parametrize(("page", "status", "why"), [
    ("<html><body>Rate exceeded.</body></html>", 200, "answered with a web page that counts no new papers"),
    (f"{HEAD}", 200, "answered with a web page that counts no new papers"),
    (PAGES["all on a page"][0].replace("12 January", "32 January"), 200, 'answered with a list of "Friday, 32 January 2024", which is no day'),
    (PAGES["all on a page"][0], 404, "answered HTTP 404"),
])  # fmt: skip
def test_what_counts_nothing_is_no_list(page: str, status: int, why: str) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_count(Answer("", status, {"content-type": "text/html"}, page.encode()))
    assert str(caught.value) == why


# ---- by fetching, from a server that speaks arXiv's protocols ----


@pytest.fixture
def root(digest: Callable[..., Path]) -> Path:
    return digest({"roundup.yaml": "title: A digest\ncontact: a@example.org\nsources:\n- arxiv: [cs.CL]\n"}, bare=True)


MONDAY, TUESDAY, WEDNESDAY, THURSDAY, _ = DAYS


@pytest.fixture
def read(root: Path, ask: Callable[..., Result], server: ReplayServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Fetch at noon of a day, when arXiv's newest announcement is that of ``day``, or of another one that is told."""

    def fetch(on: dt.date, *, held: dt.date | None = None) -> Result:
        server.day = held or on
        clock(monkeypatch, on)
        return ask("fetch", root=root)

    return fetch


def clock(monkeypatch: pytest.MonkeyPatch, day: dt.date) -> None:
    noon = dt.datetime.combine(day, dt.time(12), dt.timezone.utc)
    for place in ("network.now", "fetch.now"):
        monkeypatch.setattr(f"roundup.cli.{place}", lambda: noon)
    for place in ("fetch.today", "coverage.today"):
        monkeypatch.setattr(f"roundup.cli.{place}", lambda: day)


def told(roundup: Callable[..., Result], root: Path) -> dict[str, list[str]]:
    """Return the faults that the ledger tells, by day."""
    done = roundup("coverage", "--json", root=root)
    return {one["day"]: one["faults"] for one in json.loads(done.out) if one["faults"]}


def test_a_week_that_is_read_and_counted_has_no_fault(root: Path, read: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer) -> None:
    (root / "roundup.yaml").write_text("title: A digest\ncontact: a@example.org\nsources:\n- arxiv: [cs.CL, cs.LG, stat.ML]\n")
    for one in DAYS:
        assert read(one).code == 0
    lists = ["cs.CL", "cs.LG", "stat.ML", "cs.CL", "cs.LG"]
    assert [request.path for request in server.requests] == [path for name in lists for path in ("/rss/cs.CL+cs.LG+stat.ML", f"/list/{name}/new")]
    assert roundup("coverage", root=root).code == 0
    rows = json.loads(roundup("coverage", "--json", root=root).out)
    assert [one["counted"] for one in rows if one["category"] == "cs.LG"] == [None, 6, None, None, 0]
    for more in (1, 2, 2):  # what was answered today is not asked for again, and each list but once
        assert read(FRIDAY).code == 0
        assert len(server.requests) == 2 * len(DAYS) + more


def test_a_stale_feed_is_found(root: Path, read: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer) -> None:
    """The list is of the day, and the feed is still of the day before."""
    read(MONDAY)
    server.play("/rss/cs.CL", server.respond("/rss/cs.CL", {}).body, "application/rss+xml")
    read(TUESDAY)
    assert told(roundup, root) == {"2024-01-08": ["stale: on 2024-01-09 the feed still held this day, and not that of 2024-01-09"]}


def test_a_lost_day_is_found(root: Path, read: Callable[..., Result], roundup: Callable[..., Result]) -> None:
    read(MONDAY)
    read(WEDNESDAY)
    missing = "no feed of that day was read; fetch it with: roundup fetch --inbox --category cs.CL --since 2024-01-05 --until 2024-01-08 --max 5000"
    assert told(roundup, root) == {"2024-01-09": [missing]}


def test_what_is_missing_is_mended_by_the_command_that_is_told(
    root: Path, read: Callable[..., Result], ask: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer,
) -> None:  # fmt: skip
    read(MONDAY)
    read(THURSDAY)
    ((_, (fault,)),) = told(roundup, root).items()
    assert fault.startswith("no feed of the 2 days up to 2024-01-10 was read; fetch them with: roundup fetch --inbox --category cs.CL ")
    command = fault.partition("with: roundup ")[2].split()
    assert ask(*command[:-2], "--max", "2", root=root).code == 0
    assert told(roundup, root) != {}  # not all of it was had
    assert ask(*command, root=root).code == 0
    assert told(roundup, root) == {}
    assert "2024-01-09 Tue  cs.CL        searched for\n" in roundup("coverage", root=root).out
    listed = {item.paper.id for one in (TUESDAY, WEDNESDAY) for item in listings.announced(server.store.by_day[one], ["cs.CL"])}
    with closing(Inbox(root)) as inbox:
        assert listed <= {paper.id.name for paper in inbox.papers()}


def test_a_batch_that_comes_twice_is_found(root: Path, read: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer) -> None:
    """The feed carries the batch of the day before under the dates of the day, as it did in August 2026."""
    read(MONDAY)
    server.fault("day-old feed", path="/rss")
    read(TUESDAY)
    twice, counted = told(roundup, root)["2024-01-09"]
    assert twice.startswith("the same 7 papers as on 2024-01-08: one of the two feeds was not of its day; if it was this one, ")
    assert counted == "arXiv's own list counts 0 new papers, and its feed had 6"


def plant(server: ReplayServer, day: dt.date, papers: int) -> None:
    """Have the feed of a day hold so many of its papers, the first ones; the list holds them all."""
    items = listings.announced(server.store.by_day[day], ["cs.CL"])
    server.play("/rss/cs.CL", listings.feed("rss", ["cs.CL"], items[:papers], day).body, "application/rss+xml")


def test_a_count_that_disagrees_is_found(root: Path, read: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer) -> None:
    plant(server, MONDAY, 3)
    assert read(MONDAY).code == 0
    missing = "fetch what is missing with: roundup fetch --inbox --category cs.CL --since 2024-01-04 --until 2024-01-05 --max 5000"
    disagrees = f"arXiv's own list counts 6 new papers, and its feed had 3; {missing}"
    assert roundup("coverage", root=root) == Result(
        1, f"2024-01-08 Mon  cs.CL        3 announced: 3 not decided\n2024-01-08 Mon  cs.CL        {disagrees}\n1 day, 1 fault\n", ""
    )


def test_an_empty_feed_on_a_day_with_papers_is_no_holiday(root: Path, read: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer) -> None:
    plant(server, MONDAY, 0)
    assert read(MONDAY).code == 0
    assert [one.partition(";")[0] for one in told(roundup, root)["2024-01-08"]] == ["arXiv's own list counts 6 new papers, and its feed had 0"]


def test_a_list_that_is_not_there_yet_is_asked_for_again(root: Path, read: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer) -> None:
    """On the day before's list nothing can be held against it; what was read is kept all the same."""
    plant(server, TUESDAY, 0)
    assert read(TUESDAY, held=MONDAY).code == 0
    assert told(roundup, root) == {}
    assert read(TUESDAY).code == 0
    assert [request.path for request in server.requests] == ["/rss/cs.CL", "/list/cs.CL/new"] * 2


def test_without_its_lists_arxiv_is_read_all_the_same(root: Path, read: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer) -> None:
    server.fault("403", path="/list")
    done = read(MONDAY)
    why = f"{server.url}/list/cs.CL/new answered HTTP 403; what was announced is not held against arXiv's own counts today"
    assert done == Result(0, "7 papers: 7 new, into the inbox\n", f"{why}\n")
    assert (roundup("coverage", root=root).code, told(roundup, root)) == (0, {})


@pytest.mark.usefixtures("server")
def test_what_is_fetched_is_in_the_ledger(
    root: Path, ask: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    server.day = FRIDAY
    monkeypatch.setattr("roundup.cli.fetch.today", lambda: FRIDAY)
    monkeypatch.setattr("roundup.cli.coverage.today", lambda: FRIDAY)
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
    monkeypatch.setattr("roundup.cli.coverage.today", lambda: FRIDAY + dt.timedelta(days=4))
    missing = "no feed of that day was read; fetch it with: roundup fetch --inbox --category cs.CL --since 2024-01-11 --until 2024-01-12 --max 5000"
    told = roundup("coverage", "--since", "2024-01-15", root=root)
    assert told == Result(1, f"2024-01-15 Mon  cs.CL        {missing}\n1 day, 1 fault\n", "")


@pytest.mark.parametrize("given", ["20240108", "2024-W02-1", "2024-1-8", "2024-01-32", "today"])
def test_a_day_is_given_in_one_form(given: str, root: Path, roundup: Callable[..., Result]) -> None:
    done = roundup("coverage", "--since", given, root=root)
    assert done.code == 2
    assert done.err.endswith(f"""Error: Invalid value for '--since': "{given}" is no date; write it as 2024-01-31\n""")


# ---- out of how many an issue was chosen ----


def test_an_issue_counts_what_was_seen_for_it(
    digest: Callable[..., Path], ask: Callable[..., Result], roundup: Callable[..., Result], server: ReplayServer, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What was announced from the end of the issue before it, and what it has besides."""
    issue = "date: 2024-01-20\nseen: 9\norder: []\n"
    root = digest({"roundup.yaml": "title: A digest\ncontact: a@example.org\n", "issues/2024-1-9/issue.yaml": issue, "issues/2024-1-14/issue.yaml": issue}, bare=True)
    for one in DAYS:
        server.day = one
        clock(monkeypatch, one)
        ask("fetch", "cs.CL", "--inbox", root=root)
    listed = {one: {item.paper.id for item in listings.announced(server.store.by_day[one], ["cs.CL"])} for one in DAYS}
    before = listed[MONDAY] | listed[TUESDAY]  # a new version of these is nothing new
    within = len((listed[WEDNESDAY] | listed[THURSDAY] | listed[FRIDAY]) - before)
    on_friday = len(listed[FRIDAY] - before - listed[WEDNESDAY] - listed[THURSDAY])
    assert roundup("coverage", "2024-1-14", root=root) == Result(
        0, f"seen: {within}\n", f"{within} papers seen from 2024-01-10 to 2024-01-14, 0 kept; the line above is for issues/2024-1-14/issue.yaml\n"
    )
    ask("fetch", "hep-th/9901001", "--issue", "2024-1-14", root=root)  # it was never in the inbox
    told = json.loads(roundup("coverage", "2024-1-14", "--since", "2024-01-12", "--json", root=root).out)
    assert told == {"issue": "2024-1-14", "since": "2024-01-12", "until": "2024-01-14", "seen": on_friday + 1, "kept": 1}
    first = roundup("coverage", "2024-1-9", root=root).err
    assert first.endswith("seen up to 2024-01-09, 0 kept; the line above is for issues/2024-1-9/issue.yaml\n")


def seen_on(root: Path, number: int, *ids: str) -> None:
    with closing(Inbox(root)) as inbox:
        inbox.put([Paper(parse_arxiv_id(one), "A title", (), ("cs.LG",), "Words.") for one in ids], day(number))


def test_an_issue_within_another_one_is_not_the_one_before_it(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    root = digest({"issues/2024-2/issue.yaml": "order: []\n", "issues/2024-2-29/issue.yaml": "order: []\n", "issues/2024-2-5/issue.yaml": "order: []\n"})
    seen_on(root, 31, "2401.00011", "2401.00012")
    shown = roundup("coverage", "2024-2", "--since", "2024-01-20", root=root)
    assert shown.out == "seen: 2\n"
    seen = roundup("coverage", "2024-2", root=root)
    assert (seen.code, seen.err) == (2, "the inbox has no paper that was seen from 2024-02-01 to 2024-02-29; roundup fetch --inbox fills it\n")


def test_the_papers_of_an_issue_are_its_picks(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    """A spare record is none, as the issue itself counts; and of what cannot be read there is no count."""
    root = digest({"issues/2024-1/papers/2401.00002.yaml": record("2401.00002")})
    seen_on(root, 8, "2401.00011", "2401.00012")
    told = json.loads(roundup("coverage", "2024-1", "--json", root=root).out)
    assert (told["seen"], told["kept"]) == (3, 1)
    (root / "issues/2024-1/papers/2401.00001.yaml").write_text("title: [\n")
    broken = roundup("coverage", "2024-1", root=root)
    assert (broken.code, broken.out) == (1, "")
    assert broken.err.startswith("issues/2024-1/papers/2401.00001.yaml:")


def test_of_nothing_that_was_seen_there_is_no_count(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    told = "the inbox has no paper that was seen up to 2024-01-31; roundup fetch --inbox fills it\n"
    assert roundup("coverage", "2024-1", root=digest({})) == Result(2, "", told)


def test_what_was_seen_stands_on_every_surface(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    """And where an issue does not say, nothing is said."""
    root = digest({"roundup.yaml": "title: A digest\nurl: https://example.org/\n", "issues/2024-1/issue.yaml": "date: 2024-02-01\nseen: 612\norder:\n- 2401.00001\n"})
    editions = ("index.html", "index.md", "mail.html", "mail.txt", "paste.html", "../feed.xml", "../feed.json")
    assert roundup("build", root=root).code == 0
    for name in editions:
        text = (root / "site/2024-1" / name).read_text()
        assert text.count("612 seen, 1 kept") == 1, name
    told = json.loads((root / "site/2024-1/issue.json").read_text())
    assert (told["seen"], told["kept"]) == (612, 1)
    (root / "issues/2024-1/issue.yaml").write_text("date: 2024-02-01\norder:\n- 2401.00001\n")
    assert roundup("build", root=root).code == 0
    for name in editions:
        text = (root / "site/2024-1" / name).read_text()
        assert " seen" not in text, name
    assert "kept" not in (root / "site/2024-1/issue.json").read_text()
