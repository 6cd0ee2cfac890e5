"""Takes the pictures in docs/pictures, in each language: `make shots`. No test, so not collected."""

from collections.abc import Callable

import pytest

from ringoff.features.staff import Role
from ringoff.kit.i18n import LANGUAGES, Language
from tests.journeys.conftest import Enrol, OfficeOf, Portal, Visit
from tests.support import desk_tour, tour
from tests.support.album import FOLDER, Album
from tests.support.desk_tour import Colleague, Office, Tour
from tests.support.subscribers import Subscriber
from tests.support.walker import Walker

_SCALE = 0.75  # sharp where it is shown, and small
PORTAL = Album(
    FOLDER,
    """# What a subscriber sees

On a phone, in each language, as `make shots` last took it. Every page is also usable by keyboard alone, without
JavaScript, with letters twice as large, and printed. [What an agent sees](desk/README.md).
""",
    230,
    {
        "Leaving with one line": {
            "front": "The front door",
            "sign-in": "Sign in",
            "code": "A code, where one is set up",
            "account": "Services & devices",
            "line": "A line, and the way out",
            "prepare": "1. What only the holder can see to",
            "data-line-prepare": "The same for a data SIM",
            "device-different": "A device that is not the one on record",
            "when": "2. When",
            "confirm": "3. Everything that will happen, and one button",
            "case-scheduled": "It can still be undone",
            "case-undone": "It was",
            "case-closed": "What was done, and what still goes on",
        },
        "Leaving with everything": {
            "several": "Several lines, or the whole account",
            "whole-prepare": "What to see to, for each",
            "whole-confirm": "Everything that will happen",
            "cases": "What was asked for together, and the undo",
            "account-leaving": "On the way",
            "account-closed": "Over",
        },
        "Afterwards": {
            "closed": "Signing in to a closed account",
            "archive-door": "The link from the mail",
            "archive": "The documents, once",
            "status": "Check my cancellation",
            "status-told": "And nothing else is told",
        },
        "When little was proved": {
            "when-waits": "A password alone waits",
            "confirm-waits": "And says so before the button",
            "veto": "Whoever reads the mail of record can object",
            "vetoed": "Stopped",
            "prepare-stopped": "Then a person looks at it first",
            "prepare-locked": "The holder's own lock",
        },
        "Without signing in": {
            "guide": "How to cancel, as this installation is set up",
            "declare": "Declaring",
            "declare-de": "The same by German law",
            "declare-problems": "Something is missing",
            "declared": "Received, with date and time",
        },
        "Signing in and security": {
            "sign-in-refused": "The same for everybody",
            "forgot": "The way back in",
            "forgot-sent": "Says nothing about who is a customer",
            "new-password": "The link from the mail",
            "link-over": "A link that is over",
            "security": "Security",
            "security-passkeys": "Passkeys",
            "codes-new": "One-time codes",
            "recovery-codes": "Recovery codes",
            "security-sessions": "Where one is signed in",
            "security-contact": "The address of record",
            "security-pin": "The PIN for the phone",
            "security-lock-set": "The cancel lock",
            "prove": "A fresh proof",
            "no-such-page": "No such page",
            "bills": "Bills",
        },
    },
)
DESK = Album(
    FOLDER / "desk",
    """# What an agent sees

At a desk, in each language, as `make shots` last took it; open a picture to read it.
[What a subscriber sees](../README.md).
""",
    300,
    {
        "A call": {
            "home": "Before a call",
            "found": "Found by number, account or name: not yet who it is",
            "caller-unknown": "Until the caller has proved who they are, nothing is shown",
            "code-sent": "A code to the address of record, which is not shown either",
            "customer": "The caller is known",
            "customer-line": "A line: what stands in the way, and its holds",
            "leave": "When, and what each date costs",
            "read-out": "What is read out, in the caller's language",
            "customer-case-noted": "The case, and a note",
            "leave-several": "Several lines at once",
        },
        "What waits for a person": {
            "review-case": "Why a case waits, and by when",
            "fallout-item": "What got stuck, what the system answered, and the ways on",
            "declaration": "Somebody declared that they leave, and gave a name",
            "represent": "Acting for somebody else",
            "representative": "The papers that it takes",
            "deadlines": "What is about to pass",
        },
        "The others": {
            "operations": "Operations",
            "finance": "Refunds to pay",
            "auditor": "The audit log",
            "administrator": "Who works here",
        },
    },
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("walk", [tour.of_a_leaver, tour.of_a_keeper, tour.of_a_stranger])
async def test_take_the_portal(
    portal: Portal, visit: Visit, subscriber: Enrol, walk: tour.Walk, language: Language
) -> None:
    page, who = await visit(language, scale=_SCALE), await subscriber(language, totp=walk is tour.of_a_leaver)
    guide = tour.Guide(Walker(page, language), portal.database, portal.mailed)
    async for name in walk(guide, who):
        PORTAL.keep(await page.screenshot(full_page=True, animations="disabled"), name, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("walk", "role", "names"),
    [
        (desk_tour.of_an_agent, "agent", ("ana", "mei", "lucia")),
        (desk_tour.of_a_senior, "senior", ("lin", "wei", "marta")),
        (desk_tour.of_the_others, "senior", ("tom", "fang", "pedro")),
    ],
)
async def test_take_the_desk(
    office_of: OfficeOf,
    subscriber: Enrol,
    walk: Callable[[Office, Colleague, Subscriber], Tour],
    role: Role,
    names: tuple[str, ...],
    language: Language,
) -> None:
    office, who = office_of(language, scale=_SCALE), await subscriber(language, totp=True)
    colleague = await office.hire(role, names[LANGUAGES.index(language)])
    async for shown in walk(office, colleague, who):
        DESK.keep(await colleague.page.screenshot(full_page=True, animations="disabled"), shown, language)


@pytest.mark.parametrize("album", [PORTAL, DESK])
def test_show_them(album: Album) -> None:
    album.show()
