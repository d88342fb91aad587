"""The rules by which the editors' Markdown differs from CommonMark: what markdown-it is told before it parses.

Tables, strikethrough, footnotes and curly quotes come with it; dollar math, ``[[ID]]``, bare addresses and dashes are ours.
Where markdown-it would leave words out, they are kept, and what happened is noted in ``env["found"]`` as (kind, value, line).
"""

from __future__ import annotations

import re
from functools import lru_cache, partial

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.common.utils import mdTrim
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.parser_inline import RuleFuncInline2Type, RuleFuncInlineType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, autolink, link
from mdit_py_plugins.footnote import footnote_plugin

from roundup.text import links
from roundup.text.depth import DEEPEST
from roundup.text.dollars import closing_dollar
from roundup.text.language import ENGLISH

# Cells of all tables of a text. Markdown fills short rows up: 4 kB of source were 600 kB of HTML.
MOST_CELLS = 10_000


@lru_cache(maxsize=4)
def parser(quotes: tuple[str, ...] = ENGLISH.quotes) -> MarkdownIt:
    """Return the one parser of the dialect, for a language's quotes; making it takes longer than parsing a commentary."""
    md = _taught(quotes)
    _ask_by_sign(md)
    return md


def _taught(quotes: tuple[str, ...]) -> MarkdownIt:
    """Return markdown-it with the dialect's rules, which it asks in its own way."""
    # a list goes two levels down at once, so that our rule is asked before markdown-it, which would drop what is deeper
    told = {"store_labels": True, "inline_definitions": True}  # which definitions of links there are, and which are used
    md = MarkdownIt("commonmark", {"html": False, "typographer": True, "quotes": list(quotes), "maxNesting": DEEPEST + 3, **told})
    md.enable(["table", "strikethrough", "smartquotes"])
    md.use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)
    md.core.ruler.after("inline", "open_formulas", _open_formulas)
    md.core.ruler.before("smartquotes", "dashes", _dashes)
    md.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    md.block.ruler.before("table", "too_deep", _too_deep)
    md.block.ruler.before("fence", "math_block", _math_block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    md.inline.ruler.at("link", _link)
    md.inline.ruler.at("autolink", _autolink)
    md.inline.ruler.before("link", "reference_to_paper", _reference)
    md.inline.ruler.after("escape", "math_inline", _math_inline)
    md.inline.ruler.before("newline", "bare_url", _bare_url)
    md.validateLink = links.is_allowed  # type: ignore[method-assign]
    md.normalizeLink = address  # type: ignore[method-assign]
    return md


# A web address that is carried as it is written: no sign in it is one to encode, and no part of its host is too long for one. Whether a
# link may live is asked of it as of any other.
_PLAIN_ADDRESS = re.compile(r"https?://(?=[^/?#]{1,250}(?:[/?#]|$))(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}(?:[/?#][A-Za-z0-9;/?:@&=+$,_.!~*()#-]*)?")


def address(url: str) -> str:
    """Return a web address as pages carry it: percent-encoded, a host in foreign letters in punycode."""
    return url if _PLAIN_ADDRESS.fullmatch(url) else normalizeLink(url)


# The signs that a rule begins with. markdown-it asks each rule at every line and every sign, and spent half of its time on their saying
# no. A rule that is not named here, as a later version may have one, is asked everywhere.
_OF_LINES = {
    "math_block": "$", "fence": "`~", "blockquote": ">", "hr": "*-_", "list": "*+-0123456789", "footnote_def": "[", "reference": "[", "heading": "#",
}  # fmt: skip
_OF_SIGNS = {
    "bare_url": ":", "newline": "\n", "escape": "\\", "math_inline": "$", "backticks": "`", "strikethrough": "~", "emphasis": "*_",
    "reference_to_paper": "[", "link": "[", "image": "!", "footnote_ref": "[", "autolink": "<", "entity": "&",
}  # fmt: skip


def _ask_by_sign(md: MarkdownIt) -> None:
    """Make each chain of rules one rule, which asks those that begin with the sign that comes next, in their order: the same tokens, sooner."""
    md.disable(["html_block", "html_inline"])  # raw HTML is off; they would be asked all the same
    lines, signs, pairs = md.block.ruler, md.inline.ruler, md.inline.ruler2
    of_lines = dict(zip(lines.getRules(""), lines.get_active_rules(), strict=True))
    chains = {chain: [_rule_of_lines([(rule, _OF_LINES.get(of_lines[rule], "")) for rule in lines.getRules(chain)])] for chain in _CHAINS}
    of_signs = zip(signs.getRules(""), signs.get_active_rules(), strict=True)
    whole = [_rule_of_signs([(rule, _OF_SIGNS.get(name, "")) for rule, name in of_signs])]
    after: list[RuleFuncInline2Type] = [partial(_in_pairs, pairs.getRules(""))]
    lines.getRules = chains.__getitem__  # type: ignore[method-assign, assignment]
    signs.getRules = {"": whole}.__getitem__  # type: ignore[method-assign, assignment]
    pairs.getRules = {"": after}.__getitem__  # type: ignore[method-assign, assignment]


_CHAINS = ("", "paragraph", "reference", "blockquote", "list")  # of rules of lines: all, and those that end a paragraph and so on


def _rule_of_lines(rules: list[tuple[RuleFuncBlockType, str]]) -> RuleFuncBlockType:
    asked = {sign: [rule for rule, begins in rules if sign in begins or not begins] for _, signs in rules for sign in signs}
    anywhere = [rule for rule, begins in rules if not begins]

    def ask(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
        start = state.bMarks[start_line] + state.tShift[start_line]
        for rule in asked.get(state.src[start : start + 1], anywhere):  # noqa: SIM110 - here and below any() would be a generator more at each sign
            if rule(state, start_line, end_line, silent):
                return True
        return False

    return ask


def _rule_of_signs(rules: list[tuple[RuleFuncInlineType, str]]) -> RuleFuncInlineType:
    """Return the rule of all signs; the first of its rules takes letters up to the next sign, and is not asked at one."""
    asked = {sign: [rule for rule, begins in rules[1:] if sign in begins or not begins] for _, signs in rules for sign in signs}
    anywhere = [rule for rule, begins in rules if not begins]

    def ask(state: StateInline, silent: bool) -> bool:
        for rule in asked.get(state.src[state.pos], anywhere):  # noqa: SIM110
            if rule(state, silent):
                return True
        return False

    return ask


def _in_pairs(rules: list[RuleFuncInline2Type], state: StateInline) -> None:
    """Find the pairs of signs round words that stand out; only these leave text in pieces that are to be joined."""
    if "*" in state.src or "_" in state.src or "~" in state.src:
        for rule in rules:
            rule(state)


_EM_DASH = re.compile(r"(?<!-)---(?!-)")
_EN_DASH = re.compile(r"(?<=\w)--(?=\w)|(?<!\S)--(?!\S)")  # not the --option of a command
_ELLIPSIS = re.compile(r"(?<!\.)\.{3}(?!\.)")


_TWO_DOLLARS = re.compile(r"(?<!\$)\$\$(?!\$)")


def _open_formulas(state: StateCore) -> None:
    """Note the two dollars that are left in the text. Those that are escaped are tokens of their own as yet."""
    for token in state.tokens:
        if token.type == "inline" and token.map and "$$" in token.content:
            line = token.map[0]
            for child in token.children or ():
                if child.type in ("softbreak", "hardbreak"):
                    line += 1
                elif child.type == "math_inline":
                    line += child.content.count("\n")
                text = "".join(part.content for part in child.children or ()) if child.type == "image" else child.content if child.type == "text" else ""
                for _ in _TWO_DOLLARS.finditer(text):
                    _find(state, "open_formulas", "$$", line)


def _dashes(state: StateCore) -> None:
    for token in state.tokens:
        if token.type != "inline" or ("--" not in token.content and "..." not in token.content):
            continue
        automatic = False
        for child in token.children or ():
            if child.type in ("link_open", "link_close"):
                automatic = child.type == "link_open" and child.info == "auto"
            elif child.type == "text" and not automatic:
                text = _EN_DASH.sub("–", _EM_DASH.sub("—", child.content))
                child.content = _ELLIPSIS.sub("…", text)


def _too_deep(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Take all that is left of a quote, an item or a note that stands too deep as one paragraph, its marks shown."""
    if silent or state.level <= DEEPEST:
        return False
    line = start_line
    while line < end_line and (state.isEmpty(line) or state.sCount[line] < 0 or state.sCount[line] >= state.blkIndent):
        line += 1  # below 0: a line that a paragraph carries over into the quote
    state.push("paragraph_open", "p", 1).map = [start_line, line]
    _inline(state, state.getLines(start_line, line, state.blkIndent, False).strip(), [start_line, line])
    state.push("paragraph_close", "p", -1)
    state.line = line
    _find(state, "too_deep", "", start_line)
    return True


def _table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Read a table as markdown-it does, but keep the cells that a row has too many, in its last one, as they were typed."""
    if start_line < state.env.get("no_table_before", 0) or not table(state, start_line, end_line, True):
        return False
    if silent:
        return True
    columns = len(_cells(state, start_line))
    left = state.env.setdefault("cells_left", MOST_CELLS)
    last = start_line + 2  # below the head and the line under it
    while last < end_line and not state.isEmpty(last) and (last - start_line - 1) * columns <= left:
        last += 1
    if (last - start_line - 1) * columns > left:
        state.env["no_table_before"] = last
        _find(state, "large_tables", str(columns), start_line)
        return False
    first = len(state.tokens)
    table(state, start_line, end_line, False)
    state.env["cells_left"] -= (state.line - start_line - 1) * columns
    for index in range(first, len(state.tokens)):
        token = state.tokens[index]
        if token.type == "tr_close" and (row := state.tokens[index - 2].map):
            cells = _cells(state, row[0])
            if len(cells) > columns:
                state.tokens[index - 2].content = "|".join(cells[columns - 1 :]).strip()
                _find(state, "wide_rows", f"{len(cells)} cells, its table has {columns}", row[0])
    return True


def _cells(state: StateBlock, line: int) -> list[str]:
    cells = escapedSplit(mdTrim(_line(state, line)))
    return cells[not cells[0] : len(cells) - (len(cells) > 1 and not cells[-1])]


def _inline(state: StateBlock, content: str, lines: list[int]) -> None:
    token = state.push("inline", "", 0)
    token.content, token.map, token.children = content, lines, []


def _find(state: StateBlock | StateCore, kind: str, value: str, line: int) -> None:
    state.env.setdefault("found", []).append((kind, value, line))


_PAPER = re.compile(r"\[\[([A-Za-z0-9][A-Za-z0-9._/:-]{0,80})\]\](?!\()")


def _reference(state: StateInline, silent: bool) -> bool:
    match = _PAPER.match(state.src, state.pos) if state.src.startswith("[[", state.pos) else None
    if match is None:
        return False
    if not silent:
        token = state.push("paper_reference", "", 0)
        token.content = match[1]
    state.pos = match.end()
    return True


def _link(state: StateInline, silent: bool) -> bool:
    """Read a link as markdown-it does; but where ``(`` behind the words opens no address, a label further on is not theirs.

    In ``[words](see *[label]*)`` markdown-it takes the label for that of the words, and drops all that lies between.
    """
    if "references" not in state.env:
        return link(state, silent)  # there is no label that it could take
    start = state.pos
    if not link(state, True):
        return False
    end, state.pos = state.pos, start
    if state.src[end - 1] == "]":
        behind = state.md.helpers.parseLinkLabel(state, start, True) + 1
        if behind < end and state.src[behind] == "(":
            return False
    return link(state, silent)


def _autolink(state: StateInline, silent: bool) -> bool:
    """An address in angle brackets is a link, but none within the words of another: a link leads to one place."""
    return state.linkLevel == 0 and autolink(state, silent)


def _math_inline(state: StateInline, silent: bool) -> bool:
    src, start = state.src, state.pos
    if src[start] != "$":
        return False
    if src.startswith("$$", start):
        end = src.find("$$", start + 2, state.posMax)
        body = src[start + 2 : end] if end > 0 else ""
        width = 2
        if not body.strip() or "$" in body or src[end - 1 : end + 3] == "`$$`":  # which speaks of the sign, and ends nothing
            return False
    else:
        end = closing_dollar(src, start, state.posMax)
        if end < 0:
            return False
        body = src[start + 1 : end]
        width = 1
    if not silent:
        token = state.push("math_inline", "", 0)
        token.content = body
        token.markup = "$" * width
    state.pos = end + width
    return True


def _math_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    if state.is_code_block(start_line) or start_line >= state.env.get("math_open_from", end_line):
        return False
    first = _line(state, start_line)
    if not first.startswith("$$"):
        return False
    rows = [first[2:]]
    line = start_line
    while not (rows[-1].rstrip().endswith("$$") and (line > start_line or len(rows[-1].strip()) > 2)):
        line += 1
        if line >= end_line or state.sCount[line] < state.blkIndent:
            if state.level == 0 and line >= state.lineMax:
                state.env["math_open_from"] = start_line  # nothing closes it: a later opening need not look again
            return False
        rows.append(_line(state, line))
    rows[-1] = rows[-1].rstrip()[:-2]
    if not silent:
        token = state.push("math_block", "", 0)
        token.content = "\n".join(rows).strip("\n")
        token.markup = "$$"
        token.block = True
        token.map = [start_line, line + 1]
        state.line = line + 1
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


_URL = re.compile(rf"https?://[^{links.NOT_IN_BARE}\x00-\x20]{{1,2000}}", re.I)
_SCHEME_BEFORE = re.compile(r"(?:^|[^A-Za-z0-9.+-])(https?)$", re.I)


def _bare_url(state: StateInline, silent: bool) -> bool:
    """A web address in running text is a link, as on GitHub; one without its scheme is not, for ``model.py`` is a file."""
    if state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    before = _SCHEME_BEFORE.search(state.pending[-6:])  # the whole of it would make a row of "://" quadratic
    match = _URL.match(state.src, state.pos - len(before[1])) if before else None
    if before is None or match is None:
        return False
    url = links.without_tail(match[0])
    if not links.is_web(url):
        return False
    href = state.md.normalizeLink(url)
    if not silent:
        state.pending = state.pending[: -len(before[1])]
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": href}
        opening.markup, opening.info = "bare", "auto"
        state.push("text", "", 0).content = url
        closing = state.push("link_close", "a", -1)
        closing.markup, closing.info = "bare", "auto"
    state.pos += len(url) - len(before[1])
    return True
