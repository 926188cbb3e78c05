"""What a resource type is made of: the words of a declaration. The engine knows no type by name; `kinds` holds them all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wizard.practice.arm.call import Call
from wizard.practice.arm.ids import Id
from wizard.practice.kernel import Failure, Practice, Response
from wizard.practice.state import State

_TRACKED = frozenset({"location", "tags", "identity", "sku", "kind", "properties"})
_ALWAYS = frozenset({"id", "name", "type", "systemData", "etag"})


@dataclass(frozen=True, slots=True)
class Way:
    """How a type answers a write, as the recordings show it.

    Attributes:
        status: of the answer; None is 201 for what is new and 200 for what was there.
        body: whether the answer shows the resource.
        waits: whether the resource is unfinished at first.
        headers: which polling addresses the answer gives; "self" is a Location that is the resource's own address.
        polls: what an Azure-AsyncOperation address says: only the status; with name and times; with id and name; with all
            of these; with a percentage when it is over.
        running: the HTTP status of such a poll while the operation goes on.
        yields: whether a Location address ends with the resource; else it ends without a body.
        ends: the status a Location address ends with.
    """

    status: int | None = None
    body: bool = True
    waits: bool = False
    headers: tuple[Literal["async", "location", "self"], ...] = ()
    polls: Literal["status", "timed", "named", "full", "percent"] = "status"
    running: int = 200
    yields: bool = False
    ends: int = 200


SYNC = Way()
SILENT = Way(waits=True)
CREATED = Way(waits=True, headers=("async",))
ACCEPTED = Way(202, body=False, waits=True, headers=("async", "location"))
LOCATED = Way(202, body=False, waits=True, headers=("location",), yields=True)
REMOVED = Way(200, body=False)


@dataclass(frozen=True, slots=True)
class Adding:
    """What rules and additions may look at while a resource is written."""

    call: Call
    id: Id
    body: Mapping[str, Any]
    before: Mapping[str, Any] | None

    @property
    def state(self) -> State:
        """What practice Azure remembers."""
        return self.call.state

    @property
    def practice(self) -> Practice:
        """The whole of it."""
        return self.call.practice

    @property
    def tenant(self) -> str:
        """The tenant of the subscription."""
        return self.call.tenant

    @property
    def properties(self) -> Mapping[str, Any]:
        """The `properties` that were sent."""
        found = self.body.get("properties")
        return found if isinstance(found, dict) else {}

    @property
    def location(self) -> str:
        """The region as a plain name: `westeurope`."""
        return str(self.body.get("location") or "").replace(" ", "").lower()

    def kept(self, name: str, fresh: object) -> Any:
        """A property that is given once and then stays."""
        return (self.before or {}).get("properties", {}).get(name, fresh)


@dataclass(frozen=True, slots=True)
class Acting:
    """What an action (`POST .../listKeys`) or a rule of removal may look at. `found` is the stored resource."""

    call: Call
    id: Id
    found: dict[str, Any]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Children:
    """Resources that stand in a property of their parent too: `subnets` of a virtual network."""

    property: str
    type: str


Rule = Callable[[Adding], None]
Action = Callable[[Acting], Response]


def _nothing(adding: Adding) -> dict[str, Any]:
    del adding
    return {}


def _not_there(id: Id, path: str, wanted: str) -> Failure:  # noqa: A002 - what it is
    del id
    return Failure(400, "ValidationError", f"{path.rpartition('.')[2]} '{wanted}' was not found.")


def _name_taken(id: Id) -> Failure:  # noqa: A002 - what it is
    return Failure(409, "NameNotAvailable", f"The name '{id.leaf}' is already in use.")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """The facts of one type.

    Attributes:
        name: `Microsoft.MachineLearningServices/workspaces`.
        way: how PUT answers; `change` the same for PATCH, `removal` for DELETE.
        seconds: how long creating takes at time scale 1; `removal_seconds` the same for deleting.
        creating: the provisioningState of a new one until it is finished; `updating` of one that was there.
        state: whether it has a provisioningState at all.
        members: the top-level properties a body may have.
        properties: those of `properties`; None leaves them alone.
        required: paths that must be there, such as `properties.keyVault`.
        example: a body whose shape others must have as far as it goes; see `shapes`.
        references: paths that hold the id of a resource that must exist: `properties.ipConfigurations[].properties.subnet.id`.
        missing: the refusal when it does not.
        defaults: what is filled in where the body says nothing, as deep as it goes: `{"sku": {"name": "Standard"}}`.
        added: what Azure adds to `properties`; what the caller sends wins.
        completed: the last word on the whole new document, for what is not in `properties`.
        rules: what else is refused: each raises the Failure.
        before_removal: what a DELETE is refused for.
        removed: what else goes when it is gone.
        children: resources that stand in a property too; they are kept as resources of their own.
        shown: what is worked out at every reading, of what is around: `{"properties": {...}}` laid over the document.
        expanded: what a reading with `$expand` shows besides, of the document it is laid over.
        actions: `POST .../{name}`, the name in lower case.
        implicit: names that exist as soon as the parent does: `default` of blobServices.
        unique: whether no two in the world may have the same name; `taken` is the refusal.
        keeps_deleted: whether a deleted one is kept (state kind "deleted") until it is purged.
        etag: whether it has an etag.
        style: how its provider shapes errors; see `Failure.shape`.
        ways: how PUT and PATCH answer where that depends on more than the type; None leaves it to `way` and `change`.
        written: what the answer to a PUT or PATCH shows where that is not what a GET shows.
        change_rules: what a PATCH is refused for.
        absent: the 404 of one that is not there, where it is not ARM's own.
        unmet: the 412 when If-None-Match (`exists`) or If-Match (`changed`) does not hold, where it is not the engine's.
        late: whether it takes a write whose If-Match does not hold, and tells so when it is polled.
        orphan: what is said when the parent is not there: ARM's `ParentResourceNotFound`, or the parent's own 404.
        removals: how DELETE answers where that depends on the resource; None leaves it to `removal`.
        polled: whether its polling addresses are below its location or below the resource itself.
        everywhere: whether it stands in no region: its location is `global`.
        tracked: whether it has a location. own: whether a module of its own serves it.
        right: what its actions begin with, where that is not its name.
        polling: the segment of its polling addresses.
        rule: what its name looks like, and `says` the sentence for one that does not; `says_code` its code.
    """

    name: str
    way: Way = SYNC
    change: Way = SYNC
    removal: Way = REMOVED
    seconds: float = 3.0
    removal_seconds: float = 3.0
    creating: str = "Creating"
    updating: str = "Updating"
    state: bool = True
    members: frozenset[str] = _TRACKED
    properties: frozenset[str] | None = None
    required: tuple[str, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    missing: Callable[[Id, str, str], Failure] = _not_there
    defaults: Mapping[str, Any] = field(default_factory=dict)
    added: Callable[[Adding], dict[str, Any]] = _nothing
    completed: Callable[[Adding, dict[str, Any]], dict[str, Any]] | None = None
    rules: tuple[Rule, ...] = ()
    before_removal: tuple[Callable[[Acting], None], ...] = ()
    removed: Callable[[Practice, Mapping[str, Any]], None] | None = None
    children: tuple[Children, ...] = ()
    shown: Callable[[Practice, Mapping[str, Any]], Mapping[str, Any]] | None = None
    expanded: Callable[[Practice, Mapping[str, Any]], Mapping[str, Any]] | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)
    implicit: frozenset[str] = frozenset()
    unique: bool = False
    taken: Callable[[Id], Failure] = _name_taken
    keeps_deleted: bool = False
    etag: bool = False
    style: str = ""
    ways: Callable[[Adding, Literal["PUT", "PATCH"]], Way | None] | None = None
    written: Callable[[Adding, dict[str, Any]], dict[str, Any]] | None = None
    change_rules: tuple[Rule, ...] = ()
    absent: Callable[[Id], Failure] | None = None
    unmet: Callable[[Id, Literal["exists", "changed"]], Failure] | None = None
    late: bool = False
    orphan: Literal["parent", "resource"] = "parent"
    polled: Literal["location", "resource"] = "location"
    removals: Callable[[Acting], Way | None] | None = None
    everywhere: bool = False
    tracked: bool = True
    own: bool = False
    right: str = ""
    polling: str = "operationStatuses"
    rule: re.Pattern[str] = re.compile(r".{1,260}")
    says: str = "The name is not valid."
    says_code: str = "ValidationError"

    def action(self, verb: str) -> str:
        """The action a caller needs a right for: `Microsoft.Network/virtualNetworks/write`."""
        return f"{self.right or self.name}/{verb}"

    @property
    def allowed(self) -> frozenset[str]:
        """The top-level properties a body may have, with those a client sends back from an earlier answer."""
        return self.members | _ALWAYS
