"""Keys sort by time; an issue keeps the editors' order, and every word of it."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Callable
from pathlib import Path

import cmarkgfm
import html5lib
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given
from hypothesis import strategies as st

from conftest import MINIMAL, Result
from roundup.errors import Location
from roundup.issue import IssueKey, Prose, key_of, parse_issue_key

Digest = Callable[..., Path]
Run = Callable[..., Result]


def test_where_a_value_was_read_makes_it_no_other() -> None:
    here, there, other = Prose("x", Location("a.yaml", 1)), Prose("x", Location("b.yaml", 2)), Prose("y", Location("a.yaml", 1))
    assert (here == there, here != there, hash(here) == hash(there)) == (True, False, True)
    assert (here == other, here != other) == (False, True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2023-8", "2023-8"),
        ("2023-08", "2023-8"),
        ("2023-12", "2023-12"),
        ("2023-7-2", "2023-7-2"),
        ("2023-07-02", "2023-7-2"),
        ("2024-2-29", "2024-2-29"),
        ("2023-W31", "2023-W31"),
        ("2023-W05", "2023-W5"),
        ("2020-W53", "2020-W53"),
        ("2023-w31", "2023-W31"),
    ],
)
def test_reads_padded_keys_and_writes_plain_ones(text: str, shown: str) -> None:
    assert str(parse_issue_key(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "2023", "2023-", "2023-0", "2023-13", "2023-2-29", "2023-7-0", "2023-7-32", "2023-W0", "2023-W53", "23-8", "2023-8-1-1", "0000-1", "../2023-8", "2023_8", "٢٠٢٣-8"],
)
def test_refuses_what_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match="is no issue key"):
        parse_issue_key(text)


def test_keys_sort_by_time_and_a_month_stands_after_its_days() -> None:
    in_order = ["2022-12", "2023-1", "2023-2", "2023-7-2", "2023-7-10", "2023-W28", "2023-7-31", "2023-7", "2023-W31", "2023-8", "2023-9", "2023-10", "2023-12", "2024-1"]
    shuffled = in_order[:]
    random.Random(1).shuffle(shuffled)
    assert [str(k) for k in sorted(map(parse_issue_key, shuffled))] == in_order


KEYS = st.builds(key_of, st.dates(dt.date(1991, 1, 8), dt.date(2099, 12, 1)), st.sampled_from(["monthly", "weekly", "daily"]))


@given(KEYS)
def test_a_key_survives_being_written(key: IssueKey) -> None:
    assert parse_issue_key(str(key)) == key


@given(KEYS)
def test_the_next_key_begins_the_day_after(key: IssueKey) -> None:
    assert key.next().first_day == key.last_day + dt.timedelta(days=1)
    assert key < key.next()


@given(KEYS, KEYS)
def test_two_keys_are_equal_or_one_is_earlier(one: IssueKey, other: IssueKey) -> None:
    assert (one == other) + (one < other) + (other < one) == 1


def record(number: int, **more: str) -> str:
    rows = {"id": f'"2401.{number:05d}"', "title": f"Paper {number}", "authors": "[Ada Example]", "categories": "[cs.LG]", **more}
    return "".join(f"{key}: {value}\n" for key, value in rows.items())


def pick(number: int, text: str) -> str:
    block = "".join(f"  {line}\n" if line else "\n" for line in text.split("\n"))
    return f"paper: 2401.{number:05d}\ncommentary: |\n{block}"


def order_of_titles(site: Path) -> list[str]:
    page = html5lib.parse((site / "2024-1/index.html").read_bytes(), namespaceHTMLElements=False)
    return ["".join(h.itertext()).strip() for article in page.iter("article") for h in article if h.tag in ("h2", "h3")]


def test_unlisted_picks_follow_the_listed_oldest_submission_first(digest: Digest, roundup: Run) -> None:
    days = {1: "2024-01-09", 2: "2024-01-03", 3: "2024-01-05T10:00:00Z", 4: "2024-01-05T09:00:00+05:00"}
    files = {f"issues/2024-1/papers/2401.{n:05d}.yaml": record(n, submitted=day) for n, day in days.items()}
    files |= {f"issues/2024-1/papers/2401.{n:05d}.yaml": record(n) for n in (5, 6)}
    files |= {f"issues/2024-1/commentary/2401.{n:05d}.yaml": pick(n, "Words.") for n in range(1, 7)}
    root = digest({**files, "issues/2024-1/issue.yaml": "date: 2024-02-01\norder:\n- 2401.00006\n- 2401.00001\n"})
    assert roundup("build", root=root).code == 0
    assert order_of_titles(root / "site") == ["1Paper 6", "2Paper 1", "3Paper 2", "4Paper 4", "5Paper 3", "6Paper 5"]


# votes, day and rating of a paper
LISTED = {1: ("3", "2024-01-01", "4.5"), 2: ("", "2024-01-03", "10 of 10"), 3: ("57", "2024-01-02", "-1"), 4: ("0", "", "4,5"), 5: ("57", "2024-01-04", ""), 6: ("", "2024-01-03", "fine")}


def as_list(sort: str, order: str = "") -> dict[str, str | None]:
    """Return a list of those papers: records, and a pick without words for a rating."""
    files: dict[str, str | None] = {"issues/2024-1/issue.yaml": f"date: 2024-02-01\nkind: list\n{sort}{order}"}
    files["issues/2024-1/commentary/2401.00001.yaml"] = None
    for number, (votes, day, rating) in LISTED.items():
        seen = f"[{{source: other, upvotes: 0}}, {{source: huggingface, upvotes: {votes}}}]" if votes else "[{source: arxiv, type: new}]"
        files[f"issues/2024-1/papers/2401.{number:05d}.yaml"] = record(number, seen=seen, **({"submitted": day} if day else {}))
        if rating:
            files[f"issues/2024-1/commentary/2401.{number:05d}.yaml"] = f"paper: 2401.{number:05d}\nrating: {rating}\n"
    return files


@pytest.mark.parametrize(
    ("sort", "order", "numbers"),
    [
        ("", "", "531426"),
        ("sort: votes\n", "", "531426"),
        ("sort: date\n", "", "526314"),
        ("sort: score\n", "", "214356"),
        ("sort: date\n", "order: [2401.00004, 2401.00002]\n", "425631"),
        ("sort: date\n", "order:\n- 2401.00004\n- section: The others\n- 2401.00002\n", "425631"),
    ],
)
def test_a_list_has_what_its_order_names_and_then_all_else_as_it_is_sorted(sort: str, order: str, numbers: str, digest: Digest, roundup: Run) -> None:
    """The newest first where votes or scores are the same; what has none comes last."""
    root = digest(as_list(sort, order))
    assert roundup("build", root=root).code == 0
    assert [title[-1] for title in order_of_titles(root / "site")] == list(numbers)


# ---- every paragraph, in order, exactly once ----

_WORDS = "routing is a discrete choice and discrete choices are where training hurts so nothing here is chosen at all".split()


def paragraphs(number: int) -> list[str]:
    """Return a paper's paragraphs, each with words of its own, markup inside, and marks that Markdown could trip over."""
    chosen = random.Random(number)
    marks = ["*some* stress", "**more**", "a `code_span`", "[a link](https://example.org/a_b)", "2 * 3 * 4", "snake_case_name", "$x$", "1. not a list", "# no heading", "a|b", "<tag>", "(c)", "5 > 4"]
    return [f"P{number}x{i} {' '.join(chosen.sample(_WORDS, 6))} {marks[(number + i) % len(marks)]} end{number}x{i}" for i in range(4 + number % 3 // 2)]


def test_35_papers_with_150_paragraphs_keep_every_one_in_order_once(digest: Digest, roundup: Run) -> None:
    expected: list[str] = []
    files: dict[str, str] = {}
    numbers = list(range(1, 36))
    for number in numbers:
        own = paragraphs(number)
        expected += own
        files[f"issues/2024-1/papers/2401.{number:05d}.yaml"] = record(number)
        files[f"issues/2024-1/commentary/2401.{number:05d}.yaml"] = pick(number, "\n\n".join(own))
    order = "".join(f"{'- section: Part ' + str(n) + chr(10) if n % 7 == 0 else ''}- 2401.{n:05d}\n" for n in numbers)
    root = digest({**files, "issues/2024-1/issue.yaml": f"date: 2024-02-01\norder:\n{order}"})
    assert len(expected) >= 150
    assert roundup("build", root=root).code == 0
    words = [p.split(" ")[0] + " " + p.split(" ")[-1] for p in expected]
    markdown = (root / "site/2024-1/index.md").read_text()
    page = (root / "site/2024-1/index.html").read_text()
    read_back = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_FOOTNOTES)
    assert marked(page) == words
    assert marked(read_back) == words
    assert plain(read_back) == plain(page)


def texts(html: str) -> list[str]:
    page = html5lib.parse(html, namespaceHTMLElements=False)
    return ["".join(p.itertext()) for p in page.iter("p")]


def marked(html: str) -> list[str]:
    """Return first and last word of every paragraph that is one of ours."""
    return [f"{t.split()[0]} {t.split()[-1]}" for t in texts(html) if t.strip().startswith("P") and "x" in t.split()[0]]


def plain(html: str) -> list[str]:
    return [" ".join(t.replace("$", "").split()) for t in texts(html) if t.startswith("P") and "x" in t.split()[0]]


def test_overrides_bylines_and_records_without_abstract(digest: Digest, roundup: Run) -> None:
    files = {
        "roundup.yaml": "title: T\neditors:\n  ann: {name: Ann Example, url: https://example.org/ann}\n  bo: Bo Sample\n",
        "issues/2024-1/issue.yaml": "date: 2024-02-01\neditors: [ann]\n",
        "issues/2024-1/commentary/2401.00001.yaml": "paper: 2401.00001\ntitle: Our title\nauthors: [B. Other, C. Third]\nby: [ann, bo]\ncommentary: Words.\n",
    }
    root = digest(files)
    assert roundup("build", root=root).code == 0
    for edition in ("index.html", "index.md"):
        text = (root / "site/2024-1" / edition).read_text()
        assert "Our title" in text
        assert "A plain title" not in text
        assert "B. Other" in text
        assert "Ada Example" not in text
        assert "Bo Sample" in text


def test_an_old_style_id_is_a_lawful_file_name_and_anchor(digest: Digest, roundup: Run) -> None:
    old = MINIMAL["issues/2024-1/papers/2401.00001.yaml"].replace("2401.00001", "hep-th/9901001")
    root = digest(
        {
            "issues/2024-1/issue.yaml": "date: 2024-02-01\norder:\n- hep-th/9901001\n",
            "issues/2024-1/commentary/2401.00001.yaml": None,
            "issues/2024-1/papers/2401.00001.yaml": None,
            "issues/2024-1/commentary/hep-th-9901001.yaml": "paper: hep-th/9901001\ncommentary: See [[hep-th/9901001]].\n",
            "issues/2024-1/papers/hep-th-9901001.yaml": old,
        }
    )
    assert roundup("build", root=root).code == 0
    page = (root / "site/2024-1/index.html").read_text()
    assert 'id="hep-th-9901001"' in page
    assert 'href="https://arxiv.org/abs/hep-th/9901001"' in page


def test_the_archive_stands_newest_first(digest: Digest, roundup: Run) -> None:
    keys = ["2023-10", "2023-9", "2023-7-2", "2024-W2", "2023-7"]
    files: dict[str, str | None] = {f"issues/{key}/issue.yaml": f"date: 2024-02-01\nintro: Issue {key}.\n" for key in keys}
    root = digest({**files, **dict.fromkeys(p for p in MINIMAL if p.startswith("issues/"))})
    assert roundup("build", root=root).code == 0
    home = html5lib.parse((root / "site/index.html").read_bytes(), namespaceHTMLElements=False)
    main = next(home.iter("main"))
    links = [a.get("href") for a in main.iter("a") if re.match(r"\d[^#]*/index.html$", a.get("href", ""))]
    assert list(dict.fromkeys(links)) == [f"{k}/index.html" for k in ("2024-W2", "2023-10", "2023-9", "2023-7", "2023-7-2")]
