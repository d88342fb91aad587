"""The lines of a ``card`` fence -> a card, and what is wrong with them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import force_setattr

from roundup.errors import Location, Problem, nearest
from roundup.nodes import Scalar, Sequence
from roundup.text import links
from roundup.text.rules import address
from roundup.text.visible import visible
from roundup.yamltext import parse

CARD_KEYS = ("url", "title", "text", "source", "image")


class Card(Struct, frozen=True):
    """A link that stands out: where it leads, its title (empty below a heading that has it), and what to expect there."""

    url: str
    title: str
    text: str = ""
    source: str = ""
    image: str = ""

    def __post_init__(self) -> None:
        for name in ("title", "text", "source"):  # YAML's escapes can spell what cannot be seen
            force_setattr(self, name, visible(getattr(self, name)))


def parse_card(text: str) -> tuple[Card | None, dict[str, int], list[Problem]]:
    """Return the card that a fence's lines give, the line of each key, and what is wrong; with a fault there is no card."""
    if not text.strip():
        return None, {}, [Problem(Location("card"), "the card is empty; write its url and title, or remove it")]
    faults: list[Problem] = []
    mapping = parse(text, "card", faults)
    faults = [Problem(f.where, f.what.replace("the file holds", "the card holds")) for f in faults]
    if mapping is None:
        return None, {}, faults
    values: dict[str, str] = {}
    meant = ""
    for key, node in mapping.values.items():
        where = Location("card", mapping.lines[key])
        if key not in CARD_KEYS:
            meant += (hint := nearest(key, CARD_KEYS))
            faults.append(Problem(where, f'unknown key "{key}" in a card' + (hint or f"; known here: {', '.join(CARD_KEYS)}")))
        elif not isinstance(node, Scalar):
            kind = "a list" if isinstance(node, Sequence) else "a mapping"
            faults.append(Problem(where, f'"{key}" of a card holds {kind}; write one piece of text'))
        else:
            values[key] = " ".join(node.text.split())
            if node.remark.startswith(" #"):
                what = f'"{node.remark.strip()}" behind the {key} is a comment and will not be seen; quote the value, or put two spaces before the #'
                faults.append(Problem(where, what))
    for key in ("url", "title"):
        if not values.get(key) and f'"{key}"' not in meant and isinstance(mapping.values.get(key, Scalar("", 1)), Scalar):
            faults.append(Problem(Location("card", mapping.lines.get(key, 1)), f'a card needs "{key}"; add it'))
    if values.get("url") and not links.is_allowed(values["url"]):
        mend = "write %20 for a space" if " " in values["url"] else "take one that begins with https://"
        what = f'"{values["url"]}" is no address for a card; {mend}'
        faults.append(Problem(Location("card", mapping.lines["url"]), what))
    if not faults:
        values["url"] = address(values["url"])
    return (None if faults else Card(**values)), mapping.lines, faults
