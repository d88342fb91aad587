"""A paper fetched again: the newer version wins, nothing known is lost, and what changed is told in lines."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roundup.errors import Location
from roundup.paper import ArxivId, Author, Fetch, Links, Paper, Sighting, Withdrawal
from roundup.records.papers import dump_paper, parse_paper
from roundup.revisions import changes, merged

UTC = dt.timezone.utc
FIRST, SECOND = dt.datetime(2024, 1, 1, 12, tzinfo=UTC), dt.datetime(2024, 2, 1, 12, tzinfo=UTC)
MONDAY, FRIDAY = dt.date(2024, 1, 1), dt.date(2024, 1, 5)
OLD_DAY, TODAY = Fetch(MONDAY, "arXiv API"), Fetch(FRIDAY, "arXiv API")
CODE, OTHER_CODE = "https://github.com/example/code", "https://github.com/example/more"

RECORD = Paper(
    ArxivId("2401.00001", 1),
    "A title",
    (Author("Ada Example", ("Univ. A",)), Author("Bob Sample")),
    ("cs.LG", "stat.ML"),
    "An abstract.",
    FIRST,
    FIRST,
    "12 pages",
    "J. Ex. 1 (2024)",
    "10.1000/1",
    "http://creativecommons.org/licenses/by/4.0/",
    Links("https://arxiv.org/pdf/2401.00001v1", "https://arxiv.org/html/2401.00001v1", (CODE,)),
    seen=(Sighting("arxiv", MONDAY, "new"), Sighting("huggingface", FRIDAY, "", 5, 1)),
    fetched=OLD_DAY,
    where=Location("issues/2024-1/papers/2401.00001.yaml", 1),
)
BARE = Paper(ArxivId("2401.00001", 1), "A title", (Author("Ada Example"), Author("Bob Sample")), ("cs.LG", "stat.ML"), fetched=TODAY)
SECOND_VERSION = replace(
    BARE, id=ArxivId("2401.00001", 2), title="A better title", abstract="A better abstract.", submitted=FIRST, updated=SECOND, comment="14 pages",
    links=Links("https://arxiv.org/pdf/2401.00001v2"),
)  # fmt: skip


# ---- merging ----


def test_the_newer_version_wins() -> None:
    found = merged(RECORD, SECOND_VERSION)
    assert (found.id, found.title, found.abstract, found.comment, found.updated) == (SECOND_VERSION.id, "A better title", "A better abstract.", "14 pages", SECOND)
    assert (found.links.pdf, found.fetched) == ("https://arxiv.org/pdf/2401.00001v2", TODAY)


def test_a_stale_index_loses() -> None:
    """What arXiv's index says of a version that we know to be outdated changes no word of the record."""
    record = replace(SECOND_VERSION, fetched=OLD_DAY, license="L", where=RECORD.where)
    stale = replace(BARE, title="A title of old", abstract="Old.", comment="old", updated=FIRST)
    assert merged(record, stale) == record


def test_what_was_seen_counts_even_where_the_version_is_stale() -> None:
    record = replace(SECOND_VERSION, seen=(Sighting("arxiv", MONDAY, "new"), Sighting("huggingface", FRIDAY, "", 5, 1)), fetched=OLD_DAY)
    stale = replace(BARE, seen=(Sighting("huggingface", FRIDAY, "", 9, 2),))
    assert merged(record, stale).seen == (Sighting("arxiv", MONDAY, "new"), Sighting("huggingface", FRIDAY, "", 9, 2))


def test_a_source_that_tells_less_takes_nothing_away() -> None:
    assert merged(RECORD, BARE) == RECORD


@pytest.mark.parametrize("new", [replace(BARE, id=ArxivId("2401.00001")), replace(BARE, seen=RECORD.seen[:1]), replace(RECORD, fetched=TODAY)])
def test_where_nothing_changes_the_record_stays_as_it_was_fetched(new: Paper) -> None:
    found = merged(RECORD, new)
    assert found == RECORD
    assert dump_paper(found) == dump_paper(RECORD)


def test_each_source_adds_what_it_alone_tells() -> None:
    told = replace(
        BARE, license="L", doi="10.1000/2", journal_ref="J", comment="C", links=Links("P", "H", (OTHER_CODE,)), seen=(Sighting("arxiv", FRIDAY, "replace"),)
    )
    poor = replace(BARE, links=Links(code=(CODE,)), seen=(Sighting("arxiv", MONDAY, "new"),), fetched=OLD_DAY)
    found = merged(poor, told)
    assert (found.license, found.doi, found.journal_ref, found.comment, found.fetched) == ("L", "10.1000/2", "J", "C", TODAY)
    assert found.links == Links("P", "H", (CODE, OTHER_CODE))
    assert found.seen == (Sighting("arxiv", MONDAY, "new"), Sighting("arxiv", FRIDAY, "replace"))


def test_a_new_version_without_a_comment_has_none() -> None:
    """The old one may say "12 pages" of a paper that has 14 by now; venue, DOI and licence are the work's."""
    found = merged(RECORD, replace(SECOND_VERSION, comment=""))
    assert (found.comment, found.journal_ref, found.doi, found.license) == ("", RECORD.journal_ref, RECORD.doi, RECORD.license)


def test_a_record_without_a_version_may_be_of_any() -> None:
    """So what it alone tells is kept when a feed gives it a version."""
    record = replace(RECORD, id=ArxivId("2401.00001"), withdrawn=Withdrawal("an error", FIRST))
    found = merged(record, BARE)
    assert (found.id, found.comment, found.updated, found.withdrawn) == (BARE.id, record.comment, record.updated, record.withdrawn)


def test_links_to_a_version_go_with_it() -> None:
    """A feed announces version 2 and has no links: those of version 1 do not lead to what the record now tells."""
    announced = replace(SECOND_VERSION, links=Links())
    assert not any("v1" in url for url in (merged(RECORD, announced).links.pdf, merged(RECORD, announced).links.html))


def test_affiliations_stay_where_the_names_are_the_same() -> None:
    assert merged(RECORD, SECOND_VERSION).authors == RECORD.authors


@pytest.mark.parametrize(
    "authors",
    [(Author("Ada Example"),), (Author("Bob Sample"), Author("Ada Example")), (Author("Ada Example", ("Univ. B",)), Author("Bob Sample"))],
)
def test_other_names_or_affiliations_are_taken_as_they_come(authors: tuple[Author, ...]) -> None:
    assert merged(RECORD, replace(BARE, authors=authors)).authors == authors


def test_the_primary_category_is_not_a_feeds_to_tell() -> None:
    feed = replace(BARE, categories=("stat.ML", "cs.LG"))
    assert merged(RECORD, feed).categories == ("cs.LG", "stat.ML")
    assert merged(RECORD, replace(feed, submitted=FIRST)).categories == ("stat.ML", "cs.LG")  # the API tells
    assert merged(RECORD, replace(feed, categories=("stat.ML", "cs.LG", "cs.CL"))).categories == ("stat.ML", "cs.LG", "cs.CL")


def test_a_withdrawn_paper_has_no_pdf_and_comes_back_by_a_new_version() -> None:
    gone = replace(BARE, id=ArxivId("2401.00001", 2), withdrawn=Withdrawal("an error", SECOND), updated=SECOND)
    record = merged(RECORD, gone)
    assert (record.withdrawn, record.links.pdf) == (gone.withdrawn, "")
    assert merged(record, replace(gone, withdrawn=None)).withdrawn == gone.withdrawn  # told by a source that tells less
    back = replace(SECOND_VERSION, id=ArxivId("2401.00001", 3))
    assert merged(record, back).withdrawn is None


def test_what_readers_made_of_it_is_counted_anew_and_never_forgotten() -> None:
    more = replace(BARE, seen=(Sighting("huggingface", FRIDAY, "", 7, 3),))
    assert merged(RECORD, more).seen == (RECORD.seen[0], *more.seen)
    uncounted = replace(BARE, seen=(Sighting("huggingface", FRIDAY),))
    assert merged(RECORD, uncounted).seen == RECORD.seen


@pytest.mark.parametrize("new", [BARE, SECOND_VERSION, replace(BARE, id=ArxivId("2401.00001"))])
@pytest.mark.parametrize("version", [None, 1, 2])
def test_the_record_stays_where_it_stands(version: int | None, new: Paper) -> None:
    assert merged(replace(RECORD, id=ArxivId("2401.00001", version)), new).where == RECORD.where


# ---- properties ----

NAMES = st.sampled_from(["Ada Example", "Bob Sample", "Cé Şample", "X Collaboration"])
WORDS = st.sampled_from(["", "some words", 'a: "quoted" one', "$x<y$ and \\emph{more}"])
MOMENTS = st.none() | st.sampled_from([FIRST, SECOND])
AUTHORS = st.lists(st.builds(Author, NAMES, st.sampled_from([(), ("Univ. A",), ("Univ. A", "Univ. B")])), min_size=1, max_size=3).map(tuple)
SEEN = st.lists(
    st.builds(Sighting, st.sampled_from(["arxiv", "huggingface"]), st.none() | st.sampled_from([MONDAY, FRIDAY]), st.sampled_from(["", "new", "replace"]), st.none() | st.integers(0, 9)),
    max_size=3, unique_by=lambda one: (one.source, one.announced, one.type),
).map(tuple)  # fmt: skip
LINKS = st.builds(
    Links,
    st.sampled_from(["", "https://arxiv.org/pdf/2401.00001"]),
    st.sampled_from(["", "https://arxiv.org/html/2401.00001"]),
    st.lists(st.sampled_from([CODE, OTHER_CODE]), unique=True).map(tuple),
)
PAPERS = st.builds(
    Paper, st.builds(ArxivId, st.just("2401.00001"), st.none() | st.integers(1, 3)), WORDS.filter(bool), AUTHORS,
    st.lists(st.sampled_from(["cs.LG", "cs.CL", "stat.ML"]), min_size=1, unique=True).map(tuple), WORDS, MOMENTS, MOMENTS, WORDS, WORDS, WORDS, WORDS, LINKS,
    st.none() | st.builds(Withdrawal, WORDS.filter(bool), MOMENTS), SEEN, st.none() | st.sampled_from([OLD_DAY, TODAY]),
)  # fmt: skip


@given(PAPERS)
def test_a_paper_merged_with_itself_is_the_same(paper: Paper) -> None:
    assert merged(paper, paper) == paper


@given(PAPERS, PAPERS)
def test_fetching_the_same_twice_changes_nothing_more(old: Paper, new: Paper) -> None:
    once = merged(old, new)
    again = merged(once, new)
    assert again == once
    assert dump_paper(again) == dump_paper(once)
    assert not list(changes(once, again))


@given(PAPERS, PAPERS)
def test_the_fetch_day_alone_is_no_change(paper: Paper, other: Paper) -> None:
    once = merged(paper, other)
    assert merged(once, replace(once, fetched=TODAY)) == once


@given(PAPERS, PAPERS)
def test_a_merged_record_is_a_record(old: Paper, new: Paper) -> None:
    once = merged(old, new)
    problems: list[object] = []
    assert parse_paper(dump_paper(once), "x.yaml", problems) == once
    assert not problems


@given(PAPERS, PAPERS)
def test_nothing_gets_poorer(old: Paper, new: Paper) -> None:
    found = merged(old, new)
    assert found.id.version == max(old.id.version or 0, new.id.version or 0) or found.id.version is None is old.id.version is new.id.version
    for paper in (old, new):
        for key in ("abstract", "journal_ref", "doi", "license", "submitted"):
            assert getattr(found, key) or not getattr(paper, key)
        assert {(one.source, one.announced, one.type) for one in found.seen} >= {(one.source, one.announced, one.type) for one in paper.seen}
        assert set(found.links.code) >= set(paper.links.code)
    if old.id.version == new.id.version:
        assert found.comment or not (old.comment or new.comment)
        assert found.withdrawn or not (old.withdrawn or new.withdrawn)


# ---- what has changed ----

MANY = tuple(Author(f"Author {number}") for number in range(6))


@pytest.mark.parametrize(
    ("new", "lines"),
    [
        (RECORD, []),
        (replace(RECORD, abstract="Other.", seen=(), fetched=TODAY), []),
        (replace(RECORD, id=ArxivId("2401.00001", 2), updated=SECOND), ["version 2, 2024-02-01 (was 1)"]),
        (replace(RECORD, id=ArxivId("2401.00001", 3), updated=dt.date(2024, 2, 2)), ["version 3, 2024-02-02 (was 1)"]),
        (replace(RECORD, id=ArxivId("2401.00001", 2), updated=None), ["version 2 (was 1)"]),
        (replace(RECORD, id=ArxivId("2401.00001")), []),
        (replace(RECORD, title="Another title"), ['retitled: "Another title" (was "A title")']),
        (replace(RECORD, withdrawn=Withdrawal("an error in Lemma 3"), comment="an error in Lemma 3"), ["withdrawn: an error in Lemma 3"]),
        (replace(RECORD, authors=RECORD.authors[:1]), ["authors: Ada Example"]),
        (replace(RECORD, authors=tuple(replace(one, affiliations=("Univ. B",)) for one in RECORD.authors)), []),
        (replace(RECORD, authors=MANY[:5]), ["authors: Author 0, Author 1, Author 2, Author 3, Author 4"]),
        (replace(RECORD, authors=MANY), ["authors: Author 0, Author 1, Author 2, Author 3, Author 4 …"]),
        (replace(RECORD, journal_ref="J. Ex. 2 (2025)"), ["venue: J. Ex. 2 (2025)"]),
        (replace(RECORD, doi="10.1000/2"), ["DOI: 10.1000/2"]),
        (replace(RECORD, license="http://creativecommons.org/licenses/by-nc/4.0/"), ["licence: http://creativecommons.org/licenses/by-nc/4.0/"]),
        (replace(RECORD, comment="ICML 2024"), ["comment: ICML 2024"]),
        (replace(RECORD, comment=""), []),
        (replace(RECORD, links=Links(code=(CODE, OTHER_CODE))), [f"code: {OTHER_CODE}"]),
        (replace(RECORD, links=Links()), []),
        (
            replace(RECORD, id=ArxivId("2401.00001", 2), updated=SECOND, title="B", authors=MANY[:1], doi="10.1/2", comment="C", links=Links(code=(OTHER_CODE,))),
            ["version 2, 2024-02-01 (was 1)", 'retitled: "B" (was "A title")', "authors: Author 0", "DOI: 10.1/2", "comment: C", f"code: {OTHER_CODE}"],
        ),
    ],
)
def test_tells_what_changed_a_line_each(new: Paper, lines: list[str]) -> None:
    assert list(changes(RECORD, new)) == lines


def test_tells_that_a_paper_came_back() -> None:
    assert list(changes(replace(RECORD, withdrawn=Withdrawal("an error")), RECORD)) == ["no longer withdrawn"]


def test_tells_the_first_version_that_is_known() -> None:
    assert list(changes(replace(RECORD, id=ArxivId("2401.00001")), RECORD)) == ["version 1, 2024-01-01"]


@given(PAPERS, PAPERS)
def test_every_line_says_something(old: Paper, new: Paper) -> None:
    for line in changes(old, merged(old, new)):
        assert line == line.strip()
        assert not line.endswith(":")
