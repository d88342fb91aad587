"""Templates that are compiled once in a process, though each command makes its environments anew: half of what a small build costs."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment


def compile_once() -> None:
    """From now on, have each template compiled once for each kind of environment, and what cannot be compiled each time."""
    real, known = Environment.compile, dict[tuple[object, ...], Any]()

    def compiled(self: Environment, *arguments: Any, **options: Any) -> Any:
        key = (type(self), self.finalize, *arguments, *sorted(options.items()))  # by what it finalizes with, ours are told apart
        if key not in known:
            known[key] = real(self, *arguments, **options)
        return known[key]

    Environment.compile = compiled  # type: ignore[method-assign]
