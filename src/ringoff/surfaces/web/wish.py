"""What a holder chose on the way out: when, why, and how to reach them afterwards. Read anew at every step."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ringoff.features.cancellation import Leeway, Request, When
from ringoff.features.readiness import LineFacts
from ringoff.kit.errors import InvalidInput
from ringoff.kit.i18n import Phrases, tell_day
from ringoff.surfaces.web.forms import Form

REASONS = ("price", "coverage", "service", "other_carrier", "moving", "unused")
"""What is kept with the case; a holder who wants to say none says none."""
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+\.[^@\s\x00-\x1f\x7f]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_DIALLED = str.maketrans("", "", " -()./")
Kind = Literal["now", "period_end", "date"]


@dataclass(frozen=True, slots=True)
class Wish:
    """As it was sent: nothing here is believed before `problems` has found none."""

    kind: str = ""
    day: str = ""
    reason: str = ""
    contact: str = ""

    @classmethod
    def sent(cls, form: Form) -> "Wish":
        """A day without a choice is a choice."""
        day = form["day"]
        return cls(form["when"] or ("date" if day else ""), day, form["reason"], form["contact"])

    @property
    def fields(self) -> Mapping[str, str]:
        """For the hidden fields of the next step."""
        return {"when": self.kind, "day": self.day, "reason": self.reason, "contact": self.contact}

    @property
    def when(self) -> When:
        """Raises InvalidInput where no day was written."""
        if self.kind == "date":
            try:
                return When("date", date.fromisoformat(self.day))
            except ValueError:
                raise InvalidInput("when_invalid", "This is no date.") from None
        return When.parse(self.kind)

    @property
    def email(self) -> str | None:
        return self.contact if "@" in self.contact else None

    @property
    def phone(self) -> str | None:
        return self.contact.translate(_DIALLED) if self.contact and "@" not in self.contact else None

    def problems(self, lines: Sequence[LineFacts], leeway: Leeway, say: Phrases) -> dict[str, str]:
        """A sentence a field, in the reader's language."""
        found = {"when": self._when_problem(lines, leeway, say), "contact": self._contact_problem(lines, say)}
        if self.reason not in ("", *REASONS):
            found["reason"] = say.gettext("Choose one of the reasons, or none.")
        return {field: says for field, says in found.items() if says}

    def _when_problem(self, lines: Sequence[LineFacts], leeway: Leeway, say: Phrases) -> str | None:
        _ = say.gettext
        if self.kind not in ("now", "period_end", "date"):
            return _("Choose when.")
        try:
            when = self.when
            for line in lines:
                leeway.instant(line, when)
        except InvalidInput as error:
            if error.code == "period_unknown":
                return _("There is no paid period on record: choose another time.")
            return self._day_problem(lines, leeway, say)
        first, _last = leeway.days(lines[0].time_zone)
        return self._day_problem(lines, leeway, say) if when.day and when.day < first else None

    @staticmethod
    def _day_problem(lines: Sequence[LineFacts], leeway: Leeway, say: Phrases) -> str:
        first, last = (tell_day(day, say.language) for day in leeway.days(lines[0].time_zone))
        told = say.gettext("Choose a day from %(first)s to %(last)s.")
        return told % {"first": first, "last": last}

    def _contact_problem(self, lines: Sequence[LineFacts], say: Phrases) -> str | None:
        _ = say.gettext
        if not self.contact:
            return None
        if self.email is not None:
            fits = len(self.email) <= 254 and _EMAIL.fullmatch(self.email)
            return None if fits else _("Write the whole address, such as lin@example.net.")
        if not _PHONE.fullmatch(self.phone or ""):
            return _("Write an e-mail address, or a phone number that begins with + and the country's code.")
        if any(line.msisdn == self.phone for line in lines):
            return _("This number goes with the line. Give another one.")
        return None

    def request(self, line_id: int, leeway: Leeway, *, together: bool) -> Request:
        """`together`: the lines that depend on it leave as well."""
        return Request(
            line_id,
            self.when,
            reason=self.reason or None,
            contact_email=self.email,
            contact_phone=self.phone,
            contact_confirmed=False,
            cooling_off=leeway.cooling_off if leeway.waits else None,
            whole_account=together,
            level=leeway.level,
        )


def reasons(say: Phrases) -> Mapping[str, str]:
    """What each is called, in the reader's language."""
    _ = say.gettext
    words: Sequence[str] = (
        _("It costs too much"),
        _("The network is not good enough where I need it"),
        _("I am not content with the service"),
        _("I go to another carrier"),
        _("I move away"),
        _("I no longer need it"),
    )
    return dict(zip(REASONS, words, strict=True))
