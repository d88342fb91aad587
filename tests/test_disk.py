"""What is read of a digest's folder: ordinary files of its own, in few calls of the system, and nothing that a link or a race puts there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from roundup.store import disk
from roundup.store.disk import Disk

Make = Callable[..., Path]
Told = tuple[bytes | None, list[str]]

PATH = "notes/a.txt"


@pytest.fixture
def root(digest: Make) -> Path:
    return digest({PATH: "words\n", "notes/first.txt": "first\n", "other/b.txt": "more words\n"}, bare=True)


def content(root: Path, path: str = PATH) -> Told:
    reader = Disk(root)
    return reader.content(path), [problem.what for problem in reader.problems]


def test_an_ordinary_file_is_read(root: Path) -> None:
    assert content(root) == (b"words\n", [])


def test_a_file_is_read_as_it_is_now(root: Path) -> None:
    reader = Disk(root)
    assert reader.content(PATH) == b"words\n"
    (root / PATH).write_bytes(b"")
    assert reader.content(PATH) == b""


def test_a_link_within_the_digest_is_followed(root: Path) -> None:
    (root / "notes/link.txt").symlink_to("../other/b.txt")
    assert content(root, "notes/link.txt") == (b"more words\n", [])


def test_a_folder_that_is_a_link_within_the_digest_is_followed(root: Path) -> None:
    (root / "again").symlink_to("notes")
    assert content(root, "again/a.txt") == (b"words\n", [])


@pytest.mark.parametrize("depth", ["out", "out/deep"])
def test_no_file_is_read_through_a_folder_that_leads_out(depth: str, root: Path, tmp_path: Path) -> None:
    (tmp_path / "away/deep").mkdir(parents=True)
    (tmp_path / depth.replace("out", "away") / "a.txt").write_text("secret")
    (root / "out").symlink_to(tmp_path / "away")
    assert content(root, f"{depth}/a.txt") == (None, ["a symbolic link that leads out of the digest; put the file itself here"])


@pytest.mark.parametrize("path", ["notes/../../away/a.txt", "../away/a.txt", "./../away/a.txt"])
def test_no_file_is_read_by_a_path_that_goes_up_and_out(path: str, root: Path, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away/a.txt").write_text("secret")
    assert content(root, path)[0] is None


def test_a_path_from_the_top_of_the_machine_is_none_of_the_digest(root: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("secret")
    assert content(root, str(tmp_path / "a.txt"))[0] is None


def test_a_folder_is_looked_at_anew_when_it_is_listed(root: Path, tmp_path: Path) -> None:
    reader = Disk(root)
    assert reader.names("notes") == ["a.txt", "first.txt"]
    (tmp_path / "away").mkdir()
    (tmp_path / "away/a.txt").write_text("secret")
    (root / "notes").rename(root / "before")
    (root / "notes").symlink_to(tmp_path / "away")
    assert reader.names("notes") is None
    assert reader.content(PATH) is None
    assert [problem.what for problem in reader.problems] == [f"a symbolic link that leads out of the digest; put the {kind} itself here" for kind in ("folder", "file")]


def test_a_file_too_large_is_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_LIMIT", 5)
    assert content(root) == (None, ["the file is too large: the limit is 5 bytes; keep it elsewhere and link to it"])


@pytest.mark.parametrize(
    ("put", "what"),
    [
        (lambda path: path.symlink_to(__file__), "a symbolic link that leads out of the digest; put the file itself here"),
        (os.mkfifo, "is no ordinary file; remove it"),
        (Path.mkdir, "is no ordinary file; remove it"),
        (lambda path: None, "cannot be read: no such file or directory; mend that and try again"),
    ],
    ids=["link", "pipe", "folder", "nothing"],
)
def test_what_takes_the_place_of_a_file_after_the_look_at_it_is_not_read(put: Callable[[Path], None], what: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a pipe keep the reader waiting."""
    seen = os.lstat(root / PATH)
    (root / PATH).unlink()
    put(root / PATH)
    assert content_after(seen, root, monkeypatch) == (None, [what])


@pytest.mark.parametrize("size", [0, 3, 9])
def test_a_file_that_grows_or_shrinks_after_the_look_at_it_is_read_whole(size: int, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "notes/c.txt").write_bytes(b"x" * size)
    assert content_after(os.lstat(root / "notes/c.txt"), root, monkeypatch) == (b"words\n", [])


def content_after(seen: os.stat_result, root: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Read the file where the first look at it finds what was ``seen`` before."""
    reader, real, looks = Disk(root), os.lstat, [seen]
    assert reader.content("notes/first.txt") == b"first\n"  # so that the next look is at the file, not at its folder
    monkeypatch.setattr(os, "lstat", lambda path, **how: looks.pop() if looks else real(path, **how))
    found = reader.content(PATH)
    assert looks == []
    return found, [problem.what for problem in reader.problems]


def test_names_that_are_not_utf_8_are_told(root: Path) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        (root / "notes" / name).write_text("words")
    except OSError:
        pytest.skip("the file system takes no such name")
    reader = Disk(root)
    assert reader.names("notes") == ["a.txt", "first.txt"]
    assert [(problem.where.path, problem.what) for problem in reader.problems] == [(f"notes/{name}", "the file's name is not UTF-8; rename it")]
