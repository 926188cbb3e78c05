"""Plan, Resource, DirectoryObject and references between them: what shall exist, as data.

A plan is a pure function of the answers. It has many renderings (ARM template, script, the side panel) and
one meaning: references between its objects are its only order.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wizard.proofs import Proven, Proving

_OURS = uuid.UUID("6f1f6f0e-7f3a-5d0c-9a39-5b1f2f0a7a11")
"""Namespace of every GUID that Azimuth derives. Changing it would orphan what older versions made."""

DEPLOYMENT_ACTIONS = (
    "Microsoft.Resources/deployments/validate/action",
    "Microsoft.Resources/deployments/whatIf/action",
    "Microsoft.Resources/deployments/write",
    "Microsoft.Resources/deployments/read",
)
"""What deploying a template asks of the caller on the deployment's scope, besides the resources' own writes."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A field of another planned object, known once that object exists."""

    object: str
    field: str

    @property
    def key(self) -> str:
        """The reference as one word."""
        return f"{self.object}.{self.field}"


@dataclass(frozen=True, slots=True)
class Derived:
    """A GUID worked out from parts (uuid5), so that running twice names the same thing twice."""

    parts: tuple[str | Ref, ...]

    def value(self, known: Known) -> str:
        """Return the GUID.

        Raises:
            Unknown: a part refers to an object that does not exist yet.
        """
        return derived_guid(*(resolve(part, known) for part in self.parts))


def derived_guid(*parts: str) -> str:
    """Return the uuid5 of the parts; case does not matter, as in ARM ids."""
    return str(uuid.uuid5(_OURS, "|".join(part.lower() for part in parts)))


Known = Mapping[str, Mapping[str, str]]
"""What is known of objects that exist: object key to field to value."""


class Unknown(LookupError):  # noqa: N818 - a state of the plan, told by that word
    """A reference to an object that does not exist yet."""


def resolve(part: str | Ref | Derived, known: Known) -> str:
    """Return the text that a name, reference or derived GUID stands for.

    Raises:
        Unknown: the object does not exist yet.
    """
    if isinstance(part, str):
        return part
    if isinstance(part, Derived):
        return part.value(known)
    try:
        return known[part.object][part.field]
    except KeyError as fault:
        raise Unknown(part.key) from fault


class DirectoryKind(StrEnum):
    """The sorts of Microsoft Graph object that Azimuth makes."""

    APPLICATION = "application"
    SERVICE_PRINCIPAL = "service principal"
    PASSWORD = "client secret"  # noqa: S105 - the word people know it by, not a secret
    FEDERATED_CREDENTIAL = "federated credential"


@dataclass(frozen=True, slots=True)
class DirectoryObject:
    """One Microsoft Graph object. `existing` means that it is used as it is, never made nor removed."""

    key: str
    kind: DirectoryKind
    label: str
    fields: Mapping[str, str | int | Ref] = field(default_factory=dict)
    existing: bool = False
    detail: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One ARM resource of a plan.

    `deploy_at` is the ARM id of the group or subscription whose deployment makes it: the narrowest scope that
    holds it. `scope` is the ARM id that an extension resource (such as a role assignment) stands on.
    """

    key: str
    type: str
    api_version: str
    name: str | Derived
    deploy_at: str
    label: str
    body: Mapping[str, Any] = field(default_factory=dict)
    scope: str = ""
    detail: str = ""
    step: str = ""

    @property
    def stands_on(self) -> str:
        """The ARM id below which it is made."""
        return self.scope or self.deploy_at

    def id(self, known: Known) -> str:
        """Return the ARM id.

        Raises:
            Unknown: its name refers to an object that does not exist yet.
        """
        return f"{self.stands_on}/providers/{self.type}/{resolve(self.name, known)}"

    def refs(self) -> tuple[Ref, ...]:
        """All references in its name and body."""
        own = self.name.parts if isinstance(self.name, Derived) else ()
        return tuple(part for part in (*own, *_leaves(self.body)) if isinstance(part, Ref))


def _leaves(body: object) -> Iterator[object]:
    if isinstance(body, Mapping):
        for value in body.values():
            yield from _leaves(value)
    elif isinstance(body, (list, tuple)):
        for value in body:
            yield from _leaves(value)
    else:
        yield body


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that exists, is used, and stays as it is."""

    label: str
    id: str
    detail: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Manual:
    """Something that stays for a person to do, with the command or the click path."""

    key: str
    title: str
    text: str
    command: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """A variable that the profile exports. A secret's value is known only to the secret store."""

    name: str
    value: str | Ref
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """A read-only call that shows that a step is really done."""

    key: str
    title: str
    prove: Callable[[Proving], Awaitable[Proven]]
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What shall exist. Two plans are equal when they mean the same."""

    guide: str
    tenant: str
    subscription: str
    directory: tuple[DirectoryObject, ...] = ()
    resources: tuple[Resource, ...] = ()
    kept: tuple[Kept, ...] = ()
    manual: tuple[Manual, ...] = ()
    outputs: tuple[Output, ...] = ()
    proofs: tuple[Proof, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to create."""
        return not self.directory and not self.resources

    @property
    def password(self) -> DirectoryObject | None:
        """The client secret of the plan, if it has one."""
        return next((o for o in self.directory if o.kind is DirectoryKind.PASSWORD), None)

    def stages(self) -> Mapping[str, tuple[Resource, ...]]:
        """Return the resources by the scope whose deployment makes them, in order."""
        by_scope: dict[str, list[Resource]] = {}
        for resource in self.resources:
            by_scope.setdefault(resource.deploy_at, []).append(resource)
        return {scope: tuple(resources) for scope, resources in by_scope.items()}

    def needed_actions(self) -> Mapping[str, tuple[str, ...]]:
        """Return the RBAC actions that applying asks of the caller, by scope."""
        needs: dict[str, dict[str, None]] = {}
        for resource in self.resources:
            needs.setdefault(resource.deploy_at, {}).update(dict.fromkeys(DEPLOYMENT_ACTIONS))
            needs.setdefault(resource.stands_on, {})[f"{resource.type}/write"] = None
        return {scope: tuple(actions) for scope, actions in needs.items()}

    def registers_application(self) -> bool:
        """Whether a new application is to be registered in the directory."""
        return any(o.kind is DirectoryKind.APPLICATION and not o.existing for o in self.directory)
