"""Strict reading of a profile: every fault is found and listed with its line before anything is believed."""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import Any, TypeVar, cast

from profiles.document import SCHEMA, lines_of, parse, read_text
from profiles.errors import Fault, ProfileError
from profiles.migrations import migrated
from profiles.profile import (
    NAME,
    SOURCES,
    STAGES,
    AnswerValue,
    Profile,
    SavedContext,
    SavedProof,
    SecretReference,
    Source,
    Stage,
)
from profiles.secrets import Binding
from profiles.tenants import answer_fault, tenant_fault
from profiles.variables import name_fault

T = TypeVar("T")

_ANY = re.compile(r"(?s).*")
_SOME = re.compile(r"(?s).+")
_MOST_FAULTS = 100
_MOST_ENTRIES = 1000
_GUIDE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_CLOUD = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_STORE = re.compile(r"[a-z][a-z-]{0,31}")
_ANSWER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_LARGEST_NUMBER = 2**63


def read_profile(path: str | os.PathLike[str]) -> Profile:
    """Read a profile file whose name is the profile's. Raises ProfileError with all faults; OSError."""
    file = os.path.basename(path)  # noqa: PTH119 - any path-like
    return profile_of(read_text(path), file, name=file.removesuffix(".toml"))


def profile_of(text: str, file: str, *, name: str | None = None) -> Profile:
    """Read a profile from its text; `file` is only for the faults, `name` the one it must have.

    Raises ProfileError with all faults.
    """
    reader = _Reader(text, file)
    top = _Table(migrated(parse(text, file), SCHEMA), (), reader)
    schema = top.number("schema", smallest=1)
    reader.newer = schema > SCHEMA
    profile = _profile(top, schema)
    if name is not None and profile.name != name and not reader.faults:
        reader.fault(("name",), f"must be {name!r}, as the file is called")
    _check_secrets(profile, reader)
    if reader.faults:
        raise ProfileError(sorted(reader.faults, key=lambda fault: fault.line or len(text)))
    return profile


class _Reader:
    """Collects the faults of one text, the first hundred of them."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.newer = False
        self.faults: list[Fault] = []
        self._lines: dict[tuple[str | int, ...], int] | None = None

    def fault(self, path: tuple[str | int, ...], what: str) -> None:
        if len(self.faults) >= _MOST_FAULTS:
            return
        if self._lines is None:
            self._lines = lines_of(self.text)
        line = self._lines.get(path, self._lines.get(path[:-1]))
        key = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        self.faults.append(Fault(self.file, line, key[:200], what))


class _Table:
    """One table of the file, whose keys are taken out one by one; what is left is unknown."""

    def __init__(self, values: dict[str, Any], path: tuple[str | int, ...], reader: _Reader) -> None:
        self._left = dict(values)
        self._path, self._reader = path, reader

    def fault(self, key: str, what: str) -> None:
        self._reader.fault((*self._path, key), what)

    def text(self, key: str, rule: re.Pattern[str] = _ANY, what: str = "", default: str | None = "") -> str:
        value = self._take(key, str, "a text", default)
        if value is None:
            return ""
        if value != default and not rule.fullmatch(value):
            self.fault(key, what)
        return value

    def number(self, key: str, *, smallest: int) -> int:
        value = self._take(key, int, "a whole number", None)
        if value is None:
            return smallest
        if not smallest <= value < _LARGEST_NUMBER:
            self.fault(key, f"must be a whole number from {smallest}")
        return value

    def flag(self, key: str) -> bool:
        return bool(self._take(key, bool, "true or false", None))

    def moment(self, key: str, *, needed: bool = True) -> datetime | None:
        if not needed and key not in self._left:
            return None
        value = self._take(key, datetime, "a moment like 2026-01-31T12:00:00Z", None)
        if value is not None and value.tzinfo is None:
            self.fault(key, "lacks its offset: write 2026-01-31T12:00:00Z")
        return value

    def texts(self, key: str) -> list[str]:
        values: list[Any] = self._take(key, list, "a list of texts", []) or []
        if not all(type(value) is str for value in values):
            self.fault(key, "must be a list of texts")
            return []
        return self._few(key, values)

    def table(self, key: str) -> _Table:
        values: dict[str, Any] = self._take(key, dict, "a table", {}) or {}
        return _Table(values, (*self._path, key), self._reader)

    def tables(self, key: str) -> list[_Table]:
        values: list[Any] = self._take(key, list, "a list of tables", []) or []
        if not all(isinstance(value, dict) for value in values):
            self.fault(key, "must be a list of tables")
            return []
        few = self._few(key, values)
        return [_Table(value, (*self._path, key, n), self._reader) for n, value in enumerate(few)]

    def _few(self, key: str, values: list[T]) -> list[T]:
        """Refuse what no guide makes and what would keep the writer of the file busy."""
        if len(values) > _MOST_ENTRIES:
            self.fault(key, f"has more than {_MOST_ENTRIES} entries")
            return []
        return values

    def rest(self) -> dict[str, Any]:
        """Everything that was not asked for, for tables whose keys are free."""
        if len(self._left) > _MOST_ENTRIES:
            self._reader.fault(self._path, f"has more than {_MOST_ENTRIES} entries")
            self._left = {}
        return self._left

    def unknown(self) -> dict[str, Any]:
        """Everything that was not asked for: kept from a newer version, a fault in this one."""
        if not self._reader.newer:
            for key in self._left:
                self.fault(key, "is not known here")
        return self._left

    def _take(self, key: str, kind: type[T], what: str, default: T | None) -> T | None:
        if key not in self._left:
            if default is None:
                self.fault(key, f"is missing: it must be {what}")
            return default
        value = self._left.pop(key)
        # Exactly this type: True is an int, and a datetime is a date.
        if type(value) is not kind:
            self.fault(key, f"must be {what}")
            return default
        return value


def _profile(top: _Table, schema: int) -> Profile:
    answers = top.table("answers")
    kept = _answers(answers)
    return Profile(
        schema=schema,
        name=top.text(
            "name", NAME, "must be 1-64 letters, digits, . _ or -, the first a letter or digit", None
        ),
        id=top.text("id", re.compile(r"[0-9a-f]{32}"), "must be 32 hexadecimal digits", None),
        revision=top.number("revision", smallest=0),
        guide=top.text("guide", _GUIDE, "must be the name of a guide", None),
        cloud=top.text("cloud", _CLOUD, "must be a cloud's name; a profile never holds an address", None),
        stage=cast(
            "Stage",
            top.text("stage", re.compile("|".join(STAGES)), f"must be one of {', '.join(STAGES)}", None),
        ),
        step=top.text("step"),
        origin=top.text("origin"),
        created=cast("datetime", top.moment("created")),
        updated=cast("datetime", top.moment("updated")),
        deployments=tuple(top.texts("deployments")),
        context=_context(top.table("context")),
        answers=kept,
        sources=_sources(top.table("sources"), kept),
        outputs=_outputs(top.table("outputs")),
        secrets=tuple(_reference(table) for table in top.tables("secrets")),
        proofs=tuple(_proof(table) for table in top.tables("proofs")),
        unknown=top.unknown(),
    )


def _tenant(table: _Table, key: str, default: str | None = "") -> str:
    value = table.text(key, default=default)
    if fault := tenant_fault(value):
        table.fault(key, fault)
    elif value and not (_GUID.fullmatch(value) or _DOMAIN.fullmatch(value)):
        table.fault(key, "must be a tenant's id or domain")
    return value


def _context(table: _Table) -> SavedContext:
    return SavedContext(
        way=table.text("way"),
        account=table.text("account"),
        tenant_id=_tenant(table, "tenant_id"),
        tenant_name=table.text("tenant_name"),
        subscription_id=table.text("subscription_id", _GUID, "must be a subscription's id"),
        subscription_name=table.text("subscription_name"),
        unknown=table.unknown(),
    )


def _answers(table: _Table) -> dict[str, AnswerValue]:
    for key, value in table.rest().items():
        if not _ANSWER.fullmatch(key):
            table.fault(key, "is no key of an answer")
        elif type(value) is list and all(type(item) is str for item in value):
            if len(value) > _MOST_ENTRIES:
                table.fault(key, f"has more than {_MOST_ENTRIES} entries")
        elif type(value) not in {str, int, bool}:
            table.fault(key, "must be a text, a whole number, true or false, or a list of texts")
        elif type(value) is int and not -_LARGEST_NUMBER <= value < _LARGEST_NUMBER:
            table.fault(key, "is too large a number")
        elif fault := answer_fault(key, value):
            table.fault(key, fault)
    return table.rest()


def _sources(table: _Table, answers: dict[str, AnswerValue]) -> dict[str, Source]:
    for key, value in table.rest().items():
        if value not in SOURCES:
            table.fault(key, f"must be one of {', '.join(SOURCES)}")
        elif key not in answers:
            table.fault(key, "tells of an answer that isn't there")
    return table.rest()


def _outputs(table: _Table) -> dict[str, str]:
    for key, value in table.rest().items():
        if fault := name_fault(key):
            table.fault(key, fault)
        elif type(value) is not str:
            table.fault(key, "must be a text")
    return table.rest()


def _reference(table: _Table) -> SecretReference:
    variable = table.text("variable", _SOME, "must be a variable's name", None)
    if variable and (fault := name_fault(variable)):
        table.fault("variable", fault)
    return SecretReference(
        variable=variable,
        store=table.text("store", _STORE, "must be the name of a secret store", None),
        binding=Binding(
            table.text("cloud", _CLOUD, "must be a cloud's name", None),
            _tenant(table, "tenant", None),
            table.text("client_id", _SOME, "must be the id of an application", None),
            table.text("profile", _SOME, "must be the id of a profile", None),
        ),
        key_id=table.text("key_id"),
        hint=table.text("hint"),
        expires=table.moment("expires", needed=False),
        unknown=table.unknown(),
    )


def _proof(table: _Table) -> SavedProof:
    return SavedProof(
        title=table.text("title", _SOME, "must say what was proved", None),
        ok=table.flag("ok"),
        at=cast("datetime", table.moment("at")),
        detail=table.text("detail"),
        unknown=table.unknown(),
    )


def _check_secrets(profile: Profile, reader: _Reader) -> None:
    seen = set(profile.outputs)
    for number, reference in enumerate(profile.secrets):
        path = ("secrets", number)
        if reference.variable in seen:
            reader.fault((*path, "variable"), f"{reference.variable!r} is given twice")
        seen.add(reference.variable)
        # A person may move to another tenant, and must lose no answer by it; a profile's cloud never changes.
        if reference.binding.cloud != profile.cloud:
            reader.fault((*path, "cloud"), "the secret belongs to another cloud than the profile")
        if reference.binding.profile != profile.id:
            reader.fault((*path, "profile"), "the secret belongs to another profile")
