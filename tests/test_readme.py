"""What README and docs/ show is what happens: the commands are run, in order, in an empty folder."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT, Result
from replay import ReplayPaper, ReplayServer
from roundup.cli import cli
from roundup.paper import instant
from roundup.records.papers import parse_paper

README, ARCHIVE, LOOK = ((ROOT / path).read_text(encoding="utf-8") for path in ("README.md", "docs/archive.md", "docs/look.md"))


def served(name: str) -> ReplayPaper:
    """Return a paper of our own issues as arXiv would tell of it."""
    paper = parse_paper((ROOT / f"issues/2023-8/papers/{name}.yaml").read_text(encoding="utf-8"), name, [])
    assert paper
    assert paper.submitted
    authors = tuple((author.name, author.affiliations) for author in paper.authors)
    free = "http://creativecommons.org/licenses/by/4.0/"
    return ReplayPaper(name, (instant(paper.submitted),), paper.title, authors, "An abstract.", paper.categories, license=free, listed=dt.date(2023, 8, 3), upvotes=9)


PAPERS = (served("2308.00951"), served("2308.00675"))


def sessions() -> list[list[tuple[str, str]]]:
    """Return each console block as commands with what they print."""
    blocks = re.findall(r"^```console\n(.*?)^```", README, flags=re.M | re.S)
    return [re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, flags=re.M) for block in blocks]


def fits(shown: str, printed: str) -> bool:
    """Tell whether the output is what is shown; three dots stand for anything on a line."""
    return re.fullmatch(".*?".join(re.escape(part) for part in shown.split("...")), printed) is not None


def test_every_command_shown_prints_what_is_shown(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "roundup").write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m roundup "$@"\n')
    (tools / "roundup").chmod(0o755)
    with ReplayServer(PAPERS) as server:
        environment = {**os.environ, **server.environment, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "XDG_CACHE_HOME": str(tmp_path / "cache")}
        folder = tmp_path
        for command, shown in (row for session in sessions() for row in session):
            if command.startswith("cd "):
                folder = folder / command[3:]
                continue
            printed = run(command, folder, environment)
            assert fits(shown, printed), f"$ {command}\n{printed}"


def run(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Return what a command prints. A preview is ended by Ctrl-C once it has told its address; that its usual port is taken is no matter."""
    is_preview = command.startswith("roundup serve")
    asked = ["sh", "-c", f"exec {command}" if is_preview else command]
    said = subprocess.DEVNULL if is_preview else subprocess.STDOUT
    with subprocess.Popen(asked, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=said, text=True) as process:
        first = process.stdout.readline() if is_preview and process.stdout else ""
        if is_preview:
            process.send_signal(signal.SIGINT)
        return first + process.communicate()[0]


def test_the_files_in_the_readme_are_read(tmp_path: Path) -> None:
    """Its pick, record, issue, configuration (in six parts), table of words and list make a digest of which only what the README leaves out is missing."""
    pick, record, issue, config, table, interests, listing, mail, services, publishing = re.findall(r"^```yaml\n(.*?)^```", README, flags=re.M | re.S)
    (archive,) = re.findall(r"^```yaml\n(.*?)^```", ARCHIVE, flags=re.M | re.S)
    folder = tmp_path / "issues/2023-8"
    files = {"commentary/2308.00951.yaml": pick, "papers/2308.00951.yaml": record, "issue.yaml": issue, "../../templates/languages/nl.yaml": table}
    files |= {f"../2023-8-3/papers/{name}.yaml": record.replace("2308.00951", name) for name in ("2308.00951", "2308.00675")}
    files["../2023-8-3/issue.yaml"] = listing
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (tmp_path / "roundup.yaml").write_text(f"{config}{archive}{interests}{publishing}{mail}{services}language: nl\n")
    done = subprocess.run([sys.executable, "-m", "roundup", "-C", str(tmp_path), "check"], env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    told = [line.partition(": ")[2].partition(";")[0] for line in done.stdout.splitlines()[:-1]]
    assert told == ['figure "figures/soft-moe.png" is missing', 'paper "2308.00675" has no record', '"a-talk" is no pick of this issue']


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_is_in_the_readme_with_an_example_that_runs(name: str) -> None:
    assert re.search(rf"\*\*`roundup {name}[ `]", README)
    assert any(re.match(rf"(\w+=\S+ )?roundup (-C \S+ )?{name}\b", command) for session in sessions() for command, _ in session)


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    assert (command.epilog or "").startswith(f"Example: roundup {name}")


def test_the_list_of_commands_says_of_each_what_it_does_in_a_line(roundup: Callable[..., Result]) -> None:
    listed = roundup("--help", root=ROOT).out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed[: len(cli.commands)]] == sorted(cli.commands)
    assert [line for line in listed if line.endswith("...")] == []


PROSE = {path: re.sub(r"^```.*?^```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.M | re.S) for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}


@pytest.mark.parametrize(("page", "path"), [(page, path) for page, text in PROSE.items() for path in re.findall(r"\]\((?!http)([^)#\s]+)", text)])
def test_every_file_that_a_page_names_is_there(page: Path, path: str) -> None:
    assert (page.parent / path).exists()


@pytest.mark.parametrize("page", [page for page in PROSE if page.parent != ROOT], ids=lambda page: page.name)
def test_every_page_is_named_in_the_readme(page: Path) -> None:
    assert f"](docs/{page.name})" in README


def test_the_templates_that_are_shown_work(tmp_path: Path) -> None:
    template = re.search(r"^```jinja\n(.*?)^```", LOOK, flags=re.M | re.S)
    assert template
    (tmp_path / "issues/2024-1").mkdir(parents=True)
    (tmp_path / "issues/2024-1/issue.yaml").write_text("date: 2024-02-01\nsponsor: Nobody.\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/issue.html").write_text(template[1])
    subprocess.run([sys.executable, "-m", "roundup", "-C", str(tmp_path), "build", "-q"], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    assert "Our own words above the papers of 2024-1." in (tmp_path / "site/2024-1/index.html").read_text()
