"""Texts that nobody would write, by the thousand: spliced, repeated, cut and salted. Whatever comes, no word is lost on the way.

Every text has a number, and is made from it alone: a find is told by its number, and then kept under ``KEPT``.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from types import ModuleType
from urllib.parse import unquote

import pytest

from conftest import SHARED
from roundup.text import dialect, drawn, formula, mail, twin, web
from roundup.text.plain import Plain
from roundup.text.rules import parser
from roundup.text.setting import Place, Setting

SOAK = bool(os.environ.get("ROUNDUP_SOAK"))
TEXTS = 100_000 if SOAK else 7_200
TITLES = 10_000 if SOAK else 1_000
PARTS = 10  # tests among which they are shared, so that all cores have some

SETTING = Setting(places={"2401.00001": Place("A paper", "../2024-1/index.html#2401.00001")}, sizes={"figures/a.png": (40, 20)})


# ---- the editions ----


class Page(HTMLParser):
    """Reads a piece of a page strictly: what is opened is closed, in order, and is of ours. Keeps all its words."""

    def __init__(self, html: str, edition: ModuleType) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes = edition._TAGS | formula.ELEMENTS | {"sub", "sup"}, edition._ATTRIBUTES  # those two in titles
        self.open: list[str] = []
        self.shown = [""]
        self.feed(html)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.tags, tag
        assert all(name in self.attributes["*"] | self.attributes.get(tag, set()) for name, _ in attrs), attrs
        assert len({name for name, _ in attrs}) == len(attrs)
        self.shown[:0] = (value for _, value in attrs if value)
        if tag not in ("br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown[-1] += data  # letters of a formula may each stand in an element

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


def page(html: str, edition: ModuleType = web) -> str:
    """Return every word of a piece of a page, those of its addresses, too."""
    return " ".join(Page(html, edition).shown)


def plain(document: dialect.Document) -> str:
    """Return a text as plain text, with the links and notes that stand at the end."""
    edition = Plain()
    text = edition.render(document, SETTING)
    return " ".join([text, *edition.notes, *edition.links])


def markdown(text: str) -> str:
    """Return Markdown as plain text would show it, its escapes and line prefixes gone."""
    return re.sub(r"\\([^\w\s])", r"\1", text)


# An edition: a parsed text, and what a reader finds in it.
EDITIONS: dict[str, Callable[[dialect.Document], str]] = {
    "page": lambda document: page(web.render(document, SETTING)),
    "mail": lambda document: page(mail.render(document, SETTING), mail),
    "plain": plain,
    "Markdown": lambda document: markdown(twin.render(document, SETTING)),
}

TITLE_EDITIONS: dict[str, Callable[[str], str]] = {
    "page": lambda text: page(drawn.web(text)),
    "title": lambda text: page(drawn.web_title(text)),
    "mail": lambda text: page(drawn.mail(text), mail),
    "plain": drawn.plain,
    "Markdown": twin.words,
}


# ---- the texts ----


SEEDS = [
    "One *two* **three** `four` ~~five~~\nsix\\\nseven",
    "# One\n\nTwo\n===\n\nThree\n---\n\n### Four ###",
    "- one\n  - two\n\n    three\n- four\n\n1. five\n2. six\n10) seven",
    "> one\n> > two\nthree\n>\n> - four",
    "| one | two |\n|:---|---:|\n| three | four | five |\n| six |",
    "One.[^1] Two.[^two]\n\n[^1]: Three.\n\n    Four.\n\n[^two]: Five.[^1]\n\n[^1]: Six.",
    "![one](figures/a.png \"Two *three*.[^1]\")\n\n[^1]: Four.",
    "See ![one](figures/a.png \"two\") and ![three](https://example.org/four.png).",
    "```card\nurl: https://example.org/one\ntitle: Two\ntext: Three\nsource: four\n```",
    "```python five\none = two\n```\n\n~~~\nthree\n~~~\n\n    four",
    "[one](https://example.org/two \"three\") [four][five] [six][]\n\n[five]: /seven 'eight'\n[six]: <nine ten>\n[Six]: eleven",
    "<https://example.org/one> https://example.org/two. [three](javascript:four) [[2401.00001]] [[five]]",
    "$one$ and $$two$$\n\n$$\nthree\n$$\n\n\\$four $5",
    "<b>one</b> <!-- two --> &copy; &three; &#102;our\n\n<div>\nfive\n</div>",
    "\"one\" 'two' three--four --- five... six",
]
TEX = [
    r"one_{two} and three^{four} of CO$_2$, \textsuperscript{five}",
    r"Erd\H{o}s--R\'enyi {\it one} \emph{two} ``three''",
    r"$\mathcal{O}(n \log n)$ \textbf{one $x_i^2$} $$\frac{a}{b}$$ \(c\) \[d\]",
    r"\url{https://example.org/one} \href{https://example.org}{two} 75\% \$5 {\'e}",
    r"\begin{itemize}\item one \item two\end{itemize} \cite[one]{two} \begin{equation}x\end{equation}",
]
SALT = [
    "$", "$$", "[[", "]]", "[^1]", "[^1]: ", "\n```card\n", "\n```\n", "\n~~~\n", "|", "\n|---|---|\n", "\n> ", "\n- ", "\n1. ", "\n    ", "\t", "\n\n", "\n", "\\", "\\\n",
    "*", "**", "_", "~~", "`", "``", "[", "](", ")", "![", "]: ", "<", ">", "&", "&amp;", "#", "\n===\n", "\n---\n", "://", "https://", "\"", "'", "--", "...", "{", "}", "^", "%",
    "\0", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud83d", "\udc00", "\u0301" * 6, "\xa0", "\u2028", "\x85", "\r", "\x1b[31m", "\U000e0041", "\\frac{", "\\begin{", "\\end{", "\\text{",
]  # fmt: skip


def examples() -> list[str]:
    """Return CommonMark's own examples, where they are at hand."""
    file = SHARED / "corpora/markdown/commonmark_spec.json"
    return [example["markdown"] for example in json.loads(file.read_text(encoding="utf-8"))] if file.exists() else []


def made(number: int, seeds: list[str]) -> str:
    """Return the text of that number."""
    random = Random(number)
    text = random.choice(seeds)
    for _ in range(random.randint(1, 6)):
        at, to = sorted(random.choices(range(len(text) + 1), k=2))
        match random.randrange(7):
            case 0:
                text = text[:at] + random.choice(seeds) + text[at:]
            case 1:
                text = text[:at] + text[at:to] * random.randint(2, 4) + text[to:]
            case 2:
                text = text[to:] + text[at:to] + text[:at]
            case 3:
                text = text[:at] + text[to:]
            case 4:
                text = re.sub("^", random.choice(["> ", "- ", "    ", "[^1]: ", "| "]), text, flags=re.M)
            case _:
                text = text[:at] + random.choice(SALT) * random.choice([1, 1, 1, 2, 30]) + text[at:]
    return text[:4000]


# ---- what holds ----


WORD = re.compile(r"[a-z]{3,}")
SYNTAX = re.compile(r"\[\^[^\] ]*\]|&#?\w+;")  # labels of notes, which become numbers, and entities, which become characters


def hidden(text: str) -> Iterator[str]:
    """Yield what is no word of the text: labels of links, and what ``check`` tells that readers will not see."""
    document = dialect.parse(text)
    unseen = {found.value for found in (*document.unused_definitions, *document.repeated_definitions)}
    for token in parser().parse(dialect.visible(text), {}):
        if token.type == "definition":
            yield token.meta["label"]
            if " ".join(token.meta["label"].split()) in unseen:
                yield from (unquote(token.meta["url"]), token.meta["title"])
    for found in (*document.after_language, *document.titles, *document.inside_alt):
        yield found.value
    for token in (token for block in (document.tokens, *(note.tokens for note in document.notes)) for token in block):
        yield token.info if token.type == "fence" else "card url title text source image" if token.type == "card" else ""


def letters(text: str) -> str:
    """Return a text without what sets its letters apart: capitals, accents, a raised or a slanted form."""
    return unicodedata.normalize("NFKD", text).lower()


def lost(text: str) -> dict[str, set[str]]:
    """Return the words of the text that an edition has nowhere, by the name of the edition."""
    document = dialect.parse(text)
    words = set(WORD.findall(letters(SYNTAX.sub(" ", dialect.visible(text)))))
    unseen = letters(" ".join(hidden(text)))
    shown = {name: (seen := letters(draw(document))) + letters(unquote(seen)) for name, draw in EDITIONS.items()}
    missing = {name: {word for word in words if word not in there and word not in unseen} for name, there in shown.items()}
    return {name: gone for name, gone in missing.items() if gone}


# Finds of earlier runs: each lost words, or took for ever.
KEPT = [
    "[the paper](see *[code]*)\n\n[code]: /url",  # all between the brackets went
    "- " * 25 + "one\n  two\n\n" + "  " * 26 + "three",
    ">" * 50 + " one\ntwo\n>> three",
    "".join("    " * depth + f"[^{depth}]: one\n\n" for depth in range(45)) + "two",
    "| one |\n|---|\n| two | three | four |",
    "> | one |\n> |---|\n> | two | three\nfour",
    "```card\nurl: https://example.org/one\ntitle: Two # three\n```",
    "![one [two](https://example.org/three) ![four](five.png)](six.png)",
    "[one]: two 'three'\n[one]: four",
    "[one <https://example.org/two>](https://example.org/three)",  # a link in a link
    "[one](https://exam\xa0ple.org/two) [three](https://\u0301.org/four) [five](https://a|b.org/six)",  # no hosts
    "# h\n" * 1000,
]


@pytest.mark.parametrize("text", KEPT, ids=range(len(KEPT)))
def test_what_was_found_stays_mended(text: str) -> None:
    assert lost(text) == {}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_word_is_lost(part: int) -> None:
    """Seeds are our own: the same texts in a clone without the shared corpora."""
    for number in range(part, TEXTS, PARTS):
        text = made(number, SEEDS)
        assert lost(text) == {}, f"text {number}: {text!r}"


@pytest.mark.parametrize("part", range(PARTS))
def test_no_word_of_commonmarks_examples_is_lost(part: int, shared: Path) -> None:
    seeds = examples()
    for text in seeds[part::PARTS] + [made(number, seeds) for number in range(part, TEXTS // 4, PARTS)]:
        assert lost(text) == {}, f"{text!r}"


@pytest.mark.parametrize("part", range(PARTS))
def test_any_title_comes_out_in_every_edition(part: int) -> None:
    for number in range(part, TITLES, PARTS):
        text = made(number, TEX)
        for name, draw in TITLE_EDITIONS.items():
            try:
                draw(text)
            except Exception as error:
                raise AssertionError(f"title {number} as {name}: {text!r}") from error


# Of the kind that breaks programs; a few stand here for the corpus, which a clone does not have.
NAUGHTY = [
    "", "undefined", "-1", "1E+02", "0x0", "NaN", "١٢٣", "ÅÍÎÏ˝ÓÔ\uf8ffÒÚÆ☃", "ثم نفس سقطت", "田中さん", "表ポあA鷗ŒéＢ逍Üßªąñ", "\u202etest\u202e",
    "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤", "👾 🙇 💁 🙅", "<script>alert(0)</script>", "' OR 1=1 -- 1", "$(touch x)", "{{ 7*7 }}", "../../etc/passwd", "If you're reading this\u2028too", "\ufeff",
]  # fmt: skip


def naughty() -> list[str]:
    file = SHARED / "corpora/strings/blns.json"
    return NAUGHTY + (json.loads(file.read_text(encoding="utf-8")) if file.exists() else [])


@pytest.mark.parametrize("edition", [*EDITIONS, *(f"{name} of a title" for name in TITLE_EDITIONS)])
def test_naughty_strings_are_text(edition: str) -> None:
    """As commentary, within a sentence, and as a title."""
    for text in naughty():
        name, _, title = edition.partition(" of a ")
        if title:
            TITLE_EDITIONS[name](text)
        else:
            assert [lost(text).get(name), lost(f"Before {text} after.").get(name)] == [None, None], repr(text)
