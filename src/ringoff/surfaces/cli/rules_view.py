"""Rule packs for the eye, within 80 columns."""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.padding import Padding

from ringoff.features.rules import RuleBook, RulePack
from ringoff.surfaces.cli.rules_explained import Explanation, Told
from ringoff.surfaces.cli.screen import console, say, table

_CONFIDENCE = {
    "V": "read in a primary text",
    "S": "told by a secondary source",
    "M": "from memory: check it first",
    "own": "our own choice, no duty that we know of",
}
_DECISIONS = {"approve": "[done]●[/] goes ahead", "manual": "[waits]◇[/] a person", "decline": "[final]×[/] refused"}
_INDENT = (0, 0, 0, 2)


def summary(pack: RulePack, book: RuleBook) -> Mapping[str, Any]:
    parent = book.parent(pack)
    return {
        "id": pack.id,
        "also": pack.also,
        "title": pack.title,
        "version": pack.version,
        "in_force_from": pack.in_force_from,
        "extends": parent and parent.label,
    }


def show_list(book: RuleBook) -> None:
    grid = table("id", "title", "version", "in force from", "extends", right=("version",))
    for column in (grid.columns[0], *grid.columns[2:]):
        column.no_wrap = True
    for pack in book.packs:
        parent = book.parent(pack)
        names = ", ".join((pack.id, *pack.also))
        since = pack.in_force_from.isoformat()
        grid.add_row(names, escape(pack.title), str(pack.version), since, parent.label if parent else "–")
    console().print(grid)
    say()
    say("None of it is legal advice. What each says of a line: ringoff rules explain LINE")


def show(told: Explanation) -> None:
    say(f"{told.line_ref}  account {told.account_number} · jurisdiction {told.jurisdiction}", "bold")
    say(f"follows {told.pack}, {told.title}; in force from {told.in_force_from}.")
    say(_why(told))
    for section in told.sections:
        _show_section(section)
    say()
    if not told.requests:
        say("This line is closed already: nothing can be asked for it.")
        return
    say("An ordinary request now", "bold")
    grid = table("by", "what becomes of it", "rule", "why")
    for column in grid.columns[:3]:
        column.no_wrap = True
    for one in told.requests:
        grid.add_row(one.channel, _DECISIONS[one.decision], one.rule, escape(one.why))
    console().print(grid)


def _why(told: Explanation) -> str:
    """How the pack was found; the language of the account has no part in it."""
    *missed, (name, pack) = [(step.name, step.pack) for step in told.looked_up]
    said = f"The account's jurisdiction decides, not its language ({told.locale}). "
    if missed:
        said += f"No pack is in force for {', nor for '.join(name for name, _ in missed)}: so {name} is next."
    elif pack and pack.partition("@")[0] != name:
        said += f"The pack says that {name} is another name for it."
    else:
        said += "It has a pack of its own."
    return said


def _show_section(told: Told) -> None:
    """Of the last origin everything holds that those before it do not say."""
    say()
    say(told.section, "accent")
    _indented(" ".join(told.says))
    for word in told.origins:
        inherited = word is told.origins[-1]
        part = ("the rest" if len(told.origins) > 1 else "") if inherited else ", ".join(word.keys)
        whose = f"{word.pack} ({part})" if part else word.pack
        _indented(f"{whose}: {word.citation}", "quiet")
        _indented(f"— {_CONFIDENCE[word.confidence]}; noted on {word.read_on}", "quiet")


def _indented(text: str, style: str = "") -> None:
    console().print(Padding(escape(text), _INDENT), style=style or None)
