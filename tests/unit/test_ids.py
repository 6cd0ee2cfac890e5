"""Case numbers that people read aloud."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringoff.kit.errors import InvalidInput
from ringoff.kit.ids import case_number, parse_case_number

ids = st.integers(1, (1 << 40) - 1)


@given(ids)
def test_a_case_number_leads_back_to_its_case(case_id: int) -> None:
    assert parse_case_number(case_number(case_id)) == case_id


@given(ids)
def test_it_is_found_however_it_is_written_down(case_id: int) -> None:
    number = case_number(case_id)
    read_aloud = number.replace("-", " ").lower()
    bare = number.removeprefix("C-").replace("-", "")
    look_alikes = bare.replace("0", "O").replace("1", "l")
    assert {parse_case_number(text) for text in (read_aloud, bare, look_alikes)} == {case_id}


@given(ids, st.integers(0, 8), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_character_is_never_another_case(case_id: int, place: int, instead: str) -> None:
    body = case_number(case_id).removeprefix("C-").replace("-", "")
    wrong = body[:place] + instead + body[place + 1 :]
    if wrong != body:
        with pytest.raises(InvalidInput):
            parse_case_number(wrong)


def test_neighbours_do_not_look_alike() -> None:
    numbers = [case_number(i) for i in range(1, 2001)]
    assert len(set(numbers)) == 2000
    assert len({number[:6] for number in numbers}) > 1900
    assert numbers != sorted(numbers)


@pytest.mark.parametrize("text", ["", "C-", "C-1234", "C-8K3M-V0QX!", "C-8K3M-V0QXTTT", "😀" * 9, "١٢٣٤٥٦٧٨٩", "ß" * 9])
def test_what_is_no_case_number_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_case_number(text)
    assert refused.value.code == "case_number_invalid"
