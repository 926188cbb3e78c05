"""Plan, Resource, DirectoryObject and references between them: what shall exist, as data.

A plan is a pure function of the answers. It has many renderings (ARM template, script, the side panel) and
one meaning: references between its objects are its only order.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
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


GROUP_TYPE = "Microsoft.Resources/resourceGroups"


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
    The name of a child resource holds those of its parents: ``type`` A/B/C, ``name`` a/b.

    References in name and body are its order; `after` names objects that it must follow without referring to.
    `reads` are fields that others may refer to besides ``id``: field to property path (``properties.principalId``).
    `updates` says that it may exist already and is changed then: what stands in Azure is read right before,
    kept in the journal as it was, and put back by undo; the property paths in `keeps` stay as they are.
    `actions` are RBAC actions that making it asks of the caller besides its own write.
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
    after: tuple[str, ...] = ()
    reads: Mapping[str, str] = field(default_factory=dict)
    updates: bool = False
    keeps: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    @property
    def stands_on(self) -> str:
        """The ARM id below which it is made."""
        return self.scope or self.deploy_at

    def id(self, known: Known) -> str:
        """Return the ARM id.

        Raises:
            Unknown: its name refers to an object that does not exist yet.
        """
        name = resolve(self.name, known)
        if self.type.lower() == GROUP_TYPE.lower():
            return f"{self.deploy_at}/resourceGroups/{name}"
        namespace, *kinds = self.type.split("/")
        path = "/".join(f"{kind}/{part}" for kind, part in zip(kinds, name.split("/"), strict=True))
        return f"{self.stands_on}/providers/{namespace}/{path}"

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
class KeyPair:
    """An SSH key pair. The private half goes to a new file of mode 0600 and nowhere else; never replaced.

    `made_by` is ``here`` (this machine makes it, before the resources, and others refer to its field
    ``public_key``) or ``azure`` (ARM's generateKeyPair on the planned `resource`, after it is made).
    `algorithm` is ``RSA`` or ``Ed25519``; `path` may begin with ``~``.
    """

    key: str
    label: str
    path: str
    algorithm: str = "RSA"
    made_by: str = "here"
    resource: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that stands in Azure and shall go: removed by its ARM id, after everything else is made.

    Its body is kept in the journal; undo puts it back.
    """

    key: str
    type: str
    api_version: str
    id: str
    label: str
    detail: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One value to copy into somebody else's form: the form's page, the field as it is called there, the value."""

    page: str
    field: str
    value: str | Ref
    note: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one chapter of a guide adds to the plan; `providers` are the resource providers that it needs registered."""

    directory: tuple[DirectoryObject, ...] = ()
    resources: tuple[Resource, ...] = ()
    kept: tuple[Kept, ...] = ()
    manual: tuple[Manual, ...] = ()
    outputs: tuple[Output, ...] = ()
    proofs: tuple[Proof, ...] = ()
    keys: tuple[KeyPair, ...] = ()
    removals: tuple[Removal, ...] = ()
    sheet: tuple[SheetRow, ...] = ()
    providers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan(Share):
    """What shall exist: all shares together, and where. Two plans are equal when they mean the same."""

    guide: str
    tenant: str
    subscription: str

    @classmethod
    def of(cls, guide: str, tenant: str, subscription: str, *shares: Share) -> Plan:
        """Return the plan that these shares make together, in their order."""
        whole = {
            one.name: tuple(item for share in shares for item in getattr(share, one.name))
            for one in fields(Share)
        }
        whole["providers"] = tuple(dict.fromkeys(whole["providers"]))
        return cls(guide, tenant, subscription, **whole)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to create."""
        return not (self.directory or self.resources or self.keys or self.removals)

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
            own = needs.setdefault(resource.stands_on, {})
            own.update(dict.fromkeys((f"{resource.type}/write", *resource.actions)))
        return {scope: tuple(actions) for scope, actions in needs.items()}

    def registers_application(self) -> bool:
        """Whether a new application is to be registered in the directory."""
        return any(o.kind is DirectoryKind.APPLICATION and not o.existing for o in self.directory)
