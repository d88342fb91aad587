"""The ranking of what waits for a decision: what it learns, what it is told, and what it says of that."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roundup.config import Interests
from roundup.errors import RefusedError
from roundup.paper import ArxivId, Author, Paper, Sighting
from roundup.paper import day as day_of
from roundup.ranking import PASSED, PICKED, SKIPPED, Known, Lesson, Usual, dump_sketch, learned, learner, parse_sketch, said, sketched
from roundup.ranking.groups import likes
from roundup.ranking.model import Example, Learner, Regression
from roundup.ranking.reason import OTHER_WORDS, Reason
from roundup.ranking.terms import words_in

TODAY = dt.date(2024, 3, 1)
NOTHING = Interests()


def paper(name: str, title: str, abstract: str = "", authors: str = "Ann Nobody", category: str = "cs.LG", votes: int | None = None, day: int = 1) -> Paper:
    seen = (Sighting("huggingface", upvotes=votes),) if votes is not None else ()
    return Paper(ArxivId(name), title, tuple(map(Author, authors.split(", "))), (category,), abstract, dt.date(2024, 2, day), seen=seen)


EXPERTS = paper("2402.00001", "Sparse mixtures of experts", "Each token is routed to few experts of a sparse layer.", "Joan Puigcerver, Neil Houlsby")
SOFT = paper("2402.00002", "Soft experts", "A mixture of experts in which each expert of the layer sees all tokens.", "Neil Houlsby", day=2)
ROUTING = paper("2402.00003", "Routing tokens", "How a token is routed to an expert of a sparse mixture.", day=3)
GRAPHS = paper("2402.00004", "Colouring graphs", "Each planar graph is coloured by a greedy algorithm.", category="math.CO", day=4)
PLANAR = paper("2402.00005", "Planar graphs", "A greedy algorithm for graphs that are planar.", category="math.CO", votes=30, day=5)
RIVERS = paper("2402.00006", "Rivers and sediment", "Sediment is carried by rivers into the sea.", category="physics.geo-ph", votes=3, day=6)
ALL = (EXPERTS, SOFT, ROUTING, GRAPHS, PLANAR, RIVERS)


@dataclass(frozen=True)
class Ranked:
    paper: Paper
    score: float
    why: tuple[Reason, ...]


def known(one: Paper) -> Known:
    news = one.announced or one.submitted
    return Known(one.id.name, sketched(one), lambda: one, one.votes, day_of(news) if news else None)


def rank(papers: Sequence[Paper], history: Iterable[Lesson], interests: Interests, today: dt.date, learns: Learner = Regression) -> list[Ranked]:
    """Return the papers in their order, each with its score and the reasons."""
    papers = sorted({one.id.name: one for one in reversed(papers)}.values(), key=lambda one: one.id.name)
    liked = [Lesson(known(one), PICKED, today) for one in papers if one.id.name in interests.likes]
    found = list(map(known, papers))
    ranking = learned([*history, *liked], interests, today, Usual().changed(map(sketched, papers)), learns, found).scored(found)
    by_name = {one.id.name: one for one in papers}
    return [Ranked(by_name[name], ranking.scores[name], ranking.why(by_name[name])) for name in ranking.ordered(found)]


def ids(ranked: Iterable[Ranked]) -> list[str]:
    return [one.paper.id.base[-1] for one in ranked]


def score(ranked: Iterable[Ranked], wanted: Paper) -> float:
    return next(one.score for one in ranked if one.paper == wanted)


def picked(one: Paper, day: dt.date = TODAY) -> Lesson:
    return Lesson(known(one), PICKED, day)


# ---- what comes first ----


@pytest.mark.parametrize(
    ("interests", "history", "order"),
    [
        pytest.param(NOTHING, (), "564321", id="nothing is known: votes, then the newest"),
        pytest.param(Interests(authors=("Joan Puigcerver",)), (), "156432", id="a followed author comes first"),
        pytest.param(Interests(authors=("J. Puigcerver",)), (), "156432", id="an initial is enough"),
        pytest.param(Interests(words=("mixtures of experts",), authors=("Joan Puigcerver",)), (), "125643", id="an author before words, words before votes"),
        pytest.param(Interests(words=("river", "sediment", "sea", "sparse"), authors=("Neil Houlsby",)), (), "126354", id="an author before many words"),
        pytest.param(Interests(categories=("math.CO",)), (), "546321", id="a category, then votes"),
        pytest.param(Interests(likes=("2402.00001",)), (), "132", id="what is like a liked paper"),
        pytest.param(NOTHING, (picked(EXPERTS),), "132", id="what is like a pick"),
        pytest.param(NOTHING, (picked(EXPERTS), Lesson(known(GRAPHS), SKIPPED, TODAY)), "132", id="what is like a pick, and unlike what was turned down"),
    ],
)
def test_order(interests: Interests, history: tuple[Lesson, ...], order: str) -> None:
    assert "".join(ids(rank(ALL, history, interests, TODAY)))[: len(order)] == order


def test_a_pick_raises_what_is_like_it_and_a_skip_lowers_it() -> None:
    before = rank(ALL, [picked(GRAPHS)], NOTHING, TODAY)
    more = rank(ALL, [picked(GRAPHS), picked(EXPERTS)], NOTHING, TODAY)
    less = rank(ALL, [picked(GRAPHS), Lesson(known(EXPERTS), SKIPPED, TODAY)], NOTHING, TODAY)
    assert score(less, SOFT) < score(before, SOFT) < score(more, SOFT)


def test_turning_down_counts_more_than_leaving() -> None:
    history = [picked(GRAPHS), Lesson(known(RIVERS), PASSED, TODAY)]
    passed = rank(ALL, [*history, Lesson(known(EXPERTS), PASSED, TODAY)], NOTHING, TODAY)
    skipped = rank(ALL, [*history, Lesson(known(EXPERTS), SKIPPED, TODAY)], NOTHING, TODAY)
    assert score(skipped, SOFT) < score(passed, SOFT)


def test_what_was_picked_long_ago_counts_less() -> None:
    old = TODAY - dt.timedelta(days=1500)
    recent = rank(ALL, [picked(GRAPHS), picked(EXPERTS)], NOTHING, TODAY)
    faded = rank(ALL, [picked(GRAPHS), picked(EXPERTS, old)], NOTHING, TODAY)
    assert score(faded, SOFT) < score(recent, SOFT)


def test_the_last_decision_on_a_paper_counts() -> None:
    yesterday = TODAY - dt.timedelta(days=1)
    changed = [picked(GRAPHS), Lesson(known(EXPERTS), SKIPPED, yesterday), picked(EXPERTS)]
    assert rank(ALL, changed, NOTHING, TODAY) == rank(ALL, [picked(GRAPHS), picked(EXPERTS)], NOTHING, TODAY)


def test_what_was_picked_in_another_age_is_still_learned_from() -> None:
    ranked = rank(ALL, [picked(EXPERTS, dt.date(950, 1, 1)), Lesson(known(GRAPHS), PASSED, dt.date(950, 1, 1))], NOTHING, TODAY)
    assert score(ranked, SOFT) > score(ranked, PLANAR)


def test_a_day_in_the_future_is_today() -> None:
    assert rank(ALL, [picked(EXPERTS, dt.date.max)], NOTHING, TODAY) == rank(ALL, [picked(EXPERTS)], NOTHING, TODAY)


def test_nobody_waits() -> None:
    assert rank([], [picked(EXPERTS)], NOTHING, TODAY) == []


# ---- what it says ----


def test_says_why() -> None:
    interests = Interests(words=("mixture of experts",), authors=("Neil Houlsby",), categories=("cs.LG",))
    first = rank(ALL, [], interests, TODAY)[0]
    assert said(first.why) == "Houlsby, mixture of experts, cs.LG +4.5"


def test_says_what_it_learned() -> None:
    ranked = {one.paper: said(one.why) for one in rank(ALL, [picked(EXPERTS), Lesson(known(GRAPHS), SKIPPED, TODAY)], NOTHING, TODAY)}
    assert ranked[SOFT] == "Houlsby, layer, mixture expert +0.3"
    assert ranked[PLANAR].startswith("30 votes +0.3; ")
    assert "graph" in ranked[PLANAR]


def test_reasons_for_stand_before_reasons_against() -> None:
    why = (Reason("survey", -0.3), Reason("sparse", 0.5), Reason(OTHER_WORDS, 9.0), Reason("soft moe", 0.7))
    assert said(why) == "soft moe, sparse +1.2; survey -0.3"
    assert said(()) == ""


# ---- whatever the papers are ----

TEXT = st.text(st.sampled_from("ab cd ef $\\{}^_%-\né漢ß\0") | st.characters(), max_size=40)
NAMES = st.integers(1, 30).map("2402.{:05}".format)
PAPERS = st.builds(
    lambda name, title, abstract, author, votes: Paper(
        ArxivId(name), title, (Author(author),), ("cs.LG",), abstract, TODAY, seen=(Sighting("huggingface", upvotes=votes),)
    ),
    NAMES, TEXT, TEXT, TEXT, st.none() | st.integers(0, 10**9),
)  # fmt: skip
DECISIONS = st.builds(Lesson, PAPERS.map(known), st.sampled_from((PICKED, SKIPPED, PASSED)), st.dates())
INTERESTS = st.builds(Interests, st.lists(TEXT, max_size=3).map(tuple), st.lists(TEXT, max_size=3).map(tuple), st.just(("cs.LG",)), st.lists(NAMES, max_size=2).map(tuple))


@given(st.lists(PAPERS, max_size=8, unique_by=lambda one: one.id), st.lists(DECISIONS, max_size=6), INTERESTS, st.randoms(use_true_random=False))
def test_any_text_is_ranked_in_one_order(papers: list[Paper], history: list[Lesson], interests: Interests, random: object) -> None:
    """Nothing is lost or raised, the order of what comes in changes nothing, and the reasons sum to the score."""
    history = list({decision.paper.name: decision for decision in history}.values())
    ranked = rank(papers, history, interests, TODAY)
    assert sorted(one.paper.id for one in ranked) == sorted(one.id for one in papers)
    assert rank(papers[::-1], history[::-1], interests, TODAY) == ranked
    for one in ranked:
        assert one.score == pytest.approx(sum(reason.weight for reason in one.why), abs=1e-5)
        assert said(one.why) is not None
    places = [one.id.name for one in papers]
    assert all(places.index(head) < places.index(name) for name, head in likes(list(map(known, papers))).items())


@given(st.lists(st.sampled_from(ALL), min_size=2, unique=True), st.data())
def test_another_pick_like_it_never_lowers_a_paper(picks: list[Paper], data: st.DataObject) -> None:
    twin = data.draw(st.sampled_from(picks))
    candidate = Paper(ArxivId("2402.00099"), twin.title, twin.authors, twin.categories, twin.abstract)
    others = [picked(one) for one in picks if one != twin]
    assert score(rank([candidate], [*others, picked(twin)], NOTHING, TODAY), candidate) >= score(rank([candidate, twin], others, NOTHING, TODAY), candidate)


def test_the_same_bytes_with_any_hash_seed(tmp_path: Path) -> None:
    code = "import test_ranking as t; print(t.rank(t.ALL, [t.picked(t.EXPERTS), t.Lesson(t.known(t.GRAPHS), t.SKIPPED, t.TODAY)], t.NOTHING, t.TODAY))"
    root = Path(__file__).parent
    printed = {
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{root}:{root.parent}"}, capture_output=True, check=True).stdout for seed in "012"
    }
    assert len(printed) == 1
    assert b"experts" in printed.pop()


def test_a_wish_is_known_by_a_sketch_as_it_is_by_a_text() -> None:
    interests = Interests(("experts", "mixture of experts", "sparse mixtures of experts", "planar graph"), ("N. Houlsby", "Joan Puigcerver"), ("math.CO", "cs.LG"))
    twice = replace(EXPERTS, categories=("stat.ML", "cs.LG"))
    found = {one.title: score for one in (*ALL, twice) for score in [rank([one], [], interests, TODAY)[0].score]}
    reasons = {one.title: sum(reason.weight for reason in rank([one], [], interests, TODAY)[0].why if reason.word != OTHER_WORDS) for one in (*ALL, twice)}
    assert found == pytest.approx(reasons, abs=1e-6)
    assert found["Sparse mixtures of experts"] == 3 + 1 + 0.5 + 0.25 + 0.25


def test_a_sketch_is_what_is_kept_of_a_paper() -> None:
    """Where this changes, inboxes have to be told: by the release of their tables."""
    sketch = sketched(EXPERTS)
    kept = dump_sketch(sketch)
    assert dump_sketch(parse_sketch(kept)) == kept
    assert (len(sketch.categories), len(sketch.authors), len(sketch.once), len(sketch.more), len(sketch.shorts)) == (1, 2, 10, 2, 2)
    assert zlib.crc32(kept) == 1345588303


def test_what_is_usual_is_counted_up_and_down() -> None:
    whole = Usual().changed(map(sketched, ALL))
    assert whole.papers == len(ALL)
    again = whole.changed([sketched(EXPERTS)], [sketched(EXPERTS), sketched(SOFT)])
    assert again == Usual().changed(map(sketched, [EXPERTS, *ALL[2:]]))


# ---- words ----


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Sparse Mixtures of Experts", "sparse mixture expert"),
        (r"G\"odel and $\ell_2$ Loss at 75\%", "godel loss 75"),
        ("Pre-training GPT-4 in 2024, with 123456 steps", "pre training gpt 2024 step"),
        ("Müller's naïve café", "muller naive cafe"),
        ("大规模 模型", "大规模 模型"),
        ("", ""),
    ],
)
def test_words(text: str, words: str) -> None:
    assert " ".join(words_in(text)) == words


# ---- the same paper twice ----


def test_what_is_nearly_the_same_is_like_the_first_of_them() -> None:
    again = paper("2402.00007", "Sparse Mixtures of Experts.")
    long = "A greedy algorithm colours planar graphs with five colours, faster than any that was known before, and is simple enough to be taught at schools"
    first, second, third = paper("2402.00008", "Five colours", long), paper("2402.00009", "A title", f"{long} everywhere"), paper("2402.00010", "Five colours")
    found = likes([known(one) for one in (SOFT, EXPERTS, first, again, RIVERS, second, third)])
    assert found == {"2402.00007": "2402.00001", "2402.00009": "2402.00008", "2402.00010": "2402.00008"}


def test_one_word_is_no_title_of_the_same_paper() -> None:
    assert likes([known(paper("2402.00007", "Erratum", "One thing.")), known(paper("2402.00008", "Erratum", "Something else."))]) == {}


def test_papers_of_the_same_people_are_not_alike_for_that() -> None:
    people = ", ".join(f"Person {letter}{other}" for letter in "abcdefgh" for other in "klmnopqr")
    assert likes([known(paper("2402.00007", "Search for a boson", authors=people)), known(paper("2402.00008", "Detector upgrade plans", authors=people))]) == {}


# ---- who learns ----


def test_own_model_needs_no_decision_against() -> None:
    model = Regression()
    model.fit([Example(known(EXPERTS), taken=True)], Usual().changed(map(sketched, ALL)), ())
    values = model.values([known(SOFT), known(RIVERS)])
    assert values[0] > values[1]


def test_scikit_learn_stands_behind_the_same_interface() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn, the extra ranking, is not installed")
    learns = learner(Interests(ranking="scikit-learn"))
    history = [picked(EXPERTS), Lesson(known(GRAPHS), SKIPPED, TODAY)]
    assert ids(rank(ALL, history, NOTHING, TODAY, learns))[0] == "1"
    assert ids(rank([EXPERTS], [picked(EXPERTS)], NOTHING, TODAY, learns)) == ["1"]
    empty = paper("2402.00007", "$$")
    assert len(rank([empty, SOFT], history, NOTHING, TODAY, learns)) == 2


def test_scikit_learn_is_asked_for_where_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    monkeypatch.delitem(sys.modules, "roundup.ranking.scikit", raising=False)
    with pytest.raises(RefusedError) as refused:
        learner(Interests(ranking="scikit-learn"))
    assert str(refused.value) == '"ranking: scikit-learn" needs scikit-learn; pip install "roundup-digest[ranking]", or write own'


class Constant:
    """Another model: all papers are alike to it."""

    def fit(self, examples: Sequence[Example], usual: Usual, others: Sequence[Known]) -> None:
        pass

    def values(self, papers: Sequence[Known]) -> list[float]:
        return [1.0] * len(papers)

    def terms(self, paper: Paper) -> list[tuple[str, float]]:
        return []


def test_any_model_can_take_its_place() -> None:
    assert [one.why[0] for one in rank(ALL, [picked(EXPERTS)], NOTHING, TODAY, Constant)] == [Reason(OTHER_WORDS, 6.0)] * len(ALL)
