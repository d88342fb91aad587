"""An author's name in letters, as arXiv shows it -> family, given names and suffix. Pure, and total.

arXiv says only how a name is shown. What a family name begins with is told from its particle (van der, de la, El), and a name that is
no person's (a collaboration, two people in one, an affiliation left behind a bracket) stays whole: a wrong guess is worse than none.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

_PARTICLES = frozenset(
    "af al ben bin d da dal dalla de degli dei del della den der des di do dos du e el i ibn la las le lo los mac o st st. te ten ter ul und ur"
    " van vande vander vom von y zu zum zur".split()
)
# Of those that people write with a capital, the ones that are rarely a given name.
_CAPITALS = frozenset(
    "Al Ben Da Dal Dalla De Degli Del Della Den Der Di Do Dos Du El La Las Le Lo Mac St St. Ten Ter Van Vande Vander Von".split()
)
_BETWEEN = frozenset("e i y".split())  # these join two family names, as in Agüera y Arcas
# In a Vietnamese name, Van, Le, Do and Du are names themselves, as in Tuoc Van Phan.
_VIETNAMESE = frozenset(
    "bui dang dao dinh do doan duong ho hoang huynh lam le luong luu ly ma mai ngo nguyen ninh pham phan phung ta thai to tran trinh truong vo vu".split()
)
_SUFFIX = re.compile(r"(?:Jr|Sr|JR|SR|jr|sr)\.?|II|III|IV")
_GROUP = re.compile(r"\b(?:collaborations?|consorti(?:um|a)|teams?|groups?|projects?|labs?|laborator(?:y|ies)|universit\w*|institut\w*)\b", re.I)
_NO_PERSON = re.compile(r"[,;:&()\[\]{}<>/\\|=@*†‡\"$%#_\d]|^(?:the|for)\s|\sfor\s|(?<!\S)(?i:and)(?!\S)")


class Name(Struct, frozen=True):
    """A person's name in its parts. What has no given names is one name: a group's, or a person's only one."""

    family: str
    given: str = ""
    suffix: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.given, self.family, self.suffix)))


def parse_name(text: str) -> Name:
    """Return the parts of a name; one that cannot be taken apart stands whole as the family name."""
    words = text.strip(" ,;").split()
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    if suffix:
        words[-1] = words[-1].rstrip(",")
    whole = " ".join(words)
    if len(words) < 2 or _GROUP.search(whole) or _NO_PERSON.search(whole):
        return Name(f"{whole} {suffix}".strip())
    start = _family_start(words)
    return Name(" ".join(words[start:]), " ".join(words[:start]), suffix)


def _family_start(words: list[str]) -> int:
    """Return which word begins the family name: the first particle that is neither the first word nor the last, else the last word."""
    particles = _PARTICLES if _is_vietnamese(words) else _PARTICLES | _CAPITALS
    start = next((place for place in range(1, len(words) - 1) if words[place] in particles), len(words) - 1)
    return start - 1 if words[start] in _BETWEEN and start > 1 else start


def _is_vietnamese(words: list[str]) -> bool:
    return any(_bare(word) in _VIETNAMESE for word in (words[0], words[-1]))


def _bare(word: str) -> str:
    return unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
