"""A formula's MathML -> a line of Unicode for plain text, or of HTML for mail and feeds. Total: what cannot be set is None, as in formula.py."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import escape
from xml.etree import ElementTree

from roundup.text import formula

_UP = dict(zip("0123456789+−=()niabcdefghjklmoprstuvwxyzTABDEGHIJKLMNOPRUVW", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵁⱽᵂ", strict=True))
_UP |= {"′": "′", "″": "″", "‴": "‴", "∘": "°", "*": "*", "∗": "*", "†": "†", "‡": "‡", "-": "⁻", "α": "ᵅ", "β": "ᵝ", "γ": "ᵞ", "δ": "ᵟ", "θ": "ᶿ"}
_DOWN = dict(zip("0123456789+−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True)) | {"-": "₋"}
_ACCENTS = {
    "ˆ": "\u0302", "^": "\u0302", "˜": "\u0303", "~": "\u0303", "¯": "\u0304", "‾": "\u0305", "\u0332": "\u0305", "_": "\u0332", "˙": "\u0307",
    "¨": "\u0308", "ˇ": "\u030c", "˘": "\u0306", "´": "\u0301", "`": "\u0300", "⃗": "\u20d7", "→": "\u20d7", "˚": "\u030a", "\u0302": "\u0302",
}  # fmt: skip
# Of marks over more than a letter bears.
_MARKS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "overline", "\u0332": "underline", "\u0307": "dot", "\u0308": "ddot", "\u20d7": "vec"}
_RELATIONS = frozenset("=<>≤≥≠≈≡∼≃≅∝∈∉⊂⊆⊃⊇→←↔⇒⇐⇔↦⟶⟼⟹≪≫≲≳≺≻⪯⪰⊨⊢∣:≔≜")
_BIG = frozenset("∑∏∫∮⋃⋂⨁⨂")
_GAP = "\u2009"  # what a script without brackets needs before a letter


@lru_cache(maxsize=1024)
def line(source: str) -> str | None:
    """Return a formula as a line of Unicode: ``x²``, ``ℓ₂``, ``(a+b)/c``, ``x ∈ ℝⁿ``; None where it cannot be set."""
    tree = formula.tree(source)
    return None if tree is None else _tidy(_Line().of(tree)) or " "


@lru_cache(maxsize=1024)
def line_html(source: str) -> str | None:
    """Return a formula as a line of HTML with ``i``, ``sub`` and ``sup`` where a mail or a feed knows no more."""
    tree = formula.tree(source)
    return None if tree is None else _tidy(_LineHtml().of(tree)).replace("</i><i>", "") or " "


def raised(text: str) -> str:
    """Return words as a superscript: in raised letters where all have one, else as ``^x`` and ``^(abq)``."""
    return _shifted(text, _UP, "^")


def lowered(text: str) -> str:
    """Return words as a subscript: in lowered letters where all have one, else as ``_x`` and ``_(max)``."""
    return _shifted(text, _DOWN, "_")


def _shifted(text: str, table: dict[str, str], mark: str) -> str:
    if all(char in table for char in text):
        return "".join(table[char] for char in text)
    return f"{mark}{text}" if len(text) == 1 else f"{mark}({text})"


class _Line:
    """MathML's elements, one after the other, as words of a line."""

    def of(self, element: ElementTree.Element) -> str:
        draw = getattr(self, f"_{element.tag}", None)
        return draw(element) if draw else self._row(element)

    def text(self, text: str) -> str:
        return text

    def letter(self, text: str) -> str:
        return text

    def _row(self, element: ElementTree.Element) -> str:
        parts: list[str] = []
        children = list(element)
        for place, child in enumerate(children):
            if child.tag == "mo" and (char := child.text or "") in _RELATIONS and (place or _goes_on(element)) and child.get("form") != "prefix":
                parts.append(f" {self.text(char)} ")
            elif child.tag == "mo" and child.text == "\u2061":
                behind = children[place + 1] if place + 1 < len(children) else None
                parts.append("" if behind is None or _words(behind)[:1] in "([{|" else " ")
            elif child.text == "," and _is_in_number(children, place):
                parts.append(",")
            elif child.tag == "mfrac" and _touches(children, place):
                parts.append(f"({self.of(child)})")  # 2(1/3) is not 21/3
            elif child.tag in _ROOTS and _is_operand(children, place + 1):
                parts.append(f"{self.of(child)} ")
            else:
                parts.append(self.of(child))
        return "".join(parts)

    def _mi(self, element: ElementTree.Element) -> str:
        text = _without_marks(element.text or "")
        return self.letter(text) if len(text) == 1 and text.isalpha() and element.get("mathvariant") != "normal" else self.text(text)

    def _mn(self, element: ElementTree.Element) -> str:
        return self.text(_without_marks(element.text or ""))

    def _mtext(self, element: ElementTree.Element) -> str:
        return self.text((element.text or "").replace("\xa0", " "))

    def _mo(self, element: ElementTree.Element) -> str:
        char = _without_marks(element.text or "")
        return f"{char} " if char in {",", ";"} and element.get("rspace") != "0" else self.text(char)

    def _mspace(self, element: ElementTree.Element) -> str:
        width = re.match(r"([\d.]+)em", element.get("width", ""))
        return " " if width and float(width[1]) > 0.1 else ""

    def _mphantom(self, element: ElementTree.Element) -> str:  # it holds room, no words
        return ""

    def _msup(self, element: ElementTree.Element) -> str:
        base, script = element
        return self.base(base) + self.up(script)

    def _msub(self, element: ElementTree.Element) -> str:
        base, script = element
        return self.base(base) + self.down(script)

    def _msubsup(self, element: ElementTree.Element) -> str:
        base, low, high = element
        return self.base(base) + self.down(low) + self.up(high) + (" " if _words(base) in _BIG else "")

    _munderover = _msubsup

    def _munder(self, element: ElementTree.Element) -> str:
        base, script = element
        if (script.text or "") in {"⏟", "̲", "_", "‾"} or script.get("stretchy") == "true":
            return self.of(base)  # a brace or a line below is a look, no word
        return self.base(base) + self.down(script)

    def _mover(self, element: ElementTree.Element) -> str:
        base, over = element
        mark = _ACCENTS.get((over.text or "").strip())
        if mark and _letters_only(base):
            plain = _words(base)
            marked = unicodedata.normalize("NFC", "".join(char + mark for char in plain))
            return self.letter(marked) if len(plain) == 1 else self.text(marked)
        if mark and base.tag in _SCRIPTS and _letters_only(base[0]) and len(_words(base[0])) == 1:
            low, high = base[1] if base.tag != "msup" else None, base[-1] if base.tag != "msub" else None
            letter = self.letter(unicodedata.normalize("NFC", _words(base[0]) + mark))
            return letter + (self.down(low) if low is not None else "") + (self.up(high) if high is not None else "")
        if mark:
            return f"{_MARKS.get(mark, '')}({self.of(base)})"
        if (over.text or "") == "⏞":
            return self.of(base)
        return self.base(base) + self.up(over)

    def _mfrac(self, element: ElementTree.Element) -> str:
        top, bottom = (self.group(child) for child in element)
        if element.get("linethickness") in {"0", "0px"}:
            return f"{self.of(element[0])} choose {self.of(element[1])}"
        return f"{top}/{bottom}"

    def _msqrt(self, element: ElementTree.Element) -> str:
        inner = self._row(element)
        return f"√{inner}" if len(_all_words(element)) <= 1 else f"√({inner})"

    def _mroot(self, element: ElementTree.Element) -> str:
        inner, degree = element
        root = {"3": "∛", "4": "∜"}.get(_words(degree)) or f"{self.up(degree)}√"
        return f"{root}({self.of(inner)})" if len(_all_words(inner)) > 1 else root + self.of(inner)

    def _mtable(self, element: ElementTree.Element) -> str:
        return "; ".join(self.cells(row) for row in element)

    def cells(self, row: ElementTree.Element) -> str:
        """Return a row of a table; a cell that is close to the one before goes on with its formula, as in ``a &= b``."""
        texts = ((" " if _goes_on(cell) else ", ") + self._row(cell).strip() for cell in row)
        return "".join(texts).removeprefix(",").strip()

    def base(self, element: ElementTree.Element) -> str:
        """Return what carries a script, in brackets where the script would seem to belong to its end alone."""
        if element.tag in {"mfrac", "msup", "msubsup", *_ROOTS}:
            return f"({self.of(element)})"
        return self.group(element) if element.tag in {"munder", "mover"} else self.of(element)

    def group(self, element: ElementTree.Element) -> str:
        inner = self.of(element)
        return f"({inner})" if re.search(r"[+−±/×·⋅=<>≤≥∼≈,;]|(?<=\S) (?=\S)", _all_words(element)) or element.tag == "mfrac" else inner

    def up(self, element: ElementTree.Element) -> str:
        return self.script(element, _UP, "^")

    def down(self, element: ElementTree.Element) -> str:
        return self.script(element, _DOWN, "_")

    def script(self, element: ElementTree.Element, table: dict[str, str], mark: str) -> str:
        inner = re.sub(r" (?=[=<>≤≥])|(?<=[=<>≤≥]) ", "", self.of(element).strip())
        shown = _shifted(inner, table, mark)
        return f"{shown}{_GAP}" if shown == f"{mark}{inner}" else shown


class _LineHtml(_Line):
    """The same with tags where Unicode has no letter, and letters slanted as they are in print."""

    def text(self, text: str) -> str:
        return escape(text)

    def letter(self, text: str) -> str:
        return f"<i>{escape(text)}</i>"

    def script(self, element: ElementTree.Element, table: dict[str, str], mark: str) -> str:
        tag = "sup" if mark == "^" else "sub"
        inner = self.of(element).strip()
        if inner in {"′", "″", "‴", "∘"}:
            return table[inner]
        return f"<{tag}>{inner}</{tag}>" if inner else ""


_ROOTS = {"msqrt", "mroot"}
_SCRIPTS = {"msub", "msup", "msubsup"}


def _is_operand(children: list[ElementTree.Element], place: int) -> bool:
    """Tell whether what stands there would be read as one with its neighbour: a letter, a number, a sum, no sign or gap."""
    if not 0 <= place < len(children):
        return False
    child = children[place]
    return child.tag not in {"mo", "mspace", "mtext"} or (child.text or "") in {"!", "/", "\u2061", *_BIG}


def _touches(children: list[ElementTree.Element], place: int) -> bool:
    return _is_operand(children, place - 1) or _is_operand(children, place + 1)


def _is_in_number(children: list[ElementTree.Element], place: int) -> bool:
    """Tell whether a comma stands between thousands, as in 531,889."""
    if not 0 < place < len(children) - 1:
        return False
    before, behind = children[place - 1], children[place + 1]
    thousands = re.fullmatch(r"\d{1,3}", before.text or "") and re.match(r"\d{3}(?!\d)", behind.text or "")
    return before.tag == behind.tag == "mn" and thousands is not None


def _goes_on(cell: ElementTree.Element) -> bool:
    return "close" in cell.get("class", "").split()


def _words(element: ElementTree.Element) -> str:
    return _without_marks("".join(element.itertext()))


def _all_words(element: ElementTree.Element) -> str:
    return _words(element).replace("\u2061", " ")


def _letters_only(element: ElementTree.Element) -> bool:
    words = _words(element)
    return 0 < len(words) <= 3 and all(char.isalnum() for char in words) and element.tag in {"mi", "mn", "mrow"}


def _without_marks(text: str) -> str:
    return text if text.isascii() else "".join(char for char in text if char not in formula.UNSEEN)


def _tidy(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(rf"{_GAP}(?!\w)", "", text)).strip()
