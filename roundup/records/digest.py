"""roundup.yaml -> the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from roundup.config import (
    FIGURE_LICENSES,
    PICK_STYLES,
    RANKINGS,
    SEARCHES,
    SERVICES,
    SOURCE_KINDS,
    Comments,
    Config,
    Editor,
    Feeds,
    Interests,
    Known,
    Source,
    Subscribe,
)
from roundup.errors import Location, Problem
from roundup.issue import CADENCES
from roundup.nodes import Mapping, Scalar, Sequence
from roundup.paper import parse_arxiv_id
from roundup.records.fields import Fields, eaten
from roundup.records.mail import parse_mail
from roundup.records.publishing import destinations
from roundup.references import category_of
from roundup.yamltext import parse

KEYS = (
    "title", "tagline", "url", "language", "contact", "editors", "cadence", "issue_title", "accent", "sources", "picks",
    "authors", "topics", "feeds", "subscribe", "comments", "mail", "search", "interests", "figures", "mirrors",
    "publish",
)  # fmt: skip
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NAME = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9_.-]+", re.ASCII)
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_SERVER = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?", re.ASCII)  # the policy of each page names it
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def parse_config(text: str, path: str, problems: list[Problem], advice: list[Problem]) -> Config | None:
    """Return the configuration; ``title`` alone is required."""
    mapping = parse(text, path, problems)
    if mapping is None:
        return None
    fields = Fields(mapping, path, problems, KEYS)
    fields.need("title")
    advice.extend(eaten(mapping, path, ("title", "tagline", "accent")))
    url = fields.url("url")
    default = Config()
    return Config(
        fields.text("title", default.title),
        fields.text("tagline"),
        url if not url or url.endswith("/") else url + "/",
        _matching(fields, "language", _LANGUAGE, default.language, 'no language tag; write it as "en" or "pt-BR"'),
        fields.text("contact"),
        tuple(_editors(fields)),
        fields.choice("cadence", CADENCES, default.cadence),
        _issue_title(fields, default.issue_title),
        _matching(fields, "accent", _COLOUR, default.accent, 'no colour; write it as "#9c2f1d", in quotes'),
        tuple(_sources(fields)),
        fields.choice("picks", PICK_STYLES, default.picks),
        tuple(_known(fields, "authors", ("name", "also", "papers", "url"))),
        tuple(_known(fields, "topics", ("name", "also"))),
        _feeds(fields),
        _subscribe(fields),
        _comments(fields),
        parse_mail(fields),
        fields.choice("search", SEARCHES, default.search),
        _interests(fields),
        _figure_licenses(fields, default.figure_licenses),
        tuple(_mirrors(fields)),
        tuple(destinations(fields)),
        Location(path, 1),
        fields.lines,
    )


def _matching(fields: Fields, key: str, pattern: re.Pattern[str], default: str, otherwise: str) -> str:
    text = fields.text(key, default)
    if pattern.fullmatch(text):
        return text
    fields.note(fields.where(key).line, f'{key} "{text}" is {otherwise}')
    return default


def _issue_title(fields: Fields, default: str) -> str:
    text = fields.text("issue_title", default)
    if "{" in text.replace("{key}", "") or "}" in text.replace("{key}", ""):
        fields.note(fields.where("issue_title").line, f'issue_title "{text}" holds a brace that is not {{key}}; only {{key}} is replaced')
        return default
    return text


def _editors(fields: Fields) -> Iterator[tuple[str, Editor]]:
    node = fields.mapping.values.get("editors")
    if node is None or fields.empty("editors"):
        return
    if not isinstance(node, Mapping):
        kind = "a list" if isinstance(node, Sequence) else "text"
        fields.note(fields.where("editors").line, f'"editors" holds {kind}; write short names, each with a name, as ann: {{name: Ann Example}}')
        return
    inner = Fields(node, fields.path, fields.problems, tuple(node.values))
    for short, value in node.values.items():
        if isinstance(value, Scalar):
            yield short, Editor(" ".join(value.text.split()) or short)
        elif (keys := inner.fields(short, ("name", "url"))) and keys.need("name"):
            yield short, Editor(keys.text("name"), keys.url("url"))


def _sources(fields: Fields) -> Iterator[Source]:
    for inner in fields.each("sources", SOURCE_KINDS):
        for kind in inner.mapping.values:
            if kind not in SOURCE_KINDS:
                continue
            node = inner.mapping.values[kind]
            what = inner.texts(kind) if isinstance(node, Sequence | Scalar) else ()
            if not what:
                inner.note(inner.where(kind).line, f'source "{kind}" names nothing; write what to read from it')
            elif kind == "feed" and not inner.url("feed"):
                continue
            elif kind == "arxiv" and (unknown := [name for name in what if not category_of(name)]):
                inner.note(inner.where(kind).line, f'"{unknown[0]}" is no category of arXiv; write it as cs.LG or hep-th')
            elif kind == "huggingface" and what != ("daily",):
                inner.note(inner.where(kind).line, f'huggingface "{what[0]}" is not known; write daily')
            else:
                yield Source(kind, what)


def _known(fields: Fields, key: str, keys: tuple[str, ...]) -> Iterator[Known]:
    """Yield the authors, or the topics, that the editors tell from others; no two of them may be meant by one name on one paper."""
    if key not in fields.mapping.values:
        return
    from roundup.columns import named_slug  # it reads TeX, which only a name that is listed needs here

    taken: dict[tuple[str, str], str] = {}
    for inner in fields.each(key, keys):
        if not inner.need("name"):
            continue
        known = Known(inner.text("name"), inner.texts("also"), tuple(_papers(inner)) if "papers" in keys else (), inner.url("url") if "url" in keys else "")
        spellings = dict.fromkeys(named_slug(text) for text in (known.name, *known.also))
        if known.papers and len(spellings) == 1:
            mend = f"write name: {known.name} (where they work), and also: [{known.name}]"
            inner.note(inner.where("papers").line, f'"{known.name}" is told from others by "papers", and needs a name of its own; {mend}')
            continue
        for spelling in spellings:
            for paper in known.papers or ("",):
                if (first := taken.setdefault((spelling, paper), known.name)) != known.name:
                    on = f" on {paper}; keep one" if paper else '; say with "papers" on which papers each is meant'
                    inner.note(inner.where("name").line, f'"{known.name}" and "{first}" would be meant by one name{on}')
        yield known


def _papers(fields: Fields, key: str = "papers") -> Iterator[str]:
    for text, line in fields.items(key) if key in fields.mapping.values else ():
        try:
            yield parse_arxiv_id(text).name
        except ValueError as error:
            fields.note(line, str(error))


def _feeds(fields: Fields) -> Feeds:
    inner, default = fields.fields("feeds", ("entries", "authors", "topics")), Feeds()
    if inner is None:
        return default
    entries, authors, topics = inner.number("entries"), inner.number("authors"), inner.number("topics")
    if entries == 0:
        inner.note(inner.where("entries").line, 'entries "0" leaves nothing in a feed; write 1 or more')
    return Feeds(entries or default.entries, default.authors if authors is None else authors, default.topics if topics is None else topics)


def _subscribe(fields: Fields) -> Subscribe | None:
    inner = fields.fields("subscribe", ("buttondown", "listmonk", "list", "mailto"))
    kind = _one_of(inner, ("buttondown", "listmonk", "mailto"))
    if inner is None or not kind:
        return None
    if kind == "listmonk":
        url = _matching(inner, kind, _SERVER, "", "no address of a server; write it as https://lists.example.org").rstrip("/")
        return Subscribe(kind, url, inner.text("list")) if inner.need("list") and url else None
    pattern, what = (_NAME, "name there") if kind == "buttondown" else (_ADDRESS, "mail address")
    to = _matching(inner, kind, pattern, "", f"no {what}; write it bare")
    return Subscribe(kind, to) if to else None


def _comments(fields: Fields) -> Comments | None:
    ids = ("repo_id", "category", "category_id")
    inner = fields.fields("comments", ("giscus", *ids, "mailto"))
    kind = _one_of(inner, ("giscus", "mailto"))
    if inner is None or not kind:
        return None
    if kind == "giscus":
        to = _matching(inner, kind, _REPOSITORY, "", "no repository; write it as owner/name")
        return Comments(kind, to, *map(inner.text, ids)) if inner.need(*ids) and to else None
    to = _matching(inner, kind, _ADDRESS, "", "no mail address; write it bare")
    return Comments(kind, to) if to else None


def _one_of(fields: Fields | None, kinds: tuple[str, ...]) -> str:
    """Return which of these keys is given, where exactly one is; note what else is the case."""
    if fields is None:
        return ""
    given = [kind for kind in kinds if kind in fields.mapping.values]
    if len(given) > 1:
        fields.note(fields.where(given[1]).line, f'"{given[1]}" stands beside "{given[0]}"; keep one')
    elif not given and not fields.meant:
        fields.note(fields.mapping.line, f"nothing is named here; write one of {', '.join(kinds)}")
    return given[0] if len(given) == 1 and fields.need(given[0]) else ""


def _figure_licenses(fields: Fields, default: str) -> str:
    inner = fields.fields("figures", ("licenses",))
    return inner.choice("licenses", FIGURE_LICENSES, default) if inner else default


def _interests(fields: Fields) -> Interests:
    inner = fields.fields("interests", ("words", "authors", "categories", "likes", "ranking"))
    if inner is None:
        return Interests()
    ranking = inner.choice("ranking", RANKINGS, Interests().ranking)
    return Interests(inner.texts("words"), inner.texts("authors"), tuple(_categories(inner)), tuple(_papers(inner, "likes")), ranking)


def _categories(fields: Fields) -> Iterator[str]:
    for text, line in fields.items("categories") if "categories" in fields.mapping.values else ():
        if category := category_of(text):
            yield category
        else:
            fields.note(line, f'"{text}" is no category of arXiv; write it as cs.LG or hep-th')


def _mirrors(fields: Fields) -> Iterator[tuple[str, str]]:
    inner = fields.fields("mirrors", tuple(SERVICES))
    for name in inner.mapping.values if inner else ():
        if inner and name in SERVICES and (url := inner.url(name)):
            yield name, url.rstrip("/")
