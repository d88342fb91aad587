"""What the user reads when something is wrong: the whole text of each message, its place, its mend, the exit code.

The cases that are made of plain files stand in ``messages.md``. Here is what reads them, and what plain files cannot
say: bytes, links, pipes, names that are no text, locks.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import MINIMAL, Result, tree, write
from hostile import SOAK

Make = Callable[..., Path]
Run = Callable[..., Result]

ISSUE = "issues/2024-1/issue.yaml"
PICK = "issues/2024-1/commentary/2401.00001.yaml"
RECORD = "issues/2024-1/papers/2401.00001.yaml"
FIGURE = "issues/2024-1/figures/a.svg"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>\n'


# ---- the cases of messages.md ----


@dataclass
class Case:
    """A section of messages.md: the files, the command, and all that it prints."""

    name: str
    files: dict[str, str | None] = field(default_factory=dict)
    command: tuple[str, ...] = ("check",)
    printed: str = ""
    code: int | None = None


def cases(text: str) -> Iterator[Case]:
    """Yield the cases of the file; what is neither a heading, a fence, a command nor a ``without`` is for readers."""
    case = Case("")
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(("# ", "## ")):
            if case.code is not None:
                yield case
            case = Case(line.removeprefix("## "))
        elif fence := re.fullmatch(r"(`{3,})(.+)", line):
            inside = "".join(f"{row}\n" for row in iter(lambda: next(lines), fence[1]))
            if exit_code := re.fullmatch(r"exit (\d+)", fence[2]):
                case.printed, case.code = inside, int(exit_code[1])
            else:
                case.files[fence[2]] = inside
        elif line.startswith("$ roundup "):
            case.command = tuple(line.split()[2:])
        elif line.startswith("without "):
            case.files[line.removeprefix("without ")] = None
    if case.code is not None:
        yield case


CASES = tuple(cases(Path(__file__).with_name("messages.md").read_text(encoding="utf-8")))


def shown(result: Result, root: Path) -> str:
    """Return what was printed, with the digest's folder as ``DIGEST`` and no time taken."""
    return re.sub(r" in \d+\.\d\d s$", " in 0.00 s", (result.out + result.err).replace(str(root), "DIGEST"), flags=re.M)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_messages(case: Case, digest: Make, roundup: Run) -> None:
    root = digest(case.files)
    before = tree(root)
    result = roundup(*case.command, root=root)
    assert (shown(result, root), result.code) == (case.printed, case.code)
    if result.code:
        told = (case.command[0], result.code) in {("check", 1), ("send", 4)}  # the plan of a send is told before a server is asked
        assert bool(result.out) == told, "what goes wrong is told on stderr; problems are the result of check"
        assert tree(root) == before, "a command that fails changes nothing"


def test_no_two_cases_have_the_same_name() -> None:
    assert [name for name, times in Counter(case.name for case in CASES).items() if times > 1] == []


HOUSE_STYLE: dict[str, str] = {
    "a capital after the place": r"([^ ]+: )?[A-Z][a-z]+ .*",
    "a full stop": r".*[^.]\.",
    "Error": r".*\bError:.*",
    "a name of Python's": r".*(\bb'|<class|object at 0x|Traceback).*",
    "a double question": r".*\?[,;.].*",
}


@pytest.mark.parametrize("fault", HOUSE_STYLE)
def test_messages_have_no(fault: str) -> None:
    lines = [line for case in CASES if case.code for line in case.printed.splitlines()]
    assert [line for line in lines if re.fullmatch(HOUSE_STYLE[fault], line)] == []


# ---- what stands in place of a file ----


def check_alone(root: Path, roundup: Run, *problems: str, command: str = "check") -> None:
    """These problems and no others: nothing is said of what could not be known."""
    result = roundup(*command.split(), root=root)
    *lines, count = shown(result, root).splitlines() or [""]
    assert (lines, result.code) == (list(problems), 1), result
    assert count.startswith(f"{len(problems)} problem")


def replaced(root: Path, path: str) -> Path:
    """Return the path, with nothing there and its folder made."""
    full = root / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.unlink(missing_ok=True)
    return full


OUTSIDE = "a symbolic link that leads out of the digest; put the file itself here"
NOWHERE = "a symbolic link that leads nowhere; put the file itself here"
IN_PLACE: dict[str, tuple[Callable[[Path], None], str]] = {
    "folder": (lambda path: path.mkdir(), "is no ordinary file; remove it"),
    "pipe": (os.mkfifo, "is no ordinary file; remove it"),
    "link that dangles": (lambda path: path.symlink_to("nothing"), NOWHERE),
    "link to itself": (lambda path: path.symlink_to(path.name), NOWHERE),
    "link out of the digest": (lambda path: path.symlink_to(__file__), OUTSIDE),
}


# a folder among the figures has words of its own, in messages.md
CROSSED = [(kind, path) for kind in IN_PLACE for path in ("roundup.yaml", ISSUE, PICK, RECORD, FIGURE) if (kind, path) != ("folder", FIGURE)]


@pytest.mark.parametrize(("kind", "path"), CROSSED)
def test_a_file_is_a_file(kind: str, path: str, digest: Make, roundup: Run) -> None:
    """Whatever else stands in its place is named, without waiting, and nothing is said to be missing."""
    root = digest({PICK: f"paper: 2401.00001\ncommentary: |\n  ![A line]({FIGURE.removeprefix('issues/2024-1/')})\n", FIGURE: DRAWING})
    make, what = IN_PLACE[kind]
    make(replaced(root, path))
    check_alone(root, roundup, f"{path}: {what}")


@pytest.mark.parametrize("path", ["templates/issue.html", "assets/film.bin"])
@pytest.mark.parametrize("kind", [kind for kind in IN_PLACE if kind != "folder"])
def test_a_template_and_an_asset_are_files(kind: str, path: str, digest: Make, roundup: Run) -> None:
    root = digest()
    make, what = IN_PLACE[kind]
    make(replaced(root, path))
    check_alone(root, roundup, f"{path}: {what}")


@pytest.mark.parametrize("path", ["roundup.yaml", ISSUE, PICK, RECORD, FIGURE, "issues/2024-1", "issues/2024-1/commentary", "issues/2024-1/papers"])
def test_what_may_not_be_read_is_told_alone(path: str, digest: Make, roundup: Run) -> None:
    root = digest({FIGURE: DRAWING, PICK: "paper: 2401.00001\ncommentary: |\n  ![A line](figures/a.svg)\n"})
    mode = (root / path).stat().st_mode
    (root / path).chmod(0)
    if os.access(root / path, os.R_OK):
        pytest.skip("root may read everything")
    try:
        check_alone(root, roundup, f"{path}: cannot be read: permission denied; mend that and try again")
    finally:
        (root / path).chmod(mode)


FOLDERS = ("issues", "issues/2024-1/commentary", "issues/2024-1/papers", "issues/2024-1/figures", "templates", "assets")


@pytest.mark.parametrize("path", FOLDERS)
def test_a_folder_is_a_folder(path: str, digest: Make, roundup: Run) -> None:
    """A file in its place is named, and nothing is said of what should be in it."""
    root = digest({name: None for name in MINIMAL if name.startswith(f"{path}/")})
    write(root / path, "Some words.\n")
    check_alone(root, roundup, f"{path}: is no folder; move it away")


@pytest.mark.parametrize("path", ["issues/2024-1", *FOLDERS])
def test_a_folder_does_not_lead_out_of_the_digest(path: str, digest: Make, roundup: Run) -> None:
    """Not a name is read outside."""
    root = digest({name: None for name in MINIMAL if name.startswith(f"{path}/")})
    other = digest(name="other")
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to(other / path if (other / path).exists() else other / "issues")
    check_alone(root, roundup, f"{path}: a symbolic link that leads out of the digest; put the folder itself here")


@pytest.mark.parametrize("path", FOLDERS)
def test_a_folder_that_dangles_is_not_an_empty_one(path: str, digest: Make, roundup: Run) -> None:
    root = digest({name: None for name in MINIMAL if name.startswith(f"{path}/")})
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).symlink_to("nothing")
    check_alone(root, roundup, f"{path}: a symbolic link that leads nowhere; put the folder itself here")


def test_a_site_is_not_emptied_when_the_issues_are_gone(digest: Make, roundup: Run) -> None:
    """As when the disk that ``issues`` leads to is not mounted."""
    root = digest()
    assert roundup("build", root=root).code == 0
    (root / "issues").rename(root / "elsewhere")
    (root / "issues").symlink_to("nothing")
    check_alone(root, roundup, "issues: a symbolic link that leads nowhere; put the folder itself here", command="build")
    assert "site/2024-1/index.html" in tree(root)


def test_a_folder_that_holds_itself_is_told_once(digest: Make, roundup: Run) -> None:
    root = digest({"assets/a.txt": "Some words.\n"})
    (root / "assets/again").symlink_to(".")
    check_alone(root, roundup, "assets/again: a symbolic link to a folder; put the folder itself here")


# ---- bytes ----


UNREAD: dict[str, tuple[bytes, str]] = {
    "Latin-1": ("paper: 2401.00001\ncommentary: Café.\n".encode("latin-1"), ":2: byte 0xe9 is not UTF-8; save the file with the encoding UTF-8"),
    "UTF-16": ("paper: 2401.00001\n".encode("utf-16"), ":1: byte 0xff is not UTF-8; save the file with the encoding UTF-8"),
    "a null byte": (b"paper: 2401.00001\ncommentary: a\x00b\n", ":2: control character 0x00 in the text; remove it"),
    "an escape": (b"paper: 2401.00001\ncommentary: a\x1b[31mb\n", ":2: control character 0x1b in the text; remove it"),
    "a line separator": (
        "paper: 2401.00001\ncommentary: a\u2028b\n".encode(),
        ":2: character U+2028 (a line separator) ends the value here; replace it by a space or a new line",
    ),
    "half a pair": (b'paper: 2401.00001\ncommentary: "\\ud83d"\n', ":2: half a surrogate pair is no character; write the character itself"),
    "1 MiB": (
        b"paper: 2401.00001\ncommentary: |\n" + b"  Some words.\n" * 80_000,
        ": the file is too large: 1,120,032 bytes, the limit is 1,048,576; split it",
    ),
}


@pytest.mark.parametrize("kind", UNREAD)
def test_bytes_that_are_no_text_are_told_alone(kind: str, digest: Make, roundup: Run) -> None:
    data, what = UNREAD[kind]
    check_alone(digest({PICK: data}), roundup, PICK + what)


@pytest.mark.parametrize("start", ["\ufeff", ""], ids=["mark", "no mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_a_line_is_counted_as_an_editor_counts_it(end: str, start: str, digest: Make, roundup: Run) -> None:
    lines = ["# A comment", "paper: 2401.00001", "commentary: |", "  Some words.", "", "  More words.[^1]", ""]
    root = digest({PICK: (start + end.join(lines)).encode()})
    check_alone(root, roundup, f'{PICK}:6: footnote "[^1]" is not defined; add a line [^1]: ...')


@pytest.mark.parametrize(("path", "head", "key"), [(PICK, "paper: 2401.00001\n", "commentary"), (ISSUE, "date: 2024-02-01\norder: [2401.00001]\n", "intro")])
def test_a_text_that_is_too_long_is_told_with_its_size(path: str, head: str, key: str, digest: Make, roundup: Run) -> None:
    root = digest({path: head + f"{key}: |\n" + "  Some words that repeat.\n" * 3000})
    check_alone(root, roundup, f'{path}:{head.count(chr(10)) + 1}: "{key}" is too long: 72,000 bytes, the limit is 65,536; split it')


LONG = "x" * 65_537
TOO_LONG = "is too long: 65,537 characters, the limit is 65,536; shorten it"


@pytest.mark.parametrize(("key", "line", "what"), [
    ("title", f"title: {LONG}", '"title"'),
    ("status", f"status: {LONG}", '"status"'),
    ("tags", f"tags: [short, {LONG}]", 'an item of "tags"'),
    ("by", f"by: {LONG}", 'an item of "by"'),
])  # fmt: skip
def test_a_line_that_is_too_long_is_told_with_its_size(key: str, line: str, what: str, digest: Make, roundup: Run) -> None:
    root = digest({PICK: f"paper: 2401.00001\ncommentary: Some words.\n{line}\n"})
    check_alone(root, roundup, f"{PICK}:3: {what} {TOO_LONG}")


@pytest.mark.parametrize(("author", "line"), [(LONG, 4), (f"{{name: {LONG}}}", 4)])
def test_an_author_who_is_too_long_is_told(author: str, line: int, digest: Make, roundup: Run) -> None:
    root = digest({RECORD: f'id: "2401.00001"\ntitle: A plain title\nauthors:\n- {author}\ncategories: [cs.LG]\n'})
    what = '"name"' if author.startswith("{") else 'an item of "authors"'
    check_alone(root, roundup, f"{RECORD}:{line}: {what} {TOO_LONG}")


def test_a_paper_of_three_thousand_authors_is_ordinary(digest: Make, roundup: Run) -> None:
    """Each has a page; the ordinary run makes a tenth of them."""

    def record(authors: int) -> str:
        return 'id: "2401.00001"\ntitle: A plain title\nauthors:\n' + "".join(f"- Ada Example {number}\n" for number in range(authors)) + "categories: [cs.LG]\n"

    check_alone(digest({RECORD: record(3000)}), roundup, f"{ISSUE}:1: its mail has 88,396 bytes, and Gmail hides what comes after 102,400; split the issue, or say less")
    assert roundup("build", root=digest({RECORD: record(3000 if SOAK else 300)}, name="built")).code == 0


def test_a_formula_that_is_too_long_is_told_with_its_size(digest: Make, roundup: Run) -> None:
    root = digest({PICK: "paper: 2401.00001\ncommentary: |\n  $$\n" + "  x + y\n" * 800 + "  $$\n"})
    what = f'formula "{("x + y " * 10)[:59]}…" is shown as its source: it has 4,799 characters, the limit is 4,000; split it'
    check_alone(root, roundup, f"{PICK}:3: {what}")


def test_a_table_that_is_too_large_is_told_with_its_columns(digest: Make, roundup: Run) -> None:
    rows = ["a|" * 100, "-|" * 100, *["1|"] * 98]
    good, bad = ("".join(f"  {row}\n" for row in (*rows, *["1|"] * more)) for more in (1, 2))
    head = "paper: 2401.00001\ncommentary: |\n"
    told = roundup("check", root=digest({PICK: head + good}, name="good")).out
    assert re.findall(f"^{PICK}.*", told, flags=re.M) == []
    what = "a table of 100 columns is shown as it was typed: the tables of a text have at most 10,000 cells; split it"
    told = roundup("check", root=digest({PICK: head + bad})).out
    assert re.findall(f"^{PICK}.*", told, flags=re.M) == [f"{PICK}:3: {what}"]


def test_an_asset_is_no_film(digest: Make, roundup: Run) -> None:
    root = digest({"assets/film.bin": ""})
    os.truncate(root / "assets/film.bin", 64_000_001)
    check_alone(root, roundup, "assets/film.bin: the file is too large: the limit is 64,000,000 bytes; keep it elsewhere and link to it")


def test_a_template_is_text(digest: Make, roundup: Run) -> None:
    root = digest({"templates/issue.html": b"\n\xff"})
    check_alone(root, roundup, "templates/issue.html:2: byte 0xff is not UTF-8; save the file with the encoding UTF-8")


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
CUT = "is cut short; save it again"
UNKNOWN = "is no PNG, JPEG, GIF, WebP or SVG; convert it"
IMAGES: dict[str, tuple[str, bytes, str]] = {
    "a PNG": ("a.png", PNG + b"\0\0\0\4\0\0\0\3", ""),
    "a GIF": ("a.gif", b"GIF89a\4\0\3\0", ""),
    "a JPEG": ("a.jpg", b"\xff\xd8\xff\xe0\0\4\0\0\xff\xc0\0\x0b\x08\0\3\0\4", ""),
    "a WebP": ("a.webp", b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\3\0\0\2\0\0", ""),
    "a PNG that ends in its size": ("a.png", PNG + b"\0\0\0\4", CUT),
    "a PNG that ends in its head": ("a.png", PNG[:10], CUT),
    "a GIF that ends in its size": ("a.gif", b"GIF89a\4", CUT),
    "a JPEG that ends before its size": ("a.jpg", b"\xff\xd8\xff\xe0\0\4\0\0", CUT),
    "a WebP that ends in its size": ("a.webp", b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0", CUT),
    "a lossless WebP that ends in its size": ("a.webp", b"RIFF\0\0\0\0WEBPVP8L\0\0", CUT),
    "nothing": ("a.png", b"", "is empty; save it again"),
    "a document": ("a.png", b"%PDF-1.7\n", UNKNOWN),
    "a sound": ("a.webp", b"RIFF\0\0\0\0WAVEfmt ", UNKNOWN),
    "a packed drawing": ("a.svg", b"\x1f\x8b\x08\0", UNKNOWN),
    "a PNG of no size": ("a.png", PNG + b"\0" * 8, "has no size; save it again"),
    "a PNG that unpacks to too much": (
        "a.png",
        PNG + b"\0\0\xff\xff\0\0\xff\xff",
        "has 65,535 by 65,535 pixels, the limit is 40,000,000 in all; make it smaller",
    ),
    "too much": ("a.png", PNG + b"\0\0\0\4\0\0\0\3" + bytes(10_000_000), "is too large: 10,000,024 bytes, the limit is 10,000,000; make it smaller"),
    "a drawing in Latin-1": (
        "a.svg",
        '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"><text>é</text></svg>'.encode("latin-1"),
        "is an SVG that is not UTF-8; save it with the encoding UTF-8",
    ),
}


XMLNS = 'xmlns="http://www.w3.org/2000/svg"'
DRAWINGS = {
    "a fragment in quotes": ("<rect fill=\"url('#g')\"/>", ""),
    "a fragment in a style sheet": ('<style>.a{fill:url( "#g" )}</style>', ""),
    "a doctype": ("", ""),
    "what Inkscape says of itself": ('<s:namedview xmlns:s="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" s:file="C:\\x.png"/>', ""),
    "a picture within": ('<image href="data:image/png;base64,AAAA"/>', ""),
    "a link": ('<a href="https://example.org/"><path d="M0 0"/></a>', ""),
    "a script": ("<script/>", "<script"),
    "a script under another prefix": ('<x:script xmlns:x="http://www.w3.org/2000/svg"/>', "<script"),
    "a script of another kind": ('<h:script xmlns:h="http://www.w3.org/1999/xhtml"/>', "<script"),
    "a form": ('<h:form xmlns:h="http://www.w3.org/1999/xhtml"/>', "<form"),
    "foreign content": ("<foreignObject/>", "<foreignObject"),
    "an animation": ('<animate attributeName="href"/>', "<animate"),
    "a handler": ('<g onclick="x"/>', "onclick="),
    "an address": ('<use href="https://example.org/a.svg#b"/>', "href="),
    "a link that acts": ('<a href="javascript:x"/>', "href="),
    "a base": ('<g xml:base="https://example.org/"/>', "base="),
    "a fill from elsewhere": ('<g fill="url(https://example.org/a.svg#b)"/>', "fill="),
    "an image set": ("<g style=\"fill: image-set('https://example.org/a.png' 1x)\"/>", "style="),
    "an import": ('<style>@import "https://example.org/a.css";</style>', "@import"),
    "an import in pieces": ('<style>@imp<!-- -->ort "https://example.org/a.css";</style>', "@import"),
    "an import behind a title": ('<style><title>x</title>@import "https://example.org/a.css";</style>', "<title"),
    "an import spelled out": ('<style>@imp&#111;rt "https://example.org/a.css";</style>', "@import"),
}


@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_drawing_draws_and_does_no_more(kind: str, digest: Make, roundup: Run) -> None:
    inside, refused_for = DRAWINGS[kind]
    head = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">' if kind == "a doctype" else ""
    root = digest({FIGURE: f'{head}<svg {XMLNS} width="4" height="3">{inside}</svg>\n'})
    if refused_for:
        check_alone(root, roundup, f'{FIGURE}: figure is an SVG with "{refused_for}" in it; figures are plain drawings, save it without or as PNG')
    else:
        assert roundup("check", root=root) == Result(0, "no problems in 1 issue\n", "")


@pytest.mark.parametrize("kind", IMAGES)
def test_a_figure_is_judged_by_its_bytes(kind: str, digest: Make, roundup: Run) -> None:
    name, data, what = IMAGES[kind]
    path = f"issues/2024-1/figures/{name}"
    root = digest({path: data})
    if what:
        check_alone(root, roundup, f"{path}: figure {what}")
    else:
        assert roundup("check", root=root) == Result(0, "no problems in 1 issue\n", "")


# ---- names ----


@pytest.mark.parametrize(
    ("folder", "content"),
    [("issues/2024-1/commentary", "link: {url: https://example.org, title: A talk}\n"), ("issues/2024-1/papers", "id: x\n"), ("assets", "Some words.\n")],
)
@pytest.mark.parametrize("command", ["check", "build"])
def test_a_name_that_is_no_text_is_told(command: str, folder: str, content: str, digest: Make, roundup: Run) -> None:
    root = digest()
    try:
        write(root / folder / os.fsdecode(b"\xff.yaml"), content)
    except OSError:
        pytest.skip("this disk takes no such name")
    check_alone(root, roundup, f"{folder}/\\udcff.yaml: the file's name is not UTF-8; rename it", command=command)


@pytest.mark.parametrize(("name", "spelled"), [("a\nb.yaml", "a\\nb.yaml"), ("a\x1b[31mb.yaml", "a\\x1b[31mb.yaml")])
def test_a_name_cannot_steer_the_terminal(name: str, spelled: str, digest: Make, roundup: Run) -> None:
    root = digest({f"issues/2024-1/commentary/{name}": "Some words.\n"})
    check_alone(root, roundup, f'issues/2024-1/commentary/{spelled}:1: the file holds bare text, not keys; begin with "key: value"')


@pytest.fixture
def exact(tmp_path: Path) -> None:
    """Skip where the disk does not tell capitals and accents apart."""
    for name in ("A", "a", "\xe9", "e\u0301"):
        (tmp_path / "names" / name).mkdir(parents=True, exist_ok=True)
    if len(os.listdir(tmp_path / "names")) < 4:
        pytest.skip("this disk does not tell such names apart")


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize(("one", "other"), [("A.txt", "a.txt"), ("e\u0301.txt", "\xe9.txt")], ids=["capitals", "accents"])
def test_two_assets_are_two_files_on_every_disk(one: str, other: str, digest: Make, roundup: Run) -> None:
    root = digest({f"assets/{one}": "one\n", f"assets/{other}": "two\n"})
    check_alone(root, roundup, f"assets/{other}: would be one file with assets/{one} on a disk that does not tell their names apart; rename one")


@pytest.mark.usefixtures("exact")
def test_two_figures_are_two_files_on_every_disk(digest: Make, roundup: Run) -> None:
    figures = "issues/2024-1/figures"
    text = "paper: 2401.00001\ncommentary: |\n  ![A line](figures/A.svg)\n\n  ![A line](figures/a.svg)\n"
    root = digest({f"{figures}/A.svg": DRAWING, f"{figures}/a.svg": DRAWING, PICK: text})
    check_alone(root, roundup, f"{figures}/a.svg: would be one file with {figures}/A.svg on a disk that does not tell their names apart; rename one")


@pytest.mark.usefixtures("exact")
def test_two_picks_differ_in_more_than_capitals(digest: Make, roundup: Run) -> None:
    folder, talk = "issues/2024-1/commentary", "link: {url: https://example.org, title: A talk}\ncommentary: Some words.\n"
    root = digest({f"{folder}/Talk.yaml": talk, f"{folder}/talk.yaml": talk})
    check_alone(root, roundup, f'{folder}/talk.yaml:1: "talk" already stands at {folder}/Talk.yaml:1; keep one')


# ---- refusals ----


def refused(root: Path, roundup: Run, command: str, words: str) -> None:
    """These words on stderr, exit code 2, and nothing changed."""
    before = standing(root)
    result = roundup(*command.split(), root=root)
    assert (result.out, shown(result, root), result.code) == ("", f"{words}\n", 2)
    assert standing(root) == before


def standing(root: Path) -> dict[str, str | bytes]:
    """Return every file below the folder but the lock and what a build remembers, and where each link leads."""
    found = (path for path in root.rglob("*") if (path.is_symlink() or path.is_file()) and path.parts[-3:] != (".roundup", "state", "lock"))
    found = (path for path in found if ".roundup/cache/built/" not in str(path))
    return {str(path): os.readlink(path) if path.is_symlink() else path.read_bytes() for path in found}


def test_a_build_refuses_a_folder_in_which_another_is_at_work(digest: Make, roundup: Run) -> None:
    root = digest()
    (root / "site").mkdir()
    handle = os.open(root / "site", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        refused(root, roundup, "build", "another roundup is building DIGEST/site at this moment; wait for it")
    finally:
        os.close(handle)


def test_a_build_refuses_a_home(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    root = digest()
    (root / "home").mkdir()
    monkeypatch.setenv("HOME", str(root / "home"))
    refused(root, roundup, "build --output home", "home is no folder for output: other things live there; choose an empty one with --output")


def test_a_build_does_not_follow_a_link_out_of_its_folder(digest: Make, roundup: Run) -> None:
    root = digest({"site/.roundup-manifest.json": '{"made_by": "roundup", "files": {}}\n'})
    (root / "elsewhere").mkdir()
    (root / "site/2024-1").symlink_to("../elsewhere")
    refused(root, roundup, "build", "DIGEST/site/2024-1/index.md leads out of DIGEST/site, by a symbolic link; remove the link")
    assert os.listdir(root / "elsewhere") == []


def test_nothing_is_remembered_behind_a_link(digest: Make, roundup: Run) -> None:
    root = digest()
    (root / "elsewhere").mkdir()
    (root / ".roundup").symlink_to("elsewhere")
    refused(root, roundup, "new 2024-2", "DIGEST/.roundup/state/lock cannot be written: too many levels of symbolic links; nothing was changed")
    assert os.listdir(root / "elsewhere") == []


def test_a_build_does_not_replace_a_foreign_link(digest: Make, roundup: Run) -> None:
    root = digest({"site/.roundup-manifest.json": '{"made_by": "roundup", "files": {}}\n'})
    (root / "site/index.html").symlink_to("nothing")
    refused(root, roundup, "build", "DIGEST/site/index.html is in the way, and roundup did not make it; move it elsewhere")


def test_a_build_refuses_a_folder_that_dangles(digest: Make, roundup: Run) -> None:
    root = digest()
    (root / "site").symlink_to("nothing")
    refused(root, roundup, "build", "DIGEST/site is a symbolic link that leads nowhere; choose a folder with --output")


@pytest.mark.parametrize("command", ["check", "build", "new"])
def test_a_command_asks_for_a_digest(command: str, tmp_path: Path, roundup: Run) -> None:
    words = 'DIGEST lies in no digest: there is neither roundup.yaml nor issues/ here or above; run "roundup init"'
    refused(tmp_path, roundup, command, words)


def test_a_stop_is_told(digest: Make, roundup: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    root = digest()
    monkeypatch.setattr("roundup.build.build", stop)
    assert roundup("build", root=root) == Result(130, "", "\nstopped; nothing is half-written, run it again to go on\n")
