"""Compiled templates are kept for the next run, where nobody else may write; anything else that lies there is no code."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
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


def drawn(folder: str, theme: Theme = THEME) -> list[str]:
    """Draw by what is kept in the folder."""
    ready = drawing(theme, code=partial(Compiled, folder))
    return [ready.of(name).get_template(name).render(text="<*>") for name in theme.built_in]


def test_what_was_compiled_once_is_not_compiled_again(tmp_path: Path, compiling: list[str]) -> None:
    folder = code_folder(str(tmp_path / "cache"))
    first = drawn(folder)
    assert compiling == ["note.html", "note.md"]
    assert drawn(folder) == first == ["<p>2 &lt;*&gt;</p>", r"*\<\*>*"]
    assert compiling == ["note.html", "note.md"]


def test_a_template_that_was_changed_is_compiled_anew_and_takes_the_place_of_the_old_one(tmp_path: Path, compiling: list[str]) -> None:
    folder = code_folder(str(tmp_path))
    drawn(folder)
    changed = Theme({**THEME.built_in, "note.html": "<b>{{ text }}</b>"})
    assert drawn(folder, changed)[0] == "<b>&lt;*&gt;</b>"
    assert compiling == ["note.html", "note.md", "note.html"]
    assert len(os.listdir(folder)) == 2


def test_what_a_power_cut_left_is_compiled_anew(tmp_path: Path) -> None:
    folder = code_folder(str(tmp_path))
    first = drawn(folder)
    for spoil in (lambda data: b"", lambda data: bytes(len(data)), lambda data: data[:-9] + bytes(9), lambda data: data[: len(data) // 2]):
        for path in Path(folder).iterdir():
            path.write_bytes(spoil(path.read_bytes()))
        assert drawn(folder) == first


def test_code_is_never_taken_from_where_others_may_write(tmp_path: Path) -> None:
    folder = Path(code_folder(str(tmp_path)))
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700
    for one in (folder, folder.parent):
        one.chmod(0o777)
        assert code_folder(str(tmp_path)) == ""
        one.chmod(0o700)
    assert code_folder(str(tmp_path)) == str(folder)
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    assert code_folder(str(tmp_path)) == ""


def test_where_nothing_can_be_kept_the_site_is_built_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert code_folder(str(tmp_path / "file")) == ""
    gone = code_folder(str(tmp_path / "cache"))
    Path(gone).rmdir()
    Path(gone).parent.rmdir()
    (tmp_path / "cache/templates").write_text("")  # nothing can be made below a file
    assert drawn(gone)


def test_three_releases_are_kept(tmp_path: Path) -> None:
    for number in range(5):
        old = tmp_path / "templates" / f"old{number}"
        old.mkdir(parents=True)
        os.utime(old, (number, number))
    folder = code_folder(str(tmp_path))
    assert sorted(os.listdir(tmp_path / "templates")) == sorted(["old3", "old4", Path(folder).name])


def test_a_build_keeps_them_in_the_users_cache_and_never_in_the_digest(
    digest: Callable[..., Path], roundup: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = digest()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
    assert roundup("build", root=root).code == 0
    kept = list((tmp_path / "mine/roundup/templates").glob("*/*"))
    assert len(kept) > 5
    names = {path.name for path in kept}
    assert not [path for path in root.rglob("*") if path.name in names]
