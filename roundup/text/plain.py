"""A parsed document -> plain text of 72 columns, as a mail carries it beside its HTML. Links and notes stand at the end, numbered.

Unlike the other editions it keeps account: a link has one number through the whole issue. So there is one ``Plain`` for each issue.
"""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token
from markupsafe import Markup

from roundup.text import drawn, linear
from roundup.text.cards import Card
from roundup.text.dialect import Document, closing, opening_of, plain
from roundup.text.filling import WIDTH, columns, filled, prefixed
from roundup.text.links import is_local, look_alike, told
from roundup.text.setting import Setting
from roundup.text.visible import isolated

_CODE_INDENT = 4
_SHORT = 40  # columns of code that stay together


class Plain:
    """The plain edition of one issue; ``Markup`` here means that it is set, and stays as it is. Gathers ``notes`` and ``links`` as it goes."""

    def __init__(self) -> None:
        self.notes: list[Markup] = []
        self.links: list[str] = []
        self._numbers: dict[str, int] = {}

    def words(self, text: str) -> Markup:
        """Return a title of arXiv's, TeX and all, as letters."""
        return Markup(isolated(drawn.plain(text)))

    def text(self, text: str) -> Markup:
        """Return a running text of arXiv's; an address stands behind its words."""
        return self.words(text)

    def render(self, document: Document, setting: Setting) -> Markup:
        """Return the block in lines of 72 columns; its notes are kept for the end of the issue."""
        writer = _Writer(self, setting)
        text = _joined(writer.blocks(document.tokens, WIDTH))
        for number, note in enumerate(document.notes, setting.first_note):
            mark = f"[^{number}] "
            lines = [line for block in writer.blocks(note.tokens, WIDTH - len(mark)) for line in ("", *block)][1:]
            self.notes.append(Markup("\n".join(prefixed(lines, mark, " " * len(mark)))))
        return text

    def card(self, what: Card, setting: Setting) -> Markup:
        """Return a card, its address below its words."""
        return _joined([_Writer(self, setting).card(what, WIDTH)])

    def image(self, source: str, setting: Setting) -> Markup:
        """Return the place of a figure without words, as a cover is."""
        return _joined([filled(_Writer(self, setting).picture(source, ""))])

    def number(self, url: str, title: str = "") -> int:
        """Return the number of a link, the same one wherever it stands."""
        link = f"{url} ({title})" if title else url
        if link not in self._numbers:
            self.links.append(link)
            self._numbers[link] = len(self.links)
        return self._numbers[link]


def underlined(text: str, mark: str) -> Markup:
    """Return a heading with a line below it."""
    lines = filled(str(text))
    return Markup("\n".join([*lines, mark * min(WIDTH, max(map(columns, lines)))]))


def paragraph(text: str) -> Markup:
    """Return words in lines."""
    return Markup("\n".join(filled(str(text))))


def quoted(text: str) -> Markup:
    """Return lines as a quotation, as an aside between other words is set off."""
    return Markup("\n".join(prefixed(str(text).split("\n"), "> ", "> ")))


def _joined(blocks: list[list[str]]) -> Markup:
    return Markup("\n\n".join("\n".join(lines) for lines in blocks))


class _Writer:
    """Writes tokens as lines; one method for what blocks hold, one for what lines hold."""

    def __init__(self, edition: Plain, setting: Setting) -> None:
        self.edition, self.setting = edition, setting

    # ---- blocks ----

    def blocks(self, tokens: Sequence[Token], width: int) -> list[list[str]]:
        """Return each block as its lines."""
        out: list[list[str]] = []
        index = 0
        while index < len(tokens):
            end = closing(tokens, index)
            lines = self.block(tokens[index], tokens[index + 1 : end], max(width, 20))
            out += [lines] if lines else []
            index = end + 1
        return out

    def block(self, token: Token, inside: Sequence[Token], width: int) -> list[str]:
        match token.type:
            case "paragraph_open":
                return filled(self.line(inside[0].children or []), width)
            case "heading_open":
                lines = filled(self.line(inside[0].children or []).replace("\n", " "), width)
                return [*lines, "~" * min(width, max(map(columns, lines)))] if token.meta else lines
            case "blockquote_open":
                return prefixed(_spaced(self.blocks(inside, width - 2)), "> ", "> ")
            case "bullet_list_open" | "ordered_list_open":
                return self.items(token, inside, width)
            case "fence" | "code_block":
                return _set_off(token.content)
            case "math_block":
                source = token.content.strip()
                return _set_off(linear.line(source) or f"$$\n{source}\n$$")
            case "hr":
                return ["* * *"]
            case "table_open":
                return self.table(inside, width)
            case "figure":
                caption = self.line(token.children or [])
                return [*filled(self.picture(token.meta["src"], token.meta["alt"]), width), *(filled(caption, width) if caption else ())]
            case "card":
                return self.card(token.meta["card"], width)
        return []

    def items(self, token: Token, inside: Sequence[Token], width: int) -> list[str]:
        number = int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None
        loose = any(t.type == "paragraph_open" and not t.hidden and t.level == token.level + 2 for t in inside)
        lines: list[str] = []
        index = 0
        while index < len(inside):
            end = closing(inside, index)
            mark = "- " if number is None else f"{number}. "
            blocks = self.blocks(inside[index + 1 : end], width - len(mark))
            item = _spaced(blocks) if loose else [line for block in blocks for line in block]
            lines += [""] if loose and lines else []
            lines += prefixed(item or [""], mark, " " * len(mark))
            number = None if number is None else number + 1
            index = end + 1
        return lines

    def table(self, inside: Sequence[Token], width: int) -> list[str]:
        """Return a table in columns where there is room for it, else its rows one after the other, cells divided by bars."""
        rows: list[list[str]] = []
        right = [str(token.attrs.get("style", "")).endswith("right") for token in inside if token.type == "th_open"]
        for index, token in enumerate(inside):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                rows[-1].append(self.line(inside[index + 1].children or []).replace("\n", " "))
        widths = [max(map(columns, cells)) for cells in zip(*rows, strict=True)]
        if sum(widths) + 2 * (len(widths) - 1) > width:
            return [line for row in rows for line in filled(" | ".join(row), width, indent=2)]
        head, *body = ["  ".join(_padded(*cell) for cell in zip(row, widths, right, strict=True)).rstrip() for row in rows]
        return [head, "  ".join("-" * wide for wide in widths), *body]

    def card(self, what: Card, width: int) -> list[str]:
        rows = [what.title, what.text, told(what.url, what.source), self.setting.link(what.url)]
        if not what.title:
            rows = [what.text]  # the heading above has told the rest
        return prefixed([line for row in rows if row for line in filled(row, width - 2)], "| ", "| ")

    # ---- lines ----

    def line(self, tokens: Sequence[Token]) -> str:
        return "".join(self.span(tokens, index, token) for index, token in enumerate(tokens)).strip(" ")

    def span(self, tokens: Sequence[Token], index: int, token: Token) -> str:
        match token.type:
            case "text":
                return token.content
            case "softbreak":
                return " "
            case "hardbreak":
                return "\n"
            case "code_inline":
                return f"`{token.content if len(token.content) > _SHORT else token.content.replace(' ', chr(0xA0))}`"  # on one line
            case "math_inline":
                return linear.line(token.content) or token.markup + token.content + token.markup
            case "em_open" | "em_close":
                return "_"
            case "strong_open" | "strong_close":
                return "*"
            case "s_open" | "s_close":
                return "~"
            case "link_close":
                return self.link_end(tokens[opening_of(tokens, index)])
            case "link_open":
                return "<" if token.info == "auto" else ""  # a letter that touches it is no part of it
            case "image":
                return self.picture(str(token.attrs["src"]), plain(token.children or []))
            case "footnote_ref":
                number = token.meta.get("number")
                return f"[^{token.meta['label'] if number is None else self.setting.first_note + number}]"
            case "paper_reference":
                place = self.setting.places.get(token.content)
                return f"[[{token.content}]]" if place is None else f"{self.edition.words(place.title)} [{self.edition.number(place.href)}]"
        return token.content

    def link_end(self, opening: Token) -> str:
        href = str(opening.attrs["href"])
        disguise = look_alike(href)
        number = ">" if opening.info == "auto" else f" [{self.edition.number(self.setting.link(href), str(opening.attrs.get('title', '')))}]"
        return f"{number} ({disguise})" if disguise else number

    def picture(self, source: str, alt: str) -> str:
        """Return what stands in place of an image: its words, and where it is to be seen."""
        words = f"[{self.setting.language.figure}: {alt}]" if alt else f"[{self.setting.language.figure}]"
        return f"{words} [{self.edition.number(self.setting.figure(source) if is_local(source) else source)}]"


def _padded(cell: str, width: int, right: bool) -> str:
    gap = " " * (width - columns(cell))
    return gap + cell if right else cell + gap


def _spaced(blocks: Sequence[Sequence[str]]) -> list[str]:
    return [line for block in blocks for line in ("", *block)][1:]


def _set_off(content: str) -> list[str]:
    return [(" " * _CODE_INDENT + line).rstrip() for line in content.rstrip("\n").split("\n")]
