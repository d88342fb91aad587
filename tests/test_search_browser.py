"""Search in a real browser, over pages on the disk and under the pages' policy: what is found, how fast, and what is loaded for it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conftest import write
from roundup.search import Searchable
from searching import SPREAD, TEMPLATE, WORDS, Index, files_of, made_up
from test_search import PAPERS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Search</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'self'">
<form role="search" id="search" data-root="../" data-one="{n} result" data-other="{n} results" data-failed="The index is missing."><input type="search" name="q" aria-label="Search"></form>
<p role="status" id="count" aria-live="polite"></p><ol id="found"></ol><script src="../assets/search.js" defer></script>
"""

# Put in a query as typing does; when its results stand on the page, tell them, and how long that took.
ASK = """query => new Promise(resolve => {
    const input = document.querySelector("input"), count = document.getElementById("count");
    new MutationObserver((_, observer) => {
        observer.disconnect();
        document.body.offsetHeight;
        const ms = performance.now() - start, found = [...document.querySelectorAll("#found a")].map(a => a.getAttribute("href"));
        resolve({ ms, found, count: count.textContent });
    }).observe(count, { childList: true });
    const start = performance.now();
    input.value = query;
    input.dispatchEvent(new Event("input"));
})"""


@dataclass
class Searched:
    """A page for searching, what it was asked to load, and what went wrong on it."""

    page: Page
    path: Path
    index: Index
    loaded: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open(self, query: str = "") -> None:
        self.page.goto(self.path.as_uri() + query)

    def ask(self, query: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.page.evaluate(ASK, query)
        return answer

    @property
    def count(self) -> str:
        return self.page.inner_text("#count")

    def until(self, condition: str) -> None:
        self.page.wait_for_function(condition, timeout=5000)


def searched(browser: Browser, folder: Path, documents: Sequence[Searchable]) -> Iterator[Searched]:
    files = files_of(documents)
    for path, text in {**files, "assets/search.js": TEMPLATE.read_text(), "search/index.html": PAGE}.items():
        write(folder / path, text.encode())
    page = browser.new_page()
    seen = Searched(page, folder / "search/index.html", Index(files))
    page.on("request", lambda request: seen.loaded.append(request.url.removeprefix(folder.as_uri()).lstrip("/")))
    page.on("console", lambda message: seen.faults.append(message.text))
    page.on("pageerror", lambda error: seen.faults.append(str(error)))
    page.on("dialog", lambda dialog: (seen.faults.append(dialog.message), dialog.dismiss()))
    seen.open()
    yield seen
    assert seen.faults == []
    assert [path for path in seen.loaded if "://" in path] == []
    page.close()


@pytest.fixture(scope="module", params=[1000, 25_000])
def archive(request: pytest.FixtureRequest, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    """An archive of so many papers, some of which we know, in a folder below another."""
    count = request.param
    documents = list(made_up(count - len(PAPERS), commentary=15, abstract=25))
    for number, paper in enumerate(PAPERS):
        documents.insert((number + 1) * count // 7, paper)
    yield from searched(chromium, tmp_path_factory.mktemp("search") / "a digest", documents)


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Iterator[Searched]:
    yield from searched(chromium, tmp_path, [*PAPERS, *made_up(200, commentary=20, abstract=20), MARKUP])


MARKUP = Searchable("markup.html", "<img src=x onerror=alert(1)></script>", ('"Ann" & Bob',), "<b>\u2028", (), "", "Kleinesgarn")

KNOWN = {
    "sparse to soft": "soft",
    "puigcerver": "soft",
    "jorgensen kaiser": "old",
    "mixture of experts": "soft",
    "a blend of all tokens": "soft",
    "they asked GPT-4 about Erdős": "ood",
    "detecting out of distribution": "ood",
    "detecting out-of-distribution": "ood",
    "erdos gpt4": "ood",
    "blend of all tok": "soft",
    "语言模型": "cjk",
}


@pytest.mark.parametrize("query", KNOWN)
def test_a_paper_is_found(query: str, archive: Searched) -> None:
    assert archive.ask(query)["found"][0] == f"../{KNOWN[query]}.html"


def test_an_answer_takes_50_ms(archive: Searched) -> None:
    """From the key to the results on the page, with the files there: also for common words, and for words that are only begun."""
    longest = max(range(len(archive.index.first)), key=lambda number: len(archive.index.files[f"search/words-{number}.js"]))
    common = sorted(archive.index.shard(longest), key=lambda word: -len(archive.index.places(word)))[:3]
    queries = [*KNOWN, *common, " ".join(common), *(word[:3] for word in common)]
    for query in queries:
        archive.ask(query)
    took = {query: statistics.median(archive.ask(query)["ms"] for _ in range(5)) for query in queries}
    assert {query: ms for query, ms in took.items() if ms > 50} == {}


def test_a_query_loads_few_files(archive: Searched) -> None:
    """Those of its words, and those of the results that are seen, each once."""
    archive.open()
    archive.loaded.clear()
    archive.ask("a blend of all tokens for each expert out of distribution robustn")
    assert 0 < len([path for path in archive.loaded if path.startswith("search/words-")]) <= WORDS - 1 + SPREAD
    assert 0 < len([path for path in archive.loaded if path.startswith("search/rows-")]) <= 10
    archive.loaded.clear()
    archive.ask("a blend of all tokens for each expert out of distribution robustness")
    assert len(archive.loaded) <= 10


def test_results_follow_the_typing(archive: Searched) -> None:
    """Each letter brings results, the address keeps the query, and the page opens with it again."""
    archive.open()
    archive.page.focus("input")
    for letter in "soft mix":
        archive.page.evaluate("() => { document.getElementById('count').textContent = ''; }")
        archive.page.keyboard.type(letter)
        archive.until("() => document.getElementById('count').textContent")
    archive.until("() => document.querySelector('#found a')?.getAttribute('href') === '../soft.html'")
    archive.until("() => location.search === '?q=soft+mix'")
    archive.open("?q=soft+mix")
    archive.until("() => document.querySelector('#found a')?.getAttribute('href') === '../soft.html'")
    assert archive.page.input_value("input") == "soft mix"
    archive.page.fill("input", "")
    archive.until("() => !location.search && !document.querySelector('#found li')")
    assert archive.count == ""


# What Python and a browser might read differently: other scripts, capitals, ligatures, halves, marks, digits, and words that are very long.
READ_ALIKE = (
    "İstanbul ısı ẞtraße ﬁne Ǆungla ΟΔΥΣΣΕΎΣ ŉ", "Ｆｕｌｌ width ½ ²³ ① Ⅷ", "𝒪(n log n) 𝔤 ℝⁿ ℓ₂", "한국어 검색 엔진", "がぎぐ カタカナ・ことば ー", "中文𠀀𠀁混排abc123中",
    "עִבְרִית עברית", "العربية مُحَمَّد", "हिन्दी में खोज", "ภาษาไทยง่าย", "ᚠᚢᚦ\u1680ᚨᚱᚲ", "👩‍🔬 🇩🇪 text", "a\u00adb so\u00adft", "e\u0301\u0301\u0301 Ṩ ǟ", "x" * 95 + "-" + "y" * 31,
    "7" * 70, "don't o’neill O'Neill ‘quoted’", "state-of-the-art x-ray-s 3d-2d-q", "under_score a.b@c.d/e:f;g", "tab\tnew\u2028line\u2029end\x85x\xa0y\u3000z", "\ud83d half \udc00",
    "𐐀𐐨 𞤀𞤢 \U0010ffff\U000f0000", "ⲀⲀ Ꭰꭰ Ა ა", "classes boxes families ties gas bus his analysis Bayes", "constructor __proto__ toString", "ABC[\\]^_`{|}~", "Ͷ ϑ ς σ Σ", "ﷺ ㍿ ㌀",
)  # fmt: skip


@pytest.fixture(scope="module")
def samples(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    yield from searched(chromium, tmp_path_factory.mktemp("samples"), [Searchable(f"{number}.html", text) for number, text in enumerate(READ_ALIKE)])


@pytest.mark.parametrize("text", READ_ALIKE, ids=range(len(READ_ALIKE)))
def test_a_browser_reads_as_python_does(text: str, samples: Searched) -> None:
    """A title finds its paper, and the same papers in the same order as in Python; so does each word of it, alone."""
    number = READ_ALIKE.index(text)
    for query in (text, text.upper(), *text.split()):
        asked = query.encode("utf-8", "replace").decode()  # Playwright hands over no half characters, and we take none for letters
        found = [href.removeprefix("../") for href in samples.ask(asked)["found"]]
        assert found == samples.index.find(asked)[:10]
        assert query != text or not samples.index.words(asked) or f"{number}.html" in found


def test_hostile_titles_find_their_paper(vectors: tuple[str, ...], chromium: Browser, tmp_path: Path) -> None:
    texts = vectors[::20]
    for seen in searched(chromium, tmp_path, [Searchable(f"{number}.html", text) for number, text in enumerate(texts)]):
        for text in texts:
            asked = " ".join(text.split()).strip()
            if asked:
                assert seen.ask(asked)["found"] == [f"../{path}" for path in seen.index.find(asked)[:10]]


def test_a_title_is_shown_to_the_letter(page: Searched) -> None:
    page.ask("kleinesgarn")
    assert page.page.inner_html("#found").count("<") == 6  # an item, a link and a span
    assert page.page.inner_text("#found a") == MARKUP.title
    assert page.page.text_content("#found .facts") == '"Ann" & Bob · <b>\u2028'
    assert page.count == "1 result"


def test_more_results_come_as_the_reader_does(page: Searched) -> None:
    """Ten at a time, fifty at most; the count tells of all."""
    page.page.set_viewport_size({"width": 800, "height": 200})
    word = max((word for number in range(len(page.index.first)) for word in page.index.shard(number)), key=lambda word: len(page.index.places(word)))
    found = page.index.find(word)
    assert len(found) > 50
    assert page.ask(word) | {"ms": 0} == {"ms": 0, "count": f"{len(found)} results", "found": [f"../{href}" for href in found[:10]]}
    for shown in (20, 30, 40, 50):
        page.page.locator("#found li").last.scroll_into_view_if_needed()
        page.until(f"() => document.querySelectorAll('#found li').length === {shown}")
    page.page.locator("#found li").last.scroll_into_view_if_needed()
    page.page.wait_for_timeout(100)
    assert [link.get_attribute("href") for link in page.page.query_selector_all("#found a")] == [f"../{href}" for href in found[:50]]


def test_what_comes_late_is_dropped(page: Searched) -> None:
    """A file that arrives after a newer query was answered does not bring back the older one."""
    held: list[Route] = []
    late = page.index.shard_of("puigcerver")
    assert late != page.index.shard_of("kleinesgarn")
    page.page.route(f"**/words-{late}.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright takes no method of C
    page.open()  # a page's files are held only from its start on
    page.page.evaluate("query => { const input = document.querySelector('input'); input.value = query; input.dispatchEvent(new Event('input')); }", "puigcerver")
    assert page.ask("kleinesgarn")["found"] == ["../markup.html"]
    assert len(held) == 1
    held[0].continue_()
    page.page.wait_for_timeout(200)
    assert page.page.locator("#found a").get_attribute("href") == "../markup.html"
    assert page.ask("puigcerver")["found"] == ["../soft.html"]  # it is there now


def test_enter_stays_on_the_page(page: Searched) -> None:
    page.page.locator("input").fill("puigcerver")
    page.page.locator("input").press("Enter")
    page.until("() => location.search === '?q=puigcerver'")
    assert len([path for path in page.loaded if path.startswith("search/index.html")]) == 1


def test_a_file_that_is_missing_is_told_and_asked_for_again(page: Searched) -> None:
    path = page.path.parent / f"words-{page.index.shard_of('puigcerver')}.js"
    text = path.read_text()
    path.unlink()
    assert page.ask("puigcerver")["count"] == "The index is missing."
    path.write_text(text)
    assert page.ask("puigcerver")["found"] == ["../soft.html"]
    assert len(page.faults) == 1  # the browser's own word about it
    page.faults.clear()


def test_an_empty_archive_says_so(chromium: Browser, tmp_path: Path) -> None:
    for seen in searched(chromium, tmp_path, []):
        assert seen.ask("anything") | {"ms": 0} == {"ms": 0, "count": "0 results", "found": []}
