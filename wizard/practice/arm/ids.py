"""How ARM names things: ids of groups, resources, nested resources and extensions, compared without case."""

from __future__ import annotations

from dataclasses import dataclass, replace

_GROUPS = "resourcegroups"


@dataclass(frozen=True, slots=True)
class Link:
    """One `/providers/{namespace}/{type}/{name}[/{type}/{name}...]` of an id."""

    namespace: str
    types: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        """The link as it stands in a path."""
        pairs = "".join(f"/{kind}/{name}" for kind, name in zip(self.types, self.names, strict=True))
        return f"/providers/{self.namespace}{pairs}"


@dataclass(frozen=True, slots=True)
class Id:
    """The id of anything ARM knows; no link and no group is a subscription, nothing at all the tenant."""

    subscription: str | None = None
    group: str | None = None
    links: tuple[Link, ...] = ()

    @property
    def text(self) -> str:
        """The id in Azure's own spelling of its fixed parts, names as they were given."""
        head = f"/subscriptions/{self.subscription}" if self.subscription else ""
        if self.group:
            head += f"/resourceGroups/{self.group}"
        return (head + "".join(link.text for link in self.links)) or "/"

    @property
    def group_id(self) -> str:
        """The id of the resource group it is in."""
        return Id(self.subscription, self.group).text

    @property
    def namespace(self) -> str:
        """The resource provider."""
        return self.links[-1].namespace if self.links else "Microsoft.Resources"

    @property
    def type(self) -> str:
        """The full type: `Microsoft.Network/virtualNetworks/subnets`."""
        if self.links:
            return "/".join((self.links[-1].namespace, *self.links[-1].types))
        kind = "resourceGroups" if self.group else ("subscriptions" if self.subscription else "tenants")
        return f"Microsoft.Resources/{kind}"

    @property
    def name(self) -> str:
        """The name with those of its parents: `net/default`."""
        return "/".join(self.links[-1].names) if self.links else (self.group or self.subscription or "")

    @property
    def leaf(self) -> str:
        """The last name alone."""
        return self.name.rsplit("/", 1)[-1]

    @property
    def scope(self) -> Id:
        """What an extension is on, or the group or subscription a resource is in."""
        return replace(self, links=self.links[:-1])

    @property
    def parent(self) -> Id | None:
        """The resource a nested resource is part of."""
        if not self.links or len(self.links[-1].types) == 1:
            return None
        last = self.links[-1]
        return replace(self, links=(*self.links[:-1], Link(last.namespace, last.types[:-1], last.names[:-1])))


def parse(text: str) -> Id:
    """Read an id, in whatever case its fixed parts are written.

    Raises:
        ValueError: it is not an id.
    """
    parts = [part for part in text.split("/") if part]
    found = Id()
    if parts and parts[0].lower() == "subscriptions":
        found, parts = _placed(text, parts)
    while parts:
        link, parts = _link(text, parts)
        found = replace(found, links=(*found.links, link))
    return found


def covers(scope: str, target: str) -> bool:
    """Whether what holds at `scope` holds at `target`: the same, or something in it."""
    above, below = scope.lower().rstrip("/"), target.lower().rstrip("/")
    return below == above or below.startswith(above + "/")


def same(one: str, other: str) -> bool:
    """Whether two ids name one thing."""
    return one.lower().rstrip("/") == other.lower().rstrip("/")


def assembled(kind: str, name: str) -> str:
    """The `/providers/...` part of an id, out of a type and a name as templates give them.

    Raises:
        ValueError: the type has not one segment more than the name.
    """
    namespace, *types = kind.split("/")
    names = name.split("/")
    if not types or len(types) != len(names):
        raise ValueError(f"{kind} does not fit the name {name}")
    pairs = "".join(f"/{one}/{other}" for one, other in zip(types, names, strict=True))
    return f"/providers/{namespace}{pairs}"


def _placed(text: str, parts: list[str]) -> tuple[Id, list[str]]:
    if len(parts) == 1:
        raise ValueError(f"{text} names no subscription")
    if len(parts) > 3 and parts[2].lower() == _GROUPS:  # noqa: PLR2004 - /subscriptions/s/resourceGroups/g
        return Id(parts[1], parts[3]), parts[4:]
    return Id(parts[1]), parts[2:]


def _link(text: str, parts: list[str]) -> tuple[Link, list[str]]:
    if parts[0].lower() != "providers":
        raise ValueError(f"{text} is not an id")
    at = next((n for n, part in enumerate(parts[1:], 1) if part.lower() == "providers"), len(parts))
    namespace, *pairs = parts[1:at] or [""]
    if not namespace or not pairs or len(pairs) % 2:
        raise ValueError(f"{text} is not an id")
    return Link(namespace, tuple(pairs[::2]), tuple(pairs[1::2])), parts[at:]
