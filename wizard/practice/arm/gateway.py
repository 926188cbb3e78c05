"""The one door of ARM: which operation a path means, what is checked before it, and who may come in."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from functools import lru_cache

from wizard.practice.arm import (
    assignments,
    errors,
    facts,
    groups,
    guards,
    ids,
    kinds,
    listing,
    locks,
    policies,
    polling,
    provider_operations,
    providers,
    reading,
    resources,
    rights,
    roles,
    subscriptions,
    tags,
)
from wizard.practice.arm.call import Call, Operation
from wizard.practice.arm.deployments import handlers as deployments
from wizard.practice.arm.deployments import runner
from wizard.practice.arm.stacks import handlers as stacks
from wizard.practice.arm.stacks import runner as stack_runner
from wizard.practice.kernel import Caller, Failure, Practice, Request, Response

OPERATIONS = (
    *subscriptions.OPERATIONS,
    *providers.OPERATIONS,
    *provider_operations.OPERATIONS,
    *groups.OPERATIONS,
    *deployments.OPERATIONS,
    *roles.OPERATIONS,
    *assignments.OPERATIONS,
    *locks.OPERATIONS,
    *tags.OPERATIONS,
    *policies.OPERATIONS,
    *stacks.OPERATIONS,
    *kinds.OPERATIONS,
    *polling.OPERATIONS,
    *listing.OPERATIONS,
    *resources.OPERATIONS,
)
EFFECTS: Mapping[str, polling.Effect] = {
    **groups.EFFECTS,
    **resources.EFFECTS,
    **deployments.EFFECTS,
    **kinds.EFFECTS,
}

_LINK = r"/providers/[^/]+(?:/(?!providers/)[^/]+/[^/]+)+"
_PLACES = {
    "scope": rf"(?:/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?)?(?:{_LINK})*",
    "home": r"(?:/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?|/providers/Microsoft\.Management/managementGroups/[^/]+)?",
    "resource": rf"(?:/subscriptions/[^/]+(?:/resourcegroups/[^/]+)?)?(?:{_LINK})+",
}
_VERSION = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(-[a-z0-9]+)*", re.IGNORECASE)
_READS = frozenset({"GET", "HEAD"})
_ASKING = frozenset({"GET", "HEAD", "DELETE"})


def _compiled(shape: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", shape)
    text = "".join(
        f"(?P<{part}>{_PLACES.get(part, '[^/]+')})" if n % 2 else re.escape(part)
        for n, part in enumerate(parts)
    )
    return re.compile(text, re.IGNORECASE)


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[re.Pattern[str], Operation], ...]:
    """Every operation with its pattern, compiled at the first request of ARM."""
    return tuple((_compiled(operation.shape), operation) for operation in OPERATIONS)


def handle(
    practice: Practice, request: Request, values: Mapping[str, str], caller: Caller | None
) -> Response:
    """Answer a request from outside; what became due since the last one is done first."""
    del values
    if caller is None:
        raise Failure(
            401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
        )
    polling.settle(practice, EFFECTS)
    runner.advance(practice, submit)
    stack_runner.advance(practice, submit, lambda: polling.settle(practice, EFFECTS))
    return submit(practice, caller, request)


def submit(practice: Practice, caller: Caller, request: Request) -> Response:
    """Answer a request, from outside or out of a running deployment: the same checks, the same code."""
    operation, parts = _found(request)
    _check_version(request)
    call = Call(practice, request, caller, parts, submit)
    _check_subscription(call)
    _authorize(call, operation)
    _check_group(call, operation)
    _check_scope(call, operation)
    guards.check(call)
    if call.practice.schemas and request.method == "PUT":
        call.practice.schemas.demand(request)
    try:
        return operation.handler(call)
    except Failure as failure:
        if not failure.shape and failure.headers.get("x-ms-failure-cause") != "gateway":
            failure.shape = _style(call)
        raise


def _style(call: Call) -> str:
    """How the provider of what a path names shapes its errors."""
    resource = call.parts.get("resource", "")
    declared = kinds.find(ids.parse(resource).type) if resource else None
    return declared.style if declared else ""


def _found(request: Request) -> tuple[Operation, dict[str, str]]:
    elsewhere = False
    for pattern, operation in _table():
        if match := pattern.fullmatch(request.path):
            if operation.method == request.method:
                return operation, match.groupdict()
            elsewhere = True
    if elsewhere:
        raise Failure(
            405,
            "HttpMethodNotSupported",
            f"The HTTP method '{request.method}' is not supported at '{request.path}'.",
        )
    raise _nowhere(request)


def _nowhere(request: Request) -> Failure:
    """Azure's answer for a path that means nothing: its namespace is wrong, or else its type."""
    version = request.query.get("api-version", "")
    named = re.search(r".*/providers/([^/]+)(?:/(.+))?", request.path, re.IGNORECASE)
    if named is None:
        return errors.no_type(f"Microsoft.Resources/{request.path.strip('/').split('/')[-1]}", version)
    if facts.provider(named[1]) is None:
        return errors.no_namespace(named[1])
    return errors.no_type(f"{named[1]}/{'/'.join((named[2] or '').split('/')[::2])}", version)


def _check_version(request: Request) -> None:
    version = request.query.get("api-version", "")
    if not version:
        raise errors.missing_version()
    if not _VERSION.fullmatch(version):
        raise errors.invalid_version(version, facts.versions("Microsoft.Resources/resourceGroups"))


def _check_subscription(call: Call) -> None:
    asked = call.subscription
    if not asked:
        return
    try:
        uuid.UUID(asked)
    except ValueError as fault:
        raise errors.invalid_subscription(asked) from fault
    found = call.state.get("subscription", asked)
    if found is None:
        raise errors.no_subscription(asked)
    if not subscriptions.belongs(found, call.caller.tenant):
        raise errors.wrong_tenant(call.caller.tenant, found["tenantId"])


def _authorize(call: Call, operation: Operation) -> None:
    if operation.action is None:
        return
    values = dict(call.parts)
    if "resource" in values:
        values["type"] = ids.parse(values["resource"]).type
    action = operation.action.format_map(values)
    scope = "/".join(call.path.split("/")[: -operation.strip or None]) or "/"
    # A list is of what is in the subscription or group before its `/providers/`.
    home = re.split("/providers(?:/|$)", scope, maxsplit=1, flags=re.IGNORECASE)[0]
    if not (operation.listed and rights.allowed_below(call.practice, call.caller, action, home)):
        rights.demand(call.practice, call.caller, action, scope)


def _check_group(call: Call, operation: Operation) -> None:
    """A write needs an enabled subscription; what is in a group needs the group."""
    found = call.state.get("subscription", call.subscription) if call.subscription else None
    write = operation.method not in _READS
    if found and write and found["state"] != "Enabled":
        raise errors.read_only(call.subscription)
    parts = call.path.split("/")
    if len(parts) <= 5 or parts[3].lower() != "resourcegroups":  # noqa: PLR2004 - /subscriptions/s/resourceGroups/g/...
        return
    if "group" in operation.absent or (operation.method in _ASKING and _is_part(call)):
        return
    group = groups.get(call.practice, "/".join(parts[:5]))
    if "going" in operation.absent:
        return
    if write and operation.method != "DELETE" and group["properties"]["provisioningState"] == "Deleting":
        raise errors.group_going(group["name"])


def _is_part(call: Call) -> bool:
    """Whether the path names a part of another resource that ARM itself keeps no record of, such as a subnet.

    ARM lets the provider answer for those, even when their group is gone; the provider misses the whole.
    """
    named = ids.parse(call.parts["resource"]) if call.parts.get("resource") else ids.Id()
    declared = kinds.find(named.type) if named.parent else None
    return declared is not None and not declared.tracked and "kind" not in call.parts


def _check_scope(call: Call, operation: Operation) -> None:
    """What is written on a resource needs the resource."""
    scope = call.parts.get("scope", "") if "resource" not in operation.absent else ""
    found = ids.parse(scope) if scope else ids.Id()
    if found.links and reading.current(call.practice, found.text) is None:
        raise errors.no_resource(found.type, found.name, found.group)
