"""The house: a module imports only from lines above its own."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from conftest import ROOT

PACKAGE = Path(__file__).parent.parent / "roundup"

# From the ground up. A package stands for all its modules; inside ``text`` and ``records`` the order is given, too.
LINES = [
    "roundup",
    "roundup.errors",
    "roundup.placed",
    "roundup.nodes",
    "roundup.yamllines",
    "roundup.yamlevents",
    "roundup.yamltext",
    "roundup.text",
    "roundup.text.visible",
    "roundup.text.depth",
    "roundup.text.accents",
    "roundup.text.folding",
    "roundup.text.stopwords",
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
    "roundup.text.beginning",
    "roundup.text.setting",
    "roundup.text.filling",
    "roundup.text.code",
    "roundup.text.web",
    "roundup.text.mail",
    "roundup.text.paste",
    "roundup.text.plain",
    "roundup.text.twin",
    "roundup.text.pasted",
    "roundup.names",
    "roundup.paper",
    "roundup.citation",
    "roundup.issue",
    "roundup.shortening",
    "roundup.mailing",
    "roundup.mailing.address",
    "roundup.mailing.subscribers",
    "roundup.mailing.message",
    "roundup.config",
    "roundup.showing",
    "roundup.outline",
    "roundup.outlining",
    "roundup.archive",
    "roundup.nearness",
    "roundup.columns",
    "roundup.catalogue",
    "roundup.moves",
    "roundup.references",
    "roundup.revisions",
    "roundup.ledger",
    "roundup.figures",
    "roundup.pictures",
    "roundup.terms",
    "roundup.records",
    "roundup.records.fields",
    "roundup.records.papers",
    "roundup.records.issues",
    "roundup.records.mail",
    "roundup.records.publishing",
    "roundup.records.digest",
    "roundup.records.permalinks",
    "roundup.records.language",
    "roundup.themes",
    "roundup.site",
    "roundup.sitemap",
    "roundup.search.words",
    "roundup.search.cuts",
    "roundup.search.postings",
    "roundup.search.files",
    "roundup.search",
    "roundup.ranking.reason",
    "roundup.ranking.terms",
    "roundup.ranking.sketch",
    "roundup.ranking.model",
    "roundup.ranking.wishes",
    "roundup.ranking.groups",
    "roundup.ranking.scikit",
    "roundup.ranking",
    "roundup.compact",
    "roundup.outputs",
    "roundup.plan",
    "roundup.manifest",
    "roundup.crosslinks",
    "roundup.check",
    "roundup.pages.theme",
    "roundup.pages.frame",
    "roundup.pages.views",
    "roundup.pages.papers",
    "roundup.pages.letter",
    "roundup.pages.lists",
    "roundup.pages.feeds",
    "roundup.pages.machines",
    "roundup.pages.finding",
    "roundup.pages.social",
    "roundup.pages.live",
    "roundup.pages",
    "roundup.workflows",
    "roundup.starter",
    "roundup.store",
    "roundup.store.disk",
    "roundup.store.release",
    "roundup.store.stamps",
    "roundup.store.plain",
    "roundup.store.reading",
    "roundup.store.watch",
    "roundup.store.writing",
    "roundup.store.permalinks",
    "roundup.store.code",
    "roundup.store.memory",
    "roundup.store.library",
    "roundup.store.left",
    "roundup.store.beginning",
    "roundup.store.lock",
    "roundup.store.tables",
    "roundup.store.account",
    "roundup.store.inbox",
    "roundup.store.shelf",
    "roundup.build",
    "roundup.pieces",
    "roundup.workers",
    "roundup.jobs",
    "roundup.engine",
    "roundup.pagefind",
    "roundup.preview",
    "roundup.serve",
    "roundup.publish",
    "roundup.publish.change",
    "roundup.publish.built",
    "roundup.publish.target",
    "roundup.publish.folder",
    "roundup.publish.git",
    "roundup.publish.branch",
    "roundup.publish.ordered",
    "roundup.publish.rsync",
    "roundup.publish.bucket",
    "roundup.sources",
    "roundup.sources.pace",
    "roundup.sources.answers",
    "roundup.sources.reach",
    "roundup.sources.pools",
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
    "roundup.sources.htmlpages",
    "roundup.sources.counts",
    "roundup.sources.gather",
    "roundup.into",
    "roundup.fetch",
    "roundup.copying",
    "roundup.learning",
    "roundup.triage",
    "roundup.sitting",
    "roundup.mailing.sends",
    "roundup.mailing.ledger",
    "roundup.mailing.smtp",
    "roundup.mailing.send",
    "roundup.mailing.handing",
    "roundup.mailing.listmonk",
    "roundup.mailing.buttondown",
    "roundup.mailing.services",
    "roundup.cli.door",
    "roundup.cli.wanted",
    "roundup.cli.begin",
    "roundup.cli.edit",
    "roundup.cli.progress",
    "roundup.cli.network",
    "roundup.cli.fetch",
    "roundup.cli.figures",
    "roundup.cli.make",
    "roundup.cli.secret",
    "roundup.cli.outgoing",
    "roundup.cli.services",
    "roundup.cli.send",
    "roundup.cli.serve",
    "roundup.cli.publish",
    "roundup.cli.keys",
    "roundup.cli.lines",
    "roundup.cli.screen",
    "roundup.cli.triage",
    "roundup.cli.coverage",
    "roundup.cli",
    "roundup.__main__",
]
DOORS = ("roundup.store", "roundup.build", "roundup.pieces", "roundup.workers", "roundup.jobs", "roundup.engine", "roundup.pagefind", "roundup.preview", "roundup.serve", "roundup.publish", "roundup.sources", "roundup.into", "roundup.fetch", "roundup.copying", "roundup.learning", "roundup.triage", "roundup.mailing.ledger", "roundup.mailing.smtp", "roundup.mailing.send", "roundup.mailing.services", "roundup.cli", "roundup.__main__")
PURE = [name for name in LINES if not name.startswith(DOORS) or name in {"roundup.sources.finds", "roundup.sources.people", "roundup.publish.change", "roundup.mailing.sends"}]


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports(path: Path) -> frozenset[str]:
    """Return every module that a file imports, also inside its functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


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


# What changes a disk, by its name alone or as one of ``os``; and ``open``, when its mode says so.
CHANGING = set(
    "write_text write_bytes touch mkdir makedirs mkdtemp mkstemp rmdir removedirs rmtree unlink rename renames symlink symlink_to hardlink_to "
    "chmod truncate ftruncate copyfile copytree NamedTemporaryFile".split()
)
OF_OS = {"os.link", "os.replace", "os.remove"}  # texts, values and lists have methods of these names
MODE = re.compile(r"""O_WRONLY|O_RDWR|O_CREAT|['"][rbt]*[wxa+][rwxabt+]*['"]""")
WRITERS = {
    "roundup.store.writing": "the one place",
    "roundup.pagefind": "Pagefind's own output, in the system's folder for such",
    "roundup.cli.door": "nothing, to where nothing goes",
}


def writes(path: Path) -> list[str]:
    """Return every call in a file by which a disk is changed, and every import of a module for that."""
    found = [name for name in imports(path) if name in {"shutil", "tempfile"}]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called, said = ast.unparse(node.func), ast.unparse(node)
        name = called.rpartition(".")[2]
        moves = called.endswith(".replace") and len(node.args) == 1 and not node.keywords  # a path's
        if name in CHANGING or called in OF_OS or moves or (name == "open" and MODE.search(said)):
            found.append(said)
    return found


def test_one_module_alone_writes() -> None:
    """Files, folders and names; databases aside, which SQLite keeps whole itself."""
    found = {name: calls for name, path in modules().items() if (calls := writes(path))}
    assert set(found) == set(WRITERS), {name: calls for name, calls in found.items() if name not in WRITERS}
    databases = {name for name, path in modules().items() if "sqlite3" in imports(path)}
    assert databases == {"roundup.store.account", "roundup.store.inbox", "roundup.store.tables", "roundup.sources.cache", "roundup.pieces", "roundup.mailing.ledger"}


@pytest.mark.parametrize("call", ["open('a', 'w')", "path.open(mode='r+b')", "os.open(path, os.O_CREAT)", "os.replace(a, b)", "path.replace(other)", "path.unlink()", "os.remove(path)"])
def test_a_write_is_known_when_seen(call: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"text.replace('a', 'b')\nreplace(value, x=1)\nnames.remove(one)\nopen('w.txt')\nself.link(issue)\n{call}\n")
    assert writes(tmp_path / "a.py") == [call]


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, roundup.cli; print(*sorted(m for m in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"jinja2", "markdown_it", "yaml", "nh3", "roundup.store", "roundup.text", "pathlib", "json", "hashlib", "datetime"}
    assert set(found) & heavy <= {"datetime"}  # the door has to know what day it is


def test_a_build_of_plain_files_imports_no_parser_of_yaml(digest: Callable[..., Path]) -> None:
    root = digest({"roundup.yaml": "title: Plain\n", "issues/2024-1/issue.yaml": "date: 2024-01-31\nintro: Words.\n"}, bare=True)
    code = "import sys, roundup.cli\ntry: roundup.cli.main(['-q', 'build'])\nfinally: print('yaml' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


def test_a_build_imports_nothing_for_the_network() -> None:
    code = "import sys, roundup.store.reading, roundup.pages, roundup.build, roundup.check; print(*sorted(m for m in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(found) & {"arxiv", "feedparser", "requests", "urllib.request", "http.client", "smtplib", "sqlite3", "ssl"}
