"""The archive by paper, author and topic: whose page is whose, what is near what, and what a renamed page leaves behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.archive import Archive
from roundup.catalogue import Catalogue, Coverage
from roundup.config import AUTHORS, TOPICS, Config, Known
from roundup.issue import Issue, IssueKey, Link, Pick, Prose, Section
from roundup.moves import Permalinks, Trail, dump_trail, end_of, kept, parse_trail, trail_of
from roundup.paper import ArxivId, Author, Paper
from roundup.text.slugs import lasting_slug


def paper(number: int, *names: str, title: str = "A title", version: int | None = None, abstract: str = "", categories: tuple[str, ...] = ("cs.LG",)) -> Paper:
    return Paper(ArxivId(f"2401.{number:05}", version), title, tuple(map(Author, names)), categories, abstract=abstract)


def pick(subject: Paper | Link, *tags: str, words: str = "Some words.", name: str = "") -> Pick:
    return Pick(subject, name or (subject.id.name if isinstance(subject, Paper) else "a-talk"), Prose(words), tags=tags)


def issue(month: int, *picks: Pick, draft: bool = False) -> Issue:
    return Issue(IssueKey(2024, month), f"2024-{month}", date=None if draft else dt.date(2024, month, 28), sections=(Section(picks=picks),))


def catalogue(*issues: Issue, **config: tuple[Known, ...]) -> Catalogue:
    newest_first = tuple(sorted(issues, key=lambda one: one.key, reverse=True))
    return Catalogue(Archive.of(newest_first), Config(**config))  # type: ignore[arg-type]


def near(found: Catalogue, name: str) -> list[str]:
    return names(found.near(found.named(name)[0]))


def names(coverages: Iterable[Coverage]) -> list[str]:
    return [coverage.name for coverage in coverages]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Neil Houlsby", "neil-houlsby"), ("Anna-Lena Ångström", "anna-lena-angstrom"), ("Søren Kierkegård", "soren-kierkegard"), ("Łukasz Kaiser", "lukasz-kaiser"),
        ("N. Houlsby", "n-houlsby"), ("mixture of experts", "mixture-of-experts"), ("Mixture-of-Experts", "mixture-of-experts"), ("cs.LG", "cs-lg"),
        ("John O'Neill", "john-o-neill"), ("John O’Neill", "john-o-neill"),
    ],
)  # fmt: skip
def test_a_page_is_named_by_letters_that_people_type(name: str, slug: str) -> None:
    assert lasting_slug(name) == slug


@pytest.mark.parametrize(
    ("one", "other"),
    [("C++", "C"), ("C++", "C#"), ("李明", "王芳"), ("李 Ming", "王 Ming"), ("Index", "index-x"), ("index", "in dex"), ("a" * 70, "a" * 71), ("α-divergence", "β-divergence"), ("$", "%"), ("...", "()")],
)
def test_two_names_never_share_a_page(one: str, other: str) -> None:
    assert lasting_slug(one) != lasting_slug(other)


def test_no_author_takes_the_page_of_the_list() -> None:
    assert lasting_slug("Index") not in ("index", "")


@given(st.text(max_size=80))
def test_any_name_has_a_page(name: str) -> None:
    slug = lasting_slug(name)
    assert slug
    assert slug.isascii()
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert lasting_slug(name.upper().lower()) == lasting_slug(name.lower())


def test_spellings_that_differ_in_accents_and_case_are_one_author_called_as_most_often() -> None:
    found = catalogue(issue(1, pick(paper(1, "José García")), pick(paper(2, "Jose Garcia")), pick(paper(3, "José García"))))
    assert [(a.slug, a.name, names(a.coverages)) for a in found.listings(AUTHORS)] == [("jose-garcia", "José García", ["2401.00001", "2401.00002", "2401.00003"])]


def test_a_listed_author_has_one_page_for_every_spelling() -> None:
    known = Known("Neil Houlsby", ("N. Houlsby",), url="https://example.org/")
    found = catalogue(issue(1, pick(paper(1, "N. Houlsby")), pick(paper(2, "Neil Houlsby"))), authors=(known,))
    assert [(a.slug, a.name, a.known, len(a.coverages)) for a in found.listings(AUTHORS)] == [("neil-houlsby", "Neil Houlsby", known, 2)]


def test_two_people_of_one_name_have_a_page_each_where_the_editors_say_so() -> None:
    known = Known("Wei Wang (Tsinghua)", ("Wei Wang",), papers=("2401.00001",))
    found = catalogue(issue(1, pick(paper(1, "Wei Wang")), pick(paper(2, "Wei Wang"))), authors=(known,))
    assert {a.slug: names(a.coverages) for a in found.listings(AUTHORS)} == {"wei-wang": ["2401.00002"], "wei-wang-tsinghua": ["2401.00001"]}


def test_a_topic_is_a_tag_or_a_category_in_any_spelling() -> None:
    found = catalogue(issue(1, pick(paper(1, "A"), "MoE"), pick(paper(2, "A"), "Mixture of experts")), topics=(Known("mixture of experts", ("MoE",)),))
    assert {t.name: len(t.coverages) for t in found.listings(TOPICS)} == {"cs.LG": 2, "mixture of experts": 2}


def test_a_paper_of_two_issues_is_one_with_the_newest_record_and_words() -> None:
    found = catalogue(issue(1, pick(paper(1, "A", version=2, title="Two"), "x")), issue(2, pick(paper(1, "A", version=1, title="One"), "y")))
    one = found.named("2401.00001")[0]
    assert ([s.issue.key.month for s in one.standings], one.paper and one.paper.id.version, one.title, one.tags) == ([2, 1], 2, "Two", ("y", "x"))


def test_an_editors_own_list_of_authors_takes_nobodys_page_away() -> None:
    own = Pick(paper(1, "Ann Bee", "Cee Dee"), "2401.00001", authors=(Author("Eve Eff"),))
    found = catalogue(issue(1, pick(paper(1, "Ann Bee", "Cee Dee"))), issue(2, own))
    assert [author.slug for author in found.listings(AUTHORS)] == ["ann-bee", "cee-dee", "eve-eff"]


def test_links_of_one_name_in_two_issues_are_two_things() -> None:
    talk = Link("https://example.org/", "A talk")
    found = catalogue(issue(1, pick(talk, "t")), issue(2, pick(talk, "t")))
    assert [len(topic.coverages) for topic in found.listings(TOPICS) if topic.slug == "t"] == [2]
    assert not list(found.papers)


@pytest.mark.parametrize(("name", "sorted_as", "letter"), [("Luc Van Gool", "van gool luc", "V"), ("Erik Ångström", "angstrom erik", "A"), ("李明", "李明", "…"), ("Ядвига Янович", "янович ядвига", "Я"), ("42 Team", "42 team", "…")])
def test_an_author_is_looked_up_by_family_name(name: str, sorted_as: str, letter: str) -> None:
    (one,) = catalogue(issue(1, pick(paper(1, name)))).listings(AUTHORS)
    assert (one.sorted_as, one.letter) == (sorted_as, letter)


# ---- what is near ----


def test_a_reference_and_tags_bring_papers_together_and_a_single_word_does_not() -> None:
    rows = [
        pick(paper(1, "A", title="Sparse experts route"), "experts", words="As in [[2401.00004]]."), pick(paper(2, "A", title="Soft experts"), "experts"),
        pick(paper(3, "A", title="Sparse gardens")), pick(paper(4, "A", title="Unlike all")), *(pick(paper(n, "A", title=f"Thing{n}x other{n}x")) for n in range(5, 30)),
    ]  # fmt: skip
    found = catalogue(issue(1, *rows))
    assert near(found, "2401.00001") == ["2401.00002", "2401.00004"] or near(found, "2401.00001") == ["2401.00004", "2401.00002"]
    assert near(found, "2401.00004") == ["2401.00001"]
    assert near(found, "2401.00010") == []


# ---- what moved ----

SITE = Config(url="https://example.org/a/")


def trail(*issues: Issue, **config: tuple[Known, ...]) -> Trail:
    return trail_of(catalogue(*issues, **config), "https://example.org/a/", (), {})


def moved(before: Trail, now: Trail, **stayed: str) -> dict[str, str]:
    return dict(kept(Permalinks("", stayed), before, now, SITE).moved)


def test_an_author_spelt_otherwise_is_followed() -> None:
    before = trail(issue(1, pick(paper(1, "A One", "N. Houlsby")), pick(paper(2, "N. Houlsby"))))
    now = trail(issue(1, pick(paper(1, "A One", "Neil Houlsby")), pick(paper(2, "Neil Houlsby"))))
    assert moved(before, now) == {"authors/n-houlsby.html": "authors/neil-houlsby.html"}


def test_two_authors_spelt_otherwise_on_one_paper_keep_their_places() -> None:
    assert moved(trail(issue(1, pick(paper(1, "A. One", "B. Two")))), trail(issue(1, pick(paper(1, "Anna One", "Bert Two"))))) == {
        "authors/a-one.html": "authors/anna-one.html",
        "authors/b-two.html": "authors/bert-two.html",
    }


def test_a_tag_renamed_is_followed_and_one_merged_leads_to_the_other() -> None:
    rows = [pick(paper(n, "A"), "experts") for n in (1, 2, 3)]
    assert moved(trail(issue(1, *rows)), trail(issue(1, *(pick(paper(n, "A"), "mixtures") for n in (1, 2, 3))))) == {"topics/experts.html": "topics/mixtures.html"}
    both = [pick(paper(n, "A"), "experts", "mixtures") for n in (1, 2, 3)]
    others = [pick(paper(n, "A")) for n in range(4, 20)]
    assert moved(trail(issue(1, *both, *others)), trail(issue(1, *(pick(paper(n, "A"), "mixtures") for n in (1, 2, 3)), *others))) == {"topics/experts.html": "topics/mixtures.html"}


def test_what_has_no_successor_leads_to_the_list() -> None:
    others = [pick(paper(n, "A")) for n in range(4, 20)]
    before, now = trail(issue(1, pick(paper(1, "A", "B"), "odd"), *others)), trail(issue(1, pick(paper(1, "A")), *others))
    assert moved(before, now) == {"authors/b.html": "authors/index.html", "topics/odd.html": "topics/index.html"}


def test_what_was_taken_back_with_its_issue_is_gone() -> None:
    assert moved(trail(issue(1, pick(paper(1, "A"))), issue(2, pick(paper(2, "B"), "x"))), trail(issue(1, pick(paper(1, "A"))))) == {}


def test_what_moved_twice_leads_to_the_end_and_what_moved_back_to_nothing() -> None:
    first, second = trail(issue(1, pick(paper(1, "A"), "two"))), trail(issue(1, pick(paper(1, "A"), "three")))
    stayed = {"topics/one.html": "topics/two.html"}
    steps = moved(first, second, **stayed)
    assert steps == {"topics/one.html": "topics/two.html", "topics/two.html": "topics/three.html"}
    assert {end_of(old, steps, {"topics/three.html"}) for old in steps} == {"topics/three.html"}
    assert moved(second, first, **{"topics/two.html": "topics/three.html"}) == {"topics/three.html": "topics/two.html"}


def test_what_is_away_for_one_build_is_found_again_in_the_next() -> None:
    steps = {"topics/alpha.html": "topics/beta.html"}
    assert end_of("topics/alpha.html", steps, set()) == "topics/index.html"
    here, away = trail(issue(1, pick(paper(1, "A"), "beta"))), trail()
    assert moved(here, away, **steps) == moved(away, here, **steps) == steps


def test_an_author_in_the_place_of_somebody_else_is_no_successor() -> None:
    assert moved(trail(issue(1, pick(paper(1, "Ann Abel", "Bo Two")))), trail(issue(1, pick(paper(1, "Zoltan Quist", "Bo Two"))))) == {"authors/ann-abel.html": "authors/index.html"}


def test_steps_in_a_ring_lead_to_the_list() -> None:
    assert end_of("topics/a.html", {"topics/a.html": "topics/b.html", "topics/b.html": "topics/a.html"}, set()) == "topics/index.html"


def test_a_page_of_a_year_or_a_letter_leads_to_what_is_there() -> None:
    before = Trail("", {"2401.00001": {"authors": ("n-houlsby",), "topics": ("cs-lg",)}}, frozenset({"authors/n-houlsby/2023.html", "authors/by-letter/h.html", "topics/cs-lg/2023.html"}))
    now = Trail("", {"2401.00001": {"authors": ("neil-houlsby",), "topics": ("cs-lg",)}}, frozenset({"authors/neil-houlsby/2023.html"}))
    assert moved(before, now) == {
        "authors/n-houlsby.html": "authors/neil-houlsby.html", "authors/n-houlsby/2023.html": "authors/neil-houlsby/2023.html",
        "authors/by-letter/h.html": "authors/index.html", "topics/cs-lg/2023.html": "topics/cs-lg.html",
    }  # fmt: skip


def test_the_address_that_ids_are_made_of_stays() -> None:
    before, now = Trail("https://example.org/a/"), Trail("https://example.org/b/")
    assert kept(Permalinks(), before, now, Config(url="https://example.org/b/")).address == "https://example.org/a/"
    assert kept(Permalinks(), before, now, Config(url="https://example.org/a/")).address == ""
    assert kept(Permalinks("https://first.example/"), before, now, Config()).address == "https://first.example/"
    assert kept(Permalinks("https://first.example/"), before, now, Config(url="https://example.org/b/")).address == "https://first.example/"


def test_a_trail_is_read_back_and_anything_else_is_none() -> None:
    one = trail(issue(1, pick(paper(1, "A One", "李明"), "C++")))
    assert parse_trail(dump_trail(one)) == one
    for text in ("", "{}", "[]", '{"papers": 1}', '{"papers": {"a": {}}, "moved": {}, "address": "", "parts": []}', "\x00"):
        assert parse_trail(text) == Trail()
