"""What a site looks like, and files that go to it as they are: as values, read from a digest and from the program."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from roundup.outline import fingerprint
from roundup.text.language import ENGLISH, Language


class Asset(Struct, frozen=True):
    """A file that goes to the site as it is: where it stands in the digest (or the theme), and a hash of its bytes."""

    path: str
    source: str
    digest: str


class Theme(Struct, frozen=True):
    """The templates by name, and where each was read: ``own`` ones replace ``built_in`` ones of the same name.

    ``fonts`` are files that the stylesheet names; a browser asks for one where a page has a use for it.
    ``cards`` are those that social cards are set in; they stay here.
    """

    built_in: Mapping[str, str]
    own: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    fonts: Mapping[str, bytes] = field(default_factory=dict)
    cards: Mapping[str, bytes] = field(default_factory=dict)
    language: Language = ENGLISH

    @property
    def digest(self) -> str:
        return fingerprint(self.version, repr(self.language), *(f"{n}\0{t}" for part in (self.built_in, self.own) for n, t in sorted(part.items())))
