"""A parsed document -> rich text for the editors of hosted newsletters (Substack, Ghost, beehiiv), which take few elements and drop the rest.

They know no tables, footnotes, ids or raised letters, or not all of them do: so a row is a line, a note a number in brackets and a
paragraph at the end, and a formula letters. What they drop is then never a word. Nor do all keep code or a figure within a list or a
quotation in its place: such a list is written out as paragraphs, and such a quotation ends before it and goes on behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape

import nh3
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup
from msgspec.structs import replace

from roundup.text import drawn, linear
from roundup.text.cards import Card
from roundup.text.dialect import Document, closing
from roundup.text.links import told
from roundup.text.mail import Mail
from roundup.text.setting import Place, Setting
from roundup.text.visible import isolated
from roundup.text.web import OPTIONS, environment

_TAGS = {
    "a", "blockquote", "br", "code", "em", "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s", "strong",
    "sup", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title", "width", "height"}, "ol": {"start"}}
_CLEANER = nh3.Cleaner(tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None)  # made once, as the web's


class Paste:
    """The edition of one issue. Gathers ``notes`` as it goes, for they stand at its end."""

    def __init__(self) -> None:
        self.notes: list[Markup] = []

    def words(self, text: str) -> Markup:
        """Return a title of arXiv's, TeX and all, as letters."""
        return _letters(text)

    def text(self, text: str) -> Markup:
        """Return a running text of arXiv's; an address stands behind its words."""
        return _letters(text)

    def render(self, document: Document, setting: Setting) -> Markup:
        """Return the block as rich text; its notes are kept for the end of the issue."""
        env = environment(document, setting)
        for number, note in enumerate(document.notes, setting.first_note):
            self.notes.append(_drawn(_marked(f"[{number}] ", note.tokens), env))
        return _drawn(document.tokens, env)

    def card(self, what: Card, setting: Setting) -> Markup:
        """Return a card: a quotation, whose title is the link."""
        return _sanitised(_renderer().link_card(what, setting))

    def image(self, source: str, setting: Setting) -> Markup:
        """Return a figure without words, as a cover is."""
        renderer = _renderer()
        return _sanitised(renderer.framed(renderer.picture(source, "", setting)))


def _drawn(tokens: Sequence[Token], env: EnvType) -> Markup:
    return _sanitised(_renderer().render(list(_flat(tokens)), OPTIONS, env))


def _sanitised(html: str) -> Markup:
    return Markup(_CLEANER.clean(html))  # noqa: S704 - escaped by construction; this is the second lock


def _letters(text: str) -> Markup:
    return Markup(escape(isolated(drawn.plain(text)), quote=False))  # noqa: S704 - escaped here


# ---- lists and quotations that hold more than words ----

_LETTER = {"paragraph_open": "p", "heading_open": "h", "bullet_list_open": "l", "ordered_list_open": "l"}


def _flat(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the blocks with no list or quotation in them but plain ones."""
    for block in _blocks(tokens):
        if block[0].type == "blockquote_open":
            yield from _flat_quote(block)
        elif _LETTER.get(block[0].type) == "l":
            yield from _flat_list(block)
        else:
            yield from block


def _blocks(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Yield each block, from the token that opens it to the one that closes it."""
    index = 0
    while index < len(tokens):
        end = closing(tokens, index) + 1
        yield tokens[index:end]
        index = end


def _kinds(tokens: Sequence[Token]) -> str:
    """Return a letter for each block: a paragraph of words is p, such a heading h, a list of which all is plain l, and all else x."""
    return "".join("x" if not _is_plain(block) else _LETTER[block[0].type] for block in _blocks(tokens))


def _is_plain(block: Sequence[Token]) -> bool:
    match _LETTER.get(block[0].type):
        case "l":
            return all(re.fullmatch("p*l*", _kinds(item[1:-1])) for item in _blocks(block[1:-1]))
        case None:
            return False
    return not any(child.type == "image" for token in block for child in token.children or ())


def _flat_quote(block: Sequence[Token]) -> Iterator[Token]:
    """Yield a quotation of each row of its paragraphs, and the other blocks where they stand between."""
    is_open = False
    for inside in _blocks(block[1:-1]):
        is_words = _kinds(inside) in ("p", "h")
        if is_words != is_open:
            yield block[0] if is_words else block[-1]
            is_open = is_words
        yield from inside if is_words else _flat(inside)
    if is_open:
        yield block[-1]


def _flat_list(block: Sequence[Token]) -> Iterator[Token]:
    """Yield a plain list, each item one paragraph of lines, or the items of another as blocks behind their marks."""
    if _is_plain(block):
        for token, after in zip(block, (*block[1:], None), strict=True):
            is_paragraph = token.type in ("paragraph_open", "paragraph_close")
            yield token.copy(hidden=True) if is_paragraph else token
            if token.type == "paragraph_close" and after and after.type == "paragraph_open":
                yield Token("hardbreak", "br", 0)
        return
    number = int(block[0].attrs.get("start", 1)) if block[0].type == "ordered_list_open" else None
    for place, item in enumerate(_blocks(block[1:-1])):
        yield from _flat(_marked("• " if number is None else f"{number + place}. ", item[1:-1]))


def _marked(mark: str, tokens: Sequence[Token]) -> Sequence[Token]:
    """Return blocks with words before those of the first paragraph, or as a paragraph of their own before what is none."""
    words = Token("text", "", 0, content=mark)
    if tokens and tokens[0].type == "paragraph_open":
        shown = tokens[0].copy(hidden=False), tokens[1].copy(children=[words, *(tokens[1].children or ())]), tokens[2].copy(hidden=False)
        return (*shown, *tokens[3:])
    return Token("paragraph_open", "p", 1), Token("inline", "", 0, children=[words]), Token("paragraph_close", "p", -1), *tokens


class _Paste(Mail):
    """Mail's renderer with still fewer elements, and words in place of what would be dropped."""

    def to_paper(self, place: Place) -> str:
        return f'<a href="{escape(place.href)}">{_letters(place.title)}</a>'

    def to_note(self, number: int, use: int, setting: Setting) -> str:
        return f"<sup>[{number}]</sup>"  # in brackets, for some editors lower it: "2¹" would become 21

    def math_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        return _line(token.content) or f"<code>{escape(token.markup + token.content + token.markup)}</code>"

    def math_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        source = tokens[idx].content.strip()
        return f"<p>{_line(source) or f'<code>$$ {escape(source)} $$</code>'}</p>\n"

    def picture(self, source: str, alt: str, setting: Setting, title: str = "") -> str:
        # relative, so that the page shows it wherever it stands, and asks nobody else; what copies makes the address whole
        return super().picture(source, alt, replace(setting, figures=""), title)

    def framed(self, picture: str, caption: str = "") -> str:
        under = f"<figcaption>{caption}</figcaption>" if caption else ""
        return f"<figure>{picture}{under}</figure>\n"

    def link_card(self, what: Card, setting: Setting) -> str:
        image = self.framed(self.picture(what.image, "", setting)) if what.image else ""
        rows = [f'<a href="{escape(setting.link(what.url))}"><strong>{escape(what.title)}</strong></a>'] if what.title else []
        rows += [escape(what.text)] if what.text else []
        rows += [escape(told(what.url, what.source))] if what.title else []  # without, the heading above has told it
        return f"{image}<blockquote><p>{'<br>'.join(rows)}</p></blockquote>\n" if rows else image

    # ---- a table: a paragraph with a line for each row, cells divided by bars ----

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<p>"

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</p>\n"

    def tr_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "" if tokens[idx - 1].type == "thead_open" else "<br>"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"{self.td_open(tokens, idx, options, env)}<strong>"

    def th_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</strong>"

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "" if tokens[idx - 1].type == "tr_open" else " | "

    def _nothing(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return ""

    thead_open = thead_close = tbody_open = tbody_close = tr_close = td_close = _nothing


def _line(source: str) -> str:
    return escape(linear.line(source) or "", quote=False)


@lru_cache(maxsize=1)
def _renderer() -> _Paste:
    return _Paste()
