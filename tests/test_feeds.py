"""Feeds as strict readers take them: Atom by RFC 4287, JSON Feed 1.1, OPML; and what stays when a site or an issue changes."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import feedparser
import html5lib
import pytest

from conftest import MINIMAL, Result, write
from invented import URL
from published import Published, build

ATOM = "{http://www.w3.org/2005/Atom}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
CONTROL = re.compile(r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
SITES = ["invented_site", "own_site", "bench_site"]


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> Published:
    found: Published = request.getfixturevalue(request.param)
    return found


@dataclass(frozen=True)
class Entry:
    """What a feed of either format says of an entry."""

    id: str
    url: str
    title: str
    summary: str
    published: str
    updated: str
    authors: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    content: str


def feeds_of(site: Published) -> list[str]:
    """Return the paths of the Atom feeds."""
    return sorted(path for path in site.files if path.endswith(".xml") and not path.startswith("sitemap"))


# ---- Atom ----


def faults_of_atom(text: str) -> Iterator[str]:
    """Yield what a strict reader finds wrong. Source: RFC 4287, 4.1 and 4.2"""
    feed = ET.fromstring(text)
    if feed.tag != f"{ATOM}feed":
        yield "no feed"
    if CONTROL.search(text):
        yield "a control character"
    if not feed.get(LANGUAGE):
        yield "no language"
    entries = feed.findall(f"{ATOM}entry")
    for element in (feed, *entries):
        for name in ("id", "title", "updated"):
            if len(found := element.findall(f"{ATOM}{name}")) != 1 or not (found[0].text or "").strip():
                yield f"not one {name}"
        for name in ("subtitle", "summary", "content", "published", "generator", "rights"):
            if len(element.findall(f"{ATOM}{name}")) > 1:
                yield f"more than one {name}"
        for name in ("updated", "published"):
            yield from (f"{name} is no moment" for found in element.findall(f"{ATOM}{name}") if not is_moment(found.text or ""))
        if not is_absolute(element.findtext(f"{ATOM}id", "")):
            yield "the id is no address"
        alternates = [(link.get("type"), link.get("hreflang")) for link in element.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
        if not alternates or len(alternates) > len(set(alternates)):
            yield "no alternate, or two of one kind"
        yield from ("a link is relative" for link in element.findall(f"{ATOM}link") if not is_absolute(link.get("href", "")))
        for author in element.findall(f"{ATOM}author"):
            if len(author.findall(f"{ATOM}name")) != 1 or not author.findtext(f"{ATOM}name"):
                yield "an author without name"
            yield from ("an author's address is relative" for uri in author.findall(f"{ATOM}uri") if not is_absolute(uri.text or ""))
        yield from ("a category without term" for category in element.findall(f"{ATOM}category") if not category.get("term"))
    if feed.find(f"{ATOM}author") is None and any(entry.find(f"{ATOM}author") is None for entry in entries):
        yield "no author"
    if [link.get("type") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"] != ["application/atom+xml"]:
        yield "no self"
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    if len(ids) > len(set(ids)):
        yield "two entries of one id"
    for entry in entries:
        if (content := entry.find(f"{ATOM}content")) is None or content.get("type") != "html" or len(content):
            yield "no content in HTML"
        else:
            yield from faults_of_html(content.text or "")


def is_moment(text: str) -> bool:
    try:
        return bool(MOMENT.fullmatch(text) and dt.datetime.fromisoformat(text))
    except ValueError:
        return False


def is_absolute(text: str) -> bool:
    return bool(re.fullmatch(r"(https?://[^/\s]+/|mailto:[^\s@]+@|tag:[^\s,]+,\d{4}:)[^\s<>\"{}|\\^`]*", text) or re.fullmatch(r"https?://[\w.-]+", text))


def faults_of_html(content: str) -> Iterator[str]:
    """Yield what is wrong with the content of an entry, which is shown away from the site and beside other entries."""
    try:
        parsed = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parseFragment(content)
    except html5lib.html5parser.ParseError as error:
        yield f"HTML: {error}"
        return
    ids = {element.get("id") for element in parsed.iter() if element.get("id")}
    for element in parsed.iter():
        if element.tag in ("script", "style", "iframe", "form", "object"):
            yield f"a {element.tag}"
        for name in ("href", "src"):
            link = element.get(name)
            if link is not None and not is_absolute(link.partition("#")[0]) and link.removeprefix("#") not in ids:
                yield f"{link} leads nowhere from a reader"


def read_atom(text: str) -> list[Entry]:
    return [
        Entry(
            *(entry.findtext(f"{ATOM}{name}", "") if name else entry.find(f"{ATOM}link").get("href", "") for name in ("id", "", "title", "summary", "published", "updated")),  # type: ignore[union-attr]
            tuple((author.findtext(f"{ATOM}name", ""), author.findtext(f"{ATOM}uri", "")) for author in entry.findall(f"{ATOM}author")),
            tuple(category.get("term", "") for category in entry.findall(f"{ATOM}category")),
            entry.findtext(f"{ATOM}content", ""),
        )
        for entry in ET.fromstring(text).findall(f"{ATOM}entry")
    ]


SOUND = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>t</title><id>https://example.org/</id><updated>2024-01-01T00:00:00Z</updated>
<link rel="self" type="application/atom+xml" href="https://example.org/feed.xml"/><link rel="alternate" type="text/html" href="https://example.org/"/><author><name>n</name></author>
<entry><title>t</title><id>tag:example.org,2024:/1</id><updated>2024-01-01T00:00:00+01:00</updated><link href="https://example.org/1"/>
<content type="html">&lt;p id="n">&lt;a href="#n">w&lt;/a>&lt;/p></content></entry></feed>"""


@pytest.mark.parametrize(
    ("sound", "broken", "fault"),
    [
        ("", "", None),
        (' xml:lang="en"', "", "no language"),
        ("<title>t</title><id>tag", "<title> </title><id>tag", "not one title"),
        ("<title>t</title><id>https", "<title>t</title><title>t</title><id>https", "not one title"),
        ("00:00:00Z", "00:00:00", "updated is no moment"),
        ("2024-01-01T00:00:00+", "2024-02-30T00:00:00+", "updated is no moment"),
        ("<id>tag:example.org,2024:/1<", "<id>/1<", "the id is no address"),
        ("<author><name>n</name></author>", "", "no author"),
        ("<name>n</name>", "<name/>", "an author without name"),
        ('rel="self"', 'rel="next"', "no self"),
        ('<link href="https://example.org/1"/>', "", "no alternate, or two of one kind"),
        ('href="https://example.org/1"', 'href="1"', "a link is relative"),
        ('type="html"', 'type="xhtml"', "no content in HTML"),
        ('href="#n"', 'href="#m"', "#m leads nowhere from a reader"),
        ('href="#n"', 'href="../x"', "../x leads nowhere from a reader"),
        ("&lt;/a>", "&lt;/b>", "HTML: Unexpected end tag (b). Ignored."),
        ("<title>t</title><id>tag", "<title>\x85</title><id>tag", "a control character"),
    ],
)
def test_a_strict_reader_is_strict(sound: str, broken: str, fault: str | None) -> None:
    assert sound in SOUND
    assert fault in [*faults_of_atom(SOUND.replace(sound, broken, 1)), None]
    assert list(faults_of_atom(SOUND)) == []


def test_atom_feeds_are_what_the_standard_demands(site: Published) -> None:
    faults = {path: list(faults_of_atom(site.text(path))) for path in feeds_of(site)}
    assert {path: found for path, found in faults.items() if found} == {}


def test_a_feed_names_its_own_address_and_its_page(site: Published) -> None:
    """At the old path of a page that moved stands the new feed, which says where it is."""
    for path in feeds_of(site):
        links = {(link.get("rel"), link.get("type")): link.get("href", "") for link in ET.fromstring(site.text(path)).findall(f"{ATOM}link")}
        page = path.removesuffix(".xml") + ".html"
        page = "index.html" if page in ("feed.html", "papers.html") else page
        if page in site.by_path and site.by_path[page].kind == "moved":
            assert site.text(path) == site.text(links["self", "application/atom+xml"].removeprefix(site.url))
            continue
        assert links["self", "application/atom+xml"] == site.address(path)
        assert links["alternate", "text/html"] == site.address(page)
        assert links["alternate", "application/feed+json"] == site.address(path.removesuffix("xml") + "json")
        assert path.removesuffix("xml") + "json" in site.files


def test_addresses_in_a_feed_lead_to_the_site(site: Published) -> None:
    for path in feeds_of(site):
        for entry in read_atom(site.text(path)):
            links = [entry.url, *re.findall(r'(?:href|src)="([^"]*)"', entry.content)]
            assert [(link, fault) for link in links if link[:1] != "#" and (fault := site.fault_of(link, "index.html"))] == []


def test_feeds_have_the_newest_first(site: Published) -> None:
    for path in feeds_of(site):
        entries = read_atom(site.text(path))
        newest = [entry.updated for entry in entries if "Withdrawn" not in entry.content]
        assert newest == sorted(newest, reverse=True), path
        assert ET.fromstring(site.text(path)).findtext(f"{ATOM}updated") == max(entry.updated for entry in entries)
        assert all(entry.published <= entry.updated for entry in entries)


def test_a_lenient_reader_finds_nothing_odd(site: Published) -> None:
    for path in feeds_of(site):
        read = feedparser.parse((site.folder / path).read_bytes(), response_headers={"content-type": "application/atom+xml; charset=utf-8"})
        assert (read.bozo, read.version) == (False, "atom10"), path
        assert [entry.id for entry in read.entries] == [entry.id for entry in read_atom(site.text(path))]


def test_issues_and_drafts_in_feeds(invented_site: Published) -> None:
    """Each issue that is out has an entry, each paper in one; a draft has none."""
    keys = [entry.url.removeprefix(invented_site.url).strip("/") for entry in read_atom(invented_site.text("feed.xml"))]
    assert keys == sorted(keys, key=key_day, reverse=True)
    assert "2024-3" not in keys
    assert {"2024-1", "2024-2", "2023-12-28"} <= set(keys)
    assert "2403.00001" not in "".join(invented_site.text(path) for path in feeds_of(invented_site))


def key_day(key: str) -> str:
    """Return the last day that an issue covers; of a month, a day behind all of its days."""
    year, month, *day = key.split("-")
    return f"{year}-{int(month):02}-{int(day[0]) if day else 32:02}"


def test_a_paper_is_as_new_as_the_newest_issue_on_it(invented_site: Published) -> None:
    """As its withdrawal, where that came later."""
    entries = {entry.id.removeprefix(f"{invented_site.url}papers/"): entry for entry in read_atom(invented_site.text("papers.xml"))}
    soft, withdrawn = entries["2401.00001.html"], entries["2401.00004.html"]
    assert (soft.published, soft.updated) == ("2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z")
    assert (withdrawn.published, withdrawn.updated) == ("2024-02-01T00:00:00Z", "2024-02-01T00:00:00Z")
    assert soft.content.index("Of the second version") < soft.content.index("Which is why decoding is out of reach")
    assert soft.title == "Soft mixtures of ℓ₂ experts: </script><b>\"all\"</b> & 𝒪(n log n)"


# ---- JSON Feed ----


def faults_of_json_feed(feed: dict[str, Any]) -> Iterator[str]:
    """Yield what a strict reader finds wrong. Source: https://www.jsonfeed.org/version/1.1/"""
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield "no version"
    if not isinstance(feed.get("title"), str) or not feed["title"]:
        yield "no title"
    if not isinstance(feed.get("items"), list):
        yield "no items"
    yield from (f"{key} is no address" for key in ("home_page_url", "feed_url") if not is_absolute(feed.get(key, "")))
    for one in (feed, *feed["items"]):
        yield from ("an author is empty" for author in one.get("authors", []) if not author.keys() & {"name", "url", "avatar"})
        yield from ("an author's address is relative" for author in one.get("authors", []) if not is_absolute(author.get("url", "https://none/")))
        yield from (f"{key} is empty" for key, value in one.items() if value in ("", None) or (value == [] and key != "items"))
        if not isinstance(one.get("authors", []), list):
            yield "authors is no list"
    ids = [item.get("id") for item in feed["items"]]
    if len(ids) > len(set(ids)) or not all(isinstance(one, str) and one for one in ids):
        yield "ids are none, or not different"
    for item in feed["items"]:
        if not item.get("content_html") and not item.get("content_text"):
            yield "no content"
        yield from (f"{key} is no moment" for key in ("date_published", "date_modified") if not is_moment(item.get(key, "")))
        yield from ("url is no address" for _ in [0] if not is_absolute(item.get("url", "")))
        yield from faults_of_html(item.get("content_html", ""))
        if not all(isinstance(tag, str) for tag in item.get("tags", [])):
            yield "a tag is no text"


def read_json_feed(text: str) -> list[Entry]:
    return [
        Entry(
            item["id"],
            item["url"],
            item["title"],
            item.get("summary", ""),
            item["date_published"],
            item["date_modified"],
            tuple((author["name"], author.get("url", "")) for author in item.get("authors", [])),
            tuple(item.get("tags", [])),
            item["content_html"],
        )
        for item in json.loads(text)["items"]
    ]


def test_json_feeds_are_what_the_format_demands_and_say_the_same(site: Published) -> None:
    for path in feeds_of(site):
        atom, text = site.text(path), site.text(path.removesuffix("xml") + "json")
        feed = json.loads(text)
        assert list(faults_of_json_feed(feed)) == [], path
        assert not CONTROL.search(text)
        assert read_json_feed(text) == read_atom(atom), path
        assert (feed["title"], feed["language"]) == (ET.fromstring(atom).findtext(f"{ATOM}title"), ET.fromstring(atom).get(LANGUAGE))
        assert feed["feed_url"] == next(link.get("href") for link in ET.fromstring(atom).iter(f"{ATOM}link") if link.get("type") == "application/feed+json")


# ---- the list of feeds ----


def test_the_list_names_every_feed(site: Published) -> None:
    """But those at old paths."""
    outlines = [outline for outline in ET.fromstring(site.text("feeds.opml")).iter("outline") if outline.get("xmlUrl")]
    moved = {page.path.removesuffix("html") + "xml" for page in site.pages if page.kind == "moved"}
    assert sorted(outline.get("xmlUrl", "") for outline in outlines) == sorted(site.address(path) for path in feeds_of(site) if path not in moved)
    assert {(outline.get("type"), bool(outline.get("text"))) for outline in outlines} == {("rss", True)}
    assert [outline.get("htmlUrl") for outline in outlines if site.fault_of(outline.get("htmlUrl", ""), "index.html")] == []


def test_pages_name_their_feeds(invented_site: Published) -> None:
    for page in invented_site.pages:
        named = page.all('link[rel="alternate"][type="application/atom+xml"]', "href")
        own = re.sub(r"(/\d{4})?\.html$", ".xml", page.path)  # that of a year is the whole one's
        has_one = own in invented_site.files and page.kind != "moved"
        wanted = {f"{URL}feed.xml", *([f"{URL}{own}"] if has_one else [])}
        assert {urljoin(f"{URL}{page.path}", link) for link in named} == wanted, page.path


# ---- what the editors choose, and what stays ----

CATEGORIES = {"2402": "cs.LG", "2403": "math.AG", "2404": "math.AT", "2405": "math.AP"}  # the first is that of 2401, too
SEVERAL = {**MINIMAL, "roundup.yaml": "title: A digest\nurl: https://example.org/\n"} | {
    f"issues/2024-{int(month[2:])}/{path}": text
    for month, category in CATEGORIES.items()
    for path, text in {
        "issue.yaml": f"date: 2024-{int(month[2:]) + 1:02}-01\norder:\n- {month}.00001\n",
        f"commentary/{month}.00001.yaml": f"paper: {month}.00001\ncommentary: Words.\nstatus: ready\n",
        f"papers/{month}.00001.yaml": f'id: "{month}.00001"\ntitle: A title\nauthors: [Ada Example]\ncategories: [{category}]\n',
    }.items()
}


def test_a_feed_has_as_many_entries_as_the_editors_say(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    root = digest({**SEVERAL, "roundup.yaml": "title: A digest\nurl: https://example.org/\nfeeds: {entries: 3, authors: 0, topics: 2}\n"})
    assert roundup("build", "-q", root=root).code == 0
    site = Published(root / "site", "https://example.org/")
    assert feeds_of(site) == ["feed.xml", "papers.xml", "topics/cs-lg.xml"]
    assert {path: len(read_atom(site.text(path))) for path in feeds_of(site)} == {"feed.xml": 3, "papers.xml": 3, "topics/cs-lg.xml": 2}
    assert "Ada" not in site.text("feeds.opml")


def ids_of(folder: Path) -> dict[str, list[str]]:
    """Return the id of each feed, and of its entries."""
    site = Published(folder, "")
    return {path: [ET.fromstring(site.text(path)).findtext(f"{ATOM}id", ""), *(entry.id for entry in read_atom(site.text(path)))] for path in feeds_of(site)}


def test_ids_stay_when_the_site_moves(tmp_path: Path) -> None:
    """Addresses in the feeds are the new ones."""
    for path, text in SEVERAL.items():
        write(tmp_path / "digest" / path, text)
    home = tmp_path / "home"
    ids = []
    for url in ("https://example.org/", "https://new.example/deep/er/", "https://third.example/"):
        write(tmp_path / "digest/roundup.yaml", f"title: A digest\nurl: {url}\n")
        build(tmp_path / "digest", home)
        ids.append(ids_of(home))
        feed = ET.fromstring((home / "feed.xml").read_text())
        assert {link.get("href", "").startswith(url) for link in feed.iter(f"{ATOM}link")} == {True}
        assert [fault for path in feeds_of(Published(home, "")) for fault in faults_of_atom((home / path).read_text())] == []
    assert ids[0] == ids[1] == ids[2]
    build(tmp_path / "digest", tmp_path / "elsewhere")  # from a fresh clone: permalinks.yaml knows
    assert ids_of(tmp_path / "elsewhere") == ids[0]


def test_ids_stay_when_an_issue_is_retitled_and_dated_anew(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    root = digest({"roundup.yaml": "title: A digest\nurl: https://example.org/\n"})
    assert roundup("build", "-q", root=root).code == 0
    before = ids_of(root / "site")
    write(root / "roundup.yaml", "title: Another name\nurl: https://example.org/\n")
    write(root / "issues/2024-1/issue.yaml", "title: Quite another\ndate: 2024-02-09\norder:\n- 2401.00001\n")
    write(root / "issues/2024-1/papers/2401.00001.yaml", MINIMAL["issues/2024-1/papers/2401.00001.yaml"].replace("A plain title", "A title mended"))
    assert roundup("build", "-q", root=root).code == 0
    assert ids_of(root / "site") == before
    assert [entry.title for entry in read_atom((root / "site/feed.xml").read_text())] == ["Quite another"]
