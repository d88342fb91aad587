"""Outputs held as bytes are those that were put in, in their order, here and in another process."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.issue import parse_issue_key
from roundup.outputs import Output, Outputs

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
KEYS = st.sampled_from(["2024-1", "2024-1-31", "2024-W7"]).map(parse_issue_key)
ABOUT = st.tuples(st.sampled_from(["papers", "authors", "topics"]), st.integers(0, 99_999))
ONES = st.builds(Output, WORDS, WORDS, WORDS, st.none() | KEYS, WORDS, st.none() | ABOUT, WORDS)


@given(given=st.lists(ONES, max_size=5), at=st.integers(-6, 6), part=st.slices(5))
def test_what_was_put_in_comes_out(given: list[Output], at: int, part: slice) -> None:
    outputs = Outputs(given)
    assert (list(outputs), len(outputs)) == (given, len(given))
    assert list(outputs[part]) == given[part]
    assert list(pickle.loads(pickle.dumps(outputs))) == given
    if -len(given) <= at < len(given):
        assert outputs[at] == given[at]
    else:
        with pytest.raises(IndexError):
            outputs[at]


def test_some_of_them_are_had_in_any_order() -> None:
    outputs = Outputs(Output(path, "page", "") for path in "abc")
    assert [output.path for output in outputs.those([2, 0])] == ["c", "a"]
