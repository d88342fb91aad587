"""An issue's head -> its social card, the picture that others show beside a link to it. Pure: bytes of fonts in, a PNG out.

Pillow, an extra, draws the letters; where they stand is reckoned here. Its own two ways of setting a line do not serve: one kerns
by a shaper that some machines have and others lack, the other not at all, and both would make the picture depend on the machine.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from roundup.text.visible import one_line, visible

if TYPE_CHECKING:
    from PIL.Image import Image as Palette
    from PIL.ImageDraw import ImageDraw as Canvas
    from PIL.ImageFont import FreeTypeFont

SIZE = (1200, 630)  # what the protocols of previews ask for
EDGE = 84
PAPER, INK, QUIET, RULE = "#fdfcf9", "#1d1c1a", "#635f57", "#d9d4c9"  # by day, as in roundup.css
_WIDE = SIZE[0] - 2 * EDGE
_KEY_SIZE, _KEY_LINE = 230, 210  # a size is in pixels, a line the place of its foot from the top
_TEASER_SIZES = (80, 66, 58, 51, 45, 40)
_TEASER_TOP, _TEASER_HIGH = 268, 240
_LEADING = 1.2
_RULES, _FOOT_LINE = (526, 532), 578
_TITLE_SIZE, _FACTS_SIZE = 32, 26
_GAP = 40
_TAKEN = 1_000  # letters of a text; the card has room for half of them
_STEPS = 16  # of a letter's edge, between paper and ink
_EM = 1_000  # the fonts' own units
_ELLIPSIS = "…"


def card(key: str, title: str, teaser: str, facts: str, digest_title: str, accent: str, fonts: Mapping[str, bytes]) -> bytes:
    """Return a PNG of 1200 by 630: the key, the teaser (or the title), and at the foot the digest's title and the facts.

    A text with letters that the fonts lack, as those of Chinese or Arabic, is left out as a whole, for a row of boxes says less than
    nothing; a pictogram is left out alone. What is too long is set smaller, and cut in the end. The same texts give the same bytes
    with one release of Pillow. ``fonts`` holds the files of ``templates/cards/`` by name.
    """
    from PIL import Image, ImageDraw

    upright, italic = _faces(fonts["regular.otf"], fonts["italic.otf"], fonts["kerning.txt"])
    image = Image.new("RGB", SIZE, PAPER)
    canvas = ImageDraw.Draw(image)
    if number := upright.drawable(key):
        size = min(_KEY_SIZE, _EM * _WIDE / upright.width(number, _EM))
        upright.draw(canvas, (EDGE - upright.bearing(number[0], size), _KEY_LINE), number, size, accent)
    if words := upright.drawable(teaser) or upright.drawable(title):
        _draw_teaser(canvas, upright, upright.drawable(words[0].upper() + words[1:]) or words)
    for line in _RULES:
        canvas.rectangle((EDGE, line, SIZE[0] - EDGE - 1, line + 1), RULE)
    _draw_foot(canvas, upright, italic if italic.drawable(digest_title) else upright, facts, digest_title)
    png = io.BytesIO()
    image.quantize(palette=_palette(accent), dither=Image.Dither.NONE).save(png, "PNG", compress_level=6)
    return png.getvalue()


def _draw_teaser(canvas: Canvas, face: _Face, words: str) -> None:
    for size in _TEASER_SIZES:
        lines = list(_lines(face, words, size, _WIDE))
        room = int(_TEASER_HIGH / (size * _LEADING))
        if len(lines) <= room:
            lines = _balanced(face, words, size, lines)
            break
    else:
        lines[room - 1 :] = [face.cut(" ".join(lines[room - 1 :]), size, _WIDE)]
    for number, line in enumerate(lines):
        face.draw(canvas, (EDGE, _TEASER_TOP + size + round(number * size * _LEADING)), line, size, INK)


def _lines(face: _Face, words: str, size: float, wide: float) -> Iterator[str]:
    """Yield the words in lines of at most ``wide`` pixels."""
    line, taken, space = "", 0.0, face.width(" ", size)
    for word in _pieces(face, words, size, wide):
        more = face.width(word, size)
        if line and taken + space + more <= wide:
            line, taken = f"{line} {word}", taken + space + more
            continue
        if line:
            yield line
        line, taken = word, more
    yield line


def _pieces(face: _Face, words: str, size: float, wide: float) -> Iterator[str]:
    """Yield the words, one that is wider than a line in pieces that fill one."""
    for word in words.split(" "):
        start = 0
        while start < len(word):
            end = start + face.fitting(word[start:], size, wide)
            yield word[start:end]
            start = end


def _balanced(face: _Face, words: str, size: float, lines: list[str]) -> list[str]:
    """Return the words in no more lines, none much shorter than the others."""
    for wide in range(_WIDE // 2, _WIDE, 24):
        narrower = list(_lines(face, words, size, wide))
        if len(narrower) <= len(lines):
            return narrower
    return lines


def _draw_foot(canvas: Canvas, face: _Face, italic: _Face, facts: str, digest_title: str) -> None:
    """Draw the digest's title at the left, and at the right the facts where there is room for both."""
    name = italic.cut(italic.drawable(digest_title), _TITLE_SIZE, _WIDE)
    italic.draw(canvas, (EDGE, _FOOT_LINE), name, _TITLE_SIZE, INK)
    told = face.drawable(facts)
    left = SIZE[0] - EDGE - face.width(told, _FACTS_SIZE)
    if left >= EDGE + italic.width(name, _TITLE_SIZE) + _GAP:
        face.draw(canvas, (left, _FOOT_LINE), told, _FACTS_SIZE, QUIET)


def _palette(accent: str) -> Palette:
    """Return paper, rule, and the steps from paper to each ink: with them a card takes a third of the room and of the time."""
    from PIL import Image, ImageColor

    paper = ImageColor.getrgb(PAPER)
    inks = [ImageColor.getrgb(colour) for colour in (accent, INK, QUIET)]
    steps = [tuple(round(p + (i - p) * n / _STEPS) for p, i in zip(paper, ink, strict=True)) for ink in inks for n in range(1, _STEPS + 1)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([level for colour in (paper, ImageColor.getrgb(RULE), *steps) for level in colour])
    return palette


class _Face:
    """A font, and how wide its letters are in each other's company."""

    def __init__(self, data: bytes, kerning: Mapping[str, int]) -> None:
        self.data, self.kerning = data, kerning
        self.ruler = self.at(_EM)  # a width is whole pixels to Pillow: at this size these are the font's own units
        self.advances: dict[str, float] = {}
        self.known: dict[str, bool] = {}
        self.unknown = self.picture("\uffff")  # which is no letter, so that a font draws for it what it draws for one it lacks

    def at(self, size: float) -> FreeTypeFont:
        from PIL.ImageFont import Layout, truetype

        return truetype(io.BytesIO(self.data), size, layout_engine=Layout.BASIC)

    def picture(self, letter: str) -> tuple[tuple[int, int], bytes]:
        mask = self.at(20).getmask(letter)
        return mask.size, bytes(mask)

    def has(self, letter: str) -> bool:
        if letter not in self.known:
            self.known[letter] = self.picture(letter) != self.unknown
        return self.known[letter]

    def advance(self, letter: str) -> float:
        if letter not in self.advances:
            self.advances[letter] = self.ruler.getlength(letter)
        return self.advances[letter]

    def bearing(self, letter: str, size: float) -> float:
        """Return the white before a letter: taken off, a large one stands in line with small ones below."""
        return self.ruler.getbbox(letter, anchor="ls")[0] * size / _EM

    def drawable(self, text: str) -> str:
        """Return a text in one line without pictograms, or nothing where the font lacks one of its letters."""
        text = one_line(unicodedata.normalize("NFC", visible(text[:_TAKEN])))
        text = one_line("".join(c for c in text if not _is_apart(c) and (self.has(c) or not _is_pictogram(c))))
        return text if all(map(self.has, text)) else ""

    def steps(self, text: str) -> Iterator[float]:
        """Yield how far it is from each letter to the next, in thousandths of the font's size."""
        for letter, follower in pairwise(f"{text} "):
            yield self.advance(letter) + self.kerning.get(_base(letter) + _base(follower), 0)

    def width(self, text: str, size: float) -> float:
        return sum(self.steps(text)) * size / _EM

    def fitting(self, text: str, size: float, wide: float) -> int:
        """Return how many letters of a text fit; at least one does, so that a line is never empty."""
        end = 0.0
        for number, step in enumerate(self.steps(text)):
            end += step * size / _EM
            if end > wide and number:
                return number
        return len(text)

    def cut(self, text: str, size: float, wide: float) -> str:
        """Return a text that fits, with an ellipsis in place of what does not."""
        if self.width(text, size) <= wide:
            return text
        room = wide - self.width(_ELLIPSIS, size) if self.has(_ELLIPSIS) else wide
        fits = text[: self.fitting(text, size, room)]
        return (fits.rpartition(" ")[0] or fits).rstrip(" ,;:–—-") + _ELLIPSIS

    def draw(self, canvas: Canvas, start: tuple[float, float], text: str, size: float, colour: str) -> None:
        font, (left, foot) = self.at(size), start
        for letter, step in zip(text, self.steps(text), strict=True):
            canvas.text((left, foot), letter, colour, font, anchor="ls")
            left += step * size / _EM


@cache
def _faces(regular: bytes, italic: bytes, kerning: bytes) -> tuple[_Face, _Face]:
    """Return both, the second for a title; pairs of the upright serve the slanted one, for they differ little."""
    rows = (line.split(" ") for line in kerning.decode().splitlines())
    pairs = {first + second: int(step) for step, first, seconds in rows for second in seconds}
    return _Face(regular, pairs), _Face(italic, pairs)


@cache
def _base(letter: str) -> str:
    """Return a letter without its accents, which stands to others as the letter with them does."""
    return unicodedata.normalize("NFD", letter)[0]


def _is_apart(letter: str) -> bool:
    """Tell whether a character is none to be seen, but tells how others join or break."""
    return unicodedata.category(letter) == "Cf" or letter == "\ufe0f"


def _is_pictogram(letter: str) -> bool:
    return unicodedata.category(letter) in ("So", "Sk", "Me")
