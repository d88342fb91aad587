"""``roundup edit``: which files are opened, what is said of them afterwards, and that nothing else is written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import MINIMAL, ROOT, Result, tree, wait_until

Make = Callable[..., Path]
Run = Callable[..., Result]
Editor = Callable[[str], Path]

PICK, RECORD = "issues/2024-1/commentary/2401.00001.yaml", "issues/2024-1/papers/2401.00001.yaml"
OLDER = {path.replace("2024-1/", "2023-12/"): text for path, text in MINIMAL.items() if path.startswith("issues/")}
INLINE = "date: 2024-02-01\norder:\n- paper: 2401.00001\n  commentary: Some words.\n"
TALK = "link:\n  url: https://example.org/talk\n  title: A talk\ncommentary: |\n  Words.\nstatus: ready\n"


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    """Have a shell script for an editor; what it was called with is kept, an argument a line."""

    def make(script: str = "") -> Path:
        program, opened = tmp_path / "an editor", tmp_path / "opened"
        program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > '{opened}'\n{script}\n")
        program.chmod(0o755)
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", f"'{program}' --wait")
        return opened

    return make


@pytest.mark.parametrize("named", ["2401.00001", "https://arxiv.org/abs/2401.00001v3", "arXiv:2401.00001"])
def test_a_pick_is_opened_with_its_record_beside_it(named: str, editor: Editor, digest: Make, roundup: Run) -> None:
    root, opened = digest(), editor("")
    done = roundup("edit", named, root=root)
    assert (done.code, done.out, done.err) == (0, f"{PICK}: no problems in reading it; roundup check tells the others\n", "")
    assert opened.read_text().splitlines() == ["--wait", f"{root}/{PICK}", f"{root}/{RECORD}"]


@pytest.mark.parametrize(
    ("files", "arguments", "expected"),
    [
        ({PICK: None, "issues/2024-1/issue.yaml": INLINE}, ("2401.00001",), ["issues/2024-1/issue.yaml", RECORD]),
        ({"issues/2024-1/commentary/a-talk.yaml": TALK}, ("a-talk",), ["issues/2024-1/commentary/a-talk.yaml"]),
        (OLDER, ("2401.00001",), [PICK, RECORD]),
        (OLDER, ("2401.00001", "--issue", "2023-12"), [PICK.replace("2024-1/", "2023-12/"), RECORD.replace("2024-1/", "2023-12/")]),
        ({**OLDER, PICK: None, "issues/2024-1/issue.yaml": "order: [\n"}, ("2401.00001",), [path for path in OLDER if "issue.yaml" not in path]),
    ],
    ids=["inline", "about something else", "the newest", "of an issue", "beside an issue that cannot be read"],
)
def test_what_is_opened(files: dict[str, str | None], arguments: tuple[str, ...], expected: list[str], editor: Editor, digest: Make, roundup: Run) -> None:
    root, opened = digest(files), editor("")
    assert roundup("edit", *arguments, root=root).code == 0
    assert opened.read_text().splitlines()[1:] == [f"{root}/{path}" for path in expected]


def test_what_cannot_be_read_is_told_and_stays_as_it_was_written(editor: Editor, digest: Make, roundup: Run) -> None:
    root = digest()
    editor('echo "commentry: x" >> "$2"')
    before = tree(root)
    done = roundup("edit", "2401.00001", root=root)
    assert (done.code, done.err) == (1, f'{PICK}:5: unknown key "commentry"; did you mean "commentary"?\n1 problem in 1 file\n')
    assert tree(root) == before | {PICK: before[PICK] + b"commentry: x\n"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("2401.00002",), 'there is no pick "2401.00002"; make one with: roundup fetch 2401.00002'),
        (("a-tlk",), 'there is no pick "a-tlk"; did you mean "a-talk"?'),
        (("../../x",), 'there is no pick "../../x"; name one as its file in commentary/ is named'),
        (("2401.00001", "--issue", "2024-2"), 'there is no issue "2024-2"; begin it with: roundup new 2024-2'),
        (("2401.00002", "--issue", "2024-1"), '2024-1 has no pick "2401.00002"; make one with: roundup fetch 2401.00002 --issue 2024-1'),
    ],
)
def test_what_is_not_there_is_not_opened(arguments: tuple[str, ...], told: str, editor: Editor, digest: Make, roundup: Run) -> None:
    root, opened = digest({"issues/2024-1/commentary/a-talk.yaml": TALK}), editor("")
    done = roundup("edit", *arguments, root=root)
    assert (done.code, done.out, done.err, opened.exists()) == (2, "", f"{told}\n", False)


@pytest.mark.parametrize("program", ["false", "'no such' program", 'vi "'])
def test_an_editor_that_does_not_work_is_told_with_the_mend(program: str, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", program)
    root = digest()
    before = tree(root)
    done = roundup("edit", "2401.00001", root=root)
    assert done.code == 2
    assert done.err.endswith("; name an editor that works in EDITOR\n")
    assert tree(root) == before


def test_ctrl_c_is_the_editors(editor: Editor, digest: Make) -> None:
    """An editor takes Ctrl-C for itself; roundup waits for its end, and tells then."""
    root = digest()
    opened = editor(f"trap : INT; sleep 1; echo 'tags: [late]' >> '{root / PICK}'")
    with subprocess.Popen(
        [sys.executable, "-m", "roundup", "edit", "2401.00001"], cwd=root, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, start_new_session=True
    ) as run:  # fmt: skip
        wait_until(opened.exists, 20)
        time.sleep(0.2)  # the trap is set
        os.killpg(run.pid, signal.SIGINT)
        out, _ = run.communicate(timeout=20)
    assert (run.returncode, out.decode()) == (0, f"{PICK}: no problems in reading it; roundup check tells the others\n")
    assert (root / PICK).read_text().endswith("tags: [late]\n")
