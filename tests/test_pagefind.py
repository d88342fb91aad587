"""Pagefind in place of our own index: what pages tell it, whose its files are, what is said when it is missing or fails; and that it finds.

A small program stands in for it where only its files matter. Tests that need the real one are skipped where it is not installed.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conftest import MINIMAL, Result, tree, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Make = Callable[..., Path]
Run = Callable[..., Result]

CONFIG = "title: A digest\nsearch: pagefind\n"
PICK = "issues/2024-1/commentary/2401.00001.yaml"
DRAFT = {
    "issues/2024-2/issue.yaml": "order:\n- 2401.00002\n",
    "issues/2024-2/commentary/2401.00002.yaml": "paper: 2401.00002\ncommentary: So far.\nstatus: ready\n",
    "issues/2024-2/papers/2401.00002.yaml": 'id: "2401.00002"\ntitle: Not yet\nauthors:\n- Bo Sample\ncategories:\n- cs.LG\n',
}

# It makes a file for each page that it would index, as the real one does, and says what the other one says where it must fail.
STAND_IN = """
import sys
from pathlib import Path

given = dict(zip(sys.argv[2::2], sys.argv[3::2]))
assert sys.argv[1] == "--silent" and set(given) == {"--site", "--output-path"}, sys.argv
site, made = Path(given["--site"]), Path(given["--output-path"])
if (site / "assets/fail.txt").exists():
    sys.exit((site / "assets/fail.txt").read_text())
for page in sorted(site.rglob("*.html")):
    if "data-pagefind-body" in page.read_text():
        path = made / "fragment" / page.relative_to(site).with_suffix("").as_posix().replace("/", " ")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(page.read_bytes())
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "programs/pagefind/__main__.py", STAND_IN)
    for name in ("pagefind", "pagefind_bin"):
        write(tmp_path / f"programs/{name}/__init__.py", "")
    monkeypatch.syspath_prepend(tmp_path / "programs")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "programs"))


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roundup.pagefind.find_spec", lambda name: None)


def build(root: Path, roundup: Run, *options: str) -> str:
    """Build without anything to remark; return what was printed but for the folder."""
    done = roundup("build", *options, root=root)
    assert (done.code, done.err) == (0, "")
    return done.out.partition(": ")[2].partition(" in ")[0]


def indexed(root: Path) -> set[str]:
    return {path.removeprefix("pagefind/fragment/") for path in tree(root / "site") if path.startswith("pagefind/")}


def given(root: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        write(root / path, content)


@pytest.mark.usefixtures("missing")
def test_pages_differ_by_what_they_tell_pagefind_alone(digest: Make, roundup: Run) -> None:
    """Issues and papers are found, but not their citations, their neighbours or the signs beside headings; our own index is not written."""
    ours = digest(DRAFT, name="ours")
    theirs = digest({**DRAFT, "roundup.yaml": CONFIG}, name="theirs")
    for root in (ours, theirs):
        assert roundup("build", "--drafts", root=root).code == 0
    before, after = tree(ours / "site"), tree(theirs / "site")
    assert {path for path in before if path not in after} == {"assets/search.js", "search/index.js", "search/words-0.js", "search/words-1.js", "search/rows-0.js"}
    assert {path for path in after if path not in before} == {"assets/pagefind.js"}
    marked = {path for path, data in after.items() if b"data-pagefind" in data}
    assert marked == {"2024-1/index.html", "2024-2/index.html", "papers/2401.00001.html", "papers/2401.00002.html"}
    changed = {path for path in after if path in before and before[path] != re.sub(b" data-pagefind-[a-z]+", b"", after[path])}
    assert changed == {"search/index.html", ".roundup-manifest.json"}
    assert before["search/index.html"].replace(b"search.js", b"pagefind.js") == after["search/index.html"]


@pytest.mark.usefixtures("stand_in")
def test_the_index_is_a_part_of_the_site(digest: Make, roundup: Run) -> None:
    """It is written once, follows the pages, and goes when it is not asked for any more."""
    root = digest({"roundup.yaml": CONFIG})
    build(root, roundup)
    assert indexed(root) == {"2024-1 index", "papers 2401.00001"}
    assert "0 written" in build(root, roundup)
    given(root, {PICK: MINIMAL[PICK].replace("Some", "Other")})
    build(root, roundup)
    assert b"Other words" in (root / "site/pagefind/fragment/papers 2401.00001").read_bytes()
    given(root, {"roundup.yaml": MINIMAL["roundup.yaml"]})
    assert "3 removed" in build(root, roundup)  # with the script
    assert not (root / "site/pagefind").exists()


@pytest.mark.usefixtures("stand_in")
def test_a_draft_is_found_in_a_build_with_drafts_only(digest: Make, roundup: Run) -> None:
    root = digest({**DRAFT, "roundup.yaml": CONFIG})
    build(root, roundup, "--drafts")
    assert indexed(root) == {"2024-1 index", "2024-2 index", "papers 2401.00001", "papers 2401.00002"}
    assert roundup("build", root=root).code == 0
    assert indexed(root) == {"2024-1 index", "papers 2401.00001"}


@pytest.mark.usefixtures("stand_in")
def test_a_build_of_one_issue_leaves_the_index(digest: Make, roundup: Run) -> None:
    root = digest({"roundup.yaml": CONFIG})
    build(root, roundup)
    before = {path: data for path, data in tree(root / "site").items() if path.startswith("pagefind/")}
    given(root, {PICK: MINIMAL[PICK].replace("Some", "Other")})
    build(root, roundup, "2024-1")
    after = tree(root / "site")
    assert {path: data for path, data in after.items() if path.startswith("pagefind/")} == before
    assert b"Other words" in after["papers/2401.00001.html"]
    build(root, roundup)
    assert b"Other words" in (root / "site/pagefind/fragment/papers 2401.00001").read_bytes()


@pytest.mark.usefixtures("stand_in")
def test_a_digest_without_an_issue_has_nothing_to_index(digest: Make, roundup: Run) -> None:
    root = digest({"roundup.yaml": CONFIG, "issues/.keep": ""}, bare=True)
    build(root, roundup)
    assert indexed(root) == set()


@pytest.mark.usefixtures("stand_in")
def test_what_pagefind_says_is_told_and_the_index_stays(digest: Make, roundup: Run) -> None:
    root = digest({"roundup.yaml": CONFIG})
    build(root, roundup)
    before = tree(root / "site/pagefind")
    given(root, {"assets/fail.txt": "Error: Pagefind was not able to build an index.\nMost likely, \x1b[31mno reason.\n", PICK: MINIMAL[PICK].replace("Some", "Other")})
    said = "Pagefind was not able to build an index. Most likely, \\x1b[31mno reason"
    words = f"{root}/site is built, but its search is as it was: Pagefind failed, saying: {said}; mend that and build again\n"
    assert roundup("build", root=root) == Result(2, "", words)
    assert tree(root / "site/pagefind") == before
    assert b"Other words" in (root / "site/papers/2401.00001.html").read_bytes()


@pytest.mark.usefixtures("stand_in")
def test_without_pagefind_a_build_says_how_to_get_it(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages are built; an index that was there goes, for it would find what is gone. A build of one issue needs none."""
    root = digest({"roundup.yaml": CONFIG})
    build(root, roundup)
    monkeypatch.setattr("roundup.pagefind.find_spec", lambda name: None)
    build(root, roundup, "2024-1")
    done = roundup("build", root=root)
    assert (done.code, done.err) == (0, 'search finds nothing: its index needs Pagefind; pip install "roundup-digest[search]", and build again\n')
    assert indexed(root) == set()


# ---- the real one ----

FOUND = {
    "roundup.yaml": "title: A digest\nsearch: pagefind\nlanguage: de\n",
    "issues/2024-1/issue.yaml": "date: 2024-02-01\nintro: An opening of [arXiv's](https://arxiv.org) best.\norder:\n- 2401.00001\n- 2401.00003\n",
    PICK: "paper: 2401.00001\ncommentary: |\n  They blend `<b>` tokens &amp; say so.\ntags: [embroidery]\nstatus: ready\n",
    "issues/2024-1/papers/2401.00001.yaml": "id: \"2401.00001\"\ntitle: 'Kleinesgarn <img src=x onerror=alert(1)> & more'\nauthors:\n- Ada Example\ncategories:\n- cs.LG\nabstract: Weaving.\n",
    "issues/2024-1/commentary/2401.00003.yaml": "paper: 2401.00003\ncommentary: So far.\nstatus: ready\n",
    "issues/2024-1/papers/2401.00003.yaml": 'id: "2401.00003"\ntitle: Kleinesgarn once more\nauthors:\n- Cy Other\ncategories:\n- cs.LG\n',
}


@pytest.fixture
def site(digest: Make, roundup: Run) -> Path:
    pytest.importorskip("pagefind_bin", reason="Pagefind is not installed")
    root = digest(FOUND)
    build(root, roundup, "--output", str(root / "host/below"))
    return root / "host"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name for it
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, name="site")
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_second_index_is_the_same_to_the_byte(site: Path, digest: Make, roundup: Run) -> None:
    other = digest(FOUND, name="other")
    build(other, roundup)
    assert tree(other / "site/pagefind") == tree(site / "below/pagefind")
    assert "0 written" in build(other, roundup)


def test_only_what_a_page_says_of_its_own_is_found(site: Path) -> None:
    """Nothing of lists, mails and other editions; of a paper's page not how it is cited, nor what is related."""
    said = [gzip.decompress(path.read_bytes()).decode() for path in sorted((site / "below/pagefind/fragment").iterdir())]
    assert len(said) == 3
    assert [text for text in said if "Kleinesgarn" not in text] == []
    assert re.findall("BibTeX|eprint|Verwandte Arbeiten|Abgelegt unter|Kommentieren|¶|1Kleinesgarn", "".join(said)) == []


def ask(page: Page, query: str) -> dict[str, str]:
    """Return the links to what is found, each with its title."""
    page.evaluate("() => { document.getElementById('count').textContent = ''; }")
    page.fill("input", query)
    page.wait_for_function("() => document.getElementById('count').textContent", timeout=5000)
    return {link.get_attribute("href") or "": link.inner_text() for link in page.query_selector_all("#found a")}


def test_a_paper_is_found_in_a_browser(site: Path, chromium: Browser) -> None:
    """By its title, authors, tags, commentary and abstract, under the page's own policy, in the page's language, below a folder of the host."""
    paper, issue = "/below/papers/2401.00001.html", "/below/2024-1/"
    with served(site) as url:
        page = chromium.new_page()
        faults: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: asked.append(request.url))
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        page.goto(f"{url}/below/search/index.html")
        assert [address for address in asked if "/pagefind/" in address] == []  # a reader who only looks loads nothing
        found = ask(page, "Kleinesgarn")
        assert {link.partition("#")[0] for link in found} == {paper, "/below/papers/2401.00003.html", issue}
        assert "Kleinesgarn <img src=x onerror=alert(1)> & more" in found.values()
        assert page.inner_text("#count") == "3 Treffer"
        for query in ("weaving", "embroidery", "example", "2401.00001", "blend"):
            assert paper in {link.partition("#")[0] for link in ask(page, query)}, query
        assert "They blend <b> tokens & say so." in page.inner_text("#found .facts")
        assert {link.partition("#")[0] for link in ask(page, "opening")} == {issue}
        assert ask(page, "zzz") == {}
        assert page.inner_text("#count") == "0 Treffer"
        page.goto(f"{url}/below/search/index.html?q=weaving")
        page.wait_for_selector("#found a")
        assert {address for address in asked if not address.startswith(f"{url}/below/")} <= {f"{url}/favicon.ico"}
        assert faults == []
        page.close()


def test_from_the_disk_it_says_that_it_cannot(site: Path, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto((site / "below/search/index.html").as_uri())
    page.fill("input", "Kleinesgarn")
    page.wait_for_function("() => document.getElementById('count').textContent", timeout=5000)
    assert page.inner_text("#count") == "Der Index ließ sich nicht laden."
    page.close()
