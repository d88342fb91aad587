"""Text as arXiv has it, TeX and all -> pieces: words, styles, links, formulas, line breaks. Total: nothing is dropped.

Authors type abstracts by hand, for a reader and not for TeX: ``%`` is no comment, ``$5`` is money, ``\\ours`` is a name that
their own preamble knows. What is not known is kept as its name; what a formula's setter refuses is shown as it was typed.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from roundup.text import commands, formula
from roundup.text.accents import accented
from roundup.text.dollars import closing_dollar
from roundup.text.links import NOT_IN_BARE, is_allowed, is_web, without_tail
from roundup.text.pieces import Break, Formula, Linked, Piece, Styled, Words
from roundup.text.visible import visible

# What there has to be for anything to be done: three in four abstracts have none of it.
_MARKS = ("\\", "$", "`", "{", "}", "~", "--", "''", "http://", "https://")
# Every token begins with a sign of the set in front, so that the search runs over letters at once: 19 times as fast as without.
_TOKEN = re.compile(
    r"[h\\$`{}~^_'-](?:(?<=h)(?P<url>ttps?://[^$" + NOT_IN_BARE + r"]+)|(?<!h)(?:"
    r"(?<=\\)(?:(?P<macro>[A-Za-z]+\*?)|(?P<symbol>[^A-Za-z]))"
    r"|(?<=\$)(?P<dollar>\$?)"
    r"|(?<=\{)(?:(?P<own>\{[^{}\\]*\}\}|[%#][^{}\\]*[%#]\})|(?P<open>))|(?<=\})(?P<close>)"
    r"|(?<=~)(?P<tie>)|(?<=-)(?<![<!-]-)(?P<dash>-{1,2}(?![->]))|(?P<quote>(?<=`)`?|(?<=')')"
    r"|(?<=[\w)|\]][\^_])(?P<script>(?=\{[^{}]*\}|\\[A-Za-z]))))"
)
_COMMAND = re.compile(r"\\[A-Za-z]+")
_SWITCH = re.compile(r"\s*\\([A-Za-z]+)\s*")
_OPENING = re.compile(r"\s*\{")
_OPTIONAL = re.compile(r"\s*\[([^\[\]]*)\]")
# What says how much and where, and is no word.
_LENGTH = r"[+-]?\s?(?:(?:\d+(?:[.,]\d*)?|[.,]\d+)\s?(?:pt|pc|in|bp|cm|mm|dd|cc|sp|ex|em|mu)|[\d.]*\\[a-z]*(?:skip|width|height|size|sep|indent|amount|fill))"
_ROOM_BELOW = re.compile(rf"\*?\[\s*{_LENGTH}\s*\]")
_TYPED = re.compile(r"([|!+/\"'=@])([^\n]{1,400}?)\1")
_LOOSE = re.compile(r"\s*(\d|[A-Za-z](?![A-Za-z]))")
_IN_BRACES = re.compile(rf"\s*(?:\{{\s*{_LENGTH}(?:\s*(?:plus|minus)\s*{_LENGTH})*\s*\}})")
_BARE_LENGTH = re.compile(rf"\s*{_LENGTH}(?:\s*(?:plus|minus)\s*{_LENGTH})*(?![A-Za-z])")
_COLUMNS = re.compile(r"\s*\{(?:[\s|lcrXS]|[@!<>]\{[^{}]*\}|[pmb]\{[^{}]*\}|\*\{\d+\}\{[\s|lcrXS]*\})*\}")
_PLACEMENT = re.compile(r"\[(?:[htbpcHlr!]{1,4}|\w+=[^\[\]]*|noitemsep|nosep)\]")
_ENVIRONMENT = re.compile(r"\w*\*?")
_COLOUR = re.compile(r"[\w!.:,#-]*")
_COLOUR_NAME = re.compile(
    r"(?:(?:dark|light)?(?:red|green|blue|cyan|magenta|yellow|black|white|gr[ae]y|brown|orange|pink|purple|violet|teal|olive|lime)[!\d]*)*", re.I
)
_COLOUR_MODEL = re.compile(r"\s*\[\w*\](?=\s*\{)")
_NOTE_NUMBER = re.compile(r"\s*\[\d*\](?=\s*\{)")
_BRACES = re.compile(r"\\.|[{}]", re.S)
_SCRIPTS = re.compile(r"[\^_](?:\{[^{}]*\}|\\?\w+)")
_ACCENT = re.compile(r"\\(?:[uvHcdbkr](?:\s*\{\s*(?:\\[ij]|[A-Za-z])\s*\}|\s+[A-Za-z](?![A-Za-z]))|[A-Za-z]+(?:\{\}|\s)?)")
_ACCENT_SIGN = re.compile(r"\\[`'^~=.\"]\s*(?:\{\s*(?:\\[ij]|[A-Za-z])\s*\}|\\[ij](?![A-Za-z])\s?|[A-Za-z])")
_ESCAPED_TWICE = re.compile(r"['`^\"~](?=[A-Za-z{])")
_CLOSING_QUOTE = re.compile(r"'(?!\w)")
# An address: what TeX escaped in one, what has lost its scheme.
_URL_ESCAPED = re.compile(r"\\[_%#&~]\S*?(?=[\s\\{}$<>\"`|^]|$)")
_ADDRESS_ESCAPE = re.compile(r"\\([_%#&~{}$])")
_PLAIN_HOST = re.compile(r"(?:www\.|github\.com/)[\w./-]")
_RUNS = re.compile(r"\s*(?:java|vb)script:|\s*data:", re.I)  # a program, which nobody is to copy
# Dollars around a style of text, as $\textbf{this}$: no formula at all.
_NO_MATH = re.compile(r"\s*\\(?:text(?:bf|it|tt|sc|rm|sf|sl|up|color)|emph|underline|href|url|uline)\s*\{")
_MATH_SIGN = re.compile(r"[\\^_]")
_COMMAND_OR_GROUP = re.compile(r"\\[A-Za-z]+|\{[^{}]*\}")
# Dollars with blanks beside them: a formula has a sign or is a name alone, and has no row of words but in its \text.
_FORMULA_SIGN = re.compile(r"[\\^_{}=<>]")
_NAME = re.compile(r"\s*\w{1,2}\s*")
_SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")
_TEXT_GROUP = re.compile(r"\\text\w*\{[^}]*\}")


@lru_cache(maxsize=256)  # every edition of an issue asks, and its papers' pages
def parse(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a title, an abstract or a comment of arXiv's."""
    text = visible(text)
    if not any(mark in text for mark in _MARKS):
        return (Words(text),)
    return _Scanner(text).pieces()


class _Scanner:
    """Reads a text once, from left to right; a group is read by itself, where it ends."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.absent: set[str] = set()  # what was looked for, and does not come any more
        self.quotes = 0  # opened by a back-quote, and not closed yet

    def pieces(self, depth: int = 0) -> tuple[Piece, ...]:
        """Return the pieces up to the brace that closes this group, or to the end."""
        found: list[Piece] = []
        while self.at < len(self.text):
            match = _TOKEN.search(self.text, self.at)
            if match is None:
                self.words(found, self.text[self.at :])
                self.at = len(self.text)
                break
            self.words(found, self.text[self.at : match.start()])
            self.at = match.end()
            kind = match.lastgroup
            if kind == "close":
                if depth:
                    break
                continue  # one that nothing opened
            if kind == "open":
                found += self.group(depth)
            elif kind == "macro":
                found += self.macro(match[0][1:], depth)
            else:
                found += getattr(self, str(kind))(match)
        return _joined(found)

    def words(self, found: list[Piece], text: str) -> None:
        if not text:
            return
        if self.quotes and "'" in text:
            closing = _CLOSING_QUOTE.search(text)
            if closing:
                self.quotes -= 1
                text = f"{text[: closing.start()]}’{text[closing.end() :]}"
        found.append(Words(text))

    def group(self, depth: int) -> tuple[Piece, ...]:
        """Return what is between braces: ``{\\it such}`` is in a style; braces by themselves say nothing."""
        if depth > 40:  # nobody nests so deep; the stack is not for strangers to use up
            return ()
        switch = _SWITCH.match(self.text, self.at)
        style = commands.SWITCHES.get(switch[1], "") if switch else ""
        if switch and style:
            self.at = switch.end()
        inner = self.pieces(depth + 1)
        return _styled(style, inner)

    def macro(self, name: str, depth: int) -> tuple[Piece, ...]:
        plain = name.rstrip("*")
        if letter := self.accent(name):
            return (Words(letter),)
        if plain in commands.LINKS:
            return self.url_of(self.argument())
        if plain == "href":
            return self.href(depth)
        if plain == "verb" and (typed := _TYPED.match(self.text, self.at)):
            self.at = typed.end()
            return (Styled("code", (Words(typed[2]),)),)
        if plain in commands.STYLES and (inner := self.inner(depth)) is not None:
            return _styled(commands.STYLES[plain], inner)
        if plain in commands.CITATIONS:
            places = [self.optional(), self.optional()]
            return (Words(f"[{', '.join(filter(None, (self.argument(), *places)))}]"),)
        if plain in commands.REFERENCES:
            return (Words(self.argument()),)
        if plain in commands.NOTES:
            self.pass_over(_NOTE_NUMBER)
            inner = self.inner(depth)
            return (Words(" ("), *(inner or ()), Words(")")) if inner else ()
        if plain in commands.COLOURS:
            return self.coloured(plain, depth)
        if plain in ("begin", "end"):
            return self.environment(plain, self.argument())
        if plain == "item":
            self.skip()
            return (Break(), Words(f"{self.optional() or '•'} "))
        if plain in commands.BREAKS:
            self.skip()
            return (Break(paragraph=plain == "par"),)
        if plain in commands.LENGTHS:
            return self.room(plain)
        if plain in commands.LABELS:
            self.argument()
            return ()
        if plain in commands.NAMED:
            return (Words(commands.NAMED[plain] + self.gap()),)
        if plain in commands.SILENT or plain in commands.SWITCHES:
            self.skip()
            return ()
        return self.bare(plain)

    def room(self, command: str) -> tuple[Piece, ...]:
        """Return a blank for room that a length sets; what is no length are words."""
        while self.pass_over(_IN_BRACES):
            pass
        if command in commands.BARE_LENGTHS:
            self.pass_over(_BARE_LENGTH)
        self.skip()
        return (Words(commands.LENGTHS[command]),)

    def coloured(self, command: str, depth: int) -> tuple[Piece, ...]:
        """Return what is in a colour, the colour's name left out; what is no such name are words."""
        self.pass_over(_COLOUR_MODEL)
        start = self.at
        names = [self.argument() for _ in range(2 if command == "fcolorbox" else 1)]
        if all(map(_COLOUR.fullmatch, names)):
            inner = () if command == "color" else self.inner(depth)
            if inner is not None or all(map(_COLOUR_NAME.fullmatch, names)):
                return inner or ()
        self.at = start
        return self.inner(depth) or ()

    def pass_over(self, pattern: re.Pattern[str]) -> bool:
        """Leave out what follows at once and is no words; tell whether it was there."""
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match is not None

    def accent(self, name: str) -> str:
        """Return the letter that an accent such as ``\\v{s}`` or ``\\o`` makes."""
        start = self.at - len(name) - 1
        end = _ACCENT.match(self.text, start)
        made = accented(end[0]) if end else ""
        if end is None or made.startswith("\\") or not made:
            return ""
        self.at = end.end()
        return made + (" " if end[0][-1].isspace() and len(name) == 1 and name in "oOlLij" else "")

    def bare(self, name: str) -> tuple[Piece, ...]:
        """Return a macro that belongs into a formula and stands outside of one, ``\\alpha`` or ``\\sqrt{n}``; else its name."""
        start = self.at
        if name in commands.ACCENTS or not formula.knows(name):  # an accent that no letter follows
            if self.text.startswith("{}", self.at):
                self.at += 2
            return (Words(name),)
        source = f"\\{name}"
        while (argument := self.braced()) is not None:
            source += f"{{{argument}}}"
        source += self.loose_arguments(source)
        if formula.mathml(source) is not None:
            behind = _SCRIPTS.match(self.text, self.at)
            if behind and formula.mathml(source + behind[0]) is not None:
                self.at = behind.end()
                source += behind[0]
            return (Formula(source, ""), Words(self.gap())) if self.gap_ahead() else (Formula(source, ""),)
        self.at = start
        return (Words(name),)

    def loose_arguments(self, source: str) -> str:
        """Return what a formula lacks and stands behind it without braces, as in ``\\frac12`` and ``\\sqrt 2``."""
        start, found = self.at, ""
        for _ in range(2):
            if formula.mathml(source + found) is not None:
                break
            match = _LOOSE.match(self.text, self.at)
            argument = match[1] if match else self.argument()
            if not argument:
                break
            self.at = match.end() if match else self.at
            found += f"{{{argument}}}"
        is_cut = self.at > start and self.text[self.at - 1].isdigit() and self.text[self.at : self.at + 1].isdigit()
        if is_cut or formula.mathml(source + found) is None:
            self.at = start
            return ""
        return found

    def gap_ahead(self) -> bool:
        return self.text[self.at : self.at + 1].isspace()

    def gap(self) -> str:
        """Return the blank behind a macro, which TeX would eat and authors meant."""
        if self.text.startswith("{}", self.at):
            self.at += 2
            return ""
        if self.gap_ahead():
            self.at += 1
            return " "
        return ""

    def skip(self) -> None:
        while self.gap_ahead():
            self.at += 1

    def environment(self, command: str, name: str) -> tuple[Piece, ...]:
        if command == "begin" and name.rstrip("*") in commands.MATH_ENVIRONMENTS:
            end = self.next(f"\\end{{{name}}}")
            if end >= 0:
                source = self.text[self.at : end].strip()
                self.at = end + len(name) + 6
                whole = source if name.rstrip("*") in ("equation", "displaymath", "math") else f"\\begin{{aligned}}{source}\\end{{aligned}}"
                return (Formula(whole, "$$"),)
        if not _ENVIRONMENT.fullmatch(name):
            return (Break(), Words(f"{name} "))
        self.pass_over(_PLACEMENT)
        if command == "begin" and name.rstrip("*") in commands.TABLES:
            self.pass_over(_IN_BRACES)
            self.pass_over(_COLUMNS)
        return (Break(),)

    def inner(self, depth: int) -> tuple[Piece, ...] | None:
        """Return the pieces of the argument that follows; None where none does."""
        ahead = _OPENING.match(self.text, self.at)
        if ahead is None:
            return None
        self.at = ahead.end()
        return self.group(depth)

    def braced(self) -> str | None:
        """Return the text of the braces that follow at once, inner ones and all; None where there are none that close."""
        if not self.text.startswith("{", self.at):
            return None
        end = self.closing.get(self.at)
        if end is None:
            return None
        inside, self.at = self.text[self.at + 1 : end], end + 1
        return inside

    @cached_property
    def closing(self) -> dict[int, int]:
        """Where each brace is closed; found in one pass, for a text may open 20,000 and close none."""
        found, open_at = {}, []
        for match in _BRACES.finditer(self.text):
            if match[0] == "{":
                open_at.append(match.start())
            elif match[0] == "}" and open_at:
                found[open_at.pop()] = match.start()
        return found

    def argument(self) -> str:
        ahead = _OPENING.match(self.text, self.at)
        if ahead is None:
            return ""
        start, self.at = self.at, ahead.end() - 1
        found = self.braced()
        if found is None:
            self.at = start
        return found or ""

    def optional(self) -> str:
        match = _OPTIONAL.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[1]

    def href(self, depth: int) -> tuple[Piece, ...]:
        url = _address(self.argument())
        inner = self.inner(depth)
        if not inner:
            return self.url_of(url)
        if _leads(url):
            return (Linked(url, inner),)
        return (*inner, Words(f" ({url})")) if url and not _RUNS.match(url) and inner != (Words(url),) else inner

    def url_of(self, given: str) -> tuple[Piece, ...]:
        url = _address(given)
        return (Linked(url, (Words(url),)),) if _leads(url) else (Words(url),)

    # --- one method for each kind of token --------------------------------------------------------------------------

    def own(self, match: re.Match[str]) -> tuple[Piece, ...]:
        """Two braces round words, as a template has them: that is no TeX, and stays as it is."""
        return (Words(match[0]),)

    def url(self, match: re.Match[str]) -> tuple[Piece, ...]:
        """A bare address; a stop or a bracket behind it is the sentence's. What TeX escaped in it goes on behind the escape."""
        whole = match[0]
        while escaped := _URL_ESCAPED.match(self.text, self.at):
            whole, self.at = whole + escaped[0][1:], escaped.end()
        url = without_tail(whole)
        rest = whole[len(url) :]
        return ((Linked(url, (Words(url),)) if is_web(url) else Words(url)), *((Words(rest),) if rest else ()))

    def symbol(self, match: re.Match[str]) -> tuple[Piece, ...]:
        found = match[0]
        if found in ("\\(", "\\["):
            return self.between(found, "\\)" if found == "\\(" else "\\]")
        start = self.at - 2
        if (letter := _ACCENT_SIGN.match(self.text, start)) is not None:
            made = accented(letter[0])
            if len(made) == 1:  # else no letter has this accent: it is a quotation mark that somebody escaped
                self.at = letter.end()
                return (Words(made),)
        if found == "\\\\":
            if _ESCAPED_TWICE.match(self.text, self.at):
                self.at -= 1  # escaped once too often, as in L\\'evy: the accent follows
                return ()
            if self.accent_goes_on(start):
                return ()
            self.pass_over(_ROOM_BELOW)
            return (Break(),)
        if found in commands.SPACES:
            return (Words(commands.SPACES[found]),) if commands.SPACES[found] else ()
        return (Words(found[1]),)

    def accent_goes_on(self, start: int) -> bool:
        """Tell whether an accent escaped twice, as in ``Schr\\\\\\"odinger``, stands inside of a word: else it begins a line.

        arXiv's own names have it half done, as ``Schr\\\\ödinger``.
        """
        behind = _ACCENT_SIGN.match(self.text, self.at)
        made = accented(behind[0]) if behind else self.text[self.at : self.at + 1]
        if made.isascii() or not made.isalpha():
            return False
        before = self.text[max(0, start - 1) : start]
        return len(made) == 1 and before.isalpha() and (made.islower() or before.isupper())

    def next(self, closing: str) -> int:
        """Return where ``closing`` comes next, or -1: a text may open 30,000 formulas and close none."""
        end = -1 if closing in self.absent else self.text.find(closing, self.at)
        if end < 0:
            self.absent.add(closing)
        return end

    def between(self, opening: str, closing: str) -> tuple[Piece, ...]:
        end = self.next(closing)
        if end < 0:
            return (Words(opening[1]),)
        source, self.at = self.text[self.at : end], end + 2
        return (Formula(source.strip(), "$" if opening == "\\(" else "$$"),)

    def dollar(self, match: re.Match[str]) -> tuple[Piece, ...]:
        start = match.start()
        if match[0] == "$$":
            end = self.text.find("$$", self.at)
            if end > self.at:
                source, self.at = self.text[self.at : end], end + 2
                return (Formula(source.strip(), "$$"),)
            return ()  # a pair that holds nothing
        end = closing_dollar(self.text, start, len(self.text))
        if end < 0:
            end = self.spaced_dollar(start)
        if end < 0:
            return (Words("$"),)
        source, self.at = self.text[start + 1 : end], end + 1
        if _NO_MATH.match(source) and not _MATH_SIGN.search(_COMMAND_OR_GROUP.sub("", source)):
            return _Scanner(source).pieces()
        return (Formula(source.strip()),)

    def spaced_dollar(self, start: int) -> int:
        """Return where a formula with blanks beside its dollars ends, as ``$ \\alpha $``: it has TeX in it, and no sentence."""
        end = self.text.find("$", start + 1, start + 400)
        body = self.text[start + 1 : end] if end > 0 else ""
        is_formula = _FORMULA_SIGN.search(body) or _NAME.fullmatch(body)
        return end if is_formula and not _SENTENCE.search(_TEXT_GROUP.sub("", body)) else -1

    def tie(self, match: re.Match[str]) -> tuple[Piece, ...]:
        """A tie holds two words together; before a number, at the start of one, authors mean "about"."""
        before, behind = self.text[: match.start()][-1:], self.text[self.at : self.at + 1]
        about = (not before or before.isspace() or before in "(<>") and (behind.isdigit() or behind in "$\\.")
        return (Words("∼" if about else "\xa0"),)

    def dash(self, match: re.Match[str]) -> tuple[Piece, ...]:
        if match[0] == "--" and self.text[self.at : self.at + 1].isalpha() and (match.start() == 0 or self.text[match.start() - 1].isspace()):
            return (Words("--"),)  # the --option of a command
        return (Words("—" if len(match[0]) == 3 else "–"),)

    def quote(self, match: re.Match[str]) -> tuple[Piece, ...]:
        if match[0] == "`":
            self.quotes += 1
        return (Words({"``": "“", "''": "”", "`": "‘"}[match[0]]),)

    def script(self, match: re.Match[str]) -> tuple[Piece, ...]:
        """``10^{-3}`` outside of a formula."""
        if self.text.startswith("\\", self.at):
            inner = _COMMAND.match(self.text, self.at)[0]  # type: ignore[index]  # the token looked ahead
            self.at += len(inner)
        else:
            inner = self.braced() or ""
            if not inner:
                return (Words(match[0]),)  # of braces that hold nothing, or do not close
        if "\\" in inner:
            return (Formula(f"{{}}{match[0]}{{{inner}}}", ""),)
        return (Styled("sup" if match[0] == "^" else "sub", (Words(inner.replace("-", "−")),)),)


def _styled(style: str, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    return (Styled(style, pieces),) if style and pieces else pieces


def _address(text: str) -> str:
    """Return an address without TeX's escapes, and with its scheme where it is a plain host."""
    plain = _ADDRESS_ESCAPE.sub(r"\1", text.strip()).replace("\\textasciitilde", "~").replace("{}", "").replace("$\\sim$", "~")
    return f"https://{plain}" if _PLAIN_HOST.match(plain) else plain


def _leads(url: str) -> bool:
    """Tell whether a link of arXiv's may live: to the web or to a person, for it knows no place of ours."""
    return is_web(url) or (url.startswith("mailto:") and is_allowed(url))


def _joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Return the pieces with neighbouring words in one."""
    out: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Words) and out and isinstance(last := out[-1], Words):
            out[-1] = Words(last.text + piece.text)
        elif not (isinstance(piece, Words) and not piece.text):
            out.append(piece)
    return tuple(out)

