"""An author's name is taken apart where that is sure, and stays whole where it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.names import Name, parse_name
from roundup.paper import ArxivId, Author, Paper
from roundup.starter import new_pick

PEOPLE = {
    "Neil Houlsby": Name("Houlsby", "Neil"),
    "Aidan N. Gomez": Name("Gomez", "Aidan N."),
    "Robert J. McCann,": Name("McCann", "Robert J."),
    "Tuğba Öztürk-Şen": Name("Öztürk-Şen", "Tuğba"),
    "Иван Петров": Name("Петров", "Иван"),
    "Terence O'Neil": Name("O'Neil", "Terence"),
    "H.-D. Doebner": Name("Doebner", "H.-D."),
    "yann lecun": Name("lecun", "yann"),
}
PARTICLES = {
    "Laurens van der Maaten": Name("van der Maaten", "Laurens"),
    "Luc Van Gool": Name("Van Gool", "Luc"),
    "Guy Van den Broeck": Name("Van den Broeck", "Guy"),
    "Juan Carlos de la Cruz": Name("de la Cruz", "Juan Carlos"),
    "Laurent El Ghaoui": Name("El Ghaoui", "Laurent"),
    "Stefan Le Coz": Name("Le Coz", "Stefan"),
    "Carlos St. John": Name("St. John", "Carlos"),
    "Blaise Agüera y Arcas": Name("Agüera y Arcas", "Blaise"),
    "Tuoc Van Phan": Name("Phan", "Tuoc Van"),
    "Nguyễn Văn Anh": Name("Anh", "Nguyễn Văn"),
    "Phi Le Nguyen": Name("Nguyen", "Phi Le"),
    "Da Silva": Name("Silva", "Da"),
    "Wang Di": Name("Di", "Wang"),
}
SUFFIXES = {
    "Wei Chen III": Name("Chen", "Wei", "III"),
    "Ada van Dam, Jr.": Name("van Dam", "Ada", "Jr."),
    "Ada Jr": Name("Jr", "Ada"),
    "Vishnu V": Name("V", "Vishnu"),
}
WHOLE = [
    "Plato", "王伟", "DELPHI Collaboration", "the PHOBOS Collaboration", "Gemini Team", "Particle Data Group", "Sample Research Labs", "01. AI",
    "Ann Example & Bob Sample", "Ann Example and Bob Sample", "Ann AND Bob Sample", "and Bob Sample", "Ann Example, Bob Sample", "Ann Example (Univ. A", "for all of us",
    "{odd", "a_b c", "a \\b", "others",
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), (PEOPLE | PARTICLES | SUFFIXES).items())
def test_a_persons_name_has_parts(text: str, name: Name) -> None:
    assert parse_name(text) == name
    assert str(name) == text.strip(",").replace(", Jr.", " Jr.")


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_no_person_or_has_one_name_stays_whole(text: str) -> None:
    assert parse_name(text) == Name(text)


@given(st.text() | st.lists(st.sampled_from(["Ann", "van", "Van", "Le", "y", "e", "Jr.", "III", ",", "and", "Nguyen", "x"])).map(" ".join))
def test_no_word_of_a_name_is_lost(text: str) -> None:
    assert str(parse_name(text)).replace(",", "").split() == text.strip(" ,;").replace(",", "").split()


def test_a_stub_reminds_of_family_names() -> None:
    authors = tuple(map(Author, ["Luc Van Gool", r"Andr\'e Example, Jr.", "The Sample Collaboration", "Plato", "Bob Sample"]))
    stub = new_pick(Paper(ArxivId("2401.00001"), "A title", authors, ("cs.LG",)))
    assert stub.splitlines()[1] == "# Van Gool, Example, The Sample Collaboration, Plato et al. · cs.LG · https://arxiv.org/abs/2401.00001"
