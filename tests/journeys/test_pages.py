"""Every page, in every state and language: for all readers (WCAG 2.2 AA), for the smallest screen, small, quiet."""

import pytest

from ringoff.kit.i18n import LANGUAGES, Language
from tests.journeys.conftest import Enrol, Portal, Visit
from tests.support import tour
from tests.support.inspection import Inspector
from tests.support.walker import Walker


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("walk", [tour.of_a_leaver, tour.of_a_keeper, tour.of_a_stranger])
async def test_every_page_on_the_tour(
    portal: Portal, visit: Visit, subscriber: Enrol, walk: tour.Walk, language: Language
) -> None:
    page, who = await visit(language), await subscriber(language, totp=walk is tour.of_a_leaver)
    inspector = Inspector(page, language)
    await inspector.begin()
    guide = tour.Guide(Walker(page, language), portal.database, portal.mailed)
    async for name in walk(guide, who):
        await inspector.look(name)
    assert not inspector.wrong, "\n".join(inspector.wrong)
    assert len(inspector.bytes) > 15
