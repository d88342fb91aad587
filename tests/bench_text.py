"""Measure how arXiv's TeX comes out over the shared corpus of real records: ``make bench-text`` prints the table of docs/design.md.

Clean: no macro, dollar, brace, back-quote or tie is left in an edition. A brace that stands for itself (``\\{`` in the
source, or an opening brace of cases) and a dollar before a number are no leftovers. Lost: two or more words of the source, letters
of three or more outside of formulas and macros, are nowhere in the plain edition.
"""

from __future__ import annotations

import html
import io
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard

from roundup.text import drawn, formula
from roundup.text.accents import accented
from roundup.text.pieces import Formula, Linked, Piece, Styled
from roundup.text.tex import parse

CORPUS = Path(__file__).parents[2] / "shared/arxiv/records.jsonl.zst"
TEX = re.compile(r"[\\$`{}~^_]|--|''")
ADDRESS = re.compile(r"https?://\S+")
LEFT = re.compile(r"\\[A-Za-z]+|\$(?!\s?[\d.])|[{}]|`|~")
OWN_BRACES = re.compile(r"\\[{}]|\\[lr]brace|\\text(backslash|brace|dollar)|\\begin\s*\{d?cases|\\left\s*\\\{|\\\$|\\mathrm\{d?cases")
NO_WORDS = re.compile(r"\\begin\s*\{((?:equation|align|eqnarray|gather|multline)\*?)\}.*?\\end\s*\{\1\}|_\{[^}]*\}|\$\$?[^$]*\$\$?|\\(?:begin|end)\{[^}]*\}|\\(?:href|url|cite\w*|label|ref|color|textcolor)\{[^}]*\}|\\[A-Za-z]+|\\\(.*?\\\)|\\\[.*?\\\]", re.S)
WORD = re.compile(r"[^\W\d_]{3,}")
LETTERS = re.compile(r"[\W_]+")
TAG = re.compile(r"<math[^>]*>|<[^>]+>")


def texts() -> Iterator[str]:
    """Yield the title and the abstract of every record of the corpus."""
    with CORPUS.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as packed:
        for line in io.TextIOWrapper(packed, encoding="utf-8"):
            record = json.loads(line)
            yield from (record["title"], record["abstract"])


def is_clean(source: str, shown: str) -> bool:
    shown = ADDRESS.sub("", shown)
    if OWN_BRACES.search(source):
        shown = re.sub(r"[{}$]", "", shown)
    return LEFT.search(shown) is None


def lost(source: str, shown: str) -> int:
    squeezed = LETTERS.sub("", accented(shown)).lower()
    words = WORD.findall(NO_WORDS.sub(" ", ADDRESS.sub(" ", accented(source))))
    return sum(word.lower() not in squeezed for word in words)


def web_words(text: str) -> str:
    return html.unescape(TAG.sub(" ", re.sub(r'alttext="[^"]*"', "", str(drawn.web(text)))))


def formulas(pieces: tuple[Piece, ...]) -> Iterator[Formula]:
    for piece in pieces:
        if isinstance(piece, Formula):
            yield piece
        elif isinstance(piece, Styled | Linked):
            yield from formulas(piece.pieces)


def rate(rows: list[str], draw: Callable[[str], object]) -> float:
    began = time.process_time()
    for row in rows:
        draw(row)
    return len(rows) / (time.process_time() - began)


def main() -> None:
    if not CORPUS.exists():
        sys.exit(f"the corpus of real records, {CORPUS}, is not beside this checkout; the figures of the last run stand in docs/design.md")
    rows = list(texts())
    abstracts = rows[1::2]
    speed = {name: rate(abstracts, draw.__wrapped__) for name, draw in (("plain", drawn.plain), ("web", drawn.web), ("mail", drawn.mail))}
    tex = [row for row in rows if TEX.search(row)]
    left: Counter[str] = Counter()
    words = 0
    shown: list[str] = []
    for row in tex:
        plain = drawn.plain(row)
        for edition, text in (("plain", plain), ("web", web_words(row))):
            if not is_clean(row, text):
                left[edition] += 1
                shown.append(f"{edition}: {text[:200]}")
        missing = lost(row, plain)
        if missing >= 2:
            words += 1
            shown.append(f"lost {missing}: {row[:300]}\n   -> {plain[:300]}")
    every = {one.source for row in tex for one in formulas(parse(row))}
    unset = sum(formula.mathml(source) is None for source in every)
    print("| measure | figure |\n| --- | --- |")
    print(f"| titles and abstracts, and those with anything like TeX | {len(rows):,}; {len(tex):,} |")
    for edition in ("plain", "web"):
        print(f"| clean in the {edition} edition | {100 - 100 * left[edition] / len(tex):.2f} % ({left[edition]} not) |")
    print(f"| two or more words lost | {100 * words / len(tex):.3f} % ({words}) |")
    print(f"| different formulas; shown as their source | {len(every):,}; {unset} ({100 * unset / len(every):.2f} %) |")
    for edition, number in speed.items():
        print(f"| abstracts a second, {edition} | {number:,.0f} |")
    if "-v" in sys.argv:
        print("\n".join(shown))


if __name__ == "__main__":
    main()
