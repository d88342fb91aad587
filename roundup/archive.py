"""All issues of a digest: heads at hand, outlines and text when they are asked for. Pure, but for what loads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NoReturn

from msgspec import Struct
from msgspec.structs import replace

from roundup.issue import Head, Issue, IssueKey
from roundup.outline import Outline


def _nothing(key: IssueKey) -> NoReturn:
    raise KeyError(key)


class Archive(Struct, frozen=True, dict=True):
    """All issues, newest first. ``unread`` are the keys of those that faults kept from being read at all."""

    heads: tuple[Head, ...] = ()
    issue: Callable[[IssueKey], Issue] = _nothing
    outline: Callable[[IssueKey], Outline] = _nothing
    unread: frozenset[str] = frozenset()

    @classmethod
    def of(cls, issues: Iterable[Issue], unread: frozenset[str] = frozenset()) -> Archive:
        """Return the archive of issues that were read in full, newest first."""
        from roundup.outlining import outline_of  # it reads texts, which nobody else needs here

        found = {issue.key: issue for issue in issues}
        outlines = {key: outline_of(issue) for key, issue in found.items()}
        return cls(tuple(outline.head for outline in outlines.values()), found.__getitem__, outlines.__getitem__, unread)

    @property
    def issues(self) -> Iterator[Issue]:
        """Every issue in full, one after the other."""
        return (self.issue(head.key) for head in self.heads)

    @property
    def outlines(self) -> Iterator[Outline]:
        """The outline of every issue, one after the other."""
        return (self.outline(head.key) for head in self.heads)

    def published(self) -> Archive:
        """Return the archive without its drafts."""
        return replace(self, heads=tuple(head for head in self.heads if not head.is_draft))

    def drafts(self) -> tuple[Head, ...]:
        return tuple(head for head in self.heads if head.is_draft)

    @cached_property
    def places(self) -> dict[IssueKey, int]:
        """Where each issue stands among the heads."""
        return {head.key: place for place, head in enumerate(self.heads)}

    def earlier(self, key: IssueKey) -> IssueKey | None:
        place = self.places[key] + 1
        return self.heads[place].key if place < len(self.heads) else None

    def later(self, key: IssueKey) -> IssueKey | None:
        place = self.places[key] - 1
        return self.heads[place].key if place >= 0 else None
