"""Whole sites that were really built, read back page by page: what kind each is, what it names, where its links lead."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from posixpath import normpath
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from hostile import SOAK
from roundup import cli

# What a page is, by its path and by what stands on it; the first that fits.
KINDS = (
    ("moved", r".*", r'http-equiv="refresh"'),
    ("missing", r"404\.html", ""),
    ("home", r"index\.html", ""),
    ("search", r"search/index\.html", ""),
    ("paste", r"[^/]+/paste\.html", ""),
    ("archive", r"archive/index\.html", ""),
    ("withdrawn paper", r"papers/.*", r'<p class="withdrawn"><strong>'),
    ("paper of two issues", r"papers/.*", r'(?s)class="remarks".*class="remarks"'),
    ("paper", r"papers/.*", ""),
    ("authors", r"authors/index\.html", ""),
    ("letter", r"(authors|topics)/by-letter/.*", ""),
    ("author's year", r"authors/.*/\d+\.html", ""),
    ("author", r"authors/.*", ""),
    ("topics", r"topics/index\.html", ""),
    ("topic's year", r"topics/.*/\d+\.html", ""),
    ("topic", r"topics/.*", ""),
    ("list", r".*", r'class="pick row"'),
    ("issue", r".*", ""),
)
A_SAMPLE = 3  # pages of a kind, where looking at one takes long


@dataclass(frozen=True)
class Page:
    """A page of a site: its path, what kind it is, its bytes."""

    path: str
    kind: str
    data: bytes

    @cached_property
    def parsed(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.data)

    def all(self, selector: str, name: str) -> list[str]:
        """Return an attribute of every element that the selector finds; an empty text where it has no value."""
        return [element.attributes[name] or "" for element in self.parsed.css(selector) if name in element.attributes]

    def one(self, selector: str, name: str) -> str:
        """Return an attribute of the one element that the selector finds."""
        (found,) = self.all(selector, name)
        return found

    @cached_property
    def ids(self) -> list[str]:
        return self.all("[id]", "id")

    @property
    def is_public(self) -> bool:
        return not self.all('meta[name="robots"]', "content")

    @property
    def links(self) -> Iterator[str]:
        """Every address on the page, and every other attribute of ours that holds a path."""
        for element in self.parsed.css("*"):
            for name, value in element.attributes.items():
                if name in ("href", "src", "action", "poster") or (name.startswith("data-") and re.fullmatch(r"[\w.-]*/\S*", value or "")):
                    yield value or ""
                elif name == "srcset":
                    yield from (part.split()[0] for part in (value or "").split(","))
        for content in self.all('meta[http-equiv="refresh"]', "content"):
            yield content.partition("url=")[2]


@dataclass(frozen=True, eq=False)
class Published:
    """A site in a folder that will stand at an address. ``home`` is the folder that would be the host's top."""

    home: Path
    url: str

    @property
    def folder(self) -> Path:
        return self.home / urlsplit(self.url).path.strip("/")

    @cached_property
    def files(self) -> frozenset[str]:
        return frozenset(str((Path(top) / name).relative_to(self.folder)) for top, _, names in os.walk(self.folder) for name in names)

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """Every page for a browser, by path; a mail is none."""
        return tuple(self._page(path) for path in sorted(self.files) if path.endswith(".html") and not path.endswith("/mail.html"))

    @cached_property
    def by_path(self) -> dict[str, Page]:
        return {page.path: page for page in self.pages}

    @property
    def sample(self) -> tuple[Page, ...]:
        """Some pages of each kind, the largest among them; all of them in the long run."""
        if SOAK:
            return self.pages
        found: dict[str, list[Page]] = {}
        for page in sorted(self.pages, key=lambda page: (-len(page.data), page.path)):
            found.setdefault(page.kind, []).append(page)
        return tuple(page for pages in found.values() for page in pages[:: max(1, len(pages) // A_SAMPLE)][:A_SAMPLE])

    def _page(self, path: str) -> Page:
        data = (self.folder / path).read_bytes()
        text = data.decode()
        return Page(path, next(kind for kind, where, what in KINDS if re.fullmatch(where, path) and re.search(what, text)), data)

    def text(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")

    def address(self, path: str) -> str:
        """Return the address of a file of the site."""
        return urljoin(self.url, path.removesuffix("index.html"))

    def fault_of(self, link: str, path: str) -> str:
        """Return why a link on the page at ``path`` does not lead to a file, and to a place in it, of this site; nothing where it does."""
        if re.match(r"(https?:)?//", link) and not link.startswith(self.url):
            return ""  # somebody else's; what may be loaded from there is another question
        if re.match(r"(mailto|tel):", link):
            return ""
        target, _, fragment = link.partition("#")
        if target.startswith((self.url, "/")):
            whole = urlsplit(urljoin(self.url, target)).path
            if not whole.startswith(urlsplit(self.url).path):
                return "leaves the site"
            file = whole.removeprefix(urlsplit(self.url).path)
        else:
            file = normpath(f"{path}/../{target}" if target else path) + ("/" if target.endswith("/") else "")
        if file.startswith(".."):
            return "leaves the site"
        file = unquote(file)
        file = f"{file.removeprefix('./')}index.html" if file == "" or file.endswith("/") else file
        if file not in self.files:
            return "leads to no file"
        if fragment and (file not in self.by_path or unquote(fragment) not in self.by_path[file].ids):
            return "leads to no such place"
        return ""


def build(root: Path, folder: Path, *options: str) -> None:
    """Build a digest, as its user would."""
    from click.testing import CliRunner

    done = CliRunner().invoke(cli.cli, ["-C", str(root), "build", "-q", *options, "--output", str(folder)])
    assert done.exit_code == 0, done.output


def made_once(name: str, factory: pytest.TempPathFactory, make: Callable[[Path], Any]) -> Path:
    """Return a folder that the first test to ask for it fills, on whichever worker; the others wait for it."""
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / name).is_dir():
            unfinished = base / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(base / name)
    return base / name
