"""`python -m ringoff.features.notices.preview DIR` writes every notice in every language, for people to look at."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ringoff.features.notices.model import NOTICES, BillTold, NoticeFacts, NoticeType, Released
from ringoff.features.notices.service import render
from ringoff.features.notices.sms import render_sms
from ringoff.kit.i18n import LANGUAGES

_AT = datetime(2026, 11, 27, 15, 59, tzinfo=UTC)
_USUAL = NoticeFacts(
    case_number="C-8K3M-V0QXX",
    holder_name="Ana García",
    locale="en",
    time_zone="Asia/Shanghai",
    carrier_name="Northstar Mobile",
    support="care@northstar.example",
    line_ref="L-1",
    msisdn="+8613800138000",
    service="voice",
    requested_at=_AT - timedelta(days=5),
    effective_at=_AT,
    undo_until=_AT,
    ended_at=_AT + timedelta(minutes=1),
    why="Other lines depend on this one: close those first, or the whole account.",
    plan=("hlr", "esim", "bindings", "access", "billing", "number"),
    released=(Released("hlr", _AT), Released("bindings", _AT), Released("esim", _AT + timedelta(minutes=1))),
    trailing=("billing", "number"),
    checks_after=(timedelta(days=1), timedelta(days=7), timedelta(days=30)),
    other_lines=2,
    bills=(BillTold("F-8K3M-V0QXX", False, "You pay · €12.34", ("Please pay €12.34.",), True),),
    status_code="8K3M-V0QX",
    status_url="https://northstar.example/status",
    portal="https://northstar.example",
)
_VARIANTS: tuple[tuple[str, NoticeType, NoticeFacts], ...] = (
    *((notice, notice, _USUAL) for notice in NOTICES),
    ("acknowledged-review", "acknowledged", replace(_USUAL, in_review=True, undo_until=None)),
    ("scheduled-data", "scheduled", replace(_USUAL, service="data", msisdn=None, iccid="8986012345678901234")),
    ("scheduled-ported", "scheduled", replace(_USUAL, cause="ported", undo_until=None, plan=("hlr",))),
    ("closed-ported", "closed", replace(_USUAL, cause="ported")),
    ("closed-trial", "closed", replace(_USUAL, trial=True)),
)


def write(folder: Path) -> int:
    """Returns how many files were written: three a variant and language."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for language in LANGUAGES:
        for name, notice, facts in _VARIANTS:
            told = replace(facts, locale=language)
            message = render(notice, told)
            (folder / f"{name}.{language}.html").write_text(message.html)
            (folder / f"{name}.{language}.txt").write_text(f"Subject: {message.subject}\n\n{message.text}")
            (folder / f"{name}.{language}.sms.txt").write_text(render_sms(notice, told) + "\n")
            count += 3
    return count


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m ringoff.features.notices.preview DIR")
    sys.stdout.write(f"{write(Path(sys.argv[1]))} files\n")
