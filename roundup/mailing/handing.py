"""An issue to a service that mails it: what it is given, what it says of it, and how any such service is talked to. Pure.

Each service has its words for all that, in a module of its own; what goes over the line, and what may go wrong with it, is the door's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from msgspec import Struct, field

from roundup.mailing.sends import CAMPAIGN

T = TypeVar("T")
DRAFT = "draft"  # as both services call it


class Letter(Struct, frozen=True):
    """An issue as a service gets it: both texts have ``UNSUBSCRIBE`` where the way out goes, which the service knows and we do not."""

    key: str
    subject: str
    html: str
    text: str
    address: str  # of its page

    @property
    def tag(self) -> str:
        """What tells it from all else at the service: there is at most one of it."""
        return f"roundup-{self.key}"


class Campaign(Struct, frozen=True):
    """What a service has of an issue: what it calls it, in which state that is, and where people look at it."""

    id: str
    status: str
    address: str

    def __post_init__(self) -> None:
        if not CAMPAIGN.fullmatch(self.id):
            raise ValueError(f'"{self.id}" is no name of a campaign')


class Ask(Struct, frozen=True):
    """One request to a service; ``step`` says what for."""

    step: str
    method: str
    path: str
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        return self.method != "GET"


class Talk(Protocol):
    """The line to a service. ``read`` gets the JSON that it answered with, and may fail on it with a KeyError, TypeError, ValueError or AttributeError."""

    def ask(self, ask: Ask, read: Callable[[Any], T]) -> T: ...

    def look(self, ask: Ask, read: Callable[[Any], T]) -> T | None:
        """Ask for what may be gone: None where it is."""


class Service(Protocol):
    """A service that keeps a list of subscribers, and mails to them."""

    name: str

    def known(self, campaign: str, tag: str) -> Campaign | None:
        """Return what the service has under a name that it gave, if that is still the issue ``tag``."""

    def search(self, tag: str) -> Campaign | None:
        """Return what the service has of the issue ``tag``."""

    def create(self, letter: Letter, send_id: str) -> Campaign:
        """Make a draft. ``send_id`` tells a service that can tell that this is asked for once, however often it hears it."""

    def update(self, campaign: Campaign, letter: Letter) -> Campaign: ...

    def test(self, campaign: Campaign, letter: Letter, address: str) -> None:
        """Have one message sent to an address."""

    def start(self, campaign: Campaign) -> Campaign:
        """Have it sent to all subscribers."""
