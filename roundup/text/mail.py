"""A parsed document -> HTML for where no stylesheet of ours reaches: mail and feeds. Few elements, whole addresses, formulas as letters.

Notes follow the block that refers to them: a mail has no margin, and a reader of feeds keeps no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape

import nh3
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from roundup.text import drawn, linear
from roundup.text.cards import Card
from roundup.text.dialect import Document, Note
from roundup.text.links import told
from roundup.text.setting import Place, Setting
from roundup.text.web import OPTIONS, Web, between, environment

_TAGS = {
    "a", "b", "bdi", "blockquote", "br", "code", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "strong",
    "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"class"}, "a": {"href", "title", "id"}, "div": {"id"}, "img": {"src", "alt", "title", "width", "height"}, "ol": {"start"},
    "td": {"align"}, "th": {"align"},
}  # fmt: skip
_CLEANER = nh3.Cleaner(tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None)  # made once, as the web's


def render(document: Document, setting: Setting) -> Markup:
    """Return the block as simple HTML, its notes below it."""
    env = environment(document, setting)
    body = _renderer().render(document.tokens, OPTIONS, env)
    notes = (_note(note, number, env) for number, note in enumerate(document.notes, setting.first_note))
    return _sanitised(body + "".join(notes))


def words(text: str) -> Markup:
    """Return a title of arXiv's, TeX and all, as a mail shows it."""
    return drawn.mail_title(text)


def text(text: str) -> Markup:
    """Return a running text of arXiv's, its links alive."""
    return drawn.mail(text)


def card(what: Card, setting: Setting) -> Markup:
    """Return a card: its title is the link; below a heading that has it, its source is."""
    return _sanitised(_renderer().link_card(what, setting))


def image(source: str, setting: Setting) -> Markup:
    """Return a figure without words, as a cover is."""
    renderer = _renderer()
    return _sanitised(renderer.framed(renderer.picture(source, "", setting)))


def read_on(href: str, setting: Setting) -> Markup:
    """Return what stands where a text is cut: a link to the whole of it."""
    return _sanitised(f'<p class="more"><a href="{escape(href)}">{escape(setting.language.read_on)} →</a></p>\n')


def _sanitised(html: str) -> Markup:
    return Markup(_CLEANER.clean(html))  # noqa: S704 - escaped by construction; this is the second lock


def _note(note: Note, number: int, env: EnvType) -> str:
    ids = env["setting"].ids
    body = _renderer().render(note.tokens, OPTIONS, env)
    back = f' <a href="#{ids}r{number}">↩</a>' if note.uses else ""
    return f'<div class="note" id="{ids}n{number}">{between(f"<b>{number}</b> ", body, back)}</div>\n'


class Mail(Web):
    """The web's renderer with elements that every mail reader knows."""

    loading, heads, aligns = "", "", "align"

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<h{self.rank(tokens[idx], env)}>" if tokens[idx].meta else "<p><strong>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{self.rank(tokens[idx], env)}>\n" if tokens[idx - 2].meta else "</strong></p>\n"

    def to_paper(self, place: Place) -> str:
        return f'<a href="{escape(place.href)}"><bdi>{words(place.title)}</bdi></a>'

    def to_note(self, number: int, use: int, setting: Setting) -> str:
        mark = f' id="{setting.ids}r{number}"' if use == 1 else ""
        return f'<sup><a href="#{setting.ids}n{number}"{mark}>{number}</a></sup>'

    def math_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        return linear.line_html(token.content) or f"<code>{escape(token.markup + token.content + token.markup)}</code>"

    def math_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        source = tokens[idx].content.strip()
        return f'<p class="display">{linear.line_html(source) or f"<code>$$ {escape(source)} $$</code>"}</p>\n'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<pre><code>{escape(tokens[idx].content)}</code></pre>\n"

    code_block = fence

    def framed(self, picture: str, caption: str = "") -> str:
        under = f'<p class="caption">{caption}</p>' if caption else ""
        return f'<div class="figure">{picture}{under}</div>\n'

    def link_card(self, what: Card, setting: Setting) -> str:
        href = escape(setting.link(what.url))
        rows = [f'<a href="{href}">{self.picture(what.image, "", setting)}</a>'] if what.image else []
        rows += [f'<a href="{href}"><strong>{escape(what.title)}</strong></a>'] if what.title else []
        rows += [escape(what.text)] if what.text else []
        rows += [escape(told(what.url, what.source))] if what.title else []  # without, the heading above has told it
        return f'<p class="card">{"<br>".join(rows)}</p>\n'

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<table>\n"

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table>\n"


@lru_cache(maxsize=1)
def _renderer() -> Mail:
    return Mail()
