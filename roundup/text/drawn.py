"""The pieces of arXiv's text in each edition but Markdown, which ``twin`` draws: web pages, mail and feeds, plain text."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from html import escape

from markupsafe import Markup

from roundup.text import formula, linear
from roundup.text.links import look_alike
from roundup.text.pieces import Break, Formula, Linked, Piece, Styled, Words
from roundup.text.tex import parse
from roundup.text.visible import one_line

Setter = Callable[[Formula], str | None]
_HTML_BREAK = {False: "<br>", True: "<br><br>"}


@lru_cache(maxsize=256)
def web(text: str) -> Markup:
    """Return arXiv's text for a page: formulas as MathML, or as their source where they cannot be set."""
    return Markup(formula.tied("".join(_html(piece, _mathml, linked=True) for piece in parse(text))))  # noqa: S704 - each piece is escaped as it is drawn


@lru_cache(maxsize=256)
def web_title(text: str) -> Markup:
    """Return a title for a page, where it stands inside a link itself: no link in it, no break."""
    return Markup(formula.tied("".join(_html(piece, _mathml, linked=False) for piece in parse(text))))  # noqa: S704 - likewise


@lru_cache(maxsize=256)
def mail(text: str) -> Markup:
    """Return arXiv's text for a mail or a feed: formulas as a line of letters with ``sub`` and ``sup``."""
    return Markup("".join(_html(piece, _line_html, linked=True) for piece in parse(text)))  # noqa: S704 - likewise


@lru_cache(maxsize=256)
def mail_title(text: str) -> Markup:
    """Return a title for a mail or a feed: no link in it, no break."""
    return Markup("".join(_html(piece, _line_html, linked=False) for piece in parse(text)))  # noqa: S704 - likewise


@lru_cache(maxsize=256)
def plain(text: str) -> str:
    """Return arXiv's text as letters alone, on one line."""
    return one_line(letters(parse(text)))


def _html(piece: Piece, setter: Setter, *, linked: bool) -> str:
    """Return a piece as HTML; ``setter`` sets its formulas."""
    match piece:
        case Words(text):
            return escape(text, quote=False)
        case Formula(source):
            return setter(piece if linked else Formula(source)) or _source(piece)
        case Styled(style, pieces):
            return f"<{style}>{''.join(_html(one, setter, linked=linked) for one in pieces)}</{style}>"
        case Linked(url, pieces):
            inner = "".join(_html(one, setter, linked=False) for one in pieces)
            return f'<a href="{escape(url)}">{inner}</a>{_disguise(url)}' if linked else inner
        case Break(paragraph):
            return _HTML_BREAK[paragraph] if linked else " "


def _mathml(piece: Formula) -> str | None:
    return formula.mathml(piece.source, display=piece.display)


def _line_html(piece: Formula) -> str | None:
    return linear.line_html(piece.source)


def letters(pieces: tuple[Piece, ...]) -> str:
    """Return pieces as letters alone."""
    return "".join(map(_plain, pieces))


def _plain(piece: Piece) -> str:
    match piece:
        case Words(text):
            return text
        case Formula(source):
            return linear.line(source) or f"{piece.markup}{source}{piece.markup}"
        case Styled("sup" | "sub" as style, pieces):
            return script(style, letters(pieces))
        case Styled(_, pieces):
            return letters(pieces)
        case Linked(url, pieces):
            inner = letters(pieces)
            address = url.removeprefix("mailto:")
            told = [text for text in ("" if inner in (url, address) else address, look_alike(url)) if text]
            return f"{inner} ({', '.join(told)})" if told else inner
        case Break():
            return " "


def script(style: str, text: str) -> str:
    """Return words above (``sup``) or below (``sub``) the line where there is none but letters: as a formula has them."""
    return linear.raised(text) if style == "sup" else linear.lowered(text)


def _disguise(url: str) -> str:
    """Return where a link leads that seems to lead elsewhere."""
    return f" <code>{escape(disguise)}</code>" if (disguise := look_alike(url)) else ""


def _source(piece: Formula) -> str:
    return f"<code>{escape(piece.markup + piece.source + piece.markup, quote=False)}</code>"
