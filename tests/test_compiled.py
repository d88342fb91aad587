"""Compiled templates are kept for the next run, where nobody else may write; anything else that lies there is no code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import environment

from conftest import Result
from roundup.pages.theme import drawing
from roundup.store.code import Compiled, code_folder
from roundup.themes import Theme

THEME = Theme({"note.html": "<p>{{ 1 + 1 }} {{ text }}</p>", "note.md": "*{{ text }}*"})


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The templates that are compiled, as they are."""
    names: list[str] = []
    compile_ = environment.Environment.compile

    def noting(self: environment.Environment, source: str, name: str, filename: str) -> object:
        names.append(name)
        return compile_(self, source, name, filename)

    monkeypatch.setattr(environment.Environment, "compile", noting)
    return names


def drawn(cache: Path, theme: Theme = THEME) -> list[str]:
    """Draw by what is kept in a user's cache."""
    with code_folder(str(cache)) as folder:
        ready = drawing(theme, code=lambda edition: None if folder is None else Compiled(folder, edition))
        return [ready.of(name).get_template(name).render(text="<*>") for name in theme.built_in]


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("compiled/*/*"))


def is_kept(cache: Path) -> bool:
    with code_folder(str(cache)) as folder:
        return folder is not None


def test_what_was_compiled_once_is_not_compiled_again(tmp_path: Path, compiling: list[str]) -> None:
    first = drawn(tmp_path / "cache")
    assert compiling == ["note.html", "note.md"]
    assert drawn(tmp_path / "cache") == first == ["<p>2 &lt;*&gt;</p>", r"*\<\*>*"]
    assert compiling == ["note.html", "note.md"]


def test_a_template_that_was_changed_is_compiled_anew_and_takes_the_place_of_the_old_one(tmp_path: Path, compiling: list[str]) -> None:
    drawn(tmp_path)
    changed = Theme({**THEME.built_in, "note.html": "<b>{{ text }}</b>"})
    assert drawn(tmp_path, changed)[0] == "<b>&lt;*&gt;</b>"
    assert compiling == ["note.html", "note.md", "note.html"]
    assert len(kept(tmp_path)) == 2


def test_what_a_stop_or_a_power_cut_left_is_compiled_anew(tmp_path: Path) -> None:
    first = drawn(tmp_path)
    for spoil in (lambda data: b"", lambda data: bytes(len(data)), lambda data: data[:-9] + bytes(9), lambda data: data[: len(data) // 2]):
        for path in kept(tmp_path):
            path.write_bytes(spoil(path.read_bytes()))
        assert drawn(tmp_path) == first


def test_code_is_never_taken_from_where_others_may_write(tmp_path: Path, compiling: list[str]) -> None:
    drawn(tmp_path)
    folder = kept(tmp_path)[0].parent
    for one in (folder, folder.parent, *kept(tmp_path)):
        before = one.stat().st_mode & 0o777
        assert before in (0o600, 0o700)
        one.chmod(0o777)
        compiling.clear()
        drawn(tmp_path)
        assert compiling
        one.chmod(before)
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    assert not is_kept(tmp_path)
    folder.unlink()
    elsewhere.rename(folder)
    assert is_kept(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_code_of_somebody_else_is_none(tmp_path: Path, compiling: list[str]) -> None:
    drawn(tmp_path)
    for one in (*kept(tmp_path), kept(tmp_path)[0].parent, tmp_path / "compiled"):
        os.chown(one, 65534, -1)
        compiling.clear()
        drawn(tmp_path)
        assert compiling


def test_a_folder_that_is_put_in_its_place_meanwhile_is_not_looked_at(tmp_path: Path, compiling: list[str]) -> None:
    drawn(tmp_path)
    compiling.clear()
    with code_folder(str(tmp_path)) as folder:
        (tmp_path / "compiled").rename(tmp_path / "ours")
        (tmp_path / "compiled").mkdir()
        ready = drawing(THEME, code=lambda edition: None if folder is None else Compiled(folder, edition))
        ready.html.get_template("note.html")
    assert not compiling


def test_nothing_that_is_not_ours_is_ever_removed(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    for number in range(6):
        (texts / f"{number:032x}").mkdir(parents=True)
        (texts / f"{number:032x}/words.txt").write_text("mine")
    before = sorted(texts.rglob("*"))
    (tmp_path / "compiled").symlink_to(texts)
    assert not is_kept(tmp_path)
    assert sorted(texts.rglob("*")) == before
    (tmp_path / "compiled").unlink()
    others = [tmp_path / "compiled" / name for name in ("languages", "cards", "fonts", "a", "b")]
    for one in others:
        one.mkdir(parents=True)
    drawn(tmp_path)
    assert all(one.is_dir() for one in others)


@pytest.mark.parametrize("cache", ["", "file", "file/below"])
def test_where_nothing_can_be_kept_the_site_is_drawn_all_the_same(cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with code_folder(cache) as folder:
        assert folder is None
    assert os.listdir(tmp_path) == ["file"]


def test_three_releases_are_kept(tmp_path: Path) -> None:
    for number in range(5):
        old = tmp_path / "compiled" / f"{number:032x}"
        old.mkdir(parents=True)
        os.utime(old, (number, number))
    (tmp_path / "compiled").chmod(0o700)
    for _ in range(2):
        drawn(tmp_path)
        assert [f"{number:032x}" in os.listdir(tmp_path / "compiled") for number in range(5)] == [False] * 3 + [True] * 2
        assert len(os.listdir(tmp_path / "compiled")) == 3


def test_a_build_keeps_them_in_the_users_cache_and_never_in_the_digest(
    digest: Callable[..., Path], roundup: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = digest()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
    assert roundup("build", root=root).code == 0
    names = {path.name for path in kept(tmp_path / "mine/roundup")}
    assert len(names) > 5
    assert not [path for path in root.rglob("*") if path.name in names]
