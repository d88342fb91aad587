"""Papers' HTML pages with figures, as arXiv has them from LaTeXML; text and pictures are invented, and the same for each version of a paper.

There is none for a withdrawn paper and none for an old-style ID, which have the page that arXiv shows in their place.
"""

from __future__ import annotations

import struct
import zlib

from .answer import Answer, escaped
from .store import Store

CAPTIONS = ("What the method does, at a glance", "Accuracy against training time at every budget of", "On letters", "On tide tables")
_MATH = '<math alttext="\\displaystyle 2^{k}" class="ltx_Math" display="inline" id="S1.F2.m1"><semantics><msup><mn>2</mn><mi>k</mi></msup><annotation encoding="application/x-tex">2^{k}</annotation></semantics></math>'


def answer(store: Store, path: str) -> Answer:
    """Answer for what stands behind ``/html/``: ``2401.03001v3``, or ``2401.03001v3/x1.png``."""
    page, _, picture = path.partition("/")
    if "/" in path and not page[:4].isdigit():
        return _none(path)
    base, _, version = page.partition("v")
    paper = store.by_id.get(base)
    told = paper.at(int(version) if version.isdigit() else None) if paper else None
    if paper is None or told is None or told.withdrawn:
        return _none(page)
    if picture in ("x1.png", "extracted/x2.png", "x3.png"):
        return Answer(png(48, 32, sum(picture.encode()) % 256), "image/png")
    return _none(page) if picture else _page(f"{base}v{told.version}", told.title)


def _none(page: str) -> Answer:
    text = f"<!DOCTYPE html><html><head><title>No HTML</title></head><body><h1>No HTML for '{escaped(page)}'</h1><p>HTML is not available for the source.</p></body></html>"
    return Answer(text.encode(), "text/html; charset=utf-8", 404)


def figure(number: str, inside: str, caption: str, kind: str = "figure") -> str:
    """Return a figure in LaTeXML's words, or a part of one."""
    return (
        f'<figure class="ltx_{kind}"><div class="ltx_flex_figure">{inside}</div>\n<figcaption class="ltx_caption ltx_centering">'
        f'<span class="ltx_tag ltx_tag_{kind}"><span class="ltx_text">{number}</span>: </span>{caption}</figcaption></figure>\n'
    )


def image(source: str) -> str:
    return f'<img alt="Refer to caption" class="ltx_graphics ltx_img_landscape" height="32" src="{source}" width="48"/>'


def page(title: str, body: str) -> bytes:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/><title>{escaped(title)}</title></head>\n<body><div class="ltx_page_main"><div class="ltx_page_content">\n'
        f'<article class="ltx_document"><h1 class="ltx_title ltx_title_document">{escaped(title)}</h1>\n{body}</article></div></div></body></html>\n'
    ).encode()


def _page(name: str, title: str) -> Answer:
    glance, budget, letters, tides = CAPTIONS
    parts = figure("(a)", image(f"{name}/extracted/x2.png"), letters) + figure("(b)", image("x3.png"), tides)
    body = (
        figure("Figure 1", image("x1.png"), f'{glance}<span class="ltx_note ltx_role_footnote">A note.</span>.')
        + figure("Table 1", image("x9.png"), "A table that is drawn as a picture", kind="table")
        + figure("Figure 2", parts, f"{budget} {_MATH} steps.")
        + figure("Figure 3", '<svg class="ltx_picture" height="9" width="9"><g><path d="M 0 0 L 9 9"/></g></svg>', "Drawn in the page.")
    )
    return Answer(page(title, body), "text/html; charset=utf-8")


def png(width: int, height: int, grey: int) -> bytes:
    """Return a picture of one grey, with words hidden in it."""
    rows = b"".join(b"\0" + bytes([grey]) * width for _ in range(height))
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"tEXt", b"Comment\0hidden words"), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
