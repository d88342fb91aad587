"""Templates may draw, and not act: the sandbox stops what it always stopped, however seldom it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from roundup.pages.theme import drawing
from roundup.pages.views import Anchor, Names
from roundup.text.language import ENGLISH
from roundup.text.visible import visible
from roundup.themes import Theme

READY = drawing(Theme({}))
JINJAS = ImmutableSandboxedEnvironment(autoescape=True, undefined=READY.html.undefined)


@dataclass(frozen=True)
class Fact:
    words: str = "seen"
    _hidden: str = "unseen"

    @property
    def shown(self) -> str:
        return f"{self.words} {self._private}"

    @property
    def _private(self) -> str:
        return "in private"

    @cached_property
    def kept(self) -> str:
        return "kept"

    def said(self) -> str:
        return "said"


SHOW: dict[str, Any] = {"fact": Fact(), "names": Names((Anchor("a.html", "Ann"),)), "words": ENGLISH, "rows": [1, 2], "table": {"a": 1}, "kind": Fact}


def outcome(environment: Any, source: str) -> str:
    """Return what is drawn, or the kind of the error and what it says."""
    try:
        drawn: str = environment.from_string(source).render(SHOW)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return drawn


ATTACKS = (
    "fact.__class__", "fact.__class__.__mro__", "fact.__dict__", "fact.__init__.__globals__", "fact._hidden", "fact._private", "fact.said.__func__",
    "fact.said.__globals__", "fact.__dataclass_fields__", "fact.__match_args__", "kind.mro()", "kind.__subclasses__()", "kind.__init__.__globals__",
    "names.__slots__", "names.first.__class__", "''.__class__.mro()", "words.draft.__class__", "words.papers.of.__globals__", "words.papers.of.__func__",
    "fact['__class__']", "fact['_hidden']", "fact|attr('__class__')", "fact|attr('_hidden')", "[fact]|map(attribute='__class__')|first",
    "'{0.__class__}'.format(fact)", "'{0._hidden}'.format(fact)", "'{f.__class__}'.format_map({'f': fact})", "'{0.said.__globals__}'.format(fact)",
    "('{0.__class__}'|safe).format(fact)", "'{0[__class__]}'.format(fact)", "'{0!r:{1.__class__}}'.format(1, fact)", "'{a}{f.__class__}'.format(a=1, f=fact)", "words.draft.format.__self__.__class__", "'{0.__class__.mro}'|format(fact)", "range(10000000)|length",
    "rows.append(3)", "rows.clear()", "table.update({'b': 2})", "table.pop('a')", "cycler.__init__.__globals__", "lipsum.__globals__", "joiner.__class__",
    "self.__init__", "(rows|map('string')).gi_frame", "(rows|select).gi_code",
)  # fmt: skip
INSIDE = ("loop.__class__", "loop._iterable", "loop._iterator", "loop.__init__.__globals__", "loop.cycle.__globals__", "loop.nextitem.__class__")


@pytest.mark.parametrize("environment", [READY.html, READY.markdown, READY.plain])
@pytest.mark.parametrize("source", [*(f"{{{{ {one} }}}}" for one in ATTACKS), *(f"{{% for one in rows %}}{{{{ {one} }}}}{{% endfor %}}" for one in INSIDE)])
def test_no_template_gets_behind_a_value(source: str, environment: Any) -> None:
    for _ in range(2):  # what was asked once is answered from memory
        assert (said := outcome(environment, source)).startswith(("SecurityError: ", "UndefinedError: ", "OverflowError: ", "TypeError: ")), said
        assert said == outcome(JINJAS, source)
    assert (SHOW["rows"], SHOW["table"]) == ([1, 2], {"a": 1})


FACTS = {
    "fact.words": "seen", "fact.shown": "seen in private", "fact.kept": "kept", "fact.said()": "said", "names.everyone|length": "1",
    "names.first[0].title": "Ann", "words.papers.of(3)": "3 papers", "words.rated.format(rating=2)": "rated 2",
    "'{} {1}'.replace(' {1}', '').format(3)": "3", "'{{{a:>3}}}'.format(a=1)": "{  1}", "'<{a}>'.format(a='<')|safe": "<<>",
}  # fmt: skip


@pytest.mark.parametrize("name", FACTS)
def test_facts_and_safe_methods_are_at_hand(name: str) -> None:
    assert [outcome(environment, f"{{{{ {name} }}}}") for environment in (READY.html, JINJAS)] == [FACTS[name]] * 2


SHOWN = ["words", "a & b", "<b>", "it's", '"x"', "é", "\x00\u202e", "line\nline", "", 5, None, 2.5, Markup("<i>&amp;</i>"), ("a<", 1), *map(chr, range(0x100))]


def test_a_value_is_shown_as_jinja_would_finalize_and_escape_it() -> None:
    """By one call in place of two; where ``autoescape`` is not known as the template is compiled, by Jinja's own."""
    for value in SHOWN:
        wanted = str(escape(visible(value) if type(value) is str else value))
        assert READY.html.from_string("{{ value }}").render(value=value) == wanted
        assert READY.html.from_string("{% set on = true %}{% autoescape on %}{{ value }}{% endautoescape %}").render(value=value) == wanted
