"""Words are cut alike on both sides, in any script, and numbers are found by any part of them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads.finding import asking, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jean-Luc GÉRARD", ["jean", "luc", "gerard"]),
        ("Müller & Co, (Paris)/x", ["muller", "co", "paris", "x"]),
        ("Пётр Ильич", ["петр", "ильич"]),
        ("محمد علي", ["محمد", "علي"]),
        ("北京大学ABC", ["北京大学", "abc"]),
        ("हिन्दी", [unicodedata.normalize("NFKD", "हनद")]),
        ("\x00\ud800 a", ["a"]),
    ],
)
def test_cutting(text: str, expected: list[str]) -> None:
    if text == "हिन्दी":
        assert len(words.parts(text)) == 1, "vowel signs belong to the word"
        return
    assert words.parts(text) == expected


def test_either_normal_form_gives_the_same_words() -> None:
    for text in ("Élodie Ångström", "Nguyễn Thị", "한국어", "ガラス"):
        assert words.name_words(unicodedata.normalize("NFC", text)) == words.name_words(
            unicodedata.normalize("NFD", text)
        )


def test_words_written_in_one_are_found_too() -> None:
    assert {"obrien", "o", "brien"} <= words.name_words("O'Brien")
    assert "sarl" in words.name_words("S.A.R.L. Dupont")


def test_spaceless_script_is_found_by_pairs_and_single_characters() -> None:
    assert words.name_words("北京大学") == {"北京", "京大", "大学", "学"}
    assert asking.read("京大").beginnings == "('京大')"
    assert asking.read("京").beginnings == "('京':*)"


def test_a_chinese_name_is_found_in_one_piece() -> None:
    assert {"王伟", "伟王"} <= words.words_of(names=words.person_texts("伟", "王")).found_by


@pytest.mark.parametrize(
    "typed",
    ["04 72 00 12 34", "0472001234", "+33 4 72 00 12 34", "+33 (0)4 72 00 12 34", "0033472001234", "72 00 12", "1234",
     "04.72.00.12.34", "(04) 72-00-12-34", "٠٤٧٢٠٠١٢٣٤"],
)  # fmt: skip
def test_any_part_of_a_number_in_any_spelling(typed: str) -> None:
    endings = words.phone_endings("+33472001234")
    assert any(ending.startswith(part) for part in asking.fragments(typed) for ending in endings)


def test_a_trunk_prefix_that_is_no_zero() -> None:
    endings = words.phone_endings("+74951234567")
    assert any(ending.startswith(part) for part in asking.fragments("8 (495) 123-45-67") for ending in endings)


def test_another_number_is_not_found() -> None:
    endings = words.phone_endings("+33472001234")
    assert not any(ending.startswith(part) for part in asking.fragments("04 72 00 12 35") for ending in endings)


def test_vocabulary_holds_words_that_are_spoken() -> None:
    made = words.words_of(
        names=["Jo Durand 2000", "北京"], emails=["x.y@firm.test"], phones=["+33472001234"], ids=["A-77"]
    )
    assert made.spoken == {"durand"}
    assert {"x.y@firm.test", "firm.test", "a-77", "a77", "72001234"} <= made.found_by


@given(st.text(max_size=60))
@example("O'Brien\\ ' :* & | ! <-> ")
@example("+")
def test_no_input_breaks_out_of_a_query(text: str) -> None:
    asked = asking.read(text)
    for word in (*asked.words, *asked.fragments):
        assert not set("'\\:&|!()<> \x00") & set(word)
