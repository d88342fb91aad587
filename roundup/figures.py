"""The bytes of an image -> its size, by what the bytes say and never by the file's name.

PNG, JPEG, GIF, WebP and plain SVG; anything else is refused, and an SVG that could act, ask or hide is, too.
"""

from __future__ import annotations

import re
import struct
from typing import Any

from roundup.text.links import is_web

MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000  # an 81-megapixel bomb fits in 236 kB; browsers unpack what they are given


ENDINGS = {"PNG": (".png",), "GIF": (".gif",), "JPEG": (".jpg", ".jpeg"), "WebP": (".webp",), "SVG": (".svg",)}


def measure(data: bytes, name: str) -> tuple[int, int]:
    """Return width and height in pixels. ValueError says why the bytes are no figure for a page."""
    kind, width, height = look(data)
    if not name.lower().endswith(ENDINGS[kind]):  # servers go by the name: a browser would not show it
        stem, dot, ending = name.rpartition(".")
        article = "an" if kind == "SVG" else "a"
        raise ValueError(f"is {article} {kind}, but its name ends in {dot}{ending}; rename it to {stem or name}{ENDINGS[kind][0]}")
    return width, height


def look(data: bytes) -> tuple[str, int, int]:
    """Return the kind of an image, as ``PNG``, with its width and height; ValueError as above."""
    if not data:
        raise ValueError("is empty; save it again")
    if len(data) > MAX_BYTES:
        raise ValueError(f"is too large: {len(data):,} bytes, the limit is {MAX_BYTES:,}; make it smaller")
    try:
        kind, width, height = _size(data)
    except (struct.error, IndexError):
        raise ValueError("is cut short; save it again") from None
    if width < 1 or height < 1:
        raise ValueError("has no size; save it again")
    if width * height > MAX_PIXELS:
        raise ValueError(f"has {width:,} by {height:,} pixels, the limit is {MAX_PIXELS:,} in all; make it smaller")
    return kind, width, height


def _size(data: bytes) -> tuple[str, int, int]:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG", *struct.unpack(">II", data[16:24])
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF", *struct.unpack("<HH", data[6:10])
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG", *_jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP", *_webp(data)
    if b"<svg" in data[:4096]:
        return "SVG", *_svg(data)
    raise _unknown()


def _jpeg(data: bytes) -> tuple[int, int]:
    position = 2
    while True:
        marker, length = struct.unpack(">xBH", data[position : position + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a start of frame, not a table
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return width, height
        position += 2 + length


def _webp(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if len(data) < 30 and kind != b"VP8L":
        raise IndexError
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = struct.unpack("<I", data[21:25])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", data[26:30])
    return width & 0x3FFF, height & 0x3FFF


# As an image an SVG is inert, but opened by its own address it is a page of our site. So it is read as XML, and only
# what draws is let through: these elements, no handler, no address but a fragment or a picture within, no entities.
_SVG = "http://www.w3.org/2000/svg"
_DRAWS = frozenset(
    "svg g a path rect circle ellipse line polyline polygon text tspan textPath defs use symbol clipPath mask pattern marker"
    " linearGradient radialGradient stop filter image title desc style metadata switch".split()
)
_ABOUT = ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://purl.org/dc/", "http://creativecommons.org/ns#", "http://web.resource.org/cc/",
          "http://sodipodi.sourceforge.net/", "http://www.inkscape.org/namespaces/")  # fmt: skip
_INSIDE = re.compile(r"#|data:image/(png|jpeg|gif|webp);base64,")
_ASKS = re.compile(r"url\((?!\s*[\"']?\s*#)|image-set\(|@import|javascript:|\\", re.I)  # a backslash could spell any of these
_XLINK = "http://www.w3.org/1999/xlink"
_NUMBER = r"([0-9]{1,7}(?:\.[0-9]+)?)"
_LENGTH = re.compile(_NUMBER + r"(?:px|pt)?")
_BOX = re.compile(r"[-0-9.]+[\s,]+[-0-9.]+[\s,]+" + _NUMBER + r"[\s,]+" + _NUMBER)


def _svg(data: bytes) -> tuple[int, int]:
    from xml.parsers import expat

    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is an SVG that is not UTF-8; save it with the encoding UTF-8") from None
    parser = expat.ParserCreate("UTF-8", " ")
    drawing = _Drawing(parser)
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        if drawing.root is None and not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<svg", b"<?xml")):
            raise _unknown() from None
        raise ValueError(f"is broken in its line {error.lineno}, or cut short; save it again") from None
    return drawing.size()


class _Drawing:
    """Follows a parser through an SVG, and stops it at the first thing that does more than draw."""

    def __init__(self, parser: Any) -> None:
        self.root: dict[str, str] | None = None
        self.css: list[str] | None = None  # the pieces of the style sheet that is open
        parser.StartElementHandler = self.element
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = self.doctype
        parser.ProcessingInstructionHandler = lambda target, _: self.refuse(f"<?{target}")

    def refuse(self, what: str) -> None:
        raise ValueError(f'is an SVG with "{what}" in it; figures are plain drawings, save it without or as PNG')

    def doctype(self, name: str, _: str | None, __: str | None, has_subset: bool) -> None:
        if has_subset:
            self.refuse(f"<!DOCTYPE {name} [")

    def element(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if self.root is None:
            if local != "svg":
                raise _unknown()
            if space != _SVG:
                raise ValueError(f'is an SVG that browsers will not draw; write xmlns="{_SVG}" into its svg element')
            self.root = attributes
        effect = space == _SVG and local.startswith("fe") and local != "feImage"
        if not (effect or (space == _SVG and local in _DRAWS) or space.startswith(_ABOUT)):
            self.refuse(f"<{local}")
        if self.css is not None:
            self.refuse(f"<{local}")  # a piece of markup could divide what a browser reads as one
        self.css = [] if local == "style" else None
        for key, value in attributes.items():
            if self.acts(local, key, value):
                self.refuse(f"{key.rpartition(' ')[2]}=")

    def acts(self, element: str, key: str, value: str) -> bool:
        """Tell whether an attribute does more than draw: a handler, or an address that is neither within nor of a link."""
        space, _, name = key.rpartition(" ")
        if name.lower().startswith("on") or name == "base":
            return True
        if name in ("href", "src"):
            return not (_INSIDE.match(value) or (element == "a" and is_web(value)))
        plain = space in ("", _XLINK) and not name.startswith(("aria-", "data-"))
        return plain and _ASKS.search(value) is not None

    def end(self, name: str) -> None:
        if self.css is not None and (asks := _ASKS.search("".join(self.css))):
            self.refuse(asks[0])
        self.css = None

    def text(self, text: str) -> None:
        if self.css is not None:
            self.css.append(text)

    def size(self) -> tuple[int, int]:
        root = self.root or {}
        width, height = (_LENGTH.fullmatch(root.get(side, "").strip()) for side in ("width", "height"))
        if width and height:
            return round(float(width[1])), round(float(height[1]))
        box = _BOX.fullmatch(root.get("viewBox", "").strip())
        if box is None:
            raise ValueError("is an SVG without width and height; give it both, in pixels")
        return round(float(box[1])), round(float(box[2]))


def _unknown() -> ValueError:
    return ValueError("is no PNG, JPEG, GIF, WebP or SVG; convert it")
