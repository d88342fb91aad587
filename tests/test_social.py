"""Social cards: what is drawn stands in its frame, whatever the texts are, and is the same to the byte."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import Result, tree
from hostile import SOAK
from roundup.pages.social import EDGE, PAPER, SIZE, card
from roundup.store.reading import built_in_templates

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
FONTS = {path.name: path.read_bytes() for path in (built_in_templates() / "cards").iterdir()}
ISSUE = {"key": "2023-8", "title": "2023-8 arXiv roundup", "teaser": "soft experts, and a talk", "facts": "4 September 2023 · 24 papers", "digest_title": "arXiv roundup"}
WITH_ADDRESS = {"roundup.yaml": "title: T\nurl: https://example.org/digest/\n"}
TOP, RULES, BOTTOM = 30, (526, 534), 600  # where the key may begin, the rules stand, the foot may end
LONG = "everything that was of any weight this month, and what followed from it, "


def drawn(**texts: str) -> bytes:
    return card(**{**ISSUE, "accent": "#9c2f1d", **texts}, fonts=FONTS)


def inked(png: bytes, top: int = 0, bottom: int = SIZE[1]) -> tuple[int, int, int, int] | None:
    """Return the box of all that is not paper between two heights: left, top, right, bottom; None where nothing is."""
    from PIL import ImageChops

    image = Image.open(io.BytesIO(png)).convert("RGB").crop((0, top, SIZE[0], bottom))
    box: tuple[int, int, int, int] | None = ImageChops.difference(image, Image.new("RGB", image.size, PAPER)).getbbox()
    return box and (box[0], box[1] + top, box[2], box[3] + top)


def framed(png: bytes) -> bool:
    """Tell whether all that is drawn stands inside the edges, and neither key nor teaser touches the rules."""
    left, top, right, bottom = inked(png) or (EDGE, TOP, EDGE, BOTTOM)
    _, _, _, above = inked(png, 0, RULES[0]) or (0, 0, 0, 0)
    return left >= EDGE - 4 and right <= SIZE[0] - EDGE + 4 and top >= TOP and bottom <= BOTTOM and above < RULES[0] - 2


def test_a_card_is_a_png_of_the_size_that_previews_ask_for() -> None:
    image = Image.open(io.BytesIO(drawn()))
    assert (image.format, image.size, image.mode) == ("PNG", (1200, 630), "P")
    assert image.info == {}  # neither a time nor a program's name
    assert image.convert("RGB").getpixel((0, 0)) == (0xFD, 0xFC, 0xF9)


def test_the_same_texts_give_the_same_bytes() -> None:
    assert drawn() == drawn()
    assert len({drawn(), drawn(key="2023-9"), drawn(teaser="another"), drawn(facts="a draft"), drawn(digest_title="B"), drawn(accent="#1d4e9c")}) == 6


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"key": "2023-W31"},
        {"key": "2023-12-31"},
        {"key": "2023-8" * 40},
        {"teaser": LONG},
        {"teaser": LONG * 100},
        {"teaser": "W" * 3000},
        {"teaser": "." * 3000},
        {"teaser": "Ậ Ǻ Ế ǘ Ųgjpqy " * 40},
        {"digest_title": LONG * 3},
        {"digest_title": "x" * 500, "facts": "y" * 500},
        {"facts": LONG * 3},
        {"teaser": "", "title": "", "facts": "", "digest_title": "", "key": ""},
    ],
)
def test_what_is_drawn_stands_in_its_frame(texts: dict[str, str]) -> None:
    assert framed(drawn(**texts))


def test_without_a_teaser_the_title_stands_in_its_place() -> None:
    assert drawn(teaser="") == drawn(teaser=ISSUE["title"])
    assert inked(drawn(teaser="", title=""), 275, RULES[0]) is None


def test_a_teaser_begins_with_a_capital() -> None:
    assert drawn(teaser="ärgerlich") == drawn(teaser="Ärgerlich")


@pytest.mark.parametrize("text", ["扩散模型", "モデル", "모델", "نموذج", "דגם", "แบบ", "soft 专家", "\U0001d54f"])
def test_a_text_in_letters_that_the_font_lacks_is_left_out_as_a_whole(text: str) -> None:
    assert drawn(teaser=text) == drawn(teaser="")
    assert drawn(digest_title=text) == drawn(digest_title="")
    assert drawn(facts=text) == drawn(facts="")


@pytest.mark.parametrize("text", ["🎉 Soft experts", "Soft 👩🏽‍🔬experts", "Soft\u200b ex\u00adperts", "\u202eSoft\x1b experts", " Soft\n\texperts ", "So\u2066ft experts"])
def test_a_pictogram_and_what_cannot_be_seen_are_left_out_alone(text: str) -> None:
    assert drawn(teaser=text) == drawn(teaser="Soft experts")


@pytest.mark.parametrize("text", ["Erdős–Rényi, Łódź, Nguyễn", "Ελληνικά", "Обзор", "ℓ₂ ≤ x ∈ ℝⁿ → ∞", "“Quotes” – and … ‘more’"])
def test_letters_and_signs_of_mathematics_are_drawn(text: str) -> None:
    assert drawn(teaser=text) != drawn(teaser="")
    assert drawn(digest_title="Обзор") != drawn(digest_title="")  # upright, where the italic lacks it


def test_decomposed_letters_are_drawn_as_the_whole_ones() -> None:
    assert drawn(teaser="Erdo\u030bs") == drawn(teaser="Erdős")


def test_a_line_is_kerned() -> None:
    """A font without its pairs sets AVAVA wider."""
    kerned, plain = (card(**{**ISSUE, "teaser": "AVAVA"}, accent="#9c2f1d", fonts={**FONTS, "kerning.txt": pairs}) for pairs in (FONTS["kerning.txt"], b""))
    assert (inked(kerned, 275, 500) or (0,) * 4)[2] < (inked(plain, 275, 500) or (0,) * 4)[2] - 20


def test_no_string_is_too_hostile(shared: Path) -> None:
    for text in json.loads((shared / "corpora/strings/blns.json").read_text())[::1 if SOAK else 16]:
        assert framed(drawn(teaser=text, digest_title=text, facts=text))


@settings(max_examples=2_000 if SOAK else 25)
@given(st.text(max_size=200))
def test_no_text_at_all_is_too_hostile(text: str) -> None:
    assert framed(drawn(teaser=text, title=text, facts=text, digest_title=text))
    assert drawn(key=text)


def test_an_issue_has_a_card_where_its_site_has_an_address(digest: Callable[..., Path], roundup: Callable[..., Result]) -> None:
    root = digest(WITH_ADDRESS)
    assert roundup("build", root=root).code == 0
    assert framed((root / "site/2024-1/card.png").read_bytes())
    assert not any(path.startswith("assets/cards") or path.endswith(".otf") for path in tree(root / "site"))
    without = digest(name="without")
    assert roundup("build", root=without).code == 0
    assert not [path for path in tree(without / "site") if path.endswith(".png")]


def test_without_pillow_a_build_makes_no_card_and_says_so_when_asked(digest: Callable[..., Path], roundup: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    root = digest(WITH_ADDRESS)
    loud = roundup("build", "-v", root=root)
    assert (loud.code, loud.err) == (0, "")
    assert loud.out.splitlines()[0] == 'no social cards: they need Pillow; pip install "roundup-digest[cards]"'
    assert not [path for path in tree(root / "site") if path.endswith(".png")]
    quiet = roundup("build", root=digest(WITH_ADDRESS, name="quiet"))
    assert re.fullmatch(r".*: 1 issue, 1 paper; .*\n", quiet.out)
    assert quiet.err == ""


def test_another_release_of_pillow_draws_anew(digest: Callable[..., Path]) -> None:
    from roundup.plan import plan
    from roundup.site import Site
    from roundup.store.reading import read_digest

    read = read_digest(digest(WITH_ADDRESS))
    planned = [{output.path: output.made_from for output in plan(Site(read.config, read.archive, read.theme, cards=release)).outputs} for release in ("12.0", "12.1", "")]
    assert planned[0]["2024-1/card.png"] != planned[1]["2024-1/card.png"]
    assert planned[0]["2024-1/index.html"] == planned[1]["2024-1/index.html"] != planned[2]["2024-1/index.html"]
    assert "2024-1/card.png" not in planned[2]
