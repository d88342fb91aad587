"""arXiv's TeX as it comes out: a table of cases in each edition, and properties that hold of any text."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.text import drawn, formula, twin
from roundup.text.dollars import closing_dollar

PLAIN = {
    "A plain title: 50% of $5": "A plain title: 50% of $5",
    r"Erd\H{o}s--R\'enyi": "Erdős–Rényi",
    r"Schr{\"o}dinger's {BERT}": "Schrödinger's BERT",
    r"``quoted'' and `single'": "“quoted” and ‘single’",
    r"{\it in style} and \emph{in stress}": "in style and in stress",
    r"75\% of \$5 \& more\_or\_less": "75% of $5 & more_or_less",
    r"$\mathcal{O}(n \log n)$ time": "𝒪(n log n) time",
    r"$x<y$ and a<b": "x < y and a<b",
    r"the $\ell_2$-norm of $x \in \mathbb{R}^n$": "the ℓ₂-norm of x ∈ ℝⁿ",
    r"$\frac{a+b}{c}$, $10^{-3}$, $x_i^2$": "(a+b)/c, 10⁻³, xᵢ²",
    r"from \$5 to $10 a month": "from $5 to $10 a month",
    r"\alpha outside of dollars, \times too": "α outside of dollars, × too",
    r"$T^6$/\Z_3, a bare \u0161": "T⁶/ℤ₃, a bare u0161",
    r"we call it \ours{} and \textsc{Ours}": "we call it ours and Ours",
    r"see \url{https://example.org/a_b} or \href{https://example.org}{here}": "see https://example.org/a_b or here (https://example.org)",
    r"$\textbf{SAGE}$: a framework": "SAGE: a framework",
    r"up to~10 or (~3) times": "up to 10 or (∼3) times",
    r"85.9% on GPQA": "85.9% on GPQA",
    r"\begin{itemize}\item one \item two\end{itemize}": "• one • two",
    r"a formula that fails $\frac{a}$": r"a formula that fails $\frac{a}$",
    r"{{ 7*7 }} and {% raw %}": "{{ 7*7 }} and {% raw %}",
    r"cite \cite[Theorem 2]{key}": "cite [key, Theorem 2]",
    r"the --help option, 3--5 and more---less": "the --help option, 3–5 and more—less",
}


@pytest.mark.parametrize(("source", "shown"), PLAIN.items())
def test_plain(source: str, shown: str) -> None:
    assert drawn.plain(source) == shown


WHAT_BELONGS_TO_A_COMMAND = {
    r"by 10.5% \\ [Abridged due to arXiv limits]": "by 10.5% [Abridged due to arXiv limits]",
    r"one \\[2mm] two \\*[0.5\baselineskip] three \\[-.5 pt]four": "one two three four",
    r"one \\[sic] two \\[1]": "one [sic] two [1]",
    r"\cite[see][p. 3]{key}, \citep[][p. 3]{key}, \cite{key} [sic]": "[key, see, p. 3], [key, p. 3], [key] [sic]",
    r"one\footnote[2]{two} \footnote[sic]{three}": "one (two) [sic]three",
    r"\textcolor[rgb]{1,0,0}{red} \fcolorbox{red}{white}{boxed} {\color[HTML]{FF00FF} one} {\color{blue}{two}}": "red boxed one two",
    r"\textcolor{red}WARNING: \textcolor{mine}": "WARNING: mine",
    r"\textcolor{These are words} \textcolor{red} this \color{Some more}": "These are words this Some more",
    r"a\hspace{1cm}b\hspace*{0.5cm} c \vspace{-2mm plus 1pt} d \hskip 1cm e \kern-2pt f": "a b c d e f",
    r"\hspace{words here} one \hskip two \vspace": "words here one two",
    r"a \label{foo} b \label": "a b",
    r"\rule{1cm}{2pt}a \raisebox{2pt}{up} \begin{minipage}[t]{0.5\textwidth}b\end{minipage}": "a up b",
    r"\begin{tabular}{lc}a & b\end{tabular}": "a & b",
    r"\begin{tabular}[t]{|l|p{3cm}@{}r|*{3}{c}}a & b \\ \hline c\end{tabular}": "a & b c",
    r"\begin{tabularx}{\textwidth}{lX}a\end{tabularx} \begin{tabular}{Some words} b": "a Some words b",
    r"\begin{figure}[htb] a \begin{itemize}[leftmargin=*]\item b\item[c] d\end{itemize}": "a • b c d",
    r"\begin{theorem}[Main result] a \begin{The words} b": "[Main result] a The words b",
}


@pytest.mark.parametrize(("source", "shown"), WHAT_BELONGS_TO_A_COMMAND.items())
def test_what_belongs_to_a_command_goes_where_it_is_no_word(source: str, shown: str) -> None:
    assert drawn.plain(source) == shown
    assert html.unescape(" ".join(re.sub(r"<[^>]*>", " ", str(drawn.web(source))).split())) == shown


ESCAPED_TWICE = {
    r"Schr\\\"odinger, M\\\"{o}ssbauer and L\\'evy": "Schrödinger, Mössbauer and Lévy",
    r"SCHR\\\"ODINGER": "SCHRÖDINGER",
    r"Sch\\ürmann, {\Ł}. M\óczy and S{\ø}ren, a line \\Über, a line\\Étale": "Schürmann, Ł. Móczy and Søren, a line Über, a line Étale",
    r"a line \\\'Etale, a line\\\"Uber": "a line Étale, a line Über",
    r"the end\\\"q and \\\"": 'the end "q and "',
}


@pytest.mark.parametrize(("source", "shown"), ESCAPED_TWICE.items())
def test_an_accent_escaped_twice_is_told_from_a_new_line(source: str, shown: str) -> None:
    assert drawn.plain(source) == shown


ADDRESSES = {
    r"\href{ftp://x.org/z}{our archive}": ("our archive (ftp://x.org/z)", "our archive (ftp://x.org/z)"),
    r"\href{github}{https://x.org/}": ('<a href="https://x.org/">https://x.org/</a> (github)', "https://x.org/ (github)"),
    r"\href{mailto:a@b.org}{mail}": ('<a href="mailto:a@b.org">mail</a>', "mail (a@b.org)"),
    r"\href{mailto:a@b.org}{a@b.org}": ('<a href="mailto:a@b.org">a@b.org</a>', "a@b.org"),
    r"\href{mailto:a b}{mail}": ("mail (mailto:a b)", "mail (mailto:a b)"),
    r"\href{ https://x.org/}{here}": ('<a href="https://x.org/">here</a>', "here (https://x.org/)"),
    r"\href{https://x.org/}{}": ('<a href="https://x.org/">https://x.org/</a>', "https://x.org/"),
    r"\href{ftp://x.org}{ftp://x.org} \href{}{x}": ("ftp://x.org x", "ftp://x.org x"),
    r"\url{mailto:a@b.org}": ('<a href="mailto:a@b.org">mailto:a@b.org</a>', "mailto:a@b.org"),
}


@pytest.mark.parametrize("source", ADDRESSES)
def test_an_address_lives_or_stands_behind_its_words(source: str) -> None:
    page, letters = ADDRESSES[source]
    assert (str(drawn.web(source)), drawn.plain(source)) == (page, letters)
    assert str(drawn.mail(source)) == page


SCRIPTS = {
    r"R_{500} of T_{eff}": "R₅₀₀ of T_(eff)",
    r"|U_{e3}|^2 and a\textsubscript{x}": "|Uₑ₃|^2 and aₓ",
    r"10^{-3}, x^{abq}, 5\textsuperscript{th}": "10⁻³, x^(abq), 5ᵗʰ",
    r"\textsuperscript{\emph{2}} \textsuperscript{$\alpha$} \textsubscript{50%} x_{a b}": "² ᵅ _(50%) x_(a b)",
    r"x_{} and x_{\}": "x_ and x_}",
}


@pytest.mark.parametrize(("source", "shown"), SCRIPTS.items())
def test_a_script_keeps_its_place_in_plain_text_and_markdown(source: str, shown: str) -> None:
    assert drawn.plain(source) == shown
    assert re.sub(r"\\([|_*^])", r"\1", str(twin.words(source))) == shown


def test_a_formula_without_dollars_stands_in_its_line() -> None:
    assert str(drawn.web(r"an \alpha b")) == 'an <math alttext="\\alpha"><mi>α</mi></math> b'


WITHOUT_BRACES = {
    r"\frac12 x, \frac1{12}, \sqrt 2 and \sqrt{3}": "1/2 x, 1/12, √2 and √3",
    r"\sqrt 25, \sqrt and, \frac, \frac1": "sqrt 25, sqrt and, frac, frac1",
    r"\substack{i<j\\k}": "i<j k",
    r"\verb|x_y| and \verb!a|b! and \verb none": "x_y and a|b and verb none",
}


@pytest.mark.parametrize(("source", "shown"), WITHOUT_BRACES.items())
def test_an_argument_needs_no_braces(source: str, shown: str) -> None:
    assert drawn.plain(source) == shown


def test_verbatim_words_are_code() -> None:
    assert str(drawn.web(r"\verb|x_y$|")) == "<code>x_y$</code>"
    assert str(twin.words(r"\verb|x_y$|")) == "`x_y$`"


WEB = {
    r"$x<y$ \& \emph{b}": '<math alttext="x&lt;y"><mi>x</mi><mo>&lt;</mo><mi>y</mi></math> &amp; <em>b</em>',
    r"<script>$\frac{a}$": r"&lt;script&gt;<code>$\frac{a}$</code>",
    r"\href{javascript:alert(1)}{x}": "x",
    r"$\text{<b>}$": '<math alttext="\\text{&lt;b&gt;}"><mtext>&lt;b&gt;</mtext></math>',
}


LOOK_ALIKE = "https://\u0430rxiv.org/abs/1"


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (drawn.web, f'see <a href="{LOOK_ALIKE}">arXiv</a> <code>xn--rxiv-43d.org</code>'),
        (drawn.mail, f'see <a href="{LOOK_ALIKE}">arXiv</a> <code>xn--rxiv-43d.org</code>'),
        (drawn.plain, f"see arXiv ({LOOK_ALIKE}, xn--rxiv-43d.org)"),
        (drawn.web_title, "see arXiv"),
        (twin.text, f"see [arXiv]({LOOK_ALIKE}) `xn--rxiv-43d.org`"),
        (twin.words, "see arXiv"),
    ],
)
def test_a_link_to_a_look_alike_says_where_it_leads(form: Callable[[str], str], shown: str) -> None:
    assert str(form(rf"see \href{{{LOOK_ALIKE}}}{{arXiv}}")) == shown


@pytest.mark.parametrize(("source", "shown"), WEB.items())
def test_web(source: str, shown: str) -> None:
    assert str(drawn.web(source)) == shown


MARKDOWN = {
    r"On $x<y$ & \emph{other} things": "On $x< y$ & *other* things",
    r"Erd\H{o}s and *stars*": r"Erdős and \*stars\*",
    r"10^{-3} of \texttt{a_b}": "10⁻³ of `a_b`",
    r"\texttt{a_b $x$ \emph{c}}": r"a_b $x$ *c*",
}


@pytest.mark.parametrize(("source", "shown"), MARKDOWN.items())
def test_markdown(source: str, shown: str) -> None:
    assert str(twin.words(source)) == shown


TEX = st.lists(
    st.sampled_from([*"ab1 ${}\\^_~`'-%&<>\"", "\\frac", "\\emph{", "\\begin{", "$$", "\\(", "\\)", "\\item", "\\H{o}", "https://e.org/a"]), max_size=60
).map("".join)


@given(TEX)
def test_any_text_comes_out_in_every_edition(text: str) -> None:
    """No exception, no live tag but ours, and what is no TeX is kept to the letter."""
    page = str(drawn.web(text))
    tags = {match[1] for match in re.finditer(r"</?([A-Za-z]+)", page)}
    assert tags <= {"em", "strong", "code", "sup", "sub", "br", "a", "span", *formula.ELEMENTS}
    assert "javascript:" not in page
    drawn.plain(text), drawn.mail(text), twin.words(text)
    if not re.search(r"[\\$`{}~^_]|--|''", text):
        assert html.unescape(re.sub(r"<[^>]*>", "", page)) == text
        assert drawn.plain(text) == " ".join(text.split())


@given(TEX)
def test_a_formula_is_well_formed_or_shown_as_its_source(source: str) -> None:
    made = formula.mathml(source)
    if made is not None:
        assert ElementTree.fromstring(made).get("alttext") == source


@pytest.mark.parametrize("part", ["\\", "{", "}", "$", "`", "~", "\\a{", "\\begin{", "\\href{", "$x", "_{", '\\"', "\\[", "\\kern", "1", "\\kern1", "\\textcolor{red}", "\\begin{tabular}{l"])
def test_what_is_endless_costs_no_time(part: str) -> None:
    began = time.process_time()
    drawn.plain.__wrapped__(part * (65_536 // len(part)))
    assert time.process_time() - began < 1


def test_money_is_no_formula() -> None:
    assert closing_dollar("$5 for two or $6", 0, 16) == -1
    assert closing_dollar("$x$ 5", 0, 5) == 2
    assert closing_dollar(r"$\sim$350", 0, 9) == 5


@pytest.mark.parametrize("bracket", ["[", "(", r"\lvert ", r"[\text{]}"])
def test_brackets_that_stay_open_cost_no_time(bracket: str) -> None:
    """math-core takes twice as long with each: 48 s with 30. No formula of the shared corpus has more than two."""
    began = time.process_time()
    assert formula.mathml(bracket * 12) is not None
    assert formula.mathml(bracket * 13) is None
    assert formula.mathml(f"{bracket}x" * 1000) is None
    assert formula.mathml(r"\left[0,1\right) \{x\} f(x) [a]" * 20) is not None
    assert time.process_time() - began < 1
