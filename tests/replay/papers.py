"""What the replay server serves: a paper with all its versions, made from the shared corpus or by hand.

Dates with a time are aware and in UTC; a day without a time is arXiv's, which is US Eastern.
"""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from .taxonomy import is_category

CORPUS = Path(__file__).parents[3] / "shared" / "arxiv" / "records.jsonl.zst"
NONEXCLUSIVE = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"

_WITHDRAWN = re.compile(r"^withdrawn|(?:paper|article|submission|manuscript) (?:has been|was|is) withdrawn", re.IGNORECASE)

Author = tuple[str, tuple[str, ...]]
"""A name as arXiv prints it, and the affiliations given for it."""


@dataclass(frozen=True)
class ReplayPaper:
    """A paper as its newest version stands, with when each version was submitted.

    ``earlier`` holds how it stood before, oldest first, where a revision said something else;
    a version that is in ``versions`` only reads as the next one that is known.
    """

    id: str
    versions: tuple[datetime, ...]
    title: str
    authors: tuple[Author, ...]
    abstract: str
    categories: tuple[str, ...]
    """The primary category first."""
    comment: str | None = None
    journal_ref: str | None = None
    doi: str | None = None
    report_number: str | None = None
    license: str | None = NONEXCLUSIVE
    announced: date | None = None
    """The day on which this version was listed; None is in no listing."""
    announce_type: str = "new"
    """As a feed of the primary category says it: ``new`` or ``replace``. ``cross`` is a paper that only joins another category that day."""
    listed: date | None = None
    """The day of Hugging Face's list on which it stands."""
    upvotes: int = 0
    comments: int = 0
    github: str | None = None
    withdrawn: bool = False
    earlier: tuple[ReplayPaper, ...] = ()

    def __post_init__(self) -> None:
        if not self.versions or not self.title or not self.authors or not self.categories:
            raise ValueError(f"{self.id}: a paper has versions, a title, authors and categories")
        if any(when.tzinfo is None for when in self.versions):
            raise ValueError(f"{self.id}: a version's time says its zone")

    @property
    def version(self) -> int:
        return len(self.versions)

    @property
    def submitted(self) -> datetime:
        """When version 1 was submitted; the query API's ``published``."""
        return self.versions[0]

    @property
    def updated(self) -> datetime:
        """When this version was submitted."""
        return self.versions[-1]

    @property
    def primary(self) -> str:
        return self.categories[0]

    @property
    def datestamp(self) -> date:
        """The day of the last change in arXiv's base: OAI-PMH's datestamp, never before the day that protocol's clock begins."""
        return max(self.updated.date(), self.announced or date.min, date(2005, 9, 17))

    def at(self, version: int | None) -> ReplayPaper | None:
        """Return the paper as it stood in a version; None where it never had that version."""
        if version is None or version == self.version:
            return self
        if not 1 <= version < self.version:
            return None
        told = next((paper for paper in self.earlier if paper.version >= version), self)
        return dataclasses.replace(told, versions=self.versions[:version], withdrawn=told.withdrawn and told.version == version, earlier=())

    def announcements(self) -> Iterator[ReplayPaper]:
        """Give the paper as it stood on each day on which it was listed: a new one in version 1."""
        for paper in (*self.earlier, self):
            if paper.announced:
                yield (paper.at(1) if paper.announce_type == "new" else None) or paper


def revised(paper: ReplayPaper, when: datetime, **changes: Any) -> ReplayPaper:
    """Return the paper with one more version, submitted at that time; it is listed as a replacement where ``announced`` is among the changes."""
    before = (*paper.earlier, dataclasses.replace(paper, earlier=()))
    told: dict[str, Any] = {"announced": None, "announce_type": "replace", "listed": paper.listed} | changes
    return dataclasses.replace(paper, versions=(*paper.versions, when), earlier=before, **told)


def withdrawn(paper: ReplayPaper, when: datetime, reason: str, **changes: Any) -> ReplayPaper:
    """Return the paper with a last version that has no full text and whose comment says why."""
    return revised(paper, when, withdrawn=True, comment=f"This paper has been withdrawn by the authors: {reason}", **changes)


def corpus(limit: int | None = None) -> tuple[ReplayPaper, ...]:
    """Return the papers of the shared corpus, in its order; ``limit`` stops early. Reading all 66,000 takes some seconds."""
    return tuple(islice(_read(CORPUS), limit))


def _read(path: Path) -> Iterator[ReplayPaper]:
    import zstandard

    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as plain:
        for line in io.TextIOWrapper(plain, encoding="utf-8"):
            paper = from_record(json.loads(line))
            if paper is not None:
                yield paper


def from_record(record: Mapping[str, Any]) -> ReplayPaper | None:
    """Return one record of the corpus as a complete paper; None where it has no title, no author or no category.

    What the record lacks is derived and stays the same on every run: see ``_versions`` for times. About every twelfth
    listed paper stands on Hugging Face's list, with votes made up from its ID.
    A feed's ``cross`` and ``replace-cross`` depend on who asks, so they are read as ``new`` and ``replace``.
    """
    title = _folded(record["title"])
    authors = tuple((name, ()) for name in map(_folded, record["authors"]) if name)
    primary = record["primary_category"]
    categories = tuple(dict.fromkeys(name for name in (primary, *record["categories"]) if is_category(name)))
    if not title or not authors or not categories:
        return None
    announced = date.fromisoformat(record["announced"]) if record.get("announced") else None
    lot = _lot(record["id"])
    popular = announced is not None and lot % 12 == 0
    return ReplayPaper(
        id=record["id"],
        versions=_versions(record),
        title=title,
        authors=authors,
        abstract=_folded(record["abstract"]),
        categories=categories,
        comment=_folded(record.get("comment")) or None,
        journal_ref=_folded(record.get("journal_ref")) or None,
        doi=_folded(record.get("doi")) or None,
        report_number=_folded(record.get("report_num")) or None,
        license=record.get("license") or NONEXCLUSIVE,
        announced=announced,
        announce_type="replace" if (record.get("announce_type") or "").startswith("replace") else "new",
        listed=announced if popular else None,
        upvotes=lot // 12 % 180 if popular else 0,
        comments=lot // 7 % 9 if popular else 0,
        withdrawn=bool(record.get("withdrawn")) or _WITHDRAWN.search(record.get("comment") or "") is not None,
    )


def _versions(record: Mapping[str, Any]) -> tuple[datetime, ...]:
    """Return when each version was submitted.

    A version list is taken as it stands. Otherwise version 1 is ``published``, or failing that ``published_est``, or the day of
    ``announced``; where only a day is known the second of that day comes from the ID, and where only a month is, the day too.
    Version N is ``updated``, or the same as version 1; those between lie evenly between.
    """
    listed = record.get("versions")
    if listed:
        return tuple(_time(version["date"], record["id"]) for version in listed)
    first = _time(record.get("published") or record.get("published_est") or record["announced"], record["id"])
    last = max(first, _time(record["updated"], record["id"])) if record.get("updated") else first
    steps = (record.get("version") or 1) - 1
    return (first, *(first + (last - first) * step / steps for step in range(1, steps + 1))) if steps else (first,)


def _time(text: str, paper_id: str) -> datetime:
    lot = _lot(paper_id)
    if len(text) == len("2024-01"):
        text += f"-{1 + lot % 28:02}"
    if len(text) == len("2024-01-31"):
        return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(seconds=lot % 86_400)
    return datetime.fromisoformat(text).astimezone(UTC)


def _lot(paper_id: str) -> int:
    """Return a number that an ID always draws, spread evenly."""
    return zlib.crc32(paper_id.encode())


def _folded(text: str | None) -> str:
    return " ".join(text.split()) if text else ""
