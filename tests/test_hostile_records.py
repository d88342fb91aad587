"""Hostile records and issues: each is read, refused or shown as its expectation says."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conftest import MINIMAL, Result, tree
from hostile import (
    ISSUE,
    Case,
    Digest,
    Files,
    Run,
    as_github_shows,
    elements,
    hrefs,
    page,
    scheme,
    unspoilt,
    within,
    words,
)
from roundup.issue import Pick
from roundup.store.reading import read_digest

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
        return next(digest.archive.issues).picks[0]

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
