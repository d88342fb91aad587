"""The dialect, from ``text_cases.md``: each case is Markdown, and what each edition makes of it; and properties of these."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import cmarkgfm
import html5lib
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from conftest import write
from roundup.text import dialect, mail, twin, web
from roundup.text.folding import folded
from roundup.text.language import ENGLISH
from roundup.text.links import host, is_allowed, is_local, look_alike, told
from roundup.text.paste import Paste
from roundup.text.plain import Plain
from roundup.text.rules import _taught, parser
from roundup.text.setting import Place, Setting
from roundup.text.slugs import slug
from roundup.text.visible import _MAY_TURN, ACCENT, isolated, visible

CASES = Path(__file__).parent / "text_cases.md"
SETTING = Setting(
    prefix="p",
    first_note=3,
    page="2024-2/index.html",
    root="../",
    places={"2401.00001": Place("A paper", "../2024-1/index.html#2401.00001")},
    sizes={"figures/a.png": (40, 20), "figures/my fig.png": (1, 1)},
)


AWAY = replace(SETTING, root="https://example.org/", own="https://example.org/2024-2/", figures="https://example.org/2024-2/", ids="2024-2-")


def read_cases() -> list[tuple[str, str, list[str]]]:
    """Return name, source and editions of each case; a line with a single dot divides them."""
    found = []
    for part in re.split(r"^=== ", CASES.read_text(encoding="utf-8"), flags=re.M)[1:]:
        name, _, body = part.partition(" ===\n")
        source, *editions = (piece.strip("\n") for piece in re.split(r"^\.$", body, flags=re.M))
        found.append((name, source, editions))
    return found


def html_of(source: str) -> str:
    return str(web.render(dialect.parse(source), SETTING)).strip("\n")


def markdown_of(source: str) -> str:
    return str(twin.render(dialect.parse(source), SETTING))


def mail_of(source: str) -> str:
    return str(mail.render(dialect.parse(source), AWAY)).strip("\n")


def plain_of(source: str) -> str:
    """Return plain text, and below it the notes and links that stand at the end of an issue."""
    edition = Plain()
    text = str(edition.render(dialect.parse(source), AWAY))
    return "\n".join([text, *edition.notes, *(f"[{number}] {link}" for number, link in enumerate(edition.links, 1))])


def paste_of(source: str) -> str:
    """Return what is pasted into a newsletter, the notes of its end below it."""
    edition = Paste()
    text = str(edition.render(dialect.parse(source), AWAY))
    return "\n".join([text, *edition.notes]).strip("\n")


def editions_of(source: str) -> list[str]:
    return [draw(source) for draw in (html_of, markdown_of, mail_of, plain_of, paste_of)]


def test_cases_are_up_to_date(request: pytest.FixtureRequest) -> None:
    """With ``--update-golden`` the expectations are written anew, to be read in review."""
    if request.config.getoption("--update-golden"):
        head = CASES.read_text(encoding="utf-8").partition("\n=== ")[0]
        parts = ["\n.\n".join([f"=== {name} ===\n\n{source}", *editions_of(source)]) + "\n" for name, source, _ in read_cases()]
        write(CASES, (head + "\n" + "\n".join(parts)).encode())
    names = [name for name, *_ in read_cases()]
    assert len(names) == len(set(names)) > 40


@pytest.mark.parametrize(("source", "editions"), [case[1:] for case in read_cases()], ids=[case[0] for case in read_cases()])
def test_case(source: str, editions: list[str]) -> None:
    assert editions_of(source) == editions


def shown(html: str) -> str:
    return re.sub(r"\s+", " ", html).strip()


@given(st.lists(st.sampled_from([*"ab *_`[]()<>#-+.!\\\n\t1|~$^&:;\"'=/é—", "\n\n", "\n- ", "\n> ", "\n1. ", "[^a]: ", "![a](b)", "https://e.org/a", "&amp;", "---", "|-|"]), max_size=60).map("".join))
@example("\n\n".join(source for _, source, _ in read_cases()))
def test_rules_that_are_asked_by_sign_find_what_they_find_when_asked_everywhere(source: str) -> None:
    assert parser().parse(source, {}) == _taught(ENGLISH.quotes).parse(source, {})


# What our Markdown says on purpose in another way than the source: captions become words, quoted headings bold words,
# white space at the start of a line goes, quotes have been curled.
_OTHERWISE = {40, 228, 229, 230, 232, 300, 41, 572, 573, 576, 577, 584, 585, 586, 588, 589, 591}


def test_the_specifications_examples_say_the_same_when_read_back(shared: Path) -> None:
    """CommonMark's 652 examples: what we write as Markdown renders as the source does."""
    differ = set()
    for row in json.loads((shared / "corpora/markdown/commonmark_spec.json").read_text()):
        source = row["markdown"]
        if shown(html_of(source)) != shown(html_of(markdown_of(source))):
            differ.add(row["example"])
    assert differ <= _OTHERWISE


@given(st.text(alphabet=st.sampled_from(list("ab *_`[]()<>#-+.!\\\n\t1|~$^&:;\"'=/é—")), max_size=80))
def test_any_text_is_drawn_in_both_editions(source: str) -> None:
    """Total: no error, and nothing alive but what our pages use."""
    page = html5lib.parseFragment(html_of(source), namespaceHTMLElements=False)
    assert {element.tag for element in page.iter() if isinstance(element.tag, str)} <= web._TAGS | {"DOCUMENT_FRAGMENT"}
    markdown_of(source)


WORDS = st.lists(st.sampled_from(["one", "*two*", "three.", "a_b", "`x|y`", "4 > 3", "#5", "1.", "-", "+", "[x]", "<i>", "&amp;", "$5", "2*3", "\\*", "~~s~~", "!", "\"q\"", "https://e.org/a_b"]), min_size=1, max_size=12)


@given(st.lists(WORDS.map(" ".join), min_size=1, max_size=4).map("\n\n".join))
def test_portable_markdown_reads_back_as_the_same_words(source: str) -> None:
    once = html_of(source)
    assert shown(html_of(markdown_of(source))) == shown(once)


@given(st.text(max_size=60))
def test_plain_text_escaped_for_markdown_reads_back_as_itself(text: str) -> None:
    line = re.sub(r"\s+", " ", visible(text)).strip()
    back = html5lib.parseFragment(html_of(f"x {twin.escaped(line)} x"), namespaceHTMLElements=False)
    words = "".join(back.itertext()).replace("\xa0", " ")
    for curly, typed in (("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("–", "--"), ("—", "---"), ("…", "...")):
        words, line = words.replace(curly, typed), line.replace(curly, typed)
    assert " ".join(words.split()) == " ".join(f"x {line} x".split())


def by_github(source: str) -> str:
    """Return our Markdown as GitHub's own parser reads it."""
    setting = replace(SETTING, places={"2401.00001": Place("A paper on $|x|$ | $\\|y\\|$", "a.html")})
    return str(cmarkgfm.github_flavored_markdown_to_html(str(twin.render(dialect.parse(source), setting))))


CELLS = {
    "a title": ("[[2401.00001]]", '<a href="a.html">A paper on $|x|$ | $<code>\\|y\\|</code>$</a>'),
    "a link's title": ('[l](https://e.org "p \\| q")', '<a href="https://e.org" title="p | q">l</a>'),
    "an image's title": ('![x](figures/a.png "p \\| q")', '<img src="figures/a.png" alt="x" title="p | q" />'),
    "an image's words": ("![p \\| q](figures/a.png)", '<img src="figures/a.png" alt="p | q" />'),
    "code": ("`a\\|b` `\\\\|`", "<code>a|b</code> <code>\\|</code>"),
    "a formula": ("$\\|x\\|$", "$|x|$"),
    "a formula in code": ("$\\\\|x\\\\|$", "$<code>\\|x\\|</code>$"),
    "words": ("a \\| b \\\\\\| c", "a | b \\| c"),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_bar_in_a_cell_divides_no_row(kind: str) -> None:
    source, shown = CELLS[kind]
    assert re.findall("<td>(.*)</td>", by_github(f"| a | b |\n|---|---|\n| {source} | z |")) == [shown, "z"]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<https://e.org/x?a=1&lt;=2>", '<a href="https://e.org/x?a=1&amp;lt;=2">https://e.org/x?a=1&amp;lt;=2</a>'),
        ("[x](https://e.org/?a&amp;copy;b)", '<a href="https://e.org/?a&amp;copy;b">x</a>'),
        ("[x](<https://e.org/(?a&amp;copy;b>)", '<a href="https://e.org/(?a&amp;copy;b">x</a>'),
        ('[x](https://e.org "&amp;copy; &amp;amp;")', '<a href="https://e.org" title="&amp;copy; &amp;amp;">x</a>'),
    ],
)
def test_an_entity_in_an_address_stays_what_it_is(source: str, shown: str) -> None:
    assert by_github(source) == f"<p>{shown}</p>\n"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("$x_i$ and $x_{ij}$, $x_\\alpha y_{k}$", "$x_i$ and $x_{ij}$, $x_\\alpha y_{k}$"),
        ("$a*b$ and $c*d$", "$<code>a*b</code>$ and $<code>c*d</code>$"),
        ("$a~b$ and $c~d$", "$<code>a~b</code>$ and $<code>c~d</code>$"),
        (r"$\|x\|_2$ in $\{a\}$", r"$<code>\|x\|_2</code>$ in $<code>\{a\}</code>$"),
        ("$(a)_n$ and $x_{i}$", "$<code>(a)_n</code>$ and $x_{i}$"),
        ("_see $x_{i}$ there_", "<em>see $<code>x_{i}</code>$ there</em>"),
        ("*see $x_{i}$ there*", "<em>see $x_{i}$ there</em>"),
    ],
)
def test_a_formula_is_no_markup_to_a_reader_without_math(source: str, shown: str) -> None:
    assert by_github(source) == f"<p>{shown}</p>\n"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("日本**https://e.org/x** です", '<p>日本<strong><a href="https://e.org/x">https://e.org/x</a></strong> です</p>\n'),
        ("a*https://e.org/a_b says* so", '<p>a<em><a href="https://e.org/a_b">https://e.org/a_b</a> says</em> so</p>\n'),
        ("a **https://e.org/x**.", '<p>a <strong><a href="https://e.org/x">https://e.org/x</a></strong>.</p>\n'),
        ("a***https://e.org/x*** b", '<p>a<em><strong><a href="https://e.org/x">https://e.org/x</a></strong></em> b</p>\n'),
    ],
)
def test_emphasis_that_an_address_begins_stays_one(source: str, shown: str) -> None:
    assert by_github(source) == shown


ROWS = ["x://", "://", "http://", "https://a/)", ")", "$", "$$\n", "$a ", "[[a", "[^a]", "[^a]: b\n\n", "[a](b) ", "-- ", "![a](b)\n\n", "*_", "|a", "<a ", "> $$\n", "# h\n", "a|\n-|\n", "- " * 20 + "a\n", "a|" * 70 + "\n" + "-|" * 70 + "\n" + "1\n" * 140]


@pytest.mark.parametrize("row", ROWS)
def test_no_row_of_anything_is_slow(row: str) -> None:
    """Each rule of ours takes time in proportion: a whole commentary of it is drawn in under 5 s of CPU."""
    source = (row * 65536)[:65536]
    began = time.process_time()
    html_of(source)
    markdown_of(source)
    assert time.process_time() - began < 5


# ---- rules ----


@pytest.mark.parametrize(
    "url",
    ["https://example.org/", "HTTP://example.org", "https://example.org:8080/a?b#c", "mailto:a@example.org", "mailto:a@example.org?subject=x", "#here", "../x/", "/2023-7/#theory", "figures/a.png", "?q"],
)
def test_links_that_live(url: str) -> None:
    assert is_allowed(url)


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "JaVaScript:x", "data:text/html,x", "file:///etc", "//evil.example", "https:/x", "https://", "https://user@evil.example/", "https://a\\b", "ftp://x", "view-source:x", "mailto:", "mailto:x", "a\nb", "\u202ehttps://x", ":x", "intent://x", "https://a|b.org/", "https://xn--example-n66c.org/", "https://xn--xample-hxda.org/"],
)
def test_links_that_do_not(url: str) -> None:
    assert not is_allowed(url)


def test_a_relative_link_is_local_and_has_no_host() -> None:
    assert is_local("../a")
    assert host("../a") == ""
    assert host("https://www.example.org/x") == "example.org"


@pytest.mark.parametrize(
    ("url", "disguise"),
    [
        ("https://arxiv.org/", ""),
        ("https://xn--caf-dma.example/", ""),
        ("https://xn--rxiv-43d.org/abs/1", "xn--rxiv-43d.org"),
        ("https://аrxiv.org/", "xn--rxiv-43d.org"),
        ("https://\uff41rxiv.org/", "arxiv.org"),
        ("https://arxiv.org\u3002example/", "arxiv.org.example"),
        ("https://ar\xadxiv.org/", "arxiv.org"),
        ("https://cafe\u0301.example/", ""),
        ("https://ARXIV.org/", ""),
        ("https://xn--80ak6aa92e.com/", "xn--80ak6aa92e.com"),
        ("https://пример.example/", ""),
        ("https://xn--\x80.example/", "xn--xn---ea.example"),
        ("https://XN--RXIV-43D.ORG/", "xn--rxiv-43d.org"),
        ("https://АРРӏе.com/", "xn--80ak6aa92e.com"),
        ("https://ТНЕМ.com/", "xn--e1aobt.com"),
        ("https://ɑrxiv.org/", "xn--rxiv-p5b.org"),
        ("https://ᴀrxiv.org/", "xn--rxiv-k13a.org"),
        ("https://gıthub.com/", "xn--gthub-n4a.com"),
        ("https://kırmızı.com.tr/", ""),
        ("https://XN--CAF-DMA.example/", ""),
        ("https://www.straße.example/", ""),
    ],
)
def test_hosts_that_look_like_another(url: str, disguise: str) -> None:
    assert look_alike(url) == disguise


@pytest.mark.parametrize(
    ("url", "source", "shown"),
    [
        ("https://www.example.org/", "", "example.org"),
        ("https://example.org/", "a blog", "a blog"),
        ("https://аrxiv.org/", "arxiv.org", "arxiv.org xn--rxiv-43d.org"),
        ("https://аrxiv.org/", "", "xn--rxiv-43d.org"),
        ("/2023-7/", "", ""),
    ],
)
def test_what_is_told_below_the_title_of_a_link(url: str, source: str, shown: str) -> None:
    assert told(url, source) == shown


def test_a_figure_named_by_half_a_sign_is_drawn_by_page_and_mail_alike() -> None:
    setting = Setting(sizes={"figures/\ud83d.png": (1, 1)})
    assert 'src="figures/%3F.png"' in web.image("figures/\ud83d.png", setting)
    assert 'src="figures/%3F.png"' in mail.image("figures/\ud83d.png", setting)


@pytest.mark.parametrize("draw", [html_of, markdown_of, mail_of], ids=["page", "Markdown", "mail"])
@pytest.mark.parametrize("source", ["arxiv.org", ""])
def test_a_card_to_a_look_alike_says_where_it_leads(source: str, draw: Callable[[str], str]) -> None:
    card = draw(f"```card\nurl: https://аrxiv.org/\ntitle: A paper\nsource: {source}\n```")
    assert f"{source} xn--rxiv-43d.org".strip() in card


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Tool use", "tool-use"), ("  Ünïcode & more! ", "unicode-more"), ("H₂O", "h2o"), ("ﬁne", "fine"), ("Jørgensen", "jorgensen"), ("Łukasz Kaiser", "lukasz-kaiser"), ("a" * 80, "a" * 60), ("one two " * 20, "one-two-one-two-one-two-one-two-one-two-one-two-one-two-one")],
)
def test_slugs(text: str, expected: str) -> None:
    assert slug(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Müller Erdős Nguyễn", "muller erdos nguyen"),
        ("ŁØÆŒÞÐĐĦŊ ẞß", "loaeoethddhn ssss"),
        ("İstanbul ısı", "istanbul isi"),
        ("Ｇpt ﬁne H₂O 𝒪(n) ½", "gpt fine h2o o(n) 1⁄2"),
        ("ΟΔΥΣΣΕΎΣ", "οδυσσευσ"),
        ("Москва 中文", "москва 中文"),
        ("e" + "\u0301" * 50, "e"),
        ("neu\xadral", "neural"),
        ("\ud800 a\x00", "\ud800 a\x00"),
    ],
)
def test_letters_are_folded_to_those_that_people_type(text: str, expected: str) -> None:
    assert folded(text) == expected


@given(st.text())
def test_a_slug_is_always_safe(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(text))
    assert len(slug(text)) <= 60


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\x00b\x1b[31mc", "ab[31mc"), ("tab\tand\nline", "tab\tand\nline"), ("safe \u202egnp\u202c", "safe gnp"), ("z\u200be\ufeffro", "zero"), ("e" + "\u0301" * 50, "e" + "\u0301" * 4), ("\ud83d", "\ufffd"), ("عربي", "عربي"), ("👩\u200d🔬", "👩\u200d🔬")],
)
def test_only_what_can_be_seen_is_shown(text: str, expected: str) -> None:
    assert visible(text) == expected


SHALOM = "\u05e9\u05dc\u05d5\u05dd"


@pytest.mark.parametrize(("text", "alone"), [("plain words", "plain words"), ("Erdős–Rényi 中文", "Erdős–Rényi 中文"), (f"{SHALOM} [x]", f"\u2068{SHALOM} [x]\u2069"), ("\u0627 a", "\u2068\u0627 a\u2069")])
def test_what_runs_from_right_to_left_stands_alone(text: str, alone: str) -> None:
    assert isolated(text) == alone


def test_of_every_sign_a_look_tells_whether_there_is_anything_to_do() -> None:
    """All that is hidden is not printable, but for two fillers: in this release of Python's table of signs, too."""
    every = list(map(chr, range(0x110000)))
    by_all_steps = [char for char in every if visible(f"{char}\x00") == char and not re.match(ACCENT, char)]
    assert [char for char in every if visible(char) == char and not re.match(ACCENT, char)] == by_all_steps
    assert visible("\u3164\uffa0") == ""
    turning = "".join(char for char in every if unicodedata.bidirectional(char) in ("R", "AL"))
    assert _MAY_TURN.sub("", turning) == ""


def test_a_title_from_right_to_left_turns_nothing_round_it() -> None:
    """Neither its own brackets, nor the number and the date round it; what a stranger wrote to that end is gone."""
    setting = Setting(places={"2401.00001": Place(f"\u202e{SHALOM} [x]", "a.html")})
    document = dialect.parse("See [[2401.00001]] (2024).")
    assert web.render(document, setting) == f'<p>See <a class="paper" href="a.html"><bdi>{SHALOM} [x]</bdi></a> (2024).</p>\n'
    assert twin.render(document, setting) == f"See [\u2068{SHALOM} \\[x\\]\u2069](a.html) (2024)."
    assert twin.escaped(f"{SHALOM}\u2067 B.") == f"\u2068{SHALOM} B.\u2069"


HIDDEN = {
    "override": "\u202e", "isolate": "\u2067", "mark": "\u200f", "zero width": "\u200b", "tag": "\U000e0041", "form feed": "\x0c", "byte-order mark": "\ufeff",
}  # fmt: skip
SPELT = {
    "text": "a&#x{0:x};b", "image": "![a&#x{0:x};b](figures/a.png)", "caption": '![c](figures/a.png "a&#x{0:x};b")', "link": "[w](https://example.org/ 'a&#x{0:x};b')",
    "fence": "```a&#x{0:x};b\nc\n```", "note": "w[^1]\n\n[^1]: a&#x{0:x};b", "heading": "# a&#x{0:x};b", "table": "| a&#x{0:x};b |\n|---|\n",
    "card": '```card\nurl: https://example.org/\ntitle: "a\\U{0:08x}b"\ntext: "a\\U{0:08x}b"\nsource: "a\\U{0:08x}b"\n```',
}  # fmt: skip


@pytest.mark.parametrize("place", SPELT)
@pytest.mark.parametrize("name", HIDDEN)
def test_what_cannot_be_seen_does_not_come_back_by_an_entity_or_an_escape(name: str, place: str) -> None:
    document = dialect.parse(SPELT[place].format(ord(HIDDEN[name])))
    setting = Setting(sizes={"figures/a.png": (2, 2)})
    for text in (str(web.render(document, setting)), str(twin.render(document, setting)), repr(document.headings)):
        assert HIDDEN[name] not in text
        assert not (name == "form feed" and "\\x0c" in text)


@pytest.mark.parametrize(
    ("title", "markdown"),
    [("https://abc&quot;&gt;", r"https://abc\&quot;\&gt;"), ("see https://x.org/a&gt; now", r"see https://x.org/a\&gt; now"), ("AT&T and R&D at &T", r"AT&T and R&D at \&T")],
)
def test_an_entity_in_a_title_stays_what_it_is(title: str, markdown: str) -> None:
    """In Markdown, too, where an address ends in the middle of it."""
    assert twin.words(title) == markdown
