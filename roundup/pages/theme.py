"""Templates + what a page shows -> text. Escaping is always on, in the terms of the edition that is drawn.

A template of the digest replaces the built-in one of its name, or only a block of it: ``{% extends "roundup/issue.html" %}``.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from types import BuiltinMethodType
from typing import Any, Protocol, TypeVar

from jinja2 import BaseLoader, BytecodeCache, Environment, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape
from msgspec import Struct, field

from roundup.errors import Location, Problem, SourceError, nearest
from roundup.text import twin
from roundup.text.plain import paragraph, quoted, underlined
from roundup.text.visible import isolated, visible
from roundup.themes import Theme

BUILT_IN = "roundup/"  # before a template's name: the built-in one, whatever the digest has
_PLAIN = re.compile("[ !#-%(-;=?-~]*")  # ASCII that can be seen, and that means nothing to HTML
_NAMES_ALONE = re.compile(r"[^{}]*(?:\{\w*\}[^{}]*)*")
_DRAWN = (".html", ".md", ".txt", ".xml", ".svg")
Show = dict[str, Any]
Piece = TypeVar("Piece")


class Kept(Protocol):
    def __call__(self, piece: Callable[..., Piece], /, *about: Hashable) -> Piece: ...


def _piece(piece: Callable[..., Piece], /, *about: Hashable) -> Piece:
    return piece(*about)


class Drawing(Struct, frozen=True, eq=False):
    """The templates made ready, once a run: an environment each for HTML and XML, for Markdown and for plain text.

    ``rows(piece, *about)`` is ``piece(*about)``, and likewise the next two, for what stands in several outputs.
    """

    html: Environment
    markdown: Environment
    plain: Environment
    theme: Theme
    rows: Kept  # of lists, about 3 kB each
    entries: Kept  # of feeds, about 20 kB each
    letters: Kept = field(default_factory=lambda: lru_cache(2)(_piece))  # of the issue that is drawn: its texts, and its mail

    def of(self, template: str) -> Environment:
        """Return the environment of a template, by the end of its name."""
        return self.markdown if template.endswith(".md") else self.plain if template.endswith(".txt") else self.html


def drawing(theme: Theme, rows: Kept | None = None, entries: Kept | None = None, code: Callable[[str], BytecodeCache | None] = lambda edition: None) -> Drawing:
    """Return the environments that draw with ``theme``, and what keeps pieces that stand on many pages; ``code(edition)`` keeps compiled templates."""
    html = _environment(theme, _shown, _escaped, code("html"))
    markdown = _environment(theme, _shown_in_markdown, _shown_in_markdown, code("markdown"))
    markdown.filters["address"] = twin.address
    markdown.filters["quoted"] = twin.quoted
    plain = _environment(theme, _shown_in_plain, _shown_in_plain, code("plain"))
    for name, put in (("filled", paragraph), ("quoted", quoted), ("underlined", underlined)):
        plain.filters[name] = _over_shown(put)
    return Drawing(html, markdown, plain, theme, rows or lru_cache(3000)(_piece), entries or lru_cache(500)(_piece))


def compiled(ready: Drawing) -> Drawing:
    """Return the same with all templates compiled; what is wrong with one is told where it draws."""
    for name in {**ready.theme.built_in, **ready.theme.own}:
        if name.endswith(_DRAWN):
            with suppress(TemplateError, RecursionError):
                ready.of(name).get_template(name)
    return ready


class _Compiler(CodeGenerator):
    """Writes what Jinja's does, but one call where that has two, to finalize a value and to escape it; they took a third of drawing.

    Where a release of Jinja asked for none of this, its own two calls would do the same.
    """

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _is_escaped(frame):
            self.write("environment.shown(")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if _is_escaped(frame):
            self.write(")")
        else:
            super()._output_child_post(node, frame, finalize)


def _is_escaped(frame: Frame) -> bool:
    return frame.eval_ctx.autoescape and not frame.eval_ctx.volatile


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, without its questions about facts of our own values: they took a third of a page's time.

    Everything else it asks about each time, methods of text above all.
    """

    code_generator_class = _Compiler
    shown: Callable[[Any], str]  # a value as it stands in the edition

    def getattr(self, obj: Any, attribute: str) -> Any:
        return getattr(obj, attribute) if attribute in _FACTS[type(obj)] else super().getattr(obj, attribute)

    def wrap_str_format(self, value: Any) -> Any:
        """Return ``format`` of a text as it is, where names alone are filled in and nothing in them is reached for; else what Jinja has for it."""
        is_text = type(value) is BuiltinMethodType and type(value.__self__) is str and value.__name__ == "format"
        return value if is_text and _NAMES_ALONE.fullmatch(value.__self__) else super().wrap_str_format(value)


class _Facts(dict[type, frozenset[str]]):
    """By type the attributes that are safe in whatever value: public fields and properties of our own, and those of a loop."""

    def __missing__(self, kind: type) -> frozenset[str]:
        ours = set(kind.__struct_fields__) if issubclass(kind, Struct) else set()
        if ours or kind is LoopContext:
            ours |= {name for one in kind.__mro__ for name, what in vars(one).items() if isinstance(what, property | cached_property)}
        return self.setdefault(kind, frozenset(name for name in ours if not name.startswith("_")))


_FACTS = _Facts()


def _environment(theme: Theme, finalize: Callable[[Any], Any], shown: Callable[[Any], str], code: BytecodeCache | None) -> Environment:
    # autoescape is True, never by file name: Jinja's usual choice leaves issue.html.j2 unescaped
    # and sandboxed: a contributor's template may draw, not act (in the plain environment one ran a shell command)
    environment = _Sandbox(
        loader=_Loader(theme), autoescape=True, undefined=StrictUndefined, finalize=finalize,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, auto_reload=False, bytecode_cache=code,
    )  # fmt: skip
    environment.shown = shown
    environment.globals["words"] = theme.language  # known in every template and in the pieces that they share
    return environment


def _shown(value: Any) -> Any:
    return visible(value) if type(value) is str else value


def _escaped(value: Any) -> str:
    kind = type(value)
    return value if kind is Markup or (kind is str and _PLAIN.fullmatch(value)) else escape(_shown(value))


def _shown_in_markdown(value: Any) -> Markup:
    """Markup is what is safe in this edition, Markdown that we wrote; all else is escaped as Markdown, not as HTML."""
    return value if isinstance(value, Markup) else twin.escaped(str(value))


def _shown_in_plain(value: Any) -> Markup:
    return value if isinstance(value, Markup) else Markup(isolated(re.sub(r"\s+", " ", visible(str(value)))))  # noqa: S704 - safe in plain text


def _over_shown(put: Callable[..., Markup]) -> Callable[..., Markup]:
    """Return a filter over what a template would show: what cannot be seen is gone before it is set in lines."""
    return lambda value, *more: put(_shown_in_plain(value), *more)


class _Loader(BaseLoader):
    def __init__(self, theme: Theme) -> None:
        self.theme = theme

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool]]:
        name = template.removeprefix(BUILT_IN)
        if template == name and name in self.theme.own:
            return self.theme.own[name], f"templates/{name}", lambda: True
        if name in self.theme.built_in:
            return self.theme.built_in[name], f"{BUILT_IN}{name}", lambda: True
        raise TemplateNotFound(template)


def draw(drawing: Drawing, name: str, what: str, show: Mapping[str, Any]) -> str:
    """Return the template's text. SourceError names template, line, the page that is drawn and what is known there."""
    environment = drawing.of(name)
    try:
        return environment.get_template(name).render(show)
    except TemplateSyntaxError as error:
        raise SourceError([_syntax_problem(error, name)]) from error
    except TemplateNotFound as error:
        there = [*drawing.theme.own, *(BUILT_IN + n for n in drawing.theme.built_in)]
        where = Location(*_failing(error, name))
        raise SourceError([Problem(where, f'there is no template "{error.name}"{nearest(str(error.name), there)}')]) from error
    except RecursionError as error:
        what = f'a template extends itself; write {{% extends "{BUILT_IN}{name}" %}} for the built-in one'
        raise SourceError([Problem(Location(f"templates/{name}"), what)]) from error
    except Exception as error:  # a template can raise anything that the values in it raise
        where = Location(*_failing(error, name))
        known = ", ".join(sorted(show))
        raise SourceError([Problem(where, f"{_meaning(error)} while rendering {what}; known here: {known}")]) from error


def unfit_templates(theme: Theme) -> Iterator[Problem]:
    """Yield what can be told of the digest's own templates without drawing: what is none, and what none of ours is called."""
    ready = drawing(theme)
    for name in theme.own:
        if name.endswith(_DRAWN):
            try:
                ready.of(name).get_template(name)
            except TemplateSyntaxError as error:
                yield _syntax_problem(error, name)
            yield from _missing_pieces(ready, name)
        if name not in theme.built_in and (hint := nearest(name, theme.built_in)):
            yield Problem(Location(f"templates/{name}"), f"replaces no template of ours{hint}")


def _missing_pieces(ready: Drawing, name: str) -> Iterator[Problem]:
    """Yield what a template builds on that is not there: a template, or a block in which its words would be shown."""
    try:
        tree = ready.html.parse(ready.theme.own[name])
        there = {*ready.theme.own, *ready.theme.built_in, *(BUILT_IN + n for n in ready.theme.built_in)}
        for referenced in sorted(filter(None, meta.find_referenced_templates(tree))):
            if referenced not in there:
                yield Problem(Location(f"templates/{name}"), f'there is no template "{referenced}"{nearest(referenced, sorted(there))}')
        parent = next(iter(tree.find_all(nodes.Extends)), None)
        blocks = _blocks(ready, parent) if parent else set()
    except TemplateSyntaxError:
        return
    for node in tree.body:
        if parent and isinstance(node, nodes.Block) and node.name not in blocks:
            hint = nearest(node.name, sorted(blocks)) or f"; there are {', '.join(sorted(blocks)) or 'none'}"
            yield Problem(Location(f"templates/{name}", node.lineno), f'block "{node.name}" is shown nowhere{hint}')


def _blocks(ready: Drawing, parent: nodes.Extends | None) -> set[str]:
    """Return the blocks of the template that is extended, and of those that it extends in turn."""
    found: set[str] = set()
    seen: set[str] = set()
    while parent and isinstance(parent.template, nodes.Const) and (path := str(parent.template.value)) not in seen:
        seen.add(path)
        own = "" if path.startswith(BUILT_IN) else ready.theme.own.get(path, "")
        tree = ready.html.parse(own or ready.theme.built_in.get(path.removeprefix(BUILT_IN), ""))
        found |= {block.name for block in tree.find_all(nodes.Block)}
        parent = next(iter(tree.find_all(nodes.Extends)), None)
    return found


def _syntax_problem(error: TemplateSyntaxError, name: str) -> Problem:
    path = error.filename or error.name or name
    where = Location(path if path.startswith(("templates/", BUILT_IN)) else f"templates/{path}", error.lineno)
    return Problem(where, _sentence(error.message or "not a template"))


def _failing(error: Exception, name: str) -> tuple[str, int]:
    """Return the innermost template line that the error passed through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(("templates/", BUILT_IN))]
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else (f"templates/{name}", 0)


def _meaning(error: Exception) -> str:
    said = _sentence(str(error))
    if isinstance(error, UndefinedError):
        if match := re.fullmatch(r"'([^']*)' is undefined", said):
            return f'"{match[1]}" is undefined'
        if match := re.fullmatch(r"'.*' has no attribute '([^']*)'", said):
            return f'a value here has no "{match[1]}"'
    if isinstance(error, TemplateError):
        return said
    return f"{type(error).__name__}: {said}"


def _sentence(text: str) -> str:
    """Return Jinja's words as our messages have them: no capital at the start, no stop at the end."""
    text = re.sub(r"\. (\w+)", lambda m: f"; {m[1] if m[1] == 'Jinja' else m[1].lower()}", text.strip().rstrip(".").replace("\n", " "))
    return text if text[:2].isupper() else text[:1].lower() + text[1:]
