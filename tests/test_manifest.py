"""The manifest looks up single lines, and has a second file for what changes; what comes out is what one written whole says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup import manifest
from roundup.manifest import Entry, Manifest

PATHS = st.text("abé\"\\/.\n", min_size=1, max_size=3)
ENTRIES = st.builds(Entry, st.sampled_from("xyz"), st.lists(st.sampled_from("12"), min_size=1, max_size=2).map(tuple))
CHANGES = st.dictionaries(PATHS, st.none() | ENTRIES, max_size=6)


@given(steps=st.lists(CHANGES, max_size=5), asked=st.lists(PATHS, max_size=4), few=st.sampled_from([0, 1000]))
def test_in_two_files_it_says_what_one_written_whole_does(steps: list[dict[str, Entry | None]], asked: list[str], few: int) -> None:
    now, known, before = Manifest(), dict[str, Entry](), manifest._FEW
    manifest._FEW = few
    try:
        for changes in steps:
            known = {path: entry for path, entry in {**known, **changes}.items() if entry}
            now = now.having(changes)
            assert dict(now.items()) == known
            assert len(now) == len(known)
            assert now.of(asked) == {path: known[path] for path in asked if path in known}
            assert dict(Manifest.read(now.data, now.since or None).items()) == known if now.data else not known
    finally:
        manifest._FEW = before


def test_it_is_json_that_anybody_can_read() -> None:
    whole = Manifest().having({"a.html": Entry("x", ("1",)), "é/b.html": Entry("y", ("2", "3"))})
    said = json.loads(whole.data)
    assert said == {"made_by": "roundup", "hash": said["hash"], "count": 2, "files": {"a.html": ["x", "1"], "é/b.html": ["y", "2", "3"]}}
    assert Manifest.read(whole.data).data == whole.data


def test_what_was_said_of_another_manifest_counts_for_nothing() -> None:
    first = Manifest().having({"a.html": Entry("x", ("1",)), "b.html": Entry("y", ("2",))})
    since = first.having({"c.html": Entry("z", ("3",))}).since
    assert set(dict(Manifest.read(first.data, since).items())) == {"a.html", "b.html", "c.html"}
    anew = first.having({"b.html": None})
    assert set(dict(Manifest.read(anew.data, since).items())) == {"a.html"}


def test_nothing_tells_of_what_is_gone() -> None:
    """The page of a draft that was looked at, say."""
    before = Manifest().having({"a.html": Entry("x", ("1",)), "draft.html": Entry("y", ("2",))})
    after = before.having({"b.html": Entry("z", ("3",))}).having({"draft.html": None})
    assert b"draft" not in after.data + after.since
    assert set(dict(after.items())) == {"a.html", "b.html"}


def test_one_from_before_lines_were_counted_is_read() -> None:
    whole = Manifest().having({"a.html": Entry("x", ("1",))})
    old = re.sub(rb' "hash": "\w+", "count": 1,', b"", whole.data)
    assert (len(Manifest.read(old)), dict(Manifest.read(old).items())) == (1, dict(whole.items()))
    assert Manifest.read(old).having({"b.html": Entry("y", ("2",))}).since == b""


def test_one_from_before_there_were_fingerprints_is_read() -> None:
    old = {"made_by": "roundup", "files": {"b.html": ["2", "3"], "a.html": ["1"]}}
    assert dict(Manifest.read(json.dumps(old, indent=0).encode()).items()) == {"a.html": Entry("", ("1",)), "b.html": Entry("", ("2", "3"))}


@pytest.mark.parametrize("spoil", [lambda data: data[:-2], lambda data: b"<<<<<<< HEAD\n" + data, lambda data: b""])
def test_a_second_file_that_cannot_be_understood_is_no_manifest(spoil: Callable[[bytes], bytes]) -> None:
    first = Manifest().having({"a.html": Entry("x", ("1",))})
    since = first.having({"b.html": Entry("y", ("2",))}).since
    with pytest.raises(ValueError, match="no manifest"):
        Manifest.read(first.data, spoil(since))


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b'{"files": 3}', b"\xff"])
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no manifest"):
        Manifest.read(data)


def test_a_merge_that_was_left_half_done_is_no_manifest() -> None:
    first, rest = Manifest().having({"a.html": Entry("x", ("1",)), "b.html": Entry("y", ("2",))}).data.split(b",\n", 1)
    with pytest.raises(ValueError, match="no manifest"):
        Manifest.read(first + b",\n<<<<<<< HEAD\n" + rest)
