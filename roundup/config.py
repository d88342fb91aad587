"""roundup.yaml as a value: what the digest is called, where it will stand, who writes it. No defaults elsewhere."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from roundup.errors import Location
from roundup.mailing.address import Mailbox
from roundup.placed import Placed


class Editor(Struct, frozen=True):
    """Someone who signs commentary, under a short name such as ``ann``."""

    name: str
    url: str = ""


class Source(Struct, frozen=True):
    """Where new papers come from: ``arxiv`` with categories, ``huggingface`` with a list, ``feed`` with an address."""

    kind: str
    what: tuple[str, ...]


class Known(Struct, frozen=True):
    """An author or a topic as the editors tell it from others: its name, other spellings of it, an address of its own.

    With ``papers``, by their IDs, it is meant on these only: so two people of one name have a page each.
    """

    name: str
    also: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    url: str = ""


class Feeds(Struct, frozen=True):
    """How many entries a feed has at most, and from how many papers on an author and a topic have one; 0 for none."""

    entries: int = 20
    authors: int = 2
    topics: int = 1


class Subscribe(Struct, frozen=True):
    """Where readers subscribe: a ``buttondown`` name, the address of a ``listmonk`` with the list's UUID, or a ``mailto`` address."""

    kind: str
    to: str
    list: str = ""


class Comments(Struct, frozen=True):
    """Where readers comment: the repository of a ``giscus`` with the IDs that it asks for, or a ``mailto`` address."""

    kind: str
    to: str
    repo_id: str = ""
    category: str = ""
    category_id: str = ""


class Interests(Struct, frozen=True):
    """What the editors look for before anything was picked, and besides: words and phrases, names of authors, categories, IDs of papers they like.

    ``ranking`` is who learns from their picks: ``own``, or ``scikit-learn``, where that is installed.
    """

    words: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    likes: tuple[str, ...] = ()
    ranking: str = "own"


class Smtp(Struct, frozen=True):
    """The server that takes our mail. A password comes from the environment, or from a file that only its owner can read."""

    host: str
    port: int
    security: str = ""  # starttls, tls or none; empty: starttls, or towards this machine itself what it offers
    user: str = ""
    password_file: str = ""


class Listmonk(Struct, frozen=True):
    """A listmonk that mails for us: the numbers of its lists and of the template round the mail, and an API user whose token is as secret as a password."""

    url: str
    lists: tuple[int, ...]
    template: int
    user: str = ""
    token_file: str = ""


class Buttondown(Struct, frozen=True):
    """Where Buttondown's API stands; its key is as secret as a password."""

    url: str = "https://api.buttondown.com/v1"
    key_file: str = ""


class Mail(Struct, frozen=True):
    """How an issue goes to its subscribers; ``ways_out`` of its list are web addresses with ``{email}`` in them, or mail addresses."""

    sender: Mailbox | None = None
    reply_to: str = ""
    list_id: str = ""
    ways_out: tuple[str, ...] = ()
    subscribers: str = ""  # a CSV file, from the digest's folder
    smtp: Smtp | None = None
    listmonk: Listmonk | None = None
    buttondown: Buttondown | None = None
    per_second: int = 5  # messages; 0 for as many as the server takes
    too_large: str = "shorten"  # or warn: a mail that Gmail would clip goes out whole


class ToBranch(Struct, frozen=True):
    """The site as a commit on a branch of a git remote: the name of one that the digest's own repository has, an address, or a path."""

    remote: str = "origin"
    branch: str = "gh-pages"


class ToFolder(Struct, frozen=True):
    """The site as a folder of this machine, by its path from the digest's top."""

    path: str


class ToRsync(Struct, frozen=True):
    """The site as a folder that rsync can reach: ``ann@example.org:www``, ``rsync://example.org/module``, or a path."""

    path: str


class ToBucket(Struct, frozen=True):
    """The site as objects of an S3 bucket, below a prefix; ``endpoint`` is the address of a service other than Amazon's."""

    bucket: str
    prefix: str = ""
    region: str = ""
    endpoint: str = ""


Destination: TypeAlias = ToBranch | ToFolder | ToRsync | ToBucket

AUTHORS, TOPICS = "authors", "topics"  # the two kinds of listings, by their keys and folders

# Where the sources stand; a mirror may take the place of each.
SERVICES = {
    "arxiv_api": "https://export.arxiv.org/api/query",
    "arxiv_feed": "https://rss.arxiv.org",
    "arxiv_oai": "https://oaipmh.arxiv.org/oai",
    "arxiv_web": "https://arxiv.org",
    "hf_api": "https://huggingface.co/api",
}
PICK_STYLES = ("files", "inline")
RANKINGS = ("own", "scikit-learn")
SEARCHES = ("own", "pagefind")
SECURITIES = {"starttls": 587, "tls": 465, "none": 25}  # with the port that each has by custom
TOO_LARGE = ("shorten", "warn")
FIGURE_LICENSES = ("refuse", "warn")
SOURCE_KINDS = ("arxiv", "huggingface", "feed")


class Config(Placed, frozen=True, dict=True):
    """The digest as a whole. ``url`` is where the site will stand, with a slash at its end, or empty."""

    beside = ("where", "lines")
    title: str = "Roundup"
    tagline: str = ""
    url: str = ""
    language: str = "en"
    contact: str = ""
    editors: tuple[tuple[str, Editor], ...] = ()
    cadence: str = "monthly"
    issue_title: str = "{key}"
    accent: str = "#9c2f1d"
    sources: tuple[Source, ...] = ()
    picks: str = "files"  # or inline: the stubs of fetched papers are printed, to be pasted into issue.yaml
    authors: tuple[Known, ...] = ()
    topics: tuple[Known, ...] = ()
    feeds: Feeds = Feeds()
    subscribe: Subscribe | None = None
    comments: Comments | None = None
    mail: Mail = Mail()
    search: str = "own"  # or pagefind: that program indexes the built pages, where it is installed
    interests: Interests = Interests()
    figure_licenses: str = "refuse"  # or warn: a figure is copied whatever its paper's licence says
    mirrors: tuple[tuple[str, str], ...] = ()  # name of a service, address
    publish: tuple[tuple[str, Destination], ...] = ()  # by name; no page shows anything of it
    where: Location = Location("roundup.yaml")
    lines: tuple[tuple[str, int], ...] = ()

    def at(self, key: str) -> Location:
        return Location(self.where.path, dict(self.lines).get(key, self.where.line))

    @cached_property
    def shown(self) -> str:
        """All that pages may show of it, in one text."""
        return repr(replace(self, publish=(), lines=()))

    @property
    def list_id(self) -> str:
        """What mail programs know the list by: as configured, or made from where the site stands, the last part of its address first."""
        if self.mail.list_id:
            return self.mail.list_id
        host, *folders = re.sub(r"^https?://|:[0-9]+", "", self.url).strip("/").split("/")
        return ".".join([*(re.sub(r"[^A-Za-z0-9-]", "-", folder) for folder in reversed(folders)), host])

    def editor(self, short: str) -> Editor:
        """Return who signs as ``short``; a name that roundup.yaml does not list stands for itself."""
        return dict(self.editors).get(short, Editor(short))
