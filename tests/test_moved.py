"""Sources change, and every address that was published stays alive; what was taken back leaves nothing. Built twice, as an editor would."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Result, tree, write

Digest = Callable[..., Path]
Run = Callable[..., Result]


def record(number: int, *authors: str, title: str = "A title") -> str:
    names = "".join(f"- {name}\n" for name in authors)
    return f'id: "2401.{number:05}"\ntitle: {title}\nauthors:\n{names}categories:\n- cs.LG\nsubmitted: 2024-01-0{number}\n'


def pick(number: int, *tags: str) -> str:
    return f"paper: 2401.{number:05}\ncommentary: Some words on it.\ntags: [{', '.join(tags)}]\n"


FILES = {
    "roundup.yaml": "title: A digest\nurl: https://example.org/\n",
    "issues/2024-1/issue.yaml": "title: The first\ndate: 2024-02-01\n",
    "issues/2024-1/papers/2401.00001.yaml": record(1, "N. Houlsby", "Jose Garcia"),
    "issues/2024-1/papers/2401.00002.yaml": record(2, "N. Houlsby"),
    "issues/2024-1/commentary/2401.00001.yaml": pick(1, "MoE", "vision"),
    "issues/2024-1/commentary/2401.00002.yaml": pick(2, "MoE"),
}
CHANGED = {
    "issues/2024-1/issue.yaml": "title: The very first\ndate: 2024-02-01\n",
    "issues/2024-1/papers/2401.00001.yaml": record(1, "Neil Houlsby", "José García", title="Another title"),
    "issues/2024-1/papers/2401.00002.yaml": record(2, "Neil Houlsby"),
    "issues/2024-1/commentary/2401.00001.yaml": pick(1, "mixture of experts", "sight"),
    "issues/2024-1/commentary/2401.00002.yaml": pick(2, "mixture of experts"),
}


def change(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        write(root / path, text)


def target(page: bytes) -> str:
    match = re.search(rb'http-equiv="refresh" content="0; url=([^"]+)"', page)
    return match[1].decode() if match else ""


def test_every_old_address_is_alive_when_tag_title_and_author_were_respelt(digest: Digest, roundup: Run) -> None:
    root = digest(FILES, bare=True)
    assert roundup("build", root=root).code == 0
    before = tree(root / "site")
    change(root, CHANGED)
    again = roundup("build", root=root)
    assert (again.code, again.err) == (0, "permalinks.yaml says what has moved; keep it in the repository\n")
    after = tree(root / "site")
    assert before.keys() <= after.keys()
    moved = {path: target(data) for path, data in after.items() if target(data)}
    assert moved == {
        "authors/n-houlsby.html": "../authors/neil-houlsby.html", "topics/moe.html": "../topics/mixture-of-experts.html", "topics/vision.html": "../topics/sight.html",
    }  # fmt: skip
    assert all(path.removeprefix("../") in after for path in moved.values())
    assert b'<link rel="canonical" href="https://example.org/topics/mixture-of-experts.html">' in after["topics/moe.html"]


def test_the_old_address_of_a_feed_has_the_new_feed(digest: Digest, roundup: Run) -> None:
    root = digest(FILES, bare=True)
    roundup("build", root=root)
    ids = [item["id"] for item in json.loads((root / "site/topics/moe.json").read_text())["items"]]
    change(root, CHANGED)
    roundup("build", root=root)
    old, new = (json.loads((root / f"site/topics/{name}.json").read_text()) for name in ("moe", "mixture-of-experts"))
    assert old["items"] == new["items"]
    assert old["feed_url"] == "https://example.org/topics/moe.json"  # its own address and id stay
    assert "<id>https://example.org/topics/moe.xml</id>" in (root / "site/topics/moe.xml").read_text()
    assert [item["id"] for item in json.loads((root / "site/topics/moe.json").read_text())["items"]] == ids


@pytest.mark.parametrize("path", ["../../out", "/etc/x", "a b", "A", "..", "a/b/c", "a\\b"])
def test_a_trail_from_afar_makes_no_page_elsewhere(path: str, digest: Digest, roundup: Run) -> None:
    """A workflow takes it from the published site; whoever has that can have it say anything."""
    root = digest(FILES, bare=True)
    trail = {
        "address": "", "parts": [f"authors/{path}/2024.html", f"topics/{path}.html"], "moved": {f"topics/{path}.html": "topics/moe.html", "topics/old.html": f"topics/{path}.html"},
        "papers": {"2401.00001": {"authors": [path, "jose-garcia"], "topics": [path, "vision", "cs-lg"]}},
    }  # fmt: skip
    write(root / "site/.roundup-trail.json", json.dumps(trail))
    before = {*tree(root.parent)}
    assert roundup("build", root=root).code == 0
    paths = {*tree(root.parent)} - before
    assert all(path.startswith("digest/site/") for path in paths)
    assert [path for path in paths if b"http-equiv=\"refresh\"" in (root.parent / path).read_bytes()] == []


def test_a_fresh_clone_knows_what_moved_and_builds_the_same_bytes(digest: Digest, roundup: Run) -> None:
    root = digest(FILES, bare=True)
    roundup("build", root=root)
    change(root, CHANGED)
    roundup("build", root=root)
    built = tree(root / "site")
    shutil.rmtree(root / "site")
    assert roundup("build", "-q", root=root) == Result(0, "", "")
    assert tree(root / "site") == built


def test_a_site_that_is_kept_knows_it_without_the_file(digest: Digest, roundup: Run) -> None:
    """As where a service builds, and nobody commits what it writes."""
    root = digest(FILES, bare=True)
    roundup("build", root=root)
    change(root, CHANGED)
    roundup("build", root=root)
    built = tree(root / "site")
    (root / "permalinks.yaml").unlink()
    roundup("build", root=root)
    assert tree(root / "site") == built


def test_back_again_is_back_again(digest: Digest, roundup: Run) -> None:
    root = digest(FILES, bare=True)
    roundup("build", root=root)
    change(root, CHANGED)
    roundup("build", root=root)
    change(root, {path: FILES[path] for path in CHANGED})
    roundup("build", root=root)
    after = tree(root / "site")
    assert target(after["topics/mixture-of-experts.html"]) == "../topics/moe.html"
    assert not target(after["topics/moe.html"])


@pytest.mark.parametrize("command", [("build", "--drafts"), ("build", "2024-1")])
def test_a_preview_notes_nothing(command: tuple[str, ...], digest: Digest, roundup: Run) -> None:
    root = digest(FILES, bare=True)
    roundup("build", root=root)
    change(root, CHANGED)
    assert roundup(*command, root=root).code == 0
    assert not (root / "permalinks.yaml").exists()


def test_nothing_of_a_removed_draft_stays(digest: Digest, roundup: Run) -> None:
    draft = {
        "issues/2024-2/issue.yaml": "title: Hidden issue\nintro: Hidden words.\n",
        "issues/2024-2/papers/2401.00009.yaml": record(9, "Hidden Author", title="A hidden paper"),
        "issues/2024-2/commentary/2401.00009.yaml": pick(9, "hidden tag"),
    }
    root = digest({**FILES, **draft}, bare=True)
    roundup("build", root=root)
    without = tree(root / "site")
    roundup("build", "--drafts", root=root)
    assert any(b"hidden" in data.lower() for data in tree(root / "site").values())
    shutil.rmtree(root / "issues/2024-2")
    roundup("build", root=root)
    assert tree(root / "site") == without
    assert not any(b"hidden" in data.lower() for path, data in without.items() if path.endswith(".json"))
    assert not (root / "permalinks.yaml").exists()


def test_ids_of_feeds_stay_when_the_digest_moves(digest: Digest, roundup: Run) -> None:
    root = digest(FILES, bare=True)
    roundup("build", root=root)
    feeds = ("feed.json", "papers.json", "authors/n-houlsby.json", "topics/moe.json")
    ids = {path: [item["id"] for item in json.loads((root / "site" / path).read_text())["items"]] for path in feeds}
    write(root / "roundup.yaml", "title: A digest\nurl: https://other.example/below/\n")
    roundup("build", root=root)
    for path in feeds:
        items = json.loads((root / "site" / path).read_text())["items"]
        assert [item["id"] for item in items] == ids[path]
        assert all(item["url"].startswith("https://other.example/below/") for item in items)


def test_a_spelling_that_the_editors_list_leads_to_the_page_from_the_first_build_on(digest: Digest, roundup: Run) -> None:
    listed = "title: A digest\nauthors:\n- name: Neil Houlsby\n  also: [N. Houlsby, Houlsby]\n"
    root = digest({**FILES, "roundup.yaml": listed}, bare=True)
    roundup("build", root=root)
    after = tree(root / "site")
    assert {path: target(data) for path, data in after.items() if target(data)} == {
        "authors/houlsby.html": "../authors/neil-houlsby.html", "authors/n-houlsby.html": "../authors/neil-houlsby.html",
    }  # fmt: skip


def test_what_the_editors_list_goes_before_what_was_guessed(digest: Digest, roundup: Run) -> None:
    root = digest(FILES, bare=True)
    roundup("build", root=root)
    change(root, CHANGED)
    roundup("build", root=root)
    write(root / "roundup.yaml", "title: A digest\nurl: https://example.org/\ntopics:\n- name: sight\n  also: [MoE]\n")
    roundup("build", root=root)
    assert target((root / "site/topics/moe.html").read_bytes()) == "../topics/sight.html"


def test_the_file_goes_when_there_is_nothing_to_keep(digest: Digest, roundup: Run) -> None:
    root = digest(FILES, bare=True)
    for host in ("example.org", "other.example", "example.org"):
        write(root / "roundup.yaml", f"title: A digest\nurl: https://{host}/\n")
        assert roundup("build", root=root).code == 0
        assert (root / "permalinks.yaml").exists() == (host == "other.example")


def test_what_one_issue_s_build_published_is_known_to_the_next(digest: Digest, roundup: Run) -> None:
    root = digest(FILES, bare=True)
    assert roundup("build", "2024-1", root=root).code == 0
    change(root, CHANGED)
    roundup("build", root=root)
    assert target((root / "site/topics/moe.html").read_bytes()) == "../topics/mixture-of-experts.html"


TALK = "link: {{url: 'https://talk.example/', title: A talk}}\ncommentary: Some words.\ntags: [{0}]\n"


def test_the_address_of_a_tag_of_nothing_but_links_stays(digest: Digest, roundup: Run) -> None:
    """Also where another issue has a pick of the same name."""
    other = {"issues/2024-2/issue.yaml": "date: 2024-03-01\n", "issues/2024-2/commentary/talk.yaml": TALK.format("speeches")}
    root = digest({**FILES, **other, "issues/2024-1/commentary/talk.yaml": TALK.format("talks")}, bare=True)
    assert roundup("build", root=root).code == 0
    change(root, {"issues/2024-1/commentary/talk.yaml": TALK.format("lectures")})
    assert roundup("build", root=root).code == 0
    assert target((root / "site/topics/talks.html").read_bytes()) == "../topics/lectures.html"
    assert "topics/talks.html" in (root / "permalinks.yaml").read_text()


def test_an_address_stays_though_its_pick_could_not_be_read_while_another_issue_was_built(digest: Digest, roundup: Run) -> None:
    other = {path.replace("2024-1/", "2024-2/").replace("00001", "00003"): text.replace("00001", "00003") for path, text in FILES.items() if "00002" not in path}
    root = digest({**FILES, **other, "issues/2024-2/commentary/2401.00003.yaml": pick(3, "old tag")}, bare=True)
    assert roundup("build", root=root).code == 0
    change(root, {"issues/2024-2/commentary/2401.00003.yaml": pick(3, "new tag").replace("]", "")})
    assert roundup("build", "2024-1", root=root).code == 0
    change(root, {"issues/2024-2/commentary/2401.00003.yaml": pick(3, "new tag")})
    assert roundup("build", root=root).code == 0
    assert target((root / "site/topics/old-tag.html").read_bytes()) == "../topics/new-tag.html"


def test_what_a_folder_that_was_built_to_try_something_out_remembers_is_no_news_for_the_site(digest: Digest, roundup: Run, tmp_path: Path) -> None:
    root = digest({**FILES, "roundup.yaml": "title: A digest\nurl: https://staging.example.org/\n"}, bare=True)
    aside = ("build", "--output", str(tmp_path / "aside"))
    assert roundup(*aside, root=root).code == 0
    change(root, {"roundup.yaml": FILES["roundup.yaml"]})
    assert roundup("build", root=root).code == 0
    before = tree(root / "site")
    assert roundup(*aside, root=root).code == 0
    assert roundup("build", root=root).code == 0
    assert not (root / "permalinks.yaml").exists()
    assert tree(root / "site") == before


def test_a_trail_that_nests_too_deep_is_none(digest: Digest, roundup: Run) -> None:
    root = digest(FILES, bare=True)
    assert roundup("build", root=root).code == 0
    (root / "site/.roundup-trail.json").write_text("[" * 100_000)
    change(root, CHANGED)
    assert roundup("build", root=root).code == 0
