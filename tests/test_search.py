"""The index of the archive: what is found by which words and in which order, in how many bytes. The script in a browser: test_search_browser.py."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.search import Searchable, search_files, search_index
from searching import SPREAD, TEMPLATE, WORDS, Index, made_up, real

PAPERS = (
    Searchable("old.html", "Sparse mixtures", ("Ada Jørgensen", "Łukasz Kaiser"), "2020-1", ("routing",), "", "Networks of experts that gate each token."),
    Searchable("soft.html", "From Sparse to Soft Mixtures of Experts", ("Joan Puigcerver", "Neil Houlsby"), "2023-8 · cs.LG", ("mixture of experts",), "Each expert gets a blend of all tokens.", "Routing is hard."),
    Searchable("ood.html", "Detecting what is out-of-distribution", ("Eva Müller",), "2023-9", ("robustness",), "They asked GPT-4 about Erdős; pre-training helps.", "A survey."),
    Searchable("pre.html", "Pretraining at scale", ("Zoë Ångström",), "2023-9", (), "Families of studies, losses and boxes; a line of 1234567.", "The distribution of experts."),
    Searchable("cjk.html", "大规模语言模型的混合专家", ("李明",), "2024-1", ("綜述",), "トークンの経路", "ภาษาไทย"),
)  # fmt: skip


def index(documents: Iterable[Searchable]) -> Index:
    return Index(search_index(documents))


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
    """Where a line's end left a hyphen in one word of many, its halves find that paper only."""
    broken = Searchable("broken.html", "Slow con-vergence")
    many = index([broken, *(Searchable(f"{number}.html", "Fast convergence") for number in range(30))])
    assert many.find("vergence") == ["broken.html"]
    assert len(many.find("convergence")) == 30


@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 64, 65, 100])
def test_the_count_tells_the_files(count: int) -> None:
    """The plan names the files before anything is in them."""
    files = search_index(made_up(count, commentary=3, abstract=3))
    assert tuple(files) == search_files(count)
    assert index(made_up(count, commentary=3, abstract=3)).find("nothing-at-all") == []


def test_new_papers_change_no_full_file_of_rows() -> None:
    before, after = (search_index(list(made_up(120, commentary=3, abstract=3))[:count]) for count in (70, 120))
    assert [after[f"search/rows-{number}.js"] == before[f"search/rows-{number}.js"] for number in range(3)] == [True, True, False]


def test_the_same_papers_give_the_same_bytes() -> None:
    assert search_index(PAPERS) == search_index(iter(PAPERS))


def test_a_word_is_asked_for_in_one_small_file() -> None:
    """All files of words are about as long as each other, and each holds what stands between its first word and the next file's."""
    many = index(made_up(400, commentary=60, abstract=60))
    lengths = [len(many.files[f"search/words-{number}.js"]) for number in range(20)]
    assert max(lengths) < 1.5 * min(lengths)
    assert [word for number in range(20) for word in many.shard(number) if many.shard_of(word) != number] == []
    assert many.first == sorted(many.first)


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
    assert most_that_a_query_loads(search_index(made_up(1000, commentary=145, abstract=185))) < BUDGET


def test_a_first_query_is_cheap_over_real_papers(shared: Path) -> None:
    documents = real(shared, 1000)
    assert sum(len(document.abstract) for document in documents) > 1_150_000
    assert sum(len(document.commentary) for document in documents) > 940_000
    assert most_that_a_query_loads(search_index(documents)) < BUDGET
