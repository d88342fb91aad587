"""Hostile names of papers, picks, issues and figures: each becomes a plain name of its own, or is refused."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from conftest import MINIMAL, tree
from hostile import (
    ISSUE,
    PNG,
    Case,
    Digest,
    Files,
    Run,
    elements,
    page,
    repeated_ids,
    unspoilt,
    within,
)
from roundup.paper import parse_arxiv_id
from roundup.text.slugs import slug


@pytest.fixture(scope="session")
def names(shared: Path) -> list[Case]:
    cases: list[Case] = json.loads((shared / "corpora/paths/names_own.json").read_text())
    return cases


NUMBERS = {"slug": 34, "figure": 12}


@pytest.mark.parametrize("kind", NUMBERS)
def test_every_name_of_the_corpus_has_its_test(kind: str, names: list[Case]) -> None:
    assert len(of_kind(names, kind)) == NUMBERS[kind]


def of_kind(names: list[Case], kind: str) -> list[Case]:
    return [case for case in names if case["kind"] == kind]


def test_takes_ids_and_nothing_else_for_ids(names: list[Case]) -> None:
    cases = [case for case in of_kind(names, "id") if case["expect"] != "reject-or-normalise"]
    assert {case["value"]: taken_as_id(case["value"]) for case in cases} == {case["value"]: case["expect"] == "accept" for case in cases}


def taken_as_id(text: str) -> bool:
    try:
        return bool(parse_arxiv_id(text))
    except ValueError:
        return False


def test_an_id_with_a_prefix_becomes_the_bare_id() -> None:
    assert str(parse_arxiv_id("arXiv:2401.00001")) == "2401.00001"


LINK = "link:\n  url: https://example.org/\n  title: A talk\ncommentary: |\n  Some words.\n"


@pytest.mark.parametrize("number", range(NUMBERS["slug"]))
def test_a_picks_file_name_becomes_a_plain_anchor_or_is_refused(number: int, names: list[Case], digest: Digest, roundup: Run, tmp_path: Path) -> None:
    case = of_kind(names, "slug")[number]
    root = digest({path: None for path in MINIMAL if "2401" in path} | {f"{ISSUE}/issue.yaml": "date: 2024-02-01\n"})
    if not made_on_disk(root / ISSUE / "commentary" / f"{case['value']}.yaml", LINK, inside=root / ISSUE / "commentary"):
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", slug(case["value"]))  # no file can be called so; a title can
        return
    before = tree(tmp_path)
    result = roundup("build", "-q", root=root)
    unspoilt(result)
    assert [path for path in tree(tmp_path) if path not in before and not path.startswith("digest/site/")] == []
    if result.code:
        assert case["expect"] != "accept"
        assert result.err.startswith(f"{ISSUE}/commentary/")
        return
    anchors = [e.attrib["id"] for e in elements(page((root / "site/2024-1/index.html").read_text())) if e.tag == "article"]
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", anchor) for anchor in anchors)
    assert len(anchors) == (0 if case["value"].startswith(".") else 1)


def made_on_disk(path: Path, content: str, *, inside: Path) -> bool:
    """Write a file where the system lets us; False for a name that is none, or that leads elsewhere."""
    if path.parent != inside or "\0" in str(path):
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    except OSError:
        return False
    return True


@pytest.mark.parametrize("number", range(NUMBERS["slug"]))
def test_an_issues_folder_has_a_key_for_a_name_or_is_refused(number: int, names: list[Case], digest: Digest, roundup: Run, tmp_path: Path) -> None:
    value = of_kind(names, "slug")[number]["value"]
    root = digest()
    (root / "issues").mkdir(exist_ok=True)
    if not made_on_disk(root / "issues" / value, "", inside=root / "issues"):
        return
    (root / "issues" / value).unlink()
    (root / "issues" / value).mkdir()
    (root / "issues" / value / "issue.yaml").write_text("date: 2024-01-20\nintro: Some words.\n")
    before = tree(tmp_path)
    result = roundup("build", "-q", root=root)
    unspoilt(result)
    assert [path for path in tree(tmp_path) if path not in before and not path.startswith("digest/site/")] == []
    if re.fullmatch(r"\d{4}-\d+-\d+", value):
        assert (root / "site/2024-1-20/index.html").is_file()
    elif value.startswith("."):
        assert result.code == 0  # a hidden folder is nobody's issue
    else:
        assert (result.code, (root / "site").exists()) == (1, False)
        assert "is no issue key" in result.err


FIGURES = {"figures/a.png": PNG, "figures/a b.png": PNG, "figures/figé.png": PNG, "figures/a.svg": b'<svg width="1" height="1" onload="x()"/>'}


@pytest.mark.parametrize("shape", ["cover: {yaml}\n", "commentary: |\n  ![words](<{raw}>)\n"], ids=["cover", "figure"])
@pytest.mark.parametrize("number", range(NUMBERS["figure"]))
def test_a_figure_is_a_file_of_the_issue_or_is_refused(number: int, shape: str, names: list[Case], digest: Digest, roundup: Run, tmp_path: Path) -> None:
    case = of_kind(names, "figure")[number]
    value = case["value"] if "/" in case["value"] else f"figures/{case['value']}"
    present = {name: data for name, data in FIGURES.items() if name == value or not name.endswith(".svg")}
    pick = "paper: 2401.00001\n" + shape.format(yaml=json.dumps(value), raw=value.replace("\0", "\ufffd"))
    root = digest({f"{ISSUE}/{name}": data for name, data in present.items()} | {f"{ISSUE}/commentary/2401.00001.yaml": pick, "../a.png": PNG})
    if "link" in value:
        (root / ISSUE / value).symlink_to(tmp_path / "a.png")
    if value.endswith("dev"):
        os.mkfifo(root / ISSUE / value)
    with within(2):
        result = roundup("build", "-q", root=root)
    unspoilt(result)
    assert (result.code == 0, (root / "site").exists()) == ((True, True) if case["expect"] == "accept" else (False, False))
    if case["expect"] == "accept":
        shown = [e.attrib["src"] for e in elements(page((root / "site/2024-1/index.html").read_text())) if e.tag == "img"]
        assert [(root / "site/2024-1" / unquote(address)).read_bytes() for address in shown] == [PNG]


def test_no_two_names_lead_to_one_place(names: list[Case], digest: Digest, roundup: Run) -> None:
    """Neither as issues, where they are no keys, nor as picks, where they would be one anchor."""
    told = {}
    for number, case in enumerate(of_kind(names, "pair")):
        as_picks = {f"{ISSUE}/commentary/{Path(value).name}.yaml": LINK for value in case["value"]}
        as_issues = {f"{value}/issue.yaml": "date: 2024-02-01\n" for value in case["value"]}
        for kind, sources in (("picks", as_picks), ("issues", as_issues)):
            root = digest(sources, name=f"digest-{number}-{kind}")
            result = roundup("build", "-q", root=root)
            told[case["why"], kind] = result.code, (root / "site").exists()
    assert told == dict.fromkeys(told, (1, False))


HEADED = LINK.replace("  Some words.\n", "  Words[^1].\n\n  # A heading\n\n  [^1]: A note.\n")
CLASHES = {
    "a pick and the page": ({"main": HEADED}, ""),
    "a pick and a note": ({"n1": HEADED}, ""),
    "a pick and a reference": ({"r1": HEADED}, ""),
    "a pick and the heading of another": ({"talk": HEADED, "h-talk": HEADED}, ""),
    "a pick and a heading in another": ({"talk": HEADED, "talk-a-heading": HEADED}, ""),
    "a pick and a heading of the intro": ({"intro-a-heading": HEADED}, "intro: |\n  # A heading\n"),
    "headings in two picks": ({"talk": HEADED.replace("# A", "# B A"), "talk-b": HEADED}, ""),
    "three headings in a pick": ({"talk": HEADED + "\n  # A heading\n\n  # A heading 2\n"}, ""),
    "a section and the page": ({"talk": HEADED}, "order:\n- section: Main\n- talk\n"),
    "a section and a note": ({"talk": HEADED}, "order:\n- section: N1\n- talk\n"),
    "a section and a heading": ({"talk": HEADED}, "order:\n- section: Talk: a heading\n- talk\n".replace("Talk: a heading", "Talk a heading")),
    "two sections of one title": ({"talk": HEADED, "walk": HEADED}, "order:\n- section: A\n- talk\n- section: A\n- walk\n"),
    "a section and a pick": ({"talk": HEADED}, "order:\n- section: Talk\n- talk\n"),
    "a section and its note's heading": ({"talk": HEADED}, "order:\n- section: A\n  note: |\n    # A heading\n- section: A note A heading\n- talk\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", CLASHES)
def test_no_two_things_on_a_page_have_one_id(name: str, digest: Digest, roundup: Run) -> None:
    picks, more = CLASHES[name]
    sources: Files = {path: None for path in MINIMAL if "2401" in path}
    sources |= {f"{ISSUE}/commentary/{stem}.yaml": text for stem, text in picks.items()}
    root = digest(sources | {f"{ISSUE}/issue.yaml": f"date: 2024-02-01\n{more}"})
    result = roundup("build", "-q", root=root)
    unspoilt(result)
    assert result.code == 1 or repeated_ids(page((root / "site/2024-1/index.html").read_text())) == []
