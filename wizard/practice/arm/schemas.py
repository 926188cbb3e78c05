"""Microsoft's own definitions as a judge: with them practice Azure refuses every PUT body that an official schema refuses."""

from __future__ import annotations

import copy
import importlib.util
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wizard.practice.arm import errors, ids
from wizard.practice.arm.template import lenient
from wizard.practice.kernel import Request

_URL = frozenset(
    {"id", "name", "type", "apiVersion", "etag", "systemData"}
)  # the address's, or sent back from an answer
_PLACE = frozenset({"location", "tags"})  # on a nested resource they mean nothing, and ARM lets them pass


class SchemaError(RuntimeError):
    """The definitions cannot be used; the message says why."""


class Schemas:
    """A folder of JSON Schemas (draft-07), one a resource type, listed with their API versions in `INDEX.json`."""

    def __init__(self, folder: Path) -> None:
        """Read the list; a schema is read when its type is first written.

        Raises:
            SchemaError: the package jsonschema is missing, or the folder is not one of schemas.
        """
        if importlib.util.find_spec("jsonschema") is None:
            raise SchemaError("the schemas need the package jsonschema: pip install jsonschema")
        try:
            index = json.loads((folder / "INDEX.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as fault:
            raise SchemaError(f"{folder} holds no readable INDEX.json.") from fault
        self._folder = folder
        self._index: Mapping[str, tuple[str, Mapping[str, Any]]] = {
            kind.lower(): (kind, entry) for kind, entry in index.items()
        }
        self._read: dict[str, Any] = {}

    def demand(self, request: Request) -> None:
        """Refuse a PUT whose body its type's schema refuses; types without a schema pass.

        Raises:
            Failure: 400 InvalidRequestContent.
        """
        try:
            key = ids.parse(request.path)
        except ValueError:
            return  # the path of an operation such as `connections/one/sharedkey` is no id
        if key.type.lower() not in self._index:
            return
        try:
            body = lenient.read(request.body)
        except ValueError:
            return  # whoever reads the body says so in better words
        if isinstance(body, dict):
            for why in self.faults(key.type, key.leaf, body):
                raise errors.bad_content(why)

    def faults(self, kind: str, name: str, body: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with a body, in the words of ARM's own deserializer."""
        kind, entry = self._index[kind.lower()]
        if kind.lower() not in self._read:
            self._read[kind.lower()] = self._checker(str(entry["file"]))
        named = {"type": kind, "apiVersion": entry["apiVersion"], "name": name}
        whole = {
            member: _expanded(value)
            for member, value in body.items()
            if member not in _URL and value is not None
        }
        for fault in self._read[kind.lower()].iter_errors({**whole, **named}):
            yield from _told(fault, kind)

    def _checker(self, file: str) -> Any:
        import jsonschema

        schema = copy.deepcopy(json.loads((self._folder / file).read_text(encoding="utf-8")))
        # A template may hold an expression at almost any place, a request may not.
        schema["definitions"]["expression"] = False
        return jsonschema.Draft7Validator(schema)


def _expanded(value: Any) -> Any:
    """ARM drops what is null before a provider sees it."""
    if isinstance(value, dict):
        return {name: _expanded(inner) for name, inner in value.items() if inner is not None}
    return [_expanded(one) for one in value] if isinstance(value, list) else value


def _told(fault: Any, kind: str) -> Iterator[str]:
    path = ".".join(str(part) for part in fault.absolute_path)
    if path == "name":
        return  # it stands in the address, and its type says in its own words what it may be
    if fault.validator == "additionalProperties":
        for member in _strangers(fault):
            yield f"Could not find member '{member}' on object of type '{kind}'. Path '{f'{path}.{member}' if path else member}'."
    elif fault.validator == "required":
        yield f"{fault.message.replace(chr(39), chr(34))}: required property not found in JSON. Path '{path}'."
    elif not _same_word(fault):
        yield f"Error converting value {json.dumps(fault.instance)[:200]} to type '{_wanted(fault)}'. Path '{path}'."


def _strangers(fault: Any) -> Iterator[str]:
    known = {name.lower() for name in fault.schema.get("properties", {})}
    for member in fault.instance:
        # ARM compares the names of properties without case.
        if member.lower() not in known and not (member in _PLACE and not fault.absolute_path):
            yield member


def _same_word(fault: Any) -> bool:
    """Whether a value is one of an enumeration's but for case and spaces, which Azure does not mind."""
    if fault.validator not in {"enum", "const"} or not isinstance(fault.instance, str):
        return False
    listed = fault.validator_value if fault.validator == "enum" else [fault.validator_value]
    return _folded(fault.instance) in {_folded(one) for one in listed}


def _folded(value: object) -> str:
    return str(value).replace(" ", "").lower()


def _wanted(fault: Any) -> str:
    if fault.validator in {"enum", "type"}:
        return str(fault.validator_value)
    return f"{fault.validator} {fault.validator_value}"
