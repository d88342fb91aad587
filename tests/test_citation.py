"""A paper as others cite it: small cases in each format, properties of any text, and every record of the shared corpus read back."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import bibtexparser
import pytest
import zstandard
from bibtexparser.middlewares.names import parse_single_name_into_parts, split_multiple_persons_names
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roundup.citation import bibtex, citation_key, citation_tags, csl, ris
from roundup.names import Name, parse_name
from roundup.paper import ArxivId, Author, Paper, Withdrawal, parse_arxiv_id, parse_moment
from roundup.text.drawn import plain

EVERY = 1 if os.environ.get("ROUNDUP_SOAK") else 40  # of the shared records: all of them take two minutes

PREPRINT = Paper(
    ArxivId("2401.00951", 2),
    "ExampleNet: 50% of $x_i$",
    (Author("Ada van der Example"), Author("Bob Sample, Jr."), Author("The Sample Collaboration")),
    ("cs.LG", "stat.ML"),
    "On $x^2$ & more.",
    dt.datetime(2024, 1, 2, 23, 59, tzinfo=dt.timezone.utc),
    dt.datetime(2025, 6, 7, tzinfo=dt.timezone.utc),
    "12 pages",
)
ARTICLE = replace(
    PREPRINT, id=ArxivId("hep-th/9901001"), submitted=None, journal_ref="J. Ex. {\\bf 1} (2001) 2--3", doi="10.1000/a_b(1)<2>;x 10.1000/2", withdrawn=Withdrawal("An error.")
)  # fmt: skip


def test_a_preprint_in_bibtex() -> None:
    assert bibtex(PREPRINT) == r"""@misc{arXiv:2401.00951,
  author = {van der Example, Ada and Sample, Jr., Bob and {The Sample Collaboration}},
  title = {{ExampleNet}: 50\% of {$x_i$}},
  year = {2024},
  month = jan,
  eprint = {2401.00951},
  archivePrefix = {arXiv},
  primaryClass = {cs.LG},
  url = {https://arxiv.org/abs/2401.00951},
}
"""


def test_an_article_in_bibtex() -> None:
    assert bibtex(ARTICLE) == r"""@article{arXiv:hep-th-9901001,
  author = {van der Example, Ada and Sample, Jr., Bob and {The Sample Collaboration}},
  title = {{ExampleNet}: 50\% of {$x_i$}},
  journal = {J. Ex. \textbf{1} (2001) 2–3},
  year = {2001},
  note = {Withdrawn from arXiv},
  doi = {10.1000/a_b(1)<2>;x},
  eprint = {hep-th/9901001},
  archivePrefix = {arXiv},
  primaryClass = {cs.LG},
  url = {https://arxiv.org/abs/hep-th/9901001},
}
"""


def test_a_preprint_in_ris() -> None:
    assert ris(PREPRINT).split("\r\n") == [
        "TY  - UNPB",
        "ID  - arXiv:2401.00951",
        "AU  - van der Example, Ada",
        "AU  - Sample, Bob, Jr.",
        "AU  - The Sample Collaboration",
        "TI  - ExampleNet: 50% of xᵢ",
        "PY  - 2024",
        "DA  - 2024/01/02",
        "AB  - On x² & more.",
        "PB  - arXiv",
        "DB  - arXiv",
        "AN  - arXiv:2401.00951",
        "UR  - https://arxiv.org/abs/2401.00951",
        "ER  - ",
        "",
    ]


def test_an_article_in_ris() -> None:
    rows = ris(ARTICLE).split("\r\n")
    assert rows[0] == "TY  - JOUR"
    assert rows[6:9] == ["T2  - J. Ex. 1 (2001) 2–3", "PY  - 2001", "AB  - On x² & more."]
    assert {"N1  - Withdrawn from arXiv", "DO  - 10.1000/a_b(1)<2>;x"} < set(rows)


def test_a_preprint_in_csl() -> None:
    assert csl(PREPRINT) == {
        "id": "arXiv:2401.00951",
        "type": "article",
        "title": "ExampleNet: 50% of xᵢ",
        "author": [
            {"family": "van der Example", "given": "Ada"},
            {"family": "Sample", "given": "Bob", "suffix": "Jr."},
            {"literal": "The Sample Collaboration"},
        ],
        "issued": {"date-parts": [[2024, 1, 2]]},
        "publisher": "arXiv",
        "number": "arXiv:2401.00951",
        "abstract": "On x² & more.",
        "URL": "https://arxiv.org/abs/2401.00951",
    }


def test_an_article_in_csl() -> None:
    item = csl(ARTICLE)
    assert (item["type"], item["container-title"], item["issued"]) == ("article-journal", "J. Ex. 1 (2001) 2–3", {"date-parts": [[2001]]})
    assert (item["archive"], item["archive_location"], item["note"]) == ("arXiv", "arXiv:hep-th/9901001", "Withdrawn from arXiv")


def test_the_tags_of_a_preprint() -> None:
    assert citation_tags(PREPRINT) == (
        ("citation_title", "ExampleNet: 50% of xᵢ"),
        ("citation_author", "van der Example, Ada"),
        ("citation_author", "Sample, Bob Jr."),
        ("citation_author", "The Sample Collaboration"),
        ("citation_publication_date", "2024/01/02"),
        ("citation_arxiv_id", "2401.00951"),
        ("citation_abstract_html_url", "https://arxiv.org/abs/2401.00951"),
        ("citation_pdf_url", "https://arxiv.org/pdf/2401.00951"),
    )


def test_the_tags_of_an_article() -> None:
    tags = dict(citation_tags(ARTICLE))
    assert (tags["citation_publication_date"], tags["citation_online_date"]) == ("2001", "1999/01")
    assert (tags["citation_journal_title"], tags["citation_doi"]) == ("J. Ex. 1 (2001) 2–3", "10.1000/a_b(1)<2>;x")


NAMES = {
    "Ada van der Example": ("van der Example, Ada", "van der Example, Ada"),
    "Ada B. van der Example": ("van der Example, Ada B.", "Ada B. van der Example"),  # Zotero would read two people
    "Ada Example y Sample": ("{Example y Sample}, Ada", "Example y Sample, Ada"),
    "Ada Van den Example": ("{Van den Example}, Ada", "Van den Example, Ada"),
    r"Andr\'e L\\'evy": ("Lévy, André", "Lévy, André"),
    "Ann Example & Bob Sample": (r"{Ann Example \& Bob Sample}", "Ann Example & Bob Sample"),
    "and Bob Sample": ("{and Bob Sample}", "and Bob Sample"),
    "others": ("{others}", "others"),
    "王伟": ("{王伟}", "王伟"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_which_is_the_family(name: str) -> None:
    paper = replace(PREPRINT, authors=(Author(name), Author("{}")))
    assert (bibtex_fields(paper)["author"], dict(citation_tags(paper))["citation_author"]) == NAMES[name]


def test_a_citation_names_no_version() -> None:
    """Whatever arXiv changes, the key is the same."""
    newer = replace(PREPRINT, id=ArxivId("2401.00951", 3), title="Another title", authors=(Author("Somebody Else"),))
    assert citation_key(newer) == citation_key(PREPRINT) == "arXiv:2401.00951"
    assert all("951v" not in text for text in (bibtex(newer), ris(newer), json.dumps(csl(newer)), str(citation_tags(newer))))


YEARS = {
    "J. Ex. 12 (2005) 1990-2010": "2005",
    "Ex.J.679:1272-1287,2008": "2008",
    "LNCS, Vol. 1944 (06/2000) 71-85": "2000",
    "Proc. of X'98, Springer (Berlin, 1998)": "1998",
    "A 2007; Erratum B 2010": "2024",
    "see https://doi.org/10.1000/j.2018.02.014": "2024",
    "Nature": "2024",
}


@pytest.mark.parametrize("reference", YEARS)
def test_an_article_is_of_the_year_that_its_reference_names(reference: str) -> None:
    """Where that names none or two, it is of the year of the preprint."""
    assert bibtex_fields(replace(PREPRINT, journal_ref=reference))["year"] == YEARS[reference]


def test_without_a_date_the_id_tells_the_month() -> None:
    fields = bibtex_fields(replace(PREPRINT, submitted=None))
    assert (fields["year"], fields["month"]) == ("2024", "jan")


DOIS = {"https://doi.org/10.1000/1": "10.1000/1", "21.11130/00-1": None, "10.1000/}": None, "10.1000/a}b": "10.1000/a", "none": None}


@pytest.mark.parametrize("text", DOIS)
def test_what_is_no_doi_is_not_given_for_one(text: str) -> None:
    assert bibtex_fields(replace(PREPRINT, doi=text)).get("doi") == DOIS[text]


def bibtex_fields(paper: Paper) -> dict[str, str]:
    """Return the fields of the one entry that bibtexparser reads."""
    library = bibtexparser.parse_string(bibtex(paper))
    assert len(library.blocks) == len(library.entries) == 1
    return fields_of(library.entries[0])


def fields_of(entry: bibtexparser.model.Entry) -> dict[str, str]:
    return {key: field.value for key, field in entry.fields_dict.items()}


def people(author: str) -> list[Name]:
    parts = [parse_single_name_into_parts(name) for name in split_multiple_persons_names(author)] if author else []
    return [Name(plain(" ".join(one.von + one.last)), plain(" ".join(one.first)), " ".join(one.jr)) for one in parts]


def reads_back(paper: Paper, entry: bibtexparser.model.Entry) -> bool:
    """Tell whether an entry says what the paper does, once its TeX is read."""
    fields = fields_of(entry)
    names = [parse_name(plain(author.name)) for author in paper.authors]
    return (
        (entry.key, fields["eprint"], fields["primaryClass"]) == (citation_key(paper), paper.id.base, paper.primary_category)
        and (plain(fields["title"]), plain(fields.get("journal", ""))) == (plain(paper.title), plain(paper.journal_ref))
        and people(fields.get("author", "")) == [name for name in names if name.family]
        and fields.get("doi", "") == next((doi for doi in paper.doi.split() if doi.startswith("10.")), "")
    )


TEXTS = st.text() | st.lists(st.sampled_from([*"aB1 ${}\\^_~'%&<>|#@\",:;=\n\r\u2028", "\\frac", "\\emph{", " and ", "ER  - ", "AU  - ", "(2001)", "10.1000/", "Jr."])).map("".join)


@given(TEXTS, TEXTS, TEXTS)
def test_any_text_can_be_cited(text: str, other: str, third: str) -> None:
    """BibTeX is one entry of a row for each field, RIS one record likewise, and no tag is empty."""
    paper = replace(PREPRINT, title=text, authors=(Author(other), Author(third)), journal_ref=third, doi=other, abstract=other)
    fields = bibtex_fields(paper)
    assert len(bibtex(paper).splitlines()) == len(fields) + 2
    assert len(people(fields.get("author", ""))) <= 2
    rows = ris(paper).split("\r\n")
    assert rows == [*ris(paper).splitlines(), ""]
    assert all(re.match(r"[A-Z][A-Z0-9]  - \S", row) for row in rows[:-2])
    assert rows.count("ER  - ") == 1
    assert json.loads(json.dumps(csl(paper))) == csl(paper)
    assert all(content == " ".join(content.split()) != "" for _, content in citation_tags(paper))


def records(shared: Path) -> Iterator[Paper]:
    with (shared / "arxiv/records.jsonl.zst").open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as packed:
        for line in islice(io.TextIOWrapper(packed, encoding="utf-8"), 0, None, EVERY):
            record = json.loads(line)
            authors, submitted = tuple(map(Author, record["authors"])), record.get("published")
            yield Paper(
                parse_arxiv_id(record["id"]), record["title"], authors, tuple(record["categories"]), submitted=parse_moment(submitted) if submitted else None,
                journal_ref=record.get("journal_ref") or "", doi=record.get("doi") or "",
            )  # fmt: skip


def test_every_record_reads_back_from_bibtex(shared: Path) -> None:
    papers = list(records(shared))
    library = bibtexparser.parse_string("\n".join(map(bibtex, papers)))
    assert not library.failed_blocks
    assert len({entry.key for entry in library.entries}) == len(papers)
    assert [paper.id for paper, entry in zip(papers, library.entries, strict=True) if not reads_back(paper, entry)] == []


def test_every_record_is_a_record_of_ris(shared: Path) -> None:
    for paper in records(shared):
        rows = ris(paper).splitlines()
        assert (rows[0][:6], rows[-1]) == ("TY  - ", "ER  - ")
        assert sum(row.startswith("AU  - ") for row in rows) == len([author for author in paper.authors if plain(author.name).strip(" ,;")])
