"""Hostile corpora and bombs: what cannot be read is refused by name and in time, what is shown is shown as text."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import html5lib
import pytest
from cmarkgfm.cmark import Options, markdown_to_html_with_extensions

from conftest import MINIMAL, ROOT, Result, tree
from roundup.config import Config
from roundup.errors import Location, Problem
from roundup.issue import Archive, Figure, Issue, IssueKey, Link, Pick, Prose, Section
from roundup.pages import render
from roundup.pages.theme import drawing
from roundup.paper import ArxivId, Author, Paper, Withdrawal, parse_arxiv_id
from roundup.plan import Output, Site, Theme
from roundup.records.digest import parse_config
from roundup.records.issues import parse_issue, parse_pick
from roundup.records.papers import parse_paper
from roundup.store.reading import built_in_templates, read_digest
from roundup.text import dialect, formula, twin, web
from roundup.text.links import is_allowed, look_alike
from roundup.text.setting import Setting
from roundup.text.slugs import slug
from roundup.text.visible import one_line, visible
from roundup.yamltext import decode, dump_scalar, parse

Case = dict[str, Any]
Digest = Callable[..., Path]
Run = Callable[..., Result]
Files = dict[str, str | bytes | None]

ISSUE = "issues/2024-1"
DAY = dt.date(2024, 2, 1)
KEY = IssueKey(2024, 1)
SOAK = bool(os.environ.get("ROUNDUP_SOAK"))
RECORD = MINIMAL[f"{ISSUE}/papers/2401.00001.yaml"]
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x02\x08\2\0\0\0\xfd\xd4\x9as"


# ---- reading pages back ----


def page(text: str) -> ET.Element:
    """Return what a browser makes of a page."""
    return html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)


def as_github_shows(markdown: str) -> ET.Element:
    """Return what GitHub's own parser makes of Markdown, with nothing filtered out."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    return page(markdown_to_html_with_extensions(markdown, options, ["table", "strikethrough"]))


def elements(root: ET.Element) -> Iterator[ET.Element]:
    return (element for element in root.iter() if isinstance(element.tag, str))


def words(element: ET.Element) -> str:
    return "".join(element.itertext())


def hrefs(root: ET.Element) -> list[str]:
    return [element.attrib["href"] for element in elements(root) if "href" in element.attrib]


def scheme(href: str) -> str:
    """Return the scheme that a browser would follow: it drops what it does not see, and reads ``//`` as an address."""
    seen = re.sub("[\t\n\r]", "", href).lstrip("".join(map(chr, range(33))))
    if re.match(r"[/\\]{2}", seen):
        return "//"
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", seen)
    return match[1].lower() if match else ""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail when the body takes more CPU time than that; stop it where it would go on for ever."""

    def stop(*_: object) -> None:
        raise AssertionError(f"still at work after {10 * seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 10 * seconds)
    began = time.process_time()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.process_time() - began < seconds


def unspoilt(result: Result) -> None:
    """No command ends in a traceback, or sends the terminal anything but text."""
    assert "Traceback" not in result.err
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", result.err + result.out)


# ---- a. records ----

TO_RECORD = {b"id": b"id", b"title": b"title", b"authors": b"authors", b"abstract": b"abstract", b"categories": b"categories", b"published": b"submitted", b"updated": b"updated"}
TO_PICK = {b"note": b"commentary", b"tags": b"tags", b"figure": b"cover"}


def divided(data: bytes) -> Files:
    """Return a record of the corpus as our record and our pick, line by line as it stands.

    What does not fall into lines of keys that we know, each once, goes whole into the record.
    """
    found = re.search(rb'(?m)^id: ("?(\d[\d.]*|[a-z-]+/\d+)"?)$', data)
    paper, name = (found[1], found[2].decode().replace("/", "-")) if found else (b"2401.00001", "2401.00001")
    if traversal := re.search(rb'(?m)^id: (".*/.*")$', data) if not found else None:
        paper = traversal[1]
    head, *blocks = re.split(rb"(?m)^(?=[a-z]+:)", data)
    keys = [block.partition(b":")[0] for block in blocks]
    whole = bool(head) or not keys or len(set(keys)) < len(keys) or not {*keys} <= {*TO_RECORD, *TO_PICK}
    if whole:
        return files(name, data.replace(b"\npublished:", b"\nsubmitted:"), b"")
    record = b"".join(TO_RECORD[key] + block[len(key) :] for key, block in zip(keys, blocks, strict=True) if key in TO_RECORD)
    pick = b"".join(TO_PICK[key] + flat(block)[len(key) :] for key, block in zip(keys, blocks, strict=True) if key in TO_PICK)
    return files(name, record, b"paper: " + paper + b"\n" + pick)


def flat(block: bytes) -> bytes:
    """Return ``figure: {file: x}`` as ``figure: x``, for a cover is named and no more; any other block as it is."""
    return re.sub(rb"\Afigure:\n  (?:file|url): (.*)\n(?s:.*)", rb"figure: \1\n", block)


def files(name: str, record: bytes, pick: bytes) -> Files:
    return {
        f"{ISSUE}/issue.yaml": "date: 2024-02-01\n",
        f"{ISSUE}/commentary/2401.00001.yaml": None,
        f"{ISSUE}/papers/2401.00001.yaml": None,
        f"{ISSUE}/commentary/{name}.yaml": pick or b"paper: 2401.00001\n",
        f"{ISSUE}/papers/{name}.yaml": record,
    }


def of_issue(data: bytes) -> Files:
    """Return an issue of the corpus: its title, its papers with their notes, or a link whose file is named by its slug."""
    text = data.decode()
    head = "".join(re.findall(r"(?m)^(?:date|title): .*\n", text))
    if named := re.search(r'(?m)^slug: "(.*)"$', text):
        title = re.search(r"(?m)^title: (.*)$", text)
        assert title
        link = f"link:\n  url: https://example.org/\n  title: {title[1]}\ncommentary: |\n  Some words.\n"
        return {path: None for path in MINIMAL if "2401" in path} | {
            f"{ISSUE}/issue.yaml": 'date: "2024-01-20"\n',
            f"{ISSUE}/commentary/{named[1]}.yaml": link,
        }
    made: Files = {f"{ISSUE}/issue.yaml": head}
    for paper, note in re.findall(r'- id: "(.*)"\n +note: \|\n((?:(?: {10}.*)?\n)+)', text):
        made[f"{ISSUE}/commentary/{paper}.yaml"] = f'paper: "{paper}"\ncommentary: |\n' + re.sub(r"(?m)^ {10}", "  ", note)
        made[f"{ISSUE}/papers/{paper}.yaml"] = MINIMAL[f"{ISSUE}/papers/2401.00001.yaml"].replace("2401.00001", paper)
    return made


ACCEPTED = """001_id_trailing_zero 004_id_old_style 005_norway 007_sexagesimal 008_octal_float 010_date_forms 025_bom 032_lone_surrogate 036_hard_breaks
    038_long_note 054_zero_width_zalgo 058_slug_collision 059_slug_collision_twin""".split()
REFUSED = """003_id_too_short 014_merge_bomb 015_recursive_alias 016_python_tag 017_unknown_tag 020_multi_document 022_empty 023_truncated 027_latin1
    028_raw_bell 055_traversal_id 056_traversal_figure 057_ssrf_figure 060_option_slug""".split()
SHOWN = """029_escaped_controls 030_line_separator 031_next_line_char 041_author_breakout 042_link_schemes 043_raw_html_note 044_cross_note_reference
    047_block_marks_in_title 048_template_title 050_script_context 051_latex_commands 052_bidi 062_header_encoded_word""".split()
WARNED = ["053_homoglyph_link"]


@pytest.fixture(scope="session")
def expectations(shared: Path) -> dict[str, Case]:
    """What is expected of each record of the corpus, by the record's name."""
    cases = json.loads((shared / "corpora/expectations.json").read_text())["cases"]
    return {case["file"].removesuffix(".yaml"): case for case in cases}


@dataclass(frozen=True)
class Tried:
    """What came of one case: what the command said, and the editions if there are any."""

    root: Path
    result: Result
    case: Case
    sources: Files

    @property
    def refused(self) -> bool:
        return self.result.code == 1 and not (self.root / "site").exists()

    @property
    def said(self) -> list[str]:
        """Every message about a file of this case, without the place."""
        lines = (re.fullmatch(r"(.*?\.yaml)(:\d+)?: (.*)", line) for line in self.result.err.splitlines())
        return [match[3] for match in lines if match and match[1] in self.sources]

    @property
    def pick(self) -> Pick:
        digest = read_digest(self.root)
        assert digest.problems == ()
        return digest.archive.issues[0].picks[0]

    @property
    def editions(self) -> dict[str, str]:
        """The pages that show the case, as text."""
        site = self.root / "site"
        return {path: (site / path).read_bytes().decode() for path in ("index.html", "2024-1/index.html", "2024-1/index.md")}

    @property
    def parsed(self) -> dict[str, ET.Element]:
        """The issue's page and its Markdown, as a browser and as GitHub read them."""
        return {"web": page(self.editions["2024-1/index.html"]), "markdown": as_github_shows(self.editions["2024-1/index.md"])}


@pytest.fixture
def tried(digest: Digest, roundup: Run, shared: Path, expectations: dict[str, Case], tmp_path: Path) -> Callable[..., Tried]:
    """Build cases of the corpus in a digest of their own, and see that nothing happens but what may."""

    def attempt(*names: str, command: str = "build") -> Tried:
        sources: Files = {}
        for name in names:
            data = (shared / "corpora/records" / f"{name}.yaml").read_bytes()
            sources |= of_issue(data) if expectations[name].get("kind") == "issue" else divided(data)
        root = digest(sources)
        before = tree(tmp_path)
        case = expectations[names[0]]
        with within(case.get("limit_s", 2)):
            result = roundup(command, "-q", root=root)
        unspoilt(result)
        after = tree(tmp_path)
        assert {path: after.get(path) for path in before} == before
        assert [path for path in after if path not in before and not path.startswith("digest/site/")] == []
        return Tried(root, result, case, sources)

    return attempt


def test_every_record_of_the_corpus_has_its_test(shared: Path, expectations: dict[str, Case]) -> None:
    kinds = {"accept": ACCEPTED, "reject": REFUSED, "render-escaped": SHOWN, "accept-with-warning": WARNED}
    assert {name: case["expect"] for name, case in expectations.items()} == {name: kind for kind, names in kinds.items() for name in names}
    assert sorted(path.stem for path in (shared / "corpora/records").iterdir()) == sorted(expectations)


READ: dict[str, Callable[[Pick], object]] = {
    "id": lambda pick: pick.paper and pick.paper.id.base,
    "title": lambda pick: pick.subject.title,
    "authors": lambda pick: [author.name for author in pick.shown_authors],
    "tags": lambda pick: list(pick.tags),
    "published": lambda pick: pick.paper and str(pick.paper.submitted),
    "note": lambda pick: pick.commentary.text,
}


def says_one_of(messages: Iterable[str], wanted: Iterable[str]) -> bool:
    return any(word.lower() in message.lower() for message in messages for word in wanted)


@pytest.mark.parametrize("name", ACCEPTED)
def test_reads_what_is_odd_but_lawful_to_the_letter(name: str, tried: Callable[..., Tried]) -> None:
    done = tried(name)
    if done.refused and "or_reject_message_any" in done.case:
        assert says_one_of(done.said, done.case["or_reject_message_any"])
        return
    assert (done.result.code, done.result.err) == (0, "")
    fields = done.case.get("fields", {})
    assert {key: READ[key](done.pick) for key in fields} == fields


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_it_must_by_file_line_and_reason(name: str, tried: Callable[..., Tried]) -> None:
    done = tried(name)
    assert done.refused
    assert says_one_of(done.said, done.case["message_any"])
    assert all(re.match(r".*\.yaml:\d+: ", line) for line in done.result.err.splitlines()[:-1])


def test_names_an_id_as_it_was_written(tried: Callable[..., Tried]) -> None:
    assert '"2308.10" is no arXiv ID' in tried("003_id_too_short").result.err


def test_two_names_for_one_anchor_are_refused_and_both_are_named(tried: Callable[..., Tried]) -> None:
    done = tried("058_slug_collision", "059_slug_collision_twin")
    assert done.refused
    assert says_one_of(done.said, done.case["message_any"])
    paths = [path for path in done.sources if "/commentary/" in path and done.sources[path]]
    assert len(paths) == 2
    assert [path for path in paths if path not in done.result.err] == []


@pytest.mark.parametrize("name", SHOWN)
def test_shows_hostile_text_as_text_in_every_edition(name: str, tried: Callable[..., Tried]) -> None:
    done = tried(name)
    if done.refused and "or_reject_message_any" in done.case:
        assert says_one_of(done.said, done.case["or_reject_message_any"])
        return
    assert (done.result.code, done.result.err) == (0, "")
    found = [fault for edition, root in done.parsed.items() for fault in faults_of_page(done.case, edition, root)]
    found += [fault for path, text in done.editions.items() for fault in faults_of_text(done.case, path, text)]
    assert found == []
    assert not done.case.get("fields_absent") or done.pick.commentary.text == ""


@pytest.mark.parametrize("name", WARNED)
def test_warns_of_what_is_lawful_but_looks_like_something_else(name: str, tried: Callable[..., Tried], roundup: Run) -> None:
    done = tried(name)
    assert (done.result.code, done.result.err) == (0, "")
    told = roundup("check", root=done.root)
    unspoilt(told)
    assert says_one_of((told.out + told.err).splitlines(), done.case["message_any"])


def faults_of_page(case: Case, edition: str, root: ET.Element) -> Iterator[str]:
    """Yield what the expectation forbids, or misses, in an edition as it is read."""
    text, links = words(root), hrefs(root)
    tags = {element.tag for element in elements(root)}
    attributes = {name for element in elements(root) for name in element.attrib}
    headings = [words(element) for element in elements(root) if re.fullmatch("h[1-6]", element.tag)]
    injected = "[injected]"  # of these our templates have none of their own
    yield from (f"{edition}: no {needle!r}" for needle in case.get("html_text_contains", ()) if needle not in text)
    yield from (f"{edition}: element {tag}" for tag in case.get("no_elements", ()) if tag.removesuffix(injected) in tags)
    yield from (f"{edition}: attribute {name}" for name in case.get("no_attributes", ()) if name.removesuffix(injected) in attributes)
    yield from (f"{edition}: heading {h!r}" for h in headings for wrong in case.get("no_headings_with", ()) if re.search(wrong, h))
    yield from (f"{edition}: no link to {href}" for href in case.get("must_have_href", ()) if href not in links)
    yield from (f"{edition}: link to {href}" for href in case.get("must_not_have_href", ()) if href in links)
    if "href_schemes_only" in case:
        yield from (f"{edition}: link to {href}" for href in links if scheme(href) not in ("", *case["href_schemes_only"]))
    if (subject := case.get("mail_subject_text")) and subject not in text:
        yield f"{edition}: no {subject!r}"


def faults_of_text(case: Case, path: str, text: str) -> Iterator[str]:
    yield from (f"{path}: {needle!r}" for key in ("output_absent", "output_bytes_absent") for needle in case.get(key, ()) if needle in text)


def test_caps_the_accents_on_a_letter(tried: Callable[..., Tried]) -> None:
    stacks = re.findall("[\u0300-\u036f]+", "".join(tried("054_zero_width_zalgo").editions.values()))
    assert max(map(len, stacks)) <= 4


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_day_does_not_move_with_the_machine(zone: str, tried: Callable[..., Tried], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert "15 Jan 2024" in words(tried("010_date_forms").parsed["web"])
    finally:
        monkeypatch.undo()
        time.tzset()


# ---- b. the public YAML suite ----


@pytest.fixture(scope="session")
def yaml_suite(shared: Path) -> list[Case]:
    return [json.loads(line) for line in (shared / "corpora/yaml/yaml_test_suite.jsonl").read_text().splitlines()]


Reader = Callable[[str, list[Problem]], object]
PLACES: dict[str, Reader] = {
    "roundup.yaml": lambda text, problems: parse_config(text, "roundup.yaml", problems, []),
    "issue": lambda text, problems: parse_issue(text, "issue.yaml", KEY, "", problems, []),
    "record": lambda text, problems: parse_paper(text, "2401.00001.yaml", problems),
    "pick": lambda text, problems: parse_pick(text, "2401.00001.yaml", problems, []),
    "card": lambda text, problems: problems.extend(dialect.parse_card(text)[-1]),
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


# ---- c. scalars ----


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


# ---- d. links ----


@pytest.fixture(scope="session")
def link_cases(shared: Path) -> list[Case]:
    cases: list[Case] = json.loads((shared / "corpora/url/links_own.json").read_text())
    return cases


def test_the_link_rule_agrees_with_the_list(link_cases: list[Case]) -> None:
    """What looks like another host is no link to be taken without a word: it is shown in its xn-- form, and warned of."""
    ours = {case["href"]: is_allowed(case["href"]) and not look_alike(case["href"]) for case in link_cases}
    assert ours == {case["href"]: case["allow"] for case in link_cases}


SHAPES = ["[label]({})", "[label](<{}>)", "![label]({})", "[label][1]\n\n[1]: {}\n", "[label][1]\n\n[1]: <{}>\n", "<{}>", "{}"]


@pytest.mark.parametrize("edition", ["web", "markdown"])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_forbidden_link_is_alive(shape: str, edition: str, link_cases: list[Case]) -> None:
    forbidden = [case["href"] for case in link_cases if not case["allow"] and not look_alike(case["href"])]
    living = {href: addresses for href in forbidden if (addresses := alive(href, shape.format(href), edition))}
    assert {href[:60]: address[:60] for href, address in living.items()} == {}


@pytest.mark.parametrize("edition", ["web", "markdown"])
def test_every_allowed_link_is_alive(edition: str, link_cases: list[Case]) -> None:
    allowed = [case["href"] for case in link_cases if case["allow"]]
    assert [href for href in allowed if not hrefs(read_back(f"[label](<{href}>)", edition))] == []


@pytest.mark.parametrize("edition", ["web", "markdown"])
def test_a_link_to_a_look_alike_says_where_it_leads(edition: str) -> None:
    """The first letter of this host is Cyrillic."""
    assert words(read_back("[label](https://\u0430rxiv.org/)", edition)).strip() == "label xn--rxiv-43d.org"


def read_back(markdown: str, edition: str) -> ET.Element:
    document = dialect.parse(markdown)
    return page(web.render(document, Setting())) if edition == "web" else as_github_shows(twin.render(document, Setting()))


def alive(href: str, markdown: str, edition: str) -> str:
    """Return the address outside the site that the words, or the forbidden address itself, lead to; empty where they are dead."""
    for element in elements(read_back(markdown, edition)):
        address = element.get("href", element.get("src", ""))
        meant = "label" in words(element) + element.get("alt", "") or unquote(address) == href
        cut = address == "https://example.org/" and re.search(r"org/\s", href)  # an address of its own before a line end
        if scheme(address) and meant and not cut:
            return address
    return ""


# What a reader of a file takes for an address, by the place where it stands.
ADDRESSES: dict[str, Reader] = {
    "pdf": lambda url, problems: parse_paper(f"{RECORD}links:\n  pdf: {dump_scalar(url)}\n", "2401.00001.yaml", problems),
    "html": lambda url, problems: parse_paper(f"{RECORD}links:\n  html: {dump_scalar(url)}\n", "2401.00001.yaml", problems),
    "code": lambda url, problems: parse_paper(f"{RECORD}links:\n  code:\n  - {dump_scalar(url)}\n", "2401.00001.yaml", problems),
    "link": lambda url, problems: parse_pick(f"link:\n  title: A talk\n  url: {dump_scalar(url)}\n", "talk.yaml", problems, []),
    "editor": lambda url, problems: parse_config(f"title: A\neditors:\n  ann:\n    name: Ann\n    url: {dump_scalar(url)}\n", "roundup.yaml", problems, []),
    "site": lambda url, problems: parse_config(f"title: A\nurl: {dump_scalar(url)}\n", "roundup.yaml", problems, []),
    "feed": lambda url, problems: parse_config(f"title: A\nsources:\n- feed: {dump_scalar(url)}\n", "roundup.yaml", problems, []),
    "card": lambda url, problems: problems.extend(dialect.parse_card(f"title: A\nurl: {dump_scalar(url)}\n")[-1]),
}


@pytest.mark.parametrize("place", ADDRESSES)
def test_an_address_in_a_file_is_held_to_the_same_rule(place: str, link_cases: list[Case]) -> None:
    """White space is folded before: what then is an address is one, and an empty one is none."""
    forbidden = [case["href"] for case in link_cases if not case["allow"] and case["href"] and not look_alike(case["href"])]
    taken = []
    for href in forbidden:
        problems: list[Problem] = []
        ADDRESSES[place](href, problems)
        taken += [] if problems else [href]
    assert [href[:60] for href in taken] == []


# ---- e. names ----


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


def repeated_ids(root: ET.Element) -> list[str]:
    ids = [element.attrib["id"] for element in elements(root) if "id" in element.attrib]
    return sorted({name for name in ids if ids.count(name) > 1})


# ---- f. script injection ----

BATCHES = 29
SAMPLE = 1 if SOAK else 7
ACTIVE = {"script", "style", "iframe", "frame", "object", "embed", "applet", "form", "input", "button", "textarea", "select", "svg", "base", "link", "meta", "template"}

MATHML = "{http://www.w3.org/1998/Math/MathML}"

# What Markdown may make of any text, beside what the templates have.
MARKDOWN = {
    "a": {"href", "class", "id", "role", "aria-label"}, "aside": {"class", "id", "role"}, "blockquote": set(), "br": set(), "code": {"class"},
    "div": {"class", "role", "tabindex", "aria-label"}, "em": set(), "figcaption": set(), "figure": set(), "h4": {"id"}, "h5": {"id"}, "h6": {"id"},
    "hr": set(), "img": {"src", "alt", "width", "height", "loading"}, "li": set(), "ol": {"start"}, "p": {"class"}, "pre": set(), "s": set(), "span": {"class"},
    "strong": set(), "table": set(), "tbody": set(), "td": {"class"}, "th": {"scope", "class"}, "thead": set(), "tr": set(), "ul": set(),
    **{f"{MATHML}{name}": set(formula.ATTRIBUTES) for name in formula.ELEMENTS},
}  # fmt: skip
# What GitHub makes of portable Markdown when none of it is HTML.
IN_TWIN = {
    "html": set(), "head": set(), "body": set(), "a": {"href", "title", "class", "id", "aria-label", "data-footnote-ref", "data-footnote-backref", "data-footnote-backref-idx"},
    "blockquote": set(), "br": set(), "code": {"class"}, "del": set(), "em": set(), **{f"h{level}": set() for level in range(1, 7)}, "hr": set(),
    "img": {"src", "alt", "title"}, "li": {"id"}, "ol": {"start"}, "p": set(), "pre": {"lang"}, "section": {"class", "data-footnotes"}, "strong": set(),
    "sup": {"class"}, "table": set(), "tbody": set(), "td": {"align"}, "th": {"align"}, "thead": set(), "tr": set(), "ul": set(),
}  # fmt: skip


@pytest.fixture(scope="session")
def vectors(shared: Path) -> tuple[str, ...]:
    """Every different payload of the public lists, in order."""
    paths = [*sorted((shared / "corpora/xss").glob("*.jsonl")), shared / "corpora/markdown/markdown_xss.jsonl"]
    payloads = (json.loads(line)["payload"] for path in paths for line in path.read_text().splitlines())
    return tuple(dict.fromkeys(payloads))


def issue_of(hostile: Iterable[str]) -> Issue:
    """Return an issue that holds each of these texts in every place where a text can stand."""
    texts = [text for text in hostile if one_line(text)]
    sections = tuple(Section(one_line(text), Prose(text), (pick_of(text, number),)) for number, text in enumerate(texts))
    everything = one_line(" ".join(texts))
    where = Location("issues/2024-1/issue.yaml", 1)
    return Issue(KEY, everything, everything, DAY, ("ann",), Prose(everything), Prose(everything), sections, where=where, figures=(Figure("figures/a.png", 2, 2, ""),))


def pick_of(text: str, number: int) -> Pick:
    line = one_line(text)
    quoted = line.replace('"', '\\"')
    commentary = f"""{text}

![{line}](figures/a.png "{quoted}")

[words](<{line}>) <{line}> [words]({line}) `{line}` ${line}$ [[{line}]] [^1] **{line}** [{line}][x]

# {line}

| {line} |
|---|
| {line} |

[^1]: {line}

[x]: <{line}> "{quoted}"

```{line}
{text}
```

```card
url: https://example.org/
title: {dump_scalar(line)}
text: {dump_scalar(line)}
```
"""
    prose = Prose(commentary)
    shared = {"tags": (line,), "tldr": line, "rating": line, "by": (line,)}
    name = f"x{number}"
    if number % 4 == 3:
        return Pick(Link("https://example.org/", line, line, line), name, prose, title=line, **shared)  # type: ignore[arg-type]
    paper_id = ArxivId(f"2401.{number + 1:05}")
    paper = Paper(paper_id, line, (Author(line, (line,)),), ("cs.LG",), line, DAY, comment=line, withdrawn=Withdrawal(line))
    return Pick(paper, paper_id.name, prose, **shared)  # type: ignore[arg-type]


def drawn(issue: Issue, kind: str) -> str:
    """Return the issue's page, its Markdown, or the home page."""
    theme = Theme({path.name: path.read_text() for path in built_in_templates().iterdir() if path.is_file()})
    config = Config(title=issue.teaser, tagline=issue.teaser, url="https://example.org/")
    path = {"issue.html": "2024-1/index.html", "issue.md": "2024-1/index.md", "home": "index.html"}[kind]
    return render(Output(path, kind, "", issue), Site(config, Archive((issue,)), theme), drawing(theme)).decode()


Parts = set[tuple[str, str]]


@pytest.fixture(scope="session")
def tame() -> tuple[Parts, set[str]]:
    """The elements with their attributes, and the classes, of pages whose texts are plain words."""
    issue = issue_of(["plain words"] * 8)
    roots = [page(drawn(issue, kind)) for kind in ("issue.html", "home")]
    classes = {name for root in roots for element in elements(root) for name in element.get("class", "").split()}
    return set().union(*map(parts, roots)), classes


def parts(root: ET.Element) -> Parts:
    """Return each element with each of its attributes; a comment is an element, too."""
    return {(str(element.tag) if isinstance(element.tag, str) else "comment", name) for element in root.iter() for name in (*element.attrib, "")}


def parts_of(table: Mapping[str, set[str]]) -> Parts:
    return {(tag, name) for tag, names in table.items() for name in (*names, "")}


def live_links(root: ET.Element) -> list[str]:
    return [href for href in hrefs(root) if scheme(href) not in ("", "http", "https", "mailto")]


def test_the_templates_themselves_hold_nothing_active(tame: tuple[Parts, set[str]]) -> None:
    used, _ = tame
    assert {tag for tag, _ in used} & ACTIVE == {"link", "meta"}  # of the page's head
    assert [name for _, name in used if name.startswith("on") or name == "style"] == []


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("kind", ["issue.html", "home"])
def test_no_vector_comes_alive_on_a_page(kind: str, batch: int, vectors: tuple[str, ...], tame: tuple[Parts, set[str]]) -> None:
    used, classes = tame
    root = page(drawn(issue_of(vectors[::SAMPLE][batch::BATCHES]), kind))
    assert parts(root) - used - parts_of(MARKDOWN) == set()
    assert live_links(root) == []
    assert {element.attrib["src"] for element in elements(root) if "src" in element.attrib} <= {"figures/a.png"}
    assert repeated_ids(root) == []
    found = {name for element in elements(root) for name in element.get("class", "").split() if not name.startswith("language-")}
    assert found - classes <= {"right", "center", "math"}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_vector_comes_alive_in_the_markdown(batch: int, vectors: tuple[str, ...]) -> None:
    root = as_github_shows(drawn(issue_of(vectors[::SAMPLE][batch::BATCHES]), "issue.md"))
    assert parts(root) - parts_of(IN_TWIN) == set()
    assert live_links(root) == []
    assert [element.attrib["src"] for element in elements(root) if scheme(element.get("src", ""))] == []


@pytest.mark.parametrize(
    "formula",
    ["<script>x</script>", "<img src=x onerror=alert(1)", "<!--", "[x](javascript:alert(1))", "![x](https://example.org/a.png)", "&lt;b> <b>", "<javascript:alert(1)>", "`<b>`"],
)
@pytest.mark.parametrize("shape", ["${}$", "${}$ a>", "$a$ ${}$ b $-->$", "$${}$$", "$$\n{}\n$$", "| a |\n|---|\n| ${}$ |"])
def test_a_formula_smuggles_nothing_into_the_markdown(shape: str, formula: str) -> None:
    """Where no program draws the formula, GitHub's parser finds neither a tag nor a link in it."""
    root = read_back(shape.format(formula), "markdown")
    assert parts(root) - parts_of(IN_TWIN) == set()
    assert [element.tag for element in elements(root) if "href" in element.attrib or "src" in element.attrib] == []


@pytest.mark.parametrize("root", ["", "../", "https://example.org/digest/"])
@pytest.mark.parametrize("href", ["/javascript:alert(1)", "/data:,x", "//example.org/", "/./javascript:alert(1)", "/.//example.org/", "x/../javascript:alert(1)", "./javascript:alert(1)"])
def test_a_path_within_the_site_never_becomes_another_scheme_or_host(href: str, root: str) -> None:
    leads = Setting(root=root, page="2024-1/index.html" if root else "index.html").link(href)
    assert leads.startswith(root) if scheme(root) else scheme(leads) == "" or not is_allowed(href)


@pytest.mark.parametrize("kind", ["issue.html", "issue.md"])
@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_vector_in_a_title_is_shown_whole(batch: int, kind: str, vectors: tuple[str, ...]) -> None:
    titles = [visible(one_line(text)) for text in vectors[::SAMPLE][batch::BATCHES] if one_line(text)]
    papers = [Paper(ArxivId(f"2401.{number:05}"), text, (Author("Ada Example"),), ("cs.LG",)) for number, text in enumerate(titles, 1)]
    sections = (Section(picks=tuple(Pick(paper, paper.id.name) for paper in papers)),)
    text = drawn(Issue(KEY, "An issue", date=DAY, sections=sections, where=Location(f"{ISSUE}/issue.yaml")), kind)
    shown = [words(e) for e in elements(as_github_shows(text) if kind == "issue.md" else page(text)) if e.tag == "h2"]
    whole = [f"{number}{'. ' if kind == 'issue.md' else ''}{title}" for number, title in enumerate(titles, 1)]
    assert [s if s == w else letters(s) for s, w in zip(shown, whole, strict=True)] == [w if s == w else letters(w) for s, w in zip(shown, whole, strict=True)]


def letters(text: str) -> str:
    """Return a title without what TeX says with marks: braces and backslashes, quotes and dashes, ties and small spaces."""
    return re.sub(r"[\\{}~`$'\"“”‘’–—−∼^_\s/>-]", "", text)


# ---- g. bombs ----

BRACKETS = "id: 2401.00001\ntitle: " + "[" * 50_000 + "]" * 50_000 + "\n"
MERGES = "a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(10)) + "}\n" + "".join(
    f"a{level}: &a{level}\n  <<: [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 9)
)
IN_RECORD, IN_PICK, IN_CONFIG = f"{ISSUE}/papers/2401.00001.yaml", f"{ISSUE}/commentary/2401.00001.yaml", "roundup.yaml"

BOMBS: dict[str, tuple[str, str | bytes, str]] = {
    "brackets": (IN_RECORD, BRACKETS, ":2: nested more than 20 deep; flatten it"),
    "braces": (IN_CONFIG, "title: " + "{a: " * 50_000, ":1: nested more than 20 deep; flatten it"),
    "dashes": (IN_PICK, "- " * 50_000 + "a\n", ":1: nested more than 20 deep; flatten it"),
    "questions": (IN_PICK, "? " * 50_000 + "a\n", ":1: nested more than 20 deep; flatten it"),
    "merges": (IN_RECORD, MERGES, ':1: anchor "&a0" marks a value for repetition; remove it'),
    "file of 1 MiB and a byte": (IN_RECORD, RECORD + "#" * (2**20 + 1 - len(RECORD)), ": the file is too large: 1,048,577 bytes, the limit is 1,048,576; split it"),
    "commentary of 64 KiB and a byte": (
        IN_PICK,
        "paper: 2401.00001\ncommentary: " + "w" * (2**16 + 1) + "\n",
        ':2: "commentary" is too long: 65,537 bytes, the limit is 65,536; split it',
    ),
    "NUL": (IN_RECORD, RECORD.replace("plain", "pl\0ain"), ":2: control character 0x00 in the text; remove it"),
    "UTF-16": (IN_RECORD, RECORD.encode("utf-16"), ":1: byte 0xff is not UTF-8; save the file with the encoding UTF-8"),
}


def in_a_child(root: Path, command: str = "build") -> tuple[Result, float]:
    """Run a command in a process of its own that may take 400 MB and 10 s; return what it did, and its CPU seconds."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000))
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "roundup", "-C", str(root), command],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, preexec_fn=limit, timeout=60,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Result(done.returncode, done.stdout, done.stderr), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once_in_a_few_lines(name: str, digest: Digest) -> None:
    path, content, message = BOMBS[name]
    root = digest({path: content})
    result, seconds = in_a_child(root)
    *told, total = result.err.splitlines()
    assert (result.code, result.out) == (1, "")
    assert f"{path}{message}" in told
    assert total.endswith(" in 1 file")
    assert len(told) == 1 or name == "merges"  # there every anchor, alias and merge key is told, once
    assert len(told) < 50
    assert seconds < 2
    assert not (root / "site").exists()


@pytest.mark.parametrize("size", [2**20, 2**16], ids=["file", "commentary"])
def test_what_just_fits_is_taken(size: int, digest: Digest) -> None:
    pick = "paper: 2401.00001\ncommentary: " + "w" * 2**16 + "\n"
    root = digest({IN_PICK: pick, IN_RECORD: RECORD + "#" * (size - len(RECORD) - 1) + "\n"})
    result, _ = in_a_child(root)
    assert (result.code, result.err) == (0, "")


THOUSANDS = 100 if SOAK else 20  # of faults in a file; the more of them fill the megabyte that a file may have
FLOODS: dict[str, tuple[str, str | bytes]] = {
    "aliases": (IN_PICK, "tags:\n" + "- *a\n" * 1000 * THOUSANDS),
    "anchors": (IN_PICK, "tags:\n" + "- &a b\n" * 1000 * THOUSANDS),
    "repeated keys": (IN_PICK, "paper: 1\n" * 1000 * THOUSANDS),
    "unknown keys": (IN_PICK, "".join(f"k{number}: 1\n" for number in range(1000 * THOUSANDS))),
    "control characters": (IN_PICK, "\x07 word\n" * 1000 * THOUSANDS),
    "line separators": (IN_PICK, "word\u2028\n" * 1000 * THOUSANDS),
    "UTF-16 without a mark": (IN_PICK, "a: b\n".encode("utf-16-le") * 1000 * THOUSANDS),
    "wrong items": (IN_PICK, "paper: 2401.00001\ntags:\n" + "- []\n" * 1000 * THOUSANDS),
    "wrong orders": (f"{ISSUE}/issue.yaml", "date: 2024-02-01\norder:\n" + "- 2401.1\n" * 1000 * THOUSANDS),
    "orders of nothing": (f"{ISSUE}/issue.yaml", "date: 2024-02-01\norder:\n" + "".join(f"- a{number}\n" for number in range(1000 * THOUSANDS))),
    "lists in a list": (IN_PICK, "paper: 2401.00001\ntags: [" + "[]," * 1000 * THOUSANDS + "]\n"),
    "a long value": (IN_RECORD, RECORD.replace("2401.00001", "9" * 10_000 * THOUSANDS)),
    "a long key": (IN_RECORD, RECORD + "? " + "k" * 10_000 * THOUSANDS + "\n: 1\n"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_file_of_nothing_but_faults_is_told_of_in_bounded_time_and_words(name: str, digest: Digest) -> None:
    """Any file within the size limit is refused in less than 10 s, and what is said of it fits on a few screens."""
    path, content = FLOODS[name]
    result, seconds = in_a_child(digest({path: content}))
    unspoilt(result)
    assert result.code == 1
    assert seconds < (10 if SOAK else 3)
    assert len(result.err) < 20_000


# ---- h. slow Markdown ----

CAP = 64 * 1024


@pytest.fixture(scope="session")
def pathological(shared: Path) -> list[Case]:
    cases: list[Case] = json.loads((shared / "corpora/markdown/pathological.json").read_text())["cases"]
    return cases


def built(case: Case) -> str:
    """Return the case's input, capped at the size that a commentary may have."""
    made = ""
    if ramp := case.get("ramp"):
        for n in range(ramp["from"], ramp["to"]):
            made += ramp["fmt"].format(n=n) if "fmt" in ramp else ramp.get("pre", "") + ramp["lead"] * n + ramp["text"]
        made += ramp.get("tail", "") * ramp.get("tail_times", 0)
    made += "".join(part["text"] * part["times"] for part in case["parts"])
    return made.encode()[:CAP].decode(errors="ignore")


def test_every_slow_case_of_the_corpus_has_its_test(pathological: list[Case]) -> None:
    assert len(pathological) == 48


DRAWN = """
import json, re, resource, sys, time
from roundup.text import dialect, mail, twin, web
from roundup.text.plain import Plain
from roundup.text.setting import Setting
times = []
for text in json.load(sys.stdin):
    began = time.process_time()
    document = dialect.parse.__wrapped__(text)
    for edition in (web, mail, Plain(), twin):
        edition.render(document, Setting())
    times.append(time.process_time() - began)
try:  # on Linux what getrusage tells began with the size of the tests, from which this process was forked
    peak = int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
except FileNotFoundError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
json.dump({"times": times, "peak": peak}, sys.stdout)
"""


@pytest.mark.parametrize("part", range(4))
def test_no_commentary_is_slow_or_large_to_draw(part: int, pathological: list[Case]) -> None:
    """Each under 5 s of CPU, and all in a process that never holds 300 MB: measured are 1.8 s and 120 MB."""
    texts = json.dumps([built(case) for case in pathological[part::4]])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.run([sys.executable, "-c", DRAWN], input=texts, capture_output=True, text=True, check=True, env=environment, timeout=300)
    made = json.loads(child.stdout)
    names = [case["name"] for case in pathological[part::4]]
    assert {name: seconds for name, seconds in zip(names, made["times"], strict=True) if seconds > 5} == {}
    assert made["peak"] < 300_000_000
