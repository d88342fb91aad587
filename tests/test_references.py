"""What a person may paste: every spelling of a paper names that paper, and everything else is told apart or refused in words."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roundup.paper import ArxivId, parse_arxiv_id
from roundup.references import DailyPapers, Doi, Feed, Filters, Listing, Query, Reference, Title, category_of, parse_reference
from roundup.text.links import is_web


def told(text: str) -> Reference | str:
    """Return what a text means, or the words in which it is refused."""
    try:
        return parse_reference(text)
    except ValueError as error:
        return str(error)


# ---- spellings of a paper ----

NEW = "2308.00951"
OLD = "hep-th/9901001"

SPELLINGS: dict[str, list[str]] = {
    NEW: [
        "2308.00951",
        "  2308.00951\t",
        "2308.00951\n",
        "\u00a02308.00951\u00a0",
        "arXiv:2308.00951",
        "arxiv:2308.00951",
        "ARXIV:2308.00951",
        "arXiv: 2308.00951",
        " arXiv:  2308.00951 ",
        "arXiv:2308.00951 [cs.LG]",
        "arXiv:2308.00951  [cs.LG]  2 Aug 2023",
        "2308.00951 [cond-mat.mes-hall]",
        "<2308.00951>",
        "https://arxiv.org/abs/2308.00951",
        "http://arxiv.org/abs/2308.00951",
        "arxiv.org/abs/2308.00951",
        "HTTPS://ArXiv.org/ABS/2308.00951",
        "<https://arxiv.org/abs/2308.00951>",
        "< https://arxiv.org/abs/2308.00951 >",
        "https://arxiv.org:443/abs/2308.00951",
        "https://www.arxiv.org/abs/2308.00951",
        "www.arxiv.org/abs/2308.00951",
        "https://export.arxiv.org/abs/2308.00951",
        "https://browse.arxiv.org/abs/2308.00951",
        "https://de.arxiv.org/abs/2308.00951",
        "http://cn.arxiv.org/pdf/2308.00951.pdf",
        "http://xxx.lanl.gov/abs/2308.00951",
        "https://arxiv.org/abs/2308.00951/",
        "https://arxiv.org/abs/2308.00951?context=cs.LG",
        "https://arxiv.org/abs/2308.00951?utm_source=a&utm_medium=b",
        "https://arxiv.org/abs/2308.00951#comments",
        "https://arxiv.org/abs/2308%2E00951",
        "https://arxiv.org/%61bs/%32308.00951",
        "https://arxiv.org/abs/arXiv:2308.00951",
        "https://arxiv.org/pdf/2308.00951",
        "https://arxiv.org/pdf/2308.00951.pdf",
        "https://arxiv.org/pdf/2308.00951#page=3",
        "https://arxiv.org/html/2308.00951",
        "https://arxiv.org/ps/2308.00951",
        "https://arxiv.org/ps/2308.00951.ps.gz",
        "https://arxiv.org/src/2308.00951",
        "https://arxiv.org/e-print/2308.00951",
        "https://arxiv.org/format/2308.00951",
        "https://alphaxiv.org/abs/2308.00951",
        "https://www.alphaxiv.org/overview/2308.00951",
        "https://www.alphaxiv.org/de/overview/2308.00951",
        "https://huggingface.co/papers/2308.00951",
        "https://www.huggingface.co/papers/2308.00951/",
        "https://huggingface.co/papers/2308.00951#community",
        "https://hf.co/papers/2308.00951",
        "hf.co/papers/2308.00951",
        "https://ar5iv.labs.arxiv.org/html/2308.00951",
        "https://ar5iv.org/abs/2308.00951",
        "https://www.ar5iv.org/html/2308.00951",
        "10.48550/arXiv.2308.00951",
        "10.48550/ARXIV.2308.00951",
        "doi:10.48550/arXiv.2308.00951",
        "DOI: 10.48550/arXiv.2308.00951",
        "doi.org/10.48550/arXiv.2308.00951",
        "https://doi.org/10.48550/arXiv.2308.00951",
        "HTTPS://DOI.ORG/10.48550/ARXIV.2308.00951",
        "https://www.doi.org/10.48550/arxiv.2308.00951",
        "http://dx.doi.org/10.48550/arXiv.2308.00951",
        "https://doi.org/10.48550/arXiv.2308.00951?nosfx=y",
        "https://doi.org/10.48550/arXiv.2308.00951#top",
        "https://doi.org/10.48550%2FarXiv.2308.00951",
        "oai:arXiv.org:2308.00951",
        "OAI:ARXIV.ORG:2308.00951",
        "[2308.00951] Soft mixtures and what they are good for",
        "[2308.00951]",
        "[arXiv:2308.00951] Soft mixtures",
        "2308.00951.pdf",
        "2308.00951.PDF",
        "abs/2308.00951",
        "html/2308.00951",
        "pdf/2308.00951.pdf",
    ],
    f"{NEW}v2": [
        "2308.00951v2",
        "2308.00951V2",
        "arXiv:2308.00951v2",
        "arXiv:2308.00951v2 [cs.LG] 27 May 2024",
        "https://arxiv.org/abs/2308.00951v2",
        "https://arxiv.org/pdf/2308.00951v2.pdf?download=1",
        "https://arxiv.org/PDF/2308.00951V2.PDF",
        "https://arxiv.org/html/2308.00951v2/",
        "https://arxiv.org/html/2308.00951v2#S3.F1",
        "https://arxiv.org/html/2308.00951v2/x1.png",
        "https://arxiv.org/src/2308.00951v2/anc/table.csv",
        "https://www.alphaxiv.org/abs/2308.00951v2",
        "https://ar5iv.labs.arxiv.org/html/2308.00951v2",
        "oai:arXiv.org:2308.00951v2",
        "[2308.00951v2] Soft mixtures",
        "2308.00951v2.pdf",
    ],
    OLD: [
        "hep-th/9901001",
        "HEP-TH/9901001",
        "arXiv:hep-th/9901001",
        "hep-th/9901001 [hep-th]",
        "https://arxiv.org/abs/hep-th/9901001",
        "https://arxiv.org/abs/hep-th%2F9901001",
        "https://arxiv.org/abs/arxiv:hep-th/9901001",
        "https://arxiv.org/pdf/hep-th/9901001.pdf",
        "https://arxiv.org/ps/hep-th/9901001.ps.gz",
        "http://xxx.lanl.gov/abs/hep-th/9901001",
        "https://ar5iv.org/html/hep-th/9901001",
        "https://huggingface.co/papers/hep-th/9901001",
        "https://doi.org/10.48550/arXiv.hep-th/9901001",
        "oai:arXiv.org:hep-th/9901001",
        "[hep-th/9901001] Strings",
        "hep-th/9901001.pdf",
    ],
    f"{OLD}v12": ["hep-th/9901001v12", "Hep-Th/9901001V12", "https://arxiv.org/abs/hep-th/9901001v12", "https://arxiv.org/pdf/hep-th/9901001v12.pdf"],
    "math/0309136": [
        "math/0309136",
        "math.GT/0309136",
        "arXiv:math.GT/0309136",
        "arXiv:math/0309136 [math.GT]",
        "https://arxiv.org/abs/math.GT/0309136",
        "oai:arXiv.org:math.GT/0309136",
        "math.gt/0309136",
        "MATH.GT/0309136",
        "https://arxiv.org/abs/MATH.GT/0309136",
    ],
    "math/0309136v1": ["math.GT/0309136v1", "arXiv:math/0309136v1 [math.GT] 8 Sep 2003"],
    "cs/0601001": ["cs.LG/0601001", "https://arxiv.org/pdf/cs.LG/0601001.pdf"],
    "0704.0001": ["0704.0001", "https://arxiv.org/abs/0704.0001"],
    "0704.0010": ["0704.0010", "arXiv:0704.0010"],  # whose last zero is lost where it is read as a number
    "1412.9999": ["1412.9999"],
    "1501.00001": ["1501.00001"],
    "9912.12345": ["9912.12345"],  # December 2099, as far as anybody can tell
    "cond-mat/0703772": ["cond-mat/0703772"],
    "q-alg/9502003": ["q-alg/9502003"],
    "alg-geom/9202001": ["alg-geom/9202001"],
    "cmp-lg/9404001": ["cmp-lg/9404001"],
    "solv-int/9801001": ["solv-int/9801001"],
    "chao-dyn/9510015": ["chao-dyn/9510015"],
    "hep-lat/9107001": ["hep-lat/9107001"],
}


def test_the_table_is_as_long_as_promised() -> None:
    assert sum(map(len, SPELLINGS.values())) >= 80


@pytest.mark.parametrize(("text", "paper"), [(text, paper) for paper, texts in SPELLINGS.items() for text in texts])
def test_reads_every_spelling_of_a_paper(text: str, paper: str) -> None:
    found = parse_reference(text)
    assert isinstance(found, ArxivId)
    assert str(found) == paper


CLOSED = ("acc-phys", "alg-geom", "chao-dyn", "cmp-lg", "dg-ga", "patt-sol", "q-alg", "solv-int", "supr-con")
TODAY = ("astro-ph", "cond-mat", "cs", "gr-qc", "hep-ex", "hep-lat", "hep-ph", "hep-th", "math", "math-ph", "nlin", "nucl-th", "physics", "q-bio", "quant-ph")
MONTHS = st.integers(1, 12)
VERSIONS = st.none() | st.integers(1, 999)


def _new(year: int, month: int, number: int, version: int | None) -> ArxivId:
    when = year * 100 + month
    digits = 4 if when <= 1412 else 5
    return ArxivId(f"{when:04}.{1 + number % (10**digits - 1):0{digits}}", version)


def _old(archive: str, months: int, number: int, version: int | None) -> ArxivId:
    year, month = divmod(1991 * 12 + 6 + months, 12)
    return ArxivId(f"{archive}/{year % 100:02}{month + 1:02}{number:03}", version)


IDS = st.one_of(
    st.builds(_new, st.integers(8, 99), MONTHS, st.integers(0, 10**6), VERSIONS),
    st.builds(_new, st.just(7), st.integers(4, 12), st.integers(0, 10**6), VERSIONS),
    st.builds(_old, st.sampled_from(CLOSED + TODAY), st.integers(0, 188), st.integers(1, 999), VERSIONS),
)
TEMPLATES: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    lambda one: f" arXiv:{one} ",
    lambda one: f"ARXIV: {one}",
    lambda one: f"{one} [math.NT]",
    lambda one: f"arXiv:{one} [math.NT] 1 Jan 2008",
    lambda one: f"<{one}>",
    lambda one: f"https://arxiv.org/abs/{one}",
    lambda one: f"https://arxiv.org/abs/{quote(one, safe='')}",
    lambda one: f"http://www.arxiv.org/abs/{one}/?a=b#c",
    lambda one: f"arxiv.org/pdf/{one}.pdf",
    lambda one: f"https://export.arxiv.org/html/{one}",
    lambda one: f"https://fr.arxiv.org/e-print/{one}",
    lambda one: f"https://arxiv.org/src/{one}/anc/x",
    lambda one: f"https://www.alphaxiv.org/overview/{one}",
    lambda one: f"https://huggingface.co/papers/{one}",
    lambda one: f"https://ar5iv.org/html/{one}",
    lambda one: f"https://doi.org/10.48550/arXiv.{one}",
    lambda one: f"doi:10.48550/ARXIV.{one}",
    lambda one: f"oai:arXiv.org:{one}",
    lambda one: f"[{one}] A title: with [brackets] in it",
    lambda one: f"{one}.pdf",
)


@given(IDS)
def test_a_valid_id_survives_being_written_in_every_spelling(one: ArxivId) -> None:
    assert parse_arxiv_id(str(one)) == one
    assert {parse_reference(spell(str(one))) for spell in TEMPLATES} == {one}


@given(IDS)
def test_the_addresses_that_we_write_are_read_back(one: ArxivId) -> None:
    assert parse_reference(one.abs_url) == parse_reference(one.pdf_url) == one


# ---- what is refused ----

NO_PAGE = "is a page of arXiv that names no paper; give the address of an abstract, as https://arxiv.org/abs/2308.00951"
NO_WEB = "is no web address that can be asked"
NEITHER = "is neither an ID, an address, a search, a category nor a title; a search is written as"

MESSAGES: dict[str, str] = {
    "": "nothing is named; give an ID, an address, a search, a category or a title",
    "2308.1010": '"2308.1010" is no arXiv ID: the number has 5 digits since 2015; did you mean 2308.10100?',
    "2308.951": '"2308.951" is no arXiv ID: the number has 5 digits since 2015; did you mean 2308.95100?',
    "2308.0951": '"2308.0951" is no arXiv ID: the number has 5 digits since 2015; did you mean 2308.00951?',
    "2308.000951": '"2308.000951" is no arXiv ID: the number has 5 digits since 2015; did you mean 2308.00951?',
    "1501.0001": '"1501.0001" is no arXiv ID: the number has 5 digits since 2015; did you mean 1501.00001?',
    "0704.00001": '"0704.00001" is no arXiv ID: the number has 4 digits to 2014; did you mean 0704.0001?',
    "0808.05394": '"0808.05394" is no arXiv ID: the number has 4 digits to 2014; did you mean 0808.5394?',
    "1412.12345": '"1412.12345" is no arXiv ID: the number has 4 digits to 2014',
    "2313.00951": '"2313.00951" is no arXiv ID: it begins with year and month, from 0704 on, and "2313" is none',
    "0000.0000": '"0000.0000" is no arXiv ID: it begins with year and month, from 0704 on, and "0000" is none',
    "2308.00951v0": '"2308.00951v0" is no arXiv ID; did you mean 2308.00951?',
    "hep-th/9913001": '"hep-th/9913001" is no arXiv ID: this style went from 9107 to 0703, and "9913" is outside',
    "nope/9901001": '"nope/9901001" is no arXiv ID: there is no archive "nope"',
    "hep-th/990100": '"hep-th/990100" is no arXiv ID; write it as 2308.04079 or hep-th/9901001',
    "https://arxiv.org/abs/2313.00001": '"2313.00001" is no arXiv ID: it begins with year and month, from 0704 on, and "2313" is none',
    "https://arxiv.org/a/example_a_1": f'"https://arxiv.org/a/example_a_1" {NO_PAGE}',
    "https://huggingface.co/example/model": '"https://huggingface.co/example/model" names no paper; give its arXiv ID',
    "file:///etc/passwd": f'"file:///etc/passwd" {NO_WEB}',
    "Attention": f'"Attention" {NEITHER} ti:Attention',
}


@pytest.mark.parametrize(("text", "message"), MESSAGES.items())
def test_says_what_is_wrong_and_how_to_mend_it(text: str, message: str) -> None:
    assert told(text) == message


REFUSED: dict[str, list[str]] = {
    "nothing is named": ["   ", "\n", "<>", "\u00a0"],
    "begins with year and month": ["2300.00951", "0703.0001", "0613.0001", "2399.00001", "9900.00001", "arXiv:2313.00951", "10.48550/arXiv.9999.99999"],
    "the number has": ["2308.1", "1412.123", "2308.0000951", "0704.123456", "https://doi.org/10.48550/arXiv.2308.0095", "https://arxiv.org/pdf/2308.951.pdf"],
    "did you mean 2308.00951?": ["2308.00951v02", "2308.00951v1000", "2308.00951v", "2308.00951.", "https://arxiv.org/abs/2308.00951v0", "arXiv:2308.00951v0"],
    "this style went from": ["hep-th/0704001", "hep-th/9106001", "hep-th/9100001", "math.GT/0713001"],
    "there is no archive": ["hep-xx/0101001", "stat/0101001", "https://arxiv.org/abs/nope/0101001"],
    "is no arXiv ID": ["hep-th/99010011", "23080.0951", "2308.00951v1v2", "230.00951"],
    "names no paper": [
        "https://arxiv.org",
        "https://arxiv.org/",
        "https://arxiv.org/abs/",
        "https://arxiv.org/abs/cs.LG",
        "https://arxiv.org/abs/2308.00951v2v3",
        "https://arxiv.org/list/nope/new",
        "https://arxiv.org/search/?query=experts",
        "https://arxiv.org/help/api",
        "http://export.arxiv.org/api/query?search_query=all:experts",
        "https://www.alphaxiv.org/signin",
        "https://ar5iv.org/",
        "https://huggingface.co/papers/trending",
        "https://huggingface.co/papers/week/2026-W20",
    ],
    NO_WEB: [
        "https://arxiv.org@evil.example/abs/2308.00951",
        "https://arxiv.org:443@evil.example/abs/2308.00951",
        "https://user:word@arxiv.org/abs/2308.00951",
        "https://arxiv.org\\@evil.example/abs/2308.00951",
        "https://arxiv.org%2eevil.example/abs/2308.00951",
        "javascript://arxiv.org/abs/2308.00951",
        "file://arxiv.org/abs/2308.00951",
        "ftp://arxiv.org/abs/2308.00951",
        "https:///arxiv.org/abs/2308.00951",
        "https://example.org:99999/",
        "https://",
    ],
    NEITHER: ["a", "?", "2308", "javascript:alert(1)", "data:text/html,2308.00951", "mailto:a@example.org", "/etc/passwd", "hep-th.XX", "foo.LG", "cs.LGX", "cs.LG+", "cs.LG+foo"],
}


def test_the_refusals_are_as_many_as_promised() -> None:
    assert len(MESSAGES) + sum(map(len, REFUSED.values())) >= 40


@pytest.mark.parametrize(("text", "reason"), [(text, reason) for reason, texts in REFUSED.items() for text in texts])
def test_refuses_what_cannot_be_fetched(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        parse_reference(text)


@pytest.mark.parametrize("day", ["2026-13-45", "2026-02-29", "0000-01-01"])
def test_a_day_that_does_not_exist_has_no_list(day: str) -> None:
    with pytest.raises(ValueError, match=day):
        parse_reference(f"https://huggingface.co/papers/date/{day}")


@pytest.mark.parametrize(
    "text",
    [
        "https://arxiv.org.evil.example/abs/2308.00951",
        "https://evil.example/arxiv.org/abs/2308.00951",
        "https://evil.example/abs/2308.00951",
        "https://evilarxiv.org/abs/2308.00951",
        "https://arxiv.org.example/abs/2308.00951",
        "https://xyz.arxiv.org.evil.example/pdf/2308.00951.pdf",
        "https://evil.example/?u=https://arxiv.org/abs/2308.00951",
        "https://evil.example/#https://arxiv.org/abs/2308.00951",
        "https://\u0430rxiv.org/abs/2308.00951",
        "https://huggingface.co.evil.example/papers/2308.00951",
        "https://evil.example/10.48550/arXiv.2308.00951",
    ],
)
def test_another_host_is_never_taken_for_arxiv(text: str) -> None:
    """It is the address of somebody's feed, and is asked as such."""
    assert parse_reference(text) == Feed(text)


IDISH = st.text("0123456789./-[]:vabcdeXLGhpt+ \u0661\u0130", max_size=40)
URLISH = st.builds("".join, st.lists(st.sampled_from([
    "https://", "http:", "//", "arxiv.org", "doi.org", "huggingface.co", "10.48550/", "arXiv.", "/abs/", "/pdf/", "/papers/", "2308.00951", "hep-th/9901001",
    "v1", ".pdf", "@", ":", "%", "%2F", "[", "]", "?", "#", "\\", "\x00", "\u212a", " ", "cs.LG", "+", "ti:", "date/2026-06-31", "oai:arXiv.org:",
]), max_size=8))  # fmt: skip


@given(st.text() | IDISH | URLISH)
def test_whatever_is_pasted_is_something_or_refused_in_words(text: str) -> None:
    match found := told(text):
        case str():
            assert found
        case ArxivId():
            assert parse_reference(str(found)) == found
        case Listing(categories):
            assert parse_reference("+".join(categories)) == found
        case DailyPapers(day):
            assert not day or dt.date.fromisoformat(day)
        case Feed(url):
            assert is_web(url)
        case Query(words) | Title(words) | Doi(words):
            assert words == " ".join(words.split()) != ""


@given(st.from_regex(r"[a-z.-]{0,4}(/?\d{3,5}[./])?\d{4,8}(v0|v\d{1,4}|x|\.)?", fullmatch=True))
@example("23080.0951")
@example("nope/9901001v0")
@example("2313.00001x")
@example("x-math.gt.y/0309136")
def test_a_paper_that_is_proposed_instead_has_a_valid_id(text: str) -> None:
    if meant := re.search(r"did you mean (\S+)\?$", str(told(text))):
        assert parse_arxiv_id(meant[1])


def test_a_refusal_is_one_line() -> None:
    assert told("\nAttention\n") == f'"Attention" {NEITHER} ti:Attention'


LONG = 10_000
UNITS = ("0", "9", ".", "/", "-", "[", "]", "(", "a", "Z", ":", "+", "%", "<", "@", "\u00e9", "1.", "1/", "a-", "a/", "-/", "[1", "1v", "a-a.", "cs.LG+", "x ", "10.1000/", "%2e")
HEADS = ("", "[2308.00951] ", "2308.00951", "https://arxiv.org/abs/", "https://doi.org/10.48550/arXiv.", "cs.")


@pytest.mark.parametrize("read", [parse_reference, parse_arxiv_id, category_of])
@pytest.mark.parametrize("unit", UNITS)
def test_what_is_endless_costs_no_time(read: Callable[[str], object], unit: str) -> None:
    for head in HEADS:
        began = time.process_time()
        with contextlib.suppress(ValueError):
            read(head + unit * (LONG // len(unit)) + "!")
        assert time.process_time() - began < 1, f"{head}{unit}…"


# ---- what is no paper ----


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ti:experts", Query("ti:experts")),
        ("  ti:experts \n AND cat:cs.LG ", Query("ti:experts AND cat:cs.LG")),
        ('au:"Del Maestro"', Query('au:"Del Maestro"')),
        ("au:del_maestro ANDNOT ti:checkerboard", Query("au:del_maestro ANDNOT ti:checkerboard")),
        ("(ti:soft OR ti:sparse) AND abs:experts", Query("(ti:soft OR ti:sparse) AND abs:experts")),
        ("all:experts", Query("all:experts")),
        ("cat:q-fin.*", Query("cat:q-fin.*")),
        ("jr:Nature co:accepted rn:X-1", Query("jr:Nature co:accepted rn:X-1")),
        ("submittedDate:[202301010600 TO 202401010600]", Query("submittedDate:[202301010600 TO 202401010600]")),
        ("Attention Is All You Need", Title("Attention Is All You Need")),
        ("< A title\n in brackets >", Title("A title in brackets")),
        ("  The case for\n 4-bit: scaling laws ", Title("The case for 4-bit: scaling laws")),
        ("What is cat: a study of animals", Title("What is cat: a study of animals")),
        ("C++/Rust interoperation today", Title("C++/Rust interoperation today")),
        ("2001: A Space Odyssey", Title("2001: A Space Odyssey")),
        ("10.1038/nature12373", Doi("10.1038/nature12373")),
        ("doi:10.1038/nature12373", Doi("10.1038/nature12373")),
        ("DOI: 10.1038/nature12373", Doi("10.1038/nature12373")),
        ("doi.org/10.1038/nature12373", Doi("10.1038/nature12373")),
        ("https://doi.org/10.1038/nature12373.", Doi("10.1038/nature12373")),
        ("https://dx.doi.org/10.1016/0370-2693(91)91641-8", Doi("10.1016/0370-2693(91)91641-8")),
        ("cs.LG", Listing(("cs.LG",))),
        ("cs.lg", Listing(("cs.LG",))),
        ("CS.LG", Listing(("cs.LG",))),
        ("cs", Listing(("cs",))),
        ("CS", Listing(("cs",))),
        ("hep-th", Listing(("hep-th",))),
        ("HEP-TH", Listing(("hep-th",))),
        ("math-ph", Listing(("math-ph",))),
        ("astro-ph.EP", Listing(("astro-ph.EP",))),
        ("cond-mat.mes-hall", Listing(("cond-mat.mes-hall",))),
        ("cond-mat.MES-HALL", Listing(("cond-mat.mes-hall",))),
        ("physics.flu-dyn", Listing(("physics.flu-dyn",))),
        ("cs.LG+stat.ML", Listing(("cs.LG", "stat.ML"))),
        ("https://arxiv.org/list/cs.LG/recent", Listing(("cs.LG",))),
        ("https://arxiv.org/list/cs.lg/pastweek?show=100", Listing(("cs.LG",))),
        ("arxiv.org/list/hep-th/new", Listing(("hep-th",))),
        ("https://huggingface.co/papers", DailyPapers()),
        ("hf.co/papers/", DailyPapers()),
        ("https://huggingface.co/papers/date/2026-06-12", DailyPapers("2026-06-12")),
        ("https://example.org/feed.xml", Feed("https://example.org/feed.xml")),
        ("example.org/feed.xml", Feed("https://example.org/feed.xml")),
        ("http://example.org/rss?format=atom", Feed("http://example.org/rss?format=atom")),
        ("http://127.0.0.1:8000/feed", Feed("http://127.0.0.1:8000/feed")),
        ("<https://example.org/feed>", Feed("https://example.org/feed")),
    ],
)
def test_tells_searches_titles_lists_and_feeds_apart(text: str, found: Reference) -> None:
    assert parse_reference(text) == found


@pytest.mark.parametrize(
    ("text", "category"),
    [("cs.LG", "cs.LG"), ("cs.lg", "cs.LG"), ("stat", "stat"), ("q-bio.NC", "q-bio.NC"), ("nlin.CD", "nlin.CD"), ("gr-qc", "gr-qc"), ("gr-qc.XX", ""), ("cs.", ""), ("", ""), ("68T50", "")],
)
def test_a_category_is_written_as_arxiv_writes_it(text: str, category: str) -> None:
    assert category_of(text) == category


# ---- filters ----

SINCE, UNTIL = dt.date(2026, 6, 1), dt.date(2026, 6, 30)


@pytest.mark.parametrize(
    ("filters", "text", "query"),
    [
        (Filters(), "", ""),
        (Filters(), "ti:experts", "ti:experts"),
        (Filters(("cs.LG",)), "", "cat:cs.LG"),
        (Filters(("cs",)), "", "cat:cs.*"),
        (Filters(("hep-th",)), "", "cat:hep-th"),
        (Filters(("cs.LG", "stat.ML")), "", "(cat:cs.LG OR cat:stat.ML)"),
        (Filters(("cs", "hep-th")), "", "(cat:cs.* OR cat:hep-th)"),
        (Filters(authors=("Ada Example",)), "", 'au:"Ada Example"'),
        (Filters(authors=("Ada Example", "B. Sample")), "", 'au:"Ada Example" AND au:"B. Sample"'),
        (Filters(title="soft  mixtures"), "", 'ti:"soft mixtures"'),
        (Filters(title='a "quoted" word'), "", 'ti:"a quoted word"'),
        (Filters(authors=('x" OR all:"y',)), "", 'au:"x OR all: y"'),
        (Filters(since=SINCE, until=UNTIL), "", "submittedDate:[202606010000 TO 202606302359]"),
        (Filters(since=SINCE), "", "submittedDate:[202606010000 TO 219912312359]"),
        (Filters(until=UNTIL), "", "submittedDate:[199101010000 TO 202606302359]"),
        (Filters(("cs.LG",)), "ti:experts", "ti:experts AND cat:cs.LG"),
        (Filters(("cs.LG",)), "ti:soft OR ti:sparse", "(ti:soft OR ti:sparse) AND cat:cs.LG"),
        (Filters(("cs.LG",)), "ti:soft ti:sparse", "(ti:soft ti:sparse) AND cat:cs.LG"),  # two terms without a word between mean OR
        (Filters(("cs.LG",)), "ti:a ANDNOT ti:b", "(ti:a ANDNOT ti:b) AND cat:cs.LG"),
        (
            Filters(("cs.LG", "cs"), ("Ada Example",), "experts", SINCE, UNTIL), "abs:soft",
            'abs:soft AND (cat:cs.LG OR cat:cs.*) AND au:"Ada Example" AND ti:"experts" AND submittedDate:[202606010000 TO 202606302359]',
        ),
    ],
)  # fmt: skip
def test_filters_are_part_of_the_search(filters: Filters, text: str, query: str) -> None:
    assert filters.query(text) == query
    assert bool(filters) == (query != text)


@pytest.mark.parametrize(
    ("filters", "day", "included"),
    [
        (Filters(), dt.date(1991, 1, 1), True),
        (Filters(since=SINCE, until=UNTIL), None, True),
        (Filters(since=SINCE, until=UNTIL), dt.date(2026, 5, 31), False),
        (Filters(since=SINCE, until=UNTIL), SINCE, True),
        (Filters(since=SINCE, until=UNTIL), UNTIL, True),
        (Filters(since=SINCE, until=UNTIL), dt.date(2026, 7, 1), False),
        (Filters(since=SINCE), dt.date(2999, 1, 1), True),
        (Filters(until=UNTIL), dt.date(1991, 1, 1), True),
    ],
)
def test_both_days_of_a_span_are_within_it(filters: Filters, day: dt.date | None, included: bool) -> None:
    assert filters.include(day) is included
