"""What is published is what was built, and what others have there stays: the same for every kind of place, each of them the real thing."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
from selectolax.lexbor import LexborHTMLParser

from conftest import MINIMAL, Result, tree, wait_until, write
from hostile import SOAK
from places import KEYS, Branch, Bucket, Folder, Place, need_rsync, rsync_daemon, s3_server
from roundup.errors import PublishError
from roundup.manifest import MANIFEST
from roundup.publish.bucket import content_type
from roundup.publish.built import BuiltSite
from roundup.publish.change import Change, There, change_of, dump_ours, in_the_way, parse_ours
from roundup.publish.folder import FolderTarget
from roundup.publish.ordered import apply_in_order
from roundup.publish.target import Tell, look, publish
from test_crash import mounted

Make = Callable[..., Path]
Run = Callable[..., Result]

KINDS = ("folder", "github-pages", "rsync", "s3")
NEW_ISSUE = {
    "issues/2024-2/issue.yaml": "date: 2024-03-01\nintro: New words.\n",
    "issues/2024-2/commentary/2402.00001.yaml": "paper: 2402.00001\ncommentary: Words on another one.\ntags: [MoE]\nstatus: ready\n",
    "issues/2024-2/papers/2402.00001.yaml": 'id: "2402.00001"\ntitle: Another title\nauthors:\n- Bo Sample\ncategories:\n- cs.LG\n',
}


@pytest.fixture(scope="module")
def rsync_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with rsync_daemon(tmp_path_factory.mktemp("rsync")) as url:
        yield url


@pytest.fixture(scope="module")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3")) as url:
        yield url


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return place_of(request.param, request, tmp_path, monkeypatch)


def place_of(kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made: Place
    if kind == "folder":
        made = Folder(tmp_path / "www")
    elif kind == "github-pages":
        made = Branch(tmp_path / "remote.git")
    elif kind == "rsync":
        url = f"{request.getfixturevalue('rsync_url')}/{tmp_path.name}"
        served = next(request.getfixturevalue("tmp_path_factory").getbasetemp().glob("rsync*/served"))
        made = Folder(served / tmp_path.name, f"{{to: rsync, path: {url}}}", url)
    else:
        made = Bucket(request.getfixturevalue("s3_url"), re.sub(r"[^a-z0-9]", "", tmp_path.name.lower())[-40:] + "bucket")
    for key, value in made.environment.items():
        monkeypatch.setenv(key, value)
    return made


each_place = pytest.mark.parametrize("place", KINDS, indirect=True)
some_place = pytest.mark.parametrize("place", KINDS if SOAK else ["folder"], indirect=True)  # of what no place has a say in


def config(place: Place, more: str = "") -> dict[str, str]:
    return {"roundup.yaml": f"title: A digest\nurl: https://example.org/digest/\npublish: {place.config}\n{more}"}


def site_of(root: Path) -> dict[str, bytes]:
    """Return the site as it was built, but for its manifest, which says more there."""
    return {path.removeprefix("site/"): data for path, data in tree(root).items() if path.startswith("site/") and not path.endswith(MANIFEST)}


def assert_published(place: Place, root: Path, **foreign: bytes) -> None:
    """The place holds the site, whole, with a manifest that says so, and what others have there."""
    there = place.files()
    ours = parse_ours(there.pop(MANIFEST))
    expected = site_of(root)
    assert there == {**expected, **foreign}
    assert ours.keys() == expected.keys()


# ---- every place ----


@each_place
def test_a_site_is_published_whole_and_then_what_differs(place: Place, digest: Make, roundup: Run) -> None:
    root = digest(config(place))
    first = roundup("publish", root=root)
    assert re.fullmatch(rf"{re.escape(place.name)}: \d+ added, 0 changed, 0 removed in \d+\.\d\d s\n", first.out), first
    assert_published(place, root)
    again = roundup("publish", root=root)
    assert again == Result(0, f"{place.name}: up to date, {len(site_of(root))} files\n", "")
    digest({**config(place), "issues/2024-1/commentary/2401.00001.yaml": "paper: 2401.00001\ncommentary: Other words.\nstatus: ready\n"})
    before = site_of(root)
    asked = json.loads(roundup("publish", "--json", root=root).out)
    differs = [path for path, data in site_of(root).items() if data != before[path]]
    assert (asked["added"], sorted(asked["changed"]), asked["removed"]) == ([], sorted(differs), [])
    assert_published(place, root)


@each_place
def test_files_of_others_stay_whatever_is_published(place: Place, digest: Make, roundup: Run) -> None:
    root = digest({**config(place), **NEW_ISSUE})
    assert roundup("publish", root=root).code == 0
    foreign = {"CNAME": b"digest.example.org\n", "2024-2/mine.txt": b"Mine.\n", "deep/er/.well-known": b""}
    for path, data in foreign.items():
        place.put(path, data)
    shutil.rmtree(root / "issues/2024-2")
    done = roundup("publish", "-v", root=root)
    assert "removed 2024-2/index.html\n" in done.out
    assert "CNAME" not in done.out
    assert_published(place, root, **foreign)


@each_place
def test_a_file_of_ours_that_somebody_removed_comes_back(place: Place, digest: Make, roundup: Run) -> None:
    root = digest(config(place))
    roundup("publish", root=root)
    place.remove("2024-1/index.html")
    assert "1 added, 0 changed, 0 removed" in roundup("publish", root=root).out
    assert_published(place, root)


@each_place
def test_a_dry_run_changes_nothing_there(place: Place, digest: Make, roundup: Run) -> None:
    root = digest(config(place))
    done = roundup("publish", "--dry-run", root=root)
    *lines, last = done.out.splitlines()
    assert {line.removeprefix("would add ") for line in lines} == site_of(root).keys()
    assert last == f"{place.name}: would add {len(lines)}, change 0, remove 0; nothing was changed there"
    assert place.files() == {}
    roundup("publish", root=root)
    before = place.files()
    digest({**config(place), **NEW_ISSUE})
    assert "would add 2024-2/index.html\n" in roundup("publish", "--dry-run", root=root).out
    assert place.files() == before


@each_place
def test_what_another_put_in_our_way_is_told_and_stays(place: Place, digest: Make, roundup: Run) -> None:
    root = digest(config(place))
    roundup("publish", root=root)
    place.put("2024-2/index.html", b"Theirs.\n")
    before = place.files()
    digest({**config(place), **NEW_ISSUE})
    done = roundup("publish", root=root)
    told = '"2024-2/index.html" is in the way, and roundup did not put it there; nothing was changed there; move it elsewhere, or name another place in roundup.yaml'
    assert done == Result(4, "", f"{place.name}: {told}\n")
    assert place.files() == before


@each_place
def test_a_place_that_holds_files_of_others_alone_is_theirs(place: Place, digest: Make, roundup: Run) -> None:
    """A branch alone may hold some, as CNAME, before us."""
    root = digest(config(place))
    place.put("CNAME", b"digest.example.org\n")
    done = roundup("publish", root=root)
    if isinstance(place, Branch):
        assert_published(place, root, CNAME=b"digest.example.org\n")
    else:
        told = 'it holds "CNAME", and was not published by roundup; nothing was changed there; empty it, or name another place in roundup.yaml'
        assert done == Result(4, "", f"{place.name}: {told}\n")
        assert place.files() == {"CNAME": b"digest.example.org\n"}


@each_place
def test_a_file_becomes_a_folder_and_a_folder_a_file(place: Place, digest: Make, roundup: Run) -> None:
    root = digest({**config(place), "assets/a": "A file.\n", "assets/b/c.txt": "In a folder.\n"})
    assert roundup("publish", root=root).code == 0
    shutil.rmtree(root / "assets")
    digest({**config(place), "assets/a/c.txt": "In a folder.\n", "assets/b": "A file.\n"})
    assert roundup("publish", root=root).code == 0
    assert_published(place, root)


@some_place
def test_drafts_are_not_published_though_they_were_built(place: Place, digest: Make, roundup: Run) -> None:
    root = digest({**config(place), **NEW_ISSUE, "issues/2024-2/issue.yaml": "intro: New words.\n"})
    assert roundup("build", "--drafts", root=root).code == 0
    assert (root / "site/2024-2/index.html").exists()
    done = roundup("publish", root=root)
    assert done.err == "left out: 1 draft (2024-2); build with --drafts to see it\n"
    assert not [path for path in place.files() if path.startswith("2024-2/")]
    assert_published(place, root)


@each_place
def test_a_fresh_clone_knows_from_what_is_published_what_has_moved(place: Place, digest: Make, roundup: Run) -> None:
    tagged = "paper: 2401.00001\ncommentary: Words.\ntags: [{}]\nstatus: ready\n"
    root = digest({**config(place), "issues/2024-1/commentary/2401.00001.yaml": tagged.format("MoE")})
    roundup("publish", root=root)
    for turn in range(2):  # nobody keeps permalinks.yaml in the repository
        shutil.rmtree(root / "site")
        shutil.rmtree(root / ".roundup")
        (root / "permalinks.yaml").unlink(missing_ok=True)
        digest({**config(place), "issues/2024-1/commentary/2401.00001.yaml": tagged.format("mixture of experts")})
        done = roundup("publish", root=root)
        assert done.err == "permalinks.yaml says what has moved; keep it in the repository\n"
        assert b"mixture-of-experts.html" in place.files()["topics/moe.html"], turn
        assert_published(place, root)


@some_place
def test_a_manifest_that_cannot_be_understood_is_left_alone(place: Place, digest: Make, roundup: Run) -> None:
    root = digest(config(place))
    place.put(MANIFEST, b"{}")
    told = f"its {MANIFEST} cannot be understood; nothing was changed there; remove what stands there, and publish again"
    assert roundup("publish", root=root) == Result(4, "", f"{place.name}: {told}\n")


@pytest.mark.parametrize("place", ["folder", "github-pages", "rsync"], indirect=True)
def test_a_manifest_cannot_make_us_remove_what_lies_elsewhere(place: Place, digest: Make, roundup: Run, tmp_path: Path) -> None:
    root = digest(config(place))
    roundup("publish", root=root)
    elsewhere = [tmp_path / "elsewhere", *([place.folder.parent / "elsewhere"] if isinstance(place, Folder) else [])]
    for file in elsewhere:
        write(file, "Words.\n")
    ours = parse_ours(place.files()[MANIFEST])
    lies = dict.fromkeys(("../elsewhere", "../../elsewhere", str(tmp_path / "elsewhere"), "-rf", "--delete"), ("1",))
    place.put(MANIFEST, dump_ours({}, {**ours, **lies}))
    digest({**config(place), **NEW_ISSUE})
    assert roundup("publish", root=root).code == 0
    assert_published(place, root)
    assert all(file.exists() for file in elsewhere)
    for file in elsewhere:
        file.unlink(missing_ok=True)


@some_place
def test_a_page_that_was_changed_by_hand_since_it_was_built_is_told(place: Place, digest: Make, roundup: Run) -> None:
    root = digest(config(place))
    roundup("build", root=root)
    (root / "site/2024-1/index.html").write_text("By hand.\n")
    done = roundup("publish", root=root)
    told = f"{root}/site/2024-1/index.html was changed by hand since it was built; remove it, and publish again"
    assert done == Result(2, "", f"{told}\n")
    (root / "site/2024-1/index.html").unlink()
    assert roundup("publish", root=root).code == 0
    assert_published(place, root)


@some_place
def test_with_faults_in_the_digest_nothing_is_published(place: Place, digest: Make, roundup: Run) -> None:
    root = digest(config(place))
    roundup("publish", root=root)
    before = place.files()
    digest({**config(place), "issues/2024-1/issue.yaml": "date: 2024-02-01\ntitel: A slip\n"})
    assert roundup("publish", root=root).code == 1
    assert place.files() == before


# ---- a folder ----


@pytest.fixture
def www(tmp_path: Path, digest: Make, roundup: Run) -> tuple[Path, Path]:
    """A digest with a folder that it was published to; an issue more is to be published now."""
    place = Folder(tmp_path / "www")
    root = digest(config(place))
    roundup("publish", root=root)
    digest({**config(place), **NEW_ISSUE})
    return root, place.folder


def test_what_others_do_in_a_folder_meanwhile_stays(www: tuple[Path, Path], roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """After everything was linked into the new tree, and before it is shown."""
    root, folder = www
    for name in ("new", "replaced", "written"):
        write(folder / f"theirs/{name}", "Before.\n")
    (folder / "theirs/new").unlink()

    def meanwhile() -> None:
        write(folder / "theirs/new", "After.\n")
        write(folder / "theirs/other", "After.\n")
        (folder / "theirs/other").rename(folder / "theirs/replaced")
        write(folder / "theirs/written", "After.\n")

    monkeypatch.setattr("roundup.publish.folder.settle_all", meanwhile)
    assert roundup("publish", root=root).code == 0
    assert_published(Folder(folder), root, **{f"theirs/{name}": b"After.\n" for name in ("new", "replaced", "written")})
    assert sorted(os.listdir(folder.parent)) == ["digest", "www"]


def test_a_folder_keeps_what_it_is(www: tuple[Path, Path], roundup: Run) -> None:
    """Who may do what in it, links of others, empty folders, and every file that is as it was."""
    root, folder = www
    folder.chmod(0o2775)
    (folder / "topics").chmod(0o700)
    (folder / "empty/deep").mkdir(parents=True)
    (folder / "link").symlink_to("2024-1/index.html")
    (folder / "away").symlink_to(root / "issues")
    before = (folder / "assets/roundup.css").stat()
    assert roundup("publish", root=root).code == 0
    assert [stat.S_IMODE((folder / name).stat().st_mode) for name in (".", "topics")] == [0o2775, 0o700]
    assert (folder / "empty/deep").is_dir()
    assert [os.readlink(folder / name) for name in ("link", "away")] == ["2024-1/index.html", str(root / "issues")]
    after = (folder / "assets/roundup.css").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert stat.S_IMODE((folder / "2024-2/index.html").stat().st_mode) & 0o444 == 0o444


def test_a_link_to_a_folder_stays_one(www: tuple[Path, Path], digest: Make, roundup: Run) -> None:
    root, folder = www
    (folder.parent / "public").symlink_to(folder)
    digest({**config(Folder(folder.parent / "public")), **NEW_ISSUE})
    assert roundup("publish", root=root).code == 0
    assert (folder.parent / "public").is_symlink()
    assert_published(Folder(folder), root)


@pytest.mark.parametrize("name", [".roundup-publish-www", ".roundup-publish-www.gone"])
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_a_link_beside_a_folder_is_not_followed(name: str, options: list[str], www: tuple[Path, Path], roundup: Run) -> None:
    root, folder = www
    write(folder.parent / "victim/diary.txt", "Words.\n")
    (folder.parent / name).symlink_to("victim")
    before = tree(folder.parent)
    told = f"{folder.parent / name}, where the new site is to be made, is a link; nothing was changed there; remove it, and publish again"
    assert roundup("publish", *options, root=root) == Result(4, "", f"{folder}: {told}\n")
    assert {path: data for path, data in tree(folder.parent).items() if not path.startswith("digest/")} == {
        path: data for path, data in before.items() if not path.startswith("digest/")
    }  # fmt: skip


@pytest.mark.parametrize("manifest", ["", "{}"])
def test_a_folder_of_others_beside_a_folder_is_left_alone(manifest: str, www: tuple[Path, Path], roundup: Run) -> None:
    """Nothing in it says that it is of ours: what lies there is not moved into the site."""
    root, folder = www
    beside = folder.parent / f".roundup-publish-{folder.name}"
    write(beside / "diary.txt", "Words.\n")
    if manifest:
        write(beside / MANIFEST, manifest)
    first = min(os.listdir(beside))
    told = f'{beside}, where the new site is to be made, holds "{first}", and roundup did not make it; nothing was changed there; move it elsewhere, and publish again'
    assert roundup("publish", root=root) == Result(4, "", f"{folder}: {told}\n")
    assert (beside / "diary.txt").read_text() == "Words.\n"
    assert not (folder / "diary.txt").exists()


def test_what_a_stop_left_beside_a_folder_goes_and_what_others_put_there_stays(www: tuple[Path, Path], roundup: Run) -> None:
    """An empty folder, an unfinished tree, an old one."""
    root, folder = www
    beside = folder.parent / f".roundup-publish-{folder.name}"
    beside.mkdir()
    assert roundup("publish", root=root).code == 0
    write(beside / ".roundup-publishing", "")
    write(beside / "half.html", "")
    assert roundup("publish", root=root).code == 0
    write(beside / "diary.txt", "Words.\n")
    shutil.copy(folder / MANIFEST, beside / MANIFEST)
    assert roundup("publish", root=root).code == 0
    assert_published(Folder(folder), root, **{"diary.txt": b"Words.\n"})
    write(beside / "mine.txt", "Words.\n")
    write(folder / ".roundup-publishing", "")  # the first publishing, into an empty folder
    assert roundup("publish", root=root).code == 0
    assert_published(Folder(folder), root, **{"diary.txt": b"Words.\n", "mine.txt": b"Words.\n"})
    assert sorted(os.listdir(folder.parent)) == ["digest", "www"]


def test_what_others_do_after_a_publishing_was_killed_stays(www: tuple[Path, Path], roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their files were linked into the new tree: one that was replaced there since, or removed, does not come back from the old one."""
    root, folder = www
    assert roundup("publish", root=root).code == 0
    for name in ("CNAME", "gone.txt", "kept.txt"):
        write(folder / name, "Old words.\n")
    write(root / "issues/2024-3/issue.yaml", "date: 2024-03-09\nintro: Other words.\n")
    beside = folder.parent / f".roundup-publish-{folder.name}"
    with monkeypatch.context() as patch:  # killed when both trees have changed places
        patch.setattr("roundup.publish.folder.FolderTarget._rescue", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
        roundup("publish", root=root)
    assert beside.is_dir()
    write(folder / "new", "New words.\n")
    (folder / "new").rename(folder / "CNAME")
    (folder / "gone.txt").unlink()
    write(beside / "late.txt", "Words of somebody who stood in the old tree.\n")
    assert roundup("publish", root=root).code == 0
    assert {path: data for path, data in tree(folder).items() if path.endswith((".txt", "CNAME")) and "/" not in path and path != "robots.txt"} == {
        "CNAME": b"New words.\n", "kept.txt": b"Old words.\n", "late.txt": b"Words of somebody who stood in the old tree.\n",
    }  # fmt: skip
    assert sorted(os.listdir(folder.parent)) == ["digest", "www"]


def test_two_digests_publish_to_a_folder_one_after_the_other(
    www: tuple[Path, Path], digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The second waits when the first has its tree ready, and then compares anew."""
    root, folder = www
    other = digest({**config(Folder(folder)), "issues/2024-3/issue.yaml": "date: 2024-03-09\nintro: Other words.\n"}, name="clone")
    assert roundup("build", root=root).code == 0
    assert roundup("build", root=other).code == 0
    told: list[str] = []
    asked: list[str] = []

    def of(root: Path, remark: Callable[[str], None]) -> Callable[[], Change]:
        target, site = FolderTarget(str(folder), root, tmp_path / "home", remark), BuiltSite(root / "site")
        there = look(target)
        return lambda: publish(target, site, there, lambda done, whole: None)

    first, second = of(root, asked.append), of(other, told.append)
    with ThreadPoolExecutor(1) as pool:
        waiting: list[Future[Change]] = []

        def meanwhile() -> None:
            if not waiting:
                waiting.append(pool.submit(second))
                wait_until(lambda: bool(told) or waiting[0].done())

        monkeypatch.setattr("roundup.publish.folder.settle_all", meanwhile)
        first()
        change = waiting[0].result()
    assert (told, asked) == ([f"another run (process {os.getpid()}) is publishing to {folder}; waiting for it"], [])
    assert "2024-2/index.html" in change.removed
    assert_published(Folder(folder), other)
    assert sorted(os.listdir(folder.parent)) == ["clone", "digest", "www"]


def test_the_tree_of_another_run_is_not_shown_as_ours(www: tuple[Path, Path], roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where locks do not reach as far as files, as between machines: the mark is not ours, and what is marked is left to whom it belongs."""
    root, folder = www
    before = tree(folder)
    beside = folder.parent / ".roundup-publish-www"
    monkeypatch.setattr("roundup.publish.folder.settle_all", lambda: write(beside / ".roundup-publishing", "theirs"))
    told = "somebody else publishes there, too; nothing of ours was put there; run it again when they have done"
    assert roundup("publish", root=root) == Result(4, "", f"{folder}: {told}\n")
    assert tree(folder) == before
    assert (beside / ".roundup-publishing").read_text() == "theirs"


def test_a_lock_that_a_stop_left_goes(www: tuple[Path, Path], roundup: Run) -> None:
    root, folder = www
    roundup("publish", root=root)
    write(folder.parent / ".roundup-publishing-www", "1\n")
    assert roundup("publish", root=root).code == 0
    assert sorted(os.listdir(folder.parent)) == ["digest", "www"]


@pytest.mark.parametrize("error", [errno.EINVAL, errno.ENOSYS])
def test_a_disk_that_cannot_exchange_folders_is_told(error: int, www: tuple[Path, Path], roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    root, folder = www
    before = tree(folder.parent)

    def refused(one: str, other: str) -> None:
        raise OSError(error, os.strerror(error), other)

    monkeypatch.setattr("roundup.publish.folder.exchange", refused)
    done = roundup("publish", root=root)
    mend = 'nothing was changed there; mend that, or let "to: rsync" put the files there one by one'
    assert done == Result(4, "", f"{folder}: {folder} cannot be written: {os.strerror(error).lower()}; {mend}\n")
    assert tree(folder) == {path.removeprefix("www/"): data for path, data in before.items() if path.startswith("www/")}
    assert sorted(os.listdir(folder.parent)) == ["digest", "www"]


def test_a_folder_that_is_mounted_is_told_and_stays(digest: Make, roundup: Run, tmp_path: Path) -> None:
    """Empty, and when there is something in it: a disk of its own changes places with nothing."""
    need_rsync()
    place = Folder(tmp_path / "www", "{to: rsync, path: ../www}")
    with mounted(place.folder, "-t", "tmpfs", "none"):
        for more in ({}, NEW_ISSUE):
            before = place.files()
            done = roundup("publish", root=digest({**config(Folder(place.folder)), **more}))
            assert (done.code, place.files()) == (4, before), done
            assert re.fullmatch(
                rf"{place.folder}: {tmp_path}/\S+ cannot be written: (invalid cross-device link|device or resource busy); nothing was changed there; "
                r'mend that, or let "to: rsync" put the files there one by one\n', done.err
            ), done.err  # fmt: skip
            assert roundup("publish", root=digest(config(place))).code == 0
        assert sorted(os.listdir(tmp_path)) == ["digest", "www"]


# ---- a server, a bucket ----


def published_to(block: str, digest: Make, roundup: Run) -> Result:
    return roundup("publish", root=digest({"roundup.yaml": f"title: A digest\nurl: https://example.org/\npublish: {block}\n"}))


def test_a_server_that_has_no_such_place_is_told(rsync_url: str, digest: Make, roundup: Run) -> None:
    url = rsync_url.replace("/digest", "/other")
    done = published_to(f"{{to: rsync, path: {url}}}", digest, roundup)
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(f"{url}: @ERROR: Unknown module 'other' / rsync error: ")
    assert done.err.endswith("; nothing was changed there; mend that, and publish again\n")


def test_a_server_that_fails_in_the_middle_says_how_things_stand(tmp_path: Path, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = need_rsync()
    write(tmp_path / "bin/rsync", f'#!/bin/sh\ncase " $* " in *" --compress "*) echo "rsync: write failed: No space left on device (28)" >&2; exit 11;; esac\nexec {real} "$@"\n')
    (tmp_path / "bin/rsync").chmod(0o755)
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{path}")
    told = "what is there is whole, and no link leads to what is missing; mend that, and run the same command again to go on"
    done = published_to("{to: rsync, path: ../www}", digest, roundup)
    assert done == Result(4, "", f"../www: rsync: write failed: No space left on device (28); {told}\n")
    monkeypatch.setenv("PATH", path)
    assert published_to("{to: rsync, path: ../www}", digest, roundup).code == 0


@pytest.mark.parametrize(("program", "block"), [("rsync", "{to: rsync, path: ../www}"), ("git", "{to: github-pages, remote: ../www}")])
def test_a_program_that_is_not_installed_is_told(program: str, block: str, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = published_to(block, digest, roundup)
    name = "../www" if program == "rsync" else "gh-pages of ../www"
    assert done == Result(4, "", f"{name}: the program {program} is not installed; nothing was changed there; install it, and publish again\n")


def test_without_boto3_it_is_told_what_to_install(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    done = published_to("{to: s3, bucket: digest}", digest, roundup)
    assert done == Result(4, "", 's3://digest/: boto3 is not installed; nothing was changed there; pip install "roundup-digest[s3]"\n')


def test_a_bucket_that_is_not_there_is_told(s3_url: str, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in KEYS.items():
        monkeypatch.setenv(key, value)
    done = published_to(f"{{to: s3, bucket: nobodys, endpoint: {s3_url}}}", digest, roundup)
    told = "An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket does not exist"
    assert done == Result(4, "", f"s3://nobodys/: {told}; nothing was changed there; mend that, and publish again\n")


def test_who_has_no_keys_is_told(s3_url: str, digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key in KEYS:
        monkeypatch.delenv(key, raising=False)
    for key in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(key, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    done = published_to(f"{{to: s3, bucket: digest, region: us-east-1, endpoint: {s3_url}}}", digest, roundup)
    assert done == Result(4, "", "s3://digest/: Unable to locate credentials; nothing was changed there; mend that, and publish again\n")


@pytest.mark.parametrize("place", ["s3"], indirect=True)
def test_a_browser_is_told_what_an_object_is_and_how_long_it_holds(place: Bucket, digest: Make, roundup: Run) -> None:
    roundup("publish", root=digest(config(place)))
    head = place.client.head_object(Bucket=place.bucket, Key=f"{place.prefix}index.html")
    assert (head["ContentType"], head["CacheControl"]) == ("text/html; charset=utf-8", "max-age=60")


@pytest.mark.skipif(not SOAK, reason="only the long run waits for so many")
@pytest.mark.parametrize("place", ["s3"], indirect=True)
def test_more_objects_than_a_request_can_name(place: Bucket, digest: Make, roundup: Run) -> None:
    root = digest({**config(place), **{f"assets/many/{number}.txt": f"{number}\n" for number in range(1100)}})
    assert roundup("publish", root=root).code == 0
    assert_published(place, root)
    shutil.rmtree(root / "assets")
    assert "1,100 removed" in roundup("publish", root=root).out
    assert_published(place, root)


# ---- one after the other ----


def dead_links(site: dict[str, bytes]) -> set[str]:
    """Return what is not there of all that a reader can come to from the home page."""
    seen, ahead = set(), {"index.html"}
    while ahead:
        page = ahead.pop()
        seen.add(page)
        ahead |= links_of(page, site.get(page, b"")) - seen
    return seen - site.keys()


@cache
def links_of(path: str, data: bytes) -> frozenset[str]:
    """Return the files of the site that a page leads to, or shows."""
    if not path.endswith(".html"):
        return frozenset()
    found = set()
    for element in LexborHTMLParser(data).css("a[href], link[href], img[src], script[src]"):
        link = (element.attributes.get("href") or element.attributes.get("src") or "").partition("#")[0]
        if link and ":" not in link and not link.startswith("/"):
            target = normpath(join(dirname(path), link))
            found.add(target if "." in target.rpartition("/")[2] else f"{target}/index.html".removeprefix("./"))
    return frozenset(found)


def test_at_no_moment_does_a_reader_meet_a_dead_link(digest: Make, roundup: Run) -> None:
    """Wherever a publishing stops that takes one file after the other: from the home page, every link leads somewhere."""
    old_root = digest({**MINIMAL, "roundup.yaml": "title: A digest\nurl: https://example.org/\n", "issues/2023-12/issue.yaml": "date: 2023-12-06\nintro: Words.\n"}, name="old")
    new_root = digest({**MINIMAL, **NEW_ISSUE, "roundup.yaml": "title: A digest\nurl: https://example.org/\n"}, name="new")
    sites = []
    for root in (old_root, new_root):
        roundup("build", root=root)
        sites.append(site_of(root))
    old, new = sites
    change = change_of(hashes(new), There(frozenset(old), {path: (digest,) for path, digest in hashes(old).items()}))
    assert change.added
    assert change.changed
    assert change.removed
    now = dict(old)
    for step in [*(path for paths in change.rounds() for path in paths), *change.removed]:
        if step in new:
            now[step] = new[step]
        else:
            del now[step]
        assert dead_links(now) == set(), step
    assert now == new


def hashes(site: dict[str, bytes]) -> dict[str, str]:
    return {path: data.hex() for path, data in site.items()}


class Shelf:
    """A place in memory that takes one file after the other. ``meanwhile`` happens once, after the first round."""

    name = "the shelf"

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.meanwhile: list[Callable[[], object]] = []

    def there(self) -> There:
        return There(frozenset(self.files), parse_ours(self.files[MANIFEST]) if MANIFEST in self.files else {})

    def put(self, site: BuiltSite, paths: Sequence[str], tell: Tell) -> None:
        for done, path in enumerate(paths, 1):
            self.files[path] = site.read(path)
            tell(done)
        if self.meanwhile:
            self.meanwhile.pop()()

    def remove(self, paths: Sequence[str]) -> None:
        for path in paths:
            self.files.pop(path, None)

    def read(self, path: str) -> bytes:
        return self.files[path]

    def write_manifest(self, data: bytes) -> None:
        self.files[MANIFEST] = data

    def take(self, site: BuiltSite) -> None:
        there = self.there()
        apply_in_order(self, site, there, change_of(site.hashes, there), lambda done: None)


def test_of_two_who_publish_at_once_neither_is_taken_for_the_whole(digest: Make, roundup: Run) -> None:
    """Whoever finds another's manifest at the end says so; the next publishing puts all in order."""
    one = digest({"roundup.yaml": "title: One\nurl: https://example.org/\n"}, name="one")
    other = digest({"roundup.yaml": "title: Other\nurl: https://example.org/\n", **NEW_ISSUE}, name="other")
    sites = []
    for root in (one, other):
        roundup("build", root=root)
        sites.append(BuiltSite(root / "site"))
    for begun in (False, True):
        shelf = Shelf()
        if begun:
            shelf.take(sites[0])
            sites.reverse()
        shelf.meanwhile.append(lambda shelf=shelf: shelf.take(sites[1]))
        with pytest.raises(PublishError) as told:
            shelf.take(sites[0])
        assert str(told.value) == "the shelf: somebody else published there meanwhile; what is there is of both; run it again when they have done"
        shelf.take(sites[1])
        ours = parse_ours(shelf.files.pop(MANIFEST))
        assert shelf.files == {path: sites[1].read(path) for path in sites[1].hashes}
        assert ours == {path: (digest,) for path, digest in sites[1].hashes.items()}


def test_what_has_to_go_first_is_what_stands_in_the_way() -> None:
    there = There(frozenset({"a", "b/c", "b/d/e", "f", MANIFEST}), {"a": ("1",), "b/c": ("1",), "b/d/e": ("1",), "f": ("1",)})
    change = change_of({"a/x": "1", "b/d": "1"}, there)
    assert change == Change(("a/x", "b/d"), (), ("b/c", "b/d/e", "a", "f"))
    assert change.first_removed() == ("b/d/e", "a")
    assert in_the_way({"a/x": "1"}, There(frozenset({"a", "z"}))) == ["a"]
    assert in_the_way({"a": "1"}, There(frozenset({"a/x"}))) == ["a/x"]


def test_a_manifest_names_old_and_new_while_these_are_exchanged() -> None:
    during = parse_ours(dump_ours({"a": "2", "b": "1"}, {"a": ("1",), "c": ("1",)}))
    assert during == {"a": ("1", "2"), "b": ("1",), "c": ("1",)}
    there = There(frozenset({"a", "c", MANIFEST}), during)
    assert change_of({"a": "2", "b": "1"}, there) == Change(("b",), ("a",), ("c",))
    assert change_of({"a": "1"}, there).changed == ("a",), "which of them it is nobody knows"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"files": []}', b'{"made_by": "roundup", "files": {\n"a": ["", [1]]\n}}\n', b'{"made_by": "roundup", "files": {\n"a": 1\n}}\n', b'{"files": {"a": 1}}', b'{"made_by": "roundup", "files": {\n"a": x\n}}\n', b"\xff"])
def test_what_is_no_manifest_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        parse_ours(data)


@pytest.mark.parametrize(("path", "kind"), [
    ("2024-1/index.html", "text/html; charset=utf-8"), ("feed.xml", "application/atom+xml"), ("sitemap.xml", "application/xml"),
    ("topics/moe.xml", "application/atom+xml"), ("2024-1/index.md", "text/markdown; charset=utf-8"), ("a.unheard-of", "application/octet-stream"),
])  # fmt: skip
def test_a_browser_is_told_what_a_file_is(path: str, kind: str) -> None:
    assert content_type(path) == kind
