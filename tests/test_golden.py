"""Golden sites: ``tests/golden/NAME/source`` builds to ``expected``, to the byte, wherever it is built.

``make golden`` writes them anew; the difference is read in review.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import html5lib
import pytest

from conftest import ROOT, tree

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.name for path in GOLDEN.iterdir())
FONTS = ("assets/fonts/STIXTwoMath.woff2", "assets/fonts/OFL.txt")  # our own files, copied; their bytes need no second place here
THEME = ("assets/roundup.css", "assets/roundup.js", "assets/paste.js", "assets/search.js")  # likewise; the stylesheet ends with the digest's accent
ACCENTS = {"bare": "#9c2f1d", "features": "#1d4e9c", "list": "#9c2f1d"}
CARD = "/card.png"  # its bytes depend on the release of Pillow
MANIFEST = ".roundup-manifest.json"


def build(source: Path, output: Path, **environment: str) -> dict[str, bytes]:
    """Build in a process of its own, as a user would, and return the site."""
    told = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "roundup", "-C", str(source), "build", "-q", "--drafts", "--output", str(output)]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return {path: data for path, data in tree(output).items() if path != MANIFEST and path not in FONTS and not path.endswith(CARD)}


@pytest.mark.parametrize("name", NAMES)
def test_builds_the_golden_site(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    site = build(GOLDEN / name / "source", tmp_path / "site")
    for path in THEME:
        ours = (ROOT / "templates" / Path(path).name).read_text().rstrip()
        behind = f"\n\n:root {{ --accent-light: {ACCENTS[name]}; }}" if path.endswith(".css") else ""
        assert site.pop(path).decode() == f"{ours}{behind}\n", path
    expected = GOLDEN / name / "expected"
    if request.config.getoption("--update-golden"):
        shutil.rmtree(expected, ignore_errors=True)
        for path, data in site.items():
            (expected / path).parent.mkdir(parents=True, exist_ok=True)
            (expected / path).write_bytes(data)
    wanted = tree(expected)
    assert sorted(site) == sorted(wanted)
    for path, data in wanted.items():
        assert site[path].decode(errors="replace") == data.decode(errors="replace"), path


@pytest.mark.parametrize("page", sorted(str(p.relative_to(GOLDEN)) for p in GOLDEN.rglob("expected/**/*.html")))
def test_ids_are_unique_and_links_within_a_page_lead_somewhere(page: str) -> None:
    elements = list(html5lib.parse((GOLDEN / page).read_bytes(), namespaceHTMLElements=False).iter())
    ids = [e.get("id") for e in elements if e.get("id")]
    assert sorted(ids) == sorted(set(ids))
    fragments = {e.get("href", "")[1:] for e in elements if e.get("href", "").startswith("#")}
    assert fragments <= set(ids)


VARIED = [
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
    {"TZ": "America/Adak", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
    {"TZ": "UTC", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "424242", "LANG": "de_DE.UTF-8"},
    {"TZ": "Asia/Kathmandu", "LC_ALL": "POSIX", "PYTHONHASHSEED": "7", "PYTHONUTF8": "0", "SOURCE_DATE_EPOCH": "1"},
]


def test_the_same_bytes_in_every_zone_locale_and_hash_seed(tmp_path: Path) -> None:
    """Our own issues, copied to other folders in another order of creation, give the same site."""
    sites = []
    for number, environment in enumerate(VARIED):
        root = tmp_path / f"copy-{number}"
        for path, data in sorted(own_sources().items(), reverse=bool(number % 2)):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        build(root, root / "site", **environment)
        sites.append(tree(root / "site"))
    assert all(site == sites[0] for site in sites)


def own_sources() -> dict[str, bytes]:
    return {f"issues/{path}": data for path, data in tree(ROOT / "issues").items()} | {"roundup.yaml": (ROOT / "roundup.yaml").read_bytes()}
