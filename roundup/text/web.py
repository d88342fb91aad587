"""A parsed document -> HTML for the web pages, escaped by construction and sanitised on the way out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import quote, unquote

import nh3
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

from roundup.text import code, drawn, formula
from roundup.text.beginning import groups, note_numbers
from roundup.text.cards import Card
from roundup.text.dialect import Document, Note, heading_ids, opening_of, plain
from roundup.text.links import look_alike, told
from roundup.text.rules import parser
from roundup.text.setting import Place, Setting

_TAGS = {
    "a", "bdi", "blockquote", "br", "code", "div", "em", "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li",
    "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    **{name: set(formula.ATTRIBUTES) for name in formula.ELEMENTS},
    "*": {"class", "id"},
    "a": {"href", "title", "role", "aria-label"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "ol": {"start"},
    "div": {"role", "tabindex", "aria-label"},
    "th": {"scope"},
}
# Made once: to take these tables in costs three times as much as to clean a commentary.
_CLEANER = nh3.Cleaner(tags=_TAGS | formula.ELEMENTS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel=None)


def render(document: Document, setting: Setting) -> Markup:
    """Return the block as HTML. Each note follows the paragraph, list or table that first refers to it."""
    return sanitised(formula.tied("".join(_blocks(document, setting))))


def words(text: str) -> Markup:
    """Return a title of arXiv's, TeX and all, as a page shows it."""
    return drawn.web_title(text)


def text(text: str) -> Markup:
    """Return a running text of arXiv's, its links alive."""
    return drawn.web(text)


def card(what: Card, setting: Setting) -> Markup:
    """Return a card: one link, with the words that say what to expect behind it."""
    return sanitised(_renderer().link_card(what, setting))


def sanitised(html: str) -> Markup:
    """Return rendered Markdown with nothing in it but what our pages use: the second lock behind escaping."""
    return Markup(_CLEANER.clean(html))  # noqa: S704 - this is where text becomes safe HTML


def _blocks(document: Document, setting: Setting) -> Iterator[str]:
    env = environment(document, setting)
    if not document.notes:
        yield _renderer().render(document.tokens, OPTIONS, env)
        return
    shown = 0
    for group in groups(document.tokens):
        yield _renderer().render(group, OPTIONS, env)
        last = max(note_numbers(group), default=-1)
        while shown <= last:
            yield _note(document.notes[shown], setting.first_note + shown, env)
            shown += 1
    for index in range(shown, len(document.notes)):
        yield _note(document.notes[index], setting.first_note + index, env)


def environment(document: Document, setting: Setting) -> dict[str, Any]:
    """Return what the renderer's rules ask about while they draw a block."""
    levels = sorted({int(t.tag[1]) for t in document.tokens if t.type == "heading_open" and t.meta}) if document.headings else []
    return {
        "setting": setting,
        "ids": heading_ids(document, setting.prefix),
        "ranks": {level: min(6, setting.heading + 1 + rank) for rank, level in enumerate(levels)},
    }


def _note(note: Note, number: int, env: EnvType) -> str:
    setting: Setting = env["setting"]
    body = _renderer().render(list(note.tokens), OPTIONS, env)
    backs = [_mark(number, use, setting) for use in range(1, note.uses + 1)]
    said = escape(setting.language.back.format(number=number))
    links = "".join(f' <a class="back" href="#{back}" role="doc-backlink" aria-label="{said}">↩</a>' for back in backs)
    inside = between(f'<span class="num">{number}</span> ', body, links)
    # no aside, which is a landmark: a reader would walk through all notes on the way to the next part of the page
    return f'<div class="note" id="{setting.ids}n{number}" role="doc-footnote">{inside}</div>\n'


def _mark(number: int, use: int, setting: Setting) -> str:
    """Return the id of a place where a note is referred to."""
    return f"{setting.ids}r{number}" if use == 1 else f"{setting.ids}r{number}-{use}"


def between(label: str, body: str, links: str) -> str:
    """Return a note's blocks with its number in the first paragraph and the ways back in the last."""
    body = body.replace("<p>", f"<p>{label}", 1) if body.startswith("<p>") else f"<p>{label}</p>{body}"
    return f"{body.rstrip().removesuffix('</p>')}{links}</p>" if body.rstrip().endswith("</p>") else f"{body}<p>{links}</p>"


class Web(RendererHTML):
    """markdown-it's renderer with our own figures, cards, notes, references, math and tables."""

    loading = ' loading="lazy"'  # of an image
    heads = ' scope="col"'  # of a table's head
    aligns = "class"  # the attribute that puts a cell to the right

    def renderInline(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:  # noqa: N802 - markdown-it's name
        """Return a line, its words escaped here and now, for every other token is words."""
        # between tags a quote is a letter; and all of it goes through the sanitiser
        draw, other = self.rules.get, self.renderToken
        return "".join(
            escape(token.content, quote=False) if token.type == "text" else draw(token.type, other)(tokens, place, options, env)
            for place, token in enumerate(tokens)
        )

    def renderToken(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: N802
        """Return a tag; of most there is nothing to find out, for nothing stands in them but their name."""
        token = tokens[idx]
        if token.attrs or not token.nesting or (token.block and token.nesting > 0):
            return super().renderToken(tokens, idx, options, env)
        if token.hidden:
            return ""
        return f"{'<' if token.nesting > 0 else '</'}{token.tag}>" + "\n" * token.block

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        if not tokens[idx].meta:
            return '<p class="heading">'  # inside a quote, a list or a note it is not part of the page's outline
        return f'<h{self.rank(tokens[idx], env)} id="{env["ids"][tokens[idx].meta["heading"]]}">'

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{self.rank(tokens[idx], env)}>\n" if tokens[idx - 2].meta else "</p>\n"

    def rank(self, heading: Token, env: EnvType) -> int:
        """Return the level of a heading of the outline, below the one above the block."""
        return int(env["ranks"].get(int(heading.tag[1]), 6))

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        attributes = tokens[idx].attrs
        title = f' title="{escape(str(attributes["title"]))}"' if attributes.get("title") else ""
        return f'<a href="{escape(env["setting"].link(str(attributes["href"])))}"{title}>'

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        # The words before a look-alike host may name another place than the link does: say where it leads.
        disguise = look_alike(str(tokens[opening_of(tokens, idx)].attrs["href"]))
        return f"</a> <code>{escape(disguise)}</code>" if disguise else "</a>"

    def paper_reference(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        name = tokens[idx].content
        place = env["setting"].places.get(name)
        if place is None:
            return f"[[{escape(name)}]]"
        return self.to_paper(place)

    def to_paper(self, place: Place) -> str:
        return f'<a class="paper" href="{escape(place.href)}"><bdi>{words(place.title)}</bdi></a>'

    def footnote_ref(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        meta = tokens[idx].meta
        if "number" not in meta:  # in a caption there is no note to refer to
            return f"[^{escape(meta['label'])}]"
        return self.to_note(env["setting"].first_note + meta["number"], meta["use"], env["setting"])

    def to_note(self, number: int, use: int, setting: Setting) -> str:
        return f'<a class="ref" href="#{setting.ids}n{number}" id="{_mark(number, use, setting)}" role="doc-noteref">{number}</a>'

    def math_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        made = formula.mathml(token.content, display=token.markup == "$$")
        return made or f'<code class="math">{escape(token.markup + token.content + token.markup)}</code>'

    def math_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        source = tokens[idx].content.strip()
        made = formula.mathml(source, display=True) or f'<code class="math">$$ {escape(source)} $$</code>'
        return f'<div class="display" role="group" tabindex="0" aria-label="{_label(env, "formula")}">{made}</div>\n'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        language = code.language(token.info)
        named = f' class="language-{escape(language)}"' if language else ""
        label, inner = _label(env, "program"), code.coloured(token.content, language)
        return f'<div class="code" role="group" tabindex="0" aria-label="{label}"><pre><code{named}>{inner}</code></pre></div>\n'

    code_block = fence

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        return self.picture(str(token.attrs["src"]), plain(token.children or []), env["setting"], str(token.attrs.get("title", "")))

    def picture(self, source: str, alt: str, setting: Setting, title: str = "") -> str:
        """Return an image of this issue with its size; one from elsewhere becomes a link, for pages ask nobody else for anything."""
        size = setting.sizes.get(unquote(source))
        if size is None:
            return f'<a href="{escape(source)}">{escape(alt or source)}</a>'
        width, height = size
        address = setting.figure(quote(unquote(source), errors="replace"))
        words = f' title="{escape(title)}"' if title else ""
        return f'<img src="{escape(address)}" alt="{escape(alt)}"{words} width="{width}" height="{height}"{self.loading}>'

    def figure(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        meta = tokens[idx].meta
        caption = self.renderInline(tokens[idx].children or [], options, env)
        return self.framed(self.picture(meta["src"], meta["alt"], env["setting"]), caption)

    def framed(self, picture: str, caption: str = "") -> str:
        under = f"<figcaption>{caption}</figcaption>" if caption else ""
        return f"<figure>{picture}{under}</figure>\n"

    def card(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return self.link_card(tokens[idx].meta["card"], env["setting"])

    def link_card(self, what: Card, setting: Setting) -> str:
        image = f'<span class="thumb">{self.picture(what.image, "", setting)}</span>' if what.image else ""
        title, text, source = (escape(shown) for shown in (what.title, what.text, told(what.url, what.source)))
        lines = [f"<strong>{title}</strong>"] if title else []
        if text:
            lines.append(f"<span>{text}</span>")
        if title:  # without, the heading above has told the source
            lines.append(f'<span class="source">{source}</span>')
        kind = "card pictured" if image else "card"
        return f'<p class="{kind}"><a href="{escape(setting.link(what.url))}">{image}{" ".join(lines)}</a></p>\n'

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<th{self.heads}{self.alignment(tokens[idx])}>"

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<td{self.alignment(tokens[idx])}>"

    def alignment(self, token: Token) -> str:
        """Return the column's alignment as an attribute: a class, for a style would need a weaker security policy."""
        side = str(token.attrs.get("style", "")).removeprefix("text-align:")
        return f' {self.aligns}="{side}"' if side in ("right", "center") else ""

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<div class="table" role="group" tabindex="0" aria-label="{_label(env, "table")}"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"


def _label(env: EnvType, name: str) -> str:
    return escape(getattr(env["setting"].language, name))


def image(source: str, setting: Setting) -> Markup:
    """Return a figure without words, as a cover is."""
    renderer = _renderer()
    return sanitised(renderer.framed(renderer.picture(source, "", setting)))


OPTIONS = parser().options


@lru_cache(maxsize=1)
def _renderer() -> Web:
    return Web()
