"""Columns in one piece are the columns that they were made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from roundup.compact import compact


class Inner(Struct):
    slugs: list[str]


class Outer(Struct):
    names: list[str]
    counts: list[int]
    places: list[list[int]]
    inner: Inner


NUMBERS = st.lists(st.integers(0, 99_999), max_size=4)


@given(names=st.lists(st.text(max_size=3), max_size=4), counts=st.lists(st.integers(-1, 9), max_size=4), places=st.lists(NUMBERS, max_size=4), at=st.integers(-5, 5))
def test_each_is_as_it_was(names: list[str], counts: list[int], places: list[list[int]], at: int) -> None:
    found = compact(Outer(names, counts, places, Inner(names)))
    for column, before in ((found.names, names), (found.counts, counts), (found.places, places), (found.inner.slugs, names)):
        assert (list(column), len(column)) == (before, len(before))
        if -len(before) <= at < len(before):
            assert column[at] == before[at]
        else:
            with pytest.raises(IndexError):
                column[at]
