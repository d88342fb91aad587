"""Code in a language that is named -> HTML in a few colours, by Pygments' own lexers. Total: what cannot be coloured is the code, whole.

A language is never guessed, and plug-ins are never asked: the same commentary gives the same bytes on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from itertools import groupby
from operator import itemgetter

# What is left as it is: some lexers take time with the square of a block's length, or with the cube of the blanks in a row.
LONGEST = 4000  # characters, a hundred lines
_BLANKS = re.compile(r"\s{60}")

# Pygments' classes, and the names that editors know the languages by: a list, for some others look for plug-ins by what the code
# says, and some take seconds over a line of one sign. What was measured of these stands in docs/design.md.
_LEXERS = {
    "BashLexer": "bash sh shell zsh", "BashSessionLexer": "console", "BibTeXLexer": "bibtex bib", "CLexer": "c", "CMakeLexer": "cmake",
    "CommonLispLexer": "lisp", "CppLexer": "cpp c++", "CssLexer": "css", "CudaLexer": "cuda cu", "DiffLexer": "diff udiff patch",
    "DockerLexer": "docker dockerfile", "FortranLexer": "fortran f90", "GoLexer": "go golang", "HaskellLexer": "haskell hs", "HtmlLexer": "html",
    "JavaLexer": "java", "JavascriptLexer": "javascript js", "JsonLexer": "json jsonl", "JuliaLexer": "julia jl", "KotlinLexer": "kotlin kt",
    "Lean4Lexer": "lean lean4", "LlvmLexer": "llvm", "LuaLexer": "lua", "MakefileLexer": "make makefile", "MatlabLexer": "matlab", "MojoLexer": "mojo",
    "OcamlLexer": "ocaml", "PerlLexer": "perl", "ProtoBufLexer": "protobuf proto", "PythonConsoleLexer": "pycon", "PythonLexer": "python py python3",
    "PythonTracebackLexer": "pytb", "RocqLexer": "rocq coq", "RubyLexer": "ruby rb", "RustLexer": "rust rs", "SLexer": "r", "SqlLexer": "sql",
    "SwiftLexer": "swift", "TOMLLexer": "toml", "TexLexer": "latex tex", "TypeScriptLexer": "typescript ts", "XmlLexer": "xml", "YamlLexer": "yaml yml",
}  # fmt: skip
_NAMES = {name: lexer for lexer, names in _LEXERS.items() for name in names.split()}

# Pygments' kinds of tokens, and the one letter that templates/roundup.css colours: comment, keyword, string, number, name.
# What a diff deletes and inserts, d and i, shares the colours of keywords and strings.
_KINDS = {
    "Comment": "c", "Comment.Preproc": "k", "Comment.PreprocFile": "s", "Keyword": "k", "Keyword.Constant": "n", "Operator.Word": "k",
    "Literal.Date": "n", "Literal.String": "s", "Literal.Number": "n", "Name.Function": "f", "Name.Class": "f", "Name.Decorator": "f",
    "Name.Tag": "f", "Name.Attribute": "f", "Name.Property": "f", "Generic.Heading": "f", "Generic.Subheading": "f",
    "Generic.Prompt": "c", "Generic.Deleted": "d", "Generic.Inserted": "i", "Generic.Error": "k", "Generic.Traceback": "k",
}  # fmt: skip


def language(info: str) -> str:
    """Return the language that a fence names: ``python title=x``, ``{.python}`` and ``python`` name the same."""
    return next(iter(info.split()), "").strip("{}.")


@lru_cache(maxsize=256)
def coloured(source: str, name: str) -> str:
    """Return code as HTML, its words in spans where its language is one of ours."""
    lexer = _NAMES.get(name.lower())
    if lexer is None or len(source) > LONGEST or _BLANKS.search(source):
        return escape(source)
    try:
        spans = [(kind, "".join(text for _, text in run)) for kind, run in groupby(_tokens(source, lexer), itemgetter(0))]
    except Exception:  # a lexer is a stranger's program over a stranger's text
        return escape(source)
    if "".join(text for _, text in spans) != source:
        return escape(source)
    return "".join(f'<span class="{kind}">{escape(text)}</span>' if kind else escape(text) for kind, text in spans)


def _tokens(source: str, lexer: str) -> Iterator[tuple[str, str]]:
    """Yield each token with the letter of its kind."""
    from pygments import lexers  # only code in a language pays for it

    made = getattr(lexers, lexer)(stripnl=False, ensurenl=False)
    for kind, text in made.get_tokens(source):
        yield _letter(str(kind).removeprefix("Token.")), text


@lru_cache(maxsize=256)
def _letter(kind: str) -> str:
    """Return the letter of the nearest kind that has one; nothing for names and punctuation, which stay in ink."""
    while kind and kind not in _KINDS:
        kind = kind.rpartition(".")[0]
    return _KINDS.get(kind, "")
