"""What has changed on the disk, told once, when it is whole."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from conftest import wait_until, write
from previewed import FILES, PICK, picked
from roundup.store.watch import Watch

Make = Callable[..., Path]


def changed(watch: Watch, *near: str) -> set[str]:
    watch._next_sweep = 0
    return set(watch.changed(near))


def test_the_places_that_changed_are_told_once(digest: Make) -> None:
    root = digest(FILES)
    watch = Watch(root)
    assert changed(watch) == {"roundup.yaml", "assets", "issues/2024-1", "issues/2024-3"}
    assert changed(watch) == set()
    write(root / PICK, picked("Other words."))
    assert changed(watch) == {"issues/2024-1"}
    write(root / "templates/languages/de.yaml", "tags: Themen\n")
    write(root / "assets/a/b/c/d.txt", "d")
    assert changed(watch) == {"templates", "assets"}
    (root / "issues/2024-3").rename(root / "issues/2024-4")
    assert changed(watch) == {"issues/2024-3", "issues/2024-4"}
    (root / PICK).unlink()
    assert changed(watch) == {"issues/2024-1"}
    assert changed(watch) == set()


def test_a_change_that_keeps_size_and_time_of_writing_is_seen(digest: Make) -> None:
    root = digest(FILES)
    watch = Watch(root)
    watch.changed()
    before = (root / "roundup.yaml").stat()
    write(root / "roundup.yaml", "title: B digest\n")
    os.utime(root / "roundup.yaml", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert changed(watch) == {"roundup.yaml"}


def test_what_an_editor_lays_beside_a_file_is_no_change(digest: Make) -> None:
    root = digest(FILES)
    watch = Watch(root)
    watch.changed()
    for name in (".2401.00001.yaml.swp", "2401.00001.yaml~", "#2401.00001.yaml#", "4913.tmp"):
        write(root / f"issues/2024-1/commentary/{name}", "words")
    write(root / "site/index.html", "built")
    assert changed(watch) == set()


def test_between_two_looks_everywhere_the_places_that_matter_are_looked_at(digest: Make) -> None:
    root = digest({**FILES, "issues/2023-1/issue.yaml": "date: 2023-01-01\n", "issues/2023-2/issue.yaml": "date: 2023-01-01\n"})
    watch = Watch(root)
    watch.changed()
    watch._next_sweep = float("inf")
    for place, near in (("roundup.yaml", ()), ("issues/2023-1", ("issues/2023-1",)), ("issues/2023-1", ())):
        write(root / place / "issue.yaml" if place.startswith("issues") else root / place, f"title: At {time.time()}\n")
        assert watch.changed(near) == {place}
    write(root / "issues/2023-2/issue.yaml", "title: A title\n")
    assert watch.changed() == set()
    assert changed(watch) == {"issues/2023-2"}


def test_links_lead_the_watch_neither_astray_nor_round_in_circles(digest: Make, tmp_path: Path) -> None:
    root = digest(FILES)
    (root / "issues/2024-1/commentary/loop").symlink_to(root / "issues")
    (root / "assets/loop").symlink_to(root / "assets")
    (root / "assets/none").symlink_to(root / "nothing")
    (root / "assets/self").symlink_to("self")
    watch = Watch(root)
    watch.changed()
    assert changed(watch) == set()


def test_a_file_is_taken_in_when_it_is_whole(digest: Make) -> None:
    """An editor that empties a file and then writes it is waited for."""
    root = digest(FILES)
    watch = Watch(root)
    watch.changed()

    def write_slowly() -> None:
        with (root / PICK).open("w") as file:
            for char in picked("Words that take their time."):
                file.write(char)
                file.flush()
                time.sleep(0.002)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    wait_until(lambda: bool(changed(watch)))
    assert (root / PICK).read_text() == picked("Words that take their time.")
    writer.join()
