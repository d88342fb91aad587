"""issue.yaml and the picks -> an issue. These files are people's: they are read here, and never written."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from roundup.errors import Location, Problem, nearest
from roundup.issue import KINDS, SORTS, STATUSES, Issue, IssueKey, Link, Pick, Prose, Section, Unread, anchor, list_order, submission_order
from roundup.nodes import Mapping, Scalar
from roundup.paper import ArxivId, Author, Paper, parse_arxiv_id
from roundup.records.fields import Fields, eaten
from roundup.text.slugs import slug
from roundup.text.visible import one_line
from roundup.yamltext import parse

ISSUE_KEYS = ("title", "teaser", "date", "corrected", "seen", "editors", "kind", "sort", "intro", "sponsor", "order", "outro")
PICK_KEYS = ("paper", "link", "commentary", "tags", "by", "status", "title", "authors", "tldr", "rating", "cover")
LINK_KEYS = ("url", "title", "source", "text", "image")
SECTION_KEYS = ("section", "note")


class PickFile(Struct, frozen=True):
    """A pick as its file has it: a paper by its ID, or a link."""

    name: str
    about: ArxivId | Link
    where: Location
    stem: str = ""  # the file's name without its ending; empty for a pick that stands inline
    lines: tuple[tuple[str, int], ...] = ()
    values: dict[str, object] = field(default_factory=dict)


class Named(Struct, frozen=True):
    """A line of the order that names a pick."""

    name: str
    spelled: str
    where: Location
    is_paper: bool = False


class IssueFile(Struct, frozen=True):
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
    is_list: bool = False
    sort: str = "votes"  # of a list: how what the order does not name follows
    date_is_sure: bool = True  # no: it may be a draft, or have a date that a slip hides
    kind_is_sure: bool = True  # likewise
    corrected: dt.date | None = None
    seen: int | None = None


def parse_issue(text: str, path: str, key: IssueKey, title: str, problems: list[Problem], advice: list[Problem]) -> IssueFile | None:
    """Return what issue.yaml says; ``title`` is for an issue that gives none. ``advice`` gets what is lawful but odd."""
    mapping = parse(text, path, problems)
    if mapping is None:
        return None
    fields = Fields(mapping, path, problems, ISSUE_KEYS)
    advice.extend(eaten(mapping, path, ("title", "teaser")))
    date = fields.date("date")
    written = "date" in mapping.values and not fields.empty("date")
    before = len(problems)
    is_list = fields.choice("kind", KINDS, "issue") == "list"
    kind_is_sure = len(problems) == before and "kind" not in fields.meant
    return IssueFile(
        key,
        Location(path, 1),
        fields.text("title", title),
        fields.text("teaser"),
        date,
        fields.texts("editors"),
        fields.prose("intro"),
        fields.prose("sponsor"),
        fields.prose("outro"),
        tuple(_order(fields, advice)),
        fields.lines,
        is_list,
        _sort(fields, may_be_one=is_list or not kind_is_sure),
        date is not None or not (written or "date" in fields.meant),
        kind_is_sure,
        _corrected(fields, date),
        fields.number("seen"),
    )


def _corrected(fields: Fields, date: dt.date | None) -> dt.date | None:
    """Return the day of the last correction; note one before the issue came out."""
    corrected = fields.date("corrected")
    if corrected and date and corrected < date:
        fields.note(fields.where("corrected").line, f'corrected "{corrected}" lies before the date of the issue, {date}; mend one of them')
    return corrected


def _sort(fields: Fields, *, may_be_one: bool) -> str:
    """Return how a list is sorted; note it in what cannot be a list."""
    if may_be_one or fields.empty("sort"):
        return fields.choice("sort", SORTS, "votes")
    fields.note(fields.where("sort").line, '"sort" is for a list; write "kind: list", or remove it')
    return "votes"


def _order(fields: Fields, advice: list[Problem]) -> Iterator[Named | PickFile | Section]:
    for node in fields.nodes("order"):
        if isinstance(node, Scalar):
            if named := _named(node, fields):
                yield named
        elif not isinstance(node, Mapping):
            fields.note(node.line, "an item of the order is a list; write an ID, a section or a pick")
        elif (heading := _heading(node)) is not None:
            fields.note(node.line, f'"{heading}:" is no item of the order; write "- section: {heading}" for a heading')
        elif "section" in node.values or _means_a_section(node):
            inner = Fields(node, fields.path, fields.problems, SECTION_KEYS)
            inner.need("section")
            advice.extend(eaten(node, fields.path, ("section",)))
            yield Section(inner.text("section"), inner.prose("note"), where=Location(fields.path, node.line))
        elif pick := _pick(node, fields.path, "", fields.problems, advice):
            yield pick


def _heading(node: Mapping) -> str | None:
    """Return the key of a mapping that is only that, as "- Theory:" is, and no key of ours."""
    key, value = next(iter(node.values.items()), ("", None))
    only = len(node.values) == 1 and isinstance(value, Scalar) and not value.text
    return key if only and key not in (*PICK_KEYS, *SECTION_KEYS) else None


def _means_a_section(node: Mapping) -> bool:
    """Tell whether a mapping that is no pick has a key that looks like a section's."""
    return not {"paper", "link"} & set(node.values) and any("section" in nearest(key, SECTION_KEYS) for key in node.values)


def _named(node: Scalar, fields: Fields) -> Named | None:
    spelled = one_line(node.text)
    where = Location(fields.path, node.line)
    if not spelled:
        fields.note(node.line, "an item of the order is empty; write an ID or remove the line")
        return None
    try:
        return Named(parse_arxiv_id(spelled).name, spelled, where, is_paper=True)
    except ValueError as error:
        if re.match(r"(arxiv:\s*)?\d{3,}\.\d", spelled, re.I | re.ASCII):  # meant as an ID
            fields.note(node.line, str(error))
            return None
    if not re.fullmatch(r"[^\s/\\:]+", spelled):
        fields.note(node.line, f'"{spelled}" is no pick of this issue; write an ID, or the name of a file under commentary/ without its ending')
        return None
    return Named(spelled, spelled, where)


def parse_pick(text: str, path: str, problems: list[Problem], advice: list[Problem]) -> PickFile | None:
    """Return the pick that a file under commentary/ holds, or None with every fault noted."""
    mapping = parse(text, path, problems)
    stem = path.rpartition("/")[2].removesuffix(".yaml")
    return _pick(mapping, path, stem, problems, advice) if mapping else None


def _pick(mapping: Mapping, path: str, stem: str, problems: list[Problem], advice: list[Problem]) -> PickFile | None:
    fields = Fields(mapping, path, problems, PICK_KEYS)
    advice.extend(eaten(mapping, path, ("title", "tldr", "commentary", "tags")))
    if isinstance(inner := mapping.values.get("link"), Mapping):
        advice.extend(eaten(inner, path, ("title", "text")))
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
    }
    if about is None:
        return None
    where = Location(path, mapping.line)
    return PickFile(_name(about, stem, where, problems), about, where, stem, fields.lines + _inner_lines(mapping, "link"), values)


def _inner_lines(mapping: Mapping, key: str) -> tuple[tuple[str, int], ...]:
    """Return the lines of a link's own keys, as far as the pick has none of that name."""
    inner = mapping.values.get(key)
    return tuple((k, n) for k, n in inner.lines.items() if k not in mapping.lines) if isinstance(inner, Mapping) else ()


def _about(fields: Fields) -> ArxivId | Link | None:
    given = [key for key in ("paper", "link") if key in fields.mapping.values]
    if len(given) == 2:
        fields.note(fields.where("link").line, 'a pick is about a "paper" or about a "link", not both; remove one')
        return None
    if not given:
        if not fields.meant & {"paper", "link"}:
            fields.note(fields.mapping.line, 'the pick names neither "paper" nor "link"; say what it is about')
        return None
    if not fields.need(*given):
        return None
    if given == ["paper"]:
        text = fields.text("paper")
        if not text:
            return None
        try:
            return parse_arxiv_id(text).latest
        except ValueError as error:
            fields.note(fields.where("paper").line, str(error))
            return None
    inner = fields.fields("link", LINK_KEYS)
    if inner is None or not inner.need("url", "title"):
        return None
    from roundup.text.rules import address  # Markdown's parser, which only a link needs here

    url = address(inner.url("url"))
    return Link(url, inner.text("title"), inner.text("source"), inner.text("text"), inner.text("image")) if url else None


def _name(about: ArxivId | Link, stem: str, where: Location, problems: list[Problem]) -> str:
    """Return the pick's anchor: the paper's ID, else the slug of the file's name or of the link's title."""
    if isinstance(about, ArxivId):
        return about.name
    if stem.startswith("-"):
        problems.append(Problem(where, f'slug "{stem}" begins with a hyphen, as an option of a command does; rename the file'))
    return anchor(slug(stem or about.title))


def assemble(file: IssueFile, picks: Iterable[PickFile], papers: Iterable[Paper], unread: Unread, problems: list[Problem]) -> Issue:
    """Return the issue: its picks in the editors' order, those that no order names after them, oldest submission first.

    A list takes up every record, and sorts those as it says. Of what is ``unread``, for faults of its own, nothing is said twice.
    """
    return _Assembly(file, picks, papers, unread, problems).issue()


class _Assembly:
    def __init__(self, file: IssueFile, picks: Iterable[PickFile], papers: Iterable[Paper], unread: Unread, problems: list[Problem]) -> None:
        self.file, self.unread, self.problems = file, unread, problems
        self.records = {paper.id.name: paper for paper in papers}
        self.known: dict[str, PickFile] = {}
        for pick in [*(item for item in file.order if isinstance(item, PickFile)), *picks]:
            if (first := self.known.setdefault(pick.name, pick)) is not pick:
                self.note(pick.where, f'"{_spelled(pick)}" already stands at {first.where}; keep one')
        if file.is_list:
            bare = (paper for name, paper in sorted(self.records.items()) if name not in unread.picks)
            self.known |= {paper.id.name: PickFile(paper.id.name, paper.id.latest, paper.where) for paper in bare if paper.id.name not in self.known}
        self.by_stem = {pick.stem: pick.name for pick in self.known.values() if pick.stem}
        self.placed: dict[str, Location] = {}
        self.named = {item.name for item in file.order if isinstance(item, Named)}

    def note(self, where: Location, what: str) -> None:
        self.problems.append(Problem(where, what))

    def issue(self) -> Issue:
        file = self.file
        sections = self.sections()
        late = list(self.picks(pick for name, pick in self.known.items() if name not in self.placed))
        late = sorted(late, key=list_order(file.sort)) if file.is_list else sorted(late, key=submission_order)
        *before, last = sections
        last = replace(last, picks=last.picks + tuple(late))
        spare = tuple(p for name, p in sorted(self.records.items()) if name not in self.known | dict.fromkeys(self.named) and name not in self.unread.picks)
        kept = tuple(s for s in (*before, last) if s.title or s.picks or s.note.text)
        return Issue(
            file.key, file.title, file.teaser, file.date, file.editors, file.intro, file.sponsor, kept, file.outro,
            file.where, file.lines, () if self.unread.all_picks or file.where.path in self.unread.files else spare, unread=self.unread,
            is_list=file.is_list, corrected=file.corrected, seen=file.seen,
        )  # fmt: skip

    def sections(self) -> list[Section]:
        """Return the sections with the picks that the order puts into them; the first has no title."""
        sections: list[tuple[Section, list[PickFile | None]]] = [(Section(), [])]
        for item in self.file.order:
            if isinstance(item, Section):
                sections.append((item, []))
            else:
                sections[-1][1].append(self.pick(item))
        return [replace(section, picks=tuple(self.picks(p for p in items if p)), listed=len(items)) for section, items in sections]

    def pick(self, item: Named | PickFile) -> PickFile | None:
        """Return the pick that an item of the order means, once; note a second mention, and a name that means none."""
        name = self.by_stem.get(item.name, item.name) if isinstance(item, Named) else item.name
        if name in self.placed:
            if isinstance(item, Named) or self.known[name] is item:  # else two picks of one name are told already
                self.note(item.where, f'"{item.spelled if isinstance(item, Named) else _spelled(item)}" already stands at {self.placed[name]}; keep one')
        elif name in self.known and (isinstance(item, Named) or self.known[name] is item):
            self.placed[name] = item.where
            return self.known[name]
        elif isinstance(item, Named) and not self.may_be_here(name):
            missing = [_spelled(pick) for name, pick in self.known.items() if name not in self.named]
            add = f"add {self.file.where.path.rpartition('/')[0]}/commentary/{name}.yaml"
            if self.file.is_list and item.is_paper:
                add = f'run "roundup fetch {item.spelled} --issue {self.file.key}"'
            self.note(item.where, f'"{item.spelled}" is no pick of this issue{nearest(item.spelled, missing) or f"; {add}, or remove the line"}')
        return None

    def may_be_here(self, name: str) -> bool:
        """Tell whether there may be a pick of this name, which a fault that is told hides."""
        if name in self.unread.picks or self.unread.all_picks:
            return True
        if self.file.is_list:
            return name in self.unread.papers or self.unread.all_papers
        return name in self.records and not self.file.kind_is_sure

    def picks(self, picks: Iterable[PickFile]) -> Iterator[Pick]:
        for pick in picks:
            subject = self.records.get(pick.name) if isinstance(pick.about, ArxivId) else pick.about
            if subject is not None:
                yield Pick(subject, pick.name, where=pick.where, lines=pick.lines, **pick.values)  # type: ignore[arg-type]
            elif pick.name not in self.unread.papers and not self.unread.all_papers:
                self.unread = replace(self.unread, papers=self.unread.papers | {pick.name})
                self.note(pick.where, f'paper "{pick.about}" has no record; run "roundup fetch {pick.about} --issue {self.file.key}", or remove this pick')


def _spelled(pick: PickFile) -> str:
    return str(pick.about) if isinstance(pick.about, ArxivId) else pick.stem or pick.name
