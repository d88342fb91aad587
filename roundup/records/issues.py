"""issue.yaml and the picks -> an issue. These files are people's: they are read here, and never written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from roundup.errors import Location, Problem, nearest
from roundup.issue import STATUSES, Issue, IssueKey, Link, Pick, Prose, Section, submission_order
from roundup.paper import ArxivId, Author, Paper, parse_arxiv_id
from roundup.records.fields import Fields, eaten
from roundup.text.slugs import slug
from roundup.text.visible import one_line
from roundup.yamltext import Mapping, Scalar, parse

ISSUE_KEYS = ("title", "teaser", "date", "editors", "intro", "sponsor", "order", "outro")
PICK_KEYS = ("paper", "link", "commentary", "tags", "by", "status", "title", "authors", "tldr", "rating", "cover")
LINK_KEYS = ("url", "title", "source", "text", "image")
SECTION_KEYS = ("section", "note")


@dataclass(frozen=True, slots=True)
class PickFile:
    """A pick as its file has it: a paper by its ID, or a link."""

    name: str
    about: ArxivId | Link
    where: Location
    stem: str = ""  # the file's name without its ending; empty for a pick that stands inline
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Named:
    """A line of the order that names a pick."""

    name: str
    spelled: str
    where: Location


@dataclass(frozen=True, slots=True)
class IssueFile:
    """issue.yaml by itself, before its picks and records are put in."""

    key: IssueKey
    where: Location
    title: str
    teaser: str
    date: dt.date | None
    editors: tuple[str, ...]
    intro: Prose
    sponsor: Prose
    outro: Prose
    order: tuple[Named | PickFile | Section, ...]
    lines: tuple[tuple[str, int], ...]


def parse_issue(text: str, path: str, key: IssueKey, title: str, problems: list[Problem], advice: list[Problem]) -> IssueFile | None:
    """Return what issue.yaml says; ``title`` is for an issue that gives none. ``advice`` gets what is lawful but odd."""
    mapping = parse(text, path, problems)
    if mapping is None:
        return None
    fields = Fields(mapping, path, problems, ISSUE_KEYS)
    advice.extend(eaten(mapping, path, ("title", "teaser")))
    return IssueFile(
        key,
        Location(path, 1),
        fields.text("title", title),
        fields.text("teaser"),
        fields.date("date"),
        fields.texts("editors"),
        fields.prose("intro"),
        fields.prose("sponsor"),
        fields.prose("outro"),
        tuple(_order(fields, advice)),
        fields.lines,
    )


def _order(fields: Fields, advice: list[Problem]) -> Iterator[Named | PickFile | Section]:
    for node in fields.nodes("order"):
        if isinstance(node, Scalar):
            if named := _named(node, fields):
                yield named
        elif not isinstance(node, Mapping):
            fields.note(node.line, "an item of the order is a list; write an ID, a section or a pick")
        elif "section" in node.values:
            inner = Fields(node, fields.path, fields.problems, SECTION_KEYS)
            inner.need("section")
            yield Section(inner.text("section"), inner.prose("note"), where=Location(fields.path, node.line))
        elif pick := _pick(node, fields.path, "", fields.problems, advice):
            yield pick


def _named(node: Scalar, fields: Fields) -> Named | None:
    spelled = one_line(node.text)
    where = Location(fields.path, node.line)
    if not spelled:
        fields.note(node.line, "an item of the order is empty; write an ID or remove the line")
        return None
    if spelled[:4].isdigit() and "." in spelled:
        try:
            return Named(parse_arxiv_id(spelled).name, spelled, where)
        except ValueError as error:
            fields.note(node.line, str(error))
            return None
    return Named(spelled.replace("/", "-"), spelled, where)


def parse_pick(text: str, path: str, problems: list[Problem], advice: list[Problem]) -> PickFile | None:
    """Return the pick that a file under commentary/ holds, or None with every fault noted."""
    mapping = parse(text, path, problems)
    stem = path.rpartition("/")[2].removesuffix(".yaml")
    return _pick(mapping, path, stem, problems, advice) if mapping else None


def _pick(mapping: Mapping, path: str, stem: str, problems: list[Problem], advice: list[Problem]) -> PickFile | None:
    fields = Fields(mapping, path, problems, PICK_KEYS)
    advice.extend(eaten(mapping, path, ("title", "tldr")))
    about = _about(fields)
    values: dict[str, object] = {
        "commentary": fields.prose("commentary"),
        "status": fields.choice("status", STATUSES, "ready"),
        "title": fields.text("title"),
        "authors": tuple(Author(name) for name in fields.texts("authors")),
        "tags": fields.texts("tags"),
        "by": fields.texts("by"),
        "tldr": fields.text("tldr"),
        "rating": fields.text("rating"),
        "cover": fields.text("cover"),
        "lines": fields.lines,
    }
    if about is None:
        return None
    where = Location(path, mapping.line)
    return PickFile(_name(about, stem, where, problems), about, where, stem, values)


def _about(fields: Fields) -> ArxivId | Link | None:
    given = [key for key in ("paper", "link") if key in fields.mapping.values]
    if len(given) == 2:
        fields.note(fields.where("link").line, 'a pick is about a "paper" or about a "link", not both; remove one')
        return None
    if not given:
        if not fields.misspelt:
            fields.note(fields.mapping.line, 'the pick names neither "paper" nor "link"; say what it is about')
        return None
    if given == ["paper"]:
        text = fields.text("paper")
        if not fields.need("paper"):
            return None
        try:
            return parse_arxiv_id(text).latest
        except ValueError as error:
            fields.note(fields.where("paper").line, str(error))
            return None
    inner = fields.fields("link", LINK_KEYS)
    if inner is None or not inner.need("url", "title"):
        return None
    url = inner.url("url")
    return Link(url, inner.text("title"), inner.text("source"), inner.text("text"), inner.text("image")) if url else None


def _name(about: ArxivId | Link, stem: str, where: Location, problems: list[Problem]) -> str:
    """Return the pick's anchor: the paper's ID, else the slug of the file's name or of the link's title."""
    if isinstance(about, ArxivId):
        if stem and stem != about.name:
            problems.append(Problem(where, f'paper "{about}" stands in a file called "{stem}"; rename it to {about.name}.yaml'))
        return about.name
    if stem.startswith("-"):
        problems.append(Problem(where, f'slug "{stem}" begins with a hyphen, as an option of a command does; rename the file'))
    return slug(stem or about.title)


def assemble(file: IssueFile, picks: Iterable[PickFile], papers: Iterable[Paper], unread: frozenset[str], problems: list[Problem]) -> Issue:
    """Return the issue: its picks in the editors' order, those that no order names after them, oldest submission first.

    ``unread`` are names of picks and records whose files have faults of their own: nothing is said of them twice.
    """
    records = {paper.id.name: paper for paper in papers}
    known: dict[str, PickFile] = {}
    for pick in [*(item for item in file.order if isinstance(item, PickFile)), *picks]:
        if (first := known.setdefault(pick.name, pick)) is not pick:
            problems.append(Problem(pick.where, f'"{_spelled(pick)}" already stands at {first.where}; keep one'))
    sections: list[tuple[Section, list[PickFile]]] = [(Section(), [])]
    placed: dict[str, Location] = {}
    by_stem = {pick.stem: pick.name for pick in known.values() if pick.stem}
    for item in file.order:
        if isinstance(item, Section):
            sections.append((item, []))
            continue
        name = by_stem.get(item.name, item.name) if isinstance(item, Named) else item.name
        if isinstance(item, Named) and name in placed:
            problems.append(Problem(item.where, f'"{item.spelled}" already stands at {placed[name]}; keep one'))
        elif name in known:
            placed[name] = item.where
            sections[-1][1].append(known[name])
        elif isinstance(item, Named) and name not in unread:
            hint = nearest(item.spelled, [_spelled(p) for p in known.values()]) or f"; add {file.where.path.rpartition('/')[0]}/commentary/{name}.yaml"
            problems.append(Problem(item.where, f'"{item.spelled}" is no pick of this issue{hint}, or remove the line'))
    finished = [Section(s.title, s.note, tuple(_finished(raw, records, unread, problems)), s.where) for s, raw in sections]
    rest = [pick for name, pick in known.items() if name not in placed]
    late = sorted(_finished(rest, records, unread, problems), key=submission_order)
    last = finished[-1]
    finished[-1] = Section(last.title, last.note, last.picks + tuple(late), last.where)
    spare = tuple(paper for name, paper in sorted(records.items()) if name not in known and name not in unread)
    kept = tuple(s for s in finished if s.title or s.picks or s.note.text)
    return Issue(
        file.key, file.title, file.teaser, file.date, file.editors, file.intro, file.sponsor, kept, file.outro,
        file.where, file.lines, spare,
    )  # fmt: skip


def _spelled(pick: PickFile) -> str:
    return str(pick.about) if isinstance(pick.about, ArxivId) else pick.stem or pick.name


def _finished(picks: Iterable[PickFile], records: dict[str, Paper], unread: frozenset[str], problems: list[Problem]) -> Iterator[Pick]:
    for pick in picks:
        subject = records.get(pick.name) if isinstance(pick.about, ArxivId) else pick.about
        if subject is not None:
            yield Pick(subject, pick.name, where=pick.where, **pick.values)  # type: ignore[arg-type]
        elif pick.name not in unread:
            what = f'paper "{pick.about}" has no record; run "roundup fetch {pick.about}" or remove this pick'
            problems.append(Problem(pick.where, what))
