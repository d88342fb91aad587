"""A paper as OAI-PMH's three metadata formats write it: ``arXivRaw``, ``arXiv`` and ``oai_dc``.

Abstracts begin with two spaces, as they do in most of arXiv's records. arXivRaw has names and text as submitted, with TeX for accents;
the others have Unicode. ``created`` of ``arXiv`` is the day of the current version, as in the server since March 2025.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .accents import tex
from .answer import http_date, quoted
from .listings import creators
from .papers import ReplayPaper
from .taxonomy import meaning

_SUFFIX = re.compile(r",? (Jr\.?|Sr\.?|II|III|IV)$")


@dataclass(frozen=True)
class Format:
    schema: str
    namespace: str
    write: Callable[[ReplayPaper], str]


def _elements(*pairs: tuple[str, str | None]) -> str:
    """Return elements one a line, those without text left out."""
    return "".join(f"        <{name}>{quoted(text)}</{name}>\n" for name, text in pairs if text)


def _described(paper: ReplayPaper) -> Iterable[tuple[str, str | None]]:
    """Give the elements that arXiv and arXivRaw share, in their order."""
    yield "title", paper.title
    yield "categories", " ".join(paper.categories)
    yield "comments", paper.comment
    yield "report-no", paper.report_number
    yield "journal-ref", paper.journal_ref
    yield "doi", paper.doi
    yield "license", paper.license
    yield "abstract", f"  {paper.abstract}"


def _raw(paper: ReplayPaper) -> str:
    (_, title), *rest = _described(paper)
    told = _elements(("title", tex(title or "")), ("authors", creators(paper)), *((name, tex(text or "")) for name, text in rest))
    submitter = _elements(("id", paper.id), ("submitter", paper.authors[0][0]))
    return _wrapped("arXivRaw", submitter + "".join(map(_version(paper), range(1, paper.version + 1))) + told)


def _version(paper: ReplayPaper) -> Callable[[int], str]:
    """Return how a version's number becomes its element; one without full text has no size and is of type I."""

    def write(number: int) -> str:
        when = http_date(paper.versions[number - 1])
        gone = paper.withdrawn and number == paper.version
        size = 0 if gone else 9 + zlib.crc32(f"{paper.id}v{number}".encode()) % 4000
        kind = "I" if gone else "D"
        return (
            f'            <version version="v{number}">\n                <date>{when}</date>\n                <size>{size}kb</size>\n'
            f"                    <source_type>{kind}</source_type>\n            </version>\n"
        )

    return write


def _arxiv(paper: ReplayPaper) -> str:
    authors = "".join(map(_author, paper.authors))
    head = _elements(("id", paper.id), ("created", str(paper.updated.date())), ("updated", str(paper.datestamp)))
    return _wrapped("arXiv", f"{head}        <authors>\n{authors}        </authors>\n{_elements(*_described(paper))}")


def _author(author: tuple[str, tuple[str, ...]]) -> str:
    name, places = author
    keyname, forenames, suffix = split_name(name)
    told = _elements(("keyname", keyname), ("forenames", forenames), ("suffix", suffix), *(("affiliation", place) for place in places))
    return f"                <author>\n{told}                </author>\n"


def split_name(name: str) -> tuple[str, str, str]:
    """Return keyname, forenames and suffix: particles belong to the keyname, a collaboration is a keyname as a whole."""
    suffix = _SUFFIX.search(name)
    bare = name[: suffix.start()] if suffix else name
    words = bare.replace(".", ". ").split() if " " not in bare else bare.split()
    if len(words) == 1 or "Collaboration" in words:
        return name, "", ""
    key = len(words) - 1
    while key > 1 and words[key - 1].islower():
        key -= 1
    return " ".join(words[key:]), " ".join(words[:key]), suffix[1] if suffix else ""


def _dublin_core(paper: ReplayPaper) -> str:
    names = (split_name(name) for name, _ in paper.authors)
    creator = [f"{key} {suffix}".strip() + (f", {forenames}" if forenames else "") for key, forenames, suffix in names]
    dates = dict.fromkeys(str(when.date()) for when in (paper.submitted, paper.updated))
    identifiers = (f"https://arxiv.org/abs/{paper.id}", f"http://arxiv.org/abs/{paper.id}", paper.journal_ref, f"doi:{paper.doi}" if paper.doi else None)
    told = _elements(
        ("dc:title", paper.title),
        *(("dc:creator", name) for name in creator),
        *(("dc:subject", meaning(name)) for name in paper.categories),
        ("dc:description", f"  {paper.abstract} "),
        ("dc:description", paper.comment),
        *(("dc:date", day) for day in dates),
        ("dc:type", "text"),
        *(("dc:identifier", text) for text in identifiers),
    )
    return f"""        <oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/oai_dc/ https://www.openarchives.org/OAI/2.0/oai_dc.xsd">
{told}    </oai_dc:dc>
"""


def _wrapped(name: str, inner: str) -> str:
    space = f"http://arxiv.org/OAI/{name}/"
    where = f"{space} https://oaipmh.arxiv.org/OAI/{name}.xsd"
    return f'        <{name} xmlns="{space}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="{where}">\n{inner}    </{name}>\n'


FORMATS = {
    "oai_dc": Format("https://www.openarchives.org/OAI/2.0/oai_dc.xsd", "http://www.openarchives.org/OAI/2.0/oai_dc/", _dublin_core),
    "arXiv": Format("https://oaipmh.arxiv.org/OAI/arXiv.xsd", "http://arxiv.org/OAI/arXiv/", _arxiv),
    "arXivRaw": Format("https://oaipmh.arxiv.org/OAI/arXivRaw.xsd", "http://arxiv.org/OAI/arXivRaw/", _raw),
}
