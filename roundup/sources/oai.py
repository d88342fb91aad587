"""arXiv's OAI-PMH interface -> papers: a second road to a record, and the one that knows licences and every version's day.

Formats: ``arXivRaw`` is asked for, since it alone has the versions; ``arXiv`` is read as well.
Source: https://info.arxiv.org/help/oa/index.html, and http://www.openarchives.org/OAI/openarchivesprotocol.html
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct

from roundup.errors import FetchError
from roundup.paper import FROM_OAI, ArxivId, Author, Fetch, Links, Moment, Paper, Withdrawal, parse_arxiv_id, parse_moment
from roundup.sources.answers import REFUSED, Answer, AnswerError
from roundup.sources.cache import Cache
from roundup.sources.finds import code_links, fitting, held, whole, withdrawal
from roundup.sources.guard import xml
from roundup.sources.http import Http, Request, hosts_of
from roundup.sources.kept import ask_daily
from roundup.sources.pace import Pace
from roundup.sources.people import authors
from roundup.text.accents import accented
from roundup.text.visible import one_line

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_RAW = "{http://arxiv.org/OAI/arXivRaw/}"
_ARXIV = "{http://arxiv.org/OAI/arXiv/}"
_PHYSICS = frozenset("astro-ph cond-mat gr-qc hep-ex hep-lat hep-ph hep-th math-ph nlin nucl-ex nucl-th physics quant-ph".split())


class Harvest(Struct, frozen=True):
    """One answer: what was harvested, what of it was no paper, the IDs with the day each changed, and how to go on."""

    papers: tuple[Paper, ...] = ()
    unfit: tuple[str, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()
    token: str = ""
    error: str = ""  # the protocol's own name for it, as noRecordsMatch; else nothing


class OaiPmh:
    """The interface at ``base``."""

    def __init__(self, base: str, http: Http, pace: Pace, cache: Cache, today: dt.date) -> None:
        self.base, self.http, self.pace, self.cache, self.today = base, http, pace, cache, today

    def record(self, wanted: ArxivId) -> Paper | None:
        """Return a paper's newest version with its licence; None where arXiv has no such paper.

        FetchError where it has one that cannot be read.
        """
        answer = self._harvest({"verb": "GetRecord", "identifier": f"oai:arXiv.org:{wanted.base}", "metadataPrefix": "arXivRaw"})
        found = next((paper for paper in answer.papers if paper.id.base == wanted.base), None)
        if found is None and (answer.unfit or answer.papers):
            raise FetchError(self.base, answer.unfit[0] if answer.unfit else f"answered with {answer.papers[0].id}, which was not asked for")
        return found

    def harvest(self, category: str, since: dt.date) -> Iterator[Harvest]:
        """Yield what changed in a category since a day, a page at a time. A token that has died begins anew at the last day seen.

        What an interrupted harvest got today is not asked for again.
        """
        asked = {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "set": set_of(category), "from": since.isoformat()}
        first, before = asked, None
        while True:
            page = self._harvest(asked, anew=asked is before)
            if page.error == "badResumptionToken":
                if first == before:
                    raise FetchError(self.base, "takes none of its own tokens back")
                asked = before = first  # which begins at the last day seen by now
                continue
            yield page
            if not page.token:
                return
            first = {**first, "from": max((day for _, day in page.changed), default=first["from"])}
            asked = {"verb": "ListRecords", "resumptionToken": page.token}

    def _harvest(self, asked: dict[str, str], *, anew: bool = False) -> Harvest:
        url = f"{self.base}?{urlencode(asked, quote_via=quote)}"  # a token is encoded once more, as text; decoded first it is refused
        request = Request(url, "text/xml", hosts_of(url))
        if asked["verb"] == "GetRecord":
            return self.http.ask(request, self.pace, self._read)
        return ask_daily(request, self.http, self.pace, self.cache, self._read, anew=anew, keeps=lambda found: not found.error)

    def _read(self, answer: Answer) -> Harvest:
        return _useful(parse_harvest(answer, self.today))


def set_of(category: str) -> str:
    """Return the set that holds a category or an archive: ``cs:cs:LG``, ``physics:hep-th``, ``physics:astro-ph:EP``, ``cs``."""
    archive, _, name = category.partition(".")
    group = "physics" if archive in _PHYSICS else archive
    if not name:
        return f"{group}:{archive}" if group != archive or archive == "physics" else group
    return f"{group}:{archive}:{name}"


def _useful(found: Harvest) -> Harvest:
    """Refuse an answer that says no more than that we asked wrongly; that nothing matches, or a token died, is an answer."""
    if found.error and found.error.partition(":")[0] not in {"noRecordsMatch", "badResumptionToken", "idDoesNotExist"}:
        raise AnswerError(f'refuses the question: "{found.error}"', tries=1, mend=REFUSED)
    return found


def parse_harvest(answer: Answer, today: dt.date) -> Harvest:
    """Return what an answer holds, whatever the verb; AnswerError where it is no OAI-PMH, or a list that holds nothing and says not why."""
    root, _ = xml(answer, f"{_OAI}OAI-PMH")
    if answer.status != 200:
        raise AnswerError(f"answered HTTP {answer.status}", tries=1)
    error = root.find(f"{_OAI}error")
    if error is not None:
        code = error.get("code", "error")
        return Harvest(error=code if code in {"noRecordsMatch", "badResumptionToken", "idDoesNotExist"} else f"{code}: {one_line(error.text or '')}")
    verb = next((child for child in root if child.tag not in {f"{_OAI}responseDate", f"{_OAI}request"}), None)
    if verb is None:
        raise AnswerError("answered with OAI-PMH that holds nothing")
    headers = list(verb.iter(f"{_OAI}header"))
    if verb.tag in {f"{_OAI}ListRecords", f"{_OAI}ListIdentifiers", f"{_OAI}GetRecord"} and not headers:
        raise AnswerError("answered with an empty list, and no word that nothing matches")
    papers, unfit = [], []
    for record in verb.iter(f"{_OAI}record"):
        try:
            papers += [paper for paper in [_paper(record, today)] if paper]
        except ValueError as reason:
            unfit.append(f'a record called "{_text(record, f"{_OAI}header/{_OAI}identifier")}" was passed over: {reason}')
    changed = tuple((_text(one, f"{_OAI}identifier").removeprefix("oai:arXiv.org:"), _text(one, f"{_OAI}datestamp")) for one in headers)
    return Harvest(tuple(papers), tuple(unfit), changed, _text(verb, f"{_OAI}resumptionToken"))


def _paper(record: Any, today: dt.date) -> Paper | None:
    """Return the paper of a record; None for a format that has none of arXiv's categories. ValueError says what it lacks."""
    body = next(record.iter(f"{_RAW}arXivRaw", f"{_ARXIV}arXiv"), None)
    if body is None:
        return None
    space = _RAW if body.tag.startswith(_RAW) else _ARXIV
    people = _people(body) if space is _ARXIV else authors(held("list of authors", _text(body, f"{space}authors")))
    title, categories = _words(body, f"{space}title"), fitting(_text(body, f"{space}categories").split())
    versions = [(one.get("version", ""), _moment(_text(one, f"{_RAW}date")), _text(one, f"{_RAW}source_type")) for one in body.iter(f"{_RAW}version")]
    given = parse_arxiv_id(_text(body, f"{space}id"))
    number = int(versions[-1][0].removeprefix("v")) if versions else None
    paper_id, updated = ArxivId(given.base, number), versions[-1][1] if versions else None
    comment, abstract = held("comment", _text(body, f"{space}comments")), _words(body, f"{space}abstract")
    gone = withdrawal(comment, updated)
    if versions and "I" in versions[-1][2]:  # nothing but an abstract was submitted
        gone = Withdrawal(comment or "no reason given", updated)
    return whole(Paper(
        paper_id, title, people, categories, abstract,
        versions[0][1] if versions else None, updated, comment, _text(body, f"{space}journal-ref"), _text(body, f"{space}doi"), _text(body, f"{space}license"),
        Links(pdf=paper_id.pdf_url if versions and not gone else "", code=code_links(abstract, comment)), gone, fetched=Fetch(today, FROM_OAI),
    ))  # fmt: skip


def _people(body: Any) -> tuple[Author, ...]:
    found = []
    for one in body.iter(f"{_ARXIV}author"):
        parts = (_text(one, f"{_ARXIV}{key}") for key in ("forenames", "keyname", "suffix"))
        places = (one_line(place.text or "") for place in one.iterfind(f"{_ARXIV}affiliation"))
        found.append(Author(" ".join(filter(None, parts)), tuple(filter(None, places))))
    return tuple(found)


def _moment(text: str) -> Moment:
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(dt.timezone.utc).replace(microsecond=0)
    except (ValueError, TypeError, OverflowError):
        try:
            return parse_moment(text)
        except ValueError:
            raise ValueError(f'its date is "{text}"') from None


def _text(element: Any, path: str) -> str:
    return one_line(element.findtext(path) or "")


def _words(element: Any, path: str) -> str:
    return accented(held(path.rpartition("}")[2], element.findtext(path) or ""))
