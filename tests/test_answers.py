"""What a server says becomes what it holds, or a fault with a name: arXiv's four interfaces, Hugging Face, anybody's feeds.

Each format is tested on small answers of our own invention, and on all the recorded and rendered ones of the shared corpora,
which are read a second time, by the standard library, to compare.
"""

from __future__ import annotations

import datetime as dt
import functools
import html
import io
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roundup.errors import FetchError
from roundup.paper import ArxivId, Author, Fetch, Links, Paper, Sighting, Withdrawal, parse_arxiv_id
from roundup.sources import announcements, query
from roundup.sources.announcements import Announcement, parse_announcement
from roundup.sources.answers import Answer, AnswerError
from roundup.sources.feeds import Post, parse_posts
from roundup.sources.finds import code_links, fitting, withdrawal
from roundup.sources.huggingface import DailyList, HuggingFace, Listed, parse_daily
from roundup.sources.oai import Harvest, OaiPmh, parse_harvest, set_of
from roundup.sources.people import authors
from roundup.sources.query import Page, QueryApi
from roundup.text.accents import accented

Case = dict[str, Any]

UTC = dt.timezone.utc
TODAY = dt.date(2026, 6, 12)
FIRST = dt.datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
SECOND = dt.datetime(2024, 3, 1, 8, tzinfo=UTC)
BASE = "https://export.arxiv.org/api/query"


def answer(body: bytes | str, kind: str = "application/xml", status: int = 200, url: str = BASE) -> Answer:
    return Answer(url, status, {"content-type": kind} if kind else {}, body.encode() if isinstance(body, str) else body)


@dataclass
class Line:
    """Stands for the network and for the cache: tells what it is given, in turn, and what it was asked."""

    answers: list[Answer]
    now: dt.datetime = dt.datetime(2026, 6, 12, 12, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, request: Any, pace: object, check: Callable[[Answer], Any]) -> Any:
        assert len(self.asked) < len(self.answers), "more was asked than there is to tell"
        self.asked.append(request.url)
        return check(replace(self.answers[len(self.asked) - 1], url=request.url))

    def answer(self, url: str) -> None:
        return None

    def keep_answer(self, url: str, kept: object) -> None:
        return None


def api(*told: Answer) -> tuple[QueryApi, Line]:
    line = Line(list(told))
    return QueryApi(BASE, line, None, line, TODAY), line


def searched(told: Answer, most: int = 100) -> Page:
    """Return what the query API makes of an answer to a search."""
    return next(api(told)[0].search("all:experts", most))


def named(told: Answer, *ids: str) -> Page:
    """Return what the query API makes of an answer to a request for these IDs."""
    return api(told)[0].by_id([id_of(one) for one in ids])


def id_of(text: str) -> ArxivId:
    """Return an ID; also one that we would not ask for, as the recorded questions did."""
    try:
        return parse_arxiv_id(text)
    except ValueError:
        return ArxivId(text)


def announced(told: Answer, today: dt.date = dt.date(2024, 6, 13)) -> Announcement:
    return parse_announcement(told, today)


def harvested(told: Answer) -> Harvest:
    return parse_harvest(told, TODAY)


def listed(told: Answer) -> DailyList:
    return parse_daily(told, None)


def refusal(read: Callable[[Answer], object], told: Answer) -> str:
    with pytest.raises(AnswerError) as fault:
        read(told)
    return str(fault.value)


def tried(read: Callable[[Answer], Any], told: Answer) -> Any:
    """Return what an answer holds, or the words in which it is refused."""
    try:
        return read(told)
    except AnswerError as fault:
        return str(fault)


def one_line(text: str) -> str:
    return " ".join(text.split())


def fast(read: Callable[[], Any], limit_s: float = 2.0) -> Any:
    """Return what ``read`` does, in the time that it may take."""
    began = time.process_time()
    try:
        return read()
    finally:
        assert time.process_time() - began < limit_s


# ---- the query API, on entries of our own ----

DATES = f"<updated>{SECOND:%Y-%m-%dT%H:%M:%SZ}</updated><published>{FIRST:%Y-%m-%dT%H:%M:%SZ}</published>"
PERSON = "<author><name>Ada Example</name></author>"
TAGS = '<category term="cs.LG"/>'


def entry(one: str = "2401.00001v1", title: str = "A title", *, dates: str = DATES, person: str = PERSON, tags: str = TAGS, more: str = "") -> str:
    address = one if "//" in one else f"http://arxiv.org/abs/{one}"
    return f"<entry><id>{address}</id><title>{title}</title>{dates}<summary>An abstract.</summary>{tags}{person}{more}</entry>"


def atom(*entries: str, total: int | None = None) -> Answer:
    spaces = 'xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:s="http://a9.com/-/spec/opensearch/1.1/"'
    count = f"<s:totalResults>{len(entries) if total is None else total}</s:totalResults>"
    return answer(f"<?xml version='1.0' encoding='UTF-8'?><feed {spaces}>{count}{''.join(entries)}</feed>", "application/atom+xml")


WHOLE = Paper(
    ArxivId("2401.00001", 2),
    "Experts of $x<y$ & more",
    (Author("Ada Example", ("Univ. A", "Inst. B")), Author("Bo O'Sample")),
    ("stat.ML", "cs.LG"),
    "One & two: $a<b$, see https://github.com/example/experts. A second paragraph.",
    FIRST,
    SECOND,
    "12 pages, code at https://gitlab.com/example/more",
    "J. Ex. 1 (2024) 1-2",
    "10.1000/1",
    links=Links("https://arxiv.org/pdf/2401.00001v2", code=("https://github.com/example/experts", "https://gitlab.com/example/more")),
    fetched=Fetch(TODAY, "arXiv API"),
)
SAID = "One &amp; two: $a&lt;b$, see https://github.com/example/experts. A second paragraph."
WRAPPED = SAID.replace(". ", ".\n")
NOW = f"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/x+y/z</id><title>arXiv Query: search_query=&amp;id_list=2401.00001</title><updated>2026-06-12T12:00:00Z</updated>
  <opensearch:itemsPerPage>100</opensearch:itemsPerPage><opensearch:totalResults>1</opensearch:totalResults><opensearch:startIndex>0</opensearch:startIndex>
  <entry>
    <id>http://arxiv.org/abs/2401.00001v2</id>
    <title>Experts of $x&lt;y$ &amp; more</title>
    <updated>2024-03-01T08:00:00Z</updated>
    <link href="https://arxiv.org/abs/2401.00001v2" rel="alternate" type="text/html"/>
    <link href="https://arxiv.org/pdf/2401.00001v2" rel="related" type="application/pdf" title="pdf"/>
    <link href="https://doi.org/10.1000/1" rel="related" title="doi"/>
    <summary>  {SAID}</summary>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/><category term="stat.ML" scheme="http://arxiv.org/schemas/atom"/>
    <category term="68T50" scheme="http://arxiv.org/schemas/atom"/><category term="I.2.7; H.3" scheme="http://arxiv.org/schemas/atom"/>
    <published>2024-01-15T10:30:00Z</published>
    <arxiv:comment>12 pages, code at https://gitlab.com/example/more</arxiv:comment>
    <arxiv:primary_category term="stat.ML"/>
    <arxiv:journal_ref>J. Ex. 1 (2024) 1-2</arxiv:journal_ref>
    <author><name>Ada Example</name><arxiv:affiliation>Univ. A</arxiv:affiliation><arxiv:affiliation> Inst.  B</arxiv:affiliation></author>
    <author><name>Bo O'Sample</name></author><author><name> </name></author>
    <arxiv:doi>10.1000/1</arxiv:doi>
  </entry>
</feed>"""
BEFORE = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <title type="html">ArXiv Query: search_query=&amp;id_list=2401.00001</title>
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">1</opensearch:totalResults>
  <entry>
    <id>http://arxiv.org/abs/2401.00001v2</id>
    <updated>2024-03-01T08:00:00Z</updated>
    <published>2024-01-15T10:30:00Z</published>
    <title>Experts of $x&lt;y$
  &amp; more</title>
    <summary>  {WRAPPED}
</summary>
    <author>
      <name>Ada Example</name>
      <arxiv:affiliation xmlns:arxiv="http://arxiv.org/schemas/atom">Univ. A</arxiv:affiliation>
      <arxiv:affiliation xmlns:arxiv="http://arxiv.org/schemas/atom">Inst. B</arxiv:affiliation>
    </author>
    <author><name>Bo O'Sample</name></author>
    <arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1000/1</arxiv:doi>
    <link title="doi" href="http://dx.doi.org/10.1000/1" rel="related"/>
    <arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">12 pages, code at
  https://gitlab.com/example/more</arxiv:comment>
    <arxiv:journal_ref xmlns:arxiv="http://arxiv.org/schemas/atom">J. Ex. 1 (2024) 1-2</arxiv:journal_ref>
    <link href="http://arxiv.org/abs/2401.00001v2" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/2401.00001v2" rel="related" type="application/pdf"/>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="stat.ML" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/><category term="stat.ML" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
</feed>"""


@pytest.mark.parametrize("body", [NOW, BEFORE], ids=["since November 2025", "before"])
def test_the_api_tells_all_of_a_paper(body: str) -> None:
    assert named(answer(body), "2401.00001") == Page((WHOLE,), (), 1)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (answer("Rate exceeded.", "text/plain"), 'answered with text/plain, which is no feed: "Rate exceeded."'),
        (answer("Rate exceeded.", ""), 'answered with text, which is no feed: "Rate exceeded."'),
        (answer("<html><body><h1>Busy</h1> try later</body></html>", "text/html; charset=utf-8"), 'answered with text/html, which is no feed: "Busy try later"'),
        (answer("<html><body>Busy</body></html>"), 'answered with <html>, which is no feed: "Busy"'),
        (answer(""), "answered with nothing at all"),
        (answer(" \n "), "answered with nothing at all"),
        (answer(NOW.partition("<author>")[0]), "answered with XML that breaks off or is ill-formed (Premature end of data in tag entry line 5)"),
        (answer(NOW.replace("<feed", '<!DOCTYPE x [<!ENTITY y "z">]><feed')), "answered with XML that declares a DOCTYPE, which no feed needs"),
        (answer(NOW.replace("UTF-8", "UTF-7")), 'answered in the charset "utf-7", which cannot be trusted'),
        (answer(NOW.replace("A second", "\xc3").encode("latin-1")), "answered with bytes that are not UTF-8 (byte 1,398)"),
        (answer(NOW.replace("totalResults", "results")), "answered with a feed that does not say how many papers it counts"),
        (answer(NOW, status=400), "answered HTTP 400"),
        (atom(total=10), "answered with an empty page, though it counts 10 papers"),
        (atom(entry(), total=2), "answered with 1 papers, though it counts 2"),
        (atom(entry("2401.00002v1")), "answered with 2401.00002v1, which was not asked for"),
    ],
)
def test_what_is_no_page_of_papers_has_a_name(told: Answer, fault: str) -> None:
    if "byte" in fault:  # where it stands is not the point
        assert re.sub(r"[\d,]+(?=\))", "N", refusal(lambda one: named(one, "2401.00001"), told)) == re.sub(r"[\d,]+(?=\))", "N", fault)
    else:
        assert refusal(lambda one: named(one, "2401.00001"), told) == fault


ERROR = (
    "<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_abc</id><title>Error</title><updated>2026-06-12T12:00:00Z</updated>"
    "<summary>incorrect id format for abc</summary><author><name>arXiv api core</name></author></entry>"
)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("before", ["", entry(), entry().replace("http://arxiv.org/abs/2401.00001v1", ""), re.sub(r"<id>.*</id>", "", entry())])
def test_arxivs_own_error_is_no_paper_wherever_it_stands(before: str, status: int) -> None:
    """And asking again would not help."""
    told = replace(atom(*filter(None, [before]), ERROR), status=status)
    with pytest.raises(AnswerError) as fault:
        searched(told)
    assert (str(fault.value), fault.value.tries) == ('refuses the question: "incorrect id format for abc"', 1)


@pytest.mark.parametrize("bad", [entry("2401.<!-- x -->00001v1"), entry("<b>2401.00001v1</b>"), entry("<![CDATA[2401]]>.00001v1")])
def test_an_address_in_pieces_is_no_reason_to_fail(bad: str) -> None:
    page = searched(atom(bad))
    assert len(page.papers) + len(page.unfit) == 1


def test_nothing_found_is_an_answer() -> None:
    assert searched(atom()) == Page((), (), 0)
    assert named(atom(), "2401.00001") == Page((), (), 0)


BAD_DATE = DATES.replace("2024-01-15T10:30:00Z", "yesterday")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (entry("http://evil.example/abs/2401.00001v1"), '"http://evil.example/abs/2401.00001v1" is no arXiv ID; did you mean 2401.00001?'),
        (entry("http://arxiv.org.evil.example/abs/2401.00001v1"), '"http://arxiv.org.evil.example/abs/2401.00001v1" is no arXiv ID; did you mean 2401.00001?'),
        (entry("../../../etc/passwd"), '"../../../etc/passwd" is no arXiv ID; write it as 2308.04079 or hep-th/9901001'),
        (entry("2413.00001v1"), '"2413.00001v1" is no arXiv ID: it begins with year and month, from 0704 on, and "2413" is none'),
        (entry(title=" "), "it has no title"),
        (entry(title="<div><b>A title</b></div>"), "there is markup between its words"),  # of which the package would lose them
        (entry(person=""), "it has no author"),
        (entry(person="<author><name> </name></author>"), "it has no author"),
        (entry(tags=""), "it has no category"),
        (entry(tags='<category term="68T50"/><category term="I.2.7; H.3"/>'), "it has no category"),
        (entry(dates=BAD_DATE), 'its date is "yesterday"'),
        (entry(dates=DATES.replace("2024-01-15", "2024-02-30")), 'its date is "2024-02-30T10:30:00Z"'),
        (entry(dates=DATES.replace("2024-01-15T10:30:00Z", "9999-12-31T23:59:59-12:00")), 'its date is "9999-12-31T23:59:59-12:00"'),
    ],
)
def test_an_entry_that_is_no_paper_is_named_and_the_rest_kept(bad: str, why: str) -> None:
    given = re.search(r"<id>(.*?)</id>", bad)
    page = searched(atom(bad, entry("2401.00002v1")))
    assert [str(paper.id) for paper in page.papers] == ["2401.00002v1"]
    assert [one.removeprefix(f'an entry called "{given and given[1]}" was passed over: ') for one in page.unfit] == [why]


def test_an_author_without_a_name_is_no_reason_to_lose_the_others() -> None:
    page = searched(atom(entry(person=f"<author><name> </name></author>{PERSON}")))
    assert [paper.authors for paper in page.papers] == [(Author("Ada Example"),)]


@pytest.mark.parametrize("title", ["0", "No", "Null", "$$", "a <![CDATA[<b>]]> c", "&lt;b&gt;x&lt;/b&gt;", "\\emph{x} \\&amp; $y$"])
def test_a_title_is_kept_to_the_letter(title: str) -> None:
    (paper,) = searched(atom(entry(title=title))).papers
    assert paper.title == ET.fromstring(f"<t>{title}</t>").text


@pytest.mark.parametrize("inner", ["a <!-- remark --> title", "a <b>bold</b> title"])
def test_a_title_is_never_cut_where_something_stands_in_it(inner: str) -> None:
    page = searched(atom(entry(title=inner)))
    words = one_line("".join(ET.fromstring(f"<t>{inner}</t>").itertext()))
    assert page.unfit or [paper.title for paper in page.papers] == [words]


@pytest.mark.parametrize("read", [searched, announced])
def test_a_character_that_xml_cannot_say_is_no_part_of_a_title(read: Callable[[Answer], Page | Announcement]) -> None:
    for code in (0, 1, 8, 11, 12, 27, 31):
        (paper, _) = read(atom(entry(title=f"a{chr(code)}b"), entry("2401.00002v1"))).papers
        assert paper.title in {"a b", "ab"}, code


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-01-15T10:30:00Z", FIRST),
        ("2024-01-15T05:30:00-05:00", FIRST),
        ("2024-01-15T10:30:00", FIRST),
        ("2024-01-15T10:30:00.5Z", FIRST),
        ("2024-01-15", FIRST.replace(hour=0, minute=0)),
        ("  2024-01-15T10:30:00Z\n", FIRST),
    ],
)
def test_times_are_utc_and_whole_seconds(written: str, moment: dt.datetime) -> None:
    (paper,) = searched(atom(entry(dates=DATES.replace("2024-01-15T10:30:00Z", written)))).papers
    assert (paper.submitted, paper.submitted.tzinfo, paper.updated) == (moment, UTC, SECOND)


def test_a_paper_stands_once_in_a_page_in_its_newest_version() -> None:
    page = searched(atom(entry(), entry(), entry("2401.00001v2", "A newer title"), entry("2401.00002v1")))
    assert [(str(paper.id), paper.title) for paper in page.papers] == [("2401.00001v2", "A newer title"), ("2401.00002v1", "A title")]


def test_ids_are_answered_in_the_versions_that_were_asked_for() -> None:
    told = atom(entry("2401.00001v1"), entry("2401.00001v3"), entry("math.GT/0309136v1"))
    page = named(told, "2401.00001v1", "2401.00001", "math/0309136")
    assert [str(paper.id) for paper in page.papers] == ["2401.00001v1", "2401.00001v3", "math/0309136v1"]
    assert not page.unfit


def test_what_arxiv_does_not_have_is_not_among_the_papers() -> None:
    assert [str(paper.id) for paper in named(atom(entry()), "2401.00001", "2401.00009").papers] == ["2401.00001v1"]


def test_a_withdrawn_paper_is_flagged_with_the_reason_and_the_day() -> None:
    (paper,) = searched(atom(entry(more="<arxiv:comment>This paper has been withdrawn due to an error in Lemma 3</arxiv:comment>"))).papers
    assert paper.withdrawn == Withdrawal("This paper has been withdrawn due to an error in Lemma 3", SECOND)


def bases(pages: Sequence[Page]) -> list[list[str]]:
    return [[paper.id.base for paper in page.papers] for page in pages]


def test_a_search_goes_on_page_by_page_and_pages_may_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "PAGE", 2)
    one, two, three, four = (entry(f"2401.0000{number}v1") for number in range(1, 5))
    asking, line = api(atom(one, two, total=5), atom(two, three, total=5), atom(four, total=5))
    pages = list(asking.search("all:experts", 5))
    assert bases(pages) == [["2401.00001", "2401.00002"], ["2401.00003"], ["2401.00004"]]
    assert [parse_qs(urlsplit(url).query)["start"] for url in line.asked] == [["0"], ["2"], ["4"]]
    assert {parse_qs(urlsplit(url).query)["max_results"][0] for url in line.asked} == {"2"}


def test_a_search_asks_for_no_more_than_was_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "PAGE", 2)
    asking, line = api(atom(entry(), entry("2401.00002v1"), total=9), atom(entry("2401.00003v1"), total=9))
    assert bases(list(asking.search("all:experts", 3))) == [["2401.00001", "2401.00002"], ["2401.00003"]]
    assert len(line.asked) == 2


def test_a_search_ends_where_the_total_has_shrunk_and_not_where_a_page_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "PAGE", 1)
    asking, _ = api(atom(entry(), total=2), atom(total=1))
    assert bases(list(asking.search("all:experts", 5))) == [["2401.00001"]]
    asking, _ = api(atom(entry(), total=2), atom(total=2))
    pages = asking.search("all:experts", 5)
    assert bases([next(pages)]) == [["2401.00001"]]
    with pytest.raises(AnswerError, match="answered with an empty page, though it counts 2 papers"):
        next(pages)


def test_every_page_says_what_it_passed_over() -> None:
    asking, _ = api(atom(entry(person=""), total=1))
    (page,) = asking.search("all:experts", 5)
    assert (page.papers, len(page.unfit), page.total) == ((), 1, 1)


# ---- the query API, recorded ----

ATOM = "{http://www.w3.org/2005/Atom}"
ARXIV = "{http://arxiv.org/schemas/atom}"
CATEGORY = re.compile(r"[a-z]+(-[a-z]+)*(\.[A-Za-z-]+)?")


def index(shared: Path) -> dict[str, Case]:
    return {case["file"]: case for case in json.loads((shared / "arxiv/recorded/index.json").read_text(encoding="utf-8"))}


def words(element: ET.Element, path: str) -> str:
    return one_line(element.findtext(path) or "")


def same_as_entry(paper: Paper, one: ET.Element) -> None:
    """Compare a paper with an entry, field by field."""
    links = {link.get("title"): link.get("href", "") for link in one.findall(f"{ATOM}link")}
    primary = one.find(f"{ARXIV}primary_category")
    terms = [primary.get("term", "") if primary is not None else "", *(tag.get("term", "") for tag in one.findall(f"{ATOM}category"))]
    assert paper.id == parse_arxiv_id(words(one, f"{ATOM}id").rpartition("/abs/")[2])
    assert paper.id.version
    assert (paper.title, paper.abstract) == (words(one, f"{ATOM}title"), words(one, f"{ATOM}summary"))
    people = [(words(person, f"{ATOM}name"), tuple(one_line(place.text or "") for place in person.findall(f"{ARXIV}affiliation"))) for person in one.findall(f"{ATOM}author")]
    assert [(author.name, author.affiliations) for author in paper.authors] == people
    assert paper.categories == tuple(dict.fromkeys(term for term in terms if CATEGORY.fullmatch(term)))
    assert (paper.submitted, paper.updated) == tuple(dt.datetime.fromisoformat(words(one, f"{ATOM}{key}")) for key in ("published", "updated"))
    assert (paper.comment, paper.journal_ref, paper.doi) == tuple(words(one, f"{ARXIV}{key}") for key in ("comment", "journal_ref", "doi"))
    assert paper.links.pdf == links.get("pdf", "").replace("http:", "https:")
    assert (paper.license, paper.seen, paper.fetched) == ("", (), Fetch(TODAY, "arXiv API"))


def recorded_question(case: Case) -> dict[str, str]:
    return {key: value[0] for key, value in parse_qs(urlsplit(case.get("request", "")).query).items()}


def test_recorded_answers_of_the_api_are_read_whole(shared: Path) -> None:
    cases = index(shared)
    papers = refused = empty = 0
    for path in sorted((shared / "arxiv/recorded/atom").iterdir()):
        case = cases[f"atom/{path.name}"]
        asked, told = recorded_question(case), answer(path.read_bytes(), "application/atom+xml", case["status"])
        read = functools.partial(named, told, *asked["id_list"].split(",")) if "id_list" in asked else functools.partial(searched, told, int(asked.get("max_results", 100)))
        if path.name == "legacy_truncated_midbody.xml":
            assert refusal(lambda _, read=read: read(), told).startswith("answered with XML that breaks off or is ill-formed")
            continue
        root = ET.fromstring(told.body)
        entries = root.findall(f"{ATOM}entry")
        if case["status"] != 200:
            assert refusal(lambda _, read=read: read(), told) == f'refuses the question: "{words(entries[0], f"{ATOM}summary")}"'
            refused += 1
            continue
        page = read()
        assert page.unfit == ()
        assert page.total == int(words(root, "{http://a9.com/-/spec/opensearch/1.1/}totalResults"))
        assert len(page.papers) == len(entries)
        for paper, one in zip(page.papers, entries, strict=True):
            same_as_entry(paper, one)
        papers += len(page.papers)
        empty += page.total == 0
    assert (papers, refused, empty) == (233, 1, 2)


def test_a_recorded_search_is_one_search_over_its_pages(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shared / "arxiv/recorded/atom"
    whole = searched(answer((folder / "arxivpy_q_testing_s0_m100.xml").read_bytes(), "application/atom+xml"))
    monkeypatch.setattr(query, "PAGE", 10)
    told = [answer((folder / f"arxivpy_q_testing_s{start}_m10.xml").read_bytes(), "application/atom+xml") for start in range(0, 60, 10)]
    asking, line = api(*told)
    pages = list(asking.search("testing", 60, by_date=False))
    assert [len(page.papers) for page in pages] == [10] * 6
    assert [paper.id for page in pages for paper in page.papers] == [paper.id for paper in whole.papers[:60]]
    cases = index(shared)
    asked = [recorded_question(cases[f"atom/arxivpy_q_testing_s{start}_m10.xml"]) for start in range(0, 60, 10)]
    assert [{key: value[0] for key, value in parse_qs(urlsplit(url).query).items()} for url in line.asked] == asked


# ---- OAI-PMH, on records of our own ----

OAI = "{http://www.openarchives.org/OAI/2.0/}"
HEADER = "<header><identifier>oai:arXiv.org:{}</identifier><datestamp>2024-03-02</datestamp><setSpec>cs:cs:LG</setSpec></header>"
VERSIONS = (
    '<version version="v1"><date>Mon, 15 Jan 2024 10:30:00 GMT</date><size>12kb</size></version>'
    '<version version="v2"><date>Fri, 01 Mar 2024 08:00:00 GMT</date><size>13kb</size><source_type>D</source_type></version>'
)
FACTS = (
    "<id>2401.00001</id><submitter>Ada Example</submitter>{versions}<title>Schr\\\"odinger's experts of $x&lt;y$</title><authors>Ada Example (Univ. A) and Andr\\'e Sample</authors>"
    "<categories>cs.LG stat.ML 68T50</categories><comments>12 pages</comments><journal-ref>J. Ex. 1</journal-ref><doi>10.1000/1</doi>"
    "<license>http://creativecommons.org/licenses/by/4.0/</license><abstract>  One $a&lt;b$\n two; see https://github.com/example/x.</abstract>"
)


def raw(facts: str = FACTS, versions: str = VERSIONS, one: str = "2401.00001") -> str:
    body = f'<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">{facts.replace("{versions}", versions)}</arXivRaw>'
    return f"<record>{HEADER.format(one)}<metadata>{body}</metadata></record>"


def oai(*records: str, verb: str = "ListRecords", token: str = "") -> Answer:
    inner = f"<{verb}>{''.join(records)}{token}</{verb}>" if verb else "".join(records)
    head = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-06-12T12:00:00Z</responseDate><request>https://oaipmh.arxiv.org/oai</request>'
    return answer(f'<?xml version="1.0" encoding="UTF-8"?>{head}{inner}</OAI-PMH>', "text/xml")


RAW_PAPER = Paper(
    ArxivId("2401.00001", 2), "Schrödinger's experts of $x<y$", (Author("Ada Example", ("Univ. A",)), Author("André Sample")), ("cs.LG", "stat.ML"),
    "One $a<b$ two; see https://github.com/example/x.", FIRST, SECOND, "12 pages", "J. Ex. 1", "10.1000/1", "http://creativecommons.org/licenses/by/4.0/",
    Links("https://arxiv.org/pdf/2401.00001v2", code=("https://github.com/example/x",)), fetched=Fetch(TODAY, "arXiv OAI-PMH"),
)  # fmt: skip


def test_oai_tells_all_of_a_paper_with_every_versions_day_and_the_licence() -> None:
    found = harvested(oai(raw(), token="<resumptionToken>verb%3DListRecords%26skip%3D1</resumptionToken>"))
    assert found == Harvest((RAW_PAPER,), (), (("2401.00001", "2024-03-02"),), "verb%3DListRecords%26skip%3D1")


def test_the_format_with_split_names_is_read_as_well() -> None:
    people = (
        "<author><keyname>Example</keyname><forenames>Ada</forenames><affiliation>Univ. A</affiliation><affiliation> </affiliation></author>"
        "<author><keyname>Sample</keyname><forenames>Bo</forenames><suffix>Jr</suffix></author><author><keyname>X Collaboration</keyname></author>"
    )
    facts = re.sub(r"<authors>.*</authors>", f"<created>2024-03-01</created><updated>2024-03-05</updated><authors>{people}</authors>", FACTS)
    record = raw(facts, "").replace("arXivRaw", "arXiv")
    (paper,) = harvested(oai(record, verb="GetRecord")).papers
    assert paper.authors == (Author("Ada Example", ("Univ. A",)), Author("Bo Sample Jr"), Author("X Collaboration"))
    assert (paper.id, paper.submitted, paper.updated, paper.links.pdf) == (ArxivId("2401.00001"), None, None, "")  # its days are other days
    assert (paper.title, paper.license) == (RAW_PAPER.title, RAW_PAPER.license)


@pytest.mark.parametrize(
    ("comment", "source", "reason"),
    [("Error in Lemma 3", "I", "Error in Lemma 3"), ("", "I", "no reason given"), ("Withdrawn by the author", "D", "Withdrawn by the author"), ("12 pages", "D", None)],
)
def test_a_version_without_a_source_is_a_withdrawal(comment: str, source: str, reason: str | None) -> None:
    record = raw(FACTS.replace("12 pages", comment), VERSIONS.replace("<source_type>D", f"<source_type>{source}"))
    (paper,) = harvested(oai(record)).papers
    assert paper.withdrawn == (Withdrawal(reason, SECOND) if reason else None)
    assert paper.links.pdf == ("" if reason else "https://arxiv.org/pdf/2401.00001v2")


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (raw(FACTS.replace("2401.00001", "2413.00001"), one="2413.00001"), '"2413.00001" is no arXiv ID: it begins with year and month, from 0704 on, and "2413" is none'),
        (raw(re.sub(r"<title>.*</title>", "", FACTS)), "it has no title"),
        (raw(re.sub(r"<authors>.*</authors>", "<authors> </authors>", FACTS)), "it has no author"),
        (raw(re.sub(r"<categories>.*</categories>", "<categories>68T50</categories>", FACTS)), "it has no category"),
        (raw(versions=VERSIONS.replace("Mon, 15 Jan 2024 10:30:00 GMT", "yesterday")), 'its date is "yesterday"'),
        (raw(versions=VERSIONS.replace("Mon, 15 Jan 2024 10:30:00 GMT", "Fri, 31 Dec 9999 23:59:59 -1200")), 'its date is "Fri, 31 Dec 9999 23:59:59 -1200"'),
    ],
)
def test_a_record_that_is_no_paper_is_named_and_the_rest_kept(record: str, why: str) -> None:
    name = re.search(r"<identifier>(.*?)</identifier>", record)
    found = harvested(oai(record, raw()))
    assert found.papers == (RAW_PAPER,)
    assert found.unfit == (f'a record called "{name and name[1]}" was passed over: {why}',)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ('<error code="noRecordsMatch">Nothing.</error>', "noRecordsMatch"),
        ("<error code='badResumptionToken'>The token has died.</error>", "badResumptionToken"),
        ('<error code="idDoesNotExist"/>', "idDoesNotExist"),
        ('<error code="badArgument">Illegal arguments. Reason: \n from date format</error>', "badArgument: Illegal arguments. Reason: from date format"),
    ],
)
def test_an_error_of_the_protocol_is_told_by_its_name(told: str, error: str) -> None:
    assert harvested(oai(told, verb="")) == Harvest(error=error)


def test_identifiers_and_deleted_records_tell_what_changed() -> None:
    gone = HEADER.format("2401.00002").replace("<header>", '<header status="deleted">')
    assert harvested(oai(HEADER.format("hep-th/9901001"), gone, verb="ListIdentifiers")).changed == (("hep-th/9901001", "2024-03-02"), ("2401.00002", "2024-03-02"))
    found = harvested(oai(raw(), f"<record>{gone}</record>"))
    assert (len(found.papers), found.unfit, len(found.changed)) == (1, (), 2)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (oai(), "answered with an empty list, and no word that nothing matches"),
        (oai(verb="ListIdentifiers"), "answered with an empty list, and no word that nothing matches"),
        (oai(verb=""), "answered with OAI-PMH that holds nothing"),
        (replace(oai(raw()), status=404), "answered HTTP 404"),
        (atom(entry()), 'answered with <feed>, which is no feed: "1 http://arxiv.org/abs/2401.00001v1 A title 2024-03-01T08:00:00Z 2024-01-15T10:3"'),
        (answer("Retry after 5 seconds", "text/html"), 'answered with text/html, which is no feed: "Retry after 5 seconds"'),
    ],
)
def test_what_is_no_oai_has_a_name(told: Answer, fault: str) -> None:
    assert refusal(harvested, told) == fault


def harvester(*told: Answer) -> tuple[OaiPmh, Line]:
    line = Line(list(told))
    return OaiPmh("https://oaipmh.arxiv.org/oai", line, None, line, TODAY), line


def test_a_harvest_goes_on_by_its_token_and_begins_anew_where_that_has_died() -> None:
    token = "<resumptionToken>verb%3DListRecords%26skip%3D1</resumptionToken>"
    dead = oai('<error code="badResumptionToken">Dead.</error>', verb="")
    asking, line = harvester(oai(raw(), token=token), oai(raw(), token=token), dead, oai(raw(), token="<resumptionToken/>"))
    assert len(list(asking.harvest("cs.LG", dt.date(2024, 3, 1)))) == 3
    assert [url.partition("?")[2] for url in line.asked] == [
        "verb=ListRecords&metadataPrefix=arXivRaw&set=cs%3Acs%3ALG&from=2024-03-01",
        "verb=ListRecords&resumptionToken=verb%253DListRecords%2526skip%253D1",
        "verb=ListRecords&resumptionToken=verb%253DListRecords%2526skip%253D1",
        "verb=ListRecords&metadataPrefix=arXivRaw&set=cs%3Acs%3ALG&from=2024-03-02",
    ]


def test_a_server_whose_tokens_are_always_dead_is_not_asked_for_ever() -> None:
    dead = oai('<error code="badResumptionToken">Dead.</error>', verb="")
    asking, line = harvester(*[oai(raw(), token="<resumptionToken>x</resumptionToken>"), dead] * 10)
    with pytest.raises((AnswerError, FetchError)):
        list(asking.harvest("cs.LG", dt.date(2024, 3, 1)))
    assert len(line.asked) < 20


@pytest.mark.parametrize("asked", ["2401.00001", "2401.00001v2", "2401.00001v1"])
def test_a_record_is_of_the_newest_version(asked: str) -> None:
    asking, line = harvester(oai(raw(), verb="GetRecord"))
    assert asking.record(parse_arxiv_id(asked)) == RAW_PAPER
    assert line.asked[0].endswith("verb=GetRecord&identifier=oai%3AarXiv.org%3A2401.00001&metadataPrefix=arXivRaw")


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (raw(re.sub(r"<title>.*</title>", "", FACTS)), 'a record called "oai:arXiv.org:2401.00001" was passed over: it has no title'),
        (raw(FACTS.replace("<id>2401.00001", "<id>2401.00009")), "answered with 2401.00009v2, which was not asked for"),
    ],
)
def test_a_record_that_cannot_be_read_is_not_taken_for_none(told: str, fault: str) -> None:
    asking, _ = harvester(oai(told, verb="GetRecord"))
    with pytest.raises(FetchError, match=re.escape(fault)):
        asking.record(ArxivId("2401.00001"))


def test_a_record_that_arxiv_lacks_is_none_and_a_wrong_question_a_fault() -> None:
    asking, _ = harvester(oai('<error code="idDoesNotExist">No.</error>', verb=""), oai('<error code="badArgument">No.</error>', verb=""))
    assert asking.record(ArxivId("2401.00001")) is None
    with pytest.raises(AnswerError, match=r'^refuses the question: "badArgument: No\."$'):
        asking.record(ArxivId("2401.00001"))


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("cs.LG", "cs:cs:LG"), ("cs", "cs"), ("math.NT", "math:math:NT"), ("stat.ML", "stat:stat:ML"), ("hep-th", "physics:hep-th"), ("gr-qc", "physics:gr-qc"),
        ("astro-ph", "physics:astro-ph"), ("astro-ph.EP", "physics:astro-ph:EP"), ("physics.optics", "physics:physics:optics"), ("physics", "physics:physics"),
        ("q-bio.NC", "q-bio:q-bio:NC"), ("nlin.CD", "physics:nlin:CD"),
    ],
)  # fmt: skip
def test_a_category_has_its_set(category: str, name: str) -> None:
    assert set_of(category) == name


# ---- OAI-PMH, recorded and rendered ----

RAW, SPLIT = "{http://arxiv.org/OAI/arXivRaw/}", "{http://arxiv.org/OAI/arXiv/}"


def oai_files(shared: Path) -> Iterator[tuple[Path, ET.Element, Harvest]]:
    for folder in ("recorded/oai", "rendered/oai"):
        for path in sorted((shared / "arxiv" / folder).glob("*.xml")):
            body = path.read_bytes()
            yield path, ET.fromstring(body), harvested(answer(body, "text/xml"))


def same_as_record(paper: Paper, body: ET.Element, space: str) -> None:
    """Compare a paper with a record, field by field; of the authors' one string that is done elsewhere."""
    for field, key in (("comment", "comments"), ("journal_ref", "journal-ref"), ("doi", "doi"), ("license", "license")):
        assert getattr(paper, field) == words(body, f"{space}{key}")
    for field in ("title", "abstract"):
        told = words(body, f"{space}{field}")
        assert getattr(paper, field) == (accented(told) if "\\" in told else told)
    assert paper.id.base == parse_arxiv_id(words(body, f"{space}id")).base
    assert paper.categories == tuple(dict.fromkeys(name for name in words(body, f"{space}categories").split() if CATEGORY.fullmatch(name)))
    versions = body.findall(f"{space}version")
    days = [dt.datetime.strptime(words(one, f"{space}date"), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC) for one in versions]
    assert (paper.submitted, paper.updated) == ((days[0], days[-1]) if days else (None, None))
    assert paper.id.version == (int(versions[-1].get("version", "")[1:]) if versions else None)
    if versions and "I" in words(versions[-1], f"{space}source_type"):
        assert paper.withdrawn
    if space == SPLIT:
        people = [
            (one_line(" ".join(words(one, f"{space}{key}") for key in ("forenames", "keyname", "suffix"))), tuple(one_line(place.text or "") for place in one.findall(f"{space}affiliation")))
            for one in body.findall(f"{space}authors/{space}author")
        ]
        assert [(author.name, author.affiliations) for author in paper.authors] == people


def test_recorded_and_rendered_oai_is_read_whole(shared: Path) -> None:
    papers = errors = withdrawn = 0
    for path, root, found in oai_files(shared):
        told = root.find(f"{OAI}error")
        if told is not None:
            assert found.error.partition(":")[0] == told.get("code")
            assert found.papers == found.changed == ()
            errors += 1
            continue
        headers = list(root.iter(f"{OAI}header"))
        assert found.changed == tuple((words(one, f"{OAI}identifier").removeprefix("oai:arXiv.org:"), words(one, f"{OAI}datestamp")) for one in headers)
        token = next(root.iter(f"{OAI}resumptionToken"), None)
        assert found.token == ((token.text or "").strip() if token is not None else "")
        assert not found.unfit, path.name
        bodies = [(one, space) for one in root.iter() for space, name in ((RAW, "arXivRaw"), (SPLIT, "arXiv")) if one.tag == space + name]
        assert len(found.papers) == len(bodies)
        for paper, (body, space) in zip(found.papers, bodies, strict=True):
            same_as_record(paper, body, space)
        papers += len(found.papers)
        withdrawn += sum(1 for paper in found.papers if paper.withdrawn)
    assert (papers, errors) == (3049, 19)
    assert withdrawn >= 5


def test_an_error_file_is_named_after_its_error(shared: Path) -> None:
    for path in sorted((shared / "arxiv/rendered/oai").glob("error_*.xml")):
        code = harvested(answer(path.read_bytes(), "text/xml")).error.partition(":")[0]
        assert path.stem.startswith(f"error_{code}") or (path.stem, code) == ("error_missingVerb", "badVerb")


def test_one_string_of_authors_is_read_as_arxiv_itself_reads_it(shared: Path) -> None:
    """The same 503 papers, once with the submitters' string and once with the names as arXiv splits them; initials are spaced there."""
    folder = shared / "arxiv/rendered/oai"

    def names(pattern: str) -> dict[str, list[str]]:
        found = [paper for path in sorted(folder.glob(pattern)) for paper in harvested(answer(path.read_bytes(), "text/xml")).papers]
        return {paper.id.base: [re.sub(r"[\s,]", "", author.name) for author in paper.authors] for paper in found}

    ours, arxivs = names("list_records_arXivRaw_p*.xml"), names("list_records_arXiv_p*.xml")
    assert ours.keys() == arxivs.keys()
    differ = {one for one in ours if ours[one] != arxivs[one]}
    assert len(ours) == 503
    assert differ <= {"math/0510544"}, {one: ours[one][:3] for one in differ}  # "and and Linsheng Zhu": there we are right


# ---- announcements, on items of our own ----

RSS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>'
    "<title>cs.LG updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.LG</link><description>cs.LG updates</description>"
    "<lastBuildDate>{day} 04:00:19 +0000</lastBuildDate><pubDate>{day} 00:00:00 -0400</pubDate><skipDays><day>Sunday</day><day>Saturday</day></skipDays>"
)
SAYS = "arXiv:2401.00001v2 Announce Type: new \nAbstract: One $a&lt;b$ and $n&gt;m$, K\\\"onig's &lt;b&gt;bold&lt;/b&gt; claim; code: https://github.com/example/x"


def item(one: str = "2401.00001v2", title: str = "Experts of $x&lt;y$ by Andr\\'e", *, says: str = SAYS, kind: str = "new", person: str = "Ada Example (Univ. A, Paris), Bo Sample", more: str = "") -> str:
    return (
        f"<item><title>{title}</title><link>https://arxiv.org/abs/{one[:10]}</link><description>{says}</description>"
        f'<guid isPermaLink="false">oai:arXiv.org:{one}</guid><category>cs.LG</category><category>stat.ML</category><pubDate>Wed, 12 Jun 2024 00:00:00 -0400</pubDate>'
        f"<arxiv:announce_type>{kind}</arxiv:announce_type><dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights><dc:creator>{person}</dc:creator>{more}</item>"
    )


def rss(*items: str, day: str = "Wed, 12 Jun 2024") -> Answer:
    return answer(RSS_HEAD.replace("{day}", day) + "".join(items) + "</channel></rss>", "application/rss+xml")


ANNOUNCED = dt.date(2024, 6, 12)
LISTED = Paper(
    ArxivId("2401.00001", 2), "Experts of $x<y$ by André", (Author("Ada Example", ("Univ. A, Paris",)), Author("Bo Sample")), ("cs.LG", "stat.ML"),
    "One $a<b$ and $n>m$, König's <b>bold</b> claim; code: https://github.com/example/x", journal_ref="J. Ex. 1", doi="10.1000/1",
    license="http://creativecommons.org/licenses/by/4.0/", links=Links(code=("https://github.com/example/x",)), seen=(Sighting("arxiv", ANNOUNCED, "new"),),
    fetched=Fetch(dt.date(2024, 6, 13), "arXiv announcements"),
)  # fmt: skip


def test_a_feed_tells_a_papers_day_and_how_it_was_announced() -> None:
    told = rss(item(more="<arxiv:DOI>10.1000/1</arxiv:DOI><arxiv:journal_reference>J. Ex. 1</arxiv:journal_reference>"))
    assert announced(told) == Announcement(ANNOUNCED, (LISTED,))


def test_an_atom_feed_tells_the_same() -> None:
    creator = "<dc:creator>Ada Example (Univ. A, Paris), Bo Sample</dc:creator>"
    told = answer(
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://www.w3.org/2005/Atom">'
        "<id>http://rss.arxiv.org/atom/cs.LG</id><title>cs.LG updates on arXiv.org</title><updated>2024-06-12T04:00:19+00:00</updated>"
        f"<entry><id>oai:arXiv.org:2401.00001v2</id><title>Experts of $x&lt;y$ by Andr\\'e</title><updated>2024-06-12T04:00:19+00:00</updated>"
        f'<link href="https://arxiv.org/abs/2401.00001" rel="alternate"/><summary>{SAYS}</summary><category term="cs.LG"/><category term="stat.ML"/>'
        "<published>2024-06-12T00:00:00-04:00</published><arxiv:announce_type>new</arxiv:announce_type><arxiv:DOI>10.1000/1</arxiv:DOI>"
        f"<arxiv:journal_reference>J. Ex. 1</arxiv:journal_reference><dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>{creator}</entry></feed>",
        "application/atom+xml",
    )
    assert announced(told) == Announcement(ANNOUNCED, (LISTED,))


def rdf(*items: str) -> Answer:
    spaces = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    head = '<channel rdf:about="http://arxiv.org/"><title>hep-ex updates on arXiv.org</title><link>http://arxiv.org/</link><dc:date>2018-05-23T20:30:00-05:00</dc:date></channel>'
    return answer(f'<?xml version="1.0" encoding="UTF-8"?><rdf:RDF {spaces}>{head}{"".join(items)}</rdf:RDF>')


def old_item(title: str, people: str = '&lt;a href="http://arxiv.org/a"&gt;Ada Example&lt;/a&gt; (Univ. A), &lt;a href="x"&gt;Bo Sample&lt;/a&gt;') -> str:
    says = "&lt;p&gt;Of $2&amp;lt;y$ and\n $z&amp;gt;4$.\n&lt;/p&gt;\n"
    return f'<item rdf:about="http://arxiv.org/abs/1805.00001"><title>{title}</title><link>http://arxiv.org/abs/1805.00001</link><description>{says}</description><dc:creator> {people}</dc:creator></item>'


@pytest.mark.parametrize(
    ("mark", "kind", "version"), [("v1 [hep-ex]", "new", 1), ("v1 [hep-ex] CROSS LISTED", "cross", 1), ("v3 [nucl-th] UPDATED", "replace", 3)]
)
def test_the_feeds_of_old_are_read_as_well(mark: str, kind: str, version: int) -> None:
    found = announced(rdf(old_item(f"Spin, charm. And (more). (arXiv:1805.00001{mark})")))
    (paper,) = found.papers
    assert found.day == dt.date(2018, 5, 23)
    assert (paper.id, paper.title, paper.abstract) == (ArxivId("1805.00001", version), "Spin, charm. And (more)", "Of $2<y$ and $z>4$.")
    assert paper.authors == (Author("Ada Example", ("Univ. A",)), Author("Bo Sample"))
    assert (paper.categories, paper.seen) == ((mark.partition("[")[2].partition("]")[0],), (Sighting("arxiv", dt.date(2018, 5, 23), kind),))


def test_and_others_is_nobody() -> None:
    told = rdf(old_item("A title. (arXiv:1805.00001v1 [hep-ex])", '&lt;a href="x"&gt;Ada Example&lt;/a&gt;, &lt;a href="y"&gt;Bo Sample&lt;/a&gt;, et al. (909 additional authors not shown)'))
    assert [author.name for author in announced(told).papers[0].authors] == ["Ada Example", "Bo Sample"]


@pytest.mark.parametrize(
    ("kind", "says", "type_"),
    [
        ("cross", SAYS, "cross"),
        ("replace", SAYS, "replace"),
        ("replace-cross", SAYS, "replace-cross"),
        ("", "arXiv:2401.00001v2 Announce Type: replace-cross\nAbstract: Words.", "replace-cross"),
        ("", "Words.", ""),
        ("novel", SAYS, ""),
    ],
)
def test_the_way_of_announcing_is_one_of_four_or_not_told(kind: str, says: str, type_: str) -> None:
    (paper,) = announced(rss(item(kind=kind, says=says))).papers
    assert [one.type for one in paper.seen] == [type_]
    assert "Announce Type" not in paper.abstract


@pytest.mark.parametrize(
    ("day", "quiet"),
    [
        ("Sat, 15 Jun 2024", "no announcement (Saturday, 2024-06-15)"),
        ("Sun, 16 Jun 2024", "no announcement (Sunday, 2024-06-16)"),
        ("Thu, 04 Jul 2024", "nothing announced on Thursday, 2024-07-04: a holiday at arXiv, or a fault of theirs; compare with the lists of new papers at https://arxiv.org"),
    ],
)
def test_a_day_without_papers_says_why(day: str, quiet: str) -> None:
    found = announced(rss(day=day))
    assert (found.papers, found.unfit, found.quiet, found.remarks) == ((), (), quiet, ())


def test_a_feed_of_yesterday_says_so() -> None:
    found = announced(rss(item(), day="Thu, 13 Jun 2024"))
    assert found.remarks == ("the feed of 2024-06-13 carries the announcement of 2024-06-12; ask again later",)
    assert found.papers[0].announced == ANNOUNCED


@pytest.mark.parametrize(("today", "old"), [(dt.date(2024, 6, 12), False), (dt.date(2024, 6, 17), False), (dt.date(2024, 6, 18), True)])
def test_a_feed_older_than_a_long_weekend_says_so(today: dt.date, old: bool) -> None:
    remark = "the feed is of 2024-06-12: arXiv has announced nothing since, or an old one was sent"
    assert announced(rss(item()), today).remarks == ((remark,) if old else ())


def test_a_full_feed_says_that_it_may_be_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    assert announcements.CAP == 2000
    monkeypatch.setattr(announcements, "CAP", 3)
    items = [item(f"2401.0000{number}v1") for number in range(1, 4)]
    assert announced(rss(*items[1:])).remarks == ()
    assert announced(rss(*items)).remarks == ("the feed is full (3 items), so new papers may be missing from it; ask for fewer categories at once",)


def test_a_paper_that_stands_twice_is_listed_once_in_its_newest_version() -> None:
    found = announced(rss(item("2401.00001v1", "Old"), item(), item("2401.00002v1", "Other"), item()))
    assert [str(paper.id) for paper in found.papers] == ["2401.00001v2", "2401.00002v1"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (item().replace("oai:arXiv.org:", "oai:evil.example:"), "it names no paper of arXiv"),
        (item("2413.00001v1"), '"2413.00001v1" is no arXiv ID: it begins with year and month, from 0704 on, and "2413" is none'),
        (item(title=" "), "it has no title"),
        (item(person=""), "it has no author"),
        (item().replace("cs.LG", "68T50").replace("stat.ML", "68T07"), "it has no category"),
        (item().replace("Wed, 12 Jun 2024", "Wed, 42 Jun 2024"), 'its date is "Wed, 42 Jun 2024 00:00:00 -0400"'),
    ],
)
def test_an_item_that_is_no_paper_is_named_and_the_rest_kept(bad: str, why: str) -> None:
    found = announced(rss(bad, item("2401.00009v1")))
    name = re.search(r"<guid[^>]*>(.*?)</guid>", bad)
    assert [str(paper.id) for paper in found.papers] == ["2401.00009v1"]
    assert found.unfit == (f'an item called "{name and name[1]}" was passed over: {why}',)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (
            answer(RSS_HEAD.replace("cs.LG updates on arXiv.org", "Feed error for query: x").replace(">cs.LG updates<", ">Bad archive 'x'.<").replace("{day}", "Wed, 12 Jun 2024") + "</channel></rss>", status=400),
            "refuses the question: \"Bad archive 'x'.\"",
        ),
        (replace(rss(), status=404), "answered HTTP 404"),
        (answer("No archive specified. <a href='x'>here</a>", "text/html"), 'answered with text/html, which is no feed: "No archive specified. here"'),
        (answer(rss(item()).body[:-20], "application/rss+xml"), "answered with XML that breaks off or is ill-formed (expected '>')"),
        (atom(total=3), "answered with an empty list, though it counts 3 papers"),
        (atom(), "answered with an empty feed that does not say of which day"),
    ],
)  # fmt: skip
def test_what_is_no_announcement_has_a_name(told: Answer, fault: str) -> None:
    assert re.sub(r"\(.*\)$", "()", refusal(announced, told)) == re.sub(r"\(.*\)$", "()", fault)


# ---- announcements, recorded and rendered ----

DC = "{http://purl.org/dc/elements/1.1/}"
HEAD = re.compile(r"arXiv:(\S+) Announce Type: (\S+) Abstract: (.*)")


@dataclass(frozen=True)
class Item:
    """What an item of a feed says, read by the standard library."""

    id: str
    title: str
    abstract: str
    type: str
    people: str
    categories: tuple[str, ...]
    day: str
    license: str
    doi: str
    journal_ref: str


def items_of(root: ET.Element) -> Iterator[Item]:
    for one in [*root.iter("item"), *root.iter(f"{ATOM}entry")]:
        space = ATOM if one.tag.startswith(ATOM) else ""
        head = HEAD.fullmatch(words(one, f"{space}summary" if space else "description"))
        assert head
        tags = tuple(tag.get("term") or tag.text or "" for tag in one.findall(f"{space}category"))
        yield Item(
            words(one, f"{space}id" if space else "guid"), words(one, f"{space}title"), head[3], words(one, f"{ARXIV}announce_type") or head[2], words(one, f"{DC}creator"), tags,
            words(one, f"{space}published" if space else "pubDate"), words(one, f"{DC}rights"), words(one, f"{ARXIV}DOI"), words(one, f"{ARXIV}journal_reference"),
        )  # fmt: skip


def letters(told: str) -> str:
    return accented(told) if "\\" in told else told


def same_as_item(paper: Paper, one: Item) -> None:
    assert f"oai:arXiv.org:{paper.id}" == one.id
    assert paper.title == letters(one.title)
    assert paper.abstract == letters(one.abstract)
    assert paper.categories == tuple(name for name in one.categories if CATEGORY.fullmatch(name))
    assert (paper.license, paper.doi, paper.journal_ref) == (one.license, one.doi, one.journal_ref)
    day = paper.seen[0].announced
    assert day
    assert f"{day}" in one.day or f"{day:%d %b %Y}" in one.day
    assert paper.seen == (Sighting("arxiv", day, one.type),)
    assert set(re.findall(r"\w{2,}", letters(one.people))) == {word for author in paper.authors for text in (author.name, *author.affiliations) for word in re.findall(r"\w{2,}", text)} | {"and"} & set(
        one.people.split()
    )


@pytest.mark.parametrize(("names", "at_least"), [("*cs.CL*", 400), ("*cs.LG*", 500), ("*cs.[AC][IV]*", 700), ("error_*", 0), ("rss_cs_*", 0)])
def test_recorded_and_rendered_feeds_are_read_whole(shared: Path, names: str, at_least: int) -> None:
    """No word is lost, be there a ``<`` in it: of title, abstract or authors."""
    rendered = {case["file"]: case for case in json.loads((shared / "arxiv/rendered/rss/index.json").read_text(encoding="utf-8"))}
    papers = 0
    for path in [*sorted((shared / "arxiv/rendered/rss").glob(names)), *sorted((shared / "arxiv/recorded/rss").glob(names))]:
        case = rendered.get(path.name, {"status": 200})
        told = answer(path.read_bytes(), case.get("content_type", "application/xml"), case["status"])
        root = ET.fromstring(told.body)
        if path.name.startswith("error_"):
            assert refusal(announced, told) == f'refuses the question: "{one_line(root.findtext("channel/description") or "")}"'
            continue
        if path.name.startswith("old_rdf"):
            continue
        date = dt.date.fromisoformat(re.sub(r".*(\d{4}-\d\d-\d\d).*", r"\1", path.name))
        found, said = fast(functools.partial(announced, told, date)), list(items_of(root))
        assert (found.unfit, found.remarks) == ((), ())
        assert [str(paper.id.base) for paper in found.papers] == list(dict.fromkeys(parse_arxiv_id(one.id[14:]).base for one in said))
        assert len(found.papers) == case.get("items", len(said))
        for paper, one in zip(found.papers, said, strict=True):
            same_as_item(paper, one)
        if "types" in case:
            assert {kind: sum(paper.seen[0].type == kind for paper in found.papers) for kind in case["types"]} == case["types"]
        assert found.day == date
        assert bool(found.quiet) == (not said)
        papers += len(found.papers)
    assert papers >= at_least


def test_recorded_weekends_are_quiet(shared: Path) -> None:
    quiet = {
        "rendered/rss/rss_cs.CL_2025-08-23_saturday.xml": "no announcement (Saturday, 2025-08-23)",
        "recorded/rss/rss_cs.CL_2026-08-01_weekend_empty.xml": "no announcement (Saturday, 2026-08-01)",
        "recorded/rss/rss_cs_2025-04-27_sunday_empty.xml": "no announcement (Sunday, 2025-04-27)",
    }
    assert {name: announced(answer((shared / "arxiv" / name).read_bytes())).quiet for name in quiet} == quiet


def test_the_recorded_help_page_is_no_feed(shared: Path) -> None:
    told = answer((shared / "arxiv/rendered/rss/help_no_archive.html").read_bytes(), "text/html; charset=utf-8")
    assert refusal(announced, told).startswith('answered with text/html, which is no feed: "No archive specified. Archives are: astro-ph')


def test_recorded_feeds_of_old_are_read_whole(shared: Path) -> None:
    space = "{http://purl.org/rss/1.0/}"
    for path in sorted((shared / "arxiv/recorded/rss").glob("old_rdf*.xml")):
        body = path.read_bytes()
        found = announced(answer(body))
        said = list(ET.fromstring(body).iter(f"{space}item"))
        assert (len(found.papers), found.unfit) == (len(said), ())
        for paper, one in zip(found.papers, said, strict=True):
            title, mark = re.fullmatch(r"(.*)\. \(arXiv:(.*)\)", words(one, f"{space}title")).groups()  # type: ignore[union-attr]
            assert (paper.title, str(paper.id), paper.categories) == (letters(title), mark.split()[0], (mark.split()[1].strip("[]"),))
            assert paper.seen[0].type == {"UPDATED": "replace", "CROSS": "cross"}.get(mark.split()[2] if len(mark.split()) > 2 else "", "new")
            plain = one_line(html.unescape(re.sub(r"</?p>", "", words(one, f"{space}description"))))
            assert paper.abstract == letters(plain)
            names = re.findall(r"<a [^>]*>(.*?)</a>", words(one, f"{DC}creator"))
            assert [author.name for author in paper.authors] == [letters(html.unescape(name)) for name in names]


# ---- Hugging Face ----


def daily(*items: Any) -> Answer:
    return answer(json.dumps(items), "application/json", url="https://huggingface.co/api/daily_papers")


def hf(one: object = "2401.00001", **more: object) -> Case:
    return {"paper": {"id": one, "title": "T", "upvotes": 5, "submittedOnDailyAt": "2026-06-12T01:02:03.000Z", **more}, "numComments": 2, "submittedBy": {"fullname": "A Reader"}}


def test_a_day_list_has_votes_and_code_and_no_accounts() -> None:
    found = listed(daily(hf(githubRepo="https://github.com/example/x.git"), hf("hep-th/9901001v2")))
    assert found == DailyList(
        (
            Listed(ArxivId("2401.00001"), Sighting("huggingface", TODAY, "", 5, 2), ("https://github.com/example/x",)),
            Listed(ArxivId("hep-th/9901001"), Sighting("huggingface", TODAY, "", 5, 2)),
        )
    )


@pytest.mark.parametrize(
    ("more", "seen", "code"),
    [
        ({"upvotes": None}, (None, 2), ()),
        ({"upvotes": "5"}, (None, 2), ()),
        ({"upvotes": True}, (None, 2), ()),
        ({"upvotes": -1}, (None, 2), ()),
        ({"upvotes": 10**12}, (None, 2), ()),
        ({"upvotes": 1.5}, (None, 2), ()),
        ({"githubRepo": 5}, (5, 2), ()),
        ({"githubRepo": "javascript:alert(1)"}, (5, 2), ()),
        ({"githubRepo": "https://example.org/x/y"}, (5, 2), ()),
    ],
)
def test_what_is_told_oddly_is_not_told(more: Case, seen: tuple[int | None, int | None], code: tuple[str, ...]) -> None:
    (one,) = listed(daily(hf(**more))).papers
    assert ((one.seen.upvotes, one.seen.comments), one.code) == (seen, code)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (None, "it names no paper"),
        ([], "it names no paper"),
        ({}, "it names no paper"),
        ({"paper": "2401.00001"}, "it names no paper"),
        (hf(2401.00001), "it names no paper"),
        (hf("../../etc/passwd"), '"../../etc/passwd" is no arXiv ID; write it as 2308.04079 or hep-th/9901001'),
        (hf("2401.1"), '"2401.1" is no arXiv ID: the number has 5 digits since 2015; did you mean 2401.10000?'),
    ],
)
def test_a_listed_thing_that_is_no_paper_is_named_and_the_rest_kept(bad: object, why: str) -> None:
    found = listed(daily(bad, hf()))
    assert [str(one.id) for one in found.papers] == ["2401.00001"]
    assert found.unfit == (f"an item of the list was passed over: {why}",)


@pytest.mark.parametrize("written", ["2026-13-45T00:00:00Z", "", None, 5, "yesterday"])
def test_a_day_that_is_told_oddly_costs_no_paper(written: object) -> None:
    (one,) = listed(daily(hf(submittedOnDailyAt=written))).papers
    assert one.seen.announced is None
    assert parse_daily(daily(hf(submittedOnDailyAt=written)), dt.date(2026, 6, 1)).papers[0].seen.announced == dt.date(2026, 6, 1)


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (answer("<html>busy</html>", "text/html"), "answered with text/html that is no JSON"),
        (answer("", ""), "answered with something that is no JSON"),
        (answer("[" * 100_000, "application/json"), "answered with application/json that is no JSON"),
        (answer('{"error": "Invalid  date"}', "application/json", 400), 'refuses the question: "Invalid date"'),
        (answer('{"papers": []}', "application/json"), "answered with JSON that is no list of papers"),
        (answer("null", "application/json"), "answered with JSON that is no list of papers"),
        (answer("[]", "application/json", 404), "answered HTTP 404"),
    ],
)
def test_what_is_no_day_list_has_a_name(told: Answer, fault: str) -> None:
    assert refusal(listed, told) == fault


def test_a_day_list_stands_on_several_pages_the_most_voted_first() -> None:
    ids = [f"2401.{number:05}" for number in range(1, 151)]
    line = Line([daily(*(hf(one, upvotes=number) for number, one in enumerate(ids[:100]))), daily(*(hf(one, upvotes=500) for one in ids[99:]))])
    found = HuggingFace("https://huggingface.co/api", line, None, line).daily(dt.date(2026, 6, 1))
    assert len(found.papers) == 150
    assert [one.id.base for one in found.papers[:2]] == [ids[100], ids[101]]
    assert found.papers[-1].seen == Sighting("huggingface", dt.date(2026, 6, 1), "", 0, 2)
    assert [urlsplit(url).query for url in line.asked] == ["date=2026-06-01&p=0&limit=100", "date=2026-06-01&p=1&limit=100"]


def test_recorded_day_lists_are_read_whole(shared: Path) -> None:
    papers = code = 0
    for path in sorted((shared / "arxiv/recorded/hf").iterdir()):
        body = path.read_bytes()
        found, said = listed(answer(body, "application/json")), json.loads(body)
        assert (len(found.papers), found.unfit) == (len(said), ())
        for one, told in zip(found.papers, said, strict=True):
            paper = told["paper"]
            assert (one.id.base, one.seen.upvotes, one.seen.comments) == (paper["id"], paper["upvotes"], told["numComments"])
            assert f"{one.seen.announced}" == paper["submittedOnDailyAt"][:10]
            assert list(one.code) == [paper["githubRepo"].removesuffix(".git").rstrip("/")] if paper.get("githubRepo") else one.code == ()
        papers += len(said)
        code += sum(len(one.code) for one in found.papers)
    assert papers >= 20
    assert code >= 5


LEAVES = st.sampled_from([None, True, 0, -1, 1.5, "", "2401.00001", "2401.1", "\ud800", [], {}])
FIELDS = st.dictionaries(st.sampled_from(["paper", "id", "error", "upvotes", "submittedOnDailyAt", "githubRepo"]), LEAVES, max_size=4)
JSON = LEAVES | FIELDS | st.lists(LEAVES | st.fixed_dictionaries({"paper": FIELDS | LEAVES}), max_size=3)


@given(JSON)
def test_whatever_json_says_is_a_list_or_a_fault(value: object) -> None:
    assert tried(listed, answer(json.dumps(value), "application/json"))


# ---- feeds of anybody ----


def post(title: str = "A post", link: str = "https://example.org/1", more: str = "", says: str = "Words.") -> str:
    return f"<item><title>{title}</title><link>{link}</link><description>{says}</description>{more}</item>"


def blog(*items: str) -> Answer:
    return answer(f'<rss version="2.0"><channel><title>A &amp;amp; B</title><link>https://example.org</link>{"".join(items)}</channel></rss>', "text/xml", url="https://example.org/feed.xml")


def test_a_feed_gives_links_with_their_words_and_days() -> None:
    (found,) = parse_posts(blog(post("An &lt;i&gt;odd&lt;/i&gt; one &amp;amp; more", more="<pubDate>Wed, 12 Jun 2024 23:30:00 +0000</pubDate>", says="&lt;p&gt;Some\n &lt;b&gt;words&lt;/b&gt;.&lt;/p&gt;")))
    assert (found.link.url, found.link.title, found.link.source, found.link.text) == ("https://example.org/1", "An odd one & more", "A & B", "Some words .")
    assert found.day == dt.date(2024, 6, 12)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://example.org/x?y=1#z", "https://example.org/x?y=1#z"),
        ("/x", "https://example.org/x"),
        ("x.html", "https://example.org/x.html"),
        ("//other.example/x", "https://other.example/x"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:a@example.org", None),
        ("https://user:word@example.org/", None),
        ("", None),
    ],
)
def test_a_post_leads_to_the_web_or_is_none(link: str, url: str | None) -> None:
    good = post("Good", "https://example.org/good")
    assert [one.link.url for one in parse_posts(blog(post(link=link), good)) if one.link.title != "Good"] == ([url] if url else [])


def test_a_post_without_a_title_is_none_and_one_address_stands_once() -> None:
    found = parse_posts(blog(post(" "), post("First"), post("Second"), post("&lt;b&gt;&lt;/b&gt;", "https://example.org/2")))
    assert [one.link.title for one in found] == ["First"]


def test_posts_come_newest_first_and_in_the_feeds_order_where_days_do_not_tell() -> None:
    dated = [post(f"Of {day}", f"https://example.org/{day}", f"<pubDate>{day} Jun 2024 00:00:00 +0000</pubDate>") for day in (11, 13, 12)]
    assert [one.link.title for one in parse_posts(blog(*dated))] == ["Of 13", "Of 12", "Of 11"]
    undated = [post(f"Number {number}", f"https://example.org/{number}") for number in range(3)]
    assert [one.link.title for one in parse_posts(blog(*undated))] == ["Number 0", "Number 1", "Number 2"]
    assert [one.link.title for one in parse_posts(blog(*undated, *dated))] == ["Of 13", "Of 12", "Of 11", "Number 0", "Number 1", "Number 2"]


def test_a_long_text_is_cut_between_words() -> None:
    (found,) = parse_posts(blog(post(says="word " * 200)))
    assert found.link.text.endswith("word …")
    assert len(found.link.text) <= 402


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (answer("<html><head><title>Not found</title></head></html>"), 'answered with something which is no feed: "Not found"'),
        (answer("<html></html>", "text/html"), "answered with text/html, which is no feed"),
        (answer("{}", "application/json"), 'answered with application/json, which is no feed: "{}"'),
        (answer(""), "answered with nothing at all"),
        (answer(blog(post()).body[:-20]), "broke off in the middle of its answer"),
        (answer(b"<!DOCTYPE rss [<!ENTITY x 'y'>]>" + blog(post()).body), "answered with XML that declares a DOCTYPE, which no feed needs"),
        (replace(blog(post()), status=404), "answered HTTP 404"),
        (blog(post(" "), post(link="mailto:a@example.org")), "answered with 2 entries, none of which has a title and an address"),
        (blog(post(more="<x" + " a='b'" * 10_000 + "/>")), "answered with XML that is made to be slow to read"),
    ],
)
def test_what_is_no_feed_has_a_name(told: Answer, fault: str) -> None:
    assert refusal(parse_posts, told) == fault


def test_an_ill_formed_feed_is_read_as_far_as_it_makes_sense() -> None:
    assert [one.link.title for one in parse_posts(blog(post("A&nbsp;post & more")))] == ["A post & more"]


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 01 Jan 0001 00:00:00 +1400", "0000-00-00", "99999999999999999999", "", "1" * 500])
def test_no_date_is_fatal(date: str) -> None:
    (found,) = parse_posts(blog(post(more=f"<pubDate>{date}</pubDate>")))
    assert found.link.title == "A post"


def test_a_doctype_in_a_posts_words_is_none_of_the_feed() -> None:
    (found,) = parse_posts(blog(post(says="<![CDATA[Begin a page with &lt;!DOCTYPE html&gt;, as <!DOCTYPE html>.]]>")))
    assert found.link.title == "A post"


# ---- charsets, whatever the source ----

NAMED = '<?xml version="1.0" encoding="{}"?>'
CAFE = atom(entry(title="Café “au lait”"), entry("2401.00002v1")).body.decode().partition("?>")[2]


@pytest.mark.parametrize("read", [searched, announced, parse_posts])
@pytest.mark.parametrize(
    "body",
    [
        NAMED.format("UTF-8").encode() + CAFE.encode(),
        NAMED.format("utf-8").encode() + CAFE.encode(),
        CAFE.encode(),
        b"\n  " + NAMED.format("UTF-8").encode() + CAFE.encode(),
        b"\xef\xbb\xbf" + NAMED.format("UTF-8").encode() + CAFE.encode(),
        b"\xef\xbb\xbf" + NAMED.format("ISO-8859-1").encode() + CAFE.encode(),  # the mark tells what it is
        NAMED.format("windows-1252").encode() + CAFE.encode("windows-1252"),
        (NAMED.format("UTF-16") + CAFE).encode("utf-16"),
        CAFE.encode("utf-16"),
    ],
    ids=["declared", "in small letters", "undeclared", "after a blank", "marked", "marked and wrongly declared", "windows-1252", "utf-16", "utf-16 undeclared"],
)
def test_letters_are_read_as_the_answer_declares_them(body: bytes, read: Callable[[Answer], Any]) -> None:
    for kind in ("application/atom+xml; charset=utf-8", "text/xml", "application/octet-stream", ""):
        found = read(answer(body, kind))
        titles = sorted(one.link.title for one in found) if read is parse_posts else sorted(paper.title for paper in found.papers)
        assert titles == ["A title", "Café “au lait”"]


@pytest.mark.parametrize("read", [searched, announced, parse_posts])
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (NAMED.format("us-ascii").encode() + CAFE.encode(), r"answered with bytes that are not US-ASCII \(byte \d+\)"),
        (NAMED.format("UTF-8").encode() + CAFE.encode("windows-1252"), r"answered with bytes that are not UTF-8 \(byte \d+\)"),
        (NAMED.format("UTF-7").encode() + CAFE.encode("utf-7"), r'answered in the charset "utf-7", which cannot be trusted'),
        (NAMED.format("x-user-defined").encode() + CAFE.encode(), r'answered in the charset "x-user-defined", which cannot be trusted'),
        ((NAMED.format("UTF-16") + CAFE).encode("utf-16")[:-1], r"answered with bytes that are not UTF-16 \(byte [\d,]+\)"),
    ],
)
def test_letters_that_are_none_are_refused(body: bytes, fault: str, read: Callable[[Answer], Any]) -> None:
    assert re.fullmatch(fault, refusal(read, answer(body, "application/atom+xml")))


# ---- 38 feeds that are up to no good ----

# What a source makes of a feed, where that is not what the corpus expects of a feed of papers, and why.
DIFFERS: dict[tuple[str, str], str] = {
    ("05_js_link.xml", "posts"): "reject",  # the link is all that a foreign entry is, and this one leads nowhere
    ("28_true_zero.xml", "announcements"): "reject",  # a day without papers says which day that is
    ("06_id_evil_host.xml", "posts"): "taken",  # a foreign entry need not name a paper; its link is good
    ("07_id_traversal.xml", "posts"): "taken",
    ("32_bad_date.xml", "posts"): "taken",  # without a day
    ("35_huge_title.xml", "api"): "reject",  # a record holds no text of 500,000 characters
    ("35_huge_title.xml", "announcements"): "reject",
    ("37_error_entry.xml", "posts"): "taken",  # of arXiv's error form a foreign feed knows nothing
}
# Titles as a source gives them, where that is not to the letter, and why.
TITLES: dict[tuple[str, str], str] = {
    ("03_html_title.xml", "posts"): "bold",  # typed as HTML, which foreign feeds mean
    ("04_xhtml_title.xml", "posts"): "t",
    ("04_xhtml_title.xml", "announcements"): "<script>alert(1)</script>t",  # arXiv sends none; as text it does no harm
    ("08_maths.xml", "announcements"): "$x < y$ and a<b, \\alpha &amp; ö",  # arXiv's listings leave accents as TeX
    ("33_bidi_title.xml", "posts"): "Safe gnp.exe",
}
# What is said to be text is shown as it stands by the other two: pages escape it, and take out what cannot be seen.


def outcome(source: str, told: Answer) -> tuple[list[str], list[str]]:
    """Return the titles that a source finds in an answer, and what it passed over."""
    if source == "posts":
        return [one.link.title for one in parse_posts(told)], []
    page = searched(told) if source == "api" else announced(told)
    return [paper.title for paper in page.papers], list(page.unfit)


def own_feeds(shared: Path) -> dict[str, tuple[str, bytes]]:
    cases = json.loads((shared / "corpora/feeds/own_expectations.json").read_text(encoding="utf-8"))
    return {case["file"]: (case["expect"], (shared / "corpora/feeds/own" / case["file"]).read_bytes()) for case in cases}


def titles_of(body: bytes) -> list[str]:
    """Return the titles of a feed, as text, read by the standard library; of a paper's versions the newest."""
    try:
        entries = ET.fromstring(body).findall(f"{ATOM}entry")
    except (ET.ParseError, ValueError):
        return []
    found = {words(one, f"{ATOM}id").partition("v1")[0].partition("v2")[0]: one_line("".join(one.find(f"{ATOM}title").itertext())) for one in entries}  # type: ignore[union-attr]
    return list(found.values())


@pytest.mark.parametrize("source", ["api", "announcements", "posts"])
def test_each_own_feed_is_refused_or_read_as_it_should_be(shared: Path, source: str) -> None:
    wrong = []
    for name, (expect, body) in own_feeds(shared).items():
        told = answer(body, "application/atom+xml", url="https://example.org/feed")
        found = fast(functools.partial(tried, functools.partial(outcome, source), told))
        titles, unfit = ([], [found]) if isinstance(found, str) else found
        known = DIFFERS.get((name, source), expect)
        right = [TITLES[name, source]] if (name, source) in TITLES else titles_of(body)
        if source == "posts" and name == "30_versions.xml":
            right = ["A title"]  # both entries have the same link, and the first one stands
        refused = not titles and bool(unfit)
        match known:
            case "reject" | "reject-or-warn":
                good = refused
            case "reject-or-clean":
                good = refused or titles in (["ab"], ["a b"])
            case "taken":
                good = titles == right
            case _:
                good = titles == right or (name == "04_xhtml_title.xml" and source == "api" and refused)
        if not good:
            wrong.append((name, known, titles, unfit))
    assert not wrong


def test_what_own_feeds_say_beside_titles_is_kept(shared: Path) -> None:
    feeds = {name: answer(body, "application/atom+xml") for name, (_, body) in own_feeds(shared).items()}
    for read in (searched, announced):
        (paper,) = read(feeds["11_many_authors.xml"]).papers
        assert len(paper.authors) == 3001
        (paper,) = read(feeds["36_cdata_break.xml"]).papers
        assert paper.abstract == "x ]]> <script>alert(1)</script> <!--"
        (paper,) = read(feeds["09_newlines.xml"]).papers
        assert paper.abstract == "First. Second para."
        (paper,) = read(feeds["05_js_link.xml"]).papers
        assert "javascript" not in f"{paper.links}{paper.id.abs_url}"
    assert searched(feeds["10_author_attack.xml"]).papers[0].authors == (Author("Bob Bcc: x@y <img src=x onerror=alert(1)>"),)
    assert searched(feeds["38_withdrawn.xml"]).papers[0].withdrawn == Withdrawal("Withdrawn", dt.datetime(2024, 1, 15, tzinfo=UTC))
    assert searched(feeds["31_future_date.xml"]).papers[0].submitted == dt.datetime(2999, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("read", [harvested, listed])
def test_oai_and_hugging_face_take_no_feed(shared: Path, read: Callable[[Answer], object]) -> None:
    for _, body in own_feeds(shared).values():
        with pytest.raises(AnswerError):
            fast(functools.partial(read, answer(body, "application/atom+xml")))


@pytest.mark.parametrize("folder", ["encoding", "entities", "http", "illformed", "sanitize"])
def test_no_feed_of_feedparsers_own_corpus_is_fatal(shared: Path, folder: str) -> None:
    paths = sorted(one for one in (shared / "corpora/feeds/feedparser" / folder).rglob("*") if one.is_file())
    assert paths
    for path in paths:
        told = answer(path.read_bytes(), url="https://example.org/feed")
        for parse in (announced, parse_posts):
            found = fast(functools.partial(tried, parse, told))
            for one in found if isinstance(found, tuple) else ():
                assert isinstance(one, Post)
                assert one.link.url.startswith(("http://", "https://"))


# ---- people ----


def shown(people: Sequence[Author]) -> str:
    """Return authors as ``Name [Place] [Place] / Name``."""
    return " / ".join(" ".join([one.name, *(f"[{place}]" for place in one.affiliations)]) for one in people)


PEOPLE: list[tuple[str, str]] = [
    ("", ""),
    (" ,, ; ", ""),
    ("Ada Example", "Ada Example"),
    ("  Ada \n Example ", "Ada Example"),
    ("Plato", "Plato"),
    ("Ada Example, Bo Sample", "Ada Example / Bo Sample"),
    ("Ada Example and Bo Sample", "Ada Example / Bo Sample"),
    ("Ada Example & Bo Sample", "Ada Example / Bo Sample"),
    ("Ada Example; Bo Sample", "Ada Example / Bo Sample"),
    ("Ada Example, Bo Sample, and Cy Test", "Ada Example / Bo Sample / Cy Test"),
    ("Ada Example, Bo Sample and Cy Test", "Ada Example / Bo Sample / Cy Test"),
    ("Ada Example, Bo Sample & Cy Test", "Ada Example / Bo Sample / Cy Test"),
    ("Ada Example,, Bo Sample", "Ada Example / Bo Sample"),
    ("Ada Example, Bo Sample,", "Ada Example / Bo Sample"),
    ("Ada Example and and Bo Sample", "Ada Example / Bo Sample"),
    ("A.B.Example, C.-D. Sample", "A.B.Example / C.-D. Sample"),
    ("Andy Andersand, Brand Sandand", "Andy Andersand / Brand Sandand"),
    ("Ada Example (Univ. A), Bo Sample (Inst. B)", "Ada Example [Univ. A] / Bo Sample [Inst. B]"),
    ("Ada Example (Univ. A) and Bo Sample (Inst. B)", "Ada Example [Univ. A] / Bo Sample [Inst. B]"),
    ("Ada Example (Univ. A) Bo Sample (Inst. B)", "Ada Example [Univ. A] / Bo Sample [Inst. B]"),
    ("Ada Example, Bo Sample (Univ. A, Paris, France)", "Ada Example / Bo Sample [Univ. A, Paris, France]"),
    ("Ada Example (Univ. A) (Inst. B)", "Ada Example [Univ. A] [Inst. B]"),
    ("Ada Example, (Univ. A)", "Ada Example [Univ. A]"),
    ("Ada Example (LJLL (UMR 7598)), Bo Sample (CERMICS)", "Ada Example [LJLL (UMR 7598)] / Bo Sample [CERMICS]"),
    ("Ada Example (1), Bo Sample (2) ((1) Univ. A, (2) Inst. B)", "Ada Example [Univ. A] / Bo Sample [Inst. B]"),
    ("Ada Example (1 and 2), Bo Sample (2) ((1) Univ. A, Paris, (2) Inst. B)", "Ada Example [Univ. A, Paris] [Inst. B] / Bo Sample [Inst. B]"),
    ("Ada Example (1,2), Bo Sample (2) ((1) Univ. A; (2) Inst. B (C-D), Rome)", "Ada Example [Univ. A] [Inst. B (C-D), Rome] / Bo Sample [Inst. B (C-D), Rome]"),
    ("Ada Example (a), Bo Sample (b) ((a) Univ. A, (b) Inst. B)", "Ada Example [Univ. A] / Bo Sample [Inst. B]"),
    ("Ada Example (1), Bo Sample (2), & Cy Test (1) ((1) Univ. A, (2) Inst. B)", "Ada Example [Univ. A] / Bo Sample [Inst. B] / Cy Test [Univ. A]"),
    ("Ada Example (1), Bo Sample (3) ((1) Univ. A, (2) Inst. B)", "Ada Example [Univ. A] / Bo Sample"),
    ("Ada Example (1,2), Bo Sample (2)", "Ada Example / Bo Sample"),  # numbers that nothing explains tell nothing
    ("Ada Example Jr., Bo Sample", "Ada Example Jr. / Bo Sample"),
    ("Ada Example, Jr., Bo Sample", "Ada Example Jr. / Bo Sample"),
    ("Bo Sample, Ada Example, III", "Bo Sample / Ada Example III"),
    ("Ada Example, PhD, Bo Sample, Sr.", "Ada Example PhD / Bo Sample Sr."),
    ("X Collaboration", "X Collaboration"),
    ("X Collaboration, Ada Example", "X Collaboration / Ada Example"),
    ("Ada Example (for the X Collaboration)", "Ada Example [for the X Collaboration]"),
    ("X Collaboration: Ada Example, Bo Sample", "X Collaboration / Ada Example / Bo Sample"),
    ("The Y and Z Collaborations: Ada Example", "The Y / Z Collaborations / Ada Example"),
    ("Ada Example, et al", "Ada Example"),
    ("Ada Example, Bo Sample, et al. (909 additional authors not shown)", "Ada Example / Bo Sample"),
    ("Ada Example, et al, the X Collaboration", "Ada Example / the X Collaboration"),
    ("Andr\\'e \\O stersund, Fran\\c{c}ois M{\\\"u}ller", "André Østersund / François Müller"),
    ("S{\\o}ren Sz\\H{o}ke (\\'Ecole X)", "Søren Szőke [École X]"),
    ("Ren{\\'e} {\\L}ukas (LJLL (UMR\\_7598))", "René Łukas [LJLL (UMR_7598)]"),
    ("王小明, 李雷", "王小明 / 李雷"),
    ("Xiaoming Wang (王小明), Lei Li", "Xiaoming Wang [王小明] / Lei Li"),
    ("Juan de la Cruz, Ludwig van Example", "Juan de la Cruz / Ludwig van Example"),
    ("Ada Example (Univ. A", "Ada Example [Univ. A]"),
    ("Ada Example) (Univ. A), Bo Sample", "Ada Example) [Univ. A] / Bo Sample"),
    ("Ada Example (), Bo Sample", "Ada Example / Bo Sample"),
    ("(Univ. A), Ada Example", "Ada Example"),
]


@pytest.mark.parametrize(("told", "people"), PEOPLE)
def test_one_string_of_authors_is_people_and_places(told: str, people: str) -> None:
    assert shown(authors(told)) == people


PEOPLES = st.text() | st.builds("".join, st.lists(st.sampled_from(["(", ")", ", ", " and ", "(1) ", "((1) A, (2) B)", "Ada", " Ex", "Jr.", "\\'e", "{", "}", "& ", ";", "et al", ":", "1", "é", "\u00a0"]), max_size=25))


@given(PEOPLES)
def test_any_string_of_authors_gives_names_and_places_of_one_line(told: str) -> None:
    for author in authors(told):
        for text in (author.name, *author.affiliations):
            assert text == one_line(text) != ""


NAMES = st.builds(" ".join, st.tuples(st.sampled_from(["Ada", "Jean-Luc", "李", "A.", "J.-P."]), st.sampled_from(["de la", "B.", "van", "O'"]), st.sampled_from(["Example", "Müller", "Sandand", "雷"])))
SIMPLE = st.lists(NAMES, min_size=1, max_size=8)


@given(SIMPLE, st.sampled_from([", ", " and ", "; ", " & ", ", and "]))
def test_names_survive_being_joined(names: list[str], joint: str) -> None:
    assert [author.name for author in authors(joint.join(names))] == names


LONG = 10_000


@pytest.mark.parametrize("unit", ["(", ")", ",", " and ", "(1) ", "((1) ", "(1)a(b)", "a(b)", "(1,", "\\'e", "{", "{\\'", "\\c{", "\\", "$", "Jr., ", "et al, ", "X Collaboration: ", " ", "é", "a"])
def test_endless_authors_cost_no_time(unit: str) -> None:
    for head in ("", "A B (1), C D (2) (", "A B ((1) "):
        for tail in ("", ")", "))"):
            fast(functools.partial(authors, head + unit * (LONG // len(unit)) + tail), 1)


@functools.cache
def records_of(shared: Path) -> list[Case]:
    """Return the records of the corpus that hold a submitters' string or a comment."""
    import zstandard

    with (shared / "arxiv/records.jsonl.zst").open("rb") as packed:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(packed), encoding="utf-8")
        return [json.loads(line) for line in lines if '"authors_raw": "' in line or '"comment": "' in line]


def carelessly_split(names: Sequence[str]) -> bool:
    """Tell whether a corpus's own names were cut at every comma, within brackets and TeX too, or not at all."""
    return any(name.count("(") != name.count(")") or name.endswith((")", ",")) or re.search(r"[{}\\&]|,(?! Jr)", name) for name in names)


def test_the_corpus_agrees_on_who_the_authors_are(shared: Path) -> None:
    """Most of what differs are names that the corpus cut at commas in brackets, and initials that it spaced."""
    hard = [case for case in records_of(shared) if re.search(r"[\\()]", case.get("authors_raw") or "")]
    found = [([author.name for author in authors(case["authors_raw"])], case["authors"]) for case in hard]
    to_the_letter = sum(ours == theirs for ours, theirs in found) / len(found)
    fair = [(ours, theirs) for ours, theirs in found if not carelessly_split(theirs)]
    alike = sum([re.sub(r"[\s,]", "", name) for name in ours] == [re.sub(r"[\s,]", "", name) for name in theirs] for ours, theirs in fair) / len(fair)
    assert len(hard) > 1500
    assert to_the_letter > 0.88, to_the_letter
    assert alike > 0.99, alike


# ---- accents ----

ACCENTS: list[tuple[str, str]] = [
    ("plain", "plain"),
    ("Andr\\'e", "André"),
    ("Andr\\'{e}", "André"),
    ("Andr{\\'e}", "André"),
    ("Andr{\\'{e}}", "André"),
    ("Andr\\' e", "André"),
    ("\\'Ecole", "École"),
    ("M\\\"uller", "Müller"),
    ("M{\\\"{u}}ller", "Müller"),
    ("Stra\\ss e", "Straße"),
    ("Stra{\\ss}e", "Straße"),
    ("Stra\\ss{}e", "Straße"),
    ("Erd\\H{o}s", "Erdős"),
    ("Erd{\\H o}s", "Erdős"),
    ("Fran\\c{c}ois", "François"),
    ("Fran{\\c c}ois", "François"),
    ("Fran\\c cois", "François"),
    ("\\v{S}imon", "Šimon"),
    ("R\\u{a}dulescu", "Rădulescu"),
    ("\\'Swi\\k{e}ch", "Święch"),
    ("{\\L}ukasz", "Łukasz"),
    ("\\L ukasz", "Łukasz"),
    ("\\L{}ukasz", "Łukasz"),
    ("S\\o ren", "Søren"),
    ("{\\O}ystein", "Øystein"),
    ("\\AA ngstr\\\"om", "Ångström"),
    ("\\r{a}", "å"),
    ("\\ae\\oe", "æœ"),
    ("Garc\\'ia", "García"),
    ("Garc\\'{\\i}a", "García"),
    ("Garc\\'\\i a", "García"),
    ("Na\\\"\\i ve", "Naïve"),
    ("Y{\\i}ld{\\i}z", "Yıldız"),
    ("\\.{I}stanbul", "İstanbul"),
    ("Qui\\~ninao", "Quiñinao"),
    ("\\=a\\.z", "āż"),
    ("\\d{s}\\b{d}", "ṣḏ"),
    ("Ho\\`ang", "Hoàng"),
    ("Nguy\\~{\\^e}n", "Nguyễn"),
    ("\\DJ okovi\\'c", "Đoković"),
    ("\\th orn", "þorn"),
    ("{Ren\\'e} Example", "René Example"),
    ("``quoted'' \\'e -- a~b", "``quoted'' é -- a~b"),
    ("50\\% of \\'etudes \\& more", "50\\% of études \\& more"),
    # commands keep their brackets
    ("\\emph{a} \\'e", "\\emph{a} é"),
    ("\\cite{abc} by Andr\\'e", "\\cite{abc} by André"),
    ("\\url{x_y} by Andr\\'e", "\\url{x_y} by André"),
    ("\\textbf{state} — of the \\emph{art}", "\\textbf{state} — of the \\emph{art}"),
    ("\\mathbb{R} and H\\\"older", "\\mathbb{R} and Hölder"),
    ("x_{ij}^{2} of Schr\\\"odinger", "x_{ij}^{2} of Schrödinger"),
    ("{\\bf \\'e}", "{\\bf é}"),
    ("\\alpha \\beta \\omega \\oint \\circ \\vec{a} \\hat{a}", "\\alpha \\beta \\omega \\oint \\circ \\vec{a} \\hat{a}"),
    # what is none stays
    ("\\'", "\\'"),
    ("\\~{} x", "\\~{} x"),
    ("\\t{oo}", "\\t{oo}"),
    ("\\", "\\"),
    # math stays
    ("$\\'e$ \\'e", "$\\'e$ é"),
    ("$x$ M\\\"uller $\\\"o$", "$x$ Müller $\\\"o$"),
    ("$$\\'e$$ \\'e", "$$\\'e$$ é"),
    ("\\$5 and \\'e for \\$6", "\\$5 and é for \\$6"),
    ("costs $5 in M\\\"unchen", "costs $5 in München"),
]


@pytest.mark.parametrize(("tex", "plain"), ACCENTS)
def test_texs_accents_are_letters(tex: str, plain: str) -> None:
    assert accented(tex) == plain


TEXISH = st.builds("".join, st.lists(st.sampled_from(["\\", "\\'", '\\"', "\\c", "\\o", "\\i", "\\emph", "{", "}", "{{", "}}", "c", "e", "o", "aa", " ", "$", "é", "_", "^", "'"]), max_size=14))


@given(st.text() | TEXISH)
def test_accents_are_set_once_and_any_text_is_taken(text: str) -> None:
    once = accented(text)
    assert accented(once) == once


@pytest.mark.parametrize("tex", ["\\'{{e}}", "\\alpha é{{a}}", "é \\{o}", "\\'{\\'e}", "\\{{\\O}}"])
def test_a_second_look_changes_nothing(tex: str) -> None:
    assert accented(accented(tex)) == accented(tex)


@given(st.text())
def test_text_without_a_backslash_is_left_alone(text: str) -> None:
    plain = text.replace("\\", "")
    assert accented(plain) == plain


@given(TEXISH.map(lambda text: text.replace("$", "")), TEXISH.map(lambda text: text.replace("$", "").strip("\\")))
def test_math_is_left_alone(before: str, inner: str) -> None:
    assert f"${inner}$" in accented(f"{before} ${inner}$ {before}")


@given(st.lists(st.sampled_from(["\\emph{word}", "\\'etude", "$x^{2}$", "\\cite{key}", "caf\\'{e}", "word", "{\\it more}", "\\url{a_b}", "M{\\\"u}ller"]), max_size=8))
def test_no_two_words_grow_together(parts: list[str]) -> None:
    whole = accented(" ".join(parts))
    assert whole == " ".join(map(accented, parts))


@pytest.mark.parametrize("unit", ["\\", "\\'", "\\'{", "{", "}", "$", "\\c ", "\\c{", "{a}", "é{", "\\i", "\\'e", " ", "a"])
def test_endless_tex_costs_no_time(unit: str) -> None:
    for head in ("", "\\'e ", "$", "\\'{ "):
        fast(functools.partial(accented, head + unit * (LONG // len(unit))), 1)


# ---- what stands in a paper's own words ----


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Code: https://github.com/example/x", ["https://github.com/example/x"]),
        ("Code: https://github.com/example/x.", ["https://github.com/example/x"]),
        ("(https://github.com/example/x)", ["https://github.com/example/x"]),
        ("(code at https://github.com/example/x).", ["https://github.com/example/x"]),
        ("https://github.com/example/x, https://github.com/example/y; and", ["https://github.com/example/x", "https://github.com/example/y"]),
        ("http://github.com/example/x", ["https://github.com/example/x"]),
        ("github.com/example/x", ["https://github.com/example/x"]),
        ("www.github.com/example/x", ["https://github.com/example/x"]),
        ("https://www.github.com/example/x", ["https://github.com/example/x"]),
        ("https://github.com/example/x.git", ["https://github.com/example/x"]),
        ("https://github.com/example/x.git.", ["https://github.com/example/x"]),
        ("https://github.com/example/x/", ["https://github.com/example/x"]),
        ("https://github.com/example/x/.", ["https://github.com/example/x"]),
        ("https://github.com/example/x.js", ["https://github.com/example/x.js"]),
        ("https://github.com/example/x/tree/main/y", ["https://github.com/example/x/tree/main/y"]),
        ("\\url{https://github.com/example/x}", ["https://github.com/example/x"]),
        ("\\url{https://github.com/example/x\\_y}.", ["https://github.com/example/x_y"]),
        ("\\href{https://github.com/example/x}{https://github.com/example/x}", ["https://github.com/example/x"]),
        ("\\texttt{github.com/example/x}", ["https://github.com/example/x"]),
        ("{\\tt https://github.com/example/x}", ["https://github.com/example/x"]),
        ("$\\href{https://github.com/example/x}{here}$", ["https://github.com/example/x"]),
        ("[code](https://github.com/example/x)", ["https://github.com/example/x"]),
        ("<https://github.com/example/x>", ["https://github.com/example/x"]),
        ("'https://github.com/example/x'", ["https://github.com/example/x"]),
        ("https://github.com/example/x#readme", ["https://github.com/example/x"]),
        ("https://github.com/example/x?tab=readme", ["https://github.com/example/x"]),
        ("https://github.com/Example/X and github.com/example/x", ["https://github.com/Example/X"]),
        ("https://github.com/example/x/. See github.com/example/x", ["https://github.com/example/x"]),
        ("https://gitlab.com/group/sub/project", ["https://gitlab.com/group/sub/project"]),
        ("https://gitlab.example.org/a/b", ["https://gitlab.example.org/a/b"]),
        ("https://gitlab.uni-example.de/a/b", ["https://gitlab.uni-example.de/a/b"]),
        ("https://bitbucket.org/a/b", ["https://bitbucket.org/a/b"]),
        ("https://codeberg.org/a/b", ["https://codeberg.org/a/b"]),
        ("https://git.sr.ht/~a/b", ["https://git.sr.ht/~a/b"]),
        ("https://huggingface.co/datasets/a/b", ["https://huggingface.co/datasets/a/b"]),
        ("https://huggingface.co/a/model", ["https://huggingface.co/a/model"]),
        ("https://huggingface.co/papers/2401.00001", []),
        ("https://huggingface.co/blog/a/b", []),
        ("https://github.com/example", []),
        ("https://github.com/example/", []),
        ("https://github.com/example.", []),
        ("https://github.com/example/.", []),
        ("https://example.github.io/x/y", []),
        ("https://github.com/features/actions", []),
        ("https://notgithub.com/a/b", []),
        ("https://raw.my-github.com/a/b", []),
        ("https://some-gitlab.example.org/a/b", []),
        ("https://github.com.evil.example/a/b", []),
        ("we use GitHub and gitlab.", []),
        ("", []),
    ],
)  # fmt: skip
def test_code_is_found_in_an_abstract(text: str, found: list[str]) -> None:
    assert list(code_links(text)) == found


def test_code_stands_once_over_several_texts() -> None:
    assert code_links("github.com/a/b, github.com/c/d", "https://github.com/A/B.git", "") == ("https://github.com/a/b", "https://github.com/c/d")


@pytest.mark.parametrize("unit", ["github.com/", "github.com/a/", "gitlab.", "gitlab.a.", "a.", ".", "/", "a", "\\_", "x.co/"])
def test_endless_abstracts_cost_no_time(unit: str) -> None:
    for head in ("", "github.com/a/b", "https://gitlab.", "github.com/a/"):
        fast(functools.partial(code_links, head + unit * (LONG // len(unit)) + "x y"), 1)
        fast(functools.partial(withdrawal, head + unit * (LONG // len(unit)) + " y", None), 1)


WITHDRAWN = [
    "Withdrawn",
    "withdrawn by the author",
    "Withdrawn by arXiv administrators due to text overlap",
    "This paper has been withdrawn",
    "This paper has been withdrawn by the authors due to an error in Lemma 3",
    "This submission has been withdrawn by arXiv administrators because it is a duplicate",
    "This article is withdrawn, see the new version elsewhere",
    "This manuscript was withdrawn due to a crucial sign error",
    "5 pages, 2 figures. This paper has been withdrawn by the author for good",
    "paper withdrawn due to a gap in the proof",
    "We would like to withdraw this paper, since its main claim is wrong",
    "The authors withdraw this article to revise it",
    "We are withdrawing the submission",
    "Withdrawal to rewrite the article",
    "I am requesting this withdrawal because of mistakes",
    "arXiv admin note: withdrawn by arXiv due to disputed authorship",
    "The paper has been temporarily withdrawn for corrections",
    # further ways in which it is said
    "We wish to withdraw all versions of this paper",
    "The theorem is wrong; we request to withdraw it from arXiv",
    "We have decided to revise the paper and request its withdrawal",
    "The current article has issues of property and needs to be withdrawn",
    "We retract this paper due to a critical error in its content",
    "The baselines do not match, therefore the paper needs to be retracted",
    "arXiv admin comment: This version has been removed by arXiv administrators as the submitter had no right to agree to the license",
]
NOT_WITHDRAWN = [
    "",
    "12 pages, 3 figures",
    "Accepted at ICML 2024",
    "Withdrawn from ICLR 2025, now at TMLR",
    "Withdrawn from a journal and submitted elsewhere",
    "paper withdrawn from J. Ex. and re-submitted",
    "This paper was withdrawn from consideration at J. Ex.",
    "Withdraw by ICML and prepare for another conference",
    "Withdrawn by the authors from NeurIPS 2024",
    "this update withdraws Theorem 4.4",
    "supersedes arXiv:2401.00001, whose measures are withdrawn",
    "An earlier version of this paper was withdrawn; the error is mended here",
    "Data on alcohol withdrawal symptoms, 5 tables",
    "A study of withdrawals from banks",
    "v2: an erroneous figure is replaced",
]


@pytest.mark.parametrize("comment", WITHDRAWN)
def test_a_comment_that_takes_the_paper_back_is_told(comment: str) -> None:
    assert withdrawal(comment, SECOND) == Withdrawal(comment, SECOND)


@pytest.mark.parametrize("comment", NOT_WITHDRAWN)
def test_a_comment_that_only_speaks_of_withdrawing_is_none(comment: str) -> None:
    assert withdrawal(comment, SECOND) is None


def test_few_comments_of_the_corpus_take_their_papers_back(shared: Path) -> None:
    """58 of 33,310 when this was written, each of them rightly."""
    cases = [case for case in records_of(shared) if case.get("comment")]
    found = {case["id"] for case in cases if withdrawal(one_line(case["comment"]), None)}
    assert 58 <= len(found) <= 75
    assert found >= {case["id"] for case in cases if case.get("withdrawn")}
    assert not found & {"0707.1063", "2504.10139", "2604.18026", "2607.26159"}  # which only speak of it


@pytest.mark.parametrize(
    ("names", "categories"),
    [
        ([], ()),
        (["cs.LG", "stat.ML", "cs.LG"], ("cs.LG", "stat.ML")),
        (["hep-th", "cond-mat.mes-hall", "math-ph"], ("hep-th", "cond-mat.mes-hall", "math-ph")),
        (["68T50", "I.2.7; H.3", "cs.LG", "", "Primary 11N05"], ("cs.LG",)),
        (["cs.LG ", "CS.LG", "../x", "cs..LG"], ()),
    ],
)
def test_categories_are_told_from_classes_of_other_schemes(names: list[str], categories: tuple[str, ...]) -> None:
    assert fitting(names) == categories
