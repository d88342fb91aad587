"""OAI-PMH: ``/oai`` -> records, identifiers, sets and formats, as the server since March 2025 writes them.

Arguments and errors live here, the metadata formats in ``metadata.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from urllib.parse import parse_qsl, quote, unquote, urlencode

from . import metadata, taxonomy
from .answer import Answer, Arguments, quoted, stamp
from .papers import ReplayPaper
from .store import Store

BASE = "https://oaipmh.arxiv.org/oai"
PREFIX = "oai:arXiv.org:"
EARLIEST = date(2005, 9, 16)

_MEANINGS = {
    "badArgument": "The request includes illegal arguments, is missing required arguments, includes a repeated argument, or values for arguments have an illegal syntax.",
    "badResumptionToken": "The value of the resumptionToken argument is invalid or expired.",
    "badVerb": "Value of the verb argument is not a legal OAI-PMH verb, the verb argument is missing, or the verb argument is repeated.",
    "cannotDisseminateFormat": "The metadata format identified by the value given for the metadataPrefix argument is not supported by the item or by the repository.",
    "idDoesNotExist": "The value of the identifier argument is unknown or illegal in this repository.",
    "noRecordsMatch": "The combination of the values of the from, until, set and metadataPrefix arguments results in an empty list.",
}


class OAIError(Exception):
    """An error of the protocol: its code, the reason, and which arguments the answer repeats."""

    def __init__(self, code: str, reason: str | None = None, repeats: Mapping[str, str] | None = None) -> None:
        super().__init__(code if reason is None else f"{code}: {reason}")
        self.code, self.reason, self.repeats = code, reason, repeats or {}

    @property
    def text(self) -> str:
        return _MEANINGS[self.code] + (f" Reason: {self.reason}" if self.reason else "")


@dataclass(frozen=True)
class _Selection:
    """What a list request asks for; ``skip`` records of the first day were given before."""

    prefix: str
    begin: date
    end: date
    set: str | None
    skip: int
    arguments: dict[str, str]
    continued: bool


def answer(store: Store, arguments: Arguments, now: datetime, page: int) -> Answer:
    """Return the answer to a request; ``page`` is how many records or headers a list holds at most."""
    try:
        given = _single(arguments)
        verb = _VERBS.get(given.get("verb", ""))
        if verb is None:
            raise OAIError("badVerb", "Invalid verb provided")
        inner, request = verb(store, given, now, page), _request(given)
    except OAIError as error:
        return refusal(error, now)
    return _document(request, f"    <{given['verb']}>\n{inner}\n    </{given['verb']}>\n", now)


def refusal(error: OAIError, now: datetime) -> Answer:
    """Return an error of the protocol, which comes with HTTP 200."""
    return _document(_request(error.repeats), f"    <error code='{error.code}'>{quoted(error.text)}</error>\n", now)


def _document(request: str, inner: str, now: datetime) -> Answer:
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"
         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
         xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/ http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">
    <responseDate>{stamp(now)}</responseDate>
                {request}


{inner}</OAI-PMH>
"""
    return Answer(text.encode(), "text/xml")


def _request(given: Mapping[str, str]) -> str:
    repeated = "".join(f' {name}="{quoted(value)}"' for name, value in given.items())
    return f"<request{repeated}>{BASE}</request>"


def _single(arguments: Arguments) -> dict[str, str]:
    if any(len(values) > 1 for values in arguments.values()):
        raise OAIError("badArgument", "Duplicate parameters not allowed")
    return {name: values[0] for name, values in arguments.items()}


def _only(given: Mapping[str, str], *allowed: str) -> None:
    if not {"verb", *allowed} >= given.keys():
        raise OAIError("badArgument", f"Unallowed parameter. Allowed parameters: {', '.join(('verb', *allowed))}")


def _identify(store: Store, given: Mapping[str, str], now: datetime, page: int) -> str:
    _only(given)
    return f"""        <repositoryName>arXiv</repositoryName>
        <baseURL>{BASE}</baseURL>
        <protocolVersion>2.0</protocolVersion>
        <adminEmail>help@arxiv.org</adminEmail>
        <earliestDatestamp>{EARLIEST}</earliestDatestamp>
        <deletedRecord>persistent</deletedRecord>
        <granularity>YYYY-MM-DD</granularity>"""


def _list_formats(store: Store, given: Mapping[str, str], now: datetime, page: int) -> str:
    _only(given, "identifier")
    if "identifier" in given:
        _identified(store, given["identifier"])
    return "\n".join(
        f"    <metadataFormat>\n        <metadataPrefix>{prefix}</metadataPrefix>\n        <schema>{form.schema}</schema>\n"
        f"        <metadataNamespace>{form.namespace}</metadataNamespace>\n    </metadataFormat>"
        for prefix, form in metadata.FORMATS.items()
    )


def _list_sets(store: Store, given: Mapping[str, str], now: datetime, page: int) -> str:
    _only(given)
    return "\n".join(f"    <set>\n        <setSpec>{spec}</setSpec>\n        <setName>{quoted(name)}</setName>\n    </set>" for spec, name in taxonomy.sets())


def _get_record(store: Store, given: Mapping[str, str], now: datetime, page: int) -> str:
    _only(given, "identifier", "metadataPrefix")
    if "identifier" not in given or "metadataPrefix" not in given:
        raise OAIError("badArgument", "identifier and metadataPrefix required.")
    _format(given["metadataPrefix"], {"verb": "GetRecord", "identifier": given["identifier"]})
    return _record(_identified(store, given["identifier"]), given["metadataPrefix"])


def _identified(store: Store, identifier: str) -> ReplayPaper:
    if not identifier.startswith(PREFIX):
        raise OAIError("idDoesNotExist", f"All identifiers start with: {PREFIX}")
    paper = store.by_id.get(identifier.removeprefix(PREFIX))
    if paper is None:
        raise OAIError("idDoesNotExist", "Invalid arXiv_id structure")
    return paper


def _format(prefix: str, repeats: Mapping[str, str]) -> None:
    if prefix not in metadata.FORMATS:
        raise OAIError("cannotDisseminateFormat", "Did not recognize requested format", repeats)


def _list_records(store: Store, given: Mapping[str, str], now: datetime, page: int) -> str:
    return _list(store, given, now, page, _record)


def _list_identifiers(store: Store, given: Mapping[str, str], now: datetime, page: int) -> str:
    return _list(store, given, now, page, lambda paper, prefix: _header(paper))


def _list(store: Store, given: Mapping[str, str], now: datetime, page: int, write: Callable[[ReplayPaper, str], str]) -> str:
    chosen = _selection(given, now)
    matching = (paper for paper in store.by_datestamp if chosen.begin <= paper.datestamp <= chosen.end and _in_set(paper, chosen.set))
    papers = list(islice(matching, chosen.skip, chosen.skip + page + 1))
    if not papers:
        raise OAIError("noRecordsMatch", repeats=given)
    lines = [write(paper, chosen.prefix) for paper in papers[:page]]
    if len(papers) > page:
        lines.append(_token(chosen, papers[:page], given["verb"], now))
    elif chosen.continued:
        lines.append("                    <resumptionToken/>")
    return "\n".join(lines)


def _token(chosen: _Selection, given: list[ReplayPaper], verb: str, now: datetime) -> str:
    """Return where to go on: at the last day given, after so many of its records."""
    last = given[-1].datestamp
    skip = sum(paper.datestamp == last for paper in given) + (chosen.skip if last == chosen.begin else 0)
    kept: dict[str, str] = {name: chosen.arguments[name] for name in ("until", "set") if name in chosen.arguments}
    arguments = {"verb": verb, "metadataPrefix": chosen.prefix, "from": str(last), **kept, "skip": str(skip)}
    midnight = f"{now.date() + timedelta(days=1)}T00:00:00Z"
    text = quote(urlencode(arguments, safe=":"), safe="")
    return f"                    <resumptionToken expirationDate='{midnight}'>{text}</resumptionToken>"


def _selection(given: Mapping[str, str], now: datetime) -> _Selection:
    token = given.get("resumptionToken")
    if token is not None:
        if given.keys() != {"verb", "resumptionToken"}:
            raise OAIError("badArgument", "No other paramters allowed with resumptionToken")
        return _resumed(token, given["verb"], now)
    _only(given, "until", "set", "metadataPrefix", "from")
    return _chosen(given, now, 0, continued=False)


def _resumed(token: str, verb: str, now: datetime) -> _Selection:
    """Read a token back, whether it came encoded once more or as it stood in the answer."""
    inner = dict(parse_qsl(unquote(token)))
    skip = inner.pop("skip", "")
    if inner.get("verb") != verb or not skip.isdigit() or "from" not in inner:
        raise OAIError("badResumptionToken", "Token decoding failed or format is invalid.")
    return _chosen(inner, now, int(skip), continued=True)


def _chosen(given: Mapping[str, str], now: datetime, skip: int, continued: bool) -> _Selection:
    if "metadataPrefix" not in given:
        raise OAIError("badArgument", "metadataPrefix required.")
    _format(given["metadataPrefix"], given)
    begin, end = _day(given, "from", EARLIEST), _day(given, "until", date.max)
    if begin < EARLIEST:
        raise OAIError("badArgument", "start date too early")
    if end < begin:
        raise OAIError("badArgument", "until date must be greater than or equal to from date")
    if "until" in given and end > now.date() + timedelta(days=1):
        raise OAIError("badArgument", "until date too late")
    if "set" in given and given["set"] not in dict(taxonomy.sets()):
        raise OAIError("badArgument", "Set does not exist")
    return _Selection(given["metadataPrefix"], begin, end, given.get("set"), skip, dict(given), continued)


def _day(given: Mapping[str, str], name: str, default: date) -> date:
    if name not in given:
        return default
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", given[name]):
        raise OAIError("badArgument", f"{name} date format must be YYYY-MM-DD")
    try:
        return date.fromisoformat(given[name])
    except ValueError:
        raise OAIError("badArgument", f"{name} date format must be YYYY-MM-DD") from None


def _in_set(paper: ReplayPaper, wanted: str | None) -> bool:
    return wanted is None or any(f"{taxonomy.set_of(name)}:".startswith(f"{wanted}:") for name in paper.categories)


def _header(paper: ReplayPaper) -> str:
    sets = "".join(f"            <setSpec>{taxonomy.set_of(name)}</setSpec>\n" for name in paper.categories)
    return (
        f"                <header>\n        <identifier>{PREFIX}{paper.id}</identifier>\n        <datestamp>{paper.datestamp}</datestamp>\n{sets}    </header>\n"
    )


def _record(paper: ReplayPaper, prefix: str) -> str:
    told = metadata.FORMATS[prefix].write(paper)
    return f"                <record>\n{_header(paper)}\n            <metadata>\n{told}\n            </metadata>\n        </record>\n"


_VERBS: dict[str, Callable[[Store, Mapping[str, str], datetime, int], str]] = {
    "Identify": _identify,
    "ListMetadataFormats": _list_formats,
    "ListSets": _list_sets,
    "GetRecord": _get_record,
    "ListIdentifiers": _list_identifiers,
    "ListRecords": _list_records,
}
