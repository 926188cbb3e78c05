"""The operations of Azure that a run uses: a method and a kind of path, whatever the names in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from wizard.practice.faults import Fault
from wizard.practice.kernel import Request

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_POLLED = re.compile(
    r"/(deployments/\*(/operations)?|operationresults/\*|operationstatuses/\*|operations/\*)$", re.IGNORECASE
)
_LISTS = re.compile(
    r"/(tenants|subscriptions|permissions|roleAssignments|roleDefinitions|workspaces|operations|applications|owners"
    r"|federatedIdentityCredentials|directoryRole|resourceGroups|resources|locations|skus|providers|containers)$"
)


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """One kind of request: `path` with ``*`` where names stand, and for tokens the kind of grant."""

    method: str
    path: str
    grant: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}{f' ({self.grant})' if self.grant else ''}"

    @property
    def pattern(self) -> str:
        """A regular expression that the path of every such request fits."""
        quoted = re.escape(self.path).replace(re.escape("'*'"), "'[^']+'")
        return f"^{quoted.replace(re.escape('*'), '[^/]+')}$"

    def fault(self, **effect: Any) -> Fault:
        """The fault with this effect at this operation."""
        return Fault(method=self.method, path=self.pattern, content=self.grant, **effect)

    @property
    def writes(self) -> bool:
        """Whether something may change by it."""
        return self.method not in {"GET", "HEAD"} and not self.signs_in

    @property
    def signs_in(self) -> bool:
        """Whether it is Entra's, and not about the directory."""
        return "/oauth2/" in self.path or "/.well-known/" in self.path

    @property
    def in_arm(self) -> bool:
        """Whether ARM answers."""
        return self.path.startswith(("/subscriptions", "/tenants", "/providers"))

    @property
    def in_graph(self) -> bool:
        """Whether Graph answers."""
        return self.path.startswith("/v1.0")

    @property
    def polls(self) -> bool:
        """Whether it asks how something is getting on."""
        return self.method == "GET" and _POLLED.search(self.path) is not None

    @property
    def lists(self) -> bool:
        """Whether the answer is a list with pages."""
        return self.method == "GET" and (
            _LISTS.search(self.path) is not None or self.path == "/v1.0/applications"
        )


def operation_of(request: Request) -> Operation:
    """The operation that a request is one of."""
    grants = parse_qs(request.body.decode("utf-8", "replace")).get("grant_type", [""])
    grant = grants[0].rpartition(":")[2] if request.path.endswith("/token") else ""
    return Operation(request.method, _generic(request.path), grant)


def _generic(path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[0] == "v1.0":
        return _GUID.sub("*", re.sub(r"'[^']*'", "'*'", path))
    if "oauth2" in parts or ".well-known" in parts:
        return "/" + "/".join(["*", *parts[1:]])
    if parts[0] == "blob.core.windows.net":
        return "/" + "/".join([parts[0], *("*" for _ in parts[1:])])
    return "/" + "/".join(_without_names(parts))


def _without_names(parts: list[str]) -> list[str]:
    """An ARM path: kinds stay, names become ``*``."""
    shown: list[str] = []
    expects_name = False
    at = 0
    while at < len(parts):
        part = parts[at]
        if part.lower() == "providers" and at + 1 < len(parts):
            shown += [part, parts[at + 1]]
            at += 2
            expects_name = False
            continue
        shown.append("*" if expects_name else part)
        expects_name = not expects_name
        at += 1
    return shown
