"""The editors' Markdown -> one parsed document, from which every edition is drawn.

CommonMark with tables, strikethrough, footnotes, dollar math, figures (an image alone in its paragraph), ``card``
fences, ``[[2308.00951]]`` references and curly quotes. Raw HTML is off: it is shown as it was typed. Each block is
parsed alone, so that a link definition, a note or an open fence in one cannot reach into another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any
from urllib.parse import unquote

from markdown_it.token import Token
from msgspec import Struct

from roundup.text.cards import parse_card
from roundup.text.language import ENGLISH
from roundup.text.rules import parser
from roundup.text.slugs import slug
from roundup.text.visible import visible


class Note(Struct, frozen=True):
    """A footnote; ``uses`` counts its references. One that nothing refers to is shown all the same: words are not lost."""

    label: str
    tokens: tuple[Token, ...]
    line: int
    uses: int = 0


class Found(Struct, frozen=True):
    """Something in the text that a rule may want to know of; ``line`` counts from 0."""

    value: str
    line: int


class Document(Struct, frozen=True):
    """One parsed block of Markdown, its notes in the order of their numbers, and what was found on the way."""

    tokens: tuple[Token, ...]
    notes: tuple[Note, ...] = ()
    headings: tuple[Found, ...] = ()
    links: tuple[Found, ...] = ()
    figures: tuple[Found, ...] = ()  # sources of images and of cards' images
    without_alt: tuple[Found, ...] = ()
    titles: tuple[Found, ...] = ()  # of images that are no figures
    inside_alt: tuple[Found, ...] = ()  # addresses and titles of links and images within alt text, where words alone are shown
    references: tuple[Found, ...] = ()  # what stands between [[ and ]]
    undefined_notes: tuple[Found, ...] = ()
    unused_notes: tuple[Found, ...] = ()
    repeated_notes: tuple[Found, ...] = ()
    card_faults: tuple[Found, ...] = ()  # "line N" in them counts from 0, as here
    card_words: tuple[Found, ...] = ()
    html_tags: tuple[Found, ...] = ()
    dead_links: tuple[Found, ...] = ()  # typed as links, and none: refused by the link rules, or with a space inside
    crowded_links: tuple[Found, ...] = ()  # typed as links, and none, for a note, a reference or a link stands in their words
    too_deep: tuple[Found, ...] = ()  # where lists and quotes are shown as they were typed
    large_tables: tuple[Found, ...] = ()  # shown as they were typed, by their columns
    wide_rows: tuple[Found, ...] = ()  # of tables: how many cells they have
    unused_definitions: tuple[Found, ...] = ()  # ``[label]: address`` that no link takes up, shown nowhere
    repeated_definitions: tuple[Found, ...] = ()
    link_titles: tuple[Found, ...] = ()  # what only the mouse brings up
    wordless_links: tuple[Found, ...] = ()
    after_language: tuple[Found, ...] = ()  # of fenced code: shown nowhere
    formulas: tuple[Found, ...] = ()
    open_formulas: tuple[Found, ...] = ()  # two dollars that begin a formula or end it, without the others
    odd_notes: tuple[Found, ...] = ()  # typed as notes, and none, for a label holds no space
    plain: tuple[Found, ...] = ()  # the running text, code and math left out


@lru_cache(maxsize=128)  # an issue's editions draw from one parse; 19 kB each
def parse(text: str, quotes: tuple[str, ...] = ENGLISH.quotes) -> Document:
    """Return the document that ``text`` holds; straight quotes in it become those of the language."""
    env: dict[str, Any] = {}
    tokens = parser(quotes).parse(visible(text), env)
    if "&" in text:
        _hide_again(tokens)
    survey = _Survey(quotes)
    for kind, value, line in env.get("found", ()):
        survey.note(kind, value, line)
    return survey.document(tokens)


def _hide_again(tokens: Iterable[Token]) -> None:
    """Take out what cannot be seen and was spelt as an entity: ``&#x202e;`` turns a line as the character itself does."""
    for token in tokens:
        token.content, token.info = visible(token.content), visible(token.info)
        token.attrs = {name: visible(value) if isinstance(value, str) else value for name, value in token.attrs.items()}
        _hide_again(token.children or ())


def parse_inline(text: str, quotes: tuple[str, ...]) -> list[Token]:
    """Return the inline tokens of a single line, as a caption is."""
    parsed = parser(quotes).parseInline(visible(text), {})
    _hide_again(parsed)
    return parsed[0].children or [] if parsed else []


_HTML_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*(\s[^<>]*)?/?>|<!--")
# What looks like a link and is none: its address is refused, or holds a space.
_DEAD_LINK = re.compile(r"!?\[[^\[\]]*\]\(([^()]*(?:\([^()]*\)[^()]*)*)\)?")
_NOTE_WITH_SPACE = re.compile(r"\[\^[^\[\]]*\s[^\[\]]*\]")


class _Survey:
    """Walks the tokens once: takes out the notes, makes figures and cards, and gathers what the rules ask about."""

    def __init__(self, quotes: tuple[str, ...]) -> None:
        self.quotes = quotes
        self.definitions: dict[str, tuple[list[Token], int]] = {}
        self.labels: list[str] = []  # of notes, in the order of their first use
        self.numbers: dict[str, int] = {}
        self.uses: dict[str, int] = {}
        self.found: dict[str, list[Found]] = {}

    def note(self, kind: str, value: str, line: int) -> None:
        self.found.setdefault(kind, []).append(Found(value, line))

    def document(self, tokens: list[Token]) -> Document:
        body = self.blocks(self.without_definitions(self.without_addresses(tokens)))
        inside: list[list[Token]] = []
        self.follow(inside)
        for label, (_, line) in self.definitions.items():
            if label not in self.numbers:
                self.note("unused_notes", label, line)
                self.number(label)  # shown all the same, and what it refers to, too
                self.follow(inside)
        notes = tuple(
            Note(label, tuple(block), self.definitions[label][1], self.uses.get(label, 0)) for label, block in zip(self.labels, inside, strict=True)
        )
        found = {kind: tuple(sorted(rows, key=attrgetter("line"))) for kind, rows in self.found.items()}
        return Document(tuple(body), notes, **found)

    def follow(self, inside: list[list[Token]]) -> None:
        """Survey the notes that have a number but no blocks yet; a note may give a number to further notes."""
        while len(inside) < len(self.labels):
            inside.append(self.blocks(self.definitions[self.labels[len(inside)]][0], in_note=True))

    def number(self, label: str) -> int:
        """Return the number of a note, counted from 0 by first use."""
        if label not in self.numbers:
            self.numbers[label] = len(self.labels)
            self.labels.append(label)
        return self.numbers[label]

    def without_addresses(self, tokens: list[Token]) -> list[Token]:
        """Take out the definitions of links' addresses; note those that no link takes up, for they are shown nowhere."""
        if not any(token.type == "definition" for token in tokens):
            return tokens
        inline = _all(child for token in tokens for child in token.children or ())
        used = {child.meta["label"] for child in inline if child.type in ("link_open", "image") and "label" in child.meta}
        first: set[str] = set()
        for token in tokens:
            if token.type == "definition":
                kind = "repeated_definitions" if token.meta["id"] in first else "unused_definitions" if token.meta["id"] not in used else ""
                if kind:
                    self.note(kind, " ".join(token.meta["label"].split()), _start(token))
                first.add(token.meta["id"])
        return [token for token in tokens if token.type != "definition"]

    def without_definitions(self, tokens: list[Token]) -> list[Token]:
        kept: list[Token] = []
        open_notes: list[tuple[str, list[Token], int]] = []
        for token in tokens:
            if token.type == "footnote_reference_open":
                open_notes.append((token.meta["label"], [], token.map[0] if token.map else 0))
            elif token.type == "footnote_reference_close":
                label, inside, line = open_notes.pop()
                if label in self.definitions:
                    self.note("repeated_notes", label, line)
                    self.definitions[label][0].extend(inside)  # both are the editor's words
                else:
                    self.definitions[label] = (inside, line)
            else:
                (open_notes[-1][1] if open_notes else kept).append(token)
        return kept

    def blocks(self, tokens: list[Token], *, in_note: bool = False) -> list[Token]:
        out: list[Token] = []
        for index, token in enumerate(tokens):
            if token.type == "inline":
                self.inline(token)
                if "![" in token.content and _lone_image([*out[-1:], token, *tokens[index + 1 : index + 2]]) is None:
                    self.titles(token)
            elif token.type == "math_block":
                self.note("formulas", token.content, _start(token))
            is_card = token.type == "fence" and token.info.strip() == "card"
            if token.type == "fence" and (spare := token.info.split(None, 1)[1:]):
                self.note("after_language", spare[0].strip(), _start(token))
            out.append(self.card(token) if is_card else token)
            if token.type == "paragraph_close" and (image := _lone_image(out)) is not None:
                out[-3:] = [self.figure(image, out[-3])]
            elif token.type == "heading_close" and token.level == 0 and not in_note:
                self.note("headings", plain(out[-2].children or []), _start(out[-2]))
                out[-3].meta = {"heading": len(self.found["headings"]) - 1}
        return out

    def titles(self, token: Token) -> None:
        """Note the title of each image that is no figure: a title within a sentence is no caption."""
        for child in token.children or ():
            if child.type == "image" and child.attrs.get("title"):
                self.note("titles", str(child.attrs["title"]), _start(token))

    def figure(self, image: Token, paragraph: Token) -> Token:
        """Return an image that stands alone as a figure; its title is the caption, and read as the text around it is."""
        made = Token("figure", "", 0, map=paragraph.map, block=True)
        made.level = paragraph.level
        made.meta = {"src": str(image.attrs["src"]), "alt": plain(image.children or [])}
        caption = Token("inline", "", 0, map=paragraph.map)
        caption.children = parse_inline(str(image.attrs.get("title", "")), self.quotes)
        self.inline(caption)
        made.children = caption.children
        return made

    def inline(self, token: Token) -> None:
        line = _start(token)
        children = token.children or []
        for index, child in enumerate(children):
            if child.type in ("softbreak", "hardbreak"):
                line += 1
            elif child.type == "link_open":
                self.link(children, index, line)
            elif child.type == "image":
                self.image(child, line)
            elif child.type == "math_inline":
                self.note("formulas", child.content, line)
                line += child.content.count("\n")
            elif child.type == "paper_reference":
                self.note("references", child.content, line)
            elif child.type == "footnote_ref":
                self.footnote(child, line)
            elif child.type == "text":
                self.text(child.content, line)

    def link(self, children: list[Token], index: int, line: int) -> None:
        before = children[index - 1].content if index else ""
        inside = children[index + 1].content
        if inside.startswith("^"):  # a note whose label holds a space is, to Markdown, a link by reference
            self.note("odd_notes", f"[{inside}]", line)
        elif children[index].info == "auto" and before.endswith("]("):  # the space in its address ended it
            if _is_crowded(children[:index]):
                self.note("crowded_links", inside, line)
                return
            behind = children[index + 3].content if index + 3 < len(children) else ""
            self.note("dead_links", inside + behind.partition(")")[0], line)
        else:
            href = str(children[index].attrs["href"])
            self.note("links", href, line)
            if title := children[index].attrs.get("title"):
                self.note("link_titles", str(title), line)
            if href and children[index + 1].type == "link_close":
                self.note("wordless_links", href, line)

    def text(self, text: str, line: int) -> None:
        self.note("plain", text, line)
        if "<" in text:
            for match in _HTML_TAG.finditer(text):
                if not match[0].startswith("</"):
                    self.note("html_tags", match[0], line)
        if "[" in text:
            for match in _DEAD_LINK.finditer(text):
                if match[1]:
                    self.note("dead_links", match[1].strip(), line)
            for match in _NOTE_WITH_SPACE.finditer(text):
                self.note("odd_notes", match[0], line)

    def image(self, token: Token, line: int) -> None:
        source = unquote(str(token.attrs["src"]))
        self.note("figures", source, line)
        alt = plain(token.children or [])
        if not alt.strip():
            self.note("without_alt", source, line)
        self.note("plain", alt, line)
        for inner in _all(token.children or []):
            if inner.type in ("link_open", "image"):
                for name in ("href", "src", "title"):
                    if value := inner.attrs.get(name):
                        self.note("inside_alt", str(value), line)

    def footnote(self, token: Token, line: int) -> None:
        label = token.meta["label"]
        if label not in self.definitions:
            self.note("undefined_notes", label, line)
            token.type, token.content = "text", f"[^{label}]"
            return
        self.uses[label] = self.uses.get(label, 0) + 1
        token.meta = {"label": label, "number": self.number(label), "use": self.uses[label]}

    def card(self, token: Token) -> Token:
        line = _start(token) + 1
        card, lines, faults = parse_card(token.content)
        for fault in faults:
            # the lines of a card become those of the text
            what = re.sub(r"(?<=already stands in line )\d+", lambda m: str(line + int(m[0]) - 1), fault.what)
            self.note("card_faults", what, line + max(fault.where.line - 1, -1))
        if card is None:
            return token
        for key in ("title", "text", "source"):
            self.note("card_words", getattr(card, key), line + lines.get(key, 1) - 1)
        self.note("links", card.url, line + lines["url"] - 1)
        if card.image:
            self.note("figures", unquote(card.image), line + lines["image"] - 1)
        made = Token("card", "", 0, meta={"card": card}, map=token.map, block=True)
        made.level = token.level
        return made


def _all(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield inline tokens, those within an image's words, too."""
    for token in tokens:
        yield token
        yield from _all(token.children or ())


def _start(token: Token) -> int:
    return token.map[0] if token.map else 0


def plain(tokens: list[Token]) -> str:
    """Return the words of inline tokens without their markup, as alt text and headings' ids need them."""
    return "".join(_word(token) for token in tokens)


def _word(token: Token) -> str:
    if token.type == "image":
        return plain(token.children or [])
    if token.type in ("softbreak", "hardbreak"):
        return " "
    if token.type == "paper_reference":
        return f"[[{token.content}]]"
    if token.type == "footnote_ref":
        return f"[^{token.meta['label']}]"
    return token.markup + token.content + token.markup if token.type == "math_inline" else token.content


def closing(tokens: Sequence[Token], index: int) -> int:
    """Return the index of the token that closes the one at ``index`` (itself when it opens nothing)."""
    depth = 0
    for position in range(index, len(tokens)):
        depth += tokens[position].nesting
        if depth == 0:
            return position
    return len(tokens) - 1


def opening_of(tokens: Sequence[Token], index: int) -> int:
    """Return the index of the token that opens the link which the one at ``index`` closes."""
    return next(place for place in range(index - 1, -1, -1) if tokens[place].type == "link_open")


def _is_crowded(before: Sequence[Token]) -> bool:
    """Tell whether the words that end here, begun by a bracket that is none of a link, hold what no link can."""
    for token in reversed(before):
        if token.type in ("footnote_ref", "paper_reference", "link_close"):
            return True
        if token.type == "text" and "[" in token.content:
            return False
    return False


def _lone_image(out: list[Token]) -> Token | None:
    """Return the image that is all there is in the paragraph that just closed, or None."""
    if len(out) < 3 or out[-3].type != "paragraph_open" or out[-3].hidden or "![" not in out[-2].content:
        return None
    children = [c for c in out[-2].children or () if not (c.type == "text" and not c.content.strip())]
    return children[0] if len(children) == 1 and children[0].type == "image" else None


def heading_ids(document: Document, prefix: str) -> list[str]:
    """Return the id of each heading of the outline, in order: ``prefix``, two hyphens and its words.

    No slug has two hyphens in a row, so that these ids meet no other on the page; a repeated one gets a number.
    """
    ids: dict[str, None] = {}
    last: dict[str, int] = {}  # the number of each name that came again; to count from 1 each time is slow where hundreds do
    for heading in document.headings:
        base = name = f"{prefix}--{slug(heading.value)}"
        while name in ids:
            last[base] = last.get(base, 1) + 1
            name = f"{base}-{last[base]}"
        ids[name] = None
    return list(ids)
