"""The bytes of an image -> its size, by what the bytes say and never by the file's name.

PNG, JPEG, GIF, WebP and plain SVG; anything else is refused, and an SVG that could act, ask or hide is, too.
"""

from __future__ import annotations

import re
import struct

MAX_BYTES = 10_000_000
MAX_PIXELS = 40_000_000  # an 81-megapixel bomb fits in 236 kB; browsers unpack what they are given


ENDINGS = {"PNG": (".png",), "GIF": (".gif",), "JPEG": (".jpg", ".jpeg"), "WebP": (".webp",), "SVG": (".svg",)}


def measure(data: bytes, name: str) -> tuple[int, int]:
    """Return width and height in pixels. ValueError says why the bytes are no figure for a page."""
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
    if not name.lower().endswith(ENDINGS[kind]):  # servers go by the name: a browser would not show it
        stem, dot, ending = name.rpartition(".")
        article = "an" if kind == "SVG" else "a"
        raise ValueError(f"is {article} {kind}, but its name ends in {dot}{ending}; rename it to {stem or name}{ENDINGS[kind][0]}")
    return width, height


def _size(data: bytes) -> tuple[str, int, int]:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG", *struct.unpack(">II", data[16:24])
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF", *struct.unpack("<HH", data[6:10])
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG", *_jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP", *_webp(data)
    if _SVG_HEAD.match(data):
        return "SVG", *_svg(data)
    raise ValueError("is no PNG, JPEG, GIF, WebP or SVG; convert it")


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


# As an image an SVG is inert, but opened by its own address it is a page of our site. So: no entities, no script, no
# handler, no foreign content, and no address but a fragment of its own. What plotting programs write passes: a plain
# doctype, a style sheet within.
_SVG_ACTS = re.compile(
    rb"<!DOCTYPE[^>]*\[|<!ENTITY|<\?xml-stylesheet|<script|<foreignObject|<iframe|@import|<set\b|<animate|[\s\"'/]on[a-z]+\s*=|javascript:"
    rb"|(?:href|src)\s*=\s*[\"']?\s*[^#\"'\s]|url\(\s*[\"']?[^#\"'\s)]|&#",
    re.I,
)
_SVG_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>\s*)*<svg\b", re.S | re.I)
_SVG_OPEN = re.compile(rb"<svg\b[^>]*>", re.S)
_NUMBER = rb"([0-9]{1,7}(?:\.[0-9]+)?)"
_SVG_NUMBER = rb"\s%s\s*=\s*[\"']\s*" + _NUMBER + rb"(?:px)?\s*[\"']"
_SVG_BOX = re.compile(rb"\sviewBox\s*=\s*[\"']\s*[-0-9.]+[\s,]+[-0-9.]+[\s,]+" + _NUMBER + rb"[\s,]+" + _NUMBER + rb"\s*[\"']")


def _svg(data: bytes) -> tuple[int, int]:
    if acts := _SVG_ACTS.search(data):
        shown = re.sub(rb"=.*", b"=", acts[0], flags=re.S).decode("ascii", "replace").strip()
        raise ValueError(f'is an SVG with "{shown}" in it; figures are plain drawings, save it without or as PNG')
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is an SVG that is not UTF-8; save it with the encoding UTF-8") from None
    head = _SVG_OPEN.search(data)
    if head is None:
        raise ValueError("is cut short; save it again")
    width, height = (re.search(_SVG_NUMBER % side, head[0]) for side in (b"width", b"height"))
    if width and height:
        return round(float(width[1])), round(float(height[1]))
    box = _SVG_BOX.search(head[0])
    if box is None:
        raise ValueError("is an SVG without width and height; give it both, in pixels")
    return round(float(box[1])), round(float(box[2]))
