"""Formulas as lines: what they say, and that each edition shows the same ones as their source."""

from __future__ import annotations

import pytest

from roundup.text import linear


@pytest.mark.parametrize(
    ("words", "above", "below"),
    [
        ("", "", ""),
        ("2", "²", "₂"),
        ("−10", "⁻¹⁰", "₋₁₀"),
        ("th", "ᵗʰ", "ₜₕ"),
        ("abq", "^(abq)", "_(abq)"),
        ("max", "ᵐᵃˣ", "ₘₐₓ"),
        ("min", "ᵐⁱⁿ", "ₘᵢₙ"),
        ("opt!", "^(opt!)", "_(opt!)"),
        ("q", "^q", "_q"),
        ("1, 2", "^(1, 2)", "_(1, 2)"),
    ],
)
def test_words_are_raised_and_lowered_whole_or_in_brackets(words: str, above: str, below: str) -> None:
    assert (linear.raised(words), linear.lowered(words)) == (above, below)
