"""Reads rule packs: ours from `packs/`, and the operator's own from a folder beside them."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ringoff.features.rules.model import SECTIONS, NumberPlan, RulePack, Section
from ringoff.features.rules.provenance import Heritage, Origin, own_keys
from ringoff.kit.errors import InvalidInput, NotFound

NEUTRAL = "neutral"
Document = dict[str, Any]


class RuleBook:
    """All packs in all their versions. Immutable; a change of a file is seen by the next start."""

    def __init__(self, packs: Iterable[RulePack], heritage: Mapping[str, Heritage]) -> None:
        self._heritage = heritage
        self._by_label: dict[str, RulePack] = {}
        self._versions: dict[str, list[RulePack]] = {}
        for pack in sorted(packs, key=lambda p: (p.in_force_from, p.version)):
            self._by_label[pack.label] = pack
            self._versions.setdefault(pack.id, []).append(pack)
        self._ids = {name: pack.id for pack in self._by_label.values() for name in (pack.id, *pack.also)}
        if NEUTRAL not in self._versions:
            raise InvalidInput("rule_pack_missing", "There is no neutral rule pack, which all others fall back to.")

    @classmethod
    def load(cls, extra_dir: Path | None = None) -> "RuleBook":
        """Ours and those in `extra_dir` (*.toml). Raises InvalidInput naming the file and the key that is wrong."""
        inheritance = _Inheritance(_read(extra_dir))
        return cls(inheritance.packs(), inheritance.heritage())

    @property
    def packs(self) -> tuple[RulePack, ...]:
        """In all versions, by their ids."""
        return tuple(sorted(self._by_label.values(), key=lambda p: (p.id, p.version)))

    def pack(self, jurisdiction: str, on: date | None = None) -> RulePack:
        """The version in force `on` that day (today, UTC) for `us-ca`, else for `us`, else the neutral one."""
        *_, (_, found) = self.steps(jurisdiction, on)
        assert found is not None
        return found

    def steps(self, jurisdiction: str, on: date | None = None) -> Iterator[tuple[str, RulePack | None]]:
        """What is looked up in turn, and what was found: nothing, but for the last."""
        day = on or datetime.now(UTC).date()
        name = jurisdiction.lower()
        while name and name != NEUTRAL:
            found = self._in_force(name, day)
            yield name, found
            if found:
                return
            name = name.rpartition("-")[0]
        yield NEUTRAL, self._in_force(NEUTRAL, day) or self._versions[NEUTRAL][0]

    def parent(self, pack: RulePack) -> RulePack | None:
        """What it `extends`, in the version that it meant."""
        label = self._heritage[pack.label].parent
        return self._by_label[label] if label else None

    def origins(self, pack: RulePack, section: Section) -> Iterator[Origin]:
        """Which packs say what this section says, the pack itself first and what it inherits from last."""
        heir: RulePack | None = pack
        while heir is not None:
            keys = self._heritage[heir.label].keys.get(section)
            if keys is not None:
                yield Origin(heir.label, keys, heir.sources[section])
            heir = self.parent(heir)

    def labelled(self, label: str) -> RulePack:
        """The pack under which a case was decided, by what the case remembers: `neutral@1`."""
        try:
            return self._by_label[label]
        except KeyError:
            raise NotFound("rule_pack_unknown", f"There is no rule pack {label}.", label=label) from None

    @property
    def number_plans(self) -> tuple[NumberPlan, ...]:
        """Of all packs: which numbers exist does not depend on whose law applies."""
        plans = {(n.prefix, n.lengths): n for pack in self._by_label.values() for n in pack.number_plans}
        return tuple(plans.values())

    def _in_force(self, name: str, day: date) -> RulePack | None:
        versions = self._versions.get(self._ids.get(name, name), [])
        return next((p for p in reversed(versions) if p.in_force_from <= day), None)


class _Inheritance:
    """Completes each document by what it `extends`, and checks the result.

    Tables are merged key by key. A pack's review rules are looked at before those that it inherits, and its number
    plans are added to them. A pack that changes a section says where its own rules come from.
    """

    def __init__(self, documents: Iterable[tuple[str, Document]]) -> None:
        self._documents: dict[str, tuple[str, Document]] = {}
        self._claims: dict[str, tuple[object, str]] = {}
        for name, document in documents:
            label = f"{document.get('id')}@{document.get('version')}"
            if label in self._documents:
                raise _wrong(name, "version", f"{label} is already told in {self._documents[label][0]}")
            self._documents[label] = name, document
            self._claim(name, document)

    def packs(self) -> Iterator[RulePack]:
        for label, (name, _) in self._documents.items():
            try:
                yield RulePack.model_validate(self._whole(label, ()))
            except ValidationError as error:
                first = error.errors()[0]
                key = ".".join(str(part) for part in first["loc"] if part != "[key]")
                raise _wrong(name, key or label, first["msg"]) from error

    def heritage(self) -> dict[str, Heritage]:
        return {
            label: Heritage(
                self._parent(name, document["extends"], document) if "extends" in document else None, own_keys(document)
            )
            for label, (name, document) in self._documents.items()
        }

    def _claim(self, file: str, document: Document) -> None:
        """A jurisdiction's name stands for one pack alone."""
        own, also = document.get("id"), document.get("also", [])
        for key, names in (("id", [own]), ("also", also if isinstance(also, list) else [])):
            for name in names:
                holder, where = self._claims.setdefault(str(name), (own, file))
                if holder != own:
                    raise _wrong(file, key, f"{name} stands for the rule pack {holder} already, in {where}")

    def _whole(self, label: str, heirs: tuple[str, ...]) -> Document:
        name, document = self._documents[label]
        own = {"also": [], **document}
        parent = own.pop("extends", None)
        if parent is None:
            return own
        parent_label = self._parent(name, str(parent), document)
        if parent_label == label or parent_label in heirs:
            raise _wrong(name, "extends", f"{label} would inherit from itself")
        for section in SECTIONS:
            if section in own and section not in own.get("sources", {}):
                raise _wrong(name, f"sources.{section}", f"this pack changes {section} and has to cite its source")
        return _merged(self._whole(parent_label, (*heirs, label)), own)

    def _parent(self, name: str, parent: str, heir: Document) -> str:
        """`neutral@1` exactly, or `neutral`: the version in force when the heir came into force."""
        if parent in self._documents:
            return parent
        candidates = [
            (document.get("in_force_from"), document.get("version"), label)
            for label, (_, document) in self._documents.items()
            if document.get("id") == parent and document is not heir
        ]
        try:
            return max(c for c in candidates if c[0] <= heir["in_force_from"])[2]
        except (ValueError, TypeError, KeyError):
            raise _wrong(name, "extends", f"there is no rule pack {parent} in force on that date") from None


def _merged(below: Document, above: Mapping[str, Any]) -> Document:
    whole = dict(below)
    for key, value in above.items():
        inherited = below.get(key)
        if isinstance(value, dict) and isinstance(inherited, dict):
            whole[key] = _merged(inherited, value)
        elif key in ("review", "number_plans") and isinstance(value, list) and isinstance(inherited, list):
            whole[key] = [*value, *inherited]
        else:
            whole[key] = value
    return whole


def _read(extra_dir: Path | None) -> Iterator[tuple[str, Document]]:
    ours = files("ringoff.features.rules") / "packs"
    for entry in sorted(ours.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            yield entry.name, _parse(entry.name, entry.read_bytes())
    if extra_dir is not None:
        if not extra_dir.is_dir():
            raise InvalidInput("rules_dir_missing", f"The folder of rule packs {extra_dir} does not exist.")
        for path in sorted(extra_dir.glob("*.toml")):
            yield str(path), _parse(str(path), path.read_bytes())


def _parse(name: str, content: bytes) -> Document:
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput("rule_pack_invalid", f"{name}: {error}", file=name) from error


def _wrong(name: str, key: str, why: str) -> InvalidInput:
    return InvalidInput("rule_pack_invalid", f"{name}: {key}: {why}", file=name, key=key)
