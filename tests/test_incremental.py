"""After whatever edit, a build that remembers ends in the bytes of one that does not, and writes no file that stays as it was.

The edits are those of editors and of their tools, in any order, over one digest: the memory that a build leaves is that of all edits before.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from conftest import ROOT, tree, write
from invented import png
from roundup import jobs
from roundup.build import Report
from roundup.engine import Engine
from roundup.errors import SourceError
from roundup.manifest import MANIFEST, SINCE
from roundup.plan import TRAIL
from roundup.store import left
from roundup.store.permalinks import keep_permalinks
from roundup.workers import Workers

TODAY = dt.date(2024, 6, 1)
LONG = bool(os.environ.get("ROUNDUP_SOAK"))
WORDS = "sparse soft experts route tokens pre-training pretraining mixtures of $x<y$ and *all* heads; see [a talk](https://talk.example/) [^1]".split()
PEOPLE = ("Ada Example", "Bo Sample", "Grażyna Łącka", "Grazyna Lacka", "J\\\"org M\\\"uller", "王小明")
CATEGORIES = ("cs.LG", "cs.LG", "cs.AI")
TAGS = ("experts", "MoE", "mixture of experts", "routing")
CONFIGS = (
    "title: Edits\nurl: https://example.org/d/\nfeeds: {entries: 3}\n", "title: Edits & more\nurl: https://example.org/d/\n", "title: Edits\n",
    "title: Edits\nurl: https://example.org/d/\ntopics:\n- name: mixture of experts\n  also: [MoE]\nauthors:\n- name: Grażyna Łącka\n  also: [Grazyna Lacka]\n",
)  # fmt: skip


class Editors:
    """A digest and the hands that change it, by chance."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.chance = root, random.Random(seed)
        write(root / "roundup.yaml", CONFIGS[0])
        for month in (1, 2, 3):
            self.new_issue(month)
            for _ in range(3):
                self.add_pick(month)

    def edits(self) -> list[Callable[[], None]]:
        """What can be done, by how often it is."""
        often = [self.edit_words] * 6 + [self.edit_intro, self.edit_record, self.edit_tags, self.edit_people, self.add_pick, self.remove_pick] * 2
        seldom = [self.new_issue, self.remove_issue, self.reorder, self.edit_title, self.draft, self.make_list, self.edit_template, self.edit_config]
        return [*often, *seldom, self.edit_figure, self.remove_figure, self.add_asset, self.harm_site, self.forget, self.take_up_again, self.refer]

    def say(self, most: int = 12) -> str:
        words = " ".join(self.chance.choice(WORDS) for _ in range(self.chance.randint(1, most)))
        return f"{words}\n{chr(10)}  [^1]: A note.\n" if "[^1]" in words else f"{words}\n"

    def issues(self) -> list[Path]:
        return sorted(path for path in (self.root / "issues").iterdir())

    def picks(self) -> list[Path]:
        return sorted(path for issue in self.issues() for path in issue.glob("commentary/*.yaml"))

    def one(self, paths: list[Path]) -> Path | None:
        return self.chance.choice(paths) if paths else None

    def new_issue(self, month: int = 0) -> None:
        month = month or self.chance.randint(1, 12)
        if not (self.root / f"issues/2024-{month}").exists():
            write(self.root / f"issues/2024-{month}/issue.yaml", f"title: Issue {month}\ndate: 2024-{month:02}-28\nintro: |\n  {self.say()}")

    def remove_issue(self) -> None:
        if len(self.issues()) > 2 and (found := self.one(self.issues())):
            shutil.rmtree(found)

    def add_pick(self, month: int = 0) -> None:
        issue = self.root / f"issues/2024-{month}" if month else self.one(self.issues())
        if issue:
            self.write_pick(issue, f"2401.{self.chance.randint(1, 400):05}")

    def take_up_again(self) -> None:
        if (issue := self.one(self.issues())) and (pick := self.one(self.picks())):
            self.write_pick(issue, pick.stem)

    def write_pick(self, issue: Path, name: str) -> None:
        people = "".join(f"- {one}\n" for one in self.chance.sample(PEOPLE, self.chance.randint(1, 4)))
        abstract = " ".join(self.chance.choice(WORDS[:8]) for _ in range(30))
        write(issue / f"papers/{name}.yaml", f'id: "{name}"\nversion: {self.chance.randint(1, 3)}\ntitle: Of {self.chance.choice(WORDS[:8])}\nauthors:\n{people}abstract: {abstract}\ncategories:\n- {self.chance.choice(CATEGORIES)}\n')
        if not (issue / f"commentary/{name}.yaml").exists():
            write(issue / f"commentary/{name}.yaml", f"paper: {name}\ncommentary: |\n  {self.say()}status: ready\n")

    def remove_pick(self) -> None:
        if len(self.picks()) > 4 and (pick := self.one(self.picks())):
            pick.unlink()
            (pick.parent.parent / "papers" / pick.name).unlink()

    def edit_words(self) -> None:
        if pick := self.one(self.picks()):
            head, _, rest = pick.read_text().partition("commentary: |\n")
            tail = "".join(line + "\n" for line in rest.splitlines() if line and not line.startswith(" "))
            write(pick, f"{head}commentary: |\n  {self.say(40)}{tail}")

    def refer(self) -> None:
        if (pick := self.one(self.picks())) and (other := self.one(self.picks())):
            write(pick, f"paper: {pick.stem}\ncommentary: |\n  As [[{other.stem}]] said.\nstatus: ready\n")

    def edit_intro(self) -> None:
        if issue := self.one(self.issues()):
            self.replace(issue / "issue.yaml", "intro: |\n", f"intro: |\n  {self.say(60).splitlines()[0]}\n")

    def edit_record(self) -> None:
        if pick := self.one(self.picks()):
            self.replace(pick.parent.parent / "papers" / pick.name, "title: Of", f"title: Of {self.chance.choice(('all', 'some', '$x$'))}")

    def edit_people(self) -> None:
        if pick := self.one(self.picks()):
            self.write_pick(pick.parent.parent, pick.stem)

    def edit_tags(self) -> None:
        if pick := self.one(self.picks()):
            self.replace(pick, "status: ready\n", f"tags: [{self.chance.choice(TAGS)}]\nstatus: ready\n")

    def edit_title(self) -> None:
        if issue := self.one(self.issues()):
            self.replace(issue / "issue.yaml", "title: ", "title: New ")

    def draft(self) -> None:
        if issue := self.one(self.issues()):
            text = (issue / "issue.yaml").read_text()
            changed = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("date: "))
            write(issue / "issue.yaml", changed if changed != text else f"date: 2024-05-0{self.chance.randint(1, 9)}\n{text}")

    def make_list(self) -> None:
        if issue := self.one(self.issues()):
            text = (issue / "issue.yaml").read_text()
            write(issue / "issue.yaml", text.replace("kind: list\n", "") if "kind: list\n" in text else f"kind: list\n{text}")

    def reorder(self) -> None:
        if issue := self.one(self.issues()):
            text = (issue / "issue.yaml").read_text().partition("order:\n")[0]
            names = [path.stem for path in issue.glob("commentary/*.yaml")]
            self.chance.shuffle(names)
            order = "".join(f"- {name}\n" for name in names)
            write(issue / "issue.yaml", f"{text}order:\n- section: Some\n{order}" if names else text)

    def edit_template(self) -> None:
        path = self.root / "templates/home.html"
        if path.exists():
            path.unlink()
        else:
            write(path, '{% extends "roundup/home.html" %}{% block foot %}<p>ours</p>{% endblock %}')

    def edit_config(self) -> None:
        write(self.root / "roundup.yaml", self.chance.choice(CONFIGS))

    def edit_figure(self) -> None:
        if pick := self.one(self.picks()):
            figure = pick.parent.parent / "figures/one.png"
            figure.parent.mkdir(exist_ok=True)
            figure.write_bytes(png(self.chance.randint(1, 9), 4))
            write(pick, f'paper: {pick.stem}\ncommentary: |\n  ![Some curves](figures/one.png "A figure")\nstatus: ready\n')

    def remove_figure(self) -> None:
        for figure in self.root.glob("issues/*/figures/one.png"):
            for pick in figure.parent.parent.glob("commentary/*.yaml"):
                self.replace(pick, '![Some curves](figures/one.png "A figure")', "No figure.")
            figure.unlink()
            break

    def add_asset(self) -> None:
        write(self.root / f"assets/{self.chance.choice('ab')}.txt", self.say())

    def harm_site(self) -> None:
        """Somebody deletes, replaces or adds files in the site."""
        pages = sorted((self.root / "site").rglob("*.html"))
        if pages:
            self.chance.choice(pages).unlink()
        (self.root / "site").mkdir(exist_ok=True)

    def forget(self) -> None:
        shutil.rmtree(self.root / ".roundup/cache", ignore_errors=True)

    def replace(self, path: Path, old: str, new: str) -> None:
        if path.exists():
            write(path, path.read_text().replace(old, new, 1))


def build(root: Path, site: Path, workers: int = 1) -> Report | None:
    """Build as the command does; nothing where the sources have a fault."""
    engine = Engine(root, Workers(workers))
    digest = engine.read()
    if digest.problems:
        return None
    built = engine.build(digest, site, TODAY, drafts=False, cards="")
    if built.permalinks != digest.permalinks:
        keep_permalinks(root, built.permalinks)
    return built.report


def cold(root: Path, place: Path) -> dict[str, bytes]:
    """Return the site as it is built with nothing remembered but where pages stood."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(root, place, ignore=lambda folder, names: {"cache", "site"} & set(names))
    build(place, place / "site")
    return pages(place / "site")


def pages(site: Path) -> dict[str, bytes]:
    return {path: data for path, data in tree(site).items() if path not in (MANIFEST, TRAIL)}


@pytest.mark.parametrize("seed", range(10 if LONG else 3))
def test_a_build_that_remembers_ends_as_one_that_does_not(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One in three as if it were of a very large digest: with a plan from another process, and columns in one piece."""
    root = tmp_path / "digest"
    workers = 2 if seed % 3 == 2 else 1
    if workers == 2:
        monkeypatch.setattr(jobs, "MANY_ISSUES", 0)
    editors = Editors(root, seed)
    build(root, root / "site", workers)
    for step in range(30 if LONG else 12):
        report = None
        while report is None:  # an edit that is a fault is taken back
            shutil.rmtree(tmp_path / "sound", ignore_errors=True)
            shutil.copytree(root, tmp_path / "sound", ignore=lambda folder, names: {"cache", "site"} & set(names))
            for _ in range(editors.chance.choice((1, 1, 1, 2))):
                edit = editors.chance.choice(editors.edits())
                edit()
            before = stamped(root / "site")
            report = build(root, root / "site", workers)
            if report is None:
                for part in ("issues", "templates", "assets"):
                    shutil.rmtree(root / part, ignore_errors=True)
                shutil.copytree(tmp_path / "sound", root, dirs_exist_ok=True)
        after = stamped(root / "site")
        assert pages(root / "site") == cold(root, tmp_path / "cold"), f"step {step}: {edit.__name__}"
        touched = {path for path in after if before.get(path) != after[path] and path not in (MANIFEST, SINCE)}
        assert touched == set(report.written), f"step {step}: {edit.__name__}"


def pick_of(root: Path, issue: str, name: str, *, title: str, version: int = 1, words: str = "Words.", category: str = "cs.LG") -> None:
    """Write a paper with its commentary."""
    write(root / f"issues/{issue}/papers/{name}.yaml", f'id: "{name}"\nversion: {version}\ntitle: {title}\nauthors:\n- Ada Example\ncategories:\n- {category}\n')
    write(root / f"issues/{issue}/commentary/{name}.yaml", f"paper: {name}\ncommentary: |\n  {words}\nstatus: ready\n")


def rename_link(root: Path) -> None:
    (root / "issues/2024-2/commentary/talk.yaml").rename(root / "issues/2024-2/commentary/speech.yaml")


# What one issue shows of another; the chance of the test above meets it seldom.
FAR = {
    "a link is called otherwise, alone on the page of its topic, and in a text and its feeds": rename_link,
    "permalinks.yaml gives another address to the ids of feeds": lambda root: write(root / "permalinks.yaml", "address: https://old.example/d/\n"),
    "a record of a higher version changes in an older issue": lambda root: pick_of(root, "2024-1", "2401.00001", title="As it is now", version=3),
}


@pytest.mark.parametrize("edit", FAR.values(), ids=FAR.keys())
def test_what_pages_show_of_other_issues_is_among_what_they_are_made_from(edit: Callable[[Path], None], tmp_path: Path) -> None:
    root = tmp_path / "digest"
    write(root / "roundup.yaml", CONFIGS[1])
    for month in (1, 2, 3):
        write(root / f"issues/2024-{month}/issue.yaml", f"title: Issue {month}\ndate: 2024-{month:02}-28\n")
    pick_of(root, "2024-1", "2401.00001", title="As it was in its third version", version=3)
    pick_of(root, "2024-2", "2401.00002", title="Another one")
    pick_of(root, "2024-3", "2401.00001", title="As it was at first")
    pick_of(root, "2024-3", "2401.00003", title="A third one", words="See [[talk]] and [[speech]].")
    write(root / "issues/2024-2/commentary/talk.yaml", "link:\n  url: https://talk.example/\n  title: A talk\ntags: [experts]\ncommentary: |\n  Words.\nstatus: ready\n")
    assert build(root, root / "site")
    edit(root)
    assert build(root, root / "site")
    assert pages(root / "site") == cold(root, tmp_path / "cold")


def test_an_issue_links_to_what_its_own_record_is_filed_under_whatever_a_newer_one_says(tmp_path: Path) -> None:
    """arXiv may file a paper elsewhere, and another paper of the old category may go."""
    root = tmp_path / "digest"
    write(root / "roundup.yaml", CONFIGS[1])
    for month in (1, 2, 3):
        write(root / f"issues/2024-{month}/issue.yaml", f"date: 2024-{month:02}-28\n")
    pick_of(root, "2024-1", "2401.00001", title="A title", category="cs.AI")
    pick_of(root, "2024-2", "2401.00002", title="Another", category="cs.AI")
    pick_of(root, "2024-3", "2401.00001", title="A title", category="cs.CR", version=2)
    assert build(root, root / "site")
    for part in ("papers", "commentary"):
        (root / f"issues/2024-2/{part}/2401.00002.yaml").unlink()
    assert build(root, root / "site")
    assert pages(root / "site") == cold(root, tmp_path / "cold")
    assert b'href="../topics/cs-ai.html"' in (root / "site/2024-1/index.html").read_bytes()
    assert (root / "site/topics/cs-ai.html").exists()


def test_a_reference_is_followed_though_something_unseen_stands_in_it(tmp_path: Path) -> None:
    root = tmp_path / "digest"
    write(root / "roundup.yaml", CONFIGS[1])
    for month in (1, 2):
        write(root / f"issues/2024-{month}/issue.yaml", f"date: 2024-{month:02}-28\n")
    pick_of(root, "2024-1", "2401.00001", title="A title")
    pick_of(root, "2024-2", "2401.00002", title="Another", words="As [\u200b[\u200b2401.00001]] said.")
    assert build(root, root / "site")
    pick_of(root, "2024-1", "2401.00001", title="A title of today")
    assert build(root, root / "site")
    assert pages(root / "site") == cold(root, tmp_path / "cold")
    assert b"A title of today" in (root / "site/2024-2/index.html").read_bytes()


def test_a_card_is_drawn_anew_with_other_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing else of the program is another one, as in a checkout."""
    pytest.importorskip("PIL", reason="Pillow is not installed")
    root, ours = tmp_path / "digest", tmp_path / "ours"
    shutil.copytree(ROOT / "templates", ours)
    monkeypatch.setattr("roundup.store.reading.built_in_templates", lambda: ours)
    write(root / "roundup.yaml", CONFIGS[1])
    write(root / "issues/2024-1/issue.yaml", "date: 2024-01-28\nteaser: AVAVA\n")
    write(root / "issues/2024-2/issue.yaml", "date: 2024-02-28\n")
    for site in ("site", "site", "cold"):
        engine = Engine(root, Workers(1))
        engine.build(engine.read(), tmp_path / site, TODAY, drafts=False, cards="Pillow 10")
        write(ours / "cards/kerning.txt", "-900 A V\n-900 V A\n")
    assert (tmp_path / "site/2024-1/card.png").read_bytes() == (tmp_path / "cold/2024-1/card.png").read_bytes()


def test_on_a_disk_whose_clock_is_coarse_a_page_that_went_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "digest"
    Editors(root, 1)
    time_of = left._time
    monkeypatch.setattr(left, "_time", lambda site, folder: time_of(site, folder) // 2_000_000_000 * 2_000_000_000)
    assert build(root, root / "site")
    (root / "site/archive/index.html").unlink()
    assert build(root, root / "site")
    assert (root / "site/archive/index.html").exists()


def test_an_entry_of_a_feed_is_drawn_anew_when_there_are_cards_to_name(tmp_path: Path) -> None:
    root = tmp_path / "digest"
    write(root / "roundup.yaml", CONFIGS[1])
    write(root / "issues/2024-1/issue.yaml", "date: 2024-01-28\n")
    pick_of(root, "2024-1", "2401.00001", title="A title")
    write(root / "templates/entry.html", "{% for one in remarks %}{{ one.issue.card }}{% endfor %}")
    for cards in ("", "Pillow 10"):
        engine = Engine(root, Workers(1))
        engine.build(engine.read(), root / "site", TODAY, drafts=False, cards=cards)
    assert "2024-1/card.png" in (root / "site/papers.xml").read_text()


@pytest.mark.parametrize("spoil", [lambda data: data[: data.index(b"\n") + 1], lambda data: data[:200] + bytes(len(data) - 200)], ids=["cut off", "zeros"])
def test_what_is_kept_of_an_issue_and_was_spoilt_is_read_anew(spoil: Callable[[bytes], bytes], tmp_path: Path) -> None:
    root = tmp_path / "digest"
    Editors(root, 1)
    time.sleep(0.03)  # so that what is read is kept
    build(root, root / "site")
    for path in (root / ".roundup/cache/built/issues").iterdir():
        path.write_bytes(spoil(path.read_bytes()))
    write(root / "roundup.yaml", CONFIGS[1])
    build(root, root / "site")
    assert pages(root / "site") == cold(root, tmp_path / "cold")


def test_a_piece_that_was_spoilt_is_drawn_anew(tmp_path: Path) -> None:
    root = tmp_path / "digest"
    editors = Editors(root, 1)
    build(root, root / "site")
    with closing(sqlite3.connect(root / ".roundup/cache/built/pieces.sqlite")) as file, file:
        file.execute("UPDATE pieces SET made = zeroblob(length(made))")
    editors.edit_words()
    build(root, root / "site")
    assert pages(root / "site") == cold(root, tmp_path / "cold")


def test_what_changes_while_a_site_is_drawn_is_never_taken_for_what_it_was(tmp_path: Path) -> None:
    root = tmp_path / "digest"
    write(root / "roundup.yaml", CONFIGS[1])
    write(root / "assets/a.txt", "As it was.\n")
    write(root / "issues/2024-1/issue.yaml", "date: 2024-01-28\n")
    pick_of(root, "2024-1", "2401.00001", title="A title", words="As it was.")
    time.sleep(0.03)  # so that what is read is kept
    engine = Engine(root, Workers(1))
    digest = engine.read()
    write(root / "assets/a.txt", "As it is.\n")
    with pytest.raises(SourceError, match=r"^assets/a\.txt: has changed while the site was drawn; build again\n"):
        engine.build(digest, root / "site", TODAY, drafts=False, cards="")
    write(root / "assets/a.txt", "As it was.\n")
    engine = Engine(root, Workers(1))
    digest = engine.read()
    pick_of(root, "2024-1", "2401.00001", title="A title", words="As it is.")
    Engine(root, Workers(1)).read()  # as a preview does, which forgets what the build was about to draw
    with pytest.raises(SourceError, match=r"^issues/2024-1: has changed while the site was drawn; build again\n"):
        engine.build(digest, root / "site", TODAY, drafts=False, cards="")
    assert not (root / "site").exists()


def stamped(site: Path) -> dict[str, tuple[int, int]]:
    """Return for each file what changes when it is written, even with the same bytes."""
    found: Iterator[Path] = (path for path in site.rglob("*") if path.is_file())
    return {str(path.relative_to(site)): (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}
