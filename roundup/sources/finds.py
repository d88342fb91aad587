"""What stands in a paper's own words: where its code is, that it was withdrawn, which of its classes are categories. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from roundup.paper import Moment, Paper, Withdrawal
from roundup.text.links import is_web
from roundup.text.visible import one_line

_CATEGORY = re.compile(r"[a-z]+(-[a-z]+)*(\.[A-Za-z]+(-[A-Za-z]+)*)?", re.ASCII)  # "68T50" and "I.2.7; H.3" are of other schemes
_FORGES = r"github\.com|gitlab\.(?:[a-z0-9-]+\.){0,4}[a-z]+|bitbucket\.org|codeberg\.org|git\.sr\.ht|gitee\.com|huggingface\.co"
_REPOSITORY = re.compile(rf"(?<![\w.-])(?:https?://)?(?:www\.)?((?:{_FORGES})/[\w.~-]+(?:/[\w.-]+)+)", re.I | re.ASCII)
_HINT = re.compile(r"\.(?:com|org|ht|co|[a-z]{2})/", re.I)  # most abstracts name no address at all
_NO_CODE = re.compile(r"huggingface\.co/(papers|blog|docs)/|github\.com/(features|about|sponsors|orgs)/", re.I)


LONGEST = 64 * 1024  # of a text, as of a field of ours: a longer one would make a record that cannot be read


def held(what: str, text: str) -> str:
    """Return the text on one line; ValueError where it is longer than a record may hold."""
    if len(text) > LONGEST:
        raise ValueError(f"its {what} is too long: {len(text):,} characters")
    return one_line(text)


def whole(paper: Paper) -> Paper:
    """Return the paper where it has what no record can do without; ValueError says what it lacks."""
    for what, value in (("title", paper.title), ("author", paper.authors), ("category", paper.categories)):
        if not value:
            raise ValueError(f"it has no {what}")
    if len(paper.authors) > 20_000:
        raise ValueError(f"it has {len(paper.authors):,} authors")
    return paper


def fitting(names: Iterable[str]) -> tuple[str, ...]:
    """Return those that are arXiv categories, each once, in order."""
    return tuple(dict.fromkeys(name for name in names if _CATEGORY.fullmatch(name)))


def code_links(*texts: str) -> tuple[str, ...]:
    """Return the addresses of repositories in these texts, as https, each once: what TeX or a full stop left around them is gone."""
    found: dict[str, str] = {}
    for text in filter(_HINT.search, texts):
        plain = text.replace("\\_", "_").replace("\\%", "%").replace("\\#", "#").replace("\\~", "~")
        for match in _REPOSITORY.finditer(plain):
            url = "https://" + match[1].rstrip("./").removesuffix(".git")
            if url.count("/") >= 4 and is_web(url) and not _NO_CODE.search(url):
                found.setdefault(url.lower(), url)
    return tuple(found.values())


# How authors and administrators say that a paper is taken back; the words are those of the comments of some 60 withdrawn papers.
# "withdrawn from a journal", "supersedes a withdrawn paper" and "withdraws Theorem 4.4" say something else.
_THING = r"(?:paper|article|manuscript|submission|preprint|work|study|version)"
_WITHDRAWN = re.compile(
    rf"^(?:arxiv admin note:\s*)?withdr(?:aw|awn|awal)\b(?! (?:from|by (?:the )?authors? from|by icml|theorem))"
    rf"|\b{_THING} (?:is|was|has been|have been|needs to be|is being) (?:temporarily )?withdrawn(?! from)\b"
    rf"|^(?:\S+ ){{0,6}}{_THING} withdrawn (?:by|due|because|for)\b"
    rf"|\bthis has been withdrawn\b"
    rf"|\b(?:withdraw(?:ing)?|retract(?:ing)?) (?:of )?(?:all versions of )?(?:this|the|our) (?:\w+ )?{_THING}\b"
    rf"|\b{_THING}\b[^.;]{{0,80}} needs? to be (?:withdrawn|retracted)\b"
    rf"|\b{_THING} (?:has been|was|is) (?:retracted|removed by arxiv)\b"
    rf"|\brequest(?:ing)? (?:to withdraw it|(?:this|the|its) withdrawal)\b"
    rf"|\bwithdrawal of (?:this|the|our) {_THING}\b"
    rf"|\brequesting (?:this|the|its) withdrawal\b"
    rf"|\bstudy requires withdrawal\b"
    rf"|\bwithdrawn by (?:the |its )?(?:authors?|arxiv|administrators?)\b(?! from)",
    re.I,
)


_EARLIER = re.compile(rf"\b(?:earlier|previous|prior|first|old) {_THING}s?\b[^.;]*", re.I)


def withdrawal(comment: str, since: Moment | None) -> Withdrawal | None:
    """Return that the comment takes the paper back, in its own words; None where it does not.

    arXiv's query API says it nowhere else: a withdrawal is a new version whose comment gives the reason.
    Source: https://info.arxiv.org/help/withdraw.html
    """
    return Withdrawal(comment, since) if _WITHDRAWN.search(_EARLIER.sub("", comment)) else None
