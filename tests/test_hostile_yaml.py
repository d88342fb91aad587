"""Hostile YAML: whatever the bytes, a reader takes it to the letter or refuses it in words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hostile import (
    KEY,
    Case,
    Reader,
)
from roundup.errors import Problem
from roundup.records.digest import parse_config
from roundup.records.issues import parse_issue, parse_pick
from roundup.records.papers import parse_paper
from roundup.text.cards import parse_card
from roundup.yamltext import decode, parse


@pytest.fixture(scope="session")
def yaml_suite(shared: Path) -> list[Case]:
    return [json.loads(line) for line in (shared / "corpora/yaml/yaml_test_suite.jsonl").read_text().splitlines()]


PLACES: dict[str, Reader] = {
    "roundup.yaml": lambda text, problems: parse_config(text, "roundup.yaml", problems, []),
    "issue": lambda text, problems: parse_issue(text, "issue.yaml", KEY, "", problems, []),
    "record": lambda text, problems: parse_paper(text, "2401.00001.yaml", problems),
    "pick": lambda text, problems: parse_pick(text, "2401.00001.yaml", problems, []),
    "card": lambda text, problems: problems.extend(parse_card(text)[-1]),
}


@pytest.mark.parametrize("place", PLACES)
def test_any_yaml_is_read_or_refused_in_words(place: str, yaml_suite: list[Case]) -> None:
    """No payload of the suite ends in an exception; whatever is noted has a place in the file and is fit to print."""
    assert {case["title"]: fault for case in yaml_suite if (fault := fault_of_reading(PLACES[place], case["payload"]))} == {}


def fault_of_reading(read: Reader, payload: str) -> str:
    problems: list[Problem] = []
    text = decode(payload.encode(), "file.yaml", problems)
    if text is None:
        return "" if problems else "nothing read, nothing said"
    try:
        value = read(text, problems)
    except Exception as error:
        return repr(error)
    if value is None and read is not PLACES["card"] and not problems:
        return "nothing read, nothing said"
    lines = len(re.split("\r\n|\r|\n", text))
    return next((str(p) for p in problems if not 0 <= p.where.line <= lines or not str(p).isprintable()), "")


# What a YAML 1.2 parser must refuse and ours takes: libyaml reads YAML 1.1. The remark says why that does no harm.
TOLERATED = {
    "9C9N/00 Wrong indented flow sequence": "a list in brackets may go on at the margin: the items are the same",
    "9JBA/00 Invalid comment after end of flow sequence": "a comment right behind the bracket is still a comment",
    "CVW2/00 Invalid comment after comma": "a comment right behind a comma is still a comment",
    "DK95/01 Tabs that look like indentation": "a mark of the suite stands for the tab, so that nothing is wrong with this text",
    "G5U8/00 Plain dashes in flow sequence": "a lone dash in brackets is the text that it looks like",
    "QB6E/00 Wrong indented multiline quoted scalar": "a quoted text may go on at the margin: the words are the same",
    "S98Z/00 Block scalar with more spaces than first content line": "a block of nothing but blanks is empty",
    "X4QW/00 Comment without whitespace after block scalar indicator": "a comment right behind the mark of a block is still a comment",
    "Y79Y/03 Tabs in various contexts": "a mark of the suite stands for the tab, so that nothing is wrong with this text",
    "YJV2/00 Dash in flow sequence": "a lone dash in brackets is the text that it looks like",
}


def test_takes_only_known_exceptions_of_what_yaml_refuses(yaml_suite: list[Case]) -> None:
    taken = {case["title"] for case in yaml_suite if case["fail"] and taken_as_yaml(case["payload"])}
    assert taken == set(TOLERATED)


def taken_as_yaml(payload: str) -> bool:
    """Tell whether the reader finds no fault but that a file holds keys, not a list or bare text."""
    problems: list[Problem] = []
    text = decode(payload.encode(), "file.yaml", problems)
    if text is not None:
        parse(text, "file.yaml", problems)
    return all(problem.what.endswith('not keys; begin with "key: value"') for problem in problems)


@pytest.mark.parametrize("place", ["record", "pick", "issue", "tag"])
def test_every_scalar_keeps_its_spelling(place: str, shared: Path) -> None:
    cases = json.loads((shared / "corpora/yaml/scalars_own.json").read_text())
    wanted = {case["scalar"]: case["required_in_text_fields"] for case in cases}
    assert {scalar: spelled_in(place, scalar) for scalar in wanted} == wanted


def spelled_in(place: str, scalar: str) -> str:
    problems: list[Problem] = []
    if place == "record":
        paper = parse_paper(f"id: 2401.00001\nauthors: [A]\ncategories: [cs.LG]\ntitle: {scalar}\n", "f.yaml", problems)
        return paper.title if paper else "" if [p.what for p in problems] == ['"title" is empty; give it a value'] else repr(problems)
    if place == "pick":
        pick = parse_pick(f"paper: 2401.00001\ntitle: {scalar}\n", "2401.00001.yaml", problems, [])
        assert pick
        return str(pick.values["title"])
    if place == "tag":
        pick = parse_pick(f"paper: 2401.00001\ntags:\n- {scalar}\n", "2401.00001.yaml", problems, [])
        assert pick
        return "".join(pick.values["tags"])  # type: ignore[arg-type]
    issue = parse_issue(f"title: {scalar}\n", "issue.yaml", KEY, "", problems, [])
    assert issue
    return issue.title
