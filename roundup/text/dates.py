"""Days -> words; never by the machine's locale, so that every machine writes the same."""

from __future__ import annotations

import datetime as dt

_MONTHS = "January February March April May June July August September October November December".split()


def shown_date(date: dt.date) -> str:
    """Return ``5 September 2023``."""
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def short_date(date: dt.date) -> str:
    """Return ``5 Sep 2023``."""
    return f"{date.day} {_MONTHS[date.month - 1][:3]} {date.year}"
