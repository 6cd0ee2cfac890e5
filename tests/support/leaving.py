"""Walking through the leaving pages as a holder does."""

from ringoff.features import identity
from ringoff.features.identity import Level, Method, Visit
from ringoff.kit.ids import parse_case_number
from ringoff.surfaces.portal.visitor import SESSION
from ringoff.surfaces.web import naming
from tests.support.browser import DEVICE, Browser, Page
from tests.support.portal import Portal
from tests.support.subscribers import Subscriber

SYSTEMS = {
    "esim": {"wave": 1, "effect": "undo", "gates": True},
    "hlr": {"wave": 2, "effect": "pivot", "gates": True},
    "billing": {"wave": 3, "effect": "forward_only", "gates": False},
}
LEAVE, KEEP = "Cancel this line", "Keep this line"


def line_path(line_ref: str) -> str:
    return naming.address(line_ref)


async def to_confirming(browser: Browser, line_ref: str, **chosen: str) -> Page:
    """From the line's page to the one with the button, by its links and forms alone."""
    await browser.open(line_path(line_ref))
    await browser.click(LEAVE)
    await browser.click("Go on")
    return await browser.submit("Go on", {"when": "now", **chosen})


async def leave(browser: Browser, line_ref: str, **chosen: str) -> Page:
    """To the case page."""
    await to_confirming(browser, line_ref, **chosen)
    return await browser.submit(LEAVE)


async def cases(portal: Portal) -> list[tuple[str, str]]:
    """All that there are: which line, in which state."""
    query = "SELECT l.line_ref, c.state FROM cancellation c JOIN line l ON l.id = c.line_id ORDER BY c.id"
    return [(line_ref, state) for line_ref, state in await portal.world.rows(query)]


def case_of(page: Page) -> int:
    """The id of the case whose page this is."""
    assert page.path.startswith("/cases/"), f"{page.path} ({page.status}): {page.text}"
    return parse_case_number(page.path.removeprefix("/cases/"))


async def strong(portal: Portal, language: str = "en") -> tuple[Subscriber, Browser]:
    """Somebody who signed in with a code generator as well, and so may leave at once."""
    who = await portal.subscriber(language, totp=True)
    return who, await inside(portal, who, language, level=2, method="password+totp")


async def weak(portal: Portal, language: str = "en") -> tuple[Subscriber, Browser]:
    """Somebody who signed in with a password alone."""
    who = await portal.subscriber(language)
    return who, await inside(portal, who, language, level=1, method="password")


async def inside(portal: Portal, who: Subscriber, language: str, *, level: Level, method: Method) -> Browser:
    """A browser of theirs, signed in: how that is done, other tests tell."""
    browser = portal.browser(language)
    async with portal.app.database.transaction() as conn:
        visit = Visit("192.0.2.7", DEVICE)
        made = await identity.start_session(conn, who.account_id, level, method, visit, portal.world.now)
    browser.client.cookies.set(f"__Host-{SESSION}", made.token.get_secret_value(), domain="portal.test", path="/")
    return browser
