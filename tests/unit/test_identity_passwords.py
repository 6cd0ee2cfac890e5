"""Which passwords and PINs are good enough, and how they are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringoff.features.identity.passwords import MOST, Passwords, check_new
from ringoff.features.identity.pin import check_new_pin
from ringoff.features.rules import RuleBook
from ringoff.kit.errors import InvalidInput
from ringoff.kit.secrets import SecretStr

RULES = RuleBook.load().pack("neutral").identity
OWN = ["A-10077", "Ana García López", "ana.garcia@example.net", "+8613812345678", "Polaris"]


def refusal(password: str, *, second_factor: bool = False) -> str | None:
    try:
        check_new(SecretStr(password), RULES, second_factor=second_factor, own_words=OWN)
    except InvalidInput as error:
        return error.code
    return None


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "我的手机在上海的家里面放着呢没人用", "x7$Kq9!vLm2@pRt4", "la vida es sueño, dicen"],
)
def test_a_long_password_of_any_script_and_composition_is_taken(password: str) -> None:
    assert refusal(password) is None


def test_fifteen_characters_alone_and_eight_with_a_second_factor() -> None:
    assert refusal("tulip canyon 9") == "password_short"
    assert refusal("tulip canyon 94") is None
    assert refusal("tulip 9k", second_factor=True) is None
    assert refusal("tulip 9", second_factor=True) == "password_short"


def test_a_password_of_many_characters_is_taken_whole_and_none_is_cut_off() -> None:
    long = "".join(chr(ord("a") + i * 7 % 26) for i in range(MOST))
    assert refusal(long[:128]) is None
    assert refusal(long) is None
    assert refusal(long + "x") == "password_long"


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password1", "PASSWORD", "passwordpassword", "12345678", "123456789012345", "987654321098765",
        "aaaaaaaaaaaaaaaa", "abcabcabcabcabca", "abcdefghijklmnop", "ｐａｓｓｗｏｒｄ", "qwertyuiop",
    ],
)  # fmt: skip
def test_what_everybody_uses_is_refused(password: str) -> None:
    assert refusal(password, second_factor=True) == "password_common"


@pytest.mark.parametrize(
    "password",
    [
        "ana.garcia@example.net",
        "Garcia-Lopez-Ana",
        "13812345678 ana",
        "+8613812345678!",
        "PolarisPolaris1",
        "a-10077 polaris",
    ],
)
def test_what_is_little_more_than_the_holders_own_names_and_numbers_is_refused(password: str) -> None:
    assert refusal(password) in ("password_personal", "password_common")


def test_a_name_within_a_good_password_does_no_harm() -> None:
    assert refusal("garcia paints green boats") is None


@given(st.text(min_size=1, max_size=300))
def test_any_text_is_either_taken_or_refused_with_a_reason(text: str) -> None:
    assert refusal(text) in (None, "password_short", "password_long", "password_common", "password_personal")


async def test_a_password_is_kept_as_argon2id_with_the_parameters_that_we_promise() -> None:
    hashed = await Passwords().hash(SecretStr("correct horse battery"))
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_the_same_password_typed_on_another_keyboard_is_the_same() -> None:
    passwords = Passwords()
    hashed = await passwords.hash(SecretStr("café ２０ años más tarde"))
    assert await passwords.verify(hashed, SecretStr("cafe\u0301 20 an\u0303os más tarde"))
    assert not await passwords.verify(hashed, SecretStr("cafe 20 años más tarde"))


async def test_nobodys_password_is_never_right_and_costs_one_computation_as_well() -> None:
    passwords = Passwords()
    assert not await passwords.verify(None, SecretStr("anything"))
    assert passwords.computed == 1


@pytest.mark.parametrize("pin", ["12345", "12345678901", "12a456", "１２３４５６", ""])
def test_a_pin_has_six_to_ten_digits(pin: str) -> None:
    with pytest.raises(InvalidInput, match="6 to 10"):
        check_new_pin(SecretStr(pin), OWN)


@pytest.mark.parametrize("pin", ["123456", "987654", "890123", "000000", "121212", "112211"])
def test_a_pin_that_is_tried_first_is_refused(pin: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_new_pin(SecretStr(pin), OWN)
    assert refused.value.code == "pin_common"


def test_a_pin_from_the_holders_own_numbers_is_refused_and_another_one_taken() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_new_pin(SecretStr("138123"), OWN)
    assert refused.value.code == "pin_personal"
    check_new_pin(SecretStr("740291"), OWN)
