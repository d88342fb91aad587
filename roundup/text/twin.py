"""A parsed document -> portable Markdown with the same words: CommonMark, tables and footnotes as GitHub reads them.

Written from the tokens, not copied from the source: links carry their addresses, notes are numbered through the
issue, and a character that Markdown would take for markup is escaped, so that what was text stays text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from string import punctuation
from urllib.parse import quote

from markdown_it.token import Token
from markupsafe import Markup

from roundup.text import drawn
from roundup.text.cards import Card
from roundup.text.dialect import Document, closing, opening_of, plain
from roundup.text.links import is_local, look_alike, told
from roundup.text.pieces import Formula, Linked, Piece, Styled, Words
from roundup.text.setting import Setting
from roundup.text.tex import parse
from roundup.text.visible import isolated, visible

_ALWAYS = re.compile(r"([\\`*\[\]<$~|])")
_SPECIAL = re.compile(r"[\\`*\[\]<$~|_&\n\t\xa0]")
_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ENTITY = re.compile(r"&(?=#?\w+(?:;|\Z))")  # at an end, too: the semicolon may begin the next piece
_OPENS_NOTHING = re.compile(r"[^\s\d#+=>-]")
_LINE_START = re.compile(r"^(\s*)([#+=>-]|\d+(?=[.)]))", re.M)


@lru_cache(maxsize=1024)  # the same names and words stand on many lines
def escaped(text: str) -> Markup:
    """Return plain text so that Markdown shows it as it is; ``Markup`` here means safe in Markdown, not in HTML."""
    return Markup(isolated(_at_ends(_escape(re.sub(r"\s+", " ", visible(text))))))


@lru_cache(maxsize=256)
def words(text: str) -> Markup:
    """Return a title of arXiv's, TeX and all: its formulas in dollars, its accents and styles as Markdown has them."""
    return _one_line("".join(_drawn(piece, linked=False) for piece in parse(text)))


@lru_cache(maxsize=256)
def text(text: str) -> Markup:
    """Return a running text of arXiv's on one line, its links alive."""
    return _one_line("".join(_drawn(piece, linked=True) for piece in parse(text)))


def _one_line(line: str) -> Markup:
    return Markup(isolated(_at_ends(" ".join(line.split()))))


def _at_ends(line: str) -> str:
    """Escape what would open a block at the start of a line, and at the end of a heading would go."""
    line = _at_line_starts(line)
    return re.sub(r"(?<=\s)(#+)$", r"\\\1", line) if line.endswith("#") else line


def _drawn(piece: Piece, *, linked: bool) -> str:
    match piece:
        case Words(text):
            return _escape(text.replace("\xa0", " "))
        case Formula(source):
            return _inline_math("$", source)
        case Styled("code", (Words(text),)):  # a code span can hold words alone: other pieces are shown without it
            return _code_span(text)
        case Styled("sup" | "sub" as style, pieces):
            return _escape(drawn.script(style, drawn.letters(pieces)))
        case Styled(style, pieces):
            mark = {"em": "*", "strong": "**"}.get(style, "")
            inner = "".join(_drawn(one, linked=linked) for one in pieces).strip()
            return f"{mark}{inner}{mark}" if inner else ""
        case Linked(url, pieces):
            inner = "".join(_drawn(one, linked=False) for one in pieces)
            disguise = look_alike(url)
            warning = f" {_code_span(disguise)}" if disguise else ""
            return f"[{inner}]({_destination(url)}){warning}" if linked else inner
    return " "


def address(href: str) -> Markup:
    """Return a link's target as Markdown takes it between its brackets."""
    return Markup(_destination(href))


def quoted(text: str) -> Markup:
    """Return Markdown as a quotation, as an aside between other words is set off."""
    return Markup(_prefixed(str(text), "> "))  # plain text: Markup would escape the prefix as HTML


def render(document: Document, setting: Setting) -> Markup:
    """Return the block as Markdown, its notes below it, without a line end at the end."""
    writer = _Writer(document, setting)
    parts = writer.blocks(document.tokens)
    for index, note in enumerate(document.notes):
        body = "\n\n".join(writer.blocks(note.tokens))
        number = setting.first_note + index
        # a note that nothing refers to would not be shown by other programs: it goes out as a paragraph
        head = f"[^{number}]: " if note.uses else f"\\[{number}\\] "
        parts.append(head + (_indented(body, 4) if note.uses else body))
    return Markup("\n\n".join(parts))


def image(source: str, setting: Setting) -> Markup:
    """Return a figure without words, as a cover is."""
    return Markup(_Writer(Document(()), setting).image(source, ""))


def card(what: Card, setting: Setting) -> Markup:
    """Return a card as a quoted link with its words."""
    href = _destination(setting.link(what.url))
    title, text, source = (_escape(shown) for shown in (what.title, what.text, told(what.url, what.source)))
    rows = [f"[**{title}**]({href})"] if title else []
    rows += [_at_line_starts(row) for row in (text, source if title else "") if row]  # without a title, the heading above has told the source
    return Markup("\\\n".join(f"> {row}" for row in rows))


def _escape(text: str) -> str:
    if not _SPECIAL.search(text):
        return text
    text = text.replace("\n", " ").replace("\t", " ")
    text = _ALWAYS.sub(r"\\\1", text)
    if "_" in text:
        text = _UNDERSCORE.sub(r"\\_", text)
    if "&" in text:
        text = _ENTITY.sub(r"\\&", text)
    return text.replace("\xa0", "&nbsp;")


def _at_line_starts(text: str) -> str:
    """Escape what would open a block at the start of a line."""
    if _OPENS_NOTHING.match(text) and "\n" not in text:
        return text

    def disarm(match: re.Match[str]) -> str:
        mark = match[2]
        return f"{match[1]}{mark}" if mark.isdigit() else f"{match[1]}\\{mark}"

    text = _LINE_START.sub(disarm, text)
    return re.sub(r"^(\s*\d+)([.)])(?=\s|$)", r"\1\\\2", text, flags=re.M)


def _destination(href: str) -> str:
    if visible(href) != href:  # a file may be called anything
        href = quote(href, safe="/ %:?#&=+,;@~()<>", errors="replace")
    if re.search(r"[\s()<>\\]", href):
        href = "<" + re.sub(r"([<>\\])", r"\\\1", href.replace("\n", " ")) + ">"
    return _ENTITY.sub("&amp;", href)  # GitHub takes an entity for its sign before it takes a backslash away, here and in titles


class _Writer:
    """Writes tokens as Markdown; one method for what blocks hold, one for what lines hold."""

    def __init__(self, document: Document, setting: Setting) -> None:
        self.setting = setting
        levels = sorted({int(t.tag[1]) for t in document.tokens if t.type == "heading_open" and t.meta})
        self.ranks = {level: min(6, setting.heading + 1 + rank) for rank, level in enumerate(levels)}

    # ---- blocks ----

    def blocks(self, tokens: Sequence[Token], last_list: str = "") -> list[str]:
        """Return each block of a container as text, in order; ``last_list`` is the marker just before it, as "- " of an item."""
        out: list[str] = []
        index = 0
        while index < len(tokens):
            token = tokens[index]
            end = closing(tokens, index)
            inside = tokens[index + 1 : end]
            if token.type in ("bullet_list_open", "ordered_list_open"):
                marker = _other_marker(token, last_list)
                out.append(self.list(token, inside, marker))
                last_list = marker
            else:
                text = self.block(token, inside)
                if text is not None:
                    out.append(text)
                    last_list = ""
            index = end + 1
        return out

    def block(self, token: Token, inside: Sequence[Token]) -> str | None:
        match token.type:
            case "paragraph_open":
                return _at_line_starts(self.line(inside[0].children or []))
            case "heading_open":
                text = self.line(inside[0].children or []).replace("\\\n", " ").replace("\n", " ")
                if not token.meta:  # inside a quote, a list or a note it is words, not a part of the outline
                    return f"**{text}**" if text else ""
                return f"{'#' * self.ranks.get(int(token.tag[1]), 6)} {re.sub(r'(#+)$', _escaped_hashes, text)}".rstrip()
            case "blockquote_open":
                return _prefixed("\n\n".join(self.blocks(inside)), "> ")
            case "fence" | "code_block":
                return _fenced(token.content, token.info.strip())
            case "math_block":
                return _math_block(token.content)
            case "hr":
                return "---" if token.level == 0 else "___"  # "- ---" is a rule, not an item that holds one
            case "table_open":
                return self.table(inside)
            case "figure":
                return self.figure(token)
            case "card":
                return card(token.meta["card"], self.setting)
        return None

    def list(self, token: Token, inside: Sequence[Token], marker: str) -> str:
        """Return a list; a list is loose, with a blank line between its items, where the source was."""
        number = int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else 0
        items: list[str] = []
        loose = False
        index = 0
        while index < len(inside):
            end = closing(inside, index)
            content = inside[index + 1 : end]
            loose = loose or any(t.type == "paragraph_open" and t.level == inside[index].level + 1 and not t.hidden for t in content)
            head = f"{number}{marker} " if token.type == "ordered_list_open" else f"{marker} "
            blocks = self.blocks(content, marker)  # "- - -" would be a rule
            tight = "\n".join(blocks) if not loose and not _needs_gap(content) else "\n\n".join(blocks)
            items.append((head + _indented(tight, len(head))).rstrip())
            number += 1
            index = end + 1
        return ("\n\n" if loose else "\n").join(items)

    def table(self, inside: Sequence[Token]) -> str:
        rows: list[list[str]] = []
        rule: list[str] = []
        for index, token in enumerate(inside):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                cell = self.line(inside[index + 1].children or [], in_table=True)
                rows[-1].append(cell)
                if token.type == "th_open":
                    side = str(token.attrs.get("style", "")).removeprefix("text-align:")
                    rule.append({"left": ":---", "right": "---:", "center": ":---:"}.get(side, "---"))
        head, *body = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([head, f"| {' | '.join(rule)} |", *body])

    def figure(self, token: Token) -> str:
        meta = token.meta
        caption = self.line(token.children or [])
        image = self.image(meta["src"], meta["alt"])
        return f"{image}\n\n{_at_line_starts(caption)}" if caption else image

    # ---- lines ----

    def line(self, tokens: Sequence[Token], *, in_table: bool = False) -> str:
        out: list[str] = []
        for index, token in enumerate(tokens):
            text = self.span(tokens, index, token)
            # A row is cut at each sign that no backslash precedes, in code, too; text has its own already.
            out.append(text.replace("|", "\\|") if in_table and token.type != "text" else text)
        for index in range(1, len(tokens) - 2):
            if tokens[index].markup == "bare" and _has_to_be_bare(tokens, index, out):
                out[index : index + 3] = ["", tokens[index + 1].content, out[index + 2].removeprefix(">")]
        return "".join(out).strip(" ")

    def span(self, tokens: Sequence[Token], index: int, token: Token) -> str:
        match token.type:
            case "text":
                if index and _is_bare(tokens, index - 1):
                    return ""
                text = _escape(token.content)
                before_link = index + 1 < len(tokens) and tokens[index + 1].type in ("link_open", "paper_reference")
                return f"{text[:-1]}\\!" if before_link and text.endswith("!") else text
            case "softbreak":
                return "\n"
            case "hardbreak":
                return "\\\n"
            case "code_inline":
                return _code_span(token.content)
            case "math_inline":
                underscored = any(one.type.endswith("_open") and one.markup.startswith("_") for one in tokens)
                return _inline_math(token.markup, token.content, underscored=underscored)
            case "em_open" | "em_close" | "strong_open" | "strong_close":
                return token.markup
            case "s_open" | "s_close":
                return "~~"
            case "link_open":
                return f"<{tokens[index + 1].content}" if _is_bare(tokens, index) else "["
            case "link_close":
                return self.link_end(tokens, opening_of(tokens, index))
            case "image":
                return self.image(str(token.attrs["src"]), plain(token.children or []), str(token.attrs.get("title", "")))
            case "footnote_ref":
                if "number" not in token.meta:
                    return f"\\[^{_escape(token.meta['label'])}\\]"
                return f"[^{self.setting.first_note + token.meta['number']}]"
            case "paper_reference":
                place = self.setting.places.get(token.content)
                if place is None:
                    return _escape(f"[[{token.content}]]")
                return f"[{words(place.title)}]({_destination(place.href)})"
        return _escape(token.content)

    def link_end(self, tokens: Sequence[Token], start: int) -> str:
        opening = tokens[start]
        href = str(opening.attrs["href"])
        if _is_bare(tokens, start):
            return ">" + _warning(href)
        title = f' "{_title(str(opening.attrs["title"]))}"' if opening.attrs.get("title") else ""
        return f"]({_destination(self.setting.link(href))}{title}){_warning(href)}"

    def image(self, source: str, alt: str, title: str = "") -> str:
        if is_local(source):
            words = f' "{_title(title)}"' if title else ""
            return f"![{_escape(alt)}]({_destination(source)}{words})"
        return f"[{_escape(alt or source)}]({_destination(source)})"


def _warning(url: str) -> str:
    """Return where a link to a look-alike host leads, behind the words, for these may name another place; nothing for any other."""
    return f" {_code_span(disguise)}" if (disguise := look_alike(url)) else ""


def _is_bare(tokens: Sequence[Token], index: int) -> bool:
    """Tell whether a link opens here whose words are its address: ``<...>`` says both.

    Foreign letters would be percent signs in it, and an entity could not be escaped.
    """
    opening = tokens[index]
    if opening.type != "link_open" or opening.info != "auto":
        return False
    address = str(opening.attrs["href"]).removeprefix("mailto:")
    return tokens[index + 1].content == address and not _ENTITY.search(address)


# An address that GitHub, too, reads to its end where it stands without brackets.
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?:[/?#][A-Za-z0-9./?=#+%_-]*)?(?<=[A-Za-z0-9/])")


def _has_to_be_bare(tokens: Sequence[Token], index: int, out: Sequence[str]) -> bool:
    """Tell whether brackets would undo the emphasis that an address begins: behind a letter, ``**<`` opens none."""
    if not tokens[index - 1].type.endswith(("em_open", "strong_open", "s_open")):
        return False
    before = "".join(out[max(0, index - 4) : index]).rstrip("*_~")[-1:]
    behind = "".join(out[index + 3 : index + 8])
    letter = bool(before) and not before.isspace() and unicodedata.category(before)[0] != "P" and before not in punctuation
    return letter and bool(_PLAIN_ADDRESS.fullmatch(tokens[index + 1].content)) and bool(re.match(r"[*_~]*(\s|$)", behind))


def _other_marker(token: Token, last: str) -> str:
    """Return the list's own marker, or the other one where two lists follow each other and would grow together."""
    if token.type == "bullet_list_open":
        return "*" if last == "-" else "-"
    return ")" if last == "." else "."


def _needs_gap(content: Sequence[Token]) -> bool:
    """Tell whether an item holds blocks that a bare line break would run together."""
    return sum(1 for t in content if t.nesting >= 0 and t.block and t.type == "paragraph_open" and t.level == content[0].level) > 1


# What a reader of Markdown that knows no math would take for a link, a note, code, an entity, an escape or emphasis. An underscore
# opens emphasis behind a sign, and never behind a letter.
_NOT_ONLY_MATH = re.compile(r"\]\(|\]\[|\[\^|[`*~]|&#?\w+;|://|\\[!-/:-@\[-`{-~]|(?<![^\W_])_(?!\s)")
# Before anything but a letter it closes what was opened with one: within such emphasis alone.
_CLOSES = re.compile(r"(?<!\s)_(?![^\W_])")


def _math(content: str) -> str:
    """Return a formula in which nobody reads a tag: to TeX a space behind ``<`` is nothing."""
    return re.sub(r"<(?=[A-Za-z/!?])", "< ", content)


def _inline_math(markup: str, content: str, *, underscored: bool = False) -> str:
    """Return inline math in dollars, or, where Markdown would see more in it, in GitHub's form with backticks."""
    if not (_NOT_ONLY_MATH.search(content) or (underscored and _CLOSES.search(content))):
        return markup + _math(content).replace("\n", " ") + markup
    code = _code_span(content.replace("\n", " "))
    return _escape(markup + content + markup) if code.startswith("``") else f"${code}$"


def _math_block(content: str) -> str:
    """Return display math in dollars, or as a fence where its lines would open a block or hold more than math."""
    opens = any(re.match(r"\s*([-+*>#=~`]|\d+[.)]|$)", line) for line in content.split("\n"))
    if opens or _NOT_ONLY_MATH.search(content):
        return _fenced(content, "math")
    return f"$$\n{_math(content)}\n$$"


def _title(text: str) -> str:
    return _ENTITY.sub("&amp;", text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " "))


def _escaped_hashes(match: re.Match[str]) -> str:
    return "\\" + match[1]


def _prefixed(text: str, prefix: str) -> str:
    return "\n".join((prefix + line).rstrip() for line in text.split("\n"))


def _indented(text: str, width: int) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(" " * width + line if line else "" for line in rest)])


def _fenced(content: str, info: str) -> str:
    longest = max((len(run) for run in re.findall(r"^\s*(`{3,})", content, re.M)), default=2)
    fence = "`" * (longest + 1)
    if "`" in info:
        fence = "~" * max(3, max((len(run) for run in re.findall(r"^\s*(~{3,})", content, re.M)), default=2) + 1)
    return f"{fence}{info}\n{content}{'' if content.endswith(chr(10)) or not content else chr(10)}{fence}"


def _code_span(content: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    ticks = "`" * (longest + 1)
    pad = " " if content.startswith("`") or content.endswith("`") or (content[:1] == content[-1:] == " " and content.strip()) else ""
    return f"{ticks}{pad}{content}{pad}{ticks}"
