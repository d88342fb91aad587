"""What was seen waits in the inbox, is decided once, and comes back when the editor says so."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import sys
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest
from msgspec.structs import replace

from conftest import Result, tree, write
from roundup.issue import Link
from roundup.learning import Learning
from roundup.paper import ArxivId, Author, Paper, Sighting, Withdrawal
from roundup.ranking import Usual, said
from roundup.records.papers import dump_paper
from roundup.store.inbox import LATER, PICKED, SKIPPED, Asked, Decision, Inbox
from roundup.store.shelf import Shelves

Digest = Callable[..., Path]
Run = Callable[..., Result]

DAY = dt.date(2024, 2, 1)
PICK = "issues/2024-1/commentary/2402.00002.yaml"
RECORD = "issues/2024-1/papers/2402.00002.yaml"


def paper(number: int, title: str = "", votes: int | None = None, version: int | None = 1, category: str = "cs.LG") -> Paper:
    seen = (Sighting("huggingface", DAY, "", votes),) if votes is not None else ()
    name = title or f"Paper {number}"
    return Paper(ArxivId(f"2402.{number:05}", version), name, (Author(f"Ada Example {number}"),), (category, "stat.ML"), f"Words of {number}.", DAY + dt.timedelta(days=number), seen=seen)


@pytest.fixture
def root(digest: Digest) -> Path:
    """A digest with a draft, and four papers in its inbox."""
    found = digest({"issues/2024-1/issue.yaml": "order: []\n"}, bare=True)
    with closing(Inbox(found)) as inbox:
        inbox.put([paper(1), paper(2, "Soft $\\alpha$ experts", 7), paper(3, votes=40), paper(4, category="math.AP")], DAY)
    return found


def state(root: Path, number: int) -> str:
    with closing(Inbox(root)) as inbox:
        found = inbox.find(f"2402.{number:05}")
        assert found
        return found.decided


def test_a_category_is_taken_as_it_is_written(root: Path, roundup: Run) -> None:
    for name, number in {"math.AP": 1, "stat.ML": 4, "%": 0, "cs_LG": 0, "cs.\\LG": 0}.items():
        assert len(json.loads(roundup("inbox", "--category", name, "--json", root=root).out)["papers"]) == number, name


def test_the_most_voted_stand_first_and_all_are_counted(root: Path, roundup: Run) -> None:
    shown = roundup("inbox", root=root)
    assert shown == Result(
        0,
        "2402.00003       Paper 3\n                 Ada Example 3 · cs.LG · 40 votes +0.3\n"
        "2402.00002       Soft α experts\n                 Ada Example 2 · cs.LG · 7 votes +0.1\n"
        "2402.00004       Paper 4\n                 Ada Example 4 · math.AP\n"
        "2402.00001       Paper 1\n                 Ada Example 1 · cs.LG\n"
        "4 seen: 4 not decided, 0 picked, 0 skipped, 0 later\n",
        "",
    )


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("expert",), ["2402.00002"]),
        (("alpha",), ["2402.00002"]),  # as its authors typed it
        (("ada", "example", "4"), ["2402.00004"]),
        (("--category", "math.AP"), ["2402.00004"]),
        (("--category", "stat.ML", "--max", "2"), ["2402.00003", "2402.00002"]),
        (("--since", "2024-02-02"), []),
        (('"', "*", "(", "experts"), ["2402.00002"]),  # nothing is SQLite's own language
        (("paper", "OR", "experts"), []),
    ],
)
def test_papers_are_found(arguments: tuple[str, ...], found: list[str], root: Path, roundup: Run) -> None:
    shown = json.loads(roundup("inbox", "--json", *arguments, root=root).out)
    assert [row["id"] for row in shown["papers"]] == found


def test_a_pick_has_its_files_and_is_no_longer_new(root: Path, roundup: Run) -> None:
    assert roundup("pick", "arXiv:2402.00002v1", "--section", "Tool use", root=root) == Result(0, "1 paper picked into 2024-1\n", "")
    assert (root / RECORD).read_text() == dump_paper(paper(2, "Soft $\\alpha$ experts", 7))
    assert (root / PICK).read_text().startswith("# Soft $\\alpha$ experts\n")
    assert state(root, 2) == PICKED
    assert roundup("inbox", "--order", "2024-1", root=root).out == "- section: Tool use\n- 2402.00002                           # Soft $\\alpha$ experts\n"
    counts = json.loads(roundup("inbox", "--json", root=root).out)["counts"]
    assert counts == {"new": 3, "picked": 1, "skipped": 0, "later": 0, "covered": 0}


def test_what_an_issue_has_is_not_new_whoever_put_it_there(root: Path, roundup: Run) -> None:
    (root / "issues/2024-1/papers").mkdir()
    (root / "issues/2024-1/papers/2402.00001.yaml").write_text(dump_paper(paper(1)))
    assert "2402.00001" not in roundup("inbox", root=root).out
    shown = roundup("inbox", "--state", "all", root=root).out
    assert "Ada Example 1 · cs.LG · already covered in 2024-1\n" in shown
    assert shown.endswith("\n4 seen: 3 not decided, 0 picked, 0 skipped, 0 later, 1 in issues by other ways\n")


def test_what_is_passed_over_stays_so(root: Path, roundup: Run) -> None:
    assert roundup("skip", "2402.00001", "2402.00003", root=root).out == "2 papers skipped\n"
    assert roundup("later", "2402.00004", root=root).out == "1 paper left for later\n"
    assert [row["id"] for row in json.loads(roundup("inbox", "--json", root=root).out)["papers"]] == ["2402.00002"]
    assert [row["id"] for row in json.loads(roundup("inbox", "--json", "--state", "later", root=root).out)["papers"]] == ["2402.00004"]


def test_a_newer_version_of_what_was_decided_comes_back_only_when_asked_for(root: Path, roundup: Run) -> None:
    roundup("skip", "2402.00001", root=root)
    with closing(Inbox(root)) as inbox:
        assert inbox.put([replace(paper(1, version=2), title="Retitled")], DAY) == {"2402.00001": "updated"}
    assert "2402.00001" not in roundup("inbox", root=root).out
    assert "skipped, now version 2" in roundup("inbox", "--revised", root=root).out
    assert "2402.00001" in roundup("inbox", "retitled", "--state", "all", root=root).out  # it is found by its new words
    assert "2402.00001" not in roundup("inbox", "paper", "1", "--state", "skipped", root=root).out  # and by no other


def test_what_stands_in_an_issue_is_told_when_it_is_decided_again(root: Path, roundup: Run) -> None:
    (root / "issues/2023-12").mkdir()
    (root / "issues/2023-12/issue.yaml").write_text("date: 2024-01-01\norder: []\n")
    roundup("pick", "2402.00001", root=root)
    told = "2402.00001 stands in 2024-1, too; say what is new, or take this back with: roundup undo\n"
    assert roundup("pick", "2402.00001", "--issue", "2023-12", root=root) == Result(0, "1 paper picked into 2023-12\n", told)
    told = "2402.00001 still stands in 2024-1, 2023-12; remove its files there if it should not\n"
    assert roundup("skip", "2402.00001", root=root) == Result(0, "1 paper skipped\n", told)


def test_decisions_are_taken_back_one_after_the_other(root: Path, roundup: Run) -> None:
    before = tree(root / "issues")
    roundup("later", "2402.00002", root=root)
    roundup("pick", "2402.00002", root=root)
    assert roundup("undo", root=root) == Result(0, "2402.00002: picked no more\n", "")
    assert tree(root / "issues") == before
    assert state(root, 2) == LATER
    assert roundup("undo", root=root).out == "2402.00002: later no more\n"
    assert state(root, 2) == ""
    assert roundup("undo", root=root) == Result(2, "", "nothing was decided that could be taken back\n")


def test_words_of_an_editor_stay_when_a_pick_is_taken_back(root: Path, roundup: Run) -> None:
    roundup("pick", "2402.00002", root=root)
    words = (root / PICK).read_text().replace("commentary: |\n", "commentary: |\n  Mine.\n")
    (root / PICK).write_text(words)
    told = f"{PICK} was changed since; it stays, remove it if it is not wanted\n{RECORD} stays with it\n"
    assert roundup("undo", root=root) == Result(0, "2402.00002: picked no more\n", told)
    assert (root / PICK).read_text() == words
    assert roundup("build", "--drafts", root=root).code == 0  # for which it has to have its record


def test_a_pick_that_was_there_is_not_touched(root: Path, roundup: Run) -> None:
    (root / "issues/2024-1/commentary").mkdir()
    (root / PICK).write_text("paper: 2402.00002\ncommentary: |\n  Mine.\n")
    roundup("pick", "2402.00002", root=root)
    roundup("undo", root=root)
    assert (root / PICK).read_text() == "paper: 2402.00002\ncommentary: |\n  Mine.\n"
    assert not (root / RECORD).exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("pick", "2402.00009", "2402.00008"), "not in the inbox: 2402.00009, 2402.00008; fetch it with: roundup fetch --inbox 2402.00009 2402.00008\n"),
        (("pick", "banana"), '"banana" names no paper; give its arXiv ID, as 2308.00951: roundup inbox shows them\n'),
        (("pick", "2402.1"), '"2402.1" is no arXiv ID: the number has 5 digits since 2015; did you mean 2402.10000?\n'),
        (("skip", "cs.LG"), '"cs.LG" names no paper; give its arXiv ID, as 2308.00951: roundup inbox shows them\n'),
        (("pick", "2402.00001", "--issue", "2025-1"), 'there is no issue "2025-1"; begin it with: roundup new 2025-1\n'),
    ],
)
def test_what_cannot_be_decided_is_told_and_nothing_is_changed(arguments: tuple[str, ...], told: str, root: Path, roundup: Run) -> None:
    before = tree(root / "issues")
    assert roundup(*arguments, root=root) == Result(2, "", told)
    assert tree(root / "issues") == before
    assert state(root, 1) == ""


def test_an_inbox_of_the_first_release_is_taken_over(digest: Digest) -> None:
    root = digest({"roundup.yaml": "title: A digest\n"}, bare=True)
    path = root / ".roundup/state/inbox.sqlite"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE papers (name TEXT PRIMARY KEY, first_seen TEXT NOT NULL, record TEXT NOT NULL)")
        file.execute("CREATE TABLE links (url TEXT PRIMARY KEY, first_seen TEXT NOT NULL, link TEXT NOT NULL)")
        file.execute("INSERT INTO links VALUES ('https://example.org/', '2024-01-01', '{}')")
        file.execute("INSERT INTO papers VALUES ('2402.00002', '2024-01-05', ?)", (dump_paper(paper(2)),))
    with closing(Inbox(root)) as inbox:
        (found,) = inbox.candidates(Asked(words="paper"))
        assert (found.paper, found.first_seen) == (paper(2), dt.date(2024, 1, 5))
    with closing(Inbox(root)) as inbox:
        assert len(inbox.papers()) == 1
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM links").fetchone() == (1,)


def test_an_inbox_of_the_second_release_is_described_anew(root: Path) -> None:
    path = root / ".roundup/state/inbox.sqlite"
    with closing(Inbox(root)) as inbox:
        inbox.decide([Decision("2402.00003", SKIPPED, 1, DAY)])
    before = everything(path)
    with closing(sqlite3.connect(path)) as file, file:
        for table in ("sketches", "usual", "files"):
            file.execute(f"DROP TABLE {table}")
        for index in ("listed", "seen", "announced", "dated"):
            file.execute(f"DROP INDEX {index}")
        for column in ("news", "announced"):
            file.execute(f"ALTER TABLE papers DROP COLUMN {column}")
        file.execute("CREATE INDEX undecided ON papers (decided, votes DESC, name DESC)")
        file.execute("PRAGMA user_version = 1")
    with closing(Inbox(root)) as inbox, closing(Inbox(root)) as other:
        assert inbox.counts() == other.counts() == {"": 3, SKIPPED: 1}
        assert everything(path) == before
        inbox.put([replace(paper(2, version=2), title="Retitled")], DAY)
        assert inbox.names(Asked(words="retitled")) == ["2402.00002"]
        assert inbox.names(Asked(words="experts")) == []


def everything(path: Path) -> dict[str, object]:
    """Return the rows of all tables that say something."""
    with closing(sqlite3.connect(path)) as file:
        columns = "name, version, first_seen, category, votes, decided, decided_version, row, news, announced"
        tables = {table: f"SELECT * FROM {table} ORDER BY 1" for table in ("decisions", "sketches", "usual", "files")}
        return {table: file.execute(text).fetchall() for table, text in {"papers": f"SELECT {columns} FROM papers ORDER BY name", **tables}.items()}


def test_what_is_usual_follows_from_the_sketches_that_are_kept(root: Path) -> None:
    with closing(Inbox(root)) as inbox:
        inbox.put([replace(paper(1, version=2), title="Retitled by its authors"), paper(5)], DAY)
        assert inbox.usual() == Usual().changed(one.sketch for one in inbox.known_as(inbox.names(Asked(()))).values())
        assert inbox.usual().papers == 5


def test_a_listing_needs_no_other_to_wait(root: Path, roundup: Run) -> None:
    """It reads while somebody else writes, and what it would keep it keeps another time."""
    (root / "issues/2024-1/papers").mkdir()
    (root / "issues/2024-1/papers/2401.00007.yaml").write_text(dump_paper(replace(paper(7), id=ArxivId("2401.00007"))))
    with closing(Inbox(root)) as inbox:
        assert not inbox.kept(["issues/2024-1/papers/2401.00007.yaml"])
    with closing(sqlite3.connect(root / ".roundup/state/inbox.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert roundup("inbox", root=root).code == 0
        other.execute("ROLLBACK")
    with closing(Inbox(root)) as inbox:
        assert not inbox.kept(["issues/2024-1/papers/2401.00007.yaml"])
    roundup("inbox", root=root)
    with closing(Inbox(root)) as inbox:
        assert len(inbox.kept(["issues/2024-1/papers/2401.00007.yaml"])) == 1


def test_a_record_is_read_once_and_again_when_it_changes(root: Path) -> None:
    path = root / "issues/2024-1/papers/2401.00007.yaml"
    path.parent.mkdir()
    path.write_text(dump_paper(replace(paper(7), id=ArxivId("2401.00007"))))

    def learned() -> tuple[list[str], list[str]]:
        read: list[str] = []
        shelves = Shelves(root)
        record = shelves.record
        shelves.record = lambda path: read.append(path) or record(path)  # type: ignore[method-assign,func-returns-value]
        with closing(Inbox(root)) as inbox:
            return [lesson.paper.name for lesson in Learning(shelves, inbox, DAY).lessons()], read

    assert learned() == (["2401.00007"], ["issues/2024-1/papers/2401.00007.yaml"])
    assert learned() == (["2401.00007"], [])
    path.write_text(path.read_text().replace("Paper 7", "Paper eight"))
    assert learned() == (["2401.00007"], ["issues/2024-1/papers/2401.00007.yaml"])


def test_a_ranking_is_kept_until_anything_changes_that_it_was_made_of(root: Path, roundup: Run) -> None:
    """What was learned is read again, and says the same; after each change it is learned anew."""
    roundup("pick", "2402.00002", root=root)

    def ranking(day: dt.date = DAY) -> tuple[list[str], dict[str, float], bool]:
        learning = Learning(Shelves(root), (inbox := Inbox(root)), day)
        with closing(inbox):
            slips = inbox.slips(Asked(), 100)
            asked: list[object] = []
            lessons = learning.lessons
            learning.lessons = lambda: asked.append(1) or lessons()  # type: ignore[method-assign,func-returns-value]
            found = learning.ranking(slips)
            whys = [said(found.why(one.paper)) for one in inbox.candidates(Asked())]
            return whys, found.scores, bool(asked)

    *first, learned = ranking()
    assert learned
    assert ranking() == (*first, False)
    assert ranking(DAY + dt.timedelta(days=1))[2]
    changes: list[Callable[[], object]] = [
        lambda: roundup("skip", "2402.00001", root=root),
        lambda: roundup("undo", root=root),
        lambda: (root / "roundup.yaml").write_text("title: A digest\ninterests:\n  words: [papers]\n"),
        lambda: (root / RECORD).write_text((root / RECORD).read_text().replace("Soft", "Very soft")),
        lambda: put(root, replace(paper(3, votes=41), title="Retitled")),
    ]
    for change in changes:
        ranking()
        assert not ranking()[2]
        change()
        assert ranking()[2]


def put(root: Path, *papers: Paper) -> None:
    with closing(Inbox(root)) as inbox:
        inbox.put(papers, DAY)


@pytest.mark.parametrize("what", ["ranking: model", "ranking: scores", "ranking: %"])
@pytest.mark.parametrize("broken", [b"nonsense", b"x\x9c", b'["2402.00001"]', b'{"2402.00001": "high"}', zlib.compress(b"\1\0\0\0" + b"\xff" * 16 + bytes(8)), None])
def test_a_ranking_that_cannot_be_read_is_made_anew(broken: bytes | None, what: str, root: Path, roundup: Run) -> None:
    roundup("pick", "2402.00002", root=root)
    shown = roundup("inbox", root=root).out
    with closing(sqlite3.connect(root / ".roundup/state/inbox.sqlite")) as file, file:
        before = file.execute("SELECT * FROM files ORDER BY path").fetchall()
        file.execute(*(("UPDATE files SET value = ? WHERE path LIKE ?", (broken, what)) if broken else ("DELETE FROM files WHERE path LIKE ?", (what,))))
    assert roundup("inbox", root=root).out == shown
    with closing(sqlite3.connect(root / ".roundup/state/inbox.sqlite")) as file:
        assert file.execute("SELECT * FROM files ORDER BY path").fetchall() == before


def test_the_paper_that_every_digest_begins_with_teaches_nothing(tmp_path: Path, roundup: Run) -> None:
    roundup("init", str(tmp_path / "new"), root=tmp_path)
    root = tmp_path / "new"
    (pick,) = root.glob("issues/*/commentary/1706.03762.yaml")
    with closing(Inbox(root)) as inbox:
        assert list(Learning(Shelves(root), inbox, DAY).lessons()) == []
        pick.write_text(pick.read_text().replace("Say in a few sentences", "It says in a few sentences"))
        assert [lesson.paper.name for lesson in Learning(Shelves(root), inbox, DAY).lessons()] == ["1706.03762"]


def test_an_inbox_of_a_newer_roundup_is_left_alone(digest: Digest, roundup: Run) -> None:
    root = digest({"roundup.yaml": "title: A digest\n"}, bare=True)
    path = root / ".roundup/state/inbox.sqlite"
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 9")
    assert roundup("inbox", root=root) == Result(2, "", f"{path} was written by a newer roundup; install that\n")


def test_an_inbox_that_another_run_uses_is_not_called_broken(root: Path, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roundup.store.account._WAIT_S", 0.01)
    path = root / ".roundup/state/inbox.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert roundup("inbox", root=root) == Result(2, "", f"{path} is in use by another run; try again when that is done\n")
    assert roundup("inbox", root=root).code == 0


def test_what_is_no_inbox_is_told(digest: Digest, roundup: Run) -> None:
    root = digest({"roundup.yaml": "title: A digest\n"}, bare=True)
    path = root / ".roundup/state/inbox.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database, but long enough to look like one" * 20)
    assert roundup("inbox", root=root) == Result(2, "", f"{path} cannot be used: file is not a database; put a back-up in its place, or move it away\n")


def test_a_decision_on_what_was_never_seen_is_refused(root: Path) -> None:
    with closing(Inbox(root)) as inbox:
        with pytest.raises(KeyError):
            inbox.decide([Decision("2402.00001", SKIPPED, 1, DAY), Decision("2402.00099", SKIPPED, 1, DAY)])
        assert inbox.last() is None  # all, or none


def test_rows_that_are_no_papers_are_told(root: Path, roundup: Run) -> None:
    path = root / ".roundup/state/inbox.sqlite"
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE papers SET row = '[]'")
    shown = roundup("inbox", root=root)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.startswith(f"{path} cannot be used: ")
    assert shown.err.endswith("; put a back-up in its place, or move it away\n")


def test_what_is_like_the_picks_stands_first_and_says_why(root: Path, roundup: Run) -> None:
    with closing(Inbox(root)) as inbox:
        inbox.put([paper(number, f"{what} of number {number}") for number, what in enumerate(["Sparse experts", "Graph colouring"] * 6, 10)], DAY)
        inbox.put([paper(number, f"Something{number} else{number}") for number in range(30, 90)], DAY)
    roundup("pick", "2402.00010", "2402.00012", "2402.00014", root=root)
    roundup("skip", "2402.00011", "2402.00013", "2402.00015", root=root)
    first, *_, last = (row for row in json.loads(roundup("inbox", "--json", "--max", "100", root=root).out)["papers"] if "of number" in row["title"])
    assert first["title"].startswith("Sparse experts")
    assert first["score"] > 0 > last["score"]
    assert "expert" in first["why"]
    assert "colouring" in last["why"]


def test_what_is_looked_for_stands_first_before_anything_was_picked(root: Path, roundup: Run) -> None:
    (root / "roundup.yaml").write_text("title: A digest\ninterests:\n  authors: [Ada Example 4]\n")
    assert roundup("inbox", root=root).out.startswith("2402.00004       Paper 4\n")


def test_a_list_is_begun_and_filled_with_the_most_voted(root: Path, roundup: Run) -> None:
    assert roundup("fill", "2024-2-1", "--top", "2", "--by", "votes", "--out", root=root) == Result(0, "list 2024-2-1 is begun, and has 2 papers, those with the most votes\n", "")
    assert sorted(path.stem for path in (root / "issues/2024-2-1/papers").iterdir()) == ["2402.00002", "2402.00003"]
    assert "\ndate: 20" in (root / "issues/2024-2-1/issue.yaml").read_text()
    assert roundup("fill", "2024-2-2", "--top", "5", root=root).out == "list 2024-2-2 is begun, and has 2 papers, those with the most votes\n"
    assert "\n# date: 20" in (root / "issues/2024-2-2/issue.yaml").read_text()
    assert state(root, 3) == ""  # an editor may still take it up
    before = tree(root / "issues")
    assert roundup("fill", "2024-2-1", "--top", "2", root=root).out == "list 2024-2-1 has 2 papers, those with the most votes\n"
    assert tree(root / "issues") == before


def test_a_list_is_filled_with_what_ranks_first_and_of_two_that_are_alike_with_one(root: Path, roundup: Run) -> None:
    (root / "roundup.yaml").write_text("title: A digest\ninterests:\n  authors: [Ada Example 4, Ada Example 1]\n")
    with closing(Inbox(root)) as inbox:
        inbox.put([replace(paper(number, "Planar graphs"), authors=(Author("Ada Example 4"),)) for number in (5, 6)], DAY)
    assert "\n                 Ada Example 4 · cs.LG · like 2402.00006 · Ada Example 4 +3.0\n" in roundup("inbox", root=root).out
    assert json.loads(roundup("inbox", "--json", root=root).out)["papers"][1]["like"] == "2402.00006"
    assert roundup("fill", "2024-2-1", "--top", "2", "--by", "ranking", root=root) == Result(0, "list 2024-2-1 is begun, and has 2 papers, those that rank first\n", "")
    assert sorted(path.stem for path in (root / "issues/2024-2-1/papers").iterdir()) == ["2402.00004", "2402.00006"]


def test_a_withdrawn_paper_stands_in_nobodys_place(root: Path, roundup: Run) -> None:
    gone = replace(paper(5, "Planar graphs", votes=50), withdrawn=Withdrawal("A mistake.", ""))
    put(root, gone, paper(6, "Planar graphs", votes=1))
    roundup("fill", "2024-2-1", root=root)
    assert {"2402.00005", "2402.00006"} & {path.stem for path in (root / "issues/2024-2-1/papers").iterdir()} == {"2402.00006"}


def test_a_list_is_not_begun_where_there_is_nothing_for_it(root: Path, roundup: Run) -> None:
    told = "there is no paper for 2024-2-1; nothing was begun\n"
    assert roundup("fill", "2024-2-1", "--since", "2024-03-01", "--out", root=root) == Result(0, told, "")
    (root / "roundup.yaml").write_text("title: A digest\ninterests:\n  ranking: scikit-learn\n  words: [graphs]\n")
    with mock.patch.dict(sys.modules, {"roundup.ranking.scikit": None}):
        found = roundup("fill", "2024-2-1", "--by", "ranking", "--out", root=root)
    assert found.code == 2
    assert "scikit-learn" in found.err
    assert not (root / "issues/2024-2-1").exists()


def test_what_was_left_when_an_issue_was_made_teaches_that_it_was_passed_over(root: Path, roundup: Run) -> None:
    roundup("pick", "2402.00002", root=root)
    roundup("later", "2402.00003", root=root)
    with closing(Inbox(root)) as inbox:
        inbox.put([paper(9)], DAY + dt.timedelta(days=40))  # for another issue

        def taught(today: dt.date) -> dict[str, str]:
            return {lesson.paper.name: lesson.verdict for lesson in Learning(Shelves(root), inbox, today).lessons()}

        assert taught(DAY) == taught(dt.date(2024, 1, 31)) == {"2402.00002": "picked"}
        shutil.move(root / "issues/2024-1", root / "issues/2024-2")
        assert taught(dt.date(2024, 2, 29)) == {"2402.00002": "picked"}  # its month is not over
        assert taught(dt.date(2024, 3, 1)) == {"2402.00002": "picked", "2402.00001": "passed", "2402.00004": "passed"}


def test_a_list_of_a_day_to_come_is_not_dated(root: Path, roundup: Run) -> None:
    said = "2999-2-1 is still to come; fill it without --out, and give it a date when it goes out\n"
    assert roundup("fill", "2999-2-1", "--out", root=root) == Result(2, "", said)
    assert not (root / "issues/2999-2-1").exists()


def test_what_nothing_was_picked_into_says_so(root: Path, roundup: Run) -> None:
    assert roundup("inbox", "--order", "2024-1", root=root) == Result(0, "", "nothing of the inbox was picked into 2024-1\n")
    assert roundup("inbox", "--order", "2024-7", root=root) == Result(2, "", 'there is no issue "2024-7"; begin it with: roundup new 2024-7\n')


def test_a_pick_goes_into_the_draft_that_takes_words(root: Path, roundup: Run) -> None:
    roundup("fill", "2024-2-1", "--top", "1", root=root)
    assert roundup("pick", "2402.00001", root=root).out == "1 paper picked into 2024-1\n"


def test_an_issue_with_commentary_is_not_filled(root: Path, roundup: Run) -> None:
    said = "2024-1 is an issue with commentary, and only a list is filled; begin one with: roundup new --list\n"
    assert roundup("fill", "2024-1", root=root) == Result(2, "", said)


def test_an_empty_inbox_fills_nothing(digest: Digest, roundup: Run) -> None:
    root = digest({"roundup.yaml": "title: A digest\n"}, bare=True)
    assert roundup("fill", "2024-1", root=root) == Result(2, "", "the inbox is empty; roundup fetch --inbox fills it\n")
    assert not (root / "issues").exists()


POST = Link("https://example.org/post", "A post, with [brackets]", "Example", "Its first words.")


def test_posts_of_feeds_are_shown_and_picked_by_their_address(root: Path, roundup: Run) -> None:
    other = Link("https://example.org/other", "Another")
    with closing(Inbox(root)) as inbox:
        inbox.put_links([POST], DAY)
        inbox.put_links([other], DAY + dt.timedelta(days=1))
    shown = "https://example.org/other\n    Another\nhttps://example.org/post\n    A post, with [brackets] · Example\n2 links\n"
    assert roundup("inbox", "--links", root=root) == Result(0, shown, "")
    assert roundup("inbox", "--links", "--since", "2024-02-02", root=root).out == "https://example.org/other\n    Another\n1 link\n"
    assert json.loads(roundup("inbox", "--links", "--json", "--max", "1", root=root).out) == [{"url": other.url, "title": "Another", "source": ""}]
    assert roundup("pick", POST.url, "2402.00002", root=root) == Result(0, "1 paper and 1 link picked into 2024-1\n", "")
    stub = (root / "issues/2024-1/commentary/a-post-with-brackets.yaml").read_text()
    assert "url: https://example.org/post\n" in stub
    assert "Its first words." in stub
    assert roundup("pick", POST.url, root=root) == Result(0, "nothing new picked into 2024-1\n", "")
    assert roundup("check", root=root).code == 1  # words are missing; the stubs can be read


def test_a_post_that_was_never_seen_is_told_and_nothing_is_picked(root: Path, roundup: Run) -> None:
    before = tree(root / "issues")
    told = "https://example.org/none is not in the inbox; roundup inbox --links shows what is\n"
    assert roundup("pick", "2402.00002", "https://example.org/none", root=root) == Result(2, "", told)
    assert tree(root / "issues") == before


def test_a_decision_is_taken_back_whatever_was_decided_of_other_papers_meanwhile(root: Path) -> None:
    with closing(Inbox(root)) as inbox:
        inbox.decide([Decision("2402.00001", SKIPPED, 1, DAY)])
        first = inbox.last()
        inbox.decide([Decision("2402.00003", SKIPPED, 1, DAY)])
        assert first
        inbox.undo(first)
    assert (state(root, 1), state(root, 3)) == ("", SKIPPED)


def test_what_a_killed_run_left_beside_the_stubs_goes_with_the_next_pick(root: Path, roundup: Run) -> None:
    write(root / "issues/2024-1/commentary/.roundup-0.tmp", "half")
    assert roundup("pick", "2402.00002", root=root).code == 0
    assert not (root / "issues/2024-1/commentary/.roundup-0.tmp").exists()
