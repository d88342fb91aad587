"""A build puts what differs in place, whole; removes only its own; and is finished by the next run when it was stopped."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import MINIMAL, Result, tree, write
from roundup.build import Render, Report, drawn_by
from roundup.build import build as build_into
from roundup.errors import RefusedError
from roundup.manifest import MANIFEST, SINCE, Manifest
from roundup.outputs import Output, Outputs

Digest = Callable[..., Path]
Run = Callable[..., Result]


def outputs(*paths: str, made_from: str = "words") -> tuple[Output, ...]:
    return tuple(Output(path, "page", made_from) for path in paths)


def drawn(output: Output) -> bytes:
    return f"page {output.path} of {output.made_from}".encode()


def build(planned: tuple[Output, ...], render: Render, folder: Path, **how: object) -> Report:
    return build_into(Outputs(planned), drawn_by(render, folder), folder, **how)  # type: ignore[arg-type]


def test_writes_everything_once_and_then_nothing(tmp_path: Path) -> None:
    planned = outputs("a.html", "b/index.html")
    assert build(planned, drawn, tmp_path / "site").written == ("a.html", "b/index.html")
    before = {path: (tmp_path / "site" / path).stat().st_mtime_ns for path in tree(tmp_path / "site")}
    report = build(planned, drawn, tmp_path / "site")
    assert (report.written, report.unchanged, report.removed) == ((), 2, ())
    assert {path: (tmp_path / "site" / path).stat().st_mtime_ns for path in tree(tmp_path / "site")} == before


def test_what_is_made_from_the_same_is_not_drawn_again(tmp_path: Path) -> None:
    build(outputs("a.html", "b.html"), drawn, tmp_path / "site")
    asked: list[str] = []

    def noting(output: Output) -> bytes:
        asked.append(output.path)
        return drawn(output)

    build((*outputs("a.html"), *outputs("b.html", made_from="new words")), noting, tmp_path / "site")
    assert asked == ["b.html"]


@pytest.mark.parametrize("harm", [lambda path: path.write_text("edited by hand"), lambda path: path.unlink(), lambda path: path.write_bytes(b"")])
def test_what_was_harmed_is_drawn_again_though_made_from_the_same(harm: Callable[[Path], None], tmp_path: Path) -> None:
    build(outputs("a.html", "b.html"), drawn, tmp_path / "site")
    before = tree(tmp_path / "site")
    harm(tmp_path / "site/b.html")
    assert build(outputs("a.html", "b.html"), drawn, tmp_path / "site").written == ("b.html",)
    assert tree(tmp_path / "site") == before


def test_removes_what_is_no_longer_planned_and_the_folder_it_leaves_empty(tmp_path: Path) -> None:
    build(outputs("a.html", "old/deep/index.html"), drawn, tmp_path / "site")
    report = build(outputs("a.html"), drawn, tmp_path / "site")
    assert report.removed == ("old/deep/index.html",)
    assert sorted(tree(tmp_path / "site")) == [MANIFEST, "a.html"]
    assert not (tmp_path / "site/old").exists()


def test_a_memory_from_elsewhere_is_thrown_away(digest: Digest, roundup: Run, tmp_path: Path) -> None:
    """It could hold pages: in a pull request somebody may commit one."""
    root = digest()
    assert roundup("build", root=root).code == 0
    shutil.copytree(root, tmp_path / "checkout")
    write(tmp_path / "checkout/.roundup/cache/built/pieces.sqlite", "<script>")
    assert roundup("build", root=tmp_path / "checkout").code == 0
    assert not (tmp_path / "checkout/.roundup/cache/built/pieces.sqlite").exists()
    write(root / ".roundup/cache/built/mine.json", "kept, for it was begun here")
    assert roundup("build", root=root).code == 0
    assert (root / ".roundup/cache/built/mine.json").exists()


def test_a_memory_that_is_gone_or_broken_costs_nothing_but_time(digest: Digest, roundup: Run) -> None:
    root = digest()
    assert roundup("build", root=root).code == 0
    before = tree(root / "site")
    for path in sorted((root / ".roundup/cache/built").rglob("*.*")):
        path.write_bytes(b"spoilt")
        assert roundup("build", root=root).code == 0
        assert tree(root / "site") == before
    shutil.rmtree(root / ".roundup")
    assert roundup("build", root=root).code == 0
    assert tree(root / "site") == before


def test_what_a_disk_kept_from_being_swept_is_swept_by_the_next_run(digest: Digest, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    root = digest()
    with monkeypatch.context() as patched:
        patched.setattr("roundup.build.remove_folder", lambda folder: None)
        assert roundup("build", root=root).code == 0
    assert list(root.glob("site/.roundup-staging-*"))
    assert roundup("build", root=root).code == 0
    assert not list(root.glob("site/.roundup-staging-*"))


def test_never_deletes_what_it_did_not_make(tmp_path: Path) -> None:
    build(outputs("a.html", "old/index.html"), drawn, tmp_path / "site")
    write(tmp_path / "site/CNAME", "example.org")
    write(tmp_path / "site/old/notes.txt", "mine")
    build(outputs("a.html"), drawn, tmp_path / "site")
    assert sorted(tree(tmp_path / "site")) == [MANIFEST, "CNAME", "a.html", "old/notes.txt"]


def test_keeps_a_file_of_its_own_that_somebody_has_changed(tmp_path: Path) -> None:
    build(outputs("a.html", "b.html"), drawn, tmp_path / "site")
    write(tmp_path / "site/b.html", "edited by hand")
    report = build(outputs("a.html"), drawn, tmp_path / "site")
    assert (report.removed, report.kept) == ((), ("b.html",))
    assert (tmp_path / "site/b.html").read_text() == "edited by hand"


def test_builds_part_of_the_site_and_leaves_what_is_spared(tmp_path: Path) -> None:
    build(outputs("a.html", "b.html", "c.html"), drawn, tmp_path / "site")
    report = build(outputs("a.html", made_from="new words"), drawn, tmp_path / "site", spared=lambda path: path == "b.html")
    assert (report.written, report.removed) == (("a.html",), ("c.html",))
    assert (tmp_path / "site/b.html").exists()
    assert build(outputs("a.html", made_from="new words"), drawn, tmp_path / "site").removed == ("b.html",)


def test_what_cannot_be_drawn_stops_it_before_the_first_file(tmp_path: Path) -> None:
    def failing(output: Output) -> bytes:
        if output.path == "b.html":
            raise RefusedError("no")
        return b"new"

    with pytest.raises(RefusedError):
        build(outputs("a.html", "b.html"), failing, tmp_path / "site")
    assert not (tmp_path / "site").exists()
    build(outputs("a.html", "b.html"), drawn, tmp_path / "site")
    before = tree(tmp_path / "site")
    with pytest.raises(RefusedError):
        build(outputs("a.html", "b.html", made_from="new words"), failing, tmp_path / "site")
    assert tree(tmp_path / "site") == before


def test_an_interrupted_build_says_so_and_leaves_no_site(digest: Digest, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("roundup.jobs.render", interrupted)
    root = digest()
    result = roundup("build", root=root)
    assert (result.code, result.err) == (130, "\nstopped; nothing is half-written, run it again to go on\n")
    assert not (root / "site").exists()


def test_a_folder_that_it_did_not_make_is_refused(digest: Digest, roundup: Run) -> None:
    root = digest({"site/thesis.tex": "my words"})
    before = tree(root)
    result = roundup("build", root=root)
    assert (result.code, result.err) == (2, f'{root}/site holds "thesis.tex" and was not made by roundup; choose an empty folder with --output\n')
    assert tree(root) == before


@pytest.mark.parametrize("folder", ["/", "~", ".", "issues", "issues/new", "templates", "templates/site", "assets", ".roundup/site", ".git", "..", "repository", "file"])
def test_dangerous_output_folders_are_refused(folder: str, digest: Digest, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    root = digest({"repository/.git/config": "", "file": "a file"})
    monkeypatch.setenv("HOME", str(root.parent))
    before = tree(root)
    target = str(root.parent) if folder == "~" else folder
    assert roundup("build", "--output", target, root=root).code == 2
    assert tree(root) == before


def test_a_foreign_file_in_the_way_is_not_overwritten(digest: Digest, roundup: Run) -> None:
    root = digest()
    roundup("build", root=root)
    write(root / "issues/2024-2/issue.yaml", "date: 2024-03-01\nintro: Words.\n")
    write(root / "site/2024-2/index.html", "mine")
    result = roundup("build", root=root)
    assert result.code == 2
    assert result.err == f"{root}/site/2024-2/index.html is in the way, and roundup did not make it; move it elsewhere\n"
    assert (root / "site/2024-2/index.html").read_text() == "mine"


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_file_whose_name_changes_in_its_capitals_alone_is_renamed(is_ours: bool, digest: Digest, roundup: Run) -> None:
    """On a disk that does not tell capitals apart, the old file stands under the new name, too, as one of two links does here."""
    root = digest({"assets/Logo.txt": "x"})
    roundup("build", root=root)
    (root / "assets/Logo.txt").rename(root / "assets/logo.txt")
    if is_ours:
        (root / "site/assets/logo.txt").hardlink_to(root / "site/assets/Logo.txt")
    else:
        write(root / "site/assets/logo.txt", "x")
    result = roundup("build", root=root)
    assert result.code == (0 if is_ours else 2)
    assert (root / "site/assets/Logo.txt").exists() is not is_ours
    assert (root / "site/assets/logo.txt").read_text() == "x"


@pytest.mark.parametrize("changed", [False, True])
def test_a_file_of_ours_that_becomes_a_folder_goes_first_unless_somebody_changed_it(changed: bool, digest: Digest, roundup: Run) -> None:
    root = digest({"assets/foo": "x", "issues/2023-1/issue.yaml": "date: 2023-02-01\n"})
    roundup("build", root=root)
    if changed:
        write(root / "site/assets/foo", "changed")
    (root / "assets/foo").unlink()
    write(root / "assets/foo/bar", "y")
    shutil.rmtree(root / "issues/2023-1")
    before = tree(root / "site")
    result = roundup("build", "-q", root=root)
    if changed:
        assert (result.code, tree(root / "site")) == (2, before)
    else:
        assert result.code == 0
        assert (root / "site/assets/foo/bar").read_text() == "y"
        assert roundup("build", "-q", root=digest({"assets/foo": "x"}, name="back")).code == 0


def test_a_link_in_the_output_leads_nothing_out(digest: Digest, roundup: Run, tmp_path: Path) -> None:
    root = digest()
    (tmp_path / "elsewhere").mkdir()
    roundup("build", root=root)
    for path in (root / "site/2024-1").iterdir():
        path.unlink()
    (root / "site/2024-1").rmdir()
    (root / "site/2024-1").symlink_to(tmp_path / "elsewhere")
    assert roundup("build", root=root).code == 2
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_two_builds_at_once_do_not_mix(digest: Digest, roundup: Run) -> None:
    root = digest()
    (root / "site").mkdir()
    handle = os.open(root / "site", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    result = roundup("build", root=root)
    os.close(handle)
    assert (result.code, result.err) == (2, f"another roundup is building {root}/site at this moment; wait for it\n")
    assert roundup("build", root=root).code == 0


def test_no_byte_of_the_sources_changes(digest: Digest, roundup: Run) -> None:
    root = digest({"issues/2024-1/commentary/2401.00001.yaml": "# a comment\r\npaper:   2401.00001\r\ncommentary: |\r\n  Words.  \r\n"})
    before = tree(root)
    for command in ("check", "build", "build"):
        roundup(command, root=root)
    assert {path: data for path, data in tree(root).items() if not path.startswith("site/")} == before


def test_drafts_are_built_only_when_asked_for(digest: Digest, roundup: Run) -> None:
    root = digest({"issues/2024-2/issue.yaml": "intro: Not yet.\n"})
    result = roundup("build", root=root)
    assert result.err == "left out: 1 draft (2024-2); build with --drafts to see it\n"
    assert not (root / "site/2024-2").exists()
    assert roundup("build", "2024-2", root=root).err == "2024-2 is a draft; give it a date, or build with --drafts\n"
    roundup("build", "--drafts", root=root)
    assert "Draft" in (root / "site/2024-2/index.html").read_text()
    roundup("build", root=root)
    assert not (root / "site/2024-2").exists()
    assert "2024-2" not in (root / "site/index.html").read_text()


def test_builds_one_issue_and_leaves_the_others(digest: Digest, roundup: Run) -> None:
    root = digest({"issues/2024-2/issue.yaml": "date: 2024-03-01\nintro: First words.\n"})
    roundup("build", root=root)
    before = tree(root / "site")
    write(root / "issues/2024-2/issue.yaml", "date: 2024-03-01\nintro: Second words.\n")
    write(root / "issues/2024-1/issue.yaml", "date: 2024-02-01\ntitle: [broken\n")
    assert roundup("build", "2024-02", root=root).code == 0
    changed = {path for path, data in tree(root / "site").items() if before.get(path) != data and path != MANIFEST}
    assert changed == {f"2024-2/{name}" for name in ("index.html", "index.md", "issue.json", "mail.html", "mail.txt", "paste.html")}  # and no trail, which would forget what stands in the other one


def test_a_small_edit_leaves_the_manifest_as_it_is_and_says_so_beside_it(digest: Digest, roundup: Run) -> None:
    root = digest()
    roundup("build", root=root)
    site, before = root / "site", (root / "site" / MANIFEST).stat()
    words = "date: 2024-02-01\nintro: {}\n"
    for intro in ("New words.", "Newer words."):
        write(root / "issues/2024-1/issue.yaml", words.format(intro))
        assert roundup("build", root=root).code == 0
        assert os.path.samestat((site / MANIFEST).stat(), before)
        assert (site / MANIFEST).stat().st_mtime_ns == before.st_mtime_ns
        assert 0 < (site / SINCE).stat().st_size < before.st_size
    shutil.rmtree(root / "issues/2024-1")
    assert roundup("build", root=root).code == 0
    assert not (site / SINCE).exists()  # it would tell of what is gone


def test_a_site_that_was_built_before_there_were_fingerprints_is_built_on(digest: Digest, roundup: Run) -> None:
    root = digest()
    roundup("build", root=root)
    manifest = root / "site" / MANIFEST
    files = {path: entry.digests for path, entry in Manifest.read(manifest.read_bytes()).items()}
    manifest.write_text(json.dumps({"made_by": "roundup", "files": files}))
    for month in (2, 3):
        write(root / f"issues/2024-{month}/issue.yaml", f"date: 2024-0{month}-01\nintro: Words.\n")
        assert roundup("build", root=root).code == 0


def test_a_second_manifest_that_is_spoilt_is_named(digest: Digest, roundup: Run) -> None:
    root = digest()
    roundup("build", root=root)
    write(root / "site" / SINCE, "<<<<<<< HEAD\n")
    words = f"{root}/site/{MANIFEST}, or {SINCE} beside it, cannot be understood; move {root}/site away and build again\n"
    assert roundup("build", root=root) == Result(2, "", words)


def test_an_editors_template_replaces_a_block(digest: Digest, roundup: Run) -> None:
    template = '{% extends "roundup/issue.html" %}{% block sponsor %}<p>Our own block for {{ issue.key }}.</p>{% endblock %}'
    root = digest({"templates/issue.html": template})
    assert roundup("build", root=root).code == 0
    page = (root / "site/2024-1/index.html").read_text()
    assert "<p>Our own block for 2024-1.</p>" in page
    assert "A plain title" in page


def test_what_is_planned_is_fingerprinted_by_all_its_inputs(digest: Digest) -> None:
    """A changed word, record, figure, neighbour, template or setting changes the fingerprint of what shows it, and of no other page."""
    issue, other = "issues/2024-1/issue.yaml", "issues/2024-3/issue.yaml"
    base: dict[str, str | None] = {other: "date: 2024-04-01\n", "issues/2023-1/issue.yaml": "date: 2023-02-01\n"}
    everything = {"2023-1", "2024-1", "2024-3", "404.html", "archive", "authors", "index.html", "papers", "search", "topics"}
    cases: list[tuple[dict[str, str | None], set[str]]] = [
        ({"issues/2024-1/commentary/2401.00001.yaml": MINIMAL["issues/2024-1/commentary/2401.00001.yaml"].replace("Some", "Other")}, {"2024-1", "papers", "search"}),
        ({"issues/2024-1/papers/2401.00001.yaml": MINIMAL["issues/2024-1/papers/2401.00001.yaml"].replace("plain", "new")}, {"2024-1", "authors", "papers", "search", "topics"}),
        ({other: "date: 2024-04-01\ntitle: New\n"}, {"2024-3", "archive", "index.html", "search"}),
        ({"issues/2024-2/issue.yaml": "date: 2024-03-01\n"}, {"2024-1", "2024-2", "2024-3", "archive", "index.html", "search"}),
        ({issue: MINIMAL[issue] + "teaser: new\n"}, {"2024-1", "archive", "index.html", "papers", "search"}),
        ({"roundup.yaml": "title: New\n"}, everything),
        ({"roundup.yaml": 'title: A digest\naccent: "#112233"\n'}, {*everything, "assets"}),
        ({"templates/issue.html": '{% extends "roundup/issue.html" %}'}, {*everything, "assets"}),
        (
            {"issues/2024-1/commentary/2401.00001.yaml": None, "issues/2024-1/papers/2401.00001.yaml": None, issue: "date: 2024-02-01\n"},
            {"2024-1", ".roundup-trail.json", "archive", "authors", "index.html", "search", "topics"},
        ),
    ]
    before = fingerprints(digest(base, name="base"))
    for number, (files, expected) in enumerate(cases):
        after = fingerprints(digest({**base, **files}, name=f"case-{number}"))
        changed = {path.split("/")[0] for path in after if before.get(path) != after[path]}
        assert changed == expected, files


def test_equal_fingerprints_mean_equal_bytes(digest: Digest, roundup: Run) -> None:
    """Whatever is edited, an output whose fingerprint stays has the bytes that it had: a later build may pass it over."""
    pick, record = "issues/2024-1/commentary/2401.00001.yaml", "issues/2024-1/papers/2401.00001.yaml"
    base: dict[str, str | None] = {"issues/2024-3/issue.yaml": "date: 2024-04-01\nintro: See [[2401.00001]].\n", "issues/2023-1/issue.yaml": "date: 2023-02-01\n"}
    edits: list[dict[str, str | None]] = [
        {pick: "link: {url: https://example.org, title: Not a paper}\n", record: None},
        {pick: MINIMAL[pick].replace("Some", "Other")},
        {record: MINIMAL[record].replace("A plain", "Another")},
        {"issues/2023-1/issue.yaml": "date: 2023-02-01\ntitle: Renamed\n"},
        {"issues/2023-1/issue.yaml": None},
        {"issues/2024-2/issue.yaml": "date: 2024-03-01\n"},
        {"issues/2024-1/issue.yaml": "date: 2024-02-01\nkind: list\norder:\n- 2401.00001\n"},
        {"issues/2024-3/issue.yaml": "date: 2024-04-02\nintro: See [[2401.00001]].\n"},
        {"roundup.yaml": "title: A digest\ntagline: new\n"},
        {"templates/home.html": '{% extends "roundup/home.html" %}{% block newest %}{% endblock %}'},
    ]
    edits[0] = {"issues/2024-1/issue.yaml": "date: 2024-02-01\n", "issues/2024-1/commentary/talk.yaml": edits[0][pick], pick: None, record: None}
    sites = []
    for number, edit in enumerate([{}, *edits]):
        root = digest({**base, **edit}, name=f"edit-{number}")
        assert roundup("build", "-q", root=root).code == 0
        sites.append((fingerprints(root), tree(root / "site")))
    before, pages = sites[0]
    for after, changed in sites[1:]:
        same = [path for path in after if before.get(path) == after[path]]
        assert all(pages[path] == changed[path] for path in same)


def fingerprints(root: Path) -> dict[str, str]:
    from roundup.plan import plan
    from roundup.site import Site
    from roundup.store.reading import read_digest

    read = read_digest(root)
    assert read.problems == ()
    return {o.path: o.made_from for o in plan(Site(read.config, read.archive, read.theme, read.assets)).outputs}
