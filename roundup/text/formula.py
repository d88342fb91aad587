"""A formula in TeX -> MathML. The one room of math-core.

Total: what cannot be set is None, and the caller shows the source, whole.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from xml.etree import ElementTree

from math_core import LatexError, LatexToMathML

LONGEST = 4000  # characters of a formula; an abstract has room for some 1,900 in all. A longer one is shown as its source

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


@lru_cache(maxsize=4096)
def mathml(source: str, *, display: bool = False) -> str | None:
    """Return a formula as MathML without a namespace, its source in ``alttext``; None where it cannot be set."""
    inner = _converted(source, display=display)
    if inner is None:
        return None
    block = ' display="block"' if display else ""
    return f'<math{block} alttext="{escape(source)}">{inner.partition(">")[2]}'


def tied(html: str) -> str:
    """Return HTML in which brackets and stops keep to the formula that they touch: browsers would begin a line with them."""
    return _TOUCHED.sub(_tied, html) if "<math" in html else html


def _tied(match: re.Match[str]) -> str:
    return f'<span class="tied">{match[0]}</span>' if match[1] or match[2] else match[0]


_TOUCHED = re.compile(r"(?<![(\[“‘«„‚])(?<!\"tied\">)([(\[“‘«„‚]*)<math alttext=[^>]*>.*?</math>([.,;:!?)\]”’»“…%-]*)", re.S)  # not one on its own line


@lru_cache(maxsize=1024)
def knows(command: str) -> bool:
    """Tell whether ``\\command`` belongs into formulas, and is no name of an author's own."""
    try:
        _CONVERTER.convert_with_local_state(f"\\{command}", displaystyle=False)
    except LatexError as error:
        return _NAMED.search(str(error)) is None  # it may only lack what it works on
    return True


def tree(source: str) -> ElementTree.Element | None:
    """Return a formula's MathML as a tree of elements; None where it cannot be set."""
    made = _converted(source, display=False)
    if made is None:
        return None
    try:
        return ElementTree.fromstring(made)  # noqa: S314 - math-core's own output: no entity, no DOCTYPE
    except ElementTree.ParseError:
        return None


def _converted(source: str, *, display: bool) -> str | None:
    if len(source) > LONGEST:
        return None
    text = _DROPPED.sub("", _PERCENT.sub(r"\\%", source))
    text = _UNICODE.sub(lambda match: chr(int(match[1], 16)) if int(match[1], 16) <= 0x10FFFF else "", text)
    made = _set(text, display=display)
    if made is None:
        for pattern, instead in _MENDS:
            text = pattern.sub(instead, text)
        made = _set(text, display=display)
    if made is None:
        return None
    for name, char in _ENTITIES.items():
        made = made.replace(name, char)
    return made


def _set(text: str, *, display: bool) -> str | None:
    """Return what math-core makes of a formula; a command that it does not know, as authors define their own, becomes its name."""
    if _stay_open(text) > MOST_OPEN:
        return None
    for _ in range(_UNKNOWN):
        try:
            made = _CONVERTER.convert_with_local_state(text, displaystyle=display)
        except LatexError as error:
            unknown = _NAMED.search(str(error))
            if unknown is None:
                return None
            text = re.sub(rf"\\{unknown[1]}(?![A-Za-z])", lambda match: f"\\mathrm{{{match[0][1:]}}}", text)
        else:
            made = _LOOKS.sub(_look, made)
            return made if _SAFE.fullmatch(made) else None  # no more than a formula may hold
    return None


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
