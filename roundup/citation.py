"""A paper -> how others cite it: BibTeX, RIS, CSL-JSON, and the tags of a page that reference managers read. Pure, and total.

A citation names the paper and never one of its versions, so that key and address stay when arXiv has a newer one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from roundup.names import Name, parse_name
from roundup.paper import Paper, day
from roundup.text import bibtex as bibtex_text
from roundup.text.drawn import plain

WITHDRAWN = "Withdrawn from arXiv"
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # names that every style of BibTeX knows
_DOI = re.compile(r"10\.\d{4,9}/[!-\[\]-z|~]+", re.ASCII)  # no brace and no backslash, for in BibTeX a DOI stands as it is
_ID_MONTH = re.compile(r"(?:.*/)?(\d\d)(0[1-9]|1[0-2])[\d.]+", re.ASCII)
_YEAR = re.compile(r"(?<![\w./:-])(?:19|20)\d\d(?![\w:-]|\.\d)", re.ASCII)
_YEAR_IN_BRACKETS = re.compile(r"\((?:[^()]*[ ,/])?((?:19|20)\d\d)\)", re.ASCII)


def citation_key(paper: Paper) -> str:
    """Return the paper's key in each format: ``arXiv:2308.00951``, whatever becomes of its title, authors and version."""
    return f"arXiv:{paper.id.name}"


@lru_cache(maxsize=256)  # a paper's page has it, and its issue's file
def bibtex(paper: Paper) -> str:
    """Return the paper as an entry of a ``.bib`` file, a field a line."""
    rows = "".join(f"  {key} = {value},\n" for key, value in _bibtex_fields(paper))
    return f"@{'article' if paper.journal_ref else 'misc'}{{{citation_key(paper)},\n{rows}}}\n"


def _bibtex_fields(paper: Paper) -> Iterator[tuple[str, str]]:
    when = _issued(paper)
    fields = {
        "author": " and ".join(_bibtex_name(name) for name in _names(paper)),
        "title": bibtex_text.title(paper.title),
        "journal": bibtex_text.words(paper.journal_ref),
        "year": f"{when[0]}" if when else "",
        "month": _MONTHS[when[1] - 1] if when[1:] else "",
        "note": WITHDRAWN if paper.withdrawn else "",
        "doi": doi(paper),
        "eprint": paper.id.base,
        "archivePrefix": "arXiv",
        "primaryClass": paper.primary_category,
        "url": paper.id.latest.abs_url,
    }
    return ((key, value if key == "month" else f"{{{value}}}") for key, value in fields.items() if value)


def _bibtex_name(name: Name) -> str:
    """Return a name, family first. In braces stands what BibTeX would take apart: one name alone, and a family of words great and small."""
    family, given = bibtex_text.escaped(name.family), bibtex_text.escaped(name.given)
    words = family.split()
    if not given or (words[0][0].isupper() and any(word[0].islower() for word in words)):
        family = f"{{{family}}}"
    return ", ".join(filter(None, (family, name.suffix, given)))


def ris(paper: Paper) -> str:
    """Return the paper as a record of RIS, whose lines end in CR LF.

    Source: https://en.wikipedia.org/wiki/RIS_(file_format), for the makers' own specification is no longer on the web.
    """
    return "".join(f"{tag}  - {value}\r\n" for tag, value in _ris_fields(paper)) + "ER  - \r\n"


def _ris_fields(paper: Paper) -> Iterator[tuple[str, str]]:
    when = _issued(paper)
    fields = [
        ("TY", "JOUR" if paper.journal_ref else "UNPB"),
        ("ID", citation_key(paper)),
        *(("AU", ", ".join(filter(None, (name.family, name.given, name.suffix)))) for name in _names(paper)),
        ("TI", plain(paper.title)),
        ("T2", plain(paper.journal_ref)),
        ("PY", f"{when[0]}" if when else ""),
        ("DA", _slashed(when) if when[1:] else ""),
        ("AB", plain(paper.abstract)),
        ("N1", WITHDRAWN if paper.withdrawn else ""),
        ("PB", "" if paper.journal_ref else "arXiv"),
        ("DB", "arXiv"),
        ("AN", f"arXiv:{paper.id.base}"),
        ("DO", doi(paper)),
        ("UR", paper.id.latest.abs_url),
    ]
    return ((tag, value) for tag, value in fields if value)


def csl(paper: Paper) -> dict[str, object]:
    """Return the paper as an item of CSL-JSON. Source: https://docs.citationstyles.org/en/stable/specification.html"""
    number = f"arXiv:{paper.id.base}"
    place = {"container-title": plain(paper.journal_ref), "archive": "arXiv", "archive_location": number}
    item: dict[str, object] = {
        "id": citation_key(paper),
        "type": "article-journal" if paper.journal_ref else "article",
        "title": plain(paper.title),
        "author": [_csl_name(name) for name in _names(paper)],
        "issued": {"date-parts": [list(_issued(paper))]} if _issued(paper) else {},
        **(place if paper.journal_ref else {"publisher": "arXiv", "number": number}),
        "abstract": plain(paper.abstract),
        "note": WITHDRAWN if paper.withdrawn else "",
        "DOI": doi(paper),
        "URL": paper.id.latest.abs_url,
    }
    return {key: value for key, value in item.items() if value}


def _csl_name(name: Name) -> dict[str, str]:
    if not name.given:
        return {"literal": name.family}
    parts = {"family": name.family, "given": name.given, "suffix": name.suffix}
    return {key: value for key, value in parts.items() if value}


def citation_tags(paper: Paper) -> tuple[tuple[str, str], ...]:
    """Return names and contents of the ``meta`` elements by which Google Scholar and Zotero know a page as a paper's.

    Source: https://scholar.google.com/intl/en/scholar/inclusion.html#indexing
    """
    tags = [
        ("citation_title", plain(paper.title)),
        *(("citation_author", _tag_name(name)) for name in _names(paper)),
        ("citation_publication_date", _slashed(_issued(paper))),
        ("citation_online_date", _slashed(_submitted(paper)) if paper.journal_ref else ""),
        ("citation_journal_title", plain(paper.journal_ref)),
        ("citation_doi", doi(paper)),
        ("citation_arxiv_id", paper.id.base),
        ("citation_abstract_html_url", paper.id.latest.abs_url),
        ("citation_pdf_url", paper.id.latest.pdf_url),
    ]
    return tuple((name, content) for name, content in tags if content)


def _tag_name(name: Name) -> str:
    """Return a name, family first, where Zotero reads it so: it takes a comma between words and words for one between two people."""
    given = " ".join(filter(None, (name.given, name.suffix)))
    return str(name) if not given or (" " in name.family and " " in given) else f"{name.family}, {given}"


def _names(paper: Paper) -> Iterator[Name]:
    return (name for name in (_name(author.name) for author in paper.authors) if name.family)


@lru_cache(maxsize=256)  # each format asks
def _name(text: str) -> Name:
    return parse_name(plain(text))


def doi(paper: Paper) -> str:
    """Return the DOI: of several that arXiv knows, the first."""
    found = _DOI.search(paper.doi)
    return found[0] if found else ""


def _issued(paper: Paper) -> tuple[int, ...]:
    """Return year, month and day of a preprint's first version; of what a journal has, the year that its reference names, if it names one."""
    if not paper.journal_ref:
        return _submitted(paper)
    years = set(_YEAR_IN_BRACKETS.findall(paper.journal_ref)) or set(_YEAR.findall(paper.journal_ref))
    return (int(years.pop()),) if len(years) == 1 else _submitted(paper)[:1]


def _submitted(paper: Paper) -> tuple[int, ...]:
    """Return year, month and day of the first version; without the day where only the ID tells."""
    if paper.submitted:
        when = day(paper.submitted)
        return when.year, when.month, when.day
    found = _ID_MONTH.fullmatch(paper.id.base)
    if not found:
        return ()
    year, month = int(found[1]), int(found[2])
    return year + (1900 if year >= 91 else 2000), month


def _slashed(when: tuple[int, ...]) -> str:
    return "/".join(f"{part:02}" for part in when)
