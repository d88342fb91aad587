"""Papers that nobody wrote: a few with everything that has ever broken a reader, and as many plain ones as are asked for.

They are listed on the five days from Monday 8 to Friday 12 January 2024; on the Friday a feed of cs.CL has all four announce types.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from .papers import Author, ReplayPaper, revised, withdrawn

DAYS = tuple(date(2024, 1, day) for day in range(8, 13))
FRIDAY = DAYS[-1]

_NAMES = (
    "Ada Example;Bertrand Probe;Celia Fixture;Dmitri Sample;Eun-ji Mock;Farid Stub;Greta Trial;Hiro Specimen;Inés Muestra;"
    "J. K. Placeholder;Katarzyna Wzór;Lars-Erik Prøve;Mónica Ejemplo;Nils Beispiel;Olga Primer;Pierre Échantillon"
).split(";")
_CATEGORIES = ("cs.CL cs.LG", "cs.LG stat.ML", "cs.CV cs.LG cs.AI", "math.AP", "cs.AI cs.CL", "q-fin.ST stat.ML", "stat.ML cs.LG", "cs.RO", "astro-ph.EP", "quant-ph")
_WAYS = ("Patient", "Sparse", "Contrastive", "Recurrent", "Distilled", "Bayesian", "Equivariant", "Curious", "Federated", "Quantised", "Layered")
_MEANS = ("Transformers", "Diffusion Models", "Retrieval", "Graph Networks", "Estimators", "Kernels", "Curricula", "Attention", "Memories")
_ENDS = ("Long Letters", "Tide Tables", "Small Telescopes", "Reading Aloud", "Sorting Mail", "Bird Song", "Old Maps", "Weather by Ear")


def invented(count: int = 60) -> tuple[ReplayPaper, ...]:
    """Return that many papers, always the same: the odd ones first, then plain ones."""
    odd = _odd()
    return (*odd[:count], *(_plain(number) for number in range(max(0, count - len(odd)))))


def submitted_for(day: date) -> datetime:
    """Return a time from which a paper is listed on a day: ten in the morning, Eastern, of the working day before."""
    before = day - timedelta(days=3 if day.weekday() == 0 else 1)
    return datetime.combine(before, time(15, 0), UTC)


def _people(names: str) -> tuple[Author, ...]:
    """Read ``Name (affiliation, affiliation); Name``."""
    pairs = (entry.rstrip(")").partition(" (") for entry in names.split("; "))
    return tuple((name, tuple(filter(None, places.split(", ")))) for name, _, places in pairs)


def _paper(paper_id: str, day: date, title: str, people: str, abstract: str, categories: str, **more: Any) -> ReplayPaper:
    told: dict[str, Any] = {"versions": (submitted_for(day),), "announced": day} | more
    return ReplayPaper(paper_id, title=title, authors=_people(people), abstract=abstract, categories=tuple(categories.split()), **told)


def _plain(number: int) -> ReplayPaper:
    """Return a paper without surprises; 2,000 of them have 2,000 IDs and titles."""
    day = DAYS[number % len(DAYS)]
    way, means, ends = _WAYS[number % len(_WAYS)], _MEANS[number % len(_MEANS)], _ENDS[number % len(_ENDS)]
    title = f"{way} {means} for {ends}" + (f", Part {number // 792 + 1}" if number >= 792 else "")  # 11 * 9 * 8 titles before they repeat
    names = [_NAMES[(number * 5 + step) % len(_NAMES)] for step in range(1 + number % 5)]
    abstract = (
        f"We ask whether {means.lower()} help with {ends.lower()}. On a task made for this paper a {way.lower()} variant does, by {1 + number % 9} points. "
        f"We report {2 + number % 4} failures and what they have in common."
    )
    paper = _paper(
        f"2401.{4001 + DAYS.index(day) * 1000 + number // len(DAYS):05}", day, title, "; ".join(names), abstract, _CATEGORIES[number % len(_CATEGORIES)],
        comment=f"{8 + number % 20} pages, {number % 7} figures" if number % 3 else None,
        listed=day if number % 4 == 0 else None, upvotes=number * 7 % 90 if number % 4 == 0 else 0, comments=number % 5 if number % 4 == 0 else 0,
    )
    return dataclasses.replace(paper, versions=(paper.submitted - timedelta(minutes=number),))


def _odd() -> tuple[ReplayPaper, ...]:
    """Return the papers that break readers, each for a reason that its text names."""
    monday, tuesday, wednesday, thursday, friday = DAYS
    thrice = _paper(
        "2401.03001", monday, "A First Title", "Ada Example; Bertrand Probe", "The first version says little.", "cs.CL cs.AI", comment="5 pages")
    twice = revised(thrice, datetime(2024, 1, 9, 12, 30, tzinfo=UTC), title="A Second Title", abstract="The second version says more.", announced=wednesday)
    code = "https://github.com/example-lab/lantern"
    return (
        revised(
            twice, datetime(2024, 1, 11, 9, 15, tzinfo=UTC), title="A Third Title: What Changed", comment="9 pages; v3 mends the proof of Lemma 2",
            abstract="The third version says what the first two left out.", announced=friday),
        _paper(
            "2401.03002", friday, "Sharp bounds for $L^p$ norms when $p<2$: a proof", "Celia Fixture",
            r"For $a<b$ and $n>m$ the words between them must stay, & so must these: $\|f\|_{L^p} \le C\,\|g\|_{H^1}$. See <b>bold</b> claims, "
            r"<script>alert(1)</script>, and \emph{the} 5\% case -- or $x_{i}\in\mathbb{R}^d$.", "math.AP math.FA", comment="$C<1$ in Theorem 2"),
        _paper(
            "2401.03003", friday, '"Attention" Is a Word: On \'Quoting\' & Escaping', "Dmitri Sample; Eun-ji Mock",
            'A title may begin with a quotation mark and hold a colon: both are "data".', "cs.CL", comment='"Best paper": we hope', github=code,
            listed=friday, upvotes=41, comments=3),
        _paper(
            "2401.03004", friday, "Un théorème à la Poincaré for Erdős–Rényi graphs", "José Ñandú; Søren Ångström; Michał Łukowski; Đặng Thị Ánh; Jürgen Weiß",
            "Nous démontrons — in two pages — that naïve façades of Gödel, Čech and Lévy agree. Keywords: œuvre, Ľudovít, ı.", "math.PR cs.LG cs.CL",
            license="http://creativecommons.org/licenses/by/4.0/"),
        _paper(
            "hep-th/9901001", monday, "Branes before breakfast", "A.G.Example; C. P. Mock, Jr.", "An old paper with an old-style ID.", "hep-th gr-qc",
            versions=(datetime(1999, 1, 1, 9, 0, 12, tzinfo=UTC), datetime(1999, 3, 4, 17, 45, tzinfo=UTC)), announced=None, license=None,
            journal_ref="J.Invent.Phys. 9 (1999) 1-12", report_number="INV-TH-99-01"),
        _paper(
            "0704.0010", monday, "Ten zeros and how to keep them", "Aristarchus", "An ID of four digits that a careless reader takes for a number.", "astro-ph",
            versions=(datetime(2007, 4, 2, 11, 22, 33, tzinfo=UTC),), announced=None, license=None, doi="10.5555/invented.704.10"),
        _paper(
            "2401.03100", tuesday, "First light of the LANTERN detector", "LANTERN Collaboration; Farid Stub; Greta Trial",
            "We see light. An ID that ends in zeros is here for those who read it as a number.", "hep-ex physics.ins-det",
            comment=f"24 pages, 11 figures, code at {code}", github=code, report_number="LANTERN-24-001"),
        _paper(
            "2401.03006", tuesday, "Affiliations, given and missing",
            "Hiro Specimen (Institute of Examples, Sample University); Inés Muestra; J. K. Placeholder (Dept. of Tests)",
            "Some authors say where they work, in brackets.", "cs.LG cs.CL", comment="Accepted at a workshop: https://workshop.example/2024?a=1&b=2"),
        withdrawn(
            _paper("2401.03007", monday, "A claim that did not hold", "Katarzyna Wzór; Lars-Erik Prøve", "We claimed too much.", "cs.AI cs.CL"),
            datetime(2024, 1, 11, 20, 5, tzinfo=UTC), "an error in the main theorem; see the comment on Lemma 1", announced=friday),
        _paper(
            "2401.03008", wednesday, "Printed and numbered", "Mónica Ejemplo; Nils Beispiel", "A paper with a journal reference and a DOI.", "stat.ML cs.LG",
            journal_ref="Journal of Invented Results 12 (2024), pp. 1--14", doi="10.5555/12345678", license="http://creativecommons.org/licenses/by-nc-sa/4.0/"),
        _paper("2401.03009", wednesday, "0", "Olga Primer", "A title of one digit, which is false to some.", "cs.CR"),
        _paper("2401.03010", thursday, "[Re] No: Null results & `backticks`", "王小明; 李 华", "# not a heading\\n* not a list - a line of text", "cs.IR cs.CL"),
        _paper(
            "2401.03011", thursday, r"On \textit{spacing}~and 100\% of \$5 -- or $5", "Pierre de la Échantillon III; Waldo van der Beispiel",
            r"TeX commands \emph{stay}, ``quotes'' too; a single $ stays alone. (See \url{https://data.example/a_b}.)", "cs.DL", comment=r"5\% more pages"),
        _paper(
            "2401.03012", friday, "Forty hands make light work", "; ".join(f"Author Number{number}" for number in range(1, 41)), "There are forty of us.", "cs.CV cs.CL",
            listed=friday, upvotes=87, comments=12),
        _paper("2401.03013", friday, "Joined to another category this Friday", "Ada Example", "Only a cross-list today.", "cs.RO cs.CL", announce_type="cross"),
    )
