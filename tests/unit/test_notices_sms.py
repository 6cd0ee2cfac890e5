import re
from dataclasses import replace
from itertools import product
from zoneinfo import available_timezones

import pytest

from ringoff.features.notices import (
    NOTICES,
    NoticeType,
    render_sms,
)
from ringoff.features.notices.sms import fits
from ringoff.kit.i18n import LANGUAGES, Language
from tests.support.notices import USUAL, VARIANTS

EVERY = list(product(NOTICES, LANGUAGES))


@pytest.mark.parametrize(("notice", "language"), EVERY)
def test_a_text_message_is_one_message_without_links(notice: NoticeType, language: Language) -> None:
    for variant in VARIANTS:
        sms = render_sms(notice, replace(VARIANTS[variant], locale=language))
        assert fits(sms)
        assert len(sms) <= (70 if language == "zh-Hans" else 160)
        assert "C-8K3M-V0QXX" in sms
        assert "8000" not in sms.replace("ending in 8000", "").replace("terminada en 8000", "").replace("尾号8000", "")
        assert not re.search(r"https?:|www", sms)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_message_fits_wherever_the_holder_lives(language: Language) -> None:
    facts = replace(USUAL, locale=language, carrier_name="Compañía Telefónica del Norte", service="data")
    too_long = {
        zone for zone in available_timezones() if not fits(render_sms("scheduled", replace(facts, time_zone=zone)))
    }
    assert not too_long


def test_spanish_text_messages_are_spelled_within_the_cheap_alphabet() -> None:
    sms = render_sms("scheduled", replace(USUAL, locale="es"))
    assert "linea" in sms
    assert "Shanghai" in sms
    assert "señal ¿é? -5" in render_sms("closed", replace(USUAL, locale="es", carrier_name="señal ¿é? −5"))


def test_a_text_message_tells_to_move_log_ins_while_codes_still_arrive() -> None:
    assert "Move log-ins to another number first." in render_sms("scheduled", USUAL)
    assert "log-ins" not in render_sms("scheduled", replace(USUAL, msisdn=None))
    assert "log-ins" not in render_sms("scheduled", VARIANTS["ported"])
