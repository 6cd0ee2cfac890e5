"""Who works at the demo's desk: one of each role, with the password and the code generator of its subscribers."""

from collections.abc import Mapping

from ringoff.app import App
from ringoff.features import staff
from ringoff.features.staff import Role
from ringoff.kit.secrets import Seal, SecretStr
from ringoff.settings import Settings
from ringoff.surfaces.demo.subscribers import CODE_SECRET, PASSWORD

PEOPLE: Mapping[Role, tuple[str, str]] = {
    "agent": ("ana", "Ana Beltrán"),
    "senior": ("lin", "Lin Wei"),
    "finance": ("grace", "Grace Adeyemi"),
    "operations": ("oscar", "Óscar Vidal"),
    "auditor": ("mei", "Mei Chen"),
    "administrator": ("tom", "Tom Ashdown"),
}


async def hire(app: App, settings: Settings) -> None:
    """Those who are not there yet."""
    assert settings.secret is not None  # made by `up`, which runs
    seal, now = Seal(settings.secret), app.database.clock.now()
    async with app.database.transaction() as conn:
        known = {member.name for member in await staff.members(conn)}
        for role, (name, display_name) in PEOPLE.items():
            if name not in known:
                await staff.seed_member(conn, name, display_name, role, SecretStr(PASSWORD), CODE_SECRET, seal, now)
