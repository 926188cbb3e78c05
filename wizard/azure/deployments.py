"""ARM deployments: validate, what-if, start, watch by name, cancel; ARM is the engine, this only asks it.

Nothing here holds a poll URL. Progress is asked for by the deployment's name, so that any process can go on
watching what another one started.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from azure.mgmt.resource.deployments.aio import DeploymentsMgmtClient

from profiles.redaction import redacted
from wizard.azure.errors import (
    AzureProblem,
    Invalid,
    NotFound,
    ServerFault,
    Unreachable,
    UnreadableAnswer,
    told,
)
from wizard.azure.model import Change, ChangeKind, DeploymentOperation, DeploymentStatus
from wizard.azure.reading import Fault, fault_in
from wizard.text import clean

if TYPE_CHECKING:
    from azure.core.polling import AsyncLROPoller

_SCOPE = re.compile(r"/subscriptions/([^/]+)(?:/resourceGroups/([^/]+))?/?", re.IGNORECASE)
_POLL_SECONDS = 2  # used only where Azure does not say when to ask again
_YOUNG_SECONDS, _YOUNG_PAUSE = 30.0, 1.0
_DEEPEST = 12
_SUBSCRIPTIONS = "2022-12-01"


class Deployments:
    """Deployments at a group or a subscription, given by its ARM id as `scope`.

    `sdk` makes a client of the SDK over the wizard's policies. Every method raises AzureProblem when Azure
    refuses or does not answer. At a subscription, `location` is where ARM keeps the deployment's record; by itself
    that is the region of the first resource that has one, else the first of the subscription's regions.
    """

    def __init__(
        self,
        sdk: Callable[..., DeploymentsMgmtClient],
        *,
        pace: Callable[[], float] = lambda: 1.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sdk = sdk
        self._pace, self._sleep = pace, sleep
        self._clients: dict[str, DeploymentsMgmtClient] = {}
        self._begun: dict[str, float] = {}
        self._regions: dict[str, str] = {}

    async def validate(
        self,
        scope: str,
        name: str,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        *,
        location: str = "",
    ) -> None:
        """Let ARM check a template: its language, its parameters, rights and policies. It returns when all is well.

        Raises:
            Invalid: ARM refuses; the innermost cause is the problem's own, the rest are its details.
        """
        client, _ = self._client(scope)
        body = _body(template, parameters, location or await self._place(scope, template))
        with told():
            poller = await client.deployments.begin_validate_at_scope(
                scope.strip("/"), name, body, polling_interval=_POLL_SECONDS
            )
            answer = await poller.result()
        fault = fault_in({"error": _json(answer).get("error")})
        if fault is not None:
            raise _problem(fault)

    async def what_if(
        self,
        scope: str,
        name: str,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        *,
        location: str = "",
    ) -> tuple[Change, ...]:
        """Ask ARM what a template would change (Incremental mode; nothing is written)."""
        client, group = self._client(scope)
        body = _body(template, parameters, location or await self._place(scope, template))
        body["properties"]["whatIfSettings"] = {"resultFormat": "FullResourcePayloads"}
        operations: Any = client.deployments
        poller: AsyncLROPoller[Any]
        with told():
            if group:
                poller = await operations.begin_what_if(group, name, body, polling_interval=_POLL_SECONDS)
            else:
                poller = await operations.begin_what_if_at_subscription_scope(
                    name, body, polling_interval=_POLL_SECONDS
                )
            answer = _json(await poller.result())
        fault = fault_in({"error": answer.get("error")})
        if fault is not None:
            raise _problem(fault)
        changes = answer.get("changes") or (answer.get("properties") or {}).get("changes") or []
        return tuple(_change(c) for c in changes if isinstance(c, Mapping))

    async def start(
        self,
        scope: str,
        name: str,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        *,
        location: str = "",
    ) -> DeploymentStatus:
        """Hand a template to ARM (Incremental mode) and return once ARM has it; Azure goes on by itself.

        When no answer comes back, Azure is asked by name whether it began.

        Raises:
            Conflict: a deployment of this name is running (``DeploymentActive``).
        """
        client, _ = self._client(scope)
        body = _body(template, parameters, location or await self._place(scope, template))
        self._begun[_key(scope, name)] = time.monotonic()
        try:
            with told():
                poller = await client.deployments.begin_create_or_update_at_scope(
                    scope.strip("/"), name, body, polling=False, retry_total=0
                )
                return _status(_json(await poller.result()), name)
        except (Unreachable, UnreadableAnswer, ServerFault):
            begun = await self.status(scope, name)
            if begun is None or begun.finished:
                raise
            return begun

    async def status(self, scope: str, name: str) -> DeploymentStatus | None:
        """Ask how a deployment is getting on; None when there is none of this name.

        ARM may not know its own new deployment for some seconds: right after `start`, "not found" is asked again.
        """
        client, _ = self._client(scope)
        began, paused = self._begun.get(_key(scope, name), -_YOUNG_SECONDS), 0.0
        while True:
            try:
                with told():
                    found = await client.deployments.get_at_scope(scope.strip("/"), name)
                return _status(_json(found), name)
            except NotFound:
                if max(time.monotonic() - began, paused) >= _YOUNG_SECONDS:
                    return None
            await self._sleep(_YOUNG_PAUSE * self._pace())
            paused += _YOUNG_PAUSE

    async def operations(self, scope: str, name: str) -> list[DeploymentOperation]:
        """List how each resource of a deployment is getting on; empty when there is no such deployment."""
        client, _ = self._client(scope)
        try:
            with told():
                listed = client.deployment_operations.list_at_scope(scope.strip("/"), name)
                found = [_json(o) async for o in listed]
        except NotFound:
            return []
        return [o for o in map(_operation, found) if o.resource_id]

    async def cancel(self, scope: str, name: str) -> None:
        """Stop a running deployment; what it has made stays.

        Raises:
            Conflict: it has ended already, or never was (``DeploymentCannotBeCancelled``).
        """
        client, _ = self._client(scope)
        with told():
            await client.deployments.cancel_at_scope(scope.strip("/"), name)

    async def delete(self, scope: str, name: str) -> bool:
        """Remove a deployment's record, not what it made; False when there was none."""
        was_there = await self.status(scope, name) is not None
        client, _ = self._client(scope)
        try:
            with told():
                poller = await client.deployments.begin_delete_at_scope(
                    scope.strip("/"), name, polling_interval=_POLL_SECONDS
                )
                await poller.result()
        except NotFound:
            if (
                await self.status(scope, name) is not None
            ):  # Azure's copies disagree, or it is about something else
                raise
            return False
        self._begun.pop(_key(scope, name), None)
        return was_there

    async def _place(self, scope: str, template: Mapping[str, Any]) -> str:
        """Where ARM shall keep the record of a deployment at a subscription: always the same for one template."""
        client, group = self._client(scope)
        if group:
            return ""
        placed = [str(one.get("location") or "") for one in template.get("resources") or ()]
        found = next((place for place in placed if place and not place.startswith("[")), "")
        return found or await self._first_region(client, scope)

    async def _first_region(self, client: DeploymentsMgmtClient, scope: str) -> str:
        key = scope.strip("/").lower()
        if key not in self._regions:
            from azure.core.rest import HttpRequest

            with told():
                url = f"/{scope.strip('/')}/locations?api-version={_SUBSCRIPTIONS}"
                answer = await client.send_request(HttpRequest("GET", url))
                answer.raise_for_status()
                regions = answer.json().get("value") or []
            physical = [r for r in regions if (r.get("metadata") or {}).get("regionType") != "Logical"]
            self._regions[key] = min((str(r["name"]) for r in physical), default="")
        return self._regions[key]

    def _client(self, scope: str) -> tuple[DeploymentsMgmtClient, str]:
        """The client of the scope's subscription, and the group's name if the scope is a group."""
        parts = _SCOPE.fullmatch(scope)
        if parts is None:
            raise Invalid(
                f"Deployments go to a subscription or a resource group, not to {scope}.", code="InvalidScope"
            )
        subscription = parts.group(1).lower()
        if subscription not in self._clients:
            self._clients[subscription] = self._sdk(DeploymentsMgmtClient, subscription)
        return self._clients[subscription], parts.group(2) or ""


def _key(scope: str, name: str) -> str:
    return f"{scope.rstrip('/')}/{name}".lower()


def _body(template: Mapping[str, Any], parameters: Mapping[str, Any], location: str) -> Any:
    """The request's body as plain JSON: the SDK's models would drop what they don't know."""
    properties = {"mode": "Incremental", "template": dict(template), "parameters": dict(parameters)}
    return {"properties": properties} | ({"location": location} if location else {})


def _json(model: Any) -> dict[str, Any]:
    """The JSON behind a model of the SDK, which is tolerant of what it does not know."""
    found = model.as_dict() if hasattr(model, "as_dict") else model
    if not isinstance(found, dict):
        raise UnreadableAnswer("An answer could not be read.", code="UnreadableAnswer")
    return found


def _problem(fault: Fault) -> AzureProblem:
    from wizard.azure.errors import Detail

    details = tuple(Detail(*map(clean, d)) for d in fault.others)
    return Invalid(fault.message, code=fault.code, status=400, details=details)


def _status(found: Mapping[str, Any], name: str) -> DeploymentStatus:
    properties = found.get("properties") or {}
    fault = fault_in({"error": properties.get("error")})
    outputs = properties.get("outputs") or {}
    return DeploymentStatus(
        name=str(found.get("name") or name),
        state=str(properties.get("provisioningState") or "Accepted"),
        outputs={k: v.get("value") if isinstance(v, Mapping) else v for k, v in outputs.items()},
        correlation_id=str(properties.get("correlationId") or ""),
        code=fault.code if fault else "",
        message=clean(redacted(fault.message)) if fault else "",
    )


def _operation(found: Mapping[str, Any]) -> DeploymentOperation:
    properties = found.get("properties") or {}
    fault = fault_in(properties.get("statusMessage"))
    return DeploymentOperation(
        id=str(found.get("operationId") or ""),
        resource_id=str((properties.get("targetResource") or {}).get("id") or ""),
        state=str(properties.get("provisioningState") or ""),
        code=fault.code if fault else "",
        message=clean(redacted(fault.message)) if fault else "",
    )


def _change(found: Mapping[str, Any]) -> Change:
    kind = str(found.get("changeType") or "")
    known = {k.value: k for k in ChangeKind}
    return Change(
        kind=known.get(kind, ChangeKind.UNSUPPORTED),
        resource_id=str(found.get("resourceId") or ""),
        delta=tuple(_delta(found.get("delta"), "", 0)),
        reason=clean(found.get("unsupportedReason") or ("" if kind in known else f"Azure says: {kind}")),
    )


def _delta(changes: Any, above: str, depth: int) -> Iterator[tuple[str, object, object]]:
    """Flatten nested property changes to (path, before, after)."""
    if not isinstance(changes, Sequence) or isinstance(changes, str) or depth > _DEEPEST:
        return
    for change in (c for c in changes if isinstance(c, Mapping)):
        own = str(change.get("path") or "")
        path = f"{above}[{own}]" if own.isdigit() else f"{above}.{own}".strip(".")
        if change.get("children"):
            yield from _delta(change["children"], path, depth + 1)
        elif change.get("propertyChangeType") != "NoEffect":
            yield path, change.get("before"), change.get("after")
