"""A built site -> Pagefind's index of it, beside the pages. Pagefind is a program of others and runs as one; what it makes is ours to remove."""

from __future__ import annotations

import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path

from roundup.build import Report, build, drawn_by
from roundup.errors import RefusedError

FOLDER = "pagefind/"


def is_installed() -> bool:
    """Tell whether Pagefind can run: its package for Python, and the program itself, which is another package."""
    return all(find_spec(name) for name in ("pagefind", "pagefind_bin"))


def is_of_index(path: str) -> bool:
    """Tell whether a file of the site is one of the index."""
    return path.startswith(FOLDER)


def build_index(folder: Path) -> Report:
    """Make ``folder`` hold the index of the pages that stand in it, and no other. RefusedError when Pagefind fails; then the index is as it was."""
    import tempfile  # a digest whose search is our own has no need of these here

    from roundup.outputs import Output, Outputs

    with tempfile.TemporaryDirectory(prefix="roundup-pagefind-") as made:
        _run(folder.resolve(), made)
        paths = sorted(path.relative_to(made).as_posix() for path in Path(made).rglob("*") if path.is_file())
        files = {path: (Path(made) / path).read_bytes() for path in paths}
        outputs = Outputs(Output(f"{FOLDER}{path}", "copy", hashlib.blake2b(data).hexdigest(), source=path) for path, data in files.items())
        return build(outputs, drawn_by(lambda one: files[one.source], folder), folder, spared=lambda path: not is_of_index(path))


def _run(site: Path, made: str) -> None:
    import subprocess  # 3 ms, which a build without Pagefind can do without

    # in an empty folder, where nobody has left it settings, nor a module of its name: -P keeps the folder out of the path
    command = [sys.executable, "-P", "-m", "pagefind", "--silent", "--site", str(site), "--output-path", made]
    done = subprocess.run(  # noqa: S603 - our own words
        command, cwd=made, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        said = " ".join((done.stderr + done.stdout).split()).removeprefix("Error: ").rstrip(".") or f"exit code {done.returncode}"
        raise RefusedError(f"{site} is built, but its search is as it was: Pagefind failed, saying: {said}; mend that and build again")
