"""arXiv's text as the value of a BibTeX field: a table of cases, and properties that hold of any text."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.text import bibtex
from roundup.text.drawn import plain
from roundup.text.visible import one_line

CAPITALS = {
    "From Sparse to Soft Mixtures of Experts": "From Sparse to Soft Mixtures of Experts",
    "On the heat flow of Gaussian measures": "On the heat flow of {Gaussian} measures",
    "Flows on Riemannian manifolds: Existence of Navier-Stokes solutions": "Flows on {Riemannian} manifolds: Existence of {Navier-Stokes} solutions",
    "BERT, ResNet and GPT-4: A Study": "{BERT}, {ResNet} and {GPT}-4: A Study",
    "The U-Net, the X-ray and DeepThought-R1 of O'Brien": "The {U-Net}, the {X-ray} and {DeepThought-R1} of {O'Brien}",
    "Vitamin C: A Story of a Plan B": "Vitamin {C}: A Story of a Plan {B}",
    "Attention-driven Learning between Modalities of LLMs": "Attention-driven Learning between Modalities of {LLMs}",
    "Attention Is All You Need": "Attention Is All You Need",
    "Über die Theorie der linearen und kleinen Zahlen": "Über die {Theorie} der linearen und kleinen {Zahlen}",
    "$K$-Means is a thing of Young": "{$K$}-{Means} is a thing of {Young}",
}
SIGNS = {
    "82% of Q & A #1, a_b": r"82\% of Q \& A \#1, a\_b",
    r"75\% of \$5 \& more\_or\_less": r"75\% of \$5 \& more\_or\_less",
    "1<z<2 | a^b": r"1\textless{}z\textless{}2 \textbar{} a\textasciicircum{}b",
    "{{ own }} and {odd} and }": r"\textbraceleft{}\textbraceleft{} own \textbraceright{}\textbraceright{} and odd and",
    "a backslash\\": r"a backslash\textbackslash{}",
    "the --help of B --> K*": r"the -{}-help of B -{}-\textgreater{} K*",
    "~5 of Fig.~3": r"{$\sim$}5 of Fig.~3",
    "a\x00b\u202ec\nd\u2028e": "abc d e",
    "@article{x,": "@articlex,",
}
TEX = {
    r"Schr{\"o}dinger, Erd\H{o}s--R\'enyi and ``quotes''": "Schrödinger, Erdős–Rényi and “quotes”",
    r"\emph{Big $x$}, {\bf Bold}, \texttt{a_b}": r"\emph{Big {$x$}}, \textbf{Bold}, \texttt{a\_b}",
    r"10^{-3} and CO\textsubscript{2}": r"10\textsuperscript{−3} and CO\textsubscript{2}",
    r"\url{https://e.org/a_b}, \href{https://e.org}{here} \\ next": r"https://e.org/a\_b, here (https://e.org) next",
}
FORMULAS = {
    r"$\Delta$ and $$x$$ and \(y\) and \alpha": r"{$\Delta$} and {$x$} and {$y$} and {$\alpha$}",
    r"$50%$ or $50\%$": r"{$50\%$} or {$50\%$}",
    r"$\{0,1\}$ and $\{0,1]$ and $\left\{ x \right.$": r"{$\{0,1\}$} and {$\lbrace 0,1]$} and {$\left\lbrace x \right.$}",
    r"$\begin{cases} a & b\\ c & d\end{cases}$": r"{$\begin{cases} a & b\\ c & d\end{cases}$}",
    r"\(\text{a $b$}\)": r"a b",
    r"$\frac{a}$ fails, and so does $x\$": r"\$\textbackslash{}frac\textbraceleft{}a\textbraceright{}\$ fails, and so does \$x\textbackslash{}\$",
    "$5 or $6": r"\$5 or \$6",
}


@pytest.mark.parametrize(("text", "value"), CAPITALS.items())
def test_a_title_keeps_the_capitals_that_it_needs(text: str, value: str) -> None:
    assert bibtex.title(text) == value


@pytest.mark.parametrize(("text", "value"), (SIGNS | TEX | FORMULAS).items())
def test_words_are_what_tex_can_set(text: str, value: str) -> None:
    assert bibtex.words(text) == value


TEXTS = st.text() | st.lists(st.sampled_from([*"aB1 ${}\\^_~`'-%&<>|#@\",:\n", "\\frac", "\\emph{", "\\{", "\\}", "$$", "\\(", "\\)", "\\H{o}", "https://e.org/a", "ResNet"])).map("".join)


@given(TEXTS)
def test_any_text_is_a_value(text: str) -> None:
    """Braces are balanced to programs of both kinds, no sign of TeX's is bare, and all is on one line."""
    for value in (bibtex.title(text), bibtex.words(text)):
        assert value == one_line(value)
        for brace in (r"[{}]", r"(?<!\\)[{}]"):
            depths = [0]
            for found in re.findall(brace, value):
                depths.append(depths[-1] + (1 if found == "{" else -1))
            assert min(depths) == depths[-1] == 0
        outside = re.sub(r"\{\$.*?(?<!\\)\$\}|\\[%#&_$]|\\[a-z]+|[{}]", " ", value)
        assert not re.search(r"[\\$&%#_^<>|]|--", outside)


@given(st.text())
def test_plain_text_reads_as_it_was(text: str) -> None:
    letters = plain(text)
    assert plain(bibtex.escaped(letters)).replace("∼", "~") == letters.replace("∼", "~")


@pytest.mark.parametrize("part", ["{", "}", "\\", "A", "A ", "A-", "A'", "a: ", "$x$", "\\{", "-", "%"])
def test_what_is_endless_costs_no_time(part: str) -> None:
    began = time.process_time()
    bibtex.title(part * (65_536 // len(part)))
    assert time.process_time() - began < 2
