"""What arXiv says of one version of a paper, as values. The one place where arXiv's IDs and URLs are made."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

from msgspec import Struct

from roundup.errors import Location
from roundup.placed import Placed

Moment = dt.date | dt.datetime  # a day where only the day is known, else an aware time in UTC


class ArxivId(Struct, frozen=True, order=True):
    """A paper on arXiv, shown as ``2308.04079v2``; without a version it names the latest."""

    base: str
    version: int | None = None

    def __str__(self) -> str:
        return self.base if self.version is None else f"{self.base}v{self.version}"

    @property
    def name(self) -> str:
        """The ID as a file name and an anchor: ``hep-th/9901001`` is ``hep-th-9901001``."""
        return self.base.replace("/", "-")

    @property
    def abs_url(self) -> str:
        return f"https://arxiv.org/abs/{self}"

    @property
    def pdf_url(self) -> str:
        return f"https://arxiv.org/pdf/{self}"

    @property
    def latest(self) -> ArxivId:
        """The same paper, whatever version."""
        return self if self.version is None else ArxivId(self.base)


_PREFIX = re.compile(r"arxiv:\s*", re.I)
_NEW = re.compile(r"(\d\d)(\d\d)\.(\d+)(?:v([1-9]\d{0,2}))?", re.ASCII)
_OLD = re.compile(r"([a-z-]+)(?:\.[A-Z]{2})?/(\d\d)(\d\d)\d{3}(?:v([1-9]\d{0,2}))?", re.ASCII)
_INSIDE = re.compile(r"(?<!\d)\d{4}\.\d{4,5}(?!\d)|(?<![a-z-])[a-z-]{2,8}/\d{7}(?!\d)", re.ASCII)
# Every archive that gave out IDs before April 2007, closed ones too. Source: https://arxiv.org/archive/
_ARCHIVES = frozenset(
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs dg-ga"
    " funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph"
    " q-alg q-bio quant-ph solv-int supr-con".split()
)


@lru_cache(maxsize=1024)  # the order of an issue, a pick and a record name the same papers, one soon after the other
def parse_arxiv_id(text: str) -> ArxivId:
    """Return the paper that ``text`` names, with its version if it gives one.

    Takes ``2308.04079v2``, ``arXiv:2308.04079`` and the style before April 2007, ``quant-ph/0201082``.
    The number has 4 digits through 1412 and 5 from 1501 on; anything else raises ValueError with the text in it.
    Source: https://info.arxiv.org/help/arxiv_identifier.html
    """
    bare = _PREFIX.sub("", text.strip(), count=1)
    if match := _NEW.fullmatch(bare):
        return _new_style(bare, *match.groups())
    if match := _OLD.fullmatch(bare):
        return _old_style(bare, *match.groups())
    inside = next((match[0] for match in _INSIDE.finditer(bare) if match[0] != bare and _is_valid(match[0])), "")
    hint = f"; did you mean {inside}?" if inside else "; write it as 2308.04079 or hep-th/9901001"
    raise ValueError(f'"{text}" is no arXiv ID{hint}')


def _is_valid(text: str) -> bool:
    try:
        return bool(parse_arxiv_id(text))
    except ValueError:
        return False


def _new_style(text: str, year: str, month: str, number: str, version: str | None) -> ArxivId:
    when = int(year + month)
    if not 1 <= int(month) <= 12 or when < 704:
        raise ValueError(f'"{text}" is no arXiv ID: it begins with year and month, from 0704 on, and "{year}{month}" is none')
    digits = 4 if when <= 1412 else 5
    if len(number) != digits:
        since = "to 2014" if digits == 4 else "since 2015"
        padded = number.ljust(digits, "0") if len(number) < digits and not number.startswith("0") else number.lstrip("0").zfill(digits)
        hint = f"; did you mean {year}{month}.{padded}?" if len(padded) == digits and int(padded) else ""
        raise ValueError(f'"{text}" is no arXiv ID: the number has {digits} digits {since}{hint}')
    return ArxivId(f"{year}{month}.{number}", int(version) if version else None)


def _old_style(text: str, archive: str, year: str, month: str, version: str | None) -> ArxivId:
    if archive not in _ARCHIVES:
        raise ValueError(f'"{text}" is no arXiv ID: there is no archive "{archive}"')
    when = (int(year) + (1900 if int(year) >= 91 else 2000)) * 100 + int(month)
    if not 1 <= int(month) <= 12 or not 199107 <= when <= 200703:
        raise ValueError(f'"{text}" is no arXiv ID: this style went from 9107 to 0703, and "{year}{month}" is outside')
    number = text.rpartition("/")[2].partition("v")[0]
    return ArxivId(f"{archive}/{number}", int(version) if version else None)


def pick_name(text: str) -> str:
    """Return the name under which a pick stands that ``text`` means: an ID in any spelling, or a slug."""
    try:
        return parse_arxiv_id(text).name
    except ValueError:
        return text.replace("/", "-")


class Author(Struct, frozen=True):
    """A name as arXiv gives it, with affiliations where it gives them."""

    name: str
    affiliations: tuple[str, ...] = ()


class Withdrawal(Struct, frozen=True):
    """The authors took the paper back: why, and since which day where known."""

    reason: str
    since: Moment | None = None


class Links(Struct, frozen=True):
    """Addresses that come with a paper beside its abstract page."""

    pdf: str = ""
    html: str = ""
    code: tuple[str, ...] = ()


class Sighting(Struct, frozen=True):
    """One place where the paper was seen: the day it was announced there, how, and what readers made of it."""

    source: str
    announced: dt.date | None = None
    type: str = ""  # new, cross, replace, replace-cross
    upvotes: int | None = None
    comments: int | None = None


FROM_API, FROM_OAI, FROM_FEED = "arXiv API", "arXiv OAI-PMH", "arXiv announcements"


class Fetch(Struct, frozen=True):
    """When a record was read, and from where: ``FROM_API`` and the like."""

    when: Moment
    source: str


class Paper(Placed, frozen=True):
    """One version of a paper. ``id`` carries the version that was read, where known; text is as arXiv has it, TeX and all."""

    id: ArxivId
    title: str
    authors: tuple[Author, ...]
    categories: tuple[str, ...]  # primary first
    abstract: str = ""
    submitted: Moment | None = None  # version 1
    updated: Moment | None = None  # this version
    comment: str = ""
    journal_ref: str = ""
    doi: str = ""
    license: str = ""
    links: Links = Links()
    withdrawn: Withdrawal | None = None
    seen: tuple[Sighting, ...] = ()
    fetched: Fetch | None = None
    where: Location = Location("")

    @property
    def primary_category(self) -> str:
        return self.categories[0]

    @property
    def announced(self) -> dt.date | None:
        """The first day on which any source listed it."""
        return min((s.announced for s in self.seen if s.announced), default=None)

    @property
    def votes(self) -> int | None:
        """The most votes that it has at any source; None where nobody counts them."""
        return max((s.upvotes for s in self.seen if s.upvotes is not None), default=None)

    @property
    def comments(self) -> int | None:
        """Likewise how often readers have commented on it."""
        return max((s.comments for s in self.seen if s.comments is not None), default=None)


def day(moment: Moment) -> dt.date:
    """Return the day of a moment, in UTC; never that of the machine's time zone."""
    return moment.astimezone(dt.timezone.utc).date() if isinstance(moment, dt.datetime) else moment


def instant(moment: Moment) -> dt.datetime:
    """Return the moment as a time that sorts; of a day where only the day is known, its beginning."""
    return moment if isinstance(moment, dt.datetime) else dt.datetime.combine(moment, dt.time(), dt.timezone.utc)


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


@lru_cache(maxsize=1024)  # most papers were updated when they were submitted
def parse_moment(text: str) -> Moment:
    """Return the day or the time that ``text`` gives; a time without offset is UTC. ValueError for anything else."""
    if _DAY.fullmatch(text):
        return dt.date.fromisoformat(text)
    if not _TIME.fullmatch(text):
        raise ValueError("not a date")
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is dt.timezone.utc:
        return moment.replace(microsecond=0)
    moment = moment.replace(tzinfo=dt.timezone.utc) if moment.tzinfo is None else moment
    try:
        return moment.astimezone(dt.timezone.utc).replace(microsecond=0)
    except OverflowError:  # the year 1, east of here
        raise ValueError("not a date") from None


def dump_moment(moment: Moment) -> str:
    """Return a day as ``2023-08-02``, a time as ``2023-08-02T12:00:00Z``."""
    return moment.replace(tzinfo=None).isoformat() + "Z" if isinstance(moment, dt.datetime) else moment.isoformat()
