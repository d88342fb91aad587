"""Whole sites as a strict reader and a machine meet them: our own issues, a corpus, and a digest that holds one of everything.

Every page is looked at; where one look takes long, some of each kind are (all of them with ROUNDUP_SOAK=1).
"""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import html5lib
import pytest

from conftest import write
from invented import FILES
from published import KINDS, Published, build

SITES = ["invented_site", "own_site", "bench_site"]
MOST = 60 * 1024  # bytes of an issue's page, its stylesheet and its scripts, compressed


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> Published:
    found: Published = request.getfixturevalue(request.param)
    return found


def test_the_invented_site_has_every_kind_of_page(invented_site: Published) -> None:
    assert {page.kind for page in invented_site.pages} == {kind for kind, _, _ in KINDS}


def test_pages_parse_strictly(site: Published) -> None:
    for page in site.sample:
        html5lib.HTMLParser(strict=True).parse(page.data, transport_encoding="utf-8")


def test_mails_parse_strictly(invented_site: Published) -> None:
    for path in sorted(path for path in invented_site.files if path.endswith("/mail.html")):
        html5lib.HTMLParser(strict=True).parse((invented_site.folder / path).read_bytes(), transport_encoding="utf-8")


def test_ids_are_unique(site: Published) -> None:
    repeated = {page.path: [name for name, number in Counter(page.ids).items() if number > 1 or not name] for page in site.pages}
    assert {path: names for path, names in repeated.items() if names} == {}


def test_every_link_leads_somewhere_inside_the_site(site: Published) -> None:
    faults = [(page.path, link, fault) for page in site.pages for link in page.links if (fault := site.fault_of(link, page.path))]
    assert faults == []


def test_what_an_attribute_refers_to_is_there(site: Published) -> None:
    """Names of regions, labels of fields."""
    for page in site.pages:
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for", "headers", "list"):
            assert {one for value in page.all(f"[{name}]", name) for one in value.split()} <= set(page.ids), (page.path, name)


def test_headings_go_down_one_step_at_a_time(site: Published) -> None:
    for page in site.pages:
        levels = [int(str(element.tag)[1]) for element in page.parsed.css("h1, h2, h3, h4, h5, h6")]
        assert levels[0] == 1, page.path
        assert levels.count(1) == 1, page.path
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), page.path


def test_pages_have_language_title_and_landmarks(site: Published) -> None:
    for page in site.pages:
        found = page.parsed
        assert page.one("html", "lang") == "en"
        assert [bool(title.text(strip=True)) for title in found.css("head > title")] == [True], page.path
        assert (len(found.css("body > header")), len(found.css("body > main")), len(found.css("body > footer"))) == (1, 1, 1), page.path
        names = page.all("nav", "aria-label")
        assert len(names) == len(set(names)) == len(found.css("nav")), page.path
        assert [image for image in found.css("img") if "alt" not in image.attributes] == [], page.path


def test_titles_tell_pages_apart(site: Published) -> None:
    titles = Counter(page.parsed.css_first("title").text() for page in site.pages if page.is_public)
    assert [title for title, number in titles.items() if number > 1 and not title.startswith(("Jia Li", "cs."))] == []


def test_reference_managers_find_papers_on_papers_pages_only(site: Published) -> None:
    for page in site.pages:
        names = {name for name in page.all("meta[name]", "name") if name.startswith("citation_")}
        if not page.kind.endswith(("paper", "paper of two issues")):
            assert names == set(), page.path
            continue
        assert {"citation_title", "citation_author", "citation_publication_date", "citation_arxiv_id", "citation_pdf_url"} <= names, page.path
        assert page.one('meta[name="citation_pdf_url"]', "content").startswith("https://arxiv.org/pdf/")
        assert all(content.strip() for content in page.all('meta[name^="citation_"]', "content"))


def test_a_page_is_known_by_its_own_address(site: Published) -> None:
    for page in site.pages:
        canonical = page.all('link[rel="canonical"]', "href")
        if page.kind in ("missing", "paste"):
            assert canonical == []
        elif page.kind == "moved":
            (to,) = (content.partition("url=")[2] for content in page.all('meta[http-equiv="refresh"]', "content"))
            assert canonical == [urljoin(site.address(page.path), to)]
        else:
            assert canonical == page.all('meta[property="og:url"]', "content") == [site.address(page.path)]


LINKED_DATA = {"issue": "BlogPosting", "list": "BlogPosting", "paper": "ScholarlyArticle", "withdrawn paper": "ScholarlyArticle", "paper of two issues": "ScholarlyArticle"}


def test_linked_data_says_what_a_page_is(site: Published) -> None:
    for page in site.pages:
        data = [json.loads(script.text()) for script in page.parsed.css('script[type="application/ld+json"]')]
        assert [one["@type"] for one in data] == ([LINKED_DATA[page.kind]] if page.kind in LINKED_DATA else []), page.path
        for one in data:
            assert one["@context"] == "https://schema.org"
            assert one["url"] == site.address(page.path)
            assert one["headline"]
            assert all(re.match(r"https?://", value) for key, value in strings(one) if key in ("url", "sameAs", "image"))
            assert all(dt.date.fromisoformat(value) for key, value in strings(one) if key.startswith("date"))


def strings(value: object, key: str = "") -> list[tuple[str, str]]:
    """Return every text in a value of JSON, with the key that it stands under."""
    if isinstance(value, dict):
        return [pair for name, one in value.items() for pair in strings(one, name)]
    if isinstance(value, list):
        return [pair for one in value for pair in strings(one, key)]
    return [(key, str(value))]


def test_the_site_map_has_every_public_page_and_nothing_else(site: Published) -> None:
    urls = ET.fromstring(site.text("sitemap.xml")).findall("{*}url")
    listed = {url.findtext("{*}loc", ""): url.findtext("{*}lastmod", "") for url in urls}
    assert len(listed) == len(urls)
    assert sorted(listed) == sorted(site.address(page.path) for page in site.pages if page.is_public)
    newest = max(dt.date.fromisoformat(day) for day in listed.values())
    assert listed[site.url] == listed[site.address("archive/index.html")] == str(newest)
    for page in site.pages:
        if page.kind in ("issue", "list") and page.is_public:
            assert listed[site.address(page.path)] == page.all(".head time", "datetime")[0]


def test_drafts_and_what_is_no_page_of_its_own_are_no_matter_for_search_engines(invented_site: Published) -> None:
    hidden = {page.path for page in invented_site.pages if not page.is_public}
    assert hidden == {
        "404.html", "2024-3/index.html", "papers/2403.00001.html", "authors/dora-draft.html", "authors/by-letter/d.html", "topics/cs-db.html", "topics/drafted.html",
        "authors/g-lacka.html", "topics/cpp.html", "topics/c-plus-plus.html", "topics/moe.html",
        *(page.path for page in invented_site.pages if page.kind == "paste"),
    }  # fmt: skip


def test_a_site_without_drafts_has_nothing_of_them(tmp_path: Path) -> None:
    """Where they were shown, they are gone again."""
    for path, content in FILES.items():
        if "/2023-" not in path and "/2024-1-" not in path:
            write(tmp_path / path, content)
    for options in (("--drafts",), ()):
        build(tmp_path, tmp_path / "site", *options)
    told = [path for path in sorted((tmp_path / "site").rglob("*")) if path.is_file() and re.search(rb"2403\.00001|Dora|dora|drafted|cs-db", path.read_bytes())]
    assert told == []
    assert [path for path in (tmp_path / "site").rglob("*") if re.search(r"2024-3|2403|dora|drafted|cs-db", path.name)] == []


def test_every_page_has_the_same_policy(site: Published) -> None:
    policies = {page.one('meta[http-equiv="Content-Security-Policy"]', "content") for page in site.pages}
    assert policies == {"default-src 'none'; img-src 'self'; style-src 'self'; font-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'"}


def test_robots_may_read_everything_and_find_the_map(site: Published) -> None:
    assert site.text("robots.txt") == f"User-agent: *\nDisallow:\n\nSitemap: {site.url}sitemap.xml\n"


def test_no_page_asks_somebody_else_for_anything(site: Published) -> None:
    for page in site.pages:
        asked = [*page.all("[src]", "src"), *page.all("[srcset]", "srcset"), *page.all("link:not([rel=canonical])", "href"), *page.all("form", "action")]
        assert [address for address in asked if re.match(r"([a-z]+:)?//|data:", address)] == [], page.path
        assert page.parsed.css("style, [style], base, iframe, object, embed, script:not([type='application/ld+json']):not([src])") == [], page.path
        assert page.all("a[href^='http'][rel]", "target") == []
    assert re.findall(r"@import|url\([^)]*//", site.text("assets/roundup.css")) == []


def test_a_page_for_what_is_missing_counts_its_links_from_the_top_of_the_host(invented_site: Published) -> None:
    page = invented_site.by_path["404.html"]
    assert [link for link in page.links if not link.startswith(("/deep/er/", "#", "mailto:"))] == []


def test_every_page_has_the_icon(site: Published) -> None:
    """A browser that is told of none asks for /favicon.ico, and says in the console that there is none."""
    assert {urljoin(f"/{page.path}", page.one("link[rel=icon]", "href")) for page in site.pages if page.kind != "missing"} == {"/assets/roundup.svg"}
    icon = ET.fromstring(site.text("assets/roundup.svg"))
    assert (icon.tag, icon[0].get("fill")) == ("{http://www.w3.org/2000/svg}svg", "#9c2f1d")


def test_an_issue_is_small(site: Published) -> None:
    """Its page, stylesheet and scripts, compressed; the font is asked for by pages with formulas only, and kept."""
    for page in site.pages:
        if page.kind in ("issue", "list"):
            beside = {normal(link, page.path) for link in (*page.all('link[rel="stylesheet"]', "href"), *page.all("script[src]", "src"))}
            sizes = {path: len(gzip.compress((site.folder / path).read_bytes(), 6)) for path in sorted({page.path, *beside})}
            assert sum(sizes.values()) < MOST, sizes


def normal(link: str, path: str) -> str:
    return urljoin(f"https://x/{path}", link).removeprefix("https://x/").partition("?")[0]


def test_citations_of_an_issue_are_those_of_its_papers(invented_site: Published) -> None:
    keys = re.findall(r"^@\w+\{(.*),$", invented_site.text("2024-1/papers.bib"), re.M)
    assert keys == ["arXiv:2401.00001", "arXiv:hep-th-9901001", "arXiv:2401.00002", "arXiv:2401.00004"]


def test_two_people_of_one_name_have_a_page_each_and_two_spellings_one(invented_site: Published) -> None:
    def papers(path: str) -> set[str]:
        return {normal(link, path) for link in invented_site.by_path[path].all(".rows :is(h2, h3) a", "href")}

    assert papers("authors/jia-li-leeds.html") == {"papers/2401.00001.html"}
    assert papers("authors/jia-li.html") == {"papers/2401.00002.html"}
    assert papers("authors/grazyna-lacka.html") == {"papers/2401.00001.html", "papers/hep-th-9901001.html"}


def test_every_paper_of_an_author_is_on_one_of_the_pages_of_years(invented_site: Published) -> None:
    pages = [page for page in invented_site.pages if page.path.startswith("authors/zoe-prolifica")]
    assert [page.path for page in pages] == ["authors/zoe-prolifica.html", "authors/zoe-prolifica/2023.html", "authors/zoe-prolifica/2024.html"]
    whole, *years = [len(page.parsed.css(".rows > li")) for page in pages]
    assert (whole, sum(years)) == (20, 21)
