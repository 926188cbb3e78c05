"""What ARM finds wrong with a template before it deploys anything: types, versions, places, rights."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from wizard.practice.arm import errors, facts, ids, rights
from wizard.practice.arm.call import Call
from wizard.practice.arm.deployments.content import Content
from wizard.practice.arm.kinds import find
from wizard.practice.arm.template.compile import Compiled, Planned
from wizard.practice.arm.types import ResourceType
from wizard.practice.kernel import Failure

_OLDEST = "2014-04-01"


def check(call: Call, content: Content, plan: Compiled) -> None:
    """Refuse what cannot be deployed.

    Raises:
        Failure: 400 InvalidTemplateDeployment with one detail per fault, or a missing group's 404.
    """
    if content.level == "Template":
        return
    wanted = [one for one in plan.resources if one.wanted]
    _check_groups(call, wanted)
    found = [fault for one in wanted for fault in _faults(call, content, plan, one)]
    if not found:
        return
    denied = [fault["message"] for fault in found if fault["code"] == "AuthorizationFailed"]
    if len(denied) == len(found):
        one = len(denied) == 1
        head = (
            "The template deployment failed with error" if one else "Deployment failed with multiple errors"
        )
        message = f"{head}: '{':'.join(denied)}'."
    else:
        message = (
            f"The template deployment '{content.name}' is not valid according to the validation procedure. The tracking id is"
            f" '{uuid.uuid4()}'. See inner errors for details."
        )
    raise Failure(
        400, "InvalidTemplateDeployment", message, details=found, headers={"x-ms-failure-cause": "gateway"}
    )


def _check_groups(call: Call, wanted: list[Planned]) -> None:
    made = {one.id.lower() for one in wanted}
    for one in wanted:
        key = ids.parse(one.id)
        if (
            key.links
            and key.group
            and key.group_id.lower() not in made
            and call.state.get("group", key.group_id) is None
        ):
            raise errors.no_group(key.group)


def _faults(call: Call, content: Content, plan: Compiled, one: Planned) -> Iterator[dict[str, Any]]:
    kind = find(one.type)
    if kind is None:
        unknown = facts.provider(one.type.partition("/")[0]) is None
        namespace = one.type.partition("/")[0]
        yield _detail(
            errors.no_namespace(namespace) if unknown else errors.no_type(one.type, one.version), one
        )
        return
    location = plan.frame.settled(one.body.get("location"))
    if not _plausible(call, one.version):
        known = facts.versions(one.type)
        yield _detail(
            errors.no_provider_for(one.type, one.version, str(location or ""), known, facts.regions()), one
        )
    if kind.tracked:
        yield from _place_faults(kind, one, location)
    if content.level == "Provider" and not rights.allowed(
        call.practice, call.caller, kind.action("write"), one.id
    ):
        yield _denied(call, kind, one)


def _place_faults(kind: ResourceType, one: Planned, location: object) -> Iterator[dict[str, Any]]:
    if not isinstance(location, str):
        yield _detail(errors.location_required(), one)
    elif facts.region(location) is None:
        group = kind.name == "Microsoft.Resources/resourceGroups"
        refuse = errors.no_location_for_group(location, facts.regions())
        yield _detail(
            refuse if group else errors.no_location_for_type(kind.name, location, facts.regions()), one
        )


def _plausible(call: Call, version: str) -> bool:
    """Versions come and go faster than any list: one that could exist by now is taken."""
    latest = f"{call.clock.now().year + 1}-12-31"
    return _OLDEST <= version[:10] <= latest


def _detail(failure: Failure, one: Planned) -> dict[str, Any]:
    return {"code": failure.code, "target": one.id, "message": failure.message}


def _denied(call: Call, kind: ResourceType, one: Planned) -> dict[str, Any]:
    name = rights.name_of(call.practice, call.caller)
    message = (
        f"Authorization failed for template resource '{one.name}' of type '{one.type}'. The client '{name}' with object id"
        f" '{call.caller.object_id}' does not have permission to perform action '{kind.action('write')}' at scope"
        f" '{one.id}'."
    )
    return {"code": "AuthorizationFailed", "target": one.id, "message": message}


def problem(failure: Failure) -> Mapping[str, Any]:
    """A refusal as it stands inside another answer."""
    found: dict[str, Any] = {"code": failure.code, "message": failure.message}
    found |= {"details": list(failure.details)} if failure.details else {}
    found |= {"additionalInfo": list(failure.additional)} if failure.additional else {}
    return found
