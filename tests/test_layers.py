"""The house: a module imports only from lines above its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "roundup"

# From the ground up. A package stands for all its modules; inside ``text`` and ``records`` the order is given, too.
LINES = [
    "roundup",
    "roundup.errors",
    "roundup.yamltext",
    "roundup.text",
    "roundup.text.visible",
    "roundup.text.depth",
    "roundup.text.accents",
    "roundup.text.folding",
    "roundup.text.slugs",
    "roundup.text.gist",
    "roundup.text.language",
    "roundup.text.links",
    "roundup.text.dollars",
    "roundup.text.formula",
    "roundup.text.linear",
    "roundup.text.pieces",
    "roundup.text.commands",
    "roundup.text.tex",
    "roundup.text.drawn",
    "roundup.text.bibtex",
    "roundup.text.rules",
    "roundup.text.cards",
    "roundup.text.dialect",
    "roundup.text.setting",
    "roundup.text.filling",
    "roundup.text.code",
    "roundup.text.web",
    "roundup.text.mail",
    "roundup.text.plain",
    "roundup.text.twin",
    "roundup.names",
    "roundup.paper",
    "roundup.citation",
    "roundup.issue",
    "roundup.config",
    "roundup.showing",
    "roundup.outline",
    "roundup.archive",
    "roundup.nearness",
    "roundup.catalogue",
    "roundup.moves",
    "roundup.references",
    "roundup.revisions",
    "roundup.figures",
    "roundup.records",
    "roundup.records.fields",
    "roundup.records.papers",
    "roundup.records.issues",
    "roundup.records.digest",
    "roundup.records.permalinks",
    "roundup.records.language",
    "roundup.site",
    "roundup.sitemap",
    "roundup.search",
    "roundup.plan",
    "roundup.crosslinks",
    "roundup.check",
    "roundup.pages.theme",
    "roundup.pages.frame",
    "roundup.pages.views",
    "roundup.pages.papers",
    "roundup.pages.lists",
    "roundup.pages.feeds",
    "roundup.pages.machines",
    "roundup.pages.finding",
    "roundup.pages.social",
    "roundup.pages",
    "roundup.starter",
    "roundup.store",
    "roundup.store.disk",
    "roundup.store.reading",
    "roundup.store.writing",
    "roundup.store.lock",
    "roundup.store.inbox",
    "roundup.store.shelf",
    "roundup.build",
    "roundup.pagefind",
    "roundup.sources",
    "roundup.sources.pace",
    "roundup.sources.answers",
    "roundup.sources.guard",
    "roundup.sources.http",
    "roundup.sources.cache",
    "roundup.sources.kept",
    "roundup.sources.finds",
    "roundup.sources.people",
    "roundup.sources.query",
    "roundup.sources.oai",
    "roundup.sources.announcements",
    "roundup.sources.huggingface",
    "roundup.sources.feeds",
    "roundup.sources.gather",
    "roundup.fetch",
    "roundup.cli.door",
    "roundup.cli.wanted",
    "roundup.cli.begin",
    "roundup.cli.progress",
    "roundup.cli.network",
    "roundup.cli.fetch",
    "roundup.cli.make",
    "roundup.cli",
    "roundup.__main__",
]
DOORS = ("roundup.store", "roundup.build", "roundup.pagefind", "roundup.sources", "roundup.fetch", "roundup.cli", "roundup.__main__")
PURE = [name for name in LINES if not name.startswith(DOORS) or name in {"roundup.sources.finds", "roundup.sources.people"}]


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> set[str]:
    """Return every module that a file imports, also inside its functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_every_module_has_its_line() -> None:
    assert sorted(modules()) == sorted(LINES)


@pytest.mark.parametrize("name", LINES)
def test_imports_only_from_lines_above(name: str) -> None:
    above = set(LINES[: LINES.index(name)])
    ours = {module for module in imports(modules()[name]) if module in LINES and module != name}
    assert ours <= above, f"{name} imports from below: {sorted(ours - above)}"


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_touch_no_world(name: str) -> None:
    world = {"os", "pathlib", "socket", "subprocess", "random", "time", "requests", "urllib.request", "tempfile", "shutil"}
    assert not imports(modules()[name]) & world


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, roundup.cli; print(*sorted(m for m in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"jinja2", "markdown_it", "yaml", "nh3", "roundup.store", "roundup.text", "pathlib", "json", "hashlib", "datetime"}
    assert set(found) & heavy <= {"datetime"}  # the door has to know what day it is


def test_a_build_imports_nothing_for_the_network() -> None:
    code = "import sys, roundup.store.reading, roundup.pages, roundup.build, roundup.check; print(*sorted(m for m in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(found) & {"arxiv", "feedparser", "requests", "urllib.request", "http.client", "smtplib", "sqlite3", "ssl"}
