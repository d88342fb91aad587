"""Editions of one issue: the page, the mail, plain text, Markdown, the feed and what is pasted into a newsletter hold the same words in the same order."""

from __future__ import annotations

import datetime as dt
import html
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from xml.etree import ElementTree as ET

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from msgspec.structs import replace
from selectolax.lexbor import LexborHTMLParser, LexborNode

from conftest import ROOT
from roundup.archive import Archive
from roundup.config import Config, Editor
from roundup.errors import Location
from roundup.issue import Figure, Issue, IssueKey, Link, Pick, Prose, Section
from roundup.outputs import Output
from roundup.pages import render
from roundup.pages.theme import drawing
from roundup.paper import ArxivId, Author, Links, Paper, Sighting, Withdrawal
from roundup.site import Site, Theme
from roundup.store.reading import built_in_templates, read_digest
from roundup.text import linear
from roundup.text.language import ENGLISH, Counted, Language

KEY = IssueKey(2024, 1)
BUILT_IN = {path.name: path.read_text() for path in built_in_templates().iterdir() if path.is_file()}
CONFIG = Config(title="A digest", url="https://example.org/", editors=(("ann", Editor("Ann Example", "https://ann.example/")), ("bo", Editor("Bo Sample"))))

# A language in which our own words are none: what then is left of an edition is what the editors and arXiv say.
_OURS = {name: getattr(ENGLISH, name) for name in Language.__struct_fields__ if name not in ("direction", "quotes", "months", "short_months", "date", "short_date")}
WORDLESS = replace(
    ENGLISH,
    **{**{name: Counted("*", "*") if isinstance(said, Counted) else "*" for name, said in _OURS.items()}, "rated": "{rating}", "notes": "NOTES", "links": "LINKS"},
)  # fmt: skip


# ---- an edition without its markup: the text from the first word of the intro to the last of the outro, and the notes ----

INLINE = {"a", "b", "bdi", "code", "em", "i", "s", "del", "span", "strong", "sub", "sup", "time", "summary", "details"}
NOT_TEXT = {"head", "nav", "here", "no", "ref", "num", "back", "footnote-ref", "footnote-backref"}


def text_of(node: LexborNode, without: set[str]) -> Iterator[str]:
    """Yield the text of a parsed page: a formula as the line that it is in a mail, an image as its words, blocks apart."""
    if node.tag == "-text":
        yield node.text_content or ""
    elif node.tag == "math":
        said = node.attributes["alttext"] or ""
        yield linear.line(said) or said
    elif node.tag == "img":
        yield f" {node.attributes.get('alt') or ''} "
    elif not without & named(node):
        apart = "" if node.tag in INLINE else " "
        yield apart
        for child in node.iter(include_text=True):
            yield from text_of(child, without)
        yield apart


def named(node: LexborNode) -> set[str]:
    """Return what an element goes by: its tag and its classes."""
    return {node.tag or "", *(node.attributes.get("class") or "").split()}


def between(text: str) -> str:
    return text[text.index("Beginning") : text.rindex("Ending") + 6]


def of_html(source: str, note: str) -> tuple[str, str]:
    root = parsed(source)
    notes = [one for one in root.traverse() if note in named(one)]
    return between("".join(text_of(root, {*NOT_TEXT, note}))), " ".join(part for one in notes for part in text_of(one, NOT_TEXT))


def parsed(source: str) -> LexborNode:
    root = LexborHTMLParser(source).root
    assert root
    return root


def of_page(source: str) -> tuple[str, str]:
    return of_html(source, "note")


def of_letter(source: str) -> tuple[str, str]:
    """A mail, without what mail readers show beside its subject, or an entry of the feed."""
    source = re.sub(r'(?s)<div class="preheader".*?</div>| style="[^"]*"', "", source)
    source = re.sub(r"<sup><a [^>]*>\d+</a></sup>|(?<=<p>)<b>\d+</b> |<a [^>]*>↩</a>", "", source)
    return of_html(re.sub(r"(<h[23]>)\d+\. ", r"\1", source), "note")


ATOM = "{http://www.w3.org/2005/Atom}"


def of_feed(source: str) -> tuple[str, str]:
    entry = ET.fromstring(source).find(f"{ATOM}entry")  # a strict parser
    assert entry is not None
    return of_letter(entry.findtext(f"{ATOM}content") or "")


def of_markdown(source: str) -> tuple[str, str]:
    """The Markdown as GitHub's own parser reads it."""
    source = re.sub(r"(?m)^(#+) \d+\. ", r"\1 ", source)
    source = re.sub(r"(?s)\$`(.+?)`\$|\$\$\n(.+?)\n\$\$|(?<![\\\d])\$(?! )([^$\n]+?)(?<! )\$", _formula, source)
    shown = cmarkgfm.github_flavored_markdown_to_html(source, options=Options.CMARK_OPT_FOOTNOTES | Options.CMARK_OPT_UNSAFE)
    shown = re.sub(r'(?s)<pre lang="math"><code>(.*?)</code></pre>', lambda m: f"<p>{_line(html.unescape(m[1]))}</p>", shown)
    return of_html(shown, "footnotes")


def _formula(match: re.Match[str]) -> str:
    return f"`{_line(next(filter(None, match.groups())))}`"


def _line(source: str) -> str:
    return linear.line(source.replace("< ", "<").strip()) or source


def of_plain(source: str) -> tuple[str, str]:
    body, _, tail = source.partition("\nNOTES\n=")
    body = re.sub(r"(?m)^(?:\*: |\| )?https?://(?!bare\.)\S+$|https://example\.org/\S*", "", between(body))
    body = re.sub(r"(?m)\[\^\d+\]|\s\[\d+\]|^(?:[>\s-]*\d+\. )+", "\n", body)  # marks of notes, links, picks and lists
    return body, re.sub(r"(?m)^\[\^\d+\]|\s\[\d+\]", "", tail.partition("\nLINKS\n=")[0])


def of_paste(source: str) -> tuple[str, str]:
    """The article alone, its notes behind their heading; without the marks of lists that are written out."""
    article = re.sub(r"(<h[23]>)\d+\. |(?<=<p>)(?:• |\d+\. )+", r"\1", source.partition('<article class="pasted"')[2].partition("</article>")[0])
    article = re.sub(r"(?<=<p>)\[\d+\] (?:• |\d+\. )*|<sup>\[\d+\]</sup>", "", article)
    body, _, tail = article.partition("<h2>NOTES</h2>")
    return of_html(f"<{body}", "note")[0], "".join(text_of(parsed(tail.partition("<hr>\n<p>*")[0]), NOT_TEXT))


EDITIONS: dict[str, tuple[str, Callable[[str], tuple[str, str]]]] = {
    "index.html": ("2024-1/index.html", of_page), "mail.html": ("2024-1/mail.html", of_letter), "mail.txt": ("2024-1/mail.txt", of_plain),
    "index.md": ("2024-1/index.md", of_markdown), "feed": ("feed.xml", of_feed), "paste.html": ("2024-1/paste.html", of_paste),
}  # fmt: skip


WITHOUT_WORDS = Theme(BUILT_IN, language=WORDLESS)
READY = drawing(WITHOUT_WORDS)  # the templates are compiled once


def drawn(site: Site, issue: Issue) -> dict[str, tuple[str, str]]:
    ready = READY if site.theme is WITHOUT_WORDS else drawing(site.theme)
    sources = {kind: render(Output(path, kind, "", issue.key), site, ready).decode() for kind, (path, _) in EDITIONS.items()}
    return {kind: EDITIONS[kind][1](source) for kind, source in sources.items()}


def words(text: str) -> list[str]:
    """Return the words and numbers of a text in plain letters; a character of Chinese or Japanese is a word, for lines may end behind it."""
    return re.findall(r"[\u3040-\u9fff]|[^\W\u3040-\u9fff]+", unicodedata.normalize("NFKC", text).replace("_", " "))


def letters(text: str) -> str:
    """Return what is left where formulas differ: ``x<sub>i</sub>`` in a mail, ``xᵢ`` in plain text."""
    return "".join(words(text))


def alone(issue: Issue) -> Site:
    return Site(CONFIG, Archive.of((issue,)), WITHOUT_WORDS)


# ---- generated issues ----

WORDS = """One two three, four. Five! isn't "quoted" 'single' rock'n'roll 85.9% a_b snake_case_name 4 > 3 a<b R&D &amp; H₂O naïve 中文字 日本語。 שלום
    ---- -- 1--2 etc... (c) #hash * star \\* \\_ [x] $5 $10 2\\*3 ~ ^ | <i>tag</i> http: e.g. https://bare.example/a_b?c=1 +1 2) - = === ends.""".split()
FORMULAS = [r"x^2", r"\ell_2", r"\frac{a+b}{c}", r"\mathcal{O}(n \log n)", "a<b", r"\sqrt{d_k}", r"x \in \mathbb{R}^n", r"\frac{a}", r"\unknown{y}"]


class Writer:
    """Writes commentary as an editor might, at random: every construct of the dialect, in every other."""

    def __init__(self, seed: int, *, math: bool) -> None:
        self.random, self.math = random.Random(seed), math
        self.notes: list[str] = []

    def words(self, most: int = 8) -> str:
        return " ".join(self.random.choice(WORDS[:40] if self.random.random() < 0.7 else WORDS) for _ in range(self.random.randint(1, most)))

    def plain(self) -> str:
        return " ".join(self.random.choice(["Some", "plain", "words", "of", "ours", "17", "naïve"]) for _ in range(self.random.randint(1, 6)))

    def line(self) -> str:
        return " ".join(self.random.choice([self.words, self.span])() for _ in range(self.random.randint(1, 5)))

    def span(self) -> str:
        plain = self.plain()
        kinds = [f"*{plain}*", f"**{plain}**", f"~~{plain}~~", f"`{plain} <b>`", f"[{plain}](https://example.org/x)", f"[{plain}](/2024-1/#2401.00001)", "[[2401.00001]]", "one\\\ntwo"]
        kinds += [f"${self.random.choice(FORMULAS)}$"] if self.math else []
        return self.note() if self.random.random() < 0.15 else self.random.choice(kinds)

    def note(self) -> str:
        label = f"n{len(self.notes)}"
        self.notes.append(f"[^{label}]: {self.plain()}" + (f"\n\n    {self.plain()} *{self.plain()}*" if self.random.random() < 0.3 else ""))
        return f"{self.plain()}[^{label}]"

    def block(self) -> str:
        kinds = [self.line, self.line, self.list, self.quote, self.table, self.fence, self.card, self.figure, self.heading, self.rule]
        kinds += [self.display] if self.math else []
        return self.random.choice(kinds)()

    def inside(self) -> str:
        return "\n\n".join(self.random.choice([self.line, self.line, self.small_list])() for _ in range(self.random.randint(1, 2)))

    def small_list(self) -> str:
        return "\n".join(f"- {self.plain()} {self.span()}".replace("\n", " ") for _ in range(self.random.randint(1, 3)))

    def list(self) -> str:
        mark = self.random.choice(["-", "*", "3."])
        return "\n".join(f"{mark} " + self.inside().replace("\n", "\n" + " " * (len(mark) + 1)) for _ in range(self.random.randint(1, 3)))

    def quote(self) -> str:
        return "\n".join(f"> {line}" for line in self.inside().split("\n"))

    def table(self) -> str:
        wide = self.random.randint(1, 4)
        rows = [[self.words(self.random.choice([2, 9])).replace("|", "\\|").replace("\n", " ") for _ in range(wide)] for _ in range(self.random.randint(1, 4))]
        rule = [self.random.choice(["---", "---:", ":---:"]) for _ in range(wide)]
        return "\n".join("| " + " | ".join(row) + " |" for row in [rows[0], rule, *rows[1:]])

    def fence(self) -> str:
        return f"```{self.random.choice(['', 'python', 'math-ish'])}\ndef f(x):\n    return '<b>' + x  # {self.words()}\n```"

    def card(self) -> str:
        return f"```card\nurl: https://card.example/\ntitle: {self.plain()}\ntext: {self.plain()}\n```"

    def figure(self) -> str:
        return f'![{self.plain()}](figures/a.png "{self.plain()}")'

    def heading(self) -> str:
        return f"{'#' * self.random.randint(1, 3)} {self.plain()} *{self.plain()}*"

    def rule(self) -> str:
        return "***"

    def display(self) -> str:
        return f"$$\n{self.random.choice(FORMULAS)}\n$$"

    def prose(self, first: str = "", last: str = "") -> Prose:
        self.notes = []
        blocks = [self.block() for _ in range(self.random.randint(1, 6))]
        return Prose("\n\n".join([*([first] if first else []), *blocks, *self.notes, *([last] if last else [])]))


def generated(seed: int, *, math: bool) -> Issue:
    write = Writer(seed, math=math)
    sections = []
    for number in range(write.random.randint(1, 2)):
        picks = []
        for place in range(write.random.randint(1, 2)):
            name = ArxivId(f"2401.{len(sections) * 10 + place + 1:05}")
            title = r"On $\ell_2$ of \emph{much}: 85\% ``more''" if math and write.random.random() < 0.5 else "A plain title: more of \\emph{the} same"
            authors = tuple(Author(f"Name{n} Surname{n}") for n in range(write.random.choice([1, 2, 9])))
            paper = Paper(name, title, authors, ("cs.LG",), submitted=dt.date(2024, 1, 3), links=Links(code=("https://code.example/",)))
            paper = replace(paper, withdrawn=Withdrawal("an error in Lemma 2")) if write.random.random() < 0.2 else paper
            link = Link("https://link.example/", "A talk", "video", write.plain())
            subject = paper if place == 0 or write.random.random() < 0.8 else link
            pick = Pick(subject, name.name if subject is paper else f"talk-{number}-{place}", write.prose(), tags=("one tag", "two"), tldr=write.plain(), rating="4 of 5", by=("bo",))
            picks.append(pick)
        sections.append(Section(write.plain() if number else "", write.prose() if number else Prose(""), tuple(picks)))
    return Issue(
        KEY, "An issue", "a teaser", dt.date(2024, 2, 1), ("ann",), write.prose(first="Beginning"), Prose("Carried by *nobody*."), tuple(sections),
        write.prose(last="Ending"), where=Location("issues/2024-1/issue.yaml"), figures=(Figure("figures/a.png", 2, 2, ""),),
    )  # fmt: skip


BATCHES = 10


@pytest.mark.parametrize("batch", range(BATCHES))
@pytest.mark.parametrize("math", [False, True], ids=["words", "formulas"])
def test_generated_issues_hold_the_same_words_in_every_edition(math: bool, batch: int) -> None:
    """500 of them: half without formulas, word by word; half with, letter by letter."""
    told = words if not math else letters
    for seed in range(batch, 250, BATCHES):
        issue = generated(seed, math=math)
        editions = {kind: (told(body), told(notes)) for kind, (body, notes) in drawn(alone(issue), issue).items()}
        for kind, edition in editions.items():
            assert edition == editions["index.html"], (seed, kind)


@pytest.mark.parametrize("key", ["2023-8", "2023-7-2"])
def test_our_own_issues_hold_the_same_words_in_every_edition(key: str) -> None:
    digest = read_digest(ROOT)
    issues = [marked(issue) for issue in digest.archive.issues]
    issue = next(issue for issue in issues if str(issue.key) == key)
    site = Site(replace(digest.config, url="https://example.org/"), Archive.of(tuple(issues)), replace(digest.theme, language=WORDLESS))
    ready = drawing(site.theme)
    sources = {kind: render(Output(path, kind, "", issue.key), site, ready).decode() for kind, (path, _) in EDITIONS.items()}
    feed = ET.fromstring(sources["feed"])
    for entry in feed.findall(f"{ATOM}entry"):
        if not (entry.findtext(f"{ATOM}id") or "").endswith(f"/{key}"):
            feed.remove(entry)
    sources["feed"] = ET.tostring(feed, encoding="unicode")
    editions = {kind: EDITIONS[kind][1](source) for kind, source in sources.items()}
    assert {kind: letters(body) for kind, (body, _) in editions.items()} == dict.fromkeys(editions, letters(editions["index.html"][0]))
    assert {kind: letters(notes) for kind, (_, notes) in editions.items()} == dict.fromkeys(editions, letters(editions["index.html"][1]))


def as_list(issue: Issue, paper: Callable[[Paper], Paper]) -> Issue:
    sections = (replace(s, picks=tuple(replace(p, subject=paper(p.paper)) if p.paper else p for p in s.picks)) for s in issue.sections)
    return replace(issue, sections=tuple(sections), is_list=True)


@pytest.mark.parametrize("seed", range(10))
def test_a_list_holds_the_same_words_in_every_edition(seed: int) -> None:
    """Votes and comments too; what a page has and a mail has not are abstracts, and names beyond the first few."""
    issue = as_list(generated(seed, math=False), lambda paper: replace(paper, authors=paper.authors[:6], seen=(Sighting("huggingface", None, "", 57, 1),)))
    site = alone(issue)
    site = replace(site, theme=replace(site.theme, language=replace(WORDLESS, votes=ENGLISH.votes, comments=ENGLISH.comments)))
    editions = {kind: (words(body), words(notes)) for kind, (body, notes) in drawn(site, issue).items()}
    assert editions == dict.fromkeys(editions, editions["index.html"])
    assert " ".join(editions["mail.txt"][0]).count("57 votes 1 comment") == sum(1 for pick in issue.picks if pick.paper)


def test_abstracts_and_many_names_of_a_list_fit_no_mail() -> None:
    people = tuple(Author(f"Name{n} Surname{n}") for n in range(9))
    issue = as_list(generated(1, math=False), lambda paper: replace(paper, authors=people, abstract="We prove ``it'' for $p<2$."))
    shown = {kind: " ".join(words(body)) for kind, (body, _) in drawn(alone(issue), issue).items()}
    whole = " ".join(f"Name{n} Surname{n}" for n in range(9))
    assert {kind for kind, body in shown.items() if "We prove it for" in body} == {kind for kind, body in shown.items() if whole in body} == {"index.html", "index.md"}
    assert all("Name2 Surname2 Name8 Surname8" in shown[kind] for kind in ("mail.html", "mail.txt", "feed", "paste.html"))


def test_names_in_tex_are_read_in_every_edition() -> None:
    given = [r"Andr\'e Gr\"un", r"B{\o}rge \L{}ukasz", r"Achill Sch\\ürmann", "J.~van{} der Berg", "A & B <c> *d*", "Fr{é}d{é}ric One", r"N. $\alpha$", "Last Name"]
    read = "André Grün, Børge Łukasz, Achill Schürmann, J. van der Berg, A & B <c> *d*, Frédéric One, N. α, Last Name"
    paper = Paper(ArxivId("2401.00001"), "A title", tuple(map(Author, given)), ("cs.LG",), submitted=dt.date(2024, 1, 3))
    for people in (paper.authors, paper.authors[2:5]):
        pick = Pick(replace(paper, authors=people), "2401.00001", Prose("Some words."))
        issue = Issue(
            KEY, "An issue", "", dt.date(2024, 2, 1), ("ann",), Prose("Beginning"), Prose(""), (Section("", Prose(""), (pick,)),), Prose("Ending"),
            where=Location("issues/2024-1/issue.yaml"),
        )  # fmt: skip
        shown = read if people == paper.authors else "Achill Schürmann, J. van der Berg, A & B <c> *d*"
        for kind, (body, _) in drawn(alone(issue), issue).items():
            assert letters(shown) in letters(re.sub(r"… \* … ", "", body)), kind
            assert "\\" not in body.replace("\\<", ""), kind


def marked(issue: Issue) -> Issue:
    """Return an issue of ours between two words that an edition can be cut at."""
    return replace(issue, intro=replace(issue.intro, text=f"Beginning {issue.intro.text}"), outro=replace(issue.outro, text=f"{issue.outro.text.rstrip()} Ending"))
