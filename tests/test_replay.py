"""The replay server says what arXiv says: checked against recorded answers, the ``arxiv`` package and feedparser.

It is an oracle for the program's tests, so nothing here imports the program.
"""

from __future__ import annotations

import dataclasses
import gzip
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlencode
from xml.etree import ElementTree

import arxiv
import feedparser
import pytest

from replay import DAYS, FRIDAY, KINDS, ReplayPaper, ReplayServer, corpus, invented, revised, withdrawn
from replay.accents import tex
from replay.language import QueryError, parse

PAPERS = invented()
BY_ID = {paper.id: paper for paper in PAPERS}
QUERY = "/api/query?search_query=cat:cs.CL&max_results=5"
ATOM = "{http://www.w3.org/2005/Atom}"
OAI = "{http://www.openarchives.org/OAI/2.0/}"


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer(PAPERS) as running:
        yield running


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def root(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)


def get(server: ReplayServer, path: str, **headers: str) -> Reply:
    """Ask once on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


def ids(reply: Reply) -> list[str]:
    return [entry.findtext(f"{ATOM}id", "").rpartition("/abs/")[2] for entry in reply.root.iter(f"{ATOM}entry")]


def searched(server: ReplayServer, query: str, **more: str) -> list[str]:
    return ids(get(server, "/api/query?" + urlencode({"search_query": query, "max_results": "100", **more})))


def client(server: ReplayServer, page_size: int = 100) -> arxiv.Client:
    found = arxiv.Client(page_size=page_size, delay_seconds=0, num_retries=0)
    found.query_url_format = f"{server.url}/api/query?{{}}"
    return found


# Papers


def test_invented_papers_are_always_the_same_and_no_two_share_an_id() -> None:
    assert invented() == PAPERS
    assert len(PAPERS) == len(BY_ID) == 60
    assert invented(5) == PAPERS[:5]
    many = invented(2000)
    assert len({paper.id for paper in many}) == len({paper.title for paper in many}) == 2000


def test_a_revision_keeps_what_the_paper_said_before() -> None:
    paper = BY_ID["2401.03001"]
    told = [(stood.version, stood.title, stood.updated) for number in (1, 2, 3) if (stood := paper.at(number))]
    assert told == [
        (1, "A First Title", paper.versions[0]), (2, "A Second Title", paper.versions[1]), (3, "A Third Title: What Changed", paper.versions[2])]
    assert paper.at(4) is None
    assert paper.at(None) is paper


def test_a_withdrawal_is_a_version_whose_comment_says_why() -> None:
    gone = withdrawn(BY_ID["2401.03009"], datetime(2024, 1, 20, tzinfo=UTC), "a wrong sign")
    assert (gone.version, gone.withdrawn, gone.comment) == (2, True, "This paper has been withdrawn by the authors: a wrong sign")
    before = gone.at(1)
    assert before
    assert not before.withdrawn


@pytest.mark.parametrize(("text", "typed"), [("Erdős", r"Erd\H{o}s"), ("naïve", r"na\"{\i}ve"), ("Łódź", r"{\L}\'od\'z"), ("王", "王"), ("Weiß", r"Wei{\ss}"), ("plain", "plain")])
def test_accents_are_typed_as_tex(text: str, typed: str) -> None:
    assert tex(text) == typed


def test_every_record_of_the_corpus_that_is_read_is_complete(shared: Path) -> None:
    papers = corpus(2000)
    assert len(papers) == 2000
    assert papers == corpus(2000)
    for paper in papers:
        assert paper.versions == tuple(sorted(paper.versions))
        assert not re.search(r"\s\s|\n", paper.title + paper.abstract + (paper.comment or ""))
        assert len(set(paper.categories)) == len(paper.categories)


# The query language


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("id:2401.03009", "2401.03009"),
        ("id:2401.03001v3", "2401.03001"),
        ("ti:POINCARE", "2401.03004"),
        ('ti:"first light"', "2401.03100"),
        ('ti:"light first"', ""),
        ("ti:first AND ti:light", "2401.03100"),
        ("ti:ligh", ""),
        ("ti:ligh*", "2401.03012 2401.03100"),
        ("abs:script", "2401.03002"),
        ("au:aristarchus", "0704.0010"),
        ("au:van_der_beispiel", "2401.03011"),
        ("au:beispiel_w", "2401.03011"),
        ('au:"łukowski"', "2401.03004"),
        ("au:Đặng", "2401.03004"),
        ("au:王小明", "2401.03010"),
        ("co:lemma", "2401.03001 2401.03007"),
        ("co:github", "2401.03100"),
        ('jr:"invented results"', "2401.03008"),
        ("rn:LANTERN-24-001", "2401.03100"),
        ("doi:10.5555/12345678", "2401.03008"),
        ("cat:hep-th", "hep-th/9901001"),
        ("cat:HEP-*", "2401.03100 hep-th/9901001"),
        ("cat:hep", ""),
        ("cat:cs.DL OR cat:cs.CR", "2401.03009 2401.03011"),
        ("cat:cs.DL cat:cs.CR", "2401.03009 2401.03011"),
        ("breakfast aristarchus", "0704.0010 hep-th/9901001"),
        ("all:breakfast", "hep-th/9901001"),
        ("cat:hep-ex OR cat:hep-th ANDNOT ti:breakfast", "2401.03100"),
        ("cat:cs.DL OR cat:cs.CR AND ti:spacing", "2401.03011"),
        ("ti:spacing OR (cat:cs.CR AND ti:nothing)", "2401.03011"),
        ("(cat:cs.DL OR cat:cs.CR) ANDNOT (ti:spacing)", "2401.03009"),
        ("submittedDate:[1999 TO 2008]", "0704.0010 hep-th/9901001"),
        ("submittedDate:[199901 TO 199901]", ""),
        ("submittedDate:[19990101090012 TO 19990101090012]", "hep-th/9901001"),
        ("submittedDate:[19990101090013 TO 20070101]", ""),
        ("submittedDate:[199901010900 TO 200704021122]", "hep-th/9901001"),
        ('submittedDate:"1999 TO 2000"', "hep-th/9901001"),
        ("lastUpdatedDate:[199903 TO 199904]", ""),
    ],
)
def test_a_query_finds(query: str, found: str) -> None:
    matches = parse(query).matches
    assert " ".join(sorted(paper.id for paper in PAPERS if matches(paper))) == found


@pytest.mark.parametrize("query", ["ti:", "(ti:a", "ti:a)", "AND", "ti:a AND", "ti:a OR OR ti:b", "title:a", "submittedDate:[a TO b]", "submittedDate:[20241301 TO 2025]", '"', "()"])
def test_a_query_that_does_not_parse_is_an_error(query: str) -> None:
    with pytest.raises(QueryError):
        parse(query)


def test_a_feed_repeats_the_query_with_bare_words_as_all(server: ReplayServer) -> None:
    title = get(server, "/api/query?search_query=branes+AND+cat:hep-th&start=0&max_results=10").root.findtext(f"{ATOM}title")
    assert title == "arXiv Query: search_query=all:branes AND cat:hep-th&id_list=&start=0&max_results=10"


# The query API


@pytest.mark.parametrize("legacy", [False, True])
def test_the_arxiv_package_reads_back_every_field(legacy: bool) -> None:
    with ReplayServer(PAPERS, legacy=legacy) as server:
        results = list(client(server).results(arxiv.Search(id_list=list(BY_ID))))
    assert {result.get_short_id().rpartition("v")[0] for result in results} == set(BY_ID)
    for result in results:
        paper = BY_ID[result.get_short_id().rpartition("v")[0]]
        read = (
            result.entry_id, result.title, tuple((author.name, tuple(author.affiliation)) for author in result.authors), " ".join(result.summary.split()),
            result.published, result.updated, result.comment and " ".join(result.comment.split()), result.journal_ref, result.doi,
            result.primary_category, tuple(result.categories),
        )
        assert read == (
            f"http://arxiv.org/abs/{paper.id}v{paper.version}", paper.title, paper.authors, paper.abstract, paper.submitted, paper.updated,
            paper.comment, paper.journal_ref, paper.doi, paper.primary, paper.categories,
        )


def paths(root: ElementTree.Element, within: str = "") -> set[tuple[str, frozenset[str]]]:
    """Return every element's path with the names of its attributes."""
    here = f"{within}/{root.tag}"
    return {(here, frozenset(root.attrib))}.union(*(paths(child, here) for child in root))


def precedences(entries: Iterable[ElementTree.Element]) -> set[tuple[str, str]]:
    """Return which child stands before which, links told apart by what they are."""
    found = set()
    for entry in entries:
        names = [child.tag + (child.get("title") or child.get("rel") or "") for child in entry]
        found |= {(before, after) for place, before in enumerate(names) for after in names[place + 1 :] if before != after}
    return found


def agree(ours: Iterable[ElementTree.Element], theirs: Iterable[ElementTree.Element]) -> None:
    """No two children stand in the order that the real answers never have."""
    real = precedences(theirs)
    assert {(before, after) for before, after in precedences(ours) if (after, before) in real and (before, after) not in real} == set()


@pytest.mark.parametrize(("pattern", "legacy"), [("arxivpy_*.xml", False), ("legacy_[ac]*.xml", True)])
def test_a_feed_is_shaped_as_recorded(shared: Path, pattern: str, legacy: bool) -> None:
    recorded = [ElementTree.parse(file).getroot() for file in (shared / "arxiv/recorded/atom").glob(pattern) if "abc" not in file.name]
    with ReplayServer(PAPERS, legacy=legacy) as server:
        ours = get(server, f"/api/query?max_results=100&id_list={','.join(BY_ID)}").root
    real = set().union(*map(paths, recorded))
    extra = {path for path in paths(ours) - real if "affiliation" not in path[0] and "journal_ref" not in path[0]}  # the few legacy entries have neither
    assert extra == set()
    assert real - paths(ours) == set()
    agree(ours.iter(f"{ATOM}entry"), (entry for root in recorded for entry in root.iter(f"{ATOM}entry")))


def test_an_error_is_worded_as_recorded(server: ReplayServer, shared: Path) -> None:
    recorded = (shared / "arxiv/recorded/atom/arxivpy_id_abc_s0_m100.xml").read_text()
    ours = get(server, "/api/query?search_query=&id_list=abc&max_results=100")
    assert ours.status == 400
    assert re.sub(r"<updated>.*?<", "<", ours.body.decode()).strip() == re.sub(r"<updated>.*?<", "<", recorded).strip()


def test_an_empty_answer_is_worded_as_recorded(server: ReplayServer, shared: Path) -> None:
    recorded = (shared / "arxiv/recorded/atom/arxivpy_id_0808.05394_s0_m100.xml").read_text()
    ours = get(server, "/api/query?search_query=&id_list=0808.05394&sortBy=relevance&sortOrder=descending&start=0&max_results=100").body.decode()
    varying = r"<updated>.*?<|<id>.*?<"
    assert re.sub(varying, "<", ours).strip() == re.sub(varying, "<", recorded).strip()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("id_list=abc", "incorrect id format for abc"),
        ("id_list=2401.03001,2401.1", "incorrect id format for 2401.1"),
        ("id_list=2401.03001v0", "incorrect id format for 2401.03001v0"),
        ("search_query=all:a&start=-1", "start must be non-negative"),
        ("search_query=all:a&start=x", "start must be an integer"),
        ("search_query=all:a&max_results=-1", "max_results must be non-negative"),
        ("search_query=all:a&max_results=1.5", "max_results must be an integer"),
        ("search_query=all:a&sortBy=date", "sortBy must be in: relevance, lastUpdatedDate, submittedDate"),
        ("search_query=all:a&sortOrder=up", "sortOrder must be in: ascending, descending"),
        ("search_query=a+AND", "the query ends where a term is needed"),
        ("search_query=&id_list=", "Either a search_query or id_list must be specified for the classic API."),
        ("search_query=all:a&start=30000", "start must be below 30000"),
    ],
)
def test_a_bad_request_gets_an_error_feed(server: ReplayServer, arguments: str, said: str) -> None:
    reply = get(server, f"/api/query?{arguments}")
    entry = reply.root.find(f"{ATOM}entry")
    assert reply.status == 400
    assert entry is not None
    assert (entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}summary")) == ("Error", said)
    assert entry.find(f"{ATOM}published") is None


def test_an_id_list_leaves_out_what_nothing_has_and_gives_versions_that_are_asked(server: ReplayServer) -> None:
    asked = "2401.03001v1,2401.03002,2401.03002v9,9912.12345,0704.00010,math.GT/0309136,hep-th.XX/9901001,2401.03002"
    reply = get(server, f"/api/query?id_list={asked}")
    assert sorted(ids(reply)) == ["2401.03001v1", "2401.03002v1", "hep-th/9901001v2"]
    assert reply.root.findtext("{http://a9.com/-/spec/opensearch/1.1/}totalResults") == "3"


def test_an_id_list_is_not_answered_in_its_order(server: ReplayServer) -> None:
    asked = [paper.id for paper in PAPERS]
    got = [name.rpartition("v")[0] for name in ids(get(server, f"/api/query?max_results=100&id_list={','.join(asked)}"))]
    assert got != asked
    assert sorted(got) == sorted(asked)


def test_query_and_ids_together_mean_both(server: ReplayServer) -> None:
    assert searched(server, "cat:hep-th", id_list="hep-th/9901001,2401.03002") == ["hep-th/9901001v2"]


@pytest.mark.parametrize(("by", "key"), [("submittedDate", lambda paper: paper.submitted), ("lastUpdatedDate", lambda paper: paper.updated)])
@pytest.mark.parametrize("order", ["ascending", "descending"])
def test_results_are_sorted_as_asked(server: ReplayServer, by: str, key: Callable[[ReplayPaper], datetime], order: str) -> None:
    times = [key(BY_ID[name.rpartition("v")[0]]) for name in searched(server, "cat:cs.CL", sortBy=by, sortOrder=order)]
    assert len(times) > 10
    assert times == sorted(times, reverse=order == "descending")


def test_pages_of_any_size_and_start_fit_together(server: ReplayServer) -> None:
    every = searched(server, "cat:cs.LG")
    assert len(every) > 20
    for size in (1, 7, 15):
        paged = [name for start in range(0, len(every), size) for name in searched(server, "cat:cs.LG", start=str(start), max_results=str(size))]
        assert paged == every
    assert searched(server, "cat:cs.LG", start="5", max_results="9") == every[5:14]
    assert searched(server, "cat:cs.LG", start="99") == []


def test_a_page_holds_ten_unless_asked_and_2000_at_most() -> None:
    with ReplayServer(invented(2100)) as server:
        assert len(ids(get(server, "/api/query?search_query=all:we"))) == 10
        reply = get(server, "/api/query?search_query=cat:*&max_results=5000")
    assert len(ids(reply)) == 2000
    counts = [reply.root.findtext(f"{{http://a9.com/-/spec/opensearch/1.1/}}{name}") for name in ("itemsPerPage", "totalResults", "startIndex")]
    assert counts == ["2000", "2100", "0"]


def test_the_arxiv_package_pages_through_a_search(server: ReplayServer) -> None:
    results = list(client(server, page_size=7).results(arxiv.Search("cat:cs.LG", max_results=None)))
    assert len(results) == len({result.entry_id for result in results}) == len(searched(server, "cat:cs.LG"))


def test_a_page_of_no_entries_breaks_the_new_server_and_not_the_old(server: ReplayServer) -> None:
    assert get(server, "/api/query?search_query=all:we&max_results=0").status == 500
    server.legacy = True
    reply = get(server, "/api/query?search_query=all:we&max_results=0")
    assert (reply.status, ids(reply)) == (200, [])


def test_the_old_feed_is_dated_at_midnight_eastern() -> None:
    with ReplayServer(PAPERS, legacy=True, now=datetime(2025, 10, 17, 12, 0, tzinfo=UTC)) as server:
        assert b"<updated>2025-10-17T00:00:00-04:00</updated>" in get(server, "/api/query?search_query=all:we").body


def test_a_form_may_be_posted(server: ReplayServer) -> None:
    body = urlencode({"search_query": "cat:hep-th"}).encode()
    with urllib.request.urlopen(f"{server.url}/api/query", data=body) as response:
        assert b"hep-th/9901001v2" in response.read()
    assert (server.requests[0].method, server.requests[0].arguments) == ("POST", {"search_query": "cat:hep-th"})


def test_an_answer_is_packed_for_those_who_take_it(server: ReplayServer) -> None:
    packed, plain = get(server, QUERY, Accept_Encoding="gzip, deflate"), get(server, QUERY)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Content-Encoding"] is None
    assert ids(dataclasses.replace(packed, body=gzip.decompress(packed.body))) == ids(plain)


def test_papers_may_change_between_requests(server: ReplayServer) -> None:
    paper = BY_ID["2401.03009"]
    assert searched(server, "id:2401.03009") == ["2401.03009v1"]
    server.update(revised(paper, datetime(2024, 2, 1, tzinfo=UTC), title="1"))
    assert searched(server, "id:2401.03009") == ["2401.03009v2"]
    assert len(server.papers) == len(PAPERS)
    server.papers = (paper,)
    assert searched(server, "cat:*") == ["2401.03009v1"]


# Listing feeds


@pytest.mark.parametrize(("kind", "pattern"), [("rss", "rss_*.xml"), ("atom", "atom_*.xml")])
def test_a_listing_is_shaped_as_arxivs_own_code_renders_it(shared: Path, kind: str, pattern: str) -> None:
    rendered = [ElementTree.parse(file).getroot() for file in (shared / "arxiv/rendered/rss").glob(pattern)]
    with ReplayServer(PAPERS, day=DAYS[2]) as server:
        ours = get(server, f"/{kind}/cs.CL+stat.ML").root
    real = set().union(*map(paths, rendered))
    optional = {path for path, _ in paths(ours) - real}
    assert {path.rpartition("}")[2] for path in optional} == {"DOI", "journal_reference"}  # no rendered paper has either
    assert real - paths(ours) == set()
    tag = f"{ATOM}entry" if kind == "atom" else "item"
    agree(ours.iter(tag), (entry for root in rendered for entry in root.iter(tag)))


def test_a_listing_tells_the_four_types_apart_in_arxivs_order(server: ReplayServer) -> None:
    items = [(item.findtext("{http://arxiv.org/schemas/atom}announce_type"), item.findtext("guid")) for item in get(server, "/rss/cs.cl").root.iter("item")]
    assert [kind for kind, _ in items] == sorted((kind for kind, _ in items), key=["new", "cross", "replace", "replace-cross"].index)
    assert {kind for kind, _ in items} == {"new", "cross", "replace", "replace-cross"}
    assert {guid: kind for kind, guid in items}.items() >= {
        "oai:arXiv.org:2401.03003v1": "new", "oai:arXiv.org:2401.03012v1": "cross", "oai:arXiv.org:2401.03013v1": "cross",
        "oai:arXiv.org:2401.03001v3": "replace", "oai:arXiv.org:2401.03007v2": "replace-cross",
    }.items()


def test_a_paper_is_new_where_any_asked_category_is_its_home(server: ReplayServer) -> None:
    text = get(server, "/rss/cs.CL+cs.CV").body.decode()
    assert "arXiv:2401.03012v1 Announce Type: new \nAbstract: There are forty of us." in text
    assert "2401.03013" not in get(server, "/rss/cs.RO").body.decode(), "a late cross-list is not listed at home"


def test_a_whole_archive_and_an_earlier_day(server: ReplayServer) -> None:
    server.day = DAYS[0]
    reply = get(server, "/rss/cs")
    assert b"oai:arXiv.org:2401.03001v1" in reply.body
    assert b"<title>A First Title</title>" in reply.body
    assert b"<pubDate>Mon, 08 Jan 2024 00:00:00 -0500</pubDate>" in reply.body


def test_feedparser_reads_a_listing(server: ReplayServer) -> None:
    feed = feedparser.parse(get(server, "/rss/math.PR").body)
    (entry,) = feed.entries
    assert not feed.bozo
    assert (entry.id, entry.arxiv_announce_type, entry.rights) == ("oai:arXiv.org:2401.03004v1", "new", "http://creativecommons.org/licenses/by/4.0/")
    assert entry.author == r"Jos\'e \~Nand\'u, S{\o}ren {\AA}ngstr\"om, Micha{\l} {\L}ukowski, Đặng Thị \'Anh, J\"urgen Wei{\ss}"


@pytest.mark.parametrize("day", [date(2024, 1, 13), date(2024, 1, 14), date(2024, 1, 15)])
def test_a_day_without_announcements_has_a_valid_channel_without_items(server: ReplayServer, day: date) -> None:
    server.day = day
    reply = get(server, "/rss/cs.CL")
    assert reply.status == 200
    assert not list(reply.root.iter("item"))
    assert [day.text for day in reply.root.iter("day")] == ["Saturday", "Sunday"]


def test_an_empty_channel_is_worded_as_recorded(server: ReplayServer, shared: Path) -> None:
    server.day = date(2025, 8, 23)
    assert get(server, "/rss/cs.CL").body.decode() == (shared / "arxiv/rendered/rss/rss_cs.CL_2025-08-23_saturday.xml").read_text()


@pytest.mark.parametrize(("path", "name"), [("/rss/cs.NOPE", "error_bad_category.xml"), ("/rss/nope", "error_bad_archive.xml")])
def test_a_bad_category_is_refused_as_rendered(server: ReplayServer, shared: Path, path: str, name: str) -> None:
    server.day = date(2025, 8, 20)
    reply = get(server, path)
    rendered = (shared / "arxiv/rendered/rss" / name).read_text().replace(", test.", ".")  # its test archive is no archive
    assert (reply.status, reply.body.decode()) == (400, rendered)


def test_no_category_at_all_gets_help(server: ReplayServer) -> None:
    reply = get(server, "/rss/")
    assert (reply.status, reply.headers.get_content_type()) == (200, "text/html")
    assert reply.body.startswith(b"No archive specified.")


def test_a_listing_is_cut_at_2000_and_new_papers_go_first() -> None:
    papers = [dataclasses.replace(paper, announced=FRIDAY, categories=("cs.LG",)) for paper in invented(2050) if paper.announced and not paper.earlier]
    changed = [revised(paper, datetime(2024, 1, 20, tzinfo=UTC), announced=FRIDAY) for paper in papers[-60:]]
    with ReplayServer([*papers[:-60], *(dataclasses.replace(paper, earlier=()) for paper in changed)]) as server:
        kinds = [item.findtext("{http://arxiv.org/schemas/atom}announce_type") for item in get(server, "/rss/cs.LG").root.iter("item")]
    assert len(kinds) == 2000
    assert kinds.count("replace") == 60


@pytest.mark.parametrize("path", ["/rss/cs.CL", "/atom/cs.CL", "/feed.xml", "/blog.atom"])
def test_a_feed_that_is_known_is_not_sent_again(server: ReplayServer, path: str) -> None:
    first = get(server, path)
    by_tag = get(server, path, If_None_Match=first.headers["ETag"])
    by_date = get(server, path, If_Modified_Since=first.headers["Last-Modified"])
    assert (by_tag.status, by_tag.body, by_date.status) == (304, b"", 304)
    assert get(server, path, If_None_Match='"other"').status == 200
    server.conditional = False
    assert get(server, path, If_None_Match=first.headers["ETag"]).status == 200


def test_a_listings_tag_has_no_quotes(server: ReplayServer) -> None:
    assert re.fullmatch("[0-9a-f]{64}", get(server, "/rss/cs.CL").headers["ETag"])


# OAI-PMH


@pytest.mark.parametrize("prefix", ["arXivRaw", "arXiv", "oai_dc"])
def test_a_record_is_shaped_as_arxivs_own_code_renders_it(shared: Path, prefix: str) -> None:
    folder = shared / "arxiv/rendered/oai"
    rendered = [ElementTree.parse(file).getroot() for pattern in (f"get_record_*_{prefix}.xml", f"list_records_{prefix}_p*.xml") for file in folder.glob(pattern)]
    with ReplayServer(PAPERS, oai_page=59) as server:
        ours = [get(server, f"/oai?verb=ListRecords&metadataPrefix={prefix}").root]
    real, said = (set().union(*(paths(record) for root in roots for record in root.iter(f"{OAI}record"))) for roots in (rendered, ours))
    assert {path.rpartition("}")[2] for path, _ in said - real} <= {"affiliation", "report-no"}
    assert {path.rpartition("}")[2] for path, _ in real - said} <= {"msc-class", "acm-class", "proxy"}
    tokens = [{(token.tag, frozenset(token.attrib)) for root in roots for token in root.iter(f"{OAI}resumptionToken")} for roots in (rendered, ours)]
    assert tokens[1] <= tokens[0]
    inside = {"arXivRaw": "{http://arxiv.org/OAI/arXivRaw/}arXivRaw", "arXiv": "{http://arxiv.org/OAI/arXiv/}arXiv"}.get(prefix)
    if inside:
        agree((record for root in ours for record in root.iter(inside)), (record for root in rendered for record in root.iter(inside)))


@pytest.mark.parametrize("verb", ["Identify", "ListMetadataFormats", "ListSets"])
def test_the_repository_describes_itself_as_rendered(server: ReplayServer, shared: Path, verb: str) -> None:
    name = {"Identify": "identify", "ListMetadataFormats": "list_metadata_formats", "ListSets": "list_sets"}[verb]
    rendered = ElementTree.parse(shared / f"arxiv/rendered/oai/{name}.xml").getroot()
    texts = {(element.tag, (element.text or "").strip()) for element in get(server, f"/oai?verb={verb}").root.iter() if element.tag != f"{OAI}responseDate"}
    assert texts <= {(element.tag, (element.text or "").strip()) for element in rendered.iter()}


OAI_ERRORS = {
    "badArgument_date": "verb=ListRecords&metadataPrefix=arXiv&from=yesterday",
    "badArgument_datetime": "verb=ListRecords&metadataPrefix=arXiv&from=2024-01-01T00:00:00Z",
    "badArgument_duplicate": "verb=ListRecords&metadataPrefix=arXiv&metadataPrefix=arXiv",
    "badArgument_future": "verb=ListRecords&metadataPrefix=arXiv&until=2999-01-01",
    "badArgument_no_prefix": "verb=ListRecords",
    "badArgument_set": "verb=ListRecords&metadataPrefix=arXiv&set=alchemy",
    "badArgument_token_plus_prefix": "verb=ListRecords&metadataPrefix=arXiv&resumptionToken=x",
    "badArgument_too_early": "verb=ListRecords&metadataPrefix=arXiv&from=1999-01-01",
    "badArgument_until_before_from": "verb=ListRecords&metadataPrefix=arXiv&from=2024-02-01&until=2024-01-01",
    "badResumptionToken": "verb=ListRecords&resumptionToken=1114880|1001",
    "badVerb": "verb=Harvest",
    "cannotDisseminateFormat": "verb=GetRecord&identifier=oai:arXiv.org:0906.3421&metadataPrefix=marc",
    "idDoesNotExist": "verb=GetRecord&identifier=oai:arXiv.org:2399.99999&metadataPrefix=arXiv",
    "idDoesNotExist_malformed": "verb=GetRecord&identifier=0906.3421&metadataPrefix=arXiv",
    "missingVerb": "metadataPrefix=arXiv",
    "noRecordsMatch": "verb=ListRecords&metadataPrefix=arXiv&from=2026-11-01",
}


@pytest.mark.parametrize(("name", "arguments"), OAI_ERRORS.items(), ids=OAI_ERRORS)
def test_an_oai_error_is_worded_as_rendered(server: ReplayServer, shared: Path, name: str, arguments: str) -> None:
    server.now = datetime(2026, 11, 20, 22, 24, 58, tzinfo=UTC)
    rendered = (shared / f"arxiv/rendered/oai/error_{name}.xml").read_text()
    reply = get(server, f"/oai?{quote(arguments, safe='=&:')}")
    assert (reply.status, reply.headers.get_content_type()) == (200, "text/xml")
    assert reply.body.decode().split() == rendered.split()


@pytest.mark.parametrize("encode", [lambda token: quote(token, safe=""), lambda token: token], ids=["encoded once more", "pasted"])
@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
def test_a_harvest_goes_on_by_tokens_and_gets_every_record_once(verb: str, encode: Callable[[str], str]) -> None:
    got, query = [], "metadataPrefix=arXiv"
    with ReplayServer(PAPERS, oai_page=7) as server:
        while query:
            root = get(server, f"/oai?verb={verb}&{query}").root
            got += [identifier.text for identifier in root.iter(f"{OAI}identifier")]
            token = root.findtext(f".//{OAI}resumptionToken")
            query = f"resumptionToken={encode(token)}" if token else ""
        assert len(server.requests) == 9
    assert sorted(name.removeprefix("oai:arXiv.org:") for name in got if name) == sorted(BY_ID)


def test_a_token_that_was_decoded_is_a_bad_argument() -> None:
    with ReplayServer(PAPERS, oai_page=7) as server:
        root = get(server, "/oai?verb=ListRecords&metadataPrefix=arXiv&from=2024-01-08&set=cs").root
        token = root.findtext(f".//{OAI}resumptionToken") or ""
        assert token.startswith("verb%3DListRecords%26metadataPrefix%3DarXiv%26from%3D2024-01-")
        reply = get(server, "/oai?verb=ListRecords&resumptionToken=" + unquote(token))
    assert b"code='badArgument'" in reply.body


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("from=2024-01-12", lambda paper: paper.datestamp >= date(2024, 1, 12)),
        ("until=2024-01-09", lambda paper: paper.datestamp <= date(2024, 1, 9)),
        ("from=2024-01-10&until=2024-01-10", lambda paper: paper.datestamp == date(2024, 1, 10)),
        ("set=cs", lambda paper: any(name.startswith("cs.") for name in paper.categories)),
        ("set=cs:cs:CL", lambda paper: "cs.CL" in paper.categories),
        ("set=physics:hep-th", lambda paper: "hep-th" in paper.categories),
        ("set=physics", lambda paper: bool({"hep-th", "astro-ph", "astro-ph.EP", "quant-ph", "hep-ex"} & set(paper.categories))),
    ],
)
def test_a_harvest_is_narrowed(arguments: str, wanted: Callable[[ReplayPaper], bool]) -> None:
    with ReplayServer(PAPERS, oai_page=100) as server:
        root = get(server, f"/oai?verb=ListIdentifiers&metadataPrefix=arXiv&{arguments}").root
    got = {(identifier.text or "").rpartition(":")[2] for identifier in root.iter(f"{OAI}identifier")}
    assert got == {paper.id for paper in PAPERS if wanted(paper)}
    assert root.find(f".//{OAI}resumptionToken") is None


def test_arxivraw_tells_versions_withdrawals_and_names_as_typed(server: ReplayServer) -> None:
    raw = "{http://arxiv.org/OAI/arXivRaw/}"
    root = get(server, "/oai?verb=GetRecord&metadataPrefix=arXivRaw&identifier=oai:arXiv.org:2401.03007").root
    told = [(version.get("version"), version.findtext(f"{raw}date"), version.findtext(f"{raw}source_type")) for version in root.iter(f"{raw}version")]
    assert told == [("v1", "Fri, 05 Jan 2024 15:00:00 GMT", "D"), ("v2", "Thu, 11 Jan 2024 20:05:00 GMT", "I")]
    assert root.findtext(f".//{raw}authors") == r"Katarzyna Wz\'or, Lars-Erik Pr{\o}ve"


def test_the_arxiv_format_splits_names(server: ReplayServer) -> None:
    space = "{http://arxiv.org/OAI/arXiv/}"

    def names(paper_id: str) -> list[tuple[str | None, ...]]:
        root = get(server, f"/oai?verb=GetRecord&metadataPrefix=arXiv&identifier=oai:arXiv.org:{paper_id}").root
        return [tuple(author.findtext(f"{space}{part}") for part in ("keyname", "forenames", "suffix", "affiliation")) for author in root.iter(f"{space}author")]

    assert names("hep-th/9901001") == [("Example", "A. G.", None, None), ("Mock", "C. P.", "Jr.", None)]
    assert names("2401.03011") == [("de la Échantillon", "Pierre", "III", None), ("van der Beispiel", "Waldo", None, None)]
    assert names("2401.03100")[0] == ("LANTERN Collaboration", None, None, None)
    assert names("2401.03006")[0] == ("Specimen", "Hiro", None, "Institute of Examples")
    assert names("0704.0010") == [("Aristarchus", None, None, None)]


# Hugging Face, recordings, a blog


def test_a_daily_list_is_shaped_as_recorded(server: ReplayServer, shared: Path) -> None:
    ours = json.loads(get(server, "/hf/daily_papers").body)
    recorded = [item for file in sorted((shared / "arxiv/recorded/hf").glob("*.json")) for item in json.loads(file.read_text())]
    assert {type(item) for item in ours} == {dict}
    for inner in (lambda item: item, lambda item: item["paper"]):
        always = set.intersection(*(set(inner(item)) for item in recorded))
        ever = set().union(*(set(inner(item)) for item in recorded))
        assert all(set(inner(item)) <= ever and set(inner(item)) >= always - {"ai_summary"} for item in ours)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("date=2024-01-12", lambda paper: paper.listed == FRIDAY),
        ("date=2024-01-13", lambda paper: False),
        ("week=2024-W02&limit=100", lambda paper: paper.listed is not None),
        ("month=2024-01&limit=100", lambda paper: paper.listed is not None),
        ("month=2024-02", lambda paper: False),
        ("", lambda paper: paper.listed == FRIDAY),
    ],
)
def test_a_daily_list_is_asked_by_day_week_or_month(server: ReplayServer, arguments: str, wanted: Callable[[ReplayPaper], bool]) -> None:
    got = json.loads(get(server, f"/hf/daily_papers?{arguments}").body)
    assert {item["paper"]["id"] for item in got} == {paper.id for paper in PAPERS if wanted(paper)}


def test_a_daily_list_has_pages_and_orders(server: ReplayServer) -> None:
    every = json.loads(get(server, "/hf/daily_papers?month=2024-01&sort=trending").body)
    votes = [item["paper"]["upvotes"] for item in every]
    assert votes == sorted(votes, reverse=True)
    paged = [item for page in range(4) for item in json.loads(get(server, f"/hf/daily_papers?month=2024-01&sort=trending&p={page}&limit=5").body)]
    assert paged == every[:20]


@pytest.mark.parametrize("arguments", ["date=yesterday", "date=2024-02-30", "week=2024-2", "month=2024", "p=x"])
def test_a_bad_day_is_refused(server: ReplayServer, arguments: str) -> None:
    assert get(server, f"/hf/daily_papers?{arguments}").status == 400


def test_recordings_are_played_to_the_letter(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "page.xml").write_bytes(b"\xff\xfe<a>\r\n</a>")
    (tmp_path / "data.json").write_bytes(b"[]")
    with ReplayServer(recorded=tmp_path) as server:
        page = get(server, "/recorded/deep/page.xml", Accept_Encoding="gzip")
        assert (page.body, page.headers.get_content_type()) == (b"\xff\xfe<a>\r\n</a>", "text/xml")
        assert get(server, "/recorded/data.json").headers.get_content_type() == "application/json"
        assert get(server, "/recorded/none.xml").status == 404
        assert get(server, "/recorded/%2e%2e/secret").status == 404


def test_bytes_are_played_on_any_path_until_they_are_not(server: ReplayServer) -> None:
    server.play("/feed", b"<a/>", content_type="text/xml; charset=utf-16", status=203, headers={"X-Told": "yes"})
    reply = get(server, "/feed.xml?x=1", Accept_Encoding="gzip")
    assert (reply.status, reply.body, reply.headers["X-Told"], reply.headers["Content-Type"]) == (203, b"<a/>", "yes", "text/xml; charset=utf-16")
    server.unplay()
    assert get(server, "/feed.xml").status == 200


@pytest.mark.parametrize("path", ["/feed.xml", "/blog.atom"])
def test_a_blogs_feed_has_three_posts(server: ReplayServer, path: str) -> None:
    feed = feedparser.parse(get(server, path).body)
    assert not feed.bozo
    assert [entry.title for entry in feed.entries][1:] == ["Reading the LANTERN paper: “first light” < second thoughts", "Long letters, short memories"]
    assert all(entry.link.startswith("https://fieldnotes.example/") and entry.author and entry.published_parsed for entry in feed.entries)


# The log


def test_the_log_tells_what_was_asked_by_whom_and_on_which_connection(server: ReplayServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for path in ("/feed.xml?a=1&b=2", "/blog.atom"):
        connection.request("GET", path, headers={"User-Agent": "test/1 (mailto:nobody@example.org)"})
        connection.getresponse().read()
    connection.close()
    get(server, "/nowhere", User_Agent="other")
    one, two, three = server.requests
    assert (one.method, one.path, one.query, one.arguments) == ("GET", "/feed.xml", "a=1&b=2", {"a": "1", "b": "2"})
    assert one.headers["user-agent"] == "test/1 (mailto:nobody@example.org)"
    assert one.connection == two.connection != three.connection
    assert one.ended is not None
    assert one.began < one.ended < two.began
    assert server.user_agents() == {"test/1 (mailto:nobody@example.org)", "other"}


def test_the_log_measures_gaps_and_finds_overlaps(server: ReplayServer) -> None:
    get(server, "/feed.xml")
    time.sleep(0.1)
    get(server, "/feed.xml")
    assert 0.1 <= server.gaps("/feed")[0] < server.beats("/feed")[0]
    assert server.overlaps() == []
    server.fault("stall before headers", path="/blog", seconds=0.2)
    with socket.create_connection(("127.0.0.1", server.port)) as waiting:
        waiting.sendall(b"GET /blog.atom HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: len(server.requests) == 3)
        get(server, "/feed.xml")
    ((early, late),) = server.overlaps()
    assert (early.path, late.path) == ("/blog.atom", "/feed.xml")
    assert server.gaps()[-1] < 0


def until(true: Callable[[], bool]) -> None:
    """Wait for what another thread does, for five seconds at most."""
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# Faults


@dataclass(frozen=True)
class Heard:
    """What came over a plain socket: the head, the body, and how it ended: closed, reset, silent, or more than was wanted."""

    status: int
    headers: dict[str, str]
    body: bytes
    end: str
    took: float


def hear(server: ReplayServer, path: str, patience: float = 5, most: int = 3_000_000, host: str = "127.0.0.1") -> Heard:
    began, got, end = time.monotonic(), bytearray(), "more"
    with socket.create_connection(("127.0.0.1", server.port), timeout=patience) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{server.port}\r\nConnection: close\r\n\r\n".encode())
        while len(got) < most:
            try:
                piece = connection.recv(65_536)
            except TimeoutError:
                end = "silent"
                break
            except ConnectionResetError:
                end = "reset"
                break
            if not piece:
                end = "closed"
                break
            got += piece
    head, _, body = bytes(got).partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Heard(int(first.split()[1]) if first else 0, headers, body, end, time.monotonic() - began)


def entries(body: bytes) -> list[str]:
    return re.findall(r"<entry>\s*<id>http://arxiv.org/abs/(.*?)</id>", body.decode())


def refused(status: int) -> Callable[[Heard, Heard], bool]:
    return lambda heard, true: heard.status == status and heard.end == "closed" and not entries(heard.body)


def announces(heard: Heard, true: Heard) -> bool:
    """A date seven seconds on, or one more where the second was not full."""
    ahead = parsedate_to_datetime(heard.headers["retry-after"]) - parsedate_to_datetime(heard.headers["date"])
    return heard.status == 429 and 7 <= ahead.total_seconds() <= 9


def stated(heard: Heard) -> int:
    return int(heard.headers["content-length"])


LATER = "/api/query?search_query=cat:cs.CL&max_results=5&start=5"
RECORDS = "/oai?verb=ListRecords&metadataPrefix=arXiv"

#: kind -> (path, what holds of the answer, compared with the true one)
FAULTS: dict[str, tuple[str, Callable[[Heard, Heard], bool]]] = {
    "429": (QUERY, lambda heard, true: refused(429)(heard, true) and "retry-after" not in heard.headers),
    "429 seconds": (QUERY, lambda heard, true: refused(429)(heard, true) and heard.headers["retry-after"] == "7"),
    "429 date": (QUERY, announces),
    "429 huge": (QUERY, lambda heard, true: heard.headers["retry-after"] == "86400"),
    "503": (QUERY, refused(503)),
    "503 then good": (QUERY, refused(503)),
    "503 for ever": (QUERY, refused(503)),
    "403": (QUERY, refused(403)),
    "500": (QUERY, refused(500)),
    "200 html error": (QUERY, lambda heard, true: refused(200)(heard, true) and heard.headers["content-type"].startswith("text/html") and b"Rate exceeded" in heard.body),
    "200 rate text": (QUERY, lambda heard, true: refused(200)(heard, true) and heard.headers["content-type"] == "text/plain" and heard.body == b"Rate exceeded."),
    "200 json": (QUERY, lambda heard, true: heard.status == 200 and isinstance(json.loads(heard.body), dict)),
    "empty body": (QUERY, lambda heard, true: (heard.status, heard.body, heard.headers["content-type"]) == (200, b"", true.headers["content-type"])),
    "error entry 400": (QUERY, lambda heard, true: heard.status == 400 and b"<title>Error</title>" in heard.body),
    "error entry 200": (QUERY, lambda heard, true: heard.status == 200 and b"<title>Error</title>" in heard.body),
    "wrong charset header": (QUERY, lambda heard, true: heard.headers["content-type"] == "application/atom+xml; charset=iso-8859-1" and heard.body[100:] == true.body[100:]),
    "wrong xml charset": (QUERY, lambda heard, true: b"encoding='UTF-8'" in heard.body and b"Caf\xe9" in heard.body),
    "utf-7": (QUERY, lambda heard, true: b"encoding='UTF-7'" in heard.body and heard.body.isascii()),
    "doctype": (QUERY, lambda heard, true: b"<!DOCTYPE feed [<!ENTITY" in heard.body and b"&three;" in heard.body),
    "cut body": (QUERY, lambda heard, true: stated(heard) == len(heard.body) and 0 < len(entries(heard.body)) < 5 and not heard.body.endswith(b"</feed>\n")),
    "empty first page": (QUERY, lambda heard, true: not entries(heard.body) and b"totalResults>18<" in heard.body),
    "empty later page": (LATER, lambda heard, true: not entries(heard.body) and b"totalResults>18<" in heard.body),
    "total changed": (LATER, lambda heard, true: entries(heard.body) == entries(true.body) and b"totalResults>25<" in heard.body),
    "repeated page": (LATER, lambda heard, true: not set(entries(heard.body)) & set(entries(true.body)) and b"startIndex>5<" in heard.body),
    "overlapping page": (LATER, lambda heard, true: entries(heard.body)[2:] == entries(true.body)[:3] and b"startIndex>5<" in heard.body),
    "order ignored": (QUERY, lambda heard, true: entries(heard.body) != entries(true.body) and sorted(entries(heard.body)) == sorted(entries(true.body))),
    "id missing": (QUERY, lambda heard, true: entries(heard.body) == entries(true.body)[1:] and b"totalResults>17<" in heard.body),
    "foreign id": (QUERY, lambda heard, true: entries(heard.body) == ["2401.99999v1", *entries(true.body)[1:]]),
    "day-old feed": ("/rss/cs.CL", lambda heard, true: b"2401.03010v1" in heard.body and b"<pubDate>Fri, 12 Jan 2024" in heard.body and b"2401.03003" not in heard.body),
    "weekend feed": ("/rss/cs.CL", lambda heard, true: b"<item>" not in heard.body and b"<pubDate>Sat, 13 Jan 2024" in heard.body),
    "2000 items": ("/rss/cs.CL", lambda heard, true: heard.body.count(b"<item>") == len(set(re.findall(rb"<guid.*?</guid>", heard.body))) == 2000),
    "token expired": ("/oai?verb=ListRecords&resumptionToken=x", lambda heard, true: b"code='badResumptionToken'" in heard.body and b"expired" in heard.body),
    "noRecordsMatch": (RECORDS, lambda heard, true: heard.status == 200 and b"code='noRecordsMatch'" in heard.body),
    "redirect loop": (QUERY, lambda heard, true: heard.status == 302 and heard.headers["location"].endswith(QUERY)),
    "redirect file": (QUERY, lambda heard, true: heard.status == 302 and heard.headers["location"].startswith("file:")),
    "redirect inside": (QUERY, lambda heard, true: heard.status == 302 and heard.headers["location"].startswith("http://127.0.0.1:")),
    "redirect elsewhere": (QUERY, lambda heard, true: heard.status == 302 and bool(re.fullmatch(rf"http://localhost:\d+{re.escape(QUERY)}", heard.headers["location"]))),
    "cookie flood": (QUERY, lambda heard, true: heard.headers["set-cookie"].startswith("c999=") and entries(heard.body) == entries(true.body)),
    "etag 304": ("/feed.xml", lambda heard, true: (heard.status, heard.body) == (304, b"")),
    "unquoted etag": ("/feed.xml", lambda heard, true: heard.headers["etag"] == true.headers["etag"].strip('"')),
    "clock": (QUERY, lambda heard, true: parsedate_to_datetime(heard.headers["date"]) - datetime.now(UTC) > timedelta(days=3600) and entries(heard.body) == entries(true.body)),
    "endless body": (QUERY, lambda heard, true: heard.end == "more" and "content-length" not in heard.headers),
    "100 MB body": (QUERY, lambda heard, true: heard.end == "more" and stated(heard) == 100_000_000),
    "short body": (QUERY, lambda heard, true: heard.end == "closed" and 0 < len(heard.body) < stated(heard)),
    "long body": (QUERY, lambda heard, true: heard.end == "closed" and len(heard.body) > stated(heard) > 0),
    "broken chunks": (QUERY, lambda heard, true: heard.headers["transfer-encoding"] == "chunked" and heard.body.endswith(b"\r\nnot a size\r\n")),
    "broken gzip": (QUERY, lambda heard, true: heard.headers["content-encoding"] == "gzip" and stated(heard) == len(heard.body) and not unpacks(heard.body)),
    "nested gzip": (QUERY, lambda heard, true: heard.headers["content-encoding"].count("gzip") == 20 and unpacked(heard.body, 20)[100:] != b"" and b"<entry>" in unpacked(heard.body, 20)),
    "gzip bomb": (QUERY, lambda heard, true: heard.headers["content-encoding"] == "gzip" and len(heard.body) < 250_000),
    "brotli unknown": (QUERY, lambda heard, true: heard.headers["content-encoding"] == "br"),
    "slow headers": (QUERY, lambda heard, true: heard.end == "silent" and heard.body == b"" and "x-line-0" in heard.headers),
    "slow body": (QUERY, lambda heard, true: heard.end == "silent" and len(heard.body) == 1),
    "stall before headers": (QUERY, lambda heard, true: heard.end == "silent" and heard.status == 0),
    "stall mid-body": (QUERY, lambda heard, true: heard.end == "silent" and len(heard.body) == stated(heard) // 2),
    "reset": (QUERY, lambda heard, true: heard.end == "reset" and heard.status == 0),
    "reset mid-body": (QUERY, lambda heard, true: heard.end == "reset"),
}
SILENT = ("slow headers", "slow body", "stall before headers", "stall mid-body")


def unpacks(body: bytes) -> bool:
    try:
        gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return False
    return True


def unpacked(body: bytes, times: int) -> bytes:
    for _ in range(times):
        body = gzip.decompress(body)
    return body


def test_every_kind_of_fault_has_a_case() -> None:
    assert set(FAULTS) == set(KINDS)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_does_what_its_name_says(server: ReplayServer, kind: str) -> None:
    path, holds = FAULTS[kind]
    true = hear(server, path)
    server.fault(kind, path=path.partition("?")[0])
    heard = hear(server, path, patience=0.4 if kind in SILENT else 5)
    assert holds(heard, true), (heard.status, heard.headers, heard.body[:2000], heard.end)
    server.calm()
    assert hear(server, path).status == true.status


def test_a_fault_meets_the_requests_it_is_told_to_counted_from_when_it_was_added(server: ReplayServer) -> None:
    get(server, QUERY)
    server.fault("503", path="/api/query", at=(1, 2), retry_after=4)
    server.fault("429", path="/api", at=(2, 3))
    get(server, "/feed.xml")
    replies = [get(server, QUERY) for _ in range(5)]
    assert [reply.status for reply in replies] == [200, 503, 503, 429, 200]
    assert [reply.headers["Retry-After"] for reply in replies] == [None, "4", "4", None, None]


def test_once_means_once_and_for_ever_means_always(server: ReplayServer) -> None:
    server.fault("503 then good", path="/feed")
    server.fault("503 for ever", path="/blog")
    assert [get(server, "/feed.xml").status for _ in range(3)] == [503, 200, 200]
    assert [get(server, "/blog.atom").status for _ in range(3)] == [503, 503, 503]


def test_a_fault_nobody_knows_is_refused(server: ReplayServer) -> None:
    with pytest.raises(ValueError, match='no fault "earthquake"; there are 429, 429 seconds'):
        server.fault("earthquake")


def test_a_redirect_to_another_host_arrives_and_is_answered_there(server: ReplayServer) -> None:
    server.fault("redirect elsewhere", path="/api")
    assert len(entries(hear(server, QUERY, host="localhost").body)) == 5
    assert [request.headers["host"] for request in server.requests] == [f"localhost:{server.port}"]


def test_a_stall_ends_after_its_seconds_with_the_true_answer(server: ReplayServer) -> None:
    true = hear(server, QUERY)
    for kind in ("stall before headers", "stall mid-body"):
        server.calm()
        server.fault(kind, path="/api", seconds=0.2)
        heard = hear(server, QUERY)
        assert entries(heard.body) == entries(true.body)
        assert heard.took >= 0.2


def test_a_stall_ends_when_the_asker_hangs_up(server: ReplayServer) -> None:
    server.fault("stall before headers")
    assert hear(server, QUERY, patience=0.1).end == "silent"
    until(lambda: server.requests[0].ended is not None)
    assert server.overlaps() == []


@pytest.mark.parametrize("kind", [*SILENT, "endless body"])
def test_closing_does_not_wait_for_an_answer_that_never_ends(kind: str) -> None:
    server = ReplayServer(PAPERS).start()
    server.fault(kind)
    with socket.create_connection(("127.0.0.1", server.port)) as waiting:
        waiting.sendall(b"GET /feed.xml HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: len(server.requests) == 1)
        began = time.monotonic()
        server.close()
        assert time.monotonic() - began < 3
    assert server.requests[0].ended is not None


def test_closing_does_not_wait_for_a_connection_kept_alive() -> None:
    server = ReplayServer(PAPERS).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/feed.xml")
    connection.getresponse().read()
    began = time.monotonic()
    server.close()
    connection.close()
    assert time.monotonic() - began < 3


# As a program


def program(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "replay", *arguments], cwd=Path(__file__).parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_command_runs_against_the_server_and_gives_its_exit_code() -> None:
    code = "import os, urllib.request as u; print(u.urlopen(os.environ['ROUNDUP_ARXIV_API'] + '?id_list=hep-th/9901001').status); raise SystemExit(7)"
    running = program("--legacy", "--", sys.executable, "-c", code)
    out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (7, "200\n", "")


def test_without_a_command_it_prints_the_environment_until_it_is_interrupted() -> None:
    running = program("--day", "2024-01-09")
    assert running.stdout
    lines = [running.stdout.readline() for _ in range(5)]
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert [re.sub(r":\d+", ":PORT", line) for line in lines] == [
        "export ROUNDUP_ARXIV_API=http://127.0.0.1:PORT/api/query\n",
        "export ROUNDUP_ARXIV_FEED=http://127.0.0.1:PORT\n",
        "export ROUNDUP_ARXIV_OAI=http://127.0.0.1:PORT/oai\n",
        "export ROUNDUP_HF_API=http://127.0.0.1:PORT/hf\n",
        "export ROUNDUP_ARXIV_WEB=http://127.0.0.1:PORT\n",
    ]
    assert (running.returncode, err) == (0, "\nanswered 0 requests\n")


def test_it_knows_nothing_of_the_program() -> None:
    sources = Path(__file__).parent.joinpath("replay").glob("*.py")
    assert not [file.name for file in sources if re.search(r"^\s*(from|import) roundup", file.read_text(), re.MULTILINE)]
