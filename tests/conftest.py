"""What the tests share: a digest made from a few texts, the command line as a function, and a closed network."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from compiled import compile_once
from roundup import cli
from roundup.manifest import MANIFEST, SINCE, Manifest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from published import Published

# The ordinary run takes the same fifty examples every time; ``make soak`` takes ever new ones, and more of them.
settings.register_profile("ordinary", max_examples=50, derandomize=True, deadline=None)
settings.register_profile("soak", max_examples=5000, deadline=None)
settings.load_profile("soak" if os.environ.get("ROUNDUP_SOAK") else "ordinary")

compile_once()
# What a shell starts behind it ignores the one, what nohup starts the other, and what the tests start would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# What tests write lies in memory: there it costs nothing to see that the disk has it, which took half the time of the tests that kill,
# and a process that is killed leaves the same files. TMPDIR names another folder; a small memory, as containers have, is left alone.
MEMORY, ENOUGH = Path("/dev/shm"), 3 << 30
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ENOUGH:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"

# Chromium asks for updates, experiments and metrics of its own accord: not here. Root has no sandbox.
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split()

MINIMAL = {
    "roundup.yaml": "title: A digest\n",
    "issues/2024-1/issue.yaml": "date: 2024-02-01\norder:\n- 2401.00001\n",
    "issues/2024-1/commentary/2401.00001.yaml": "paper: 2401.00001\ncommentary: |\n  Some words.\nstatus: ready\n",
    "issues/2024-1/papers/2401.00001.yaml": 'id: "2401.00001"\ntitle: A plain title\nauthors:\n- Ada Example\ncategories:\n- cs.LG\n',
}


@dataclass(frozen=True)
class Result:
    """What a command did: its exit code, and what it printed where."""

    code: int
    out: str
    err: str


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden sites anew")


def pytest_xdist_auto_num_workers() -> int:
    """Three processes for two cores: many tests wait for a clock, a browser or a server, and nothing else is at work meanwhile."""
    return (len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1) * 3 // 2 or 1


@pytest.fixture(scope="session")
def shared() -> Path:
    """The corpora that stand beside the project where it is developed; a clone has none of them."""
    if not SHARED.is_dir():
        pytest.skip("the shared corpora are not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def vectors(shared: Path) -> tuple[str, ...]:
    """Every different payload of the public lists, in order."""
    paths = [*sorted((shared / "corpora/xss").glob("*.jsonl")), shared / "corpora/markdown/markdown_xss.jsonl"]
    payloads = (json.loads(line)["payload"] for path in paths for line in path.read_text().splitlines())
    return tuple(dict.fromkeys(payloads))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, driven by Playwright; where one of them is not installed, tests that ask for it are skipped."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def own_site(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Our own issues, built."""
    from published import Published, build, made_once

    return Published(made_once("own", tmp_path_factory, lambda folder: build(ROOT, folder)), "https://roundup.example/")


@pytest.fixture(scope="session")
def bench_site(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Published:
    """The small one of the corpora that the benchmarks take, built; its last issues where there is no time for all."""
    from published import Published, build, made_once

    def make(folder: Path) -> None:
        subprocess.run([sys.executable, shared / "bench/digest.py", folder / "digest", "S"], check=True, capture_output=True)
        issues = sorted((folder / "digest/issues").iterdir())
        for issue in issues[: 0 if os.environ.get("ROUNDUP_SOAK") else -3]:
            shutil.rmtree(issue)
        write(folder / "digest/roundup.yaml", "title: Bench\nurl: https://bench.example/\n")  # its commentary has links to example.org
        build(folder / "digest", folder / "site")

    return Published(made_once("bench", tmp_path_factory, make) / "site", "https://bench.example/")


@pytest.fixture(scope="session")
def invented_site(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The digest that holds one of everything, built with its draft, to stand in a folder of its host; long lists are split early."""
    from invented import FILES, LIMITS, URL
    from published import Published, build, made_once

    def make(folder: Path) -> None:
        for path, content in FILES.items():
            write(folder / "digest" / path, content)
        with pytest.MonkeyPatch.context() as patch:
            for name, limit in LIMITS.items():
                patch.setattr(f"roundup.{name}", limit)
            build(folder / "digest", folder / "host/deep/er", "--drafts")

    return Published(made_once("invented", tmp_path_factory, make) / "host", URL)


@pytest.fixture(scope="session", autouse=True)
def _users_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache for the user that the tests are: for all of them one, as a user has, and not the developer's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp().parent / "users-cache"))
        yield


@pytest.fixture(autouse=True)
def _closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: object) -> None:
        host = str(address[0]) if isinstance(address, tuple) else ""
        if not (host.startswith("127.") or host in ("localhost", "::1")):
            raise AssertionError(f"a test asked for the network: {address}")
        connect(self, address)  # loopback: the replay server

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def digest(tmp_path: Path) -> Callable[..., Path]:
    """Write files into a fresh folder, on top of a minimal digest of one issue; a None takes a file away."""

    def make(files: Mapping[str, str | bytes | None] | None = None, *, bare: bool = False, name: str = "digest") -> Path:
        root = tmp_path / name
        wanted: dict[str, str | bytes | None] = {**({} if bare else MINIMAL), **(files or {})}
        for path, content in wanted.items():
            if content is not None:
                write(root / path, content)
        return root

    return make


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())


@pytest.fixture
def roundup(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in a folder, as its user would, and return what it printed and its exit code."""

    def run(*arguments: str, root: Path) -> Result:
        monkeypatch.chdir(root)
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            cli.main(list(arguments))
        out, err = capsys.readouterr()
        return Result(int(stop.value.code or 0), out, err)

    return run


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by path; not a digest's locks, nor what a build remembers, for nobody looks at these.

    A site's manifest is as it would be in one file.
    """
    found = (Path(top) / name for top, _, names in os.walk(folder) for name in names)
    files = (file for file in found if "/.roundup/cache/built/" not in str(file) and not str(file).endswith(("/.roundup/state/lock", "/.roundup/state/send.lock")))
    return with_one_manifest({str(f.relative_to(folder)): f.read_bytes() for f in sorted(files) if f.is_file()})


def with_one_manifest(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return files with a site's manifest as it would be if it were one, written for the first time."""
    for path in [path for path in files if path.endswith(MANIFEST)]:
        with contextlib.suppress(ValueError):
            since = path.removesuffix(MANIFEST) + SINCE
            both = Manifest.read(files[path], files.get(since))
            files[path] = Manifest().having(dict(both.items())).data
            if both.changes:  # else it is a leftover, and not to be overlooked
                files.pop(since, None)
    return files


def wait_until(done: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something that another thread or process does."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
