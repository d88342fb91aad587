"""What TeX's commands stand for in running text: the tables that ``tex.py`` reads by."""

from __future__ import annotations

# Signs behind a backslash that make room, or none.
SPACES = {"\\,": " ", "\\;": " ", "\\:": " ", "\\ ": " ", "\\/": "", "\\!": "", "\\-": "", "\\>": " ", "\\\n": " ", "\\@": "", "\\=": ""}
# Commands with an argument that is shown, in a style or in none.
STYLES = {
    "emph": "em", "textit": "em", "textsl": "em", "textbf": "strong", "texttt": "code", "underline": "em", "uline": "em", "verb": "code",
    "textsuperscript": "sup", "textsubscript": "sub", "mathit": "em", "mathtt": "code", "uppercase": "", "lowercase": "", "mathrm": "",
    "textsc": "", "textrm": "", "textsf": "", "textup": "", "textmd": "", "textnormal": "", "text": "", "mbox": "", "hbox": "", "mathsf": "",
    "title": "", "caption": "", "substack": "", "enquote": "", "textquote": "",
}  # fmt: skip
# Commands that set a style up to the end of their group.
SWITCHES = {"it": "em", "em": "em", "sl": "em", "bf": "strong", "tt": "code", "itshape": "em", "bfseries": "strong", "ttfamily": "code"}
SILENT = frozenset(  # commands that say how, not what
    "sc rm sf normalfont scshape small footnotesize large Large tiny normalsize protect noindent xspace centering smallskip medskip bigskip"
    " displaystyle textstyle limits nolimits left right big Big bigl bigr Bigl Bigr maketitle null relax hfill"
    " indent allowbreak nobreak unskip ignorespaces selectfont hline toprule midrule bottomrule".split()
)
# Commands that stand for letters.
NAMED = {
    "ldots": "…", "dots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—", "textquotedblleft": "“", "textquotedblright": "”",
    "textquoteleft": "‘", "textquoteright": "’", "textquotesingle": "'", "textbackslash": "\\", "textasciitilde": "∼", "textasciicircum": "^",
    "textunderscore": "_", "textbar": "|", "textless": "<", "textgreater": ">", "textbraceleft": "{", "textbraceright": "}", "textdollar": "$",
    "textregistered": "®", "texttrademark": "™", "textcopyright": "©", "copyright": "©", "pounds": "£", "textsterling": "£", "euro": "€",
    "texteuro": "€", "S": "§", "P": "¶", "dag": "†", "ddag": "‡", "textdagger": "†", "textdegree": "°", "degree": "°", "textmu": "μ", "slash": "/",
    "textbullet": "•", "textperiodcentered": "·", "textasteriskcentered": "*", "LaTeX": "LaTeX", "TeX": "TeX", "BibTeX": "BibTeX", "space": " ",
    "textquotedbl": '"', "guillemotleft": "«", "guillemotright": "»", "textpm": "±", "texttimes": "×", "lq": "‘", "rq": "’",
    "checkmark": "✓", "cmark": "✓", "xmark": "✗", "textonehalf": "½", "micro": "μ", "colon": ":", "quad": " ", "qquad": " ",
}  # fmt: skip
# Commands with a length, and what stands for their room: of some the length comes without braces.
BARE_LENGTHS = frozenset("hskip vskip kern".split())
LENGTHS = {"hspace": " ", "vspace": " ", "hskip": " ", "vskip": " ", "kern": "", "rule": "", "raisebox": "", "addvspace": " "}
LABELS = frozenset("label nocite pagestyle thispagestyle".split())
TABLES = frozenset("tabular tabularx tabulary array longtable minipage".split())
MATH_ENVIRONMENTS = frozenset("equation align eqnarray gather multline displaymath math alignat flalign".split())
ACCENTS = frozenset("u v H c d b k r t".split())
BREAKS = frozenset("par newline linebreak newpage".split())
# Commands with an argument that is no running text: each kind is read in its own way.
LINKS = frozenset("url path nolinkurl".split())
CITATIONS = frozenset("cite citep citet citealp citeauthor parencite textcite".split())
REFERENCES = frozenset("ref eqref cref Cref autoref".split())
NOTES = frozenset("footnote thanks".split())
COLOURS = frozenset("textcolor colorbox fcolorbox color".split())
