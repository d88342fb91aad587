"""A real browser on pages that were really built: nothing of the vectors runs, nothing asks elsewhere, formulas are drawn.

Where there is no browser these tests are skipped. ROUNDUP_SCREENSHOTS names a folder to keep what is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conftest import Result, write
from hostile import MARKDOWN_PLACES, PNG, SOAK, address_of, file_of
from roundup.text.visible import one_line
from roundup.yamltext import dump_scalar

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route


@dataclass
class Watched:
    """A page that is watched: what called, what it asked for outside its folder, which dialogs came up."""

    page: Page
    calls: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def open(self, path: Path) -> None:
        self.page.goto(path.as_uri())

    def provoke(self) -> None:
        """Do to every element what a reader could, but following its links."""
        self.page.evaluate(
            """() => { for (const element of document.querySelectorAll("*"))
                for (const type of ["mouseover", "mouseenter", "mousemove", "focus", "blur", "pointerdown", "keydown", "input", "toggle", "animationend", "error", "load"])
                    element.dispatchEvent(new Event(type)); }"""
        )

    @property
    def schemes(self) -> set[str]:
        """The schemes of every address on the page, as the browser itself reads them."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll("*")].flatMap(element => ["href", "src", "action", "formaction", "xlink:href", "data", "poster"]
                .filter(name => element.hasAttribute(name))
                .map(name => URL.canParse(element.getAttribute(name), document.baseURI) ? new URL(element.getAttribute(name), document.baseURI).protocol : "none"))"""
        )
        return set(found)

    @property
    def handlers(self) -> list[str]:
        found: list[str] = self.page.evaluate("() => [...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(name => name.startsWith('on'))")
        return found


@contextmanager
def watched(browser: Browser, folder: Path, **more: Any) -> Iterator[Watched]:
    """Open a fresh page that may read what lies in ``folder``, and nothing else. The pages' own policy is lifted: it would hide what lives."""
    context = browser.new_context(bypass_csp=True, **more)
    seen = Watched(context.new_page())

    def answer(route: Route) -> None:
        if route.request.url.startswith(folder.as_uri()):
            route.continue_()
        else:
            seen.asked.append(route.request.url)
            route.abort()

    context.route("**/*", answer)
    context.expose_binding("called", lambda _, name: seen.calls.append(name))
    context.add_init_script('for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => { called(name); };')
    seen.page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
    yield seen
    context.close()


def test_what_lives_is_noticed(chromium: Browser, tmp_path: Path) -> None:
    """The harness can fail: a call, a handler, a request and a scheme of each kind are told."""
    write(
        tmp_path / "live.html",
        """<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'"><img src="x.png" onerror="alert(1)"><p onmouseover="print()">a</p>
        <img src="https://example.org/pixel.png"><a href="java&#9;script:alert(1)">b</a><iframe srcdoc="<script>confirm(1)</script>"></iframe>""",
    )
    with watched(chromium, tmp_path) as seen:
        seen.open(tmp_path / "live.html")
        seen.provoke()
        assert {"alert", "print", "confirm"} <= set(seen.calls)
        assert seen.asked == ["https://example.org/pixel.png"]
        assert seen.schemes == {"file:", "https:", "javascript:"}
        assert sorted(seen.handlers) == ["onerror", "onmouseover"]
    with watched(chromium, tmp_path) as seen:
        write(tmp_path / "dead.html", "<!doctype html><p>a</p>")
        seen.open(tmp_path / "dead.html")
        assert (seen.calls, seen.asked, seen.dialogs, seen.handlers) == ([], [], [], [])


A_BATCH = 90  # vectors in an issue
SAMPLE = 1 if SOAK else 24


def digest_of(vectors: Sequence[str]) -> dict[str, str | bytes]:
    """Return a digest's files with these texts in the configuration, records, picks, sections, and in the names of figures."""
    spelt = [dump_scalar(one_line(text)) for text in vectors]
    titled = next(line for line in spelt[2:] if "{" not in line)  # there a brace is told
    names = "".join(f"  e{number}:\n    name: {line}\n    url: {dump_scalar(address_of(text))}\n" for number, (line, text) in enumerate(zip(spelt, vectors, strict=True)))
    made: dict[str, str | bytes] = {"roundup.yaml": f"title: {spelt[0]}\ntagline: {spelt[1]}\nissue_title: {titled}\neditors:\n{names}"}
    for start in range(0, len(vectors), A_BATCH):
        month, day = divmod(start // A_BATCH, 28)
        folder = f"issues/2024-{month + 1}-{day + 1}"
        head = f"teaser: {spelt[start]}\ndate: 2024-12-24\nintro: {dump_scalar(vectors[start])}\noutro: {dump_scalar(vectors[start])}\nsponsor: {dump_scalar(vectors[start])}\norder:\n"
        made[f"{folder}/issue.yaml"] = head + "".join(item_of(number, vectors[number]) for number in range(start, min(start + A_BATCH, len(vectors))))
        for number in range(start, min(start + A_BATCH, len(vectors))):
            made[f"{folder}/{figure_of(number, vectors[number])}"] = PNG
            made[f"{folder}/papers/{paper_of(number)}.yaml"] = record_of(number, vectors[number])
    return made


def paper_of(number: int) -> str:
    return f"2401.{number + 1:05}"


def figure_of(number: int, text: str) -> str:
    return f"figures/{number}{file_of(text).removeprefix('figures/')}"


def item_of(number: int, text: str) -> str:
    """Return a section with the text, and in it a pick of a paper, or of a link, with the text everywhere."""
    line, address = dump_scalar(one_line(text)), dump_scalar(address_of(text))
    numbered = dump_scalar(f"{number} {one_line(text)}")  # it names the pick, too
    spelt = {"line": one_line(text), "text": text, "quoted": one_line(text), "scalar": line, "address": address}
    commentary = "\n\n".join([text, *(place.format(**spelt) for place in MARKDOWN_PLACES[number % 3 :: 3] if "figures" not in place)])
    subject = f"paper: {paper_of(number)}" if number % 2 else f"link:\n    url: {address}\n    title: {numbered}\n    source: {line}\n    text: {line}"
    return (
        f"- section: {line}\n  note: {dump_scalar(text)}\n- {subject}\n  commentary: {dump_scalar(commentary)}\n  title: {line}\n  tags:\n  - {line}\n"
        f"  tldr: {line}\n  rating: {line}\n  by: [e{number}]\n  cover: {dump_scalar(figure_of(number, text))}\n"
    )


def record_of(number: int, text: str) -> str:
    line, address = dump_scalar(one_line(text)), dump_scalar(address_of(text))
    return (
        f'id: "{paper_of(number)}"\ntitle: {line}\nauthors:\n- {line}\n- name: {line}\n  affiliations:\n  - {line}\nabstract: {line}\ncategories:\n- cs.LG\n'
        f"comment: {line}\njournal_ref: {line}\nlinks:\n  code:\n  - {address}\nwithdrawn:\n  reason: {line}\n"
    )


def shown_in(site: Path) -> list[Path]:
    """Return all pages, but of the many of papers, authors and topics a part: they are alike. The page for what is missing counts from the host's top."""
    pages = sorted(path for path in site.rglob("*.html") if path.name != "404.html")
    many = [path for path in pages if path.parent.name in ("papers", "authors", "topics") and path.name != "index.html"]
    left_out = set(many) - set(many[:: 1 if SOAK else 40])
    return [path for path in pages if path not in left_out]


def test_no_vector_runs_or_asks_in_a_browser(chromium: Browser, vectors: tuple[str, ...], digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    texts = [text for text in vectors[::SAMPLE] if one_line(text)]
    root = digest(digest_of(texts), bare=True)
    built = roundup("build", "-q", root=root)
    assert (built.code, built.err) == (0, "")
    with watched(chromium, root / "site") as seen:
        for path in shown_in(root / "site"):
            seen.open(path)
            seen.provoke()
            assert seen.schemes <= {"file:", "https:", "http:", "mailto:", "none"}
            assert seen.handlers == []
        assert (seen.calls, seen.asked, seen.dialogs) == ([], [], [])


FORMULAS = {
    "short radical": r"\sqrt{x}",
    "tall radical": r"\sqrt{\frac{a_1^2+b_1^2}{\frac{c}{d}+\sum_{i=1}^n e_i}}",
    "root": r"\sqrt[3]{x^3+y^3}",
    "short brackets": r"\left(x\right)",
    "tall brackets": r"\left(\frac{\frac{a}{b}}{\frac{c}{d}}\right)",
    "braces": r"\left\{ \sum_{k=0}^{\infty} \frac{x^k}{k!} \,\middle|\, x \in \mathbb{R} \right\}",
    "norm": r"\left\lVert \frac{\partial L}{\partial \theta} \right\rVert_2",
    "matrix": r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
    "determinant": r"\begin{vmatrix} a_{11} & \cdots & a_{1n} \\ \vdots & \ddots & \vdots \\ a_{n1} & \cdots & a_{nn} \end{vmatrix}",
    "cases": r"f(x) = \begin{cases} x^2 & x \ge 0 \\ -x & \text{otherwise} \end{cases}",
    "aligned": r"\begin{aligned} a &= b + c \\ &= d \end{aligned}",
    "sum": r"\sum_{i=1}^{n} \sum_{j \ne i} w_{ij}",
    "product and integral": r"\prod_{t=1}^{T} \int_0^\infty p(x_t \mid x_{<t})\,dx",
    "limit": r"\lim_{n \to \infty} \left(1 + \frac{1}{n}\right)^n = e",
    "accents": r"\hat{x} + \tilde{y} + \bar{z} + \vec{v} + \dot{u} + \widehat{xyz} + \overline{a+b}",
    "stacked fractions": r"\cfrac{1}{1+\cfrac{1}{1+\cfrac{1}{x}}}",
    "letters": r"\mathcal{O}(n\log n),\ \mathbb{E}_{x \sim \mathcal{D}},\ \mathfrak{g},\ \boldsymbol{\theta},\ \mathrm{softmax}",
    "braces under": r"\underbrace{a + b + c}_{\text{three}} + \overbrace{d + e}^{2}",
    "binomial": r"\binom{n}{k} = \frac{n!}{k!(n-k)!}",
    "array": r"\begin{array}{lr|c} a & b & c \\ \hline 10 & 200 & 3 \end{array} \quad \boxed{x}",
    "arrows": r"A \xrightarrow{f} B \Rightarrow C \hookrightarrow D",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_formulas_are_drawn_with_our_font(scheme: str, chromium: Browser, digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    """Each has a size; roots and brackets grow with what they hold."""
    body = "\n\n".join(f"{name} ${source}$\n\n$$\n{source}\n$$" for name, source in FORMULAS.items())
    root = digest({"issues/2024-1/commentary/2401.00001.yaml": f"paper: 2401.00001\ncommentary: {dump_scalar(body)}\nstatus: ready\n"})
    built = roundup("build", "-q", root=root)
    assert (built.code, built.err) == (0, "")
    with watched(chromium, root / "site", color_scheme=scheme, viewport={"width": 900, "height": 700}) as seen:
        seen.open(root / "site/2024-1/index.html")
        fonts = seen.page.evaluate("() => document.fonts.ready.then(fonts => [...fonts].filter(f => f.status == 'loaded').map(f => f.family))")
        drawn = dict(zip(FORMULAS, seen.page.evaluate(MEASURE), strict=True))
        if folder := os.environ.get("ROUNDUP_SCREENSHOTS"):
            seen.page.screenshot(path=Path(folder) / f"formulas-{scheme}.png", full_page=True)
        assert fonts == ["STIX Two Math"]
        assert (seen.calls, seen.asked) == ([], [])
    assert {name: size for name, size in drawn.items() if min(size["width"], size["height"]) < 8} == {}
    assert drawn["tall radical"]["root"] > 2 * drawn["short radical"]["root"] > 0
    assert drawn["tall brackets"]["bracket"] > 2 * drawn["short brackets"]["bracket"] > 0


# The size of every display formula, of its root, and of the first bracket in it.
MEASURE = """() => [...document.querySelectorAll(".display math")].map(math => {
    const high = found => found ? found.getBoundingClientRect().height : 0;
    const { width, height } = math.getBoundingClientRect();
    return { width, height, root: high(math.querySelector("msqrt")), bracket: high([...math.querySelectorAll("mo")].find(mo => mo.textContent == "(")) };
})"""
