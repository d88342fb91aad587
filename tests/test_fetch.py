"""``fetch`` and ``refresh`` as an editor runs them, against a real server on loopback that speaks arXiv's protocols."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from conftest import ROOT, Result, tree
from replay import FRIDAY, ReplayPaper, ReplayServer, corpus, invented, revised, withdrawn
from roundup.paper import Paper
from roundup.records.papers import dump_paper, parse_paper
from roundup.store.disk import Disk
from roundup.store.lock import alone

SOAK = bool(os.environ.get("ROUNDUP_SOAK"))
BARE = {
    "roundup.yaml": "title: A digest\ncontact: ann@example.org\n",
    "issues/2024-1/issue.yaml": "teaser: a draft\nintro: |\n  Words.\n",
    "issues/2024-1/commentary/a-talk.yaml": "link: {url: https://example.org/talk, title: A talk}\ncommentary: Words.\nstatus: ready\n",
    "issues/2024-1/papers/.keep": "",
}


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer(invented(), recorded=None) as running:
        yield running


@pytest.fixture
def ask(roundup: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: ReplayServer) -> Callable[..., Result]:
    """Run a command against the server, a hundredth of a second between requests."""
    for name, value in {**server.environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)

    now = dt.datetime.combine(FRIDAY, dt.time(20), dt.timezone.utc)
    for place in ("roundup.cli.network.now", "roundup.cli.fetch.now"):
        monkeypatch.setattr(place, lambda: now)

    def run(*arguments: str, root: Path) -> Result:
        return roundup(*arguments, "--delay", "0.01", root=root)

    return run


def sources(root: Path) -> dict[str, bytes]:
    """Return every file of a digest that is not the program's memory."""
    return {path: data for path, data in tree(root).items() if not path.startswith(".roundup/")}


def record(root: Path, name: str, key: str = "2024-1") -> Paper:
    problems: list[object] = []
    paper = parse_paper((root / f"issues/{key}/papers/{name}.yaml").read_text(), f"papers/{name}.yaml", problems)  # type: ignore[arg-type]
    assert paper, problems
    return paper


def assert_equal(paper: Paper, served: ReplayPaper) -> None:
    """Hold a record against the paper that was served, in every field that the query API tells."""
    pdf = f"https://arxiv.org/pdf/{served.id}v{served.version}"
    assert (paper.id.base, paper.id.version, paper.title) == (served.id, served.version, served.title)
    assert [(a.name, a.affiliations) for a in paper.authors] == [(name, tuple(places)) for name, places in served.authors]
    assert (paper.abstract, paper.categories) == (" ".join(served.abstract.split()), served.categories)
    assert (paper.submitted, paper.updated) == (served.submitted.replace(microsecond=0), served.updated.replace(microsecond=0))
    assert (paper.comment, paper.journal_ref, paper.doi) == tuple(" ".join((text or "").split()) for text in (served.comment, served.journal_ref, served.doi))
    assert paper.links.pdf == ("" if served.withdrawn and not paper.links.pdf else pdf)


def ids(papers: tuple[ReplayPaper, ...]) -> list[str]:
    return [paper.id for paper in papers]


def asked(server: ReplayServer) -> list[str]:
    """Return every ID that the query API was asked for, in order."""
    return [one for request in server.requests if (listed := request.arguments.get("id_list")) for one in listed.split(",")]


# --- into an issue -------------------------------------------------------------------------------------------------


def test_a_paper_becomes_a_record_and_a_stub(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    done = ask("fetch", "hep-th/9901001", root=root)
    assert done == Result(0, "1 paper: 1 new, into 2024-1\n", "")
    served = next(paper for paper in server.papers if paper.id == "hep-th/9901001")
    assert_equal(record(root, "hep-th-9901001"), served)
    stub = (root / "issues/2024-1/commentary/hep-th-9901001.yaml").read_text()
    title, people, *rest = stub.splitlines()
    assert title == f"# {served.title}"
    assert people.endswith("· hep-th · 1 Jan 1999 · https://arxiv.org/abs/hep-th/9901001")
    assert rest == ["paper: hep-th/9901001", "commentary: |", "", "tags: []", "status: todo"]


def test_every_invented_paper_is_kept_to_the_letter_in_one_request(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    done = ask("fetch", *ids(server.papers), root=root)
    assert done.code == 0
    assert len(server.requests) == 1
    for served in server.papers:
        assert_equal(record(root, served.id.replace("/", "-")), served)


def test_what_is_there_is_not_asked_for_again(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    ask("fetch", "2401.03002", root=root)
    before = sources(root)
    assert ask("fetch", "2401.03002", root=root) == Result(0, "1 paper: 1 already in 2024-1\n", "")
    assert len(server.requests) == 1
    assert sources(root) == before


def test_a_paper_of_an_earlier_issue_stays_there_unless_it_is_asked_for_again(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest({**BARE, "issues/2023-12-5/issue.yaml": "date: 2023-12-06\n"}, bare=True)
    ask("fetch", "2401.03002", "--issue", "2023-12-5", root=root)
    assert ask("fetch", "2401.03002", "2401.03003", root=root).out == "2 papers: 1 new, 1 already in 2023-12-5, into 2024-1\n"
    assert asked(server) == ["2401.03002", "2401.03003"]
    assert ask("fetch", "2401.03002", "--again", root=root).out == "1 paper: 1 new, into 2024-1\n"
    assert len(server.requests) == 2  # it was fetched today


def test_a_pick_without_record_is_given_one_whoever_else_has_it(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    pick = "paper: 2401.03002\ncommentary: Words.\n"
    root = digest({**BARE, "issues/2023-12/issue.yaml": "date: 2023-12-06\n", "issues/2024-1/commentary/2401.03002.yaml": pick}, bare=True)
    ask("fetch", "2401.03002", "--issue", "2023-12", root=root)
    assert ask("fetch", "2401.03002", root=root).out == "1 paper: 1 new, into 2024-1\n"
    assert (root / "issues/2024-1/commentary/2401.03002.yaml").read_text() == pick


def test_a_paper_that_stands_inline_gets_a_record_and_no_stub(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    issue = "order:\n- paper: 2401.03002\n  commentary: Words.\n"
    root = digest({**BARE, "issues/2024-1/issue.yaml": issue}, bare=True)
    assert ask("fetch", "2401.03002", root=root).code == 0
    assert (root / "issues/2024-1/papers/2401.03002.yaml").exists()
    assert not (root / "issues/2024-1/commentary/2401.03002.yaml").exists()


def test_a_digest_that_writes_picks_inline_is_given_stubs_to_paste(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    root = digest({**BARE, "roundup.yaml": "title: A digest\ncontact: a@example.org\npicks: inline\n"}, bare=True)
    done = ask("fetch", "2401.03100", root=root)
    assert not list((root / "issues/2024-1/commentary").glob("2401*"))
    assert done.err == "1 paper: 1 new, into 2024-1: paste the stubs above below order: in its issue.yaml\n"
    stub = done.out
    issue = root / "issues/2024-1/issue.yaml"
    issue.write_text(f"teaser: x\norder:\n{stub}")
    checked = ask_check(root)
    assert '"2401.03100" is still todo' in checked


def ask_check(root: Path) -> str:
    done = subprocess.run([sys.executable, "-m", "roundup", "-C", str(root), "check"], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    return done.stdout


def test_the_version_asked_for_is_the_version_kept(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    root = digest(BARE, bare=True)
    ask("fetch", "2401.03001v1", root=root)
    assert record(root, "2401.03001").id.version == 1
    assert ask("fetch", "2401.03001v2", root=root).out == "1 paper: 1 updated, into 2024-1\n"
    assert record(root, "2401.03001").id.version == 2


def test_a_record_that_cannot_be_read_is_left_as_it_is(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    broken = "id: 2401.03002\ntitle: [\n"
    root = digest({**BARE, "issues/2024-1/papers/2401.03002.yaml": broken}, bare=True)
    done = ask("fetch", "ti:sharp", "2401.03003", root=root)
    assert done.code == 1
    assert "issues/2024-1/papers/2401.03002.yaml:" in done.err
    assert (root / "issues/2024-1/papers/2401.03002.yaml").read_text() == broken
    assert record(root, "2401.03003")


# --- everything that one can ask for -------------------------------------------------------------------------------

QUESTIONS = {
    ("arxiv:2401.03003", "https://www.alphaxiv.org/overview/2401.03003v1"): {"2401.03003"},
    ("https://doi.org/10.48550/arXiv.2401.03002",): {"2401.03002"},
    ('ti:"branes before"',): {"hep-th/9901001"},
    ("--author", "Dmitri Sample", "--title", "is a word"): {"2401.03003"},
    ("--title", "branes before", "--category", "hep-th"): {"hep-th/9901001"},
    ("Branes   Before breakfast!",): {"hep-th/9901001"},
    ("10.5555/12345678",): {"2401.03008"},
    ("ti:a OR ti:the", "--category", "math.AP"): {"2401.03002"},
}


@pytest.mark.parametrize(("question", "expected"), QUESTIONS.items(), ids=" ".join)
def test_questions(question: tuple[str, ...], expected: set[str], ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    root = digest(BARE, bare=True)
    done = ask("fetch", *question, root=root)
    assert (done.code, done.err) == (0, "")
    found = {record(root, path.stem).id.base for path in (root / "issues/2024-1/papers").glob("*.yaml")}
    assert found == expected


def test_days_are_those_of_submission_both_included(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    since, until = dt.date(2024, 1, 5), dt.date(2024, 1, 8)
    ask("fetch", "--category", "cs.CL", "--since", str(since), "--until", str(until), root=root)
    expected = {p.id for p in server.papers if "cs.CL" in p.categories and since <= p.submitted.date() <= until}
    assert {path.stem for path in (root / "issues/2024-1/papers").glob("*.yaml")} == expected
    assert expected


def test_a_search_takes_the_newest_and_says_that_there_are_more(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    done = ask("fetch", "cat:cs.CL", "--max", "3", root=root)
    total = sum("cs.CL" in paper.categories for paper in server.papers)
    assert done == Result(0, "3 papers: 3 new, into 2024-1\n", f"cat:cs.CL: the newest 3 of {total} papers; ask for more with --max\n")
    newest = sorted((p for p in server.papers if "cs.CL" in p.categories), key=lambda p: p.submitted)[-3:]
    assert {path.stem for path in (root / "issues/2024-1/papers").glob("*.yaml")} == {p.id for p in newest}


def test_a_title_is_taken_only_when_it_is_the_same(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    root = digest(BARE, bare=True)
    done = ask("fetch", "Branes before", root=root)
    assert done == Result(3, "", 'not fetched: Branes before: no paper on arXiv has this title; the nearest is hep-th/9901001, "Branes before breakfast"\n')
    assert not list((root / "issues/2024-1/papers").glob("*.yaml"))


def test_a_listing_is_completed_and_its_sightings_are_kept(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    server.day = FRIDAY
    root = digest(BARE, bare=True)
    assert ask("fetch", "cs.CL", root=root).code == 0
    listed = [p for p in server.papers if p.announced == FRIDAY and p.announce_type == "new" and "cs.CL" in p.categories]
    for served in listed:
        paper = record(root, served.id)
        assert_equal(paper, served)
        assert [(s.source, s.announced) for s in paper.seen] == [("arxiv", FRIDAY)]
        assert paper.license == served.license
    assert {s.type for path in (root / "issues/2024-1/papers").glob("*.yaml") for s in record(root, path.stem).seen} == {"new", "cross"}


def test_a_quiet_day_is_told_apart_from_a_fault(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    server.day = FRIDAY + dt.timedelta(days=1)
    root = digest(BARE, bare=True)
    assert ask("fetch", "cs.CL", root=root) == Result(0, "nothing new for 2024-1\n", f"cs.CL: no announcement (Saturday, {server.day})\n")


def test_a_daily_list_brings_its_votes_and_its_code(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    assert ask("fetch", f"https://huggingface.co/papers/date/{FRIDAY}", root=root).code == 0
    for served in (p for p in server.papers if p.listed == FRIDAY):
        paper = record(root, served.id)
        assert [(s.source, s.announced, s.upvotes) for s in paper.seen] == [("huggingface", FRIDAY, served.upvotes)]
        if served.github:
            assert served.github in paper.links.code


LIST = {"roundup.yaml": BARE["roundup.yaml"], "issues/2024-1-12/issue.yaml": "date: 2024-01-12\nkind: list\n"}
DAILY = ("fetch", f"https://huggingface.co/papers/date/{FRIDAY}", "--issue", "2024-1-12")


def test_a_daily_list_becomes_a_list(ask: Callable[..., Result], roundup: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    """Records and no stubs; whoever fetches it again has its new votes, and nothing stands in the way of building it."""
    root = digest({"roundup.yaml": BARE["roundup.yaml"], "issues/.keep": ""}, bare=True)
    assert roundup("new", "2024-1-12", "--list", root=root) == Result(0, "list 2024-1-12 is a draft in issues/2024-1-12/issue.yaml\n", "")
    listed = sorted((p for p in server.papers if p.listed == FRIDAY), key=lambda p: -p.upvotes)
    assert ask(*DAILY, root=root) == Result(0, f"{len(listed)} papers: {len(listed)} new, into 2024-1-12\n", "")
    assert not (root / "issues/2024-1-12/commentary").exists()
    assert ask("refresh", "2024-1-12", root=root).out == f"{len(listed)} records read anew: 0 changed\n"
    assert roundup("check", root=root).out == "no problems in 1 issue\n"
    assert roundup("build", "--drafts", root=root).code == 0
    page = (root / "site/2024-1-12/index.html").read_text()
    assert re.findall(r'<article class="[^"]*" id="([^"]*)"', page)[:3] == [paper.id for paper in listed[:3]]
    server.papers = tuple(dataclasses.replace(p, upvotes=p.upvotes + 100, comments=7) if p == listed[-1] else p for p in server.papers)
    assert ask(*DAILY, root=root).out == f"{len(listed)} papers: 1 updated, {len(listed) - 1} already in 2024-1-12, into 2024-1-12\n"
    (seen,) = record(root, listed[-1].id, "2024-1-12").seen
    assert (seen.upvotes, seen.comments) == (listed[-1].upvotes + 100, 7)


def test_a_list_and_an_issue_may_have_the_same_paper(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    """Two lists may not, unless they are told to; nor is a paper of a list fetched twice."""
    more = {"issues/2024-1-13/issue.yaml": "kind: list\n", "issues/2024-1-14/issue.yaml": "kind: list: list\n"}
    root = digest({**BARE, **LIST, **more}, bare=True)
    assert ask("fetch", "2401.03012", "--issue", "2024-1-12", root=root) == Result(0, "1 paper: 1 new, into 2024-1-12\n", "")
    assert ask("fetch", "2401.03012", "--issue", "2024-1-12", root=root) == Result(0, "1 paper: 1 already in 2024-1-12\n", "")
    assert ask("fetch", "2401.03012", "--issue", "2024-1", root=root) == Result(0, "1 paper: 1 new, into 2024-1\n", "")
    held = "what another issue has stays there; --again takes it up here, too\n"
    assert ask("fetch", "2401.03012", "--issue", "2024-1-13", root=root) == Result(0, "1 paper: 1 already in 2024-1-12\n", held)
    assert (root / "issues/2024-1/commentary/2401.03012.yaml").exists()
    assert asked(server) == ["2401.03012"]


def test_nothing_is_fetched_into_what_may_be_a_list(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    root = digest({**LIST, "issues/2024-1-12/issue.yaml": "date: 2024-01-12\nkind: lst\n"}, bare=True)
    before = sources(root)
    done = ask("fetch", "2401.03002", "--issue", "2024-1-12", root=root)
    assert done == Result(1, "", 'issues/2024-1-12/issue.yaml:2: kind "lst" is not known; did you mean "list"?\n1 problem in 1 file\n')
    assert sources(root) == before


def test_a_feed_gives_picks_about_links_once(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    assert ask("fetch", f"{server.url}/feed.xml", root=root).out == "3 links, into 2024-1\n"
    before = sources(root)
    assert ask("fetch", f"{server.url}/feed.xml", root=root).out == "nothing new for 2024-1\n"
    assert sources(root) == before
    assert "no problems" not in ask_check(root)
    assert "unknown" not in ask_check(root)


def test_licences_are_asked_for_on_request(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    ask("fetch", "2401.03002", "--licenses", root=root)
    served = next(p for p in server.papers if p.id == "2401.03002")
    assert record(root, "2401.03002").license == served.license
    assert [request.path for request in server.requests] == ["/api/query", "/oai"]


# --- the inbox -----------------------------------------------------------------------------------------------------


def test_the_sources_of_the_digest_go_into_the_inbox(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    from roundup.store.inbox import Inbox

    server.day = FRIDAY
    config = f"title: A digest\ncontact: a@example.org\nsources:\n- arxiv: [cs.CL, cs.LG]\n- huggingface: daily\n- feed: {server.url}/feed.xml\n"
    root = digest({**BARE, "roundup.yaml": config}, bare=True)
    before = sources(root)
    first = ask("fetch", root=root)
    assert (first.code, first.err) == (0, "the links wait in the inbox: roundup inbox --links shows them, and roundup pick takes one by its address\n")
    assert re.fullmatch(r"\d+ papers: \d+ new; 3 links, into the inbox\n", first.out)
    assert sources(root) == before
    inbox = Inbox(root)
    kept = {paper.id.base: paper for paper in inbox.papers()}
    inbox.close()
    listed = {p.id for p in server.papers if p.announced == FRIDAY and set(p.categories) & {"cs.CL", "cs.LG"}}
    assert listed <= set(kept)
    both = [p for p in kept.values() if {s.source for s in p.seen} == {"arxiv", "huggingface"}]
    assert both  # a paper that two sources list stands once, seen twice
    assert re.fullmatch(r"(\d+) papers: \1 already in the inbox\n", ask("fetch", root=root).out)


def test_nothing_named_and_no_sources_is_told(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    done = ask("fetch", root=digest(BARE, bare=True))
    assert done == Result(2, "", 'nothing is named to fetch, and roundup.yaml has no sources; give an ID, or add "sources:"\n')


# --- what cannot be had --------------------------------------------------------------------------------------------


def test_what_arxiv_lacks_is_named_and_the_rest_is_kept(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    root = digest(BARE, bare=True)
    done = ask("fetch", "2401.03002", "2401.09999", "2401.03003v9", root=root)
    assert done.code == 3
    assert done.out == "1 paper: 1 new, into 2024-1\n"
    assert done.err == (
        "not fetched: 2401.09999: arXiv has no such paper, or not yet: a new one may take a day\n"
        "not fetched: 2401.03003v9: arXiv has no such paper in version 9, or not yet: a new one may take a day\n"
        "run the same command again: it asks only for what is missing\n"
    )


def test_every_wrong_name_is_told_at_once_and_nobody_is_asked(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    done = ask("fetch", "2401.3", "2401.03002", "word", root=root)
    assert done.code == 2
    assert done.err.count("\n") == 2
    assert not server.requests


WRONG = {
    ("2401.03002", "--since", "2024-01-01"): "--category, --author, --title, --since and --until narrow a search; what is named here is none\n",
    ("--category", "cs.CL", "--since", "2024-02-01", "--until", "2024-01-01"): "--since 2024-02-01 is after --until 2024-01-01; change one of them\n",
    ("--category", "nonsense"): '"nonsense" is no category of arXiv; write it as cs.LG or hep-th\n',
    ("2401.03002", "--inbox", "--issue", "2024-1"): "a paper goes into an issue or into the inbox; leave out --issue or --inbox\n",
    ("2401.03002", "--issue", "2024-9"): 'there is no issue "2024-9"; begin it with: roundup new 2024-9\n',
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.items(), ids=" ".join)
def test_wrong_questions(arguments: tuple[str, ...], told: str, ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    assert ask("fetch", *arguments, root=digest(BARE, bare=True)) == Result(2, "", told)
    assert not server.requests


def test_without_a_draft_there_is_nowhere_to_fetch_into(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    root = digest({"roundup.yaml": "title: x\n", "issues/2024-1/issue.yaml": "date: 2024-02-01\n"}, bare=True)
    done = ask("fetch", "2401.03002", root=root)
    assert done == Result(2, "", 'there is no draft to fetch into; begin one with "roundup new", or name an issue with --issue\n')


def test_nobody_is_asked_faster_than_arxiv_allows(roundup: Callable[..., Result], digest: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROUNDUP_ARXIV_API", "ROUNDUP_ARXIV_FEED", "ROUNDUP_ARXIV_OAI", "ROUNDUP_ARXIV_WEB"):
        monkeypatch.delenv(name, raising=False)
    done = roundup("fetch", "2401.03002", "--delay", "1", "--dry-run", root=digest(BARE, bare=True))
    assert done == Result(2, "", "--delay 1 is below the 3 s that arXiv's terms ask for; raise it or leave it out\n")


def test_a_dry_run_asks_nobody_and_writes_nothing(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    before = tree(root)
    done = ask("fetch", *ids(server.papers), "2401.03002", "--dry-run", root=root)
    assert done == Result(0, f"would ask for {len(server.papers)} papers in up to 1 request, at once, into 2024-1\n", "")
    assert tree(root) == before
    assert not server.requests


def test_the_json_says_what_became_of_each(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    root = digest(BARE, bare=True)
    ask("fetch", "2401.03003", root=root)
    told = json.loads(ask("fetch", "2401.03002", "2401.03003", "2401.09999", "--json", root=root).out)
    assert [(one["id"], one["state"], one["path"]) for one in told["papers"]] == [("2401.03002", "new", "issues/2024-1/papers/2401.03002.yaml")]
    assert told["here"] == ["2401.03003"]
    assert [one["asked"] for one in told["missing"]] == ["2401.09999"]


# --- many, interrupted, two at once --------------------------------------------------------------------------------


def many(number: int) -> tuple[ReplayPaper, ...]:
    """Return so many papers: of the corpus where it is at hand, else invented ones."""
    papers = everything() if SOAK or number == 1000 else ()
    return tuple(random.Random(number).sample(papers, number)) if papers else invented(number)


@cache
def everything() -> tuple[ReplayPaper, ...]:
    try:
        return corpus()
    except OSError:
        return ()


def fetch_apart(root: Path, server: ReplayServer, wanted: list[str], *, hook: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a fetch in a process of its own; ``hook`` is a sitecustomize that it loads."""
    site = root.parent / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(hook)
    told = {**os.environ, **server.environment, "XDG_CACHE_HOME": str(root.parent / "cache"), "PYTHONPATH": f"{site}{os.pathsep}{ROOT}", **environment}
    command = [sys.executable, "-m", "roundup", "-C", str(root), "fetch", *wanted, "--delay", "0.01"]
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False)


def test_a_thousand_papers_in_ten_requests(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    papers = many(1000)
    server.papers = papers
    root = digest(BARE, bare=True)
    done = ask("fetch", *ids(papers), root=root)
    assert done.code == 0
    assert len(server.requests) == 10
    assert not server.overlaps()
    for served in papers:
        assert_equal(record(root, served.id.replace("/", "-")), served)


@pytest.mark.parametrize(("stop", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_stop_leaves_whole_files_and_says_so(stop: str, code: int, digest: Callable[..., Path], server: ReplayServer) -> None:
    server.papers = many(250)
    hook = "import os, signal\nreal, calls = os.link, 0\n" + (
        f"def link(*arguments):\n    global calls\n    calls += 1\n    if calls == 30:\n        os.kill(os.getpid(), signal.{stop})\n    return real(*arguments)\nos.link = link\n"
    )
    root = digest(BARE, bare=True)
    done = fetch_apart(root, server, ids(server.papers), hook=hook)
    assert done.returncode == code
    assert done.stderr.strip() == "stopped; nothing is half-written, run it again to go on"
    assert len(list((root / "issues/2024-1/papers").glob("*.yaml"))) == 100  # the answer that was had is written down
    assert fetch_apart(root, server, ids(server.papers)).returncode == 0
    assert len(asked(server)) == len(set(asked(server))) == 250


def test_two_at_once_lose_nothing(digest: Callable[..., Path], server: ReplayServer) -> None:
    papers = many(200)
    server.papers = papers
    root = digest(BARE, bare=True)
    environment = {**os.environ, **server.environment, "XDG_CACHE_HOME": str(root.parent / "cache"), "PYTHONPATH": str(ROOT)}
    for number in range(20 if SOAK else 2):
        mine = ids(papers)[number * 10 : number * 10 + 10]
        runs = [
            subprocess.Popen([sys.executable, "-m", "roundup", "-C", str(root), "fetch", *part, "--delay", "0.05"], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for part in (mine[:7], mine[3:])
        ]
        for run in runs:
            assert "Traceback" not in run.communicate()[1]
            assert run.returncode == 0
        assert {path.stem for path in (root / "issues/2024-1/papers").glob("*.yaml")} >= {one.replace("/", "-") for one in mine}
    assert not server.overlaps()
    assert min(server.beats()) >= 0.05 - 0.001
    assert len(asked(server)) == len(set(asked(server)))


def test_a_run_that_has_to_wait_says_for_whom(digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    told: list[str] = []
    with alone(root, told.append):
        environment = {**os.environ, **server.environment, "XDG_CACHE_HOME": str(root.parent / "cache"), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "roundup", "-C", str(root), "fetch", "2401.03002", "--delay", "0.01"]
        run = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert run.stderr
        assert run.stderr.readline() == f"another run (process {os.getpid()}) is writing to this digest; waiting for it\n"
        assert not server.requests
    assert run.communicate()[0] == "1 paper: 1 new, into 2024-1\n"
    assert told == []


def test_a_lock_that_a_dead_run_left_holds_nobody_up(digest: Callable[..., Path]) -> None:
    root = digest({**BARE, ".roundup/state/lock": "1\n"}, bare=True)
    with alone(root, pytest.fail):
        assert (root / ".roundup/state/lock").read_text() == f"{os.getpid():<12}\n"


def test_who_writes_elsewhere_needs_no_lock(digest: Callable[..., Path]) -> None:
    root = digest({**BARE, ".roundup": "no folder"}, bare=True)
    with alone(root, pytest.fail, must=False):
        assert (root / ".roundup").read_text() == "no folder"


# Tells of every file that is opened for writing, renamed over, linked to or removed.
WATCH = """
import os, sys
kept = os.open(os.environ["WATCH"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)) and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_TRUNC):
        os.write(kept, f"{os.fsdecode(arguments[0])}\\n".encode())
    elif event in ("os.rename", "os.link", "os.symlink"):
        os.write(kept, f"{os.fsdecode(arguments[1])}\\n".encode())
    elif event in ("os.remove", "os.truncate", "os.chmod") and not isinstance(arguments[0], int):
        os.write(kept, f"{os.fsdecode(arguments[0])}\\n".encode())
sys.addaudithook(hook)
"""


def test_a_file_of_peoples_is_never_opened_for_writing(digest: Callable[..., Path], server: ReplayServer) -> None:
    words = "paper: 2401.03002\ncommentary: |\n  Words of ours.  \r\nstatus: ready\n"
    root = digest({**BARE, "issues/2024-1/commentary/2401.03002.yaml": words}, bare=True)
    watched = root.parent / "watched"
    for wanted in (["2401.03002", "2401.03003"], ["2401.03002v1", "2401.03003", "2401.03004"], ["cat:cs.CL"], [f"{server.url}/feed.xml"]):
        there = {str(path) for path in root.rglob("*.yaml") if path.parent.name != "papers"}
        watched.write_text("")
        assert fetch_apart(root, server, wanted, hook=WATCH, WATCH=str(watched)).returncode == 0
        touched = {os.path.join(root, line) if not line.startswith("/") else line for line in watched.read_text().splitlines()}
        assert touched
        assert not touched & there
    assert (root / "issues/2024-1/commentary/2401.03002.yaml").read_bytes() == words.encode()


def test_what_a_killed_run_left_is_swept_and_never_read(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    root = digest({**BARE, "issues/2024-1/papers/.roundup-0-2401.03002.yaml.tmp": "id: half"}, bare=True)
    disk = Disk(root)
    assert disk.names("issues/2024-1/papers", ".yaml") == []
    ask("fetch", "2401.03003", root=root)
    assert sorted(path.name for path in (root / "issues/2024-1/papers").iterdir()) == [".keep", "2401.03003.yaml"]


# --- refresh -------------------------------------------------------------------------------------------------------


def test_refresh_tells_what_changed_and_touches_records_only(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest({**BARE, "issues/2023-12/issue.yaml": "date: 2023-12-06\n"}, bare=True)
    ask("fetch", "2401.03003", "hep-th/9901001", "2401.03002", "2401.03100", root=root)
    ask("fetch", "2401.03002", "--again", "--issue", "2023-12", root=root)
    before = sources(root)
    assert ask("refresh", root=root).out == "5 records read anew: 0 changed\n"
    assert sources(root) == before
    when = dt.datetime(2024, 3, 1, 12, tzinfo=dt.timezone.utc)
    by_id = {paper.id: paper for paper in server.papers}
    server.update(
        revised(by_id["2401.03003"], when, title="A Word Is Attention"),
        withdrawn(by_id["hep-th/9901001"], when, "a sign in (7)"),
        revised(by_id["2401.03002"], when, journal_ref="J. Inv. 1 (2024)", doi="10.5555/9"),
    )
    done = ask("refresh", root=root)
    old = record_of(before, "2401.03003").title
    assert done.out.splitlines() == [
        "2024-1 2401.03002: version 2, 2024-03-01 (was 1)",
        "2024-1 2401.03002: venue: J. Inv. 1 (2024)",
        "2024-1 2401.03002: DOI: 10.5555/9",
        "2024-1 2401.03003: version 2, 2024-03-01 (was 1)",
        f'2024-1 2401.03003: retitled: "A Word Is Attention" (was "{old}")',
        "2024-1 hep-th/9901001: version 3, 2024-03-01 (was 2)",
        "2024-1 hep-th/9901001: withdrawn: This paper has been withdrawn by the authors: a sign in (7)",
        "2023-12 2401.03002: version 2, 2024-03-01 (was 1)",
        "2023-12 2401.03002: venue: J. Inv. 1 (2024)",
        "2023-12 2401.03002: DOI: 10.5555/9",
        "5 records read anew: 4 changed",
    ]
    after = sources(root)
    changed = {path for path in after if after[path] != before.get(path)}
    assert changed == {f"issues/{key}" for key in ("2024-1/papers/2401.03003.yaml", "2024-1/papers/hep-th-9901001.yaml", "2024-1/papers/2401.03002.yaml", "2023-12/papers/2401.03002.yaml")}
    assert set(after) == set(before)
    for served in server.papers:
        if served.id in {"2401.03003", "2401.03002", "hep-th/9901001"}:
            assert_equal(record(root, served.id.replace("/", "-")), served)


def record_of(files: dict[str, bytes], name: str) -> Paper:
    paper = parse_paper(files[f"issues/2024-1/papers/{name}.yaml"].decode(), "x", [])
    assert paper
    return paper


def test_a_refreshed_record_changes_in_the_lines_that_changed(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(BARE, bare=True)
    ask("fetch", "2401.03002", root=root)
    path = root / "issues/2024-1/papers/2401.03002.yaml"
    before = path.read_text().splitlines()
    paper = next(p for p in server.papers if p.id == "2401.03002")
    server.update(revised(paper, dt.datetime(2024, 3, 1, 12, tzinfo=dt.timezone.utc)))
    ask("refresh", "2024-1", root=root)
    differing = [(a, b) for a, b in zip(before, path.read_text().splitlines(), strict=True) if a != b]
    assert [b for _, b in differing] == ["version: 2", "updated: 2024-03-01T12:00:00Z", "  pdf: https://arxiv.org/pdf/2401.03002v2"]


def test_refresh_of_an_issue_that_is_not_there(ask: Callable[..., Result], digest: Callable[..., Path]) -> None:
    assert ask("refresh", "2024-9", root=digest(BARE, bare=True)) == Result(2, "", 'there is no issue "2024-9"; there are 2024-1\n')


def test_records_written_are_records_read(ask: Callable[..., Result], digest: Callable[..., Path], server: ReplayServer) -> None:
    """A record is the same after reading and writing it, whatever arXiv says."""
    root = digest(BARE, bare=True)
    ask("fetch", *ids(server.papers), root=root)
    for path in (root / "issues/2024-1/papers").glob("*.yaml"):
        assert dump_paper(record(root, path.stem)) == path.read_text()
