"""What a value of a plan is called in an az script: text as it is, and a variable for what only Azure knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.plan import Derived, DirectoryObject, KeyPair, Known, Plan, Ref, Resource, Unknown, resolve
from wizard.render.arm import foretold
from wizard.render.shell import Var, Word, joined

ROLE = "microsoft.authorization/roledefinitions"
ASSIGNMENT = "microsoft.authorization/roleassignments"
# The CLI reads `@file` and `option=@file` from disk, `??` as a question, and takes a leading dash for an option.
_ARGUMENT = re.compile(r"(?!.*=@)(?!null$)[\w/*.][^\x00-\x1f\x7f]*")
_LISTED = re.compile(r"[\w/*.][\w/*.:-]*")


def is_argument(text: str) -> bool:
    """Whether the CLI takes a text for exactly itself."""
    return _ARGUMENT.fullmatch(text) is not None


def is_listed(text: str) -> bool:
    """Whether the CLI takes a text for itself among several values of one option."""
    return _LISTED.fullmatch(text) is not None


class Words:
    """The names of one script. It remembers which variables were asked for."""

    def __init__(self, plan: Plan, known: Known) -> None:
        self.plan = plan
        self.known = known
        # An id of a planned object is worked out afresh: the script may run against another Azure.
        self.told = foretold(plan.resources, {})
        self.used: dict[Ref, None] = {}
        self._roles = {
            self.told[one.key]["id"].rsplit("/", 1)[-1].lower(): one.key
            for one in plan.resources
            if one.type.lower() == ROLE and one.key in self.told
        }

    def variable(self, ref: Ref) -> Var:
        """Return the variable that holds a field of an object, and remember that it is used."""
        self.used[ref] = None
        return Var(re.sub(r"\W", "_", f"{ref.object}_{ref.field}", flags=re.ASCII))

    def word(self, value: str | Ref | Derived) -> Word:
        """Return a value of a plan as a word."""
        if isinstance(value, Ref):
            return self._ref(value)
        if isinstance(value, Derived):
            value = resolve(value, self.told)
        head, slash, last = value.rpartition("/")
        if slash and head.lower().endswith("/roledefinitions") and last.lower() in self._roles:
            return self.variable(Ref(self._roles[last.lower()], "id"))
        return value

    def _ref(self, ref: Ref) -> Word:
        thing = self.thing(ref.object)
        if isinstance(thing, Resource) and ref.field == "id" and thing.type.lower() not in (ROLE, ASSIGNMENT):
            return self.told[ref.object]["id"] if ref.object in self.told else self.variable(ref)
        if isinstance(thing, DirectoryObject) and isinstance(own := thing.fields.get(ref.field), str):
            return own
        return self.variable(ref)

    def body(self, value: Any) -> Any:
        """Return a body with words in place of references."""
        if isinstance(value, Mapping):
            return {key: self.body(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.body(inner) for inner in value]
        return self.word(value) if isinstance(value, (str, Ref, Derived)) else value

    def thing(self, key: str) -> DirectoryObject | Resource | KeyPair | None:
        """Return the planned object of a key."""
        every: tuple[DirectoryObject | Resource | KeyPair, ...]
        every = (*self.plan.resources, *self.plan.directory, *self.plan.keys)
        return next((one for one in every if one.key == key), None)

    def id(self, resource: Resource) -> Word:
        """Return the ARM id of a resource.

        Raises:
            Unknown: its name is derived from something that only Azure knows.
        """
        if resource.type.lower() == ROLE:
            return self.variable(Ref(resource.key, "id"))
        return resource.id(self.told)

    def file(self, resource: Resource) -> Word:
        """Return the path of the file that holds a resource's JSON while the script runs."""
        return joined(Var("folder"), "/" + re.sub(r"[^A-Za-z0-9_.-]", "_", resource.key) + ".json")


class Taken:
    """The values of a body, taken one by one: what nobody has taken, a command would lose."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._left = dict(_flat(body, ""))

    def take(self, path: str) -> Any:
        """Return the value at a path such as ``properties.sku``, or None."""
        return self._left.pop(path, None)

    def has(self, path: str) -> bool:
        """Whether there is a value at a path that nobody has taken."""
        return path in self._left

    @property
    def is_empty(self) -> bool:
        """Whether every value has been taken."""
        return not self._left


def _flat(body: Mapping[str, Any], head: str) -> Iterator[tuple[str, Any]]:
    for key, value in body.items():
        if isinstance(value, Mapping) and (head + key) != "tags":
            yield from _flat(value, f"{head}{key}.")
        elif value is not None and value != {}:
            yield head + key, value


def scope_words(deploy_at: str) -> tuple[str, str]:
    """Return subscription and group of a deployment scope; the group is empty for a subscription."""
    parts = deploy_at.split("/")
    group = parts[4] if len(parts) > 4 and parts[3].lower() == "resourcegroups" else ""  # noqa: PLR2004 - ARM's form
    return (parts[2] if len(parts) > 2 else ""), group  # noqa: PLR2004 - the same


__all__ = ["ASSIGNMENT", "ROLE", "Taken", "Unknown", "Words", "is_argument", "is_listed", "scope_words"]
