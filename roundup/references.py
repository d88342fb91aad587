"""What a person may paste -> the paper, the search or the list that it means. Pure: nothing is looked up here."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from roundup.errors import printable
from roundup.paper import ArxivId, parse_arxiv_id
from roundup.text.links import is_web
from roundup.text.visible import one_line


class Query(Struct, frozen=True):
    """A search in arXiv's own language, as ``cat:cs.LG AND ti:experts``."""

    text: str


class Title(Struct, frozen=True):
    """The words of a title, to be looked up."""

    text: str


class Doi(Struct, frozen=True):
    """A publisher's DOI, to be looked up."""

    text: str


class Listing(Struct, frozen=True):
    """What arXiv announced last in these categories."""

    categories: tuple[str, ...]


class DailyPapers(Struct, frozen=True):
    """Hugging Face's list of a day, as ``2026-06-12``; without one, the newest."""

    day: str = ""


class Feed(Struct, frozen=True):
    """The address of an RSS or Atom feed of anybody's."""

    url: str


Reference = ArxivId | Query | Title | Doi | Listing | DailyPapers | Feed

_ID = r"(?P<id>(?:[a-z-]+(?:\.[A-Za-z]{2})?/)?[\d.]+(?:v\d+)?)"
# Hosts that show arXiv's papers, and how their addresses name one. Source: the sites' own links; arXiv's old mirrors
# were called by country (de.arxiv.org), and the first site xxx.lanl.gov.
_HOSTS = (
    (r"((www|export|browse|[a-z]{2})\.)?arxiv\.org|xxx\.lanl\.gov", rf"/(abs|pdf|html|ps|src|e-print|format|tb)/(arxiv:)?{_ID}(\.pdf|\.ps(\.gz)?)?(/.*)?"),
    (r"(www\.)?alphaxiv\.org", rf"/(abs|overview|pdf|html|[a-z]{{2}}/overview)/{_ID}(\.pdf|\.md)?/?"),
    (r"(www\.)?huggingface\.co|hf\.co", rf"/papers/{_ID}/?"),
    (r"ar5iv\.labs\.arxiv\.org|(www\.)?ar5iv\.org", rf"/(abs|html|pdf)/{_ID}(\.pdf)?/?"),
)
_BARE = re.compile(
    rf"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi:\s*)?10\.48550/arxiv\.{_ID}"
    rf"|oai:arxiv\.org:{_ID.replace('<id>', '<oai>')}"
    rf"|\[(?:arxiv:)?\s*{_ID.replace('<id>', '<title>')}\](?:\s.*)?"  # how the title of arXiv's own page begins
    rf"|(?:arxiv:\s*)?{_ID.replace('<id>', '<cited>')}\s*\[[\w.-]+\](?:\s.*)?"  # how arXiv's stamp in a margin goes on
    rf"|(?:abs|pdf|html)/{_ID.replace('<id>', '<path>')}(?:\.pdf)?"
    rf"|{_ID.replace('<id>', '<file>')}\.pdf",
    re.I | re.ASCII,
)
_FILE = re.compile(r"([a-z-]+)-(\d{7}(?:v\d+)?)", re.I | re.ASCII)  # as our files are called
_DOI = re.compile(r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi\.org/|doi:\s*)?(?P<doi>10\.\d{4,9}/\S+)", re.I | re.ASCII)
_AT_DOI = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/([^?#]+)(?:[?#].*)?", re.I)
_FIELD = re.compile(r"(?<![\w.])(ti|au|abs|co|jr|cat|rn|id|all|doi|submittedDate|lastUpdatedDate):[^\s/]", re.ASCII)
_ATTEMPT = re.compile(r"(arxiv:\s*)?(\d{3,}\.\d[\w.]*|[a-z-]+(\.[a-z]{2})?/\d[\w.]*)", re.I | re.ASCII)
_CATEGORY = re.compile(r"([a-z]+(?:-[a-z]+)*)(?:\.([A-Za-z]{2}|[a-z]+(?:-[a-z]+)+))?", re.ASCII)
# Archives as they are today, those with classes first. Source: https://arxiv.org/category_taxonomy
_WITH_CLASSES = frozenset("astro-ph cond-mat cs econ eess math nlin physics q-bio q-fin stat".split())
_WITHOUT = frozenset("gr-qc hep-ex hep-lat hep-ph hep-th math-ph nucl-ex nucl-th quant-ph".split())


def parse_reference(text: str) -> Reference:
    """Return what ``text`` asks for; ValueError says why it is nothing that can be fetched.

    A paper in any spelling (ID, arXiv:ID, a page at arXiv, alphaXiv, ar5iv or Hugging Face, a DOI of arXiv's), a search
    in arXiv's language, categories (``cs.LG``, ``cs.LG+stat.ML``), the address of a feed, a DOI, or the words of a title.
    """
    bare = one_line(text.strip().strip("<>"))
    if match := _AT_DOI.fullmatch(bare):
        bare = one_line(unquote(match[1]))
    if not is_sound(text):
        raise ValueError(f'"{printable(text)}" is not UTF-8; type it anew')
    if not bare:
        raise ValueError("nothing is named; give an ID, an address, a search, a category or a title")
    if paper := _paper(bare):
        return paper
    if _ATTEMPT.fullmatch(bare):
        return parse_arxiv_id(bare)  # which says what is wrong with it
    if match := _DOI.fullmatch(bare):
        return Doi(match["doi"].rstrip(".,;"))
    if "://" in bare or re.match(r"[\w-]+(\.[\w-]+)+/", bare):
        return _address(bare)
    if _FIELD.search(bare):
        return Query(bare)
    if len(parts := re.split(r"[\s,;]+", bare)) > 1 and all(_paper(part) or _listing(part) for part in parts if part):
        raise ValueError(f'"{bare}" names several things; give each as an argument of its own')
    if listing := _listing(bare):
        return listing
    if len(bare.split()) < 2:
        raise ValueError(f'"{bare}" is neither an ID, an address, a search, a category nor a title; a search is written as ti:{bare}')
    return Title(bare)


def _paper(text: str) -> ArxivId | None:
    for spelling in (text, _canonical(text)):
        try:
            return parse_arxiv_id(spelling)
        except ValueError:
            continue
    if match := _FILE.fullmatch(text):
        return parse_arxiv_id(_canonical(f"{match[1]}/{match[2]}"))
    if match := _BARE.fullmatch(text):
        named = next(part for part in match.groups() if part)
        return parse_arxiv_id(_canonical(named))
    return None


def _canonical(named: str) -> str:
    """Return an ID in arXiv's own letters: its archives are in small ones, as is the ``v`` of a version."""
    archive, slash, number = named.lower().rpartition("/")
    return archive.partition(".")[0] + slash + number  # the class in an ID says nothing more


def _address(text: str) -> Reference:
    url = text if "://" in text else f"https://{text}"
    if not is_web(url):
        raise ValueError(f'"{text}" is no web address that can be asked')
    parts = urlsplit(url)
    host, path = (parts.hostname or "").lower(), unquote(parts.path)
    for hosts, pattern in _HOSTS:
        if re.fullmatch(hosts, host) and (match := re.fullmatch(pattern, path, re.I | re.ASCII)):
            return parse_arxiv_id(_canonical(match["id"]))
    if re.fullmatch(_HOSTS[0][0], host):
        if (match := re.fullmatch(r"/list/([\w.-]+)(/(?:new|recent|pastweek)?)?", path)) and (listing := _listing(match[1])):
            return listing
        raise ValueError(f'"{text}" is a page of arXiv that names no paper; give the address of an abstract, as https://arxiv.org/abs/2308.00951')
    if re.fullmatch(_HOSTS[2][0], host) and (match := re.fullmatch(r"/papers(?:/date/(\d{4}-\d\d-\d\d))?/?", path)):
        return DailyPapers(_day(match[1]) if match[1] else "")
    if any(re.fullmatch(hosts, host) for hosts, _ in _HOSTS):
        raise ValueError(f'"{text}" names no paper; give its arXiv ID')
    return Feed(url)


def _day(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f'"{text}" is no day of the calendar') from None


def _listing(text: str) -> Listing | None:
    """Return the categories that ``cs.LG+stat.ML`` names, in arXiv's own letters, whatever letters were typed."""
    found = tuple(category_of(part) for part in text.split("+"))
    return Listing(found) if all(found) else None


def category_of(text: str) -> str:
    """Return a category or a whole archive as arXiv writes it, or nothing where the text is none."""
    match = _CATEGORY.fullmatch(text.lower())
    if match is None:
        return ""
    archive, name = match.groups()
    if archive in _WITHOUT | _WITH_CLASSES and not name:
        return archive
    if archive not in _WITH_CLASSES or not name:
        return ""
    return f"{archive}.{name if len(name) > 2 else name.upper()}"


def is_sound(text: str) -> bool:
    """Tell whether an argument of the command line came as UTF-8; what did not holds halves of characters."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


class Filters(Struct, frozen=True):
    """What a search is narrowed to; days are those of first submission, in UTC, both included."""

    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    title: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    def __bool__(self) -> bool:
        return bool(self.categories or self.authors or self.title or self.since or self.until)

    def query(self, text: str = "") -> str:
        """Return the search in arXiv's language, as a part of ``text`` where that is one.

        Source: https://info.arxiv.org/help/api/user-manual.html, section 5.1
        """
        parts = [text if re.fullmatch(r'[^\s"]+|\w+:"[^"]*"', text) else f"({text})"] if text else []
        if self.categories:
            either = " OR ".join(f"cat:{name}" + ("" if "." in name or name in _WITHOUT else ".*") for name in self.categories)
            parts.append(f"({either})" if len(self.categories) > 1 else either)
        parts += [f'au:"{_phrase(name)}"' for name in self.authors]
        if self.title:
            parts.append(f'ti:"{_phrase(self.title)}"')
        if self.since or self.until:
            begin, end = self.since or dt.date(1991, 1, 1), self.until or dt.date(2199, 12, 31)
            parts.append(f"submittedDate:[{begin:%Y%m%d}0000 TO {end:%Y%m%d}2359]")
        return " AND ".join(parts)

    def include(self, day: dt.date | None) -> bool:
        """Tell whether a day lies within; what has no day does."""
        return day is None or ((self.since or day) <= day <= (self.until or day))


def _phrase(text: str) -> str:
    return one_line(text.replace('"', " "))
