"""A request that meets a fault, and what a fault is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .answer import Answer, Arguments
from .log import Request
from .wire import Raw, packed

if TYPE_CHECKING:
    from .server import ReplayServer


@dataclass(frozen=True)
class Scene:
    """What a fault may use. ``pause`` waits some seconds, and raises when the server closes or the asker hangs up."""

    server: ReplayServer
    request: Request
    arguments: Arguments
    options: Mapping[str, Any]
    pause: Callable[[float], None]

    def true(self, **changes: str) -> Answer:
        """Return the true answer, to the request as it came or with some arguments changed."""
        arguments = {**self.arguments, **{name: (value,) for name, value in changes.items()}}
        return self.server.respond(self.request.path, arguments)

    def sent(self) -> Answer:
        """Return the true answer packed as this asker would get it."""
        return packed(self.true(), self.request.headers)


Kind = Callable[[Scene], Answer | Raw]
