"""The outbox as the owner of what it owes: each letter is written out when it leaves, and its secret then forgotten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from ringoff.db import arrays
from ringoff.db.pool import Connection
from ringoff.features.letters import store
from ringoff.features.letters.model import Letter
from ringoff.features.letters.saying import Words
from ringoff.features.letters.service import forget_secrets
from ringoff.features.letters.words import Reader, particulars, words
from ringoff.features.notices import Message, lay_out
from ringoff.features.notices.model import Letter as Page
from ringoff.features.notices.text import tidy, wrap
from ringoff.kit.i18n import negotiate, phrases
from ringoff.kit.ids import subject_number
from ringoff.kit.secrets import Seal, SealBroken, SecretStr
from ringoff.ports import Key, NeedsPerson, Outcome
from ringoff.reconcile.model import Claimed, Settled

_LINKS = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(("html.j2",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_LINKS.filters.update(wrap=wrap)
_TEXT, _HTML = _LINKS.get_template("link.txt.j2"), _LINKS.get_template("link.html.j2")
_UNSEALED = NeedsPerson("its link was sealed with another secret: have the holder ask for a new one", untouched=True)
_ERASED = NeedsPerson("what it told has been erased: nothing can be sent any more", untouched=True)


@dataclass(frozen=True, slots=True)
class LetterOwner:
    """Owns `deliver` of the mail system. No subject to lock: a letter that has been sent moves nothing on."""

    carrier: str
    support: str | None
    mail_domain: str
    seal: Seal | None

    async def lock(self, conn: Connection, claimed: Sequence[Claimed]) -> None:
        return None

    async def brief(self, conn: Connection, claimed: Sequence[Claimed]) -> Mapping[Key, Mapping[str, Any] | Outcome]:
        ids = arrays.ints(sorted({row.subject_id for row in claimed}))
        cursor = await conn.execute(store.WRITTEN, {"ids": ids})
        written = {row[0]: row[1:] for row in await cursor.fetchall()}
        return {row.key: self._brief(row.subject_id, *written[row.subject_id]) for row in claimed}

    async def settled(self, conn: Connection, held: None, settled: Sequence[Settled], now: datetime) -> None:
        """In fallout the secret stays: a person may have it tried again."""
        sent = [one.subject_id for one in settled if one.state == "discharged"]
        if sent:
            await forget_secrets(conn, sent)

    def _brief(
        self,
        letter_id: int,
        kind: Any,
        recipient: str,
        locale: str,
        facts: Mapping[str, str],
        secret: bytes | None,
        holder_name: str | None,
        time_zone: str,
    ) -> Mapping[str, Any] | Outcome:
        if not recipient:
            return _ERASED
        try:
            link = SecretStr(self.seal.open(secret).decode()) if secret is not None and self.seal else None
        except SealBroken:
            return _UNSEALED
        if secret is not None and link is None:
            return _UNSEALED
        letter = Letter(kind, recipient, locale, facts, link)
        message = render(letter, Reader(holder_name or "", time_zone), self.carrier, self.support)
        return {
            "message_id": f"<{subject_number(letter_id)}@{self.mail_domain}>",
            "to": recipient,
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "locale": message.language,
        }


def render(letter: Letter, reader: Reader, carrier: str, support: str | None) -> Message:
    """The letter in its reader's language. Pure. What it returns holds the link: for the mail, and nowhere else."""
    language = negotiate(letter.locale)
    say = phrases(language)
    _ = say.gettext
    said = words(letter.kind, letter.facts, say)
    page = Page(
        language=language,
        subject=f"{said.heading} · {tidy(carrier)}",
        banner=None,
        heading=said.heading,
        greeting=_("Hello %(name)s,") % {"name": tidy(reader.holder_name)} if reader.holder_name else _("Hello,"),
        opening=said.opening,
        particulars=[
            *particulars(letter.facts, reader, say),
            (_("Care"), tidy(support) if support else _("answer this mail")),
        ],
        ending=said.ending,
        carrier=tidy(carrier),
    )
    return lay_out(page, *_link(said, letter.link))


def _link(said: Words, link: SecretStr | None) -> tuple[str, Markup]:
    """A link stands on a line of its own and is never wrapped: a broken one opens nothing."""
    if link is None:
        return "", Markup("")
    told = {"label": said.label, "link": link.get_secret_value(), "is_code": said.is_code}
    return _TEXT.render(words=told), Markup(_HTML.render(words=told))  # noqa: S704  # the template has escaped it
