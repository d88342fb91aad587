"""The wheel, installed apart, makes and builds a digest: its templates are in it, and nothing of this folder is needed."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT, tree
from roundup.workflows import DISTRIBUTION


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def test_holds_the_package_and_its_templates_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {n for n in names if n.startswith("roundup/templates/")} == {f"roundup/templates/{path}" for path in tree(ROOT / "templates")}
    assert {n.split("/")[0] for n in names if ".dist-info/" not in n} == {"roundup"}


def test_a_new_digest_s_workflow_installs_us_by_our_name() -> None:
    """On PyPI the plain name is another program's."""
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"] == DISTRIBUTION


def test_builds_a_new_digest_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")], check=True)
    python = tmp_path / "env/bin/python"
    site = Path(subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True).stdout.strip())
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)], check=True)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")  # what it depends on; our own copy comes first

    def run(*command: str, cwd: Path) -> str:
        return subprocess.run([python, "-I", "-m", "roundup", *command], cwd=cwd, capture_output=True, text=True, check=True).stdout

    where = subprocess.run([python, "-I", "-c", "import roundup; print(roundup.__file__)"], capture_output=True, text=True, check=True).stdout
    assert Path(where.strip()).is_relative_to(site)
    run("init", "d", cwd=tmp_path)
    run("new", cwd=tmp_path / "d")
    run("check", "-q", *(p.name for p in (tmp_path / "d/issues").iterdir() if (p / "papers").exists()), cwd=tmp_path / "d")
    run("build", cwd=tmp_path / "d")
    built = tree(tmp_path / "d/site")
    assert {"index.html", "assets/roundup.css", "assets/search.js", "assets/fonts/STIXTwoMath.woff2", "papers/1706.03762.html", "search/index.js"} <= built.keys()
