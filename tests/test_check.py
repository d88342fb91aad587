"""The rules: every fault of a digest is told in one run, each in its own line, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from conftest import Result, tree
from roundup import check as rules

Make = Callable[..., Path]
Run = Callable[..., Result]
Files = Mapping[str, str | bytes | None]

ONE = "issues/2024-1"
TWO = "issues/2024-2"
ISSUE = f"{ONE}/issue.yaml"
PICK = f"{ONE}/commentary/2401.00001.yaml"
RECORD = f"{ONE}/papers/2401.00001.yaml"
FIGURE = f"{ONE}/figures/a.svg"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>\n'


def record(paper: str, more: str = "") -> str:
    return f'id: "{paper}"\ntitle: A plain title\nauthors: [Ada Example]\ncategories: [cs.LG]\n{more}'


def pick(text: str, more: str = "") -> str:
    return f"paper: 2401.00001\n{more}commentary: |\n" + "".join(f"  {line}\n" for line in text.split("\n"))


def told(result: Result) -> list[str]:
    """Return the problems as they were printed, without their count."""
    return (result.out + result.err).splitlines()[:-1]


# ---- all at once ----


FAULTY: Files = {
    "roundup.yaml": """\
        title: A digest
        url: example.org
        cadence: yearly
        colour: red
        editors:
          ann: {name: Ann Example}
          bo: {url: https://example.org/bo}
        sources:
        - arxiv:
        """,
    "templates/issue.html": b"Hello.\n\xff\n",
    "issues/notes.md": "Hello.\n",
    "issues/2024-13/issue.yaml": "intro: Hello.\n",
    ISSUE: """\
        title: January
        teaser: TODO
        date: 2023-12-31
        editors: [ann, zoe]
        intro: |
          See [[quant-ph/0201082]] and [that](/2024-2/#nothing).

          A word[^1] and<br>a break.
        order:
        - 2401.00001
        - 2401.0002
        - 2401.00003
        - 2401.00001
        - section: Practice
        """,
    PICK: """\
        # A plain title
        paper: 2401.00001
        status: draft
        commentary: |
          ![](figures/a.svg)

          ![A line](figures/missing.svg)

          See [that](ftp://example.org).

          ```card
          url: https://example.org
          title: A card
          txet: Some words.
          ```
        """,
    f"{ONE}/commentary/2401.00003.yaml": "paper: 2401.00003\ntitle: A title: and more\n",
    f"{ONE}/commentary/talk.yml": "link: {url: https://example.org, title: A talk}\n",
    RECORD: record("2401.00001"),
    f"{ONE}/papers/2401.00003.yaml": record("2401.00003"),
    f"{ONE}/papers/2401.00004.yaml": record("2401.00004"),
    f"{ONE}/papers/2401.00005.yaml": record("2401.00005", "submitted: 2024-01-32\n"),
    FIGURE: DRAWING,
    f"{ONE}/figures/b.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"><script/></svg>\n',
    f"{TWO}/issue.yaml": """\
        date: 2024-03-01
        intro: |
          Hello, [look](https://xn--ariv-66d.org).

          [^2]: A note.
        order:
        - talk
        - 2401.00001
        - keynote
        """,
    f"{TWO}/commentary/talk.yaml": "link:\n  url: example.org\n  title: A talk\ncommentary: Some words.\n",
    f"{TWO}/commentary/2401.00001.yaml": "paper: 2401.00001\ncommentary: Some words.\n",
    f"{TWO}/commentary/2402.00001.yaml": "paper: 2402.00001\ncommentary: Some words.\n",
    f"{TWO}/commentary/2402.00002.yaml": "paper: 2402.00002\nstatus: done\ncommentary: Some words.\n",
    f"{TWO}/commentary/2402.00003.yaml": "paper: 2402.00003\nstatus: todo\n",
    f"{TWO}/commentary/2402.00004.yaml": "paper: 2402.00004\nby: [an]\ncomment: Some words.\ncommentary: Some TK words.\n",
    f"{TWO}/papers/2401.00001.yaml": record("2401.00001"),
    f"{TWO}/papers/2402.00002.yaml": record("2402.00002", "withdrawn: {reason: a gap in Lemma 2}\n"),
    f"{TWO}/papers/2402.00003.yaml": record("2402.00003", "submitted: 2024-03-02\nupdated: 2024-02-02\n"),
    f"{TWO}/papers/2402.00004.yaml": record("2402.00004"),
    "issues/2024-3/issue.yaml": "intro: |\n  A draft[^3].\n\n  [^3]: A note.\n\n  [^3]: Another.\n",
}

KNOWN = "title, tagline, url, language, contact, editors, cadence, issue_title, accent, sources, picks, authors, topics, feeds, subscribe, comments, mail, search, interests, figures, mirrors, publish"
SHARED_FAULTS = [
    'roundup.yaml:2: url "example.org" is no web address; write it from https:// on',
    'roundup.yaml:3: cadence "yearly" is not known; choose monthly, weekly or daily',
    f'roundup.yaml:4: unknown key "colour"; known here: {KNOWN}',
    'roundup.yaml:7: "name" is missing; add it',
    'roundup.yaml:9: source "arxiv" names nothing; write what to read from it',
    "templates/issue.html:2: byte 0xff is not UTF-8; save the file with the encoding UTF-8",
]
FAULTS = {
    ONE: [
        f'{PICK}:3: "2401.00001" is a draft in an issue with a date; set "status: ready"',
        f'{PICK}:5: figure "figures/a.svg" has no alt text; say between the brackets what it shows',
        f'{PICK}:7: figure "figures/missing.svg" is missing; did you mean "figures/a.svg"?',
        f'{PICK}:9: link "ftp://example.org" is shown as text: only https, http, mailto and places in the site are links; mend its address',
        f'{PICK}:14: unknown key "txet" in a card; did you mean "text"?',
        f"{ONE}/commentary/2401.00003.yaml:2: a colon with a space behind it cannot stand inside a value; quote it, or begin a text of several lines with |",
        f"{ONE}/commentary/talk.yml: is not read: files here end in .yaml; rename it, or move it away",
        f'{ONE}/figures/b.svg: figure is an SVG with "<script" in it; figures are plain drawings, save it without or as PNG',
        f'{ISSUE}:2: "TODO" is left in the teaser; write what belongs there',
        f"{ISSUE}:3: date 2023-12-31 lies before 2024-1 begins (2024-01-01); mend it, or rename the folder",
        f'{ISSUE}:4: editor "zoe" is not in roundup.yaml; add the name under editors',
        f'{ISSUE}:6: link "/2024-2/#nothing" leads nowhere; page /2024-2/ has #2401.00001, #2402.00002, #2402.00003, #2402.00004',
        f'{ISSUE}:6: reference "[[quant-ph/0201082]]" leads nowhere; name a paper of this archive, or link to it',
        f'{ISSUE}:8: "<br>" is shown as it stands, for raw HTML is off; write Markdown, or put it in backticks',
        f'{ISSUE}:8: footnote "[^1]" is not defined; add a line [^1]: ...',
        f'{ISSUE}:11: "2401.0002" is no arXiv ID: the number has 5 digits since 2015; did you mean 2401.00002?',
        f'{ISSUE}:13: "2401.00001" already stands at {ISSUE}:10; keep one',
        f'{ISSUE}:14: section "Practice" is empty; put picks below it or remove it',
        f'{ONE}/papers/2401.00005.yaml:5: submitted "2024-01-32" is no date; write 2023-08-02 or 2023-08-02T12:00:00Z',
    ],
    "issues/2024-13": ['issues/2024-13: "2024-13" is no issue key: the calendar has no such month; did you mean 2024-W13?'],
    TWO: [
        f'{TWO}/commentary/2401.00001.yaml:1: "2401.00001" already stands in 2024-1 (no. 1); remove it, or refer to that with [[2401.00001]]',
        f'{TWO}/commentary/2402.00001.yaml:1: paper "2402.00001" has no record; run "roundup fetch 2402.00001 --issue 2024-2", or remove this pick',
        f'{TWO}/commentary/2402.00002.yaml:1: "2402.00002" was withdrawn by its authors ("a gap in Lemma 2"); say so in the commentary or remove it',
        f'{TWO}/commentary/2402.00002.yaml:2: status "done" is not known; choose todo, draft or ready',
        f'{TWO}/commentary/2402.00003.yaml:1: "2402.00003" was submitted on 2024-03-02, after the issue (2024-03-01); mend the date of one',
        f'{TWO}/commentary/2402.00003.yaml:2: "2402.00003" is still todo; write its commentary and set "status: ready"',
        f'{TWO}/commentary/2402.00004.yaml:2: editor "an" is not in roundup.yaml; did you mean "ann"?',
        f'{TWO}/commentary/2402.00004.yaml:3: unknown key "comment"; did you mean "commentary"?',
        f'{TWO}/commentary/2402.00004.yaml:4: "TK" is left in the text; write what belongs there',
        f'{TWO}/commentary/talk.yaml:2: url "example.org" is no web address; write it from https:// on',
        f'{TWO}/issue.yaml:3: link "https://ar\u0445iv.org" leads to a look-alike host, xn--ariv-66d.org: its letters are not what they seem; check where it should lead',
        f'{TWO}/issue.yaml:5: footnote "[^2]" is never referred to; put [^2] into the text',
        f'{TWO}/issue.yaml:9: "keynote" is no pick of this issue; add {TWO}/commentary/keynote.yaml, or remove the line',
        f'{TWO}/papers/2402.00003.yaml:1: "2402.00003" was updated (2024-02-02) before it was submitted (2024-03-02); fetch it again',
    ],
    "issues/2024-3": ['issues/2024-3/issue.yaml:6: footnote "[^3]" is defined twice; rename one'],
    "issues/notes.md": ["issues/notes.md: is not read: an issue is a folder with an issue.yaml; move it away"],
}
ALL = [*(line for lines in FAULTS.values() for line in lines), *SHARED_FAULTS]


def test_every_fault_is_told_in_one_run(digest: Make, roundup: Run) -> None:
    result = roundup("check", root=digest(FAULTY))
    assert told(result) == ALL
    assert (result.err, result.out.splitlines()[-1], result.code) == ("", "42 problems in 19 files", 1)


def test_a_check_says_the_same_twice(digest: Make, roundup: Run) -> None:
    root = digest(FAULTY)
    assert roundup("check", root=root) == roundup("check", root=root)


def test_a_check_looks_from_any_folder_of_the_digest(digest: Make, roundup: Run) -> None:
    root = digest(FAULTY)
    assert told(roundup("check", root=root / ONE / "commentary")) == ALL
    assert told(roundup("-C", "2024-1", "check", root=root / "issues")) == ALL


@pytest.mark.parametrize("folder", [ONE, TWO, "issues/2024-3"])
def test_a_check_of_one_issue_tells_its_faults_and_the_shared_ones(folder: str, digest: Make, roundup: Run) -> None:
    result = roundup("check", folder.removeprefix("issues/"), root=digest(FAULTY))
    assert (told(result), result.code) == ([*FAULTS[folder], *SHARED_FAULTS], 1)


def test_a_check_of_two_issues_tells_the_faults_of_both(digest: Make, roundup: Run) -> None:
    result = roundup("check", "2024-02", "issues/2024-1/", root=digest(FAULTY))
    assert told(result) == [*FAULTS[ONE], *FAULTS[TWO], *SHARED_FAULTS]


def test_the_json_says_what_the_text_says(digest: Make, roundup: Run) -> None:
    result = roundup("check", "--json", root=digest(FAULTY))
    rows = json.loads(result.out)
    assert [f"{row['path']}:{row['line']}: {row['message']}".replace(":0: ", ": ") for row in rows] == ALL
    assert {tuple(row) for row in rows} == {("path", "line", "message")}
    assert (result.err, result.code) == ("", 1)


def test_the_json_of_one_issue_is_of_one_issue(digest: Make, roundup: Run) -> None:
    rows = json.loads(roundup("check", "2024-3", "--json", root=digest(FAULTY)).out)
    assert [row["path"] for row in rows] == ["issues/2024-3/issue.yaml", *(line.split(":")[0] for line in SHARED_FAULTS)]


def test_quiet_keeps_no_fault_to_itself(digest: Make, roundup: Run) -> None:
    assert told(roundup("-q", "check", root=digest(FAULTY))) == ALL


# ---- nothing at all ----


@pytest.mark.parametrize(
    ("more", "issues"),
    [
        ({}, "1 issue"),
        ({f"{TWO}/issue.yaml": "intro: Hello.\n"}, "2 issues"),
        (dict.fromkeys((ISSUE, PICK, RECORD)), "0 issues"),
    ],
)
def test_a_clean_digest_has_no_problems(more: Files, issues: str, digest: Make, roundup: Run) -> None:
    root = digest(more)
    assert roundup("check", root=root) == Result(0, f"no problems in {issues}\n", "")
    assert roundup("check", "--json", root=root) == Result(0, "[]\n", "")
    assert roundup("check", "-q", root=root) == Result(0, "", "")


def test_a_clean_issue_among_others_has_no_problems(digest: Make, roundup: Run) -> None:
    faulty = {path: content for path, content in FAULTY.items() if path.startswith((ONE, "issues/2024-13"))}
    root = digest({**faulty, f"{TWO}/issue.yaml": "intro: Hello.\n"})
    assert roundup("check", "2024-2", root=root) == Result(0, "no problems in 1 issue\n", "")


# ---- what cannot be read ----


UNREADABLE = "title: A title: and more\n"
COLON = "a colon with a space behind it cannot stand inside a value; quote it, or begin a text of several lines with |"
AROUND: Files = {
    "roundup.yaml": "title: A digest\neditors: {ann: Ann}\n",
    ISSUE: """\
        date: 2024-02-01
        editors: [ann]
        order:
        - section: Theory
        - 2401.00001
        - section: Practice
        - talk
        """,
    PICK: pick("![A line](figures/a.svg)", "by: [ann]\n"),
    FIGURE: DRAWING,
    f"{ONE}/commentary/talk.yaml": "link: {url: https://example.org, title: A talk}\ncommentary: Some words.\n",
    f"{TWO}/issue.yaml": """\
        date: 2024-03-01
        intro: |
          See [[2401.00001]], [this](/2024-1/#2401.00001), [that](../2024-1/#theory) and [the talk](/2024-1/#talk).
        """,
    f"{TWO}/commentary/2401.00001.yaml": "paper: 2401.00001\ncommentary: As in [[2401.00001]].\n",
    f"{TWO}/papers/2401.00001.yaml": record("2401.00001"),
}


def test_what_leads_to_each_other_has_no_problems(digest: Make, roundup: Run) -> None:
    assert told(roundup("check", root=digest(AROUND))) == []


@pytest.mark.parametrize("path", ["roundup.yaml", ISSUE, PICK, RECORD, f"{ONE}/commentary/talk.yaml"])
def test_of_what_a_file_that_cannot_be_read_holds_nothing_is_missing(path: str, digest: Make, roundup: Run) -> None:
    """One fault, one line: no pick, record, editor, anchor, reference or section is said to be missing."""
    assert told(roundup("check", root=digest({**AROUND, path: UNREADABLE}))) == [f"{path}:1: {COLON}"]


def test_a_figure_that_cannot_be_shown_is_not_missing(digest: Make, roundup: Run) -> None:
    assert told(roundup("check", root=digest({**AROUND, FIGURE: "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n"}))) == [
        f"{FIGURE}: figure is an SVG without width and height; give it both, in pixels"
    ]


# ---- rule by rule ----


BACK = {f"{TWO}/issue.yaml": "date: 2024-03-01\n", f"{TWO}/papers/2401.00001.yaml": record("2401.00001")}
AGAIN = f"{TWO}/commentary/2401.00001.yaml"
ORDERED = "date: 2024-02-01\norder:\n- 2401.00001\n"
# of each rule: a digest that meets it, one that does not, and what is said of that
RULES: dict[str, tuple[Files, Files, str]] = {
    "missing_commentary": (
        {PICK: pick("Some words.", "status: ready\n")},
        {PICK: pick("Some words.", "status: todo\n")},
        f'{PICK}:2: "2401.00001" is still todo; write its commentary and set "status: ready"',
    ),
    "missing_commentary, a draft": (
        {PICK: pick("Some words.", "status: draft\n"), ISSUE: "order: [2401.00001]\n"},
        {PICK: pick("Some words.", "status: draft\n")},
        f'{PICK}:2: "2401.00001" is a draft in an issue with a date; set "status: ready"',
    ),
    "missing_commentary, no words": (
        {PICK: pick("Some words.")},
        {PICK: "paper: 2401.00001\n"},
        f'{PICK}:1: "2401.00001" has no commentary; write it, or set "status: todo"',
    ),
    "too_few_seen": (
        {ISSUE: f"seen: 1\n{ORDERED}"},
        {ISSUE: f"seen: 0\n{ORDERED}"},
        f'{ISSUE}:1: seen "0" is less than the 1 paper of the issue; count anew with: roundup coverage 2024-1',
    ),
    "spare_records": (
        {f"{ONE}/papers/2401.00002.yaml": record("2401.00002"), f"{ONE}/commentary/2401.00002.yaml": "paper: 2401.00002\ncommentary: Some words.\n"},
        {f"{ONE}/papers/2401.00002.yaml": record("2401.00002")},
        f'{ONE}/papers/2401.00002.yaml:1: "2401.00002" has a record but no pick; write commentary/2401.00002.yaml or remove the record',
    ),
    "repeated_papers": (
        {**BACK, AGAIN: pick("As in [[2401.00001]], some words.")},
        {**BACK, AGAIN: pick("Some words.")},
        f'{AGAIN}:1: "2401.00001" already stands in 2024-1 (no. 1); remove it, or refer to that with [[2401.00001]]',
    ),
    "hidden_captions": (
        {PICK: pick('![A line](figures/a.svg "A caption")'), FIGURE: DRAWING},
        {PICK: pick('See ![A line](figures/a.svg "A caption").'), FIGURE: DRAWING},
        f'{PICK}:3: caption "A caption" is no caption: its image stands with other words; give the image a paragraph of its own',
    ),
    "unseen_words": (
        {PICK: pick("See [this][x].\n\n```python\nx = 1\n```\n\n[x]: https://example.org/a")},
        {PICK: pick("See [this].\n\n[x]: https://example.org/a")},
        f'{PICK}:5: link definition "[x]" is never referred to, and not shown; write [words][x], or remove it',
    ),
    "odd_tables": (
        {PICK: pick("| a | b |\n|---|---|\n| 1 | 2 \\| 3 |\n| 4 |")},
        {PICK: pick("| a | b |\n|---|---|\n| 1 | 2 | 3 |")},
        f"{PICK}:5: a row has 3 cells, its table has 2: those left over stand in the last one; write \\| for a bar, or add columns to the head",
    ),
    "odd_formulas": (
        {PICK: pick("$" + "x" * 4000 + "$")},
        {PICK: pick("$" + "x" * 4001 + "$")},
        f'{PICK}:3: formula "{"x" * 59}…" is shown as its source: it has 4,001 characters, the limit is 4,000; split it',
    ),
    "unfit_figures": (
        {FIGURE: DRAWING},
        {FIGURE: "Some words.\n"},
        f"{FIGURE}: figure is no PNG, JPEG, GIF, WebP or SVG; convert it",
    ),
    "notes": (
        {PICK: pick("Some words.[^1]\n\n[^1]: A note.")},
        {PICK: pick("Some words.[^1]")},
        f'{PICK}:3: footnote "[^1]" is not defined; add a line [^1]: ...',
    ),
    "notes, unused": (
        {PICK: pick("Some words.[^1]\n\n[^1]: A note.[^2]\n\n[^2]: Another.")},
        {PICK: pick("Some words.\n\n[^1]: A note.")},
        f'{PICK}:5: footnote "[^1]" is never referred to; put [^1] into the text',
    ),
    "notes, repeated": (
        {PICK: pick("Some words.[^1] More.[^2]\n\n[^1]: A note.\n\n[^2]: Another.")},
        {PICK: pick("Some words.[^1] More.[^1]\n\n[^1]: A note.\n\n[^1]: Another.")},
        f'{PICK}:7: footnote "[^1]" is defined twice; rename one',
    ),
    "figures_without_alt": (
        {PICK: pick("![A line](figures/a.svg)"), FIGURE: DRAWING},
        {PICK: pick("![](figures/a.svg)"), FIGURE: DRAWING},
        f'{PICK}:3: figure "figures/a.svg" has no alt text; say between the brackets what it shows',
    ),
    "unfit_links": (
        {PICK: pick("See [that](https://example.org).")},
        {PICK: pick("See [that]().")},
        f"{PICK}:3: a link leads nowhere: its address is empty; write it between the brackets",
    ),
    "unfit_links, shown as text": (
        {PICK: pick("Write to [me](mailto:ann@example.org).")},
        {PICK: pick("Call [me](tel:123).")},
        f'{PICK}:3: link "tel:123" is shown as text: only https, http, mailto and places in the site are links; mend its address',
    ),
    "unfit_links, look-alike": (
        {PICK: pick("See [that](https://bücher.example/).")},
        {PICK: pick("See [that](https://xn--ariv-66d.org/).")},
        f'{PICK}:3: link "https://ar\u0445iv.org/" leads to a look-alike host, xn--ariv-66d.org: its letters are not what they seem; check where it should lead',
    ),
    "markup": (
        {PICK: pick("Some `<br>` words.")},
        {PICK: pick("Some <br> words.")},
        f'{PICK}:3: "<br>" is shown as it stands, for raw HTML is off; write Markdown, or put it in backticks',
    ),
    "markup, a card": (
        {PICK: pick("```card\nurl: https://example.org\ntitle: A talk\n```")},
        {PICK: pick("```card\nurl: https://example.org\ntitle: A talk\ntxet: Some words.\n```")},
        f'{PICK}:6: unknown key "txet" in a card; did you mean "text"?',
    ),
    "marks": (
        {PICK: pick("Some `TODO` words, $TK$ and TKO.")},
        {PICK: pick("Some TODO words.")},
        f'{PICK}:3: "TODO" is left in the text; write what belongs there',
    ),
    "unknown_editors": (
        {"roundup.yaml": "title: A digest\neditors: {ann: Ann}\n", PICK: pick("Some words.", "by: ann\n")},
        {"roundup.yaml": "title: A digest\neditors: {ann: Ann}\n", PICK: pick("Some words.", "by: zoe\n")},
        f'{PICK}:2: editor "zoe" is not in roundup.yaml; add the name under editors',
    ),
    "empty_sections": (
        {ISSUE: "date: 2024-02-01\norder:\n- section: Theory\n- 2401.00001\n"},
        {ISSUE: f"{ORDERED}- section: Theory\n"},
        f'{ISSUE}:4: section "Theory" is empty; put picks below it or remove it',
    ),
    "empty_sections, an empty issue": (
        {f"{TWO}/issue.yaml": "title: February\n"},
        {f"{TWO}/issue.yaml": "date: 2024-03-01\n"},
        f"{TWO}/issue.yaml:1: the issue has a date but nothing in it; add picks, or remove the date",
    ),
    "withdrawn_papers": (
        {RECORD: record("2401.00001", "withdrawn: {reason: a gap}\n"), PICK: pick("It has been withdrawn.")},
        {RECORD: record("2401.00001", "withdrawn: {reason: a gap}\n"), PICK: pick("Some words.")},
        f'{PICK}:1: "2401.00001" was withdrawn by its authors ("a gap"); say so in the commentary or remove it',
    ),
    "odd_dates": (
        {ISSUE: "date: 2024-01-01\n"},
        {ISSUE: "date: 2023-12-31\n"},
        f"{ISSUE}:1: date 2023-12-31 lies before 2024-1 begins (2024-01-01); mend it, or rename the folder",
    ),
    "odd_dates, far away": (
        {ISSUE: "date: 2025-01-30\n"},
        {ISSUE: "date: 2025-02-03\n"},
        f"{ISSUE}:1: date 2025-02-03 is more than a year from 2024-1; mend it, or rename the folder",
    ),
    "odd_dates, of a paper": (
        {RECORD: record("2401.00001", "submitted: 2024-02-01\n")},
        {RECORD: record("2401.00001", "submitted: 2024-02-02\n")},
        f'{PICK}:1: "2401.00001" was submitted on 2024-02-02, after the issue (2024-02-01); mend the date of one',
    ),
    "odd_dates, of a version": (
        {RECORD: record("2401.00001", "submitted: 2024-01-02T23:00:00Z\nupdated: 2024-01-02T22:00:00Z\n")},
        {RECORD: record("2401.00001", "submitted: 2024-01-02\nupdated: 2024-01-01\n")},
        f'{RECORD}:1: "2401.00001" was updated (2024-01-01) before it was submitted (2024-01-02); fetch it again',
    ),
    "dead_links": (
        {PICK: pick("See [this](#2401.00001), [that](/2024-1/) and [home](/).")},
        {PICK: pick("See [this](#theory).")},
        f'{PICK}:3: link "#theory" leads nowhere; page /2024-1/ has #2401.00001',
    ),
    "dead_links, references": (
        {**BACK, AGAIN: pick("As in [[2401.00001]], some words.")},
        {PICK: pick("As in [[quant-ph/0201082]], some words.")},
        f'{PICK}:3: reference "[[quant-ph/0201082]]" leads nowhere; name a paper of this archive, or link to it',
    ),
    "missing_figures": (
        {PICK: pick("![A line](figures/a.svg)"), FIGURE: DRAWING},
        {PICK: pick("![A line](figures/a.svg)")},
        f'{PICK}:3: figure "figures/a.svg" is missing; put the file into {ONE}/figures/',
    ),
}


def test_every_rule_has_its_cases() -> None:
    assert {rule.__name__ for rule in rules.RULES} <= {name.partition(",")[0] for name in RULES}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_met(rule: str, digest: Make, roundup: Run) -> None:
    result = roundup("check", root=digest(RULES[rule][0]))
    assert (result.err, result.code) == ("", 0)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_not_met(rule: str, digest: Make, roundup: Run) -> None:
    _, files, what = RULES[rule]
    result = roundup("check", root=digest(files))
    assert ((result.out + result.err), result.code) == (f"{what}\n1 problem in 1 file\n", 1)


@pytest.mark.parametrize("where", ["intro", "sponsor", "outro", "note", "pick", "inline"])
def test_a_rule_looks_at_every_text_of_an_issue(where: str, digest: Make, roundup: Run) -> None:
    """Each text has one mark that was left in it, in the last line."""
    lines = {
        "intro": "intro: |\n  Some words.\n\n  TODO\n",
        "sponsor": "sponsor: |\n  Some words.\n\n  TODO\n",
        "outro": "outro: |\n  Some words.\n\n  TODO\n",
        "note": "order:\n- section: Theory\n  note: |\n    Some words.\n\n    TODO\n- 2401.00001\n",
        "inline": "order:\n- link: {url: https://example.org, title: A talk}\n  commentary: |\n    Some words.\n\n    TODO\n",
    }
    path, text = (PICK, pick("Some words.\n\nTODO")) if where == "pick" else (ISSUE, "date: 2024-02-01\n" + lines[where])
    at = text.split("\n").index(next(line for line in text.split("\n") if "TODO" in line)) + 1
    assert told(roundup("check", root=digest({path: text}))) == [f'{path}:{at}: "TODO" is left in the text; write what belongs there']


# ---- drafts ----


BROKEN = {
    "a missing figure": ({f"{TWO}/issue.yaml": "intro: |\n  ![A line](figures/b.svg)\n"}, f"{TWO}/issue.yaml:2"),
    "an order that names nothing": ({f"{TWO}/issue.yaml": "order: [talk]\n"}, f"{TWO}/issue.yaml:1"),
    "a pick that cannot be read": ({f"{TWO}/issue.yaml": "intro: Hello.\n", f"{TWO}/commentary/talk.yaml": UNREADABLE}, f"{TWO}/commentary/talk.yaml:1"),
    "a pick without a record": (
        {f"{TWO}/issue.yaml": "intro: Hello.\n", f"{TWO}/commentary/2401.00001.yaml": pick("Some words.")},
        f"{TWO}/commentary/2401.00001.yaml:1",
    ),
    "a figure with a script": (
        {f"{TWO}/issue.yaml": 'intro: "![A dot](figures/b.svg)"\n', f"{TWO}/figures/b.svg": '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>\n'},
        f"{TWO}/figures/b.svg",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_draft_stands_in_no_other_issue_s_way(kind: str, digest: Make, roundup: Run) -> None:
    files, where = BROKEN[kind]
    root = digest(files)
    checked = roundup("check", root=root)
    assert [line.partition(": ")[0] for line in told(checked)] == [where]

    built = roundup("build", root=root)
    assert (built.code, built.err) == (0, "left out: 1 draft (2024-2); build with --drafts to see it\n")
    assert not (root / "site/2024-2").exists()

    refused = roundup("build", "--drafts", root=root)
    assert (refused.code, refused.err) == (1, checked.out)
    assert not (root / "site/2024-2").exists()


@pytest.mark.parametrize("line", ["date: 2024-02-30", "date: [2024-02-01]", "daet: 2024-02-01"])
def test_a_slip_in_a_date_takes_no_page_off_the_site(line: str, digest: Make, roundup: Run) -> None:
    """An issue without a date is a draft; one whose date cannot be read is nobody's draft."""
    root = digest()
    assert roundup("build", root=root).code == 0
    before = tree(root / "site")
    (root / ISSUE).write_text(f"{line}\norder: [2401.00001]\n", encoding="utf-8")
    assert roundup("build", root=root).code == 1
    assert tree(root / "site") == before


def test_what_is_only_odd_stands_in_no_build_s_way(digest: Make, roundup: Run) -> None:
    """The rules are for editors: a build goes on where a page can be drawn."""
    root = digest({PICK: pick("Some TODO words.[^1] <br>", "status: todo\n"), f"{ONE}/commentary/notes.txt": "Hello.\n"})
    assert len(told(roundup("check", root=root))) == 5
    assert roundup("build", root=root).code == 0


def test_another_issue_s_fault_stands_in_no_issue_s_way(digest: Make, roundup: Run) -> None:
    root = digest({f"{TWO}/issue.yaml": "date: 2024-03-01\nintro: |\n  ![A line](figures/b.svg)\n"})
    assert roundup("build", root=root).code == 1
    assert roundup("build", "2024-2", root=root).code == 1
    assert roundup("build", "2024-1", root=root).code == 0
