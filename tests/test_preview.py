"""The preview behind its server: what is drawn when, what stays when something is wrong, and what a page is sent with."""

from __future__ import annotations

import errno
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import write
from hostile import SOAK
from previewed import DRAWING, FILES, PICK, picked
from roundup.pages.live import live, shown_files
from roundup.preview import Preview
from test_messages import CASES, Case

Make = Callable[..., Path]


def settled(preview: Preview, path: str = "", wanted: bool = True) -> None:
    """Let the preview take in what has changed."""
    for _ in range(100):
        if preview.refresh(path) is wanted:
            return
        time.sleep(0.01)
    raise AssertionError("nothing has changed")


def test_an_output_is_drawn_when_it_is_looked_at_and_once(digest: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    render = sys.modules["roundup.preview"].render  # type: ignore[attr-defined]
    monkeypatch.setattr("roundup.preview.render", lambda output, *more: drawn.append(output.path) or render(output, *more))
    root = digest(FILES)
    preview = Preview(root)
    preview.refresh()
    preview.page("2024-1/index.html")
    preview.page("2024-1/index.html")
    write(root / "issues/2024-3/commentary/2403.00001.yaml", picked("Other words.", "2403.00001"))
    settled(preview)
    preview.page("robots.txt")
    preview.page("robots.txt")
    assert drawn == ["2024-1/index.html", "robots.txt"]


def test_so_many_outputs_are_kept_and_no_more(digest: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roundup.preview._KEPT", 2)
    preview = Preview(digest(FILES))
    preview.refresh()
    shown = [preview.page(path).data for path in ("index.html", "404.html", "robots.txt", "index.html")]
    assert shown[0] == shown[3]
    assert len(preview._drawn) == 2


def test_words_that_come_back_are_shown(digest: Make) -> None:
    """Also when the plan, by then another one, comes back with them: as by a checkout."""
    root = digest(FILES)
    preview = Preview(root)
    preview.refresh()
    assert b"Some words." in preview.page("2024-1/index.html").data
    write(root / PICK, picked("Other words."))
    settled(preview)
    assert b"Other words." in preview.page("2024-1/index.html").data
    write(root / PICK, str(FILES[PICK]))
    write(root / "issues/2024-3/issue.yaml", "teaser: another\n")
    settled(preview)
    assert b"Some words." in preview.page("2024-1/index.html").data


def test_faults_of_the_plan_stay_while_words_are_edited(digest: Make) -> None:
    root = digest({**FILES, "assets/x.txt": "", "assets/X.txt": ""})
    preview = Preview(root)
    preview.refresh()
    (fault,) = preview.problems
    write(root / PICK, picked("Other words."))
    settled(preview)
    assert preview.problems == (fault,)


def test_a_path_that_is_not_planned_has_no_page(digest: Make) -> None:
    preview = Preview(digest(FILES))
    assert preview.find("index.html") is None
    preview.refresh()
    with pytest.raises(ValueError, match="none is not planned"):
        preview.page("none")


def test_the_last_state_without_problems_stays(digest: Make) -> None:
    root = digest(FILES)
    preview = Preview(root)
    preview.refresh()
    write(root / PICK, "paper: 2401.00001\ncomentary: Other words.\n")
    settled(preview)
    assert [str(problem) for problem in preview.problems] == [f'{PICK}:2: unknown key "comentary"; did you mean "commentary"?']
    assert b"Some words." in preview.page("2024-1/index.html").data
    write(root / PICK, picked("Other words."))
    settled(preview)
    assert preview.problems == ()
    assert b"Other words." in preview.page("2024-1/index.html").data


def test_a_list_planned_before_words_changed_is_drawn_though_their_file_is_broken_now(digest: Make) -> None:
    root = digest(FILES)
    time.sleep(0.03)  # so that what is read is kept
    preview = Preview(root)
    preview.refresh()
    write(root / PICK, FILES[PICK].replace("Some", "Other"))
    settled(preview)
    write(root / PICK, "commentary: [\n")
    settled(preview)
    assert preview.problems
    assert b"A plain title" in preview.page("topics/cs-lg.html").data


def test_before_there_was_a_good_state_what_can_be_read_is_shown(digest: Make) -> None:
    root = digest({**FILES, "issues/2024-2/issue.yaml": "titel: no\n"})
    preview = Preview(root)
    preview.refresh()
    assert len(preview.problems) == 1
    for words in ("Some words.", "Other words."):
        write(root / PICK, picked(words))
        settled(preview)
        assert words.encode() in preview.page("2024-1/index.html").data


def test_a_template_that_fails_leaves_its_pages_as_they_were(digest: Make) -> None:
    root = digest(FILES)
    preview = Preview(root)
    preview.refresh()
    before = preview.page("2024-1/index.html")
    write(root / "templates/issue.html", "{% extends 'roundup/issue.html' %}\n{% block outro %}{{ nobody }}{% endblock %}\n")
    settled(preview)
    shown = preview.page("2024-1/index.html")
    assert shown.data == before.data
    assert [str(problem.where) for problem in shown.problems] == ["templates/issue.html:2"]
    assert preview.page("2024-3/index.html").data == b""
    assert preview.page("archive/index.html").problems == ()
    (root / "templates/issue.html").unlink()
    settled(preview)
    assert preview.page("2024-1/index.html") == before


FAULTY = [case for case in CASES if case.code == 1]


@pytest.mark.parametrize("case", FAULTY if SOAK else FAULTY[::5], ids=lambda case: case.name)
def test_whatever_is_wrong_at_the_start_there_is_a_page_and_no_other_error(case: Case, digest: Make) -> None:
    preview = Preview(digest(case.files))
    preview.refresh()
    if not preview.problems:
        return  # what "check" alone tells
    for path in ("index.html", "2024-1/index.html", "2024-1/mail.txt", "papers/2401.00001.html", "authors/index.html", "assets/roundup.css"):
        if preview.find(path):
            preview.page(path)


# ---- a page on its way ----


POLICIES = {
    "default-src 'none'; script-src 'self'": "default-src 'none'; script-src 'self'; connect-src 'self'",
    "default-src 'self'": "default-src 'self'; script-src 'self'; connect-src 'self'",
    "default-src 'none'; script-src 'none'; connect-src https://a.example": "default-src 'none'; script-src 'self'; connect-src https://a.example 'self'",
    "img-src 'self'": "img-src 'self'; script-src * 'self'; connect-src * 'self'",
    "": "script-src * 'self'; connect-src * 'self'",
}


@pytest.mark.parametrize("policy", POLICIES)
def test_a_page_s_policy_lets_the_preview_in_and_nobody_else(policy: str) -> None:
    page = f'<meta http-equiv="Content-Security-Policy" content="{policy}"></head><p>Some words.'
    shown = live(page, "/s.js", "v").replace("&#x27;", "'")
    assert shown == f'<meta http-equiv="Content-Security-Policy" content="{POLICIES[policy]}"><script src="/s.js" defer data-version="v"></script>\n</head><p>Some words.'


def test_a_page_without_a_head_gets_the_script_all_the_same() -> None:
    assert live("<p>Words.", "/s.js", "v") == '<p>Words.<script src="/s.js" defer data-version="v"></script>\n'


def test_the_files_that_a_page_shows_are_its_own() -> None:
    page = (
        '<link rel="stylesheet" href="../assets/roundup.css"><link href=\'../a.css\' rel=\'stylesheet\'><script src="../assets/roundup.js" defer></script><link rel="alternate" href="../feed.xml">'
        '<img alt="x" src="figures/a%20b.png?c#d"><img src="https://example.org/x.png"><img src="//example.org/x.png"><img src="/assets/y.png"><img src=""><a href="no.png">x</a><video poster="p.png" src="v.mp4">'
    )
    assert list(shown_files(page, "2024-1/index.html")) == ["assets/roundup.css", "a.css", "assets/roundup.js", "2024-1/figures/a b.png", "assets/y.png", "2024-1/p.png", "2024-1/v.mp4"]


# ---- what must not take an edit, or the last good site, away ----


def test_where_the_cache_is_emptied_meanwhile_edits_are_shown(digest: Make) -> None:
    root = digest(FILES)
    preview = Preview(root)
    preview.refresh()
    for words in ("Other words.", "Still others."):
        shutil.rmtree(root / ".roundup/cache")
        write(root / PICK, picked(words))
        settled(preview)
        assert words.encode() in preview.page("2024-1/index.html").data
    assert Preview(root).refresh()


def test_where_nothing_can_be_kept_any_more_edits_are_shown(digest: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a disk that was filled meanwhile."""
    root = digest(FILES)
    preview = Preview(root)
    preview.refresh()
    put = sys.modules["roundup.store.memory"].put  # type: ignore[attr-defined]

    def full(folder: str, *more: object) -> None:
        if folder.startswith(str(root)):
            raise OSError(errno.ENOSPC, "No space left on device")
        put(folder, *more)

    monkeypatch.setattr("roundup.store.memory.put", full)
    write(root / PICK, picked("Other words."))
    settled(preview)
    assert b"Other words." in preview.page("2024-1/index.html").data
    preview._memory._passing.cleanup()


def test_an_edit_that_could_not_be_taken_in_is_not_forgotten(digest: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    root = digest(FILES)
    preview = Preview(root)
    preview.refresh()
    write(root / PICK, picked("Other words."))
    with monkeypatch.context() as patch:
        patch.setattr(Preview, "_take_in", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            settled(preview)
    settled(preview)
    assert b"Other words." in preview.page("2024-1/index.html").data


def test_a_fault_of_the_plan_leaves_the_last_good_site_and_so_does_a_slip_after_it(digest: Make) -> None:
    root = digest(FILES)
    preview = Preview(root)
    preview.refresh()
    before = preview.page("2024-1/index.html").data
    write(root / "assets/roundup.svg", DRAWING)
    settled(preview)
    assert [str(problem.where) for problem in preview.problems] == ["assets/roundup.svg"]
    write(root / PICK, "paper: 2401.00001\ncomentary: Other words.\n")
    settled(preview)
    assert preview.page("2024-1/index.html").data == before
    (root / "assets/roundup.svg").unlink()
    write(root / PICK, picked("Other words."))
    settled(preview)
    assert preview.problems == ()
    assert b"Other words." in preview.page("2024-1/index.html").data


def test_a_template_that_fails_is_tried_once_for_each_state_and_the_page_stays(digest: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    root = digest(FILES)
    preview = Preview(root)
    preview.refresh()
    good = preview.page("404.html").data
    write(root / "templates/404.html", "{{ nobody }}")
    settled(preview)
    drawn: list[str] = []
    render = sys.modules["roundup.preview"].render  # type: ignore[attr-defined]
    monkeypatch.setattr("roundup.preview.render", lambda output, *more: drawn.append(output.path) or render(output, *more))
    shown = [preview.page("404.html") for _ in range(3)]
    assert drawn == ["404.html"]
    assert [(one.data, [problem.where.path for problem in one.problems]) for one in shown] == [(good, ["templates/404.html"])] * 3


def test_styles_that_are_none_are_told_of_the_template_of_the_mail(digest: Make) -> None:
    mail = "<html><head><style>p { margin: 1px }</style></head><body><p style='color red'>x</p></body></html>"
    preview = Preview(digest({**FILES, "templates/mail.html": mail}))
    preview.refresh()
    (told,) = preview.page("2024-1/mail.html").problems
    assert str(told).startswith("templates/mail.html: the styles of the mail cannot be written into its elements: ")


def test_search_is_worked_out_once_for_each_state_and_from_what_is_kept(digest: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    root = digest(FILES)
    preview = Preview(root)
    preview.refresh()
    paths = [output.path for output in preview._stand.outputs.values() if output.kind == "index"]  # type: ignore[union-attr]
    assert paths
    asked: list[str] = []
    words_in = sys.modules["roundup.pieces"].words_in  # type: ignore[attr-defined]
    monkeypatch.setattr("roundup.pieces.words_in", lambda coverage: asked.append(coverage.name) or words_in(coverage))
    for path in paths:
        preview.page(path)
    assert len(asked) == len(set(asked))
    asked.clear()
    write(root / PICK, picked("Other words."))
    settled(preview)
    for path in paths:
        preview.page(path)
    assert asked == ["2401.00001"]


def test_beside_a_draft_the_public_catalogue_is_worked_out_once(digest: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    root = digest({**FILES, "issues/2024-5/issue.yaml": "teaser: a draft\n"})
    time.sleep(0.03)  # so that what is read is kept
    preview = Preview(root)
    preview.refresh()
    counted: list[int] = []
    columns_of = sys.modules["roundup.jobs"].columns_of  # type: ignore[attr-defined]
    for module in ("jobs", "catalogue"):
        monkeypatch.setattr(f"roundup.{module}.columns_of", lambda outlines, *more: counted.append(len(outlines)) or columns_of(outlines, *more))
    write(root / "issues/2024-5/issue.yaml", "teaser: another draft\n")
    settled(preview)
    assert len(counted) <= 1
