"""Code in colours: which languages are known, what the colours are, and that no letter of the code is ever lost."""

from __future__ import annotations

import html
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pygments.lexers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.text import code

CSS = (Path(__file__).parent.parent / "templates/roundup.css").read_text(encoding="utf-8")


def text_of(page: str) -> str:
    return html.unescape(re.sub(r'<span class="[cksnfdi]">|</span>', "", page))


@pytest.mark.parametrize(
    ("info", "language"),
    [("python", "python"), ("python title=x", "python"), ("{.python}", "python"), ("{.python .numbered}", "python"), ("Python", "Python"), ("", ""), ("  ", ""), ("{}", ""), ("c++", "c++"), ("<b>", "<b>")],
)
def test_the_language_that_a_fence_names(info: str, language: str) -> None:
    assert code.language(info) == language


COLOURED = {
    ("python", "def f(x): return None  # no\n"): '<span class="k">def</span> <span class="f">f</span>(x): <span class="k">return</span> <span class="n">None</span>  <span class="c"># no</span>\n',
    ("Python", "@a\nclass B: pass"): '<span class="f">@a</span>\n<span class="k">class</span> <span class="f">B</span>: <span class="k">pass</span>',
    ("sh", 'echo "$x" # y\n'): 'echo <span class="s">&quot;</span>$x<span class="s">&quot;</span> <span class="c"># y\n</span>',
    ("console", "$ echo a # b\na\n"): '<span class="c">$ </span>echo a <span class="c"># b\n</span>a\n',
    ("json", '{"a": [1, true]}'): '{<span class="f">&quot;a&quot;</span>: [<span class="n">1</span>, <span class="n">true</span>]}',
    ("yaml", "a: b # c\n"): '<span class="f">a</span>: b <span class="c"># c</span>\n',
    ("diff", "@@ -1 +1 @@\n-a\n+b\n c\n"): '<span class="f">@@ -1 +1 @@</span>\n<span class="d">-a</span>\n<span class="i">+b</span>\n c\n',
    ("c", "#include <a.h>\nint x = 0x1F;\n"): '<span class="k">#include</span> <span class="s">&lt;a.h&gt;</span><span class="k">\nint</span> x = <span class="n">0x1F</span>;\n',
    ("pycon", ">>> 1 + 1\n2\n"): '<span class="c">&gt;&gt;&gt; </span><span class="n">1</span> + <span class="n">1</span>\n2\n',
    ("python", "\n\n  x = 1\n\n"): '\n\n  x = <span class="n">1</span>\n\n',
    ("brainf", "if a < b"): "if a &lt; b",
    ("", "if a"): "if a",
    ("python", "x = 1\n" * 1000): "x = 1\n" * 1000,
    ("python", "x = 1" + " " * 60): "x = 1" + " " * 60,
}  # fmt: skip


@pytest.mark.parametrize(("given_", "shown"), COLOURED.items(), ids=lambda value: str(value)[:30])
def test_colours(given_: tuple[str, str], shown: str) -> None:
    name, source = given_
    assert code.coloured(source, name) == shown


@pytest.mark.parametrize("name", sorted(code._NAMES))
def test_every_language_colours_and_loses_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a lexer of Pygments' own; none asks what else is installed."""
    monkeypatch.setattr("pygments.lexers.find_plugin_lexers", lambda: pytest.fail("asked for plug-ins"))
    source = '\n# a "b" <c> 1.5\r{\\begin{d}} /* é */ ```python\n<script>x="1"</script>\n---\n\\'
    assert "".join(text for _, text in code._tokens("a = 1\n", code._NAMES[name])) == "a = 1\n"
    assert text_of(code.coloured(source, name)) == source


@given(st.text(max_size=60), st.sampled_from(["python", "bash", "html", "tex", "cpp", "yaml"]))
def test_any_text_is_kept_to_the_letter(source: str, name: str) -> None:
    assert text_of(code.coloured(source, name)) == source


class Raises:
    def __init__(self, **options: object) -> None:
        pass

    def get_tokens(self, text: str) -> Iterator[tuple[str, str]]:
        yield "Token.Keyword", text[:1]
        raise RecursionError


class Loses(Raises):
    def get_tokens(self, text: str) -> Iterator[tuple[str, str]]:
        yield "Token.Keyword", text.strip()


@pytest.mark.parametrize("lexer", [Raises, Loses])
def test_a_lexer_that_fails_leaves_the_code_as_it_is(lexer: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(code._NAMES, lexer.__name__.lower(), "Stranger")
    monkeypatch.setattr(pygments.lexers, "Stranger", lexer, raising=False)
    assert code.coloured("if a < b\n", lexer.__name__) == "if a &lt; b\n"


def test_only_code_in_a_language_imports_pygments() -> None:
    program = "import sys; from roundup.text import code, web; code.coloured('x = 1', ''); code.coloured('x', 'none'); print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "pygments" not in found


@pytest.mark.parametrize("row", ["/", "//", " \n", '\\"', "a ", "=", "<", "&", "(", "a" + "\n" * 59])
@pytest.mark.parametrize("name", ["cpp", "java", "python", "rust", "html"])
def test_no_row_of_anything_is_slow(name: str, row: str) -> None:
    source = (row * code.LONGEST)[: code.LONGEST]
    began = time.process_time()
    code.coloured.__wrapped__(source, name)
    assert time.process_time() - began < 3


def luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "quiet", "keyword", "string", "number", "named"])
def test_colours_can_be_read_on_the_box_of_code(name: str, place: int) -> None:
    """WCAG's ratio for text, 4.5:1; the print style comes third and is one ink."""
    shade, box = (luminance(re.findall(rf"--{one}: (#\w{{6}});", CSS)[place]) for one in (name, "wash"))
    assert (max(shade, box) + 0.05) / (min(shade, box) + 0.05) >= 4.5


def test_every_letter_has_its_colour() -> None:
    assert {letter for letter in code._KINDS.values() if re.search(rf"\.code .*\.{letter}\b", CSS)} == set(code._KINDS.values())
