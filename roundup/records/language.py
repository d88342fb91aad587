"""A table of words, ``languages/de.yaml`` -> a language; what it does not say, another one says."""

from __future__ import annotations

from string import Formatter

from roundup.errors import Problem
from roundup.records.fields import Fields
from roundup.text.language import ENGLISH, Counted, Language
from roundup.yamltext import parse

KEYS = Language.__struct_fields__


def parse_language(text: str, path: str, base: Language, problems: list[Problem]) -> Language:
    """Return ``base`` with the words of the table in place of its own; a word that could not be filled in is noted, and left out."""
    mapping = parse(text, path, problems)
    if mapping is None:
        return base
    fields = Fields(mapping, path, problems, KEYS)
    said = {key: getattr(base, key) for key in KEYS}
    for key in mapping.values:
        if key in said and (value := _value(fields, key)) is not None:
            said[key] = value
    return Language(**said)


def _value(fields: Fields, key: str) -> str | Counted | tuple[str, ...] | None:
    default = getattr(ENGLISH, key)
    if key == "direction":
        return fields.choice(key, ("ltr", "rtl"), default)
    if isinstance(default, str):
        node = fields.scalar(key)
        return node.text if node and _is_fit(fields, key, node.text, default) else None
    wanted = len(default) if isinstance(default, tuple) else 2
    texts = tuple(text for text, _ in fields.raw(key))
    if len(texts) != wanted:
        fields.note(fields.where(key).line, f'"{key}" holds {len(texts)} words; write {wanted}')
        return None
    if isinstance(default, tuple):
        return texts
    return Counted(*texts) if all(_is_fit(fields, key, text, "{n}") for text in texts) else None


def _is_fit(fields: Fields, key: str, text: str, default: str) -> bool:
    """Tell whether a text names nothing in braces but what can be filled in; note it when it does."""
    known = [f"{{{name}}}" for name in _names(default) or ()]
    if key in ("date", "short_date"):
        known.append("{number}")
    found = _names(text)
    if found is not None and all(f"{{{name}}}" in known for name in found):
        return True
    fields.note(fields.where(key).line, f'{key} "{text}" holds a brace that cannot be filled in; known here: {", ".join(known) or "none"}')
    return False


def _names(text: str) -> list[str] | None:
    """Return the names in braces; None where a brace stands alone, or holds more than a name."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return None
    if any(form or conversion for _, _, form, conversion in parts):
        return None
    return [name for _, name, _, _ in parts if name is not None]
