"""A formula in TeX -> MathML. The one room of math-core.

Total: what cannot be set is None, and the caller shows the source, whole.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from html import escape
from xml.etree import ElementTree

from math_core import LatexError, LatexToMathML

LONGEST = 4000  # characters of a formula; an abstract has room for some 1,900 in all. A longer one is shown as its source

MOST_DEEP = 40  # elements of MathML within each other; the deepest formula of the shared corpus has 17, and a line's reader gives up near 150

MOST_OPEN = 12  # brackets without their other half: math-core takes twice as long with each, 48 s with 30

# MathML Core, as far as math-core makes it. Source: https://w3c.github.io/mathml-core/
ELEMENTS = {
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "msup", "msub", "msubsup", "munder", "mover", "munderover", "mfrac", "msqrt", "mroot",
    "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom", "mprescripts", "mmultiscripts", "merror", "menclose",
}  # fmt: skip
ATTRIBUTES = {
    "display", "alttext", "mathvariant", "stretchy", "symmetric", "largeop", "movablelimits", "form", "fence", "separator", "lspace", "rspace", "minsize",
    "maxsize", "accent", "accentunder", "linethickness", "displaystyle", "scriptlevel", "width", "height", "depth", "voffset", "columnalign", "notation",
    "columnspan", "rowspan", "mathcolor", "class",
}  # fmt: skip
_SAFE = re.compile(rf"(?:</?(?:{'|'.join(ELEMENTS)})(?: (?:{'|'.join(ATTRIBUTES)})=\"[^\"<>]*\")*/?>|[^<>])*")

# Our pages allow no style in a line: what math-core says by one of a table's cells is said by a class of the stylesheet.
_LOOKS = re.compile(r' (?:style="([^"<>]*)"|class="[^"<>]*")|</?(?:b|i|span|code|em|strong)(?=[ >])[^<>]*>')
_CLASSES = {
    "text-align: left": "left", "text-align: right": "right", "padding-left: 0": "close", "padding-right: 0": "closed", "padding-left:1em": "apart",
    "border-right: 0.05em solid currentcolor": "barred", "border-top: 0.05em solid currentcolor": "ruled",
}  # fmt: skip

# What authors use and math-core does not know, in terms of what it does.
_MACROS = {
    "widetilde": r"\tilde{#1}", "widecheck": r"\check{#1}", "mbox": r"\text{#1}", "hbox": r"\text{#1}", "textnormal": r"\text{#1}",
    "upmu": "μ", "smash": "#1", "nicefrac": r"{#1}/{#2}", "sfrac": r"{#1}/{#2}", "mathbbm": r"\mathbb{#1}", "mathds": r"\mathbb{#1}",
    "Bar": r"\bar{#1}", "Hat": r"\hat{#1}", "Tilde": r"\tilde{#1}", "dotsc": r"\ldots", "dotsb": r"\cdots", "textsc": r"\text{#1}",
    "href": r"\text{#2}", "emph": r"\textit{#1}", "micro": "μ", "degree": r"^\circ", "textdegree": r"^\circ", "bm": r"\boldsymbol{#1}",
    "textsuperscript": "^{#1}", "textsubscript": "_{#1}", "mathlarger": "#1", "ensuremath": "#1", "mathpzc": r"\mathcal{#1}",
    "textemdash": "—", "textendash": "–", "lesssim": "≲", "gtrsim": "≳", "lsim": "≲", "gsim": "≳", "la": "≲", "ga": "≳", "AA": "Å",
    "eps": r"\varepsilon", "RR": r"\mathbb{R}", "NN": r"\mathbb{N}", "ZZ": r"\mathbb{Z}", "CC": r"\mathbb{C}", "QQ": r"\mathbb{Q}",
}  # fmt: skip
_CONVERTER = LatexToMathML(macros=_MACROS, fancy_error=False, max_expansions=100)
_PERCENT = re.compile(r"(?<!\\)%")
_DROPPED = re.compile(r"\\(?:small|tiny|protect|xspace|displaystyle|textstyle|scriptstyle|nolimits|limits|nonumber|notag|centering)(?![A-Za-z])")
# What stands in abstracts and in no formula of a book: letters that TeX has for text alone, labels, a star glued to a command,
# dollars inside of words, an environment by an older name.
_MENDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\\label\s*\{[^{}]*\}"), ""),
    (re.compile(r"\\tag\*?\s*\{([^{}]*)\}"), r"\\quad\\text{(\1)}"),
    (re.compile(r"\\(?:begin|end)\s*\{(?:equation|displaymath|math)\*?\}"), ""),
    (re.compile(r"\\(begin|end)\s*\{(?:split|align|alignat|gather|eqnarray|multline)\*?\}"), r"\\\1{aligned}"),
    (re.compile(r"\\(?:text)?color\s*\{[^{}]*\}|\\x?cancel(?![A-Za-z])"), ""),
    (re.compile(r"\\aligned(?![A-Za-z])"), r"\\begin{aligned}"),
    (re.compile(r"\\endaligned(?![A-Za-z])"), r"\\end{aligned}"),
    (re.compile(r"(\\[A-Za-z]+)\*(?!\{)"), r"\1 *"),
    (re.compile(r"\\([HoOlLSPdbctuvrkij])(?![A-Za-z])"), r"\\mathrm{\1}"),
    (re.compile(r"\\([^\x00-\x7f])"), r"\1"),
    (re.compile(r"(\\(?:text|mbox|hbox|textrm)\{[^{}$]*)\$([^$]*)\$"), r"\1}\2\\text{"),
    (re.compile(r"\\([Bb]igg?[lr]?)\{(\\?[()\[\]|{}])\}"), r"\\\1\2"),
    (re.compile(r"\\(left|right)<"), r"\\\1\\langle "),
    (re.compile(r"\\(left|right)>"), r"\\\1\\rangle "),
    (re.compile(r"\\hspace\*"), r"\\hspace"),
    (re.compile(r"\\arraycolsep=[\d.]+pt"), ""),
    (re.compile(r"\\(?:bf|rm|it|tt|sf|cal|boldmath)(?![A-Za-z])"), ""),
)
_UNICODE = re.compile(r"\\unicode\{x([0-9A-Fa-f]{2,5})\}")
_ENTITIES = {"&ApplyFunction;": "\u2061", "&InvisibleTimes;": "\u2062", "&InvisibleComma;": "\u2063"}


UNSEEN = frozenset("\u2061\u2062\u2063\u200b\ufe00\ufe01")  # signs of MathML that say how its letters belong together


@lru_cache(maxsize=1024)
def mathml(source: str, *, display: bool = False) -> str | None:
    """Return a formula as MathML without a namespace, its source in ``alttext``; None where it cannot be set, or shows nothing."""
    inner, _ = _read(source, display=display)
    if not inner:
        return None
    block = ' display="block"' if display else ""
    return f'<math{block} alttext="{escape(source)}">{inner.partition(">")[2]}'


def fault(source: str) -> str:
    """Return why a formula is shown as its source, and the mend; nothing where it is set."""
    return _read(source, display=False)[1]


def tied(html: str) -> str:
    """Return HTML in which brackets and stops keep to the formula that they touch: browsers would begin a line with them."""
    parts: list[str] = []
    done = 0
    for match in _IN_LINE.finditer(html):
        before = html[done : match.start()]
        brackets = len(before) - len(before.rstrip(_OPENING))
        start = match.start() - brackets
        if (brackets or match[1]) and not html.endswith((*_OPENING, '"tied">'), 0, start):
            parts += (html[done:start], '<span class="tied">', html[start : match.end()], "</span>")
            done = match.end()
    return "".join((*parts, html[done:])) if parts else html


_OPENING = "([“‘«„‚"
# Not a formula on its own line. It begins with letters that are looked for at once: what may stand before it, at the front, took 20 times as long.
_IN_LINE = re.compile(r"<math alttext=[^>]*>.*?</math>([.,;:!?)\]”’»“…%-]*)", re.S)


@lru_cache(maxsize=1024)
def knows(command: str) -> bool:
    """Tell whether ``\\command`` belongs into formulas, and is no name of an author's own."""
    try:
        _CONVERTER.convert_with_local_state(f"\\{command}", displaystyle=False)
    except LatexError as error:
        return _NAMED.search(str(error)) is None  # it may only lack what it works on
    return True


def tree(source: str) -> ElementTree.Element | None:
    """Return a formula's MathML as a tree of elements, few enough within each other; None where ``mathml`` is None."""
    made, _ = _read(source, display=False)
    return _parsed(made) if made else None


def _parsed(made: str) -> ElementTree.Element:
    return ElementTree.fromstring(made)  # noqa: S314 - math-core's own output: no entity, no DOCTYPE


@lru_cache(maxsize=1024)
def _read(source: str, *, display: bool) -> tuple[str, str]:
    """Return a formula as MathML, or nothing and why."""
    if len(source) > LONGEST:
        return "", f"it has {len(source):,} characters, the limit is {LONGEST:,}; split it"
    made, why = _converted(source, display=display)
    if why:
        return "", why
    if made.count("</") < MOST_DEEP and _LETTER.search(made) and not _ODD.search(made):
        return made, ""  # as nearly all are: a look at each element would take as long as math-core
    if (deep := _depth(made)) > MOST_DEEP:
        return "", f"it is nested {deep} deep, the limit is {MOST_DEEP}; give a part of it a name"
    try:
        shows = _shows(_parsed(made))
    except ElementTree.ParseError:  # a control character
        return "", "it holds a character that no page may hold; remove it"
    return (made, "") if shows else ("", "nothing of it is seen; write what it should show, or remove it")


_LETTER = re.compile(r"<m[in](?: [^<>]*)?>\w")
_ODD = re.compile(r"phantom|accent|&(?!(?:lt|gt|amp);)|[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _converted(source: str, *, display: bool) -> tuple[str, str]:
    text = _DROPPED.sub("", _PERCENT.sub(r"\\%", source))
    text = _UNICODE.sub(lambda match: chr(int(match[1], 16)) if int(match[1], 16) <= 0x10FFFF else "", text)
    made, why = _set(text, display=display)
    if why:
        for pattern, instead in _MENDS:
            text = pattern.sub(instead, text)
        made, why = _set(text, display=display)
    for name, char in _ENTITIES.items():
        made = made.replace(name, char)
    return made, why


def _set(text: str, *, display: bool) -> tuple[str, str]:
    """Return what math-core makes of a formula; a command that it does not know, as authors define their own, becomes its name."""
    if (left := _stay_open(text)) > MOST_OPEN:
        return "", f"{left} of its brackets are never closed, the limit is {MOST_OPEN}; close them"
    for _ in range(_UNKNOWN):
        try:
            made = _CONVERTER.convert_with_local_state(text, displaystyle=display)
        except LatexError as error:
            unknown = _NAMED.search(str(error))
            if unknown is None:
                return "", f"it cannot be set ({_reason(error)}); mend its TeX"
            text = re.sub(rf"\\{unknown[1]}(?![A-Za-z])", lambda match: f"\\mathrm{{{match[0][1:]}}}", text)
        else:
            made = _LOOKS.sub(_look, made)
            return (made, "") if _SAFE.fullmatch(made) else ("", "it cannot be set with what a page may hold; write it otherwise")
    return "", f"it has more than {_UNKNOWN - 1} commands that are not known; write them out"


def _reason(error: LatexError) -> str:
    """Return math-core's words for a fault, as ``8: Expected argument but reached end of input.``, as part of a sentence."""
    said = str(error).partition(": ")[2].rstrip(".").replace("\\\\", "\\")
    return said[:1].lower() + said[1:]


def _depth(made: str) -> int:
    """Return how many elements stand within each other, at most: a parser of trees could fail to say."""
    depth = most = 0
    for closes, alone in _TAG.findall(made):
        depth += -1 if closes else 1
        most = max(most, depth)
        depth -= bool(alone)
    return most


_TAG = re.compile(r"<(/?)[a-z][^<>]*?(/?)>")


def _shows(element: ElementTree.Element) -> bool:
    """Tell whether anything of an element is seen. A gap alone is one, as in ``10$\\,$km``; room for what is not shown is none."""
    if element.tag == "mphantom":
        return False
    if element.tag in {"mfrac", "msqrt", "mroot"}:
        return True
    if element.tag == "mspace":
        return not element.get("width", "0").startswith(("-", "0em", "0.0em")) and element.get("width", "0") != "0"
    if element.tag == "mtext" and (element.text or "").isspace():
        return True
    if element.tag in {"mover", "munder"} and "true" in {element.get("accent"), element.get("accentunder")}:
        return _shows(element[0])
    return _seen(element.text or "") or any(map(_shows, element))


def _seen(text: str) -> bool:
    return any(not char.isspace() and char not in UNSEEN and unicodedata.category(char) not in {"Cc", "Cf"} for char in text)


def _look(match: re.Match[str]) -> str:
    classes = " ".join(_CLASSES[one] for one in (match[1] or "").split(";") if one in _CLASSES)
    return f' class="{classes}"' if classes else ""


def _stay_open(text: str) -> int:
    """Return how many brackets stay open, at most, in a group or a cell of a formula."""
    groups, most = [0], 0
    for match in _BRACKET.finditer(text):
        match match.lastgroup:
            case "opens":
                groups[-1] += 1
            case "closes":
                groups[-1] = max(0, groups[-1] - 1)
            case "group":
                groups.append(0)
            case "end" | "cell":
                most = max(most, groups[-1])
                groups[-1:] = [0] if match.lastgroup == "cell" or len(groups) == 1 else []
    return max(most, *groups)


_NAMES = "(?:paren(?:thesis)?|brack(?:et)?|[bB]race|ceil|floor|[vV]ert|group|moustache|ang|[aA]ngle)(?![A-Za-z])"
_BRACKET = re.compile(
    rf"(?P<opens>[(\[⟨⌈⌊⟦⟮⦃❲]|\\\{{|\\ll?{_NAMES}|\\(?:ul|ll)corner)|(?P<closes>[)\]⟩⌉⌋⟧⟯⦄❳]|\\\}}|\\rr?{_NAMES}|\\(?:ur|lr)corner)"
    r"|(?P<cell>&|\\\\)|\\.|(?P<group>\{)|(?P<end>\})"
)
_UNKNOWN = 12  # private commands of one formula
_NAMED = re.compile(r'Unknown command "\\([A-Za-z]+)"')
