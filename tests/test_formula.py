"""Formulas as lines: what they say, and that each edition shows the same ones as their source."""

from __future__ import annotations

import time
import unicodedata

import pytest

from roundup.text import formula, linear


@pytest.mark.parametrize(
    ("words", "above", "below"),
    [
        ("", "", ""),
        ("2", "²", "₂"),
        ("−10", "⁻¹⁰", "₋₁₀"),
        ("th", "ᵗʰ", "ₜₕ"),
        ("abq", "^(abq)", "_(abq)"),
        ("max", "ᵐᵃˣ", "ₘₐₓ"),
        ("min", "ᵐⁱⁿ", "ₘᵢₙ"),
        ("opt!", "^(opt!)", "_(opt!)"),
        ("q", "^q", "_q"),
        ("1, 2", "^(1, 2)", "_(1, 2)"),
    ],
)
def test_words_are_raised_and_lowered_whole_or_in_brackets(words: str, above: str, below: str) -> None:
    assert (linear.raised(words), linear.lowered(words)) == (above, below)


DEEP = [r"\overset{a}{%s}", "x^{%s}", r"\frac{a}{%s}", r"\hat{%s}", r"\begin{matrix}%s\end{matrix}", r"\sqrt{%s}", r"\underbrace{%s}_a", r"{(%s)}_i^j"]


@pytest.mark.parametrize("shape", DEEP)
def test_what_is_nested_is_set_at_once_or_shown_as_its_source_everywhere(shape: str) -> None:
    """``\\overset`` once took twice as long with each level, and other shapes more of Python's stack than there is."""
    began = time.process_time()
    for times in (10, 20, 30, 60, 100, 150, 300):
        source = "x"
        for _ in range(times):
            source = shape.replace("%s", source)
        shown = {form(source) is None for form in (formula.mathml, linear.line, linear.line_html)}
        assert shown == {bool(formula.fault(source))}
        assert times > 10 or shown == {False}
        assert times < 60 or shown == {True}
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("x", ""),
        ("x" * 4001, "it has 4,001 characters, the limit is 4,000; split it"),
        ("x^{" * 50 + "x" + "}" * 50, "it is nested 52 deep, the limit is 40; give a part of it a name"),
        ("(" * 13, "13 of its brackets are never closed, the limit is 12; close them"),
        (r"\frac{a}", "it cannot be set (expected argument but reached end of input); mend its TeX"),
        (r"\left( x", r'it cannot be set (expected closing token "\right", but reached end of input); mend its TeX'),
        ("".join(rf"\un{letter} " for letter in "abcdefghijklm"), "it has more than 11 commands that are not known; write them out"),
        (r"\phantom{word}", "nothing of it is seen; write what it should show, or remove it"),
        (r"\label{eq:1}", "nothing of it is seen; write what it should show, or remove it"),
        (" ", "nothing of it is seen; write what it should show, or remove it"),
        (r"\unicode{x200d}", "nothing of it is seen; write what it should show, or remove it"),
        (r"\underline{\hat{}}", "nothing of it is seen; write what it should show, or remove it"),
        (r"\!", "nothing of it is seen; write what it should show, or remove it"),
        ("a\x01", "it holds a character that no page may hold; remove it"),
    ],
)
def test_a_formula_that_is_shown_as_its_source_says_why(source: str, why: str) -> None:
    assert formula.fault(source) == why
    assert {form(source) is None for form in (formula.mathml, linear.line, linear.line_html)} == {bool(why)}


@pytest.mark.parametrize("source", [r"\,", "~", r"\quad", r"\text{ }"])
def test_a_gap_alone_is_a_gap(source: str) -> None:
    """As in ``10$\\,$km``."""
    assert (linear.line(source), linear.line_html(source)) == (" ", " ")
    assert formula.mathml(source) is not None


LINES = {
    r"531,889": "531,889",
    r"1{,}000": "1,000",
    r"(1,2)": "(1, 2)",
    r"2\frac{1}{3}": "2(1/3)",
    r"x\frac{1}{y}z": "x(1/y)z",
    r"\frac{1}{2}+\frac{a}{b}": "1/2+a/b",
    r"\frac{d}{dx}f": "(d/dx)f",
    r"\frac{a}{b}!": "(a/b)!",
    r"\frac1n\sum_i x_i": "(1/n)∑ᵢxᵢ",
    r"\sqrt{x}y": "√x y",
    r"\sqrt{x}^2": "(√x)²",
    r"{e^x}^2": "(eˣ)²",
    r"\sqrt[3]{xy}": "∛(xy)",
    r"\underbrace{a+b}_n": "(a+b)ₙ",
    r"\hat{\theta_n}": "θ̂ₙ",
    r"\bar{x_i^2}": "x̄ᵢ²",
    r"\overline{x+y}": "overline(x+y)",
    r"\widehat{wxyz}": "hat(wxyz)",
}


@pytest.mark.parametrize("source", LINES)
def test_a_line_means_what_the_formula_does(source: str) -> None:
    """No neighbour is read into a fraction or under a root, no number becomes two, no mark is lost."""
    assert unicodedata.normalize("NFC", linear.line(source) or "") == unicodedata.normalize("NFC", LINES[source])
