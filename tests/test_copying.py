"""``figures``: what a paper's page shows, which of it may be copied, and that nothing but the picture is."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import io
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from asking import asking
from conftest import Result, tree
from replay import FRIDAY, KINDS, ReplayServer, invented
from replay.figures import figure, image, page, png
from roundup.errors import FetchError
from roundup.paper import ArxivId
from roundup.pictures import redrawn
from roundup.sources.answers import Answer, AnswerError
from roundup.sources.htmlpages import parse_page
from roundup.sources.http import Limits
from roundup.terms import terms_of
from roundup.text import dialect, pasted
from roundup.text.drawn import letters
from roundup.text.pieces import Formula, Words

Run = Callable[..., Result]
FREE, CLOSED, THRICE, GONE = "2401.03004", "2401.03002", "2401.03001", "2401.03007"
NOW = dt.datetime.combine(FRIDAY, dt.time(20), dt.timezone.utc)
DRAFT: dict[str, str | None] = {"roundup.yaml": "title: A digest\ncontact: ann@example.org\n", "issues/2024-2/issue.yaml": "teaser: a draft\n"}
LINE = (
    f'![alt to be written](figures/{FREE}-1.png "Figure 1 of [the paper](https://arxiv.org/abs/{FREE}v1): '
    'What the method does, at a glance. ([CC BY 4.0](http://creativecommons.org/licenses/by/4.0/))")\n'
)


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer(invented(20)) as running:
        yield running


@pytest.fixture
def ask(roundup: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: ReplayServer) -> Run:
    for name, value in {**server.environment, "XDG_CACHE_HOME": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("roundup.cli.network.now", lambda: NOW)
    return lambda *arguments, root: roundup("figures", *arguments, "--delay", "0.01", root=root)


def paths(server: ReplayServer) -> list[str]:
    return [request.path for request in server.requests]


def pictures_of(root: Path) -> dict[str, bytes]:
    return {path: data for path, data in tree(root).items() if "/figures/" in path}


# ---- as an editor sees it ----


def test_the_figures_of_a_paper_are_listed_with_number_caption_and_licence(ask: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(DRAFT)
    before = tree(root)
    assert ask(FREE, root=root) == Result(0, (
        "1       Figure 1: What the method does, at a glance.\n"
        "2a      Figure 2(a): Accuracy against training time at every budget of 2ᵏ steps. On letters\n"
        "2b      Figure 2(b): Accuracy against training time at every budget of 2ᵏ steps. On tide tables\n"
        "3       Figure 3: Drawn in the page. [no file of its own]\n"
        f"{FREE}v1, Un théorème à la Poincaré for Erdős–Rényi graphs: 4 pictures, which may be copied under CC BY 4.0\n"
    ), "")  # fmt: skip
    assert paths(server) == ["/oai", f"/html/{FREE}v1"]
    assert {path: data for path, data in tree(root).items() if ".roundup" not in path} == before


def test_a_figure_that_is_chosen_is_drawn_anew_and_its_line_printed(ask: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(DRAFT)
    done = ask(FREE, "--fetch", "1", root=root)
    assert done == Result(0, LINE, "1 figure in issues/2024-2/figures; paste what stands above into your commentary, and say between the brackets what it shows\n")
    [(path, data)] = pictures_of(root).items()
    assert path == f"issues/2024-2/figures/{FREE}-1.png"
    assert b"hidden words" not in data
    assert Image.open(io.BytesIO(data)).size == (48, 32)
    assert paths(server) == ["/oai", f"/html/{FREE}v1", f"/html/{FREE}v1/x1.png"]
    assert ask(FREE, "--fetch", "Figure 1", root=root).out == LINE
    assert paths(server)[3:] == [f"/html/{FREE}v1/x1.png"]  # what was told today is not asked for again
    assert pictures_of(root) == {path: data}


def test_a_whole_figure_or_a_part_is_chosen_by_its_number(ask: Run, digest: Callable[..., Path]) -> None:
    root = digest(DRAFT)
    assert ask(FREE, "--fetch", "2(b)", "--issue", "2024-1", root=root).code == 0
    assert list(pictures_of(root)) == [f"issues/2024-1/figures/{FREE}-2b.png"]
    assert ask(FREE, "--fetch", "fig. 2", "--fetch", "2a", root=root).out.count("![") == 2
    assert sorted(pictures_of(root))[1:] == [f"issues/2024-2/figures/{FREE}-2a.png", f"issues/2024-2/figures/{FREE}-2b.png"]


def test_the_line_that_is_pasted_shows_the_figure(ask: Run, roundup: Run, digest: Callable[..., Path]) -> None:
    root = digest(DRAFT)
    line = ask(FREE, "--fetch", "2a", "--issue", "2024-1", root=root).out.strip()
    pick = root / "issues/2024-1/commentary/2401.00001.yaml"
    pick.write_text(pick.read_text().replace("Some words.", line.replace("alt to be written", "Bars")))
    assert roundup("check", "2024-1", root=root).code == 0
    assert roundup("build", root=root).code == 0
    shown = (root / "site/2024-1/index.html").read_text()
    assert re.search(rf'<figure>.*src="figures/{FREE}-2a.png" alt="Bars".*<figcaption>Figure 2\(a\) of <a [^>]*>the paper</a>.*<msup>.*>CC BY 4.0</a>\)</figcaption>', shown, re.S)


def test_json_tells_all_of_it(ask: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(DRAFT)
    told = json.loads(ask(FREE, "--json", root=root).out)
    assert told["license"] == {"name": "CC BY 4.0", "url": "http://creativecommons.org/licenses/by/4.0/", "may_copy": True}
    assert [one["key"] for one in told["figures"]] == ["1", "2a", "2b", "3"]
    assert told["figures"][1]["url"] == f"{server.url}/html/{FREE}v1/extracted/x2.png"
    told = json.loads(ask(FREE, "--fetch", "1", "--json", root=root).out)
    assert told["fetched"] == [{"key": "1", "path": f"issues/2024-2/figures/{FREE}-1.png", "state": "new", "markdown": LINE.strip()}]
    assert json.loads(ask(FREE, "--fetch", "1", "--json", "--dry-run", root=root).out) == {"paper": FREE, "figures": ["1"], "into": "2024-2", "requests": 3}


# ---- whose figures may be copied ----


def refused(ask: Run, root: Path, *arguments: str) -> str:
    before = pictures_of(root)
    done = ask(*arguments, root=root)
    assert (done.code, done.out, pictures_of(root)) == (2, "", before)
    return done.err.strip()


def test_arxivs_own_licence_lets_nobody_copy(ask: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(DRAFT)
    assert ask(CLOSED, root=root).out.endswith("4 pictures, which may not be copied: it stands under arXiv's own licence\n")
    assert refused(ask, root, CLOSED, "--fetch", "1") == (
        f"the figures of {CLOSED}v1 may not be copied: it stands under arXiv's own licence; "
        'link to the paper, or have the authors\' word and write "figures: {licenses: warn}" into roundup.yaml'
    )
    assert not [path for path in paths(server) if path.endswith(".png")]


def test_the_editors_may_take_it_on_themselves_and_are_told(ask: Run, digest: Callable[..., Path]) -> None:
    root = digest({**DRAFT, "roundup.yaml": "title: A digest\ncontact: a@example.org\nfigures: {licenses: warn}\n"})
    done = ask(CLOSED, "--fetch", "1", root=root)
    assert done.code == 0
    assert done.err.startswith(f"{CLOSED}v1 stands under arXiv's own licence, which lets nobody copy its figures; they are copied all the same, as roundup.yaml says\n")
    assert "([arXiv's own licence](http://arxiv.org/licenses/nonexclusive-distrib/1.0/))" in done.out


def test_a_licence_that_allows_some_uses_is_remarked_upon(ask: Run, digest: Callable[..., Path]) -> None:
    assert ask("2401.03008", "--fetch", "1", root=digest(DRAFT)).err.startswith("CC BY-NC-SA 4.0 lets figures be copied for no commercial use\n")


def test_the_record_tells_the_licence_and_the_version(ask: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    record = f'id: "{THRICE}"\nversion: 2\ntitle: A Second Title\nauthors:\n- Ada Example\ncategories:\n- cs.CL\nlicense: https://creativecommons.org/licenses/by-sa/4.0/\n'
    root = digest({**DRAFT, f"issues/2024-1/papers/{THRICE}.yaml": record})
    assert "[CC BY-SA 4.0](https://creativecommons.org/licenses/by-sa/4.0/)" in ask(THRICE, "--fetch", "1", root=root).out
    assert paths(server) == [f"/html/{THRICE}v2", f"/html/{THRICE}v2/x1.png"]


def test_the_licence_of_the_newest_version_says_nothing_of_an_older_one(ask: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    server.update(*(dataclasses.replace(one, license="http://creativecommons.org/licenses/by/4.0/") for one in server.papers if one.id == THRICE))
    root = digest(DRAFT)
    assert ask(THRICE, "--fetch", "1", root=root).code == 0
    assert "it stands under an unknown licence; " in refused(ask, root, f"{THRICE}v1", "--fetch", "1")


TERMS = {
    "http://creativecommons.org/licenses/by/4.0/": ("CC BY 4.0", True), "https://creativecommons.org/licenses/by/3.0": ("CC BY 3.0", True),
    "http://creativecommons.org/licenses/by-sa/4.0/": ("CC BY-SA 4.0", True), "http://creativecommons.org/licenses/by-nc-nd/4.0/": ("CC BY-NC-ND 4.0", True),
    "http://creativecommons.org/publicdomain/zero/1.0/": ("CC0 1.0", True), "http://creativecommons.org/licenses/publicdomain/": ("public domain", True),
    "http://arxiv.org/licenses/nonexclusive-distrib/1.0/": ("arXiv's own licence", False), "http://arxiv.org/licenses/assumed-1991-2003/": ("arXiv's own licence", False),
    "": ("an unknown licence", False), "http://creativecommons.org.evil.example/licenses/by/4.0/": ('the licence "http://creativecommons.org.evil.example/licenses/by/4.0/"', False),
    "http://creativecommons.org/licenses/by/4.0/and-more": ('the licence "http://creativecommons.org/licenses/by/4.0/and-more"', False),
}  # fmt: skip


@pytest.mark.parametrize("url", TERMS)
def test_terms(url: str) -> None:
    terms = terms_of(url)
    assert (terms.name, terms.may_copy) == TERMS[url]


# ---- what cannot be had ----


def test_what_is_asked_for_and_not_there_is_told(ask: Run, digest: Callable[..., Path], server: ReplayServer) -> None:
    root = digest(DRAFT)
    assert refused(ask, root, FREE, "--fetch", "9") == f'{FREE}v1 has no figure "9"; it has 1, 2a, 2b, 3'
    assert refused(ask, root, FREE, "--fetch", "3") == f"Figure 3 of {FREE}v1 (3) has no file of its own at arXiv; take it from the paper's PDF"
    assert refused(ask, root, GONE).startswith(f"{GONE}v2 is withdrawn: This paper has been withdrawn by the authors: an error in the main theorem; see the comment on Lemma 1; an")
    for arguments, says in {
        ("hep-th/9901001",): f"{server.url}/html/hep-th/9901001v2 is not there: arXiv has no HTML of this paper; take the figure from the paper's PDF\n",
        (f"{THRICE}v9",): f"https://arxiv.org/abs/{THRICE}v9 is not there: its newest version is 3; name that one\n",
        ("2401.99999",): "https://arxiv.org/abs/2401.99999 is not there: arXiv has no such paper, or not yet; a new one may take a day\n",
    }.items():
        assert ask(*arguments, root=root) == Result(3, "", says)
    assert ask(f"{GONE}v1", root=root).code == 0


def test_a_picture_that_cannot_be_taken_is_named_and_the_others_are(ask: Run, digest: Callable[..., Path], server: ReplayServer, shared: Path) -> None:
    root = digest(DRAFT)
    server.play(f"/html/{FREE}v1/extracted", (shared / "corpora/images/own/bomb_13000.png").read_bytes(), "image/png")
    done = ask(FREE, "--fetch", "2", root=root)
    assert (done.code, done.out.count("![")) == (3, 1)
    what = "has 13,000 by 13,000 pixels, the limit is 40,000,000 in all; take the figure from the paper's PDF"
    assert done.err.splitlines()[-1] == f"not fetched: Figure 2(a): {server.url}/html/{FREE}v1/extracted/x2.png {what}"
    assert list(pictures_of(root)) == [f"issues/2024-2/figures/{FREE}-2b.png"]


def test_a_file_of_the_same_name_stays(ask: Run, digest: Callable[..., Path]) -> None:
    root = digest({**DRAFT, f"issues/2024-2/figures/{FREE}-1.png": "mine"})
    path = f"issues/2024-2/figures/{FREE}-1.png"
    assert refused(ask, root, FREE, "--fetch", "1") == f"{path} is there already, and is another picture; rename or remove it, and fetch again"


def test_a_folder_that_is_a_link_out_is_not_followed(ask: Run, digest: Callable[..., Path], tmp_path: Path) -> None:
    root = digest(DRAFT)
    (tmp_path / "out").mkdir()
    (root / "issues/2024-2/figures").symlink_to(tmp_path / "out")
    done = ask(FREE, "--fetch", "1", root=root)
    assert (done.code, list((tmp_path / "out").iterdir())) == (1, [])
    assert "issues/2024-2/figures: a symbolic link that leads out of the digest" in done.err


def test_without_pillow_nothing_is_asked(ask: Run, digest: Callable[..., Path], server: ReplayServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roundup.cli.figures.find_spec", lambda name: None)
    assert refused(ask, digest(DRAFT), FREE, "--fetch", "1") == 'figures are drawn anew by Pillow before they are kept; pip install "roundup-digest[figures]"'
    assert server.requests == []


GENERAL = frozenset(KINDS) - {  # these change what the query API, a feed or OAI-PMH says, and nothing of a page
    "error entry 400", "error entry 200", "empty first page", "empty later page", "total changed", "repeated page", "overlapping page", "order ignored", "id missing",
    "foreign id", "day-old feed", "weekend feed", "2000 items", "token expired", "noRecordsMatch", "wrong xml charset", "utf-7", "doctype",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(GENERAL))
def test_whatever_goes_wrong_on_the_line_the_figure_is_whole_or_not_had(kind: str, server: ReplayServer, tmp_path: Path) -> None:
    """No limit is passed, no page is taken for one without figures, no picture for a whole one."""
    paper, limits = ArxivId(FREE, 1), Limits(silence_s=0.5, total_s=1.5, size=3_000_000)
    with asking(server.url, tmp_path / "true") as asker:
        truth = asker.sources.html.pictures(paper)
        whole = redrawn(asker.sources.html.bytes_of(paper, truth[0]))
    server.fault(kind, path="/html")
    with asking(server.url, tmp_path, limits=limits) as asker:
        with contextlib.suppress(FetchError):
            assert asker.sources.html.pictures(paper) == truth
        with contextlib.suppress(FetchError, ValueError):
            assert redrawn(asker.sources.html.bytes_of(paper, truth[0])) == whole
    assert len(server.requests) <= 2 + 2 * 6


# ---- pages ----

PAPER = ArxivId("2401.00001", 1)


def shown(body: str | bytes, status: int = 200, paper: ArxivId = PAPER) -> list[tuple[str, str, str, str]]:
    """Return key, label, caption and path of what a page shows."""
    data = page("A title", body) if isinstance(body, str) else body
    found = parse_page(Answer("https://arxiv.org/html/2401.00001v1", status, {"content-type": "text/html"}, data), paper)
    return [(one.key, one.label, letters(one.caption), one.path) for one in found]


PAGES = {
    "a figure": (figure("Figure 1", image("x1.png"), "Words."), [("1", "Figure 1", "Words.", "x1.png")]),
    "of an appendix": (figure("Figure A.1", image("x1.png"), "Words."), [("A.1", "Figure A.1", "Words.", "x1.png")]),
    "in another language": (figure("图 3", image("x1.png"), "字"), [("3", "图 3", "字", "x1.png")]),
    "two of one number": (
        figure("Figure 1", image("a.png"), "A.") + figure("Figure 1", image("b.png"), "B."), [("1-1", "Figure 1", "A.", "a.png"), ("1-2", "Figure 1", "B.", "b.png")]),
    "two pictures, one caption": (figure("Fig. 4", image("a.png") + image("b.png"), "Both."), [("4-1", "Fig. 4", "Both.", "a.png"), ("4-2", "Fig. 4", "Both.", "b.png")]),
    "two figures side by side": (
        f'<figure class="ltx_figure">{figure("Figure 4", image("a.png"), "A.")}{figure("Figure 5", image("b.png"), "B.")}</figure>',
        [("4", "Figure 4", "A.", "a.png"), ("5", "Figure 5", "B.", "b.png")]),
    "parts": (
        figure("Figure 2", figure("(a)", image("a.png"), "") + figure("(b)", image("b.png"), "Below."), "Above."),
        [("2a", "Figure 2(a)", "Above.", "a.png"), ("2b", "Figure 2(b)", "Above. Below.", "b.png")]),
    "no caption": (f'<figure class="ltx_figure">{image("a.png")}</figure>', [("x-1", "", "", "a.png")]),
    "a table": (figure("Table 1", image("a.png"), "A.", kind="table"), []),
    "a table in a figure": (f'<figure class="ltx_figure">{figure("Table 1", image("a.png"), "A.", kind="table")}</figure>', []),
    "an algorithm": ('<figure class="ltx_float ltx_algorithm"><img src="a.png"/></figure>', []),
    "names that differ in case": (
        figure("Figure 3a", image("a.png"), "A.") + figure("Figure 3A", image("b.png"), "B."), [("3a", "Figure 3a", "A.", "a.png"), ("3Ax", "Figure 3A", "B.", "b.png")]),
    "a number that climbs": (figure("Figure ../../../etc", image("a.png"), "A."), [("etc", "Figure ../../../etc", "A.", "a.png")]),
    "a comment in a caption": (figure("Figure 1", image("a.png"), "One<!-- no --> two <b>three</b>."), [("1", "Figure 1", "One two three.", "a.png")]),
    "a control in a caption": (figure("Figure 1", image("a.png"), "One\x1b[2J \u202etwo"), [("1", "Figure 1", "One [2J two", "a.png")]),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_shows(name: str) -> None:
    body, wanted = PAGES[name]
    assert shown(body) == wanted


SOURCES = {
    "x1.png": "x1.png", "./x1.png": "x1.png", "2401.00001v1/x1.png": "x1.png", "/html/2401.00001v1/x1.png": "x1.png", "extracted/1/my%20plot.png": "extracted/1/my plot.png",
    "https://evil.example/x1.png": "", "//evil.example/x1.png": "", "/x1.png": "", "../2401.00002v1/x1.png": "", "a/../../x1.png": "", "a/%2e%2e/x.png": "", "a\\..\\x.png": "",
    "data:image/png;base64,AAAA": "", "file:///etc/passwd": "", "": "", "a//b.png": "", "x%00.png": "", "javascript:alert(1)": "", "x1.png?a#b": "x1.png?a#b",
}  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_a_picture_lies_below_its_page_or_nowhere(source: str) -> None:
    assert shown(figure("Figure 1", image(source), "A."))[0][3] == SOURCES[source]


def test_the_page_of_an_old_id_has_a_folder_above() -> None:
    assert shown(figure("Figure 1", image("9901001v1/x1.png"), "A."), paper=ArxivId("hep-th/9901001", 1))[0][3] == "x1.png"


NO_PAGES = {
    "nothing": (b" ", 200, "answered with nothing at all"),
    "an answer to too many": (b"<html><body><h1>Rate exceeded</h1></body></html>", 200, 'answered with a web page that is no paper: "Rate exceeded"'),
    "that there is none": (b"<html><body>No HTML for '2401.00001v1'</body></html>", 200, "is not there: arXiv has no HTML of this paper"),
    "404": (b"<html><body>gone</body></html>", 404, "is not there: arXiv has no HTML of this paper"),
    "a withdrawal": (b"<html><body>This paper has been withdrawn.</body></html>", 200, "is no page with figures: the paper is withdrawn"),
    "too many tags": (page("A", "<p>" * 400_001), 200, "answered with more than 400,000 tags"),
    "depth": (page("A", "<div>" * 5_000), 200, "answered with a web page that is made to be slow to read"),
    "too many pictures": (page("A", figure("Figure 1", image("a.png") * 501, "A.")), 200, "has more than 500 pictures"),
}


@pytest.mark.parametrize("name", NO_PAGES)
def test_a_page_that_is_none_is_told(name: str) -> None:
    body, status, says = NO_PAGES[name]
    with pytest.raises(AnswerError, match=re.escape(says)):
        shown(body, status)


def test_a_tag_of_a_hundred_thousand_attributes_costs_nothing() -> None:
    many = " ".join(f"a{number}=1" for number in range(300_000))
    assert shown(f"<figure {many}>{figure('Figure 1', image('a.png'), 'A.')}") == [("1", "Figure 1", "A.", "a.png")]


@given(st.binary(max_size=300), st.sampled_from([b"", b"<figcaption>", b"<img src=a>", b"<figure class=ltx_figure>", b"<math alttext='"]))
def test_any_bytes_are_a_page_or_told_to_be_none(tail: bytes, within: bytes) -> None:
    whole = page("A", figure("Figure 1", image("x1.png"), "A formula"))
    for data in (tail, whole[: len(tail)] + within + tail, whole.replace(b"A formula", within + tail)):
        try:
            shown(data)
        except AnswerError:
            continue


# ---- the line of Markdown ----

SIGNS = st.text(alphabet="ab1 .,:;()[]{}<>*_`~$\\|&#!^/=+%@\"äλ字", max_size=30)
PIECES = st.lists(st.one_of(SIGNS.map(Words), st.sampled_from([r"x^{2}", r"\ell_2", r"\{a\}", r"p<2", "5", r"a\\", "$"]).map(Formula)), max_size=5)


@given(PIECES)
def test_what_a_caption_says_is_what_readers_see(pieces: list[Words | Formula]) -> None:
    """Read as a pick is, the line is one figure, whose caption has the same letters and formulas; a formula that dollars cannot hold is its source."""
    line = pasted.figure("figures/a.png", "Words " + pasted.markdown(pieces))
    assert "\n" not in line
    document = dialect.parse(line)
    [token] = document.tokens
    assert (token.type, token.meta["src"], token.meta["alt"]) == ("figure", "figures/a.png", "alt to be written")
    assert {child.type for child in token.children or ()} <= {"text", "math_inline", "text_special"}
    said = "".join(child.content for child in token.children or ())
    wanted = "Words " + "".join(one.text if isinstance(one, Words) else one.source for one in pieces)
    assert re.sub(r"[\s“”\"…. ]", "", said) == re.sub(r"[\s“”\"…. ]", "", wanted)


def test_a_formula_stays_readable_and_an_address_is_no_link() -> None:
    line = pasted.figure("figures/a.png", pasted.markdown([Words("See https://a.example/x_y: "), Formula(r"\ell_{2}"), Words(' of "this" & &amp; that')]))
    assert line == r'![alt to be written](figures/a.png "See https\\://a.example/x\\_y: $\ell_{2}$ of \"this\" & \\&amp;amp; that")'


# ---- pictures ----


def test_the_pictures_of_the_corpus(shared: Path) -> None:
    """Those to be refused are, and of the others nothing is left but the picture."""
    folder = shared / "corpora/images"
    rows = json.loads((folder / "own_expectations.json").read_text())
    assert len(rows) == 18
    for row in rows:
        data = (folder / "own" / row["file"]).read_bytes()
        if row["expect"].startswith("reject"):
            with pytest.raises(ValueError, match=r"^(is|has) "):
                redrawn(data)
        else:
            made, ending = redrawn(data)
            assert (ending, Image.open(io.BytesIO(made)).info) == (".png", {}), row
            assert made == redrawn(data)[0]


def saved(kind: str, mode: str = "RGB", **more: object) -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").resize((40, 30)).convert(mode).save(made, kind, **more)
    return made.getvalue()


def exif(orientation: int = 6) -> Image.Exif:
    found = Image.Exif()
    found[0x0112], found[0x010F] = orientation, "hidden words"
    return found


FRAMES = [Image.new("L", (40, 30), grey) for grey in (50, 100, 150)]
KINDS = {
    "PNG": (saved("PNG"), "PNG"), "PNG of 16 bits": (saved("PNG", "I;16"), "PNG"), "PNG with a palette": (saved("PNG", "P"), "PNG"),
    "PNG of one bit": (saved("PNG", "1"), "PNG"), "PNG with alpha": (saved("PNG", "LA"), "PNG"), "GIF": (saved("GIF", "P", comment=b"hidden words"), "PNG"),
    "PNG that is clear": (saved("PNG", "1", transparency=0), "PNG"), "GIF that moves": (saved("GIF", "L", save_all=True, append_images=FRAMES), "PNG"),
    "WebP": (saved("WEBP", exif=exif(1)), "PNG"), "WebP that moves": (saved("WEBP", save_all=True, append_images=FRAMES), "PNG"),
    "APNG": (saved("PNG", save_all=True, append_images=FRAMES), "PNG"),
    "JPEG": (saved("JPEG", comment=b"hidden words"), "JPEG"), "JPEG of a printer": (saved("JPEG", "CMYK"), "JPEG"), "grey JPEG": (saved("JPEG", "L"), "JPEG"),
    "JPEG with a tail": (saved("JPEG") + b"hidden words", "JPEG"), "JPEG with a profile": (saved("JPEG", icc_profile=b"hidden words" * 20), "JPEG"),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_a_picture_is_drawn_anew_and_nothing_else_of_it(name: str) -> None:
    data, kind = KINDS[name]
    made, ending = redrawn(data)
    with Image.open(io.BytesIO(made)) as picture:
        assert (picture.format, picture.size, getattr(picture, "n_frames", 1)) == (kind, (40, 30), 1)
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        picture.load()
    assert ending == {"PNG": ".png", "JPEG": ".jpg"}[kind]
    assert b"hidden" not in made
    assert redrawn(data) == (made, ending)


def test_a_picture_that_lies_on_its_side_is_put_upright() -> None:
    made, _ = redrawn(saved("JPEG", exif=exif(6)))
    assert Image.open(io.BytesIO(made)).size == (30, 40)
    assert b"hidden" not in made


def test_a_picture_that_is_clear_stays_so() -> None:
    with Image.open(io.BytesIO(redrawn(KINDS["PNG that is clear"][0])[0])) as picture:
        assert picture.mode == "RGBA"
        assert picture.getchannel("A").getextrema()[0] == 0


def test_a_frame_larger_than_its_file_says_is_refused() -> None:
    small = saved("GIF", "P")
    place = small.index(b"\x2c")
    with pytest.raises(ValueError, match="made to be slow"):
        redrawn(small[: place + 5] + struct.pack("<HH", 8000, 8000) + small[place + 9 :])


def test_a_jpeg_of_many_scans_is_refused() -> None:
    with pytest.raises(ValueError, match="made to be slow to read"):
        redrawn(saved("JPEG") + b"\xff\xda" * 200)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "WEBP"])
def test_a_picture_cut_or_bitten_at_any_place_is_whole_or_refused(kind: str) -> None:
    data = saved(kind, "P" if kind == "GIF" else "RGB")
    for place in range(0, len(data), max(1, len(data) // 60)):
        for broken in (data[:place], data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]):
            try:
                made, _ = redrawn(broken)
            except ValueError:
                continue
            Image.open(io.BytesIO(made)).load()


def test_a_huge_picture_that_packs_well_is_drawn_within_bounds() -> None:
    rows = zlib.compress(bytes(6001) * 6000)
    head = png(6000, 6000, 0)
    cut = head.index(b"IDAT") - 4
    whole = head[:cut] + struct.pack(">I", len(rows)) + b"IDAT" + rows + struct.pack(">I", zlib.crc32(b"IDAT" + rows)) + head[-12:]
    assert len(redrawn(whole)[0]) < 100_000
