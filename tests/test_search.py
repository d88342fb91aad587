"""The index of the archive: what is found by which words and in which order, in how many bytes. The script in a browser: test_search_browser.py."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roundup.search import Searchable, entry, patched, search_files
from roundup.search.cuts import cuts, scale_of
from roundup.search.postings import packed as as_text
from roundup.search.postings import unpacked
from roundup.search.words import _ASCII_TOKEN, _TOKEN
from searching import SPREAD, TEMPLATE, WORDS, Index, files_of, made_up, real
from test_catalogue import catalogue, issue, paper, pick

PAPERS = (
    Searchable("old.html", "Sparse mixtures", ("Ada Jørgensen", "Łukasz Kaiser"), "2020-1", ("routing",), "", "Networks of experts that gate each token."),
    Searchable("soft.html", "From Sparse to Soft Mixtures of Experts", ("Joan Puigcerver", "Neil Houlsby"), "2023-8 · cs.LG", ("mixture of experts",), "Each expert gets a blend of all tokens.", "Routing is hard."),
    Searchable("ood.html", "Detecting what is out-of-distribution", ("Eva Müller",), "2023-9", ("robustness",), "They asked GPT-4 about Erdős; pre-training helps.", "A survey."),
    Searchable("pre.html", "Pretraining at scale", ("Zoë Ångström",), "2023-9", (), "Families of studies, losses and boxes; a line of 1234567.", "The distribution of experts."),
    Searchable("cjk.html", "大规模语言模型的混合专家", ("李明",), "2024-1", ("綜述",), "トークンの経路", "ภาษาไทย"),
)  # fmt: skip


def index(documents: Iterable[Searchable]) -> Index:
    return Index(files_of(documents))


@pytest.fixture(scope="module")
def papers() -> Index:
    return index(PAPERS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("soft mixtures", "soft"),  # words of a title
        ("houlsby", "soft"),
        ("Neil Houlsby", "soft"),
        ("jorgensen", "old"),
        ("Jørgensen", "old"),
        ("LUKASZ", "old"),
        ("angstrom zoe", "pre"),
        ("robustness", "ood"),  # a tag
        ("a blend of all tokens", "soft"),  # commentary
        ("gate", "old"),  # an abstract
        ("out-of-distribution", "ood"),
        ("out of distribution", "ood"),
        ("out‑of‑distribution", "ood"),
        ("GPT-4", "ood"),
        ("gpt4", "ood"),
        ("gpt 4", "ood"),
        ("erdos", "ood"),
        ("pretraining", "pre ood"),
        ("pre-training", "pre ood"),
        ("pre training", "pre ood"),
        ("mixture", "soft old"),  # the plural, and both titles alike: the newer first
        ("experts", "soft pre old"),  # in a title, in abstracts
        ("routing", "old soft"),  # a tag counts more than the abstract
        ("expert token", "soft old"),  # commentary counts more than the abstract
        ("family", "pre"),
        ("study", "pre"),
        ("loss box", "pre"),
        ("1234567", "pre"),
        ("puigc", "soft"),  # half typed
        ("mix", "soft old"),
        ("mix experts", "soft pre old"),  # none has all: what has most. Only the last word may be half typed
        ("survey robustness gate", "ood"),  # none has all, one has two
        ("语言模型", "cjk"),
        ("模型", "cjk"),
        ("模", "cjk"),
        ("家", "cjk"),
        ("综述", ""),  # simplified and traditional characters are two
        ("綜述", "cjk"),
        ("経路", "cjk"),
        ("ไทย", "cjk"),
        ("the of and", ""),
        ("nothing", ""),
        ("", ""),
    ],
)
def test_what_is_found_and_in_which_order(query: str, expected: str, papers: Index) -> None:
    assert papers.find(query) == [f"{name}.html" for name in expected.split()]


def test_what_is_shown_of_a_paper() -> None:
    """Its link, its title, its first authors and a note."""
    many = index([Searchable("a.html", "A title", ("A", "B", "C", "D", "E"), "2023-8"), Searchable("b.html", "No more"), PAPERS[1]])
    assert many.row(0) == ["a.html", "A title", "A, B, C, D, … · 2023-8"]
    assert many.row(1) == ["b.html", "No more", ""]
    assert many.row(2) == ["soft.html", "From Sparse to Soft Mixtures of Experts", "Joan Puigcerver, Neil Houlsby · 2023-8 · cs.LG"]


def test_an_author_who_is_not_shown_is_found() -> None:
    assert index([Searchable("a.html", "A title", tuple("Ann Ben Cem Dan Eva".split()))]).find("eva") == ["a.html"]


def test_a_break_in_a_word_does_not_make_its_halves_words() -> None:
    """Where a line's end left a hyphen in one word of many, its halves find that paper only; the whole finds it, too."""
    broken = Searchable("broken.html", "Slow con-vergence")
    many = index([broken, *(Searchable(f"{number}.html", "Fast convergence") for number in range(30))])
    assert many.find("vergence") == ["broken.html"]
    assert len(many.find("convergence")) == 31


@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 64, 65, 100])
def test_the_count_tells_the_files(count: int) -> None:
    """The plan names the files before anything is in them."""
    files = files_of(made_up(count, commentary=3, abstract=3))
    assert tuple(files) == search_files(count)
    assert index(made_up(count, commentary=3, abstract=3)).find("nothing-at-all") == []


def test_new_papers_change_no_full_file_of_rows() -> None:
    before, after = (files_of(list(made_up(120, commentary=3, abstract=3))[:count]) for count in (70, 120))
    assert [after[f"search/rows-{number}.js"] == before[f"search/rows-{number}.js"] for number in range(3)] == [True, True, False]


def test_a_paper_keeps_its_number() -> None:
    """Neither the order of picks nor a later issue that takes a paper up again moves any; a new one comes last."""
    one, two, three = (pick(paper(number, "A")) for number in (1, 2, 3))
    for issues in ((issue(1, one, two), issue(2, three)), (issue(1, two, one), issue(2, three, one))):
        columns = catalogue(*issues).columns
        assert [name for _, name in sorted(zip(columns.numbers, columns.names, strict=True))] == ["2401.00001", "2401.00002", "2401.00003"]


def test_the_same_papers_give_the_same_bytes() -> None:
    assert files_of(PAPERS) == files_of(iter(PAPERS))


def test_a_word_is_asked_for_in_one_file() -> None:
    """Each file holds what stands between its first letters and the next file's."""
    many = index((*PAPERS, *made_up(400, commentary=60, abstract=60)))
    assert [word for number in range(len(many.first)) for word in many.shard(number) if many.shard_of(word) != number] == []
    assert many.first == sorted(set(many.first))


@pytest.mark.parametrize("count", [0, 1, 8, 9, 4096, 4097, 10**9])
def test_files_begin_where_the_number_of_papers_says(count: int) -> None:
    """More papers part the files of fewer."""
    first = cuts(scale_of(count))
    assert list(first) == sorted(set(first))
    assert first[0] == ""
    assert set(first) <= set(cuts(scale_of(2 * count)))
    assert len(first) == max(2, min(768, scale_of(count) * 3 // 16))


def test_files_are_about_as_long_as_each_other(shared: Path) -> None:
    """The price of a word does not hang on its letters: of real papers, no file is much longer than one is on average."""
    sizes = [packed(text) for path, text in files_of(real(shared, 1000)).items() if path.startswith("search/words-")][:128]
    assert max(sizes) < 1.6 * sum(sizes) / 128


TEXTS = st.text(st.characters() | st.sampled_from("\ud800\udfff\0\x1b\u2028\u2029\"'\\</script>-\xad語言𝒪ß"), max_size=40)


@given(st.lists(st.builds(Searchable, TEXTS, TEXTS, st.lists(TEXTS, max_size=3).map(tuple), TEXTS, st.lists(TEXTS, max_size=2).map(tuple), TEXTS, TEXTS), max_size=6))
def test_any_text_is_found_and_comes_back(documents: list[Searchable]) -> None:
    """Nothing in a text ends the script that carries it, and each is found by the whole of every text in it."""
    many = index(documents)
    assert many.about["count"] == len(documents)
    for number, document in enumerate(documents):
        assert many.row(number)[:2] == [document.href, document.title]
        for text in (document.title, *document.authors, *document.tags, document.commentary, document.abstract):
            for word in many.words(text):
                assert number in dict(many.places(word))


@given(st.text("aeihsxyzß ø7-", max_size=20))
def test_a_word_half_typed_begins_as_the_whole(text: str) -> None:
    many = index([Searchable("a.html", text)])
    for word in many.words(text):
        for length in range(1, len(word) + 1):
            assert all(word.startswith(begun) for begun in many.words(word[:length]))


# ---- what changes ----


def patch(files: Mapping[str, str], before: Sequence[Searchable], after: Sequence[Searchable]) -> dict[str, str] | None:
    changes = {n: (a and entry(a), b and entry(b)) for n, (a, b) in enumerate(zip_longest(before, after)) if a != b}
    return patched(changes, len(before), len(after), files.get)


SAID = st.lists(st.sampled_from("a the soft few shot few-shot fewshot pre-training pretraining models model 7 gpt4 語言 語言模型 𠀀𠀁 Ὀδυσσεύς русский ﬁne con-vergence z".split()), max_size=8).map(" ".join)
DOCUMENTS = st.builds(Searchable, st.sampled_from("ab"), SAID, st.lists(SAID, max_size=2).map(tuple), st.just(""), st.lists(SAID, max_size=1).map(tuple), SAID, SAID)
EDITS = st.tuples(st.sampled_from(("put", "add", "append", "remove", "swap")), st.integers(0, 79), DOCUMENTS)


def edited(documents: list[Searchable], kind: str, at: int, document: Searchable) -> list[Searchable]:
    at %= max(1, len(documents))
    if kind == "append":
        return [*documents, document]
    if kind == "swap":
        return [*documents[at:], *documents[:at]]
    return [*documents[:at], *(() if kind == "remove" else (document,)), *documents[at + (kind != "add") :]]


@given(st.sampled_from((0, 1, 5, 30, 33, 62, 64, 65, 70)), st.lists(EDITS, min_size=1, max_size=8))
def test_a_patched_index_is_what_all_papers_anew_give(count: int, edits: Sequence[tuple[str, int, Searchable]]) -> None:
    documents = list(made_up(count, commentary=3, abstract=3))
    files = files_of(documents)
    for edit in edits:
        after = edited(documents, *edit)
        new, cold = patch(files, documents, after), files_of(after)
        if new is None:
            assert scale_of(len(after)) != scale_of(len(documents))
            new = cold
        else:
            assert [path for path, text in new.items() if text == files.get(path)] == []
        documents, files = after, {path: new.get(path, files.get(path)) for path in search_files(len(after))}
        assert files == cold


def test_a_word_changed_touches_the_files_that_hold_it() -> None:
    documents = list(made_up(300, commentary=60, abstract=60))
    files = files_of(documents)
    after = [*documents]
    after[7] = replace(after[7], commentary=f"{after[7].commentary} sparsity")
    new = patch(files, documents, after)
    assert new is not None
    assert list(new) == [f"search/words-{Index(files).shard_of('sparsit')}.js"]
    assert patch(files, documents, documents) == {}


def test_a_title_changed_touches_its_row() -> None:
    files = files_of(PAPERS)
    assert patch(files, PAPERS, (*PAPERS[:4], replace(PAPERS[4], href="moved.html"))) == {
        "search/rows-0.js": files["search/rows-0.js"].replace("cjk.html", "moved.html")
    }


def test_an_index_that_lost_a_file_is_made_anew() -> None:
    after = (*PAPERS[:4], replace(PAPERS[4], title="Sparse"))
    assert patch({}, PAPERS, after) is None
    assert patch(files_of(PAPERS), PAPERS, (*PAPERS, *PAPERS)) is None


@given(st.lists(st.sets(st.integers(0, 999), min_size=1).map(sorted), max_size=5), st.integers(0, 2))
def test_places_come_back(found: list[list[int]], where: int) -> None:
    places = [[4 * document + where for document in documents] for documents in found]
    assert [list(unpacked(text, 1024)) for text in as_text(places, 1024)] == places


# ---- the budget ----

BUDGET = 150_000


def packed(text: str) -> int:
    return len(gzip.compress(text.encode(), 9, mtime=0))


def most_that_a_query_loads(files: dict[str, str]) -> int:
    """Return the bytes, compressed, that no first query exceeds: each word in the largest files, each of ten results in the largest of its own."""
    sizes = {kind: sorted((packed(text) for path, text in files.items() if path.startswith(f"search/{kind}")), reverse=True) for kind in ("index", "words", "rows")}
    return packed(TEMPLATE.read_text()) + sum(sizes["index"]) + sum(sizes["words"][: WORDS - 1 + SPREAD]) + sum(sizes["rows"][:10])


def test_a_first_query_is_cheap() -> None:
    """A thousand papers as long as editors' and arXiv's are: words of 6 letters on average."""
    assert most_that_a_query_loads(files_of(made_up(1000, commentary=145, abstract=185))) < BUDGET


def test_a_first_query_is_cheap_over_real_papers(shared: Path) -> None:
    documents = real(shared, 1000)
    assert sum(len(document.abstract) for document in documents) > 1_150_000
    assert sum(len(document.commentary) for document in documents) > 940_000
    assert most_that_a_query_loads(files_of(documents)) < BUDGET


@given(st.text("az09-_'A", max_size=12) | st.from_regex(r"[a-z0-9-]{25,70}", fullmatch=True))
def test_what_is_ascii_is_cut_as_any_text_is(text: str) -> None:
    assert _ASCII_TOKEN.findall(text) == re.findall(_TOKEN, text)
