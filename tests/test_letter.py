"""The mail of an issue: its styles in its elements, whole addresses, and never so large that a mail reader cuts it off."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import Result
from published import Published
from roundup.shortening import CLIPPED, LARGE, MOST, kept

Make = Callable[..., Path]
Run = Callable[..., Result]

PAPERS = 60
LONG = " ".join(f"Sentence {n} of a paragraph that says what one can do without." for n in range(8))
URL = "https://digest.example/here/"


def long_issue(papers: int = PAPERS, paragraphs: int = 6, **config: str) -> dict[str, str]:
    """An issue whose commentaries grow longer from paper to paper; each second one has a note in its last paragraph."""
    files = {
        "roundup.yaml": f"title: A digest\nurl: {URL}\n" + "".join(f"{key}: {value}\n" for key, value in config.items()),
        "issues/2024-1/issue.yaml": "date: 2024-02-01\nteaser: much\nintro: Hello.\norder:\n" + "".join(f"- 2401.{n:05}\n" for n in range(1, papers + 1)),
    }
    for n in range(1, papers + 1):
        text = "\n\n".join(f"  Paragraph {p} on {n}. {LONG}" for p in range(1 + paragraphs * n // papers)) + ("[^1]\n\n  [^1]: A note.\n" if n % 2 else "\n")
        files[f"issues/2024-1/commentary/2401.{n:05}.yaml"] = f"paper: 2401.{n:05}\ncommentary: |\n{text}status: ready\n"
        files[f"issues/2024-1/papers/2401.{n:05}.yaml"] = f'id: "2401.{n:05}"\ntitle: The title of {n}\nauthors: [Ada Example {n}, Bo Sample {n}]\ncategories: [cs.LG]\n'
    return files


def built(root: Path, roundup: Run, name: str = "2024-1/mail.html") -> str:
    assert roundup("build", "-q", root=root).code == 0
    return (root / "site" / name).read_text()


def test_the_longest_texts_give_first() -> None:
    assert kept([[10, 10, 10], [10, 10], [10]], 60) == (3, 2, 1)
    assert kept([[10, 10, 10], [10, 10], [10]], 50) == (2, 2, 1)
    assert kept([[10, 10, 10], [10, 10], [10]], 49) == (2, 1, 1)
    assert kept([[10, 10, 10], [10, 10], [10]], 0) == (0, 0, 0)


@given(st.lists(st.lists(st.integers(1, 5000), max_size=8), max_size=12), st.integers(-100, 50_000))
def test_what_stays_fits(texts: list[list[int]], room: int) -> None:
    stay = kept(texts, room)
    assert sum(sum(blocks[:n]) for blocks, n in zip(texts, stay, strict=True)) <= max(room, 0)
    assert sum(map(sum, texts)) > room or stay == tuple(map(len, texts))


def test_a_mail_that_is_too_large_is_shortened_and_loses_no_title(digest: Make, roundup: Run) -> None:
    root = digest(long_issue())
    mail = built(root, roundup)
    page, text = ((root / f"site/2024-1/{name}").read_text() for name in ("index.html", "mail.txt"))
    assert MOST - 8000 < len(mail.encode()) <= MOST
    for n in range(1, PAPERS + 1):
        assert f"<bdi>The title of {n}</bdi>" in mail
        assert f"<bdi>Ada Example {n}</bdi>, <bdi>Bo Sample {n}</bdi>" in mail
        assert f'href="https://arxiv.org/abs/2401.{n:05}"' in mail
        assert f'href="https://arxiv.org/pdf/2401.{n:05}"' in mail
        for paragraph in range(1 + 6 * n // PAPERS):
            assert f"Paragraph {paragraph} on {n}." in page
            assert f"Paragraph {paragraph} on {n}." in text
    led = re.findall(rf'<p class="more"[^>]*><a href="{URL}2024-1/#(2401\.\d+)"[^>]*>Read on →</a></p>', mail)
    assert len(led) == mail.count("Read on →") > 20
    assert all(f'id="{name}"' in page for name in led), "each link leads to an anchor of the page"
    assert not {f"2401.{n:05}" for n in range(1, 10)} & set(led), "the short ones are whole"
    numbers = re.findall(r'id="2024-1-n(\d+)"', mail)
    assert numbers == sorted(numbers, key=int), "notes keep the numbers that they have on the page"
    assert all(f'id="n{number}"' in page for number in numbers)
    assert len(re.findall(r'href="#2024-1-n(\d+)"', mail)) == len(numbers), "a note goes where the text goes that refers to it"


def test_a_mail_may_be_sent_whole_all_the_same(digest: Make, roundup: Run) -> None:
    mail = built(digest(long_issue(mail="{too_large: warn}")), roundup)
    assert len(mail.encode()) > CLIPPED
    assert "Read on" not in mail


def test_names_are_left_out_where_no_commentary_is_left_to_leave_out(digest: Make, roundup: Run) -> None:
    files = long_issue(40, 1)
    crowd = ", ".join(f"Somebody With a Name {n}" for n in range(90))
    files |= {path: text.replace("[Ada", f"[{crowd}, Ada") for path, text in files.items() if "/papers/" in path}
    mail = built(digest(files), roundup)
    assert len(mail.encode()) <= MOST
    assert mail.count("… 88 more …") == mail.count("<bdi>Somebody With a Name 0</bdi>") == mail.count("<bdi>Bo Sample ") == 40


def test_how_large_a_mail_is_is_told(digest: Make, roundup: Run) -> None:
    told = roundup("check", root=digest(long_issue())).out
    where = r"issues/2024-1/issue\.yaml:1: its mail"
    cut = "Gmail hides what comes after 102,400"
    ends = r"\d+ texts end early, with a link to the page; split the issue to send it whole"
    assert re.fullmatch(rf"{where} of 1\d\d,\d\d\d bytes is shortened to 9\d,\d\d\d, for {cut}: {ends}\n1 problem in 1 file\n", told)
    told = roundup("check", root=digest(long_issue(mail="{too_large: warn}"))).out
    assert re.fullmatch(rf"{where} has 1\d\d,\d\d\d bytes, and {cut}; split the issue, or say less\n1 problem in 1 file\n", told)
    told = roundup("check", root=digest(long_issue(200, 0), name="many")).out
    assert re.fullmatch(rf"{where} has 1\d\d,\d\d\d bytes with hardly a word of commentary, and {cut}; split the issue\n1 problem in 1 file\n", told)
    result = roundup("build", root=digest(long_issue(), name="built"))
    assert 'built, with 1 problem to look at; "roundup check" tells it' in result.err


def test_a_mail_of_usual_size_is_no_problem(digest: Make, roundup: Run) -> None:
    root = digest(long_issue(40, 3))
    assert roundup("check", root=root).code == 0
    assert 40_000 < len(built(root, roundup).encode()) < LARGE


# ---- our own August issue ----


@pytest.fixture
def august(own_site: Published) -> str:
    return (own_site.home / "2023-8/mail.html").read_text()


def test_our_own_mail_is_not_clipped(august: str) -> None:
    assert len(august.encode()) < LARGE


def test_styles_stand_in_the_elements(august: str) -> None:
    """What is left of style elements is for dark rooms and small screens, and nothing that a reader has to have."""
    left = re.findall(r"(?s)<style>(.*?)</style>", august)
    assert len(left) == august.count("<style") == 1
    assert re.sub(r"(?s)@media [^{]*\{(\s*[^{}]+\{[^{}]*\})*\s*\}", "", left[0]).strip() == ""
    assert not re.findall(r"<(?:p|h1|h2|h3|ul|ol|a|img|blockquote|pre|td class=.text.)(?: (?!style=)[a-z]+=\"[^\"]*\")*>", august)


def test_each_layout_table_says_that_it_is_one(august: str) -> None:
    document = html5lib.parse(august, namespaceHTMLElements=False)
    tables = list(document.iter("table"))
    assert [table.get("role") for table in tables if table.get("class")] == ["presentation", "presentation"]
    assert all(table.find("thead") is not None for table in tables[2:]), "the others are an editor's, and have heads"
    assert tables[1].get("width") == "600"


def test_links_and_figures_have_whole_addresses(august: str) -> None:
    links = re.findall(r'(?:href|src)="([^"]*)"', august)
    assert [link for link in links if not re.match(r"https?://|mailto:|#", link)] == []
    for figure in re.findall(r"<img [^>]*>", august):
        assert re.search(r'alt="[^"]+', figure)
        assert int((re.search(r'width="(\d+)"', figure) or [0, 9999])[1]) <= 600
        assert re.search(r'height="\d+"', figure)


def test_the_first_words_are_the_teaser(august: str) -> None:
    """What stands beside the subject in a list of mails; then nothing that can be seen, so that the next words do not."""
    first = re.search(r'(?s)<body[^>]*>\s*<div class="preheader" style="display:none[^"]*">([^<]*)</div>', august)
    assert first
    assert first[1].startswith("soft experts, a model one can take a book out of again, and Adam in the dock ")
    assert len(first[1]) > 180


def test_the_page_is_a_link_away(august: str) -> None:
    assert re.search(r'<a href="https://roundup.example/2023-8/"[^>]*>on the web</a>', august)


def test_the_site_s_mail_has_no_one_s_way_out(digest: Make, roundup: Run) -> None:
    files = {"roundup.yaml": f"title: A digest\nurl: {URL}\nsubscribe: {{buttondown: example}}\nmail: {{unsubscribe: mailto:out@example.org}}\n"}
    mail = built(digest(files), roundup)
    assert "Unsubscribe" not in mail
    assert '<a href="https://buttondown.com/api/emails/embed-subscribe/example"' in mail
