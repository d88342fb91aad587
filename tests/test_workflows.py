"""The workflows of a new digest: what they may do, what linters say of them, and their own steps, run by bash with real git.

GitHub itself is not here: its program ``gh`` is a script that remembers how it was called, and the published site is a folder on loopback.
"""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT, Result, write
from replay import ReplayServer
from replay.invented import invented
from roundup import __version__
from roundup.workflows import workflows

FILES = workflows(__version__)
PARSED: dict[str, dict[Any, Any]] = {Path(path).stem: yaml.safe_load(text) for path, text in FILES.items()}
JOBS = [(name, job) for name, workflow in PARSED.items() for job in workflow["jobs"].values()]
STEPS = [step for _, job in JOBS for step in job["steps"]]

GH = """\
#!/bin/sh
echo "$*" >> "$CALLS"
case "$1 $2" in
"pr list") cat "$OPEN" 2>/dev/null; true ;;
"pr view") [ -s "$OPEN" ] && echo OPEN ;;
"pr create") git branch --show-current > "$OPEN" ;;
esac
"""


def test_every_action_is_pinned_by_its_commit() -> None:
    used = [line.strip(" -") for text in FILES.values() for line in text.splitlines() if "uses:" in line]
    assert len(used) == 8
    assert [line for line in used if not re.fullmatch(r"uses: actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_a_pull_request_meets_no_secret_and_no_right_but_to_read() -> None:
    assert PARSED["check"][True] == {"pull_request": None}  # "on", as YAML 1.1 reads it; never pull_request_target
    assert PARSED["check"]["permissions"] == {"contents": "read"}
    assert [name for name, text in FILES.items() if "secrets." in text or "pull_request_target" in text] == []
    assert [job.get("permissions") for name, job in JOBS if name == "check"] == [None]


def test_each_job_has_the_rights_that_it_needs_and_no_others() -> None:
    assert [PARSED[name]["permissions"] for name in ("digest", "fetch")] == [{}, {}]
    assert [job["permissions"] for name, job in JOBS if name != "check"] == [
        {"contents": "read"}, {"pages": "write", "id-token": "write"}, {"contents": "write", "pull-requests": "write"}, {"actions": "write"},
    ]  # fmt: skip
    assert all(step["with"] == {"persist-credentials": False} for step in STEPS if "checkout" in step.get("uses", ""))


def test_nothing_is_put_into_a_script_but_by_the_environment() -> None:
    assert [step["run"] for step in STEPS if "${{" in step.get("run", "")] == []


def test_nothing_is_fetched_by_the_clock_until_somebody_wants_that() -> None:
    assert PARSED["fetch"][True] == {"workflow_dispatch": None}
    text = FILES[".github/workflows/fetch.yml"]
    wanted = yaml.safe_load(re.sub(r"^  # (schedule:\n)  # (  - cron)", r"  \1  \2", text, flags=re.M))
    assert wanted[True] == {"workflow_dispatch": None, "schedule": [{"cron": "23 5 * * 1-5"}]}


@pytest.mark.parametrize("linter", ["check-jsonschema --builtin-schema vendor.github-workflows", "zizmor --offline --no-progress --quiet"])
def test_linters_find_nothing(linter: str, tmp_path: Path) -> None:
    name, *options = linter.split()
    program = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if not program:
        pytest.skip(f"{name} is not installed")
    for path, text in FILES.items():
        write(tmp_path / path, text)
    done = subprocess.run([program, *options, *(str(tmp_path / path) for path in FILES)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- the steps themselves ----


@dataclass(frozen=True)
class Runner:
    """A checkout of a digest on a machine as GitHub has them, with its origin beside it."""

    root: Path
    environment: dict[str, str]

    def git(self, *arguments: str, at: Path | None = None) -> str:
        return subprocess.run(["git", *arguments], cwd=at or self.root, env=self.environment, capture_output=True, text=True, check=True).stdout

    def commit(self, message: str = "Words") -> None:
        self.git("add", "-A")
        self.git("commit", "-m", message)

    def run(self, workflow: str, **more: str) -> Result:
        """Run the steps of a workflow's first job as GitHub does: each by ``bash -e``, until one fails."""
        out = err = ""
        job = next(iter(PARSED[workflow]["jobs"].values()))
        for step in job["steps"]:
            if "run" in step and not step["run"].startswith("pip install"):
                bash = ["bash", "-e", "-c", step["run"]]
                done = subprocess.run(bash, check=False, cwd=self.root, env={**self.environment, **more}, capture_output=True, text=True)
                out, err = out + done.stdout, err + done.stderr
                if done.returncode:
                    return Result(done.returncode, out, err)
        return Result(0, out, err)

    @property
    def calls(self) -> list[str]:
        """How ``gh`` was called."""
        file = Path(self.environment["CALLS"])
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    tools = tmp_path / "bin"
    write(tools / "roundup", f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m roundup "$@"\n')
    write(tools / "gh", GH)
    for tool in tools.iterdir():
        tool.chmod(0o755)
    environment = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.org",
        "CALLS": str(tmp_path / "calls"), "OPEN": str(tmp_path / "open"), "GITHUB_RUN_ID": "1",
    }  # fmt: skip
    made = Runner(tmp_path / "digest", environment)
    subprocess.run(["roundup", "init", "digest", "-q"], cwd=tmp_path, env=environment, check=True)
    made.git("init", "-q", "-b", "main")
    made.commit()
    made.git("init", "-q", "--bare", str(tmp_path / "origin.git"))
    made.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    made.git("push", "-q", "origin", "main")
    return made


def anew(runner: Runner) -> Runner:
    """Return the next machine, with a fresh checkout."""
    root = runner.root.with_name(f"{runner.root.name}-")
    runner.git("clone", "-q", "-b", "main", "../origin.git", str(root))
    return Runner(root, {**runner.environment, "GITHUB_RUN_ID": f"{len(root.name)}"})


@pytest.fixture
def arxiv() -> Iterator[dict[str, str]]:
    with ReplayServer(invented()) as server:
        yield server.environment


def query(words: str) -> None:
    """Have the fetching workflow ask for something else, as its editor would."""
    step = next(step for step in STEPS if "fetch()" in step.get("run", ""))
    step["run"] = re.sub("roundup fetch .* --max", f"roundup fetch {words} --max", step["run"])


def test_what_was_fetched_is_proposed_and_the_next_run_goes_on_there(runner: Runner, arxiv: dict[str, str]) -> None:
    query("2401.03003")
    done = runner.run("fetch", **arxiv)
    assert done.code == 0, done
    assert [call for call in runner.calls if not call.startswith("pr list")] == ["auth setup-git", "pr view --json state --jq .state", "pr create --fill"]
    branch = Path(runner.environment["OPEN"]).read_text().strip()
    stub = next(path for path in runner.git("ls-tree", "-r", "--name-only", f"origin/{branch}").splitlines() if path.endswith("commentary/2401.03003.yaml"))

    editor = anew(runner)  # somebody writes in the pull request
    editor.git("switch", "-q", branch)
    (editor.root / stub).write_text((editor.root / stub).read_text().replace("commentary: |\n", "commentary: |\n  Our own words.\n"))
    editor.commit()
    editor.git("push", "-q", "origin", branch)

    query("2401.03002")
    later = anew(editor)
    done = later.run("fetch", **arxiv)
    assert done.code == 0, done
    assert "Our own words." in later.git("show", f"origin/{branch}:{stub}")
    assert stub.replace("03003", "03002") in later.git("ls-tree", "-r", "--name-only", f"origin/{branch}").splitlines()
    assert sum(call == "pr create --fill" for call in later.calls) == 1
    assert later.git("rev-parse", "origin/main") == runner.git("rev-parse", "main")


def test_nothing_new_proposes_nothing(runner: Runner, arxiv: dict[str, str]) -> None:
    query("2401.03003")
    assert runner.run("fetch", **arxiv).code == 0
    branch = Path(runner.environment["OPEN"]).read_text().strip()
    before = runner.git("rev-parse", f"origin/{branch}")
    later = anew(runner)
    assert later.run("fetch", **arxiv).code == 0
    assert later.git("rev-parse", f"origin/{branch}") == before


def test_a_request_that_fails_in_part_proposes_the_rest(runner: Runner, arxiv: dict[str, str]) -> None:
    query("2401.03003 2401.03003v9")
    done = runner.run("fetch", **arxiv)
    assert (done.code, "2401.03003v9" in done.err) == (0, True), done
    assert "pr create --fill" in runner.calls


def test_a_check_tells_each_problem_beside_its_line_and_fails_where_nothing_can_be_shown(runner: Runner) -> None:
    pick = next(runner.root.glob("issues/*/commentary/*.yaml"))
    path = pick.relative_to(runner.root)
    pick.write_text(pick.read_text().replace("[^1]: Like", "Like").replace("status: ready", "status: todo 100%"))
    done = runner.run("check")
    assert f"::warning file={path},line=5::footnote" in done.out
    assert "todo 100%25" in done.out
    assert done.code != 0
    pick.write_text(pick.read_text().replace("status: todo 100%", "status: todo"))
    assert runner.run("check").code == 0


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A folder that is published at an address on loopback."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    folder = tmp_path / "host"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/digest/", folder / "digest"
        server.shutdown()


@pytest.mark.parametrize("spelt", ["url: {url}", 'url: "{url}"  # where the site stands', "url: '{url}'"])
def test_a_checkout_that_never_built_learns_from_the_published_site_what_was_renamed(spelt: str, runner: Runner, host: tuple[str, Path]) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    url, published = host
    config = runner.root / "roundup.yaml"
    config.write_text(re.sub(r"^# url:.*", spelt.format(url=url), config.read_text(), flags=re.M))
    runner.commit()
    runner.git("push", "-q", "origin", "main")
    first = runner.run("digest")
    assert (first.code, "there is none" in first.out) == (0, True), first
    runner.root.joinpath("site").rename(published)

    pick = next(runner.root.glob("issues/*/commentary/*.yaml"))
    pick.write_text(pick.read_text().replace("[transformers]", "[attention]"))
    runner.commit()
    runner.git("push", "-q", "origin", "main")
    later = anew(runner)
    second = later.run("digest")
    assert second.code == 0, second
    assert 'url=../topics/attention.html"' in (later.root / "site/topics/transformers.html").read_text()
    assert "::warning::pages have moved" in second.out
    assert "  topics/transformers.html: topics/attention.html" in second.out
    shutil.rmtree(published)
    later.root.joinpath("site").rename(published)

    third = anew(later)  # and the one after that, though nobody committed permalinks.yaml
    assert third.run("digest").code == 0
    assert 'url=../topics/attention.html"' in (third.root / "site/topics/transformers.html").read_text()


# ---- what a pull request brings is not run ----

GUARD = """\
import sys, runpy
def watch(event, args):
    if event.startswith(("subprocess.", "os.exec", "os.system", "os.posix_spawn", "os.spawn", "pty.", "socket.connect", "socket.bind", "socket.getaddrinfo")):
        print("SEEN", event, args, file=sys.__stderr__)
sys.addaudithook(watch)
sys.argv = ["roundup", *sys.argv[1:]]
runpy.run_module("roundup", run_name="__main__")
"""


@pytest.mark.parametrize(("command", "code"), [(("check",), 1), (("build", "--drafts"), 0)])
def test_what_is_proposed_starts_no_program_and_asks_nobody(command: tuple[str, ...], code: int, digest: Callable[..., Path]) -> None:
    pick = "paper: 2401.00001\ncommentary: |\n  <http://127.0.0.1:9/>\n\n  ```python\n  import os; os.system('touch here')\n  ```\nstatus: todo\n"
    files = {
        "issues/2024-1/commentary/2401.00001.yaml": pick, "templates/mail.txt": "{{ issue.title }}", "sitecustomize.py": "raise SystemExit('run')",
        "roundup.yaml": "title: A digest\nurl: http://127.0.0.1:9/\nmirrors: {arxiv_api: http://127.0.0.1:9/}\nsources:\n- feed: http://127.0.0.1:9/\n",
        "roundup.py": "raise SystemExit('run')", "click.py": "raise SystemExit('run')",
    }  # fmt: skip
    root = digest(files)
    program = f'"{sys.executable}" -P -c "$GUARD" "$@"'  # as the installed program does, it looks for no module in the folder where it is called
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "GUARD": GUARD, "HOME": str(root)}
    done = subprocess.run(["sh", "-c", program, "sh", *command], check=False, cwd=root, env=environment, capture_output=True, text=True)
    assert (done.returncode, "SEEN" in done.stderr, (root / "here").exists()) == (code, False, False), done.stderr
