"""What ARM finds wrong with a template before it deploys anything: types, versions, places, names, rights, locks, policies."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from wizard.practice.arm import checks, errors, facts, ids, locks, policies, rights
from wizard.practice.arm.call import Call
from wizard.practice.arm.deployments import waiting
from wizard.practice.arm.deployments.content import Content
from wizard.practice.arm.deployments.inside import Written, everything
from wizard.practice.arm.kinds import find
from wizard.practice.arm.template.compile import Compiled
from wizard.practice.arm.template.planned import Planned
from wizard.practice.arm.types import ResourceType
from wizard.practice.kernel import Failure, Request

_OLDEST = "2014-04-01"
# What a resource refers to is looked for when it is written, not before.
_ABSENT = frozenset(
    {
        "InvalidResourceReference",
        "ParentResourceNotFound",
        "ResourceNotFound",
        "NotFound",
        "LinkedInvalidPropertyId",
    }
)
_GATEWAY = {"x-ms-failure-cause": "gateway"}


def check(call: Call, content: Content, plan: Compiled) -> list[Written]:
    """Refuse what cannot be deployed; give all that would be written, also by nested deployments.

    Raises:
        Failure: 400 InvalidTemplateDeployment with one detail per fault, or a missing group's 404.
    """
    written = list(everything(call, content, plan))
    if content.level == "Template":
        return written
    closed = [one for one in written if not one.open]
    coming = {one.one.id.lower() for one in closed}
    _check_groups(call, closed, coming)
    found = [fault for one in closed for fault in _faults(call, content, one, coming)]
    if found:
        raise Failure(
            400, "InvalidTemplateDeployment", _headline(content, found), details=found, headers=_GATEWAY
        )
    return written


def _headline(content: Content, found: list[dict[str, Any]]) -> str:
    codes = {fault["code"] for fault in found}
    if codes == {"AuthorizationFailed"}:
        one = len(found) == 1
        head = (
            "The template deployment failed with error" if one else "Deployment failed with multiple errors"
        )
        return f"{head}: '{':'.join(fault['message'] for fault in found)}'."
    if codes == {"RequestDisallowedByPolicy"}:
        return "The template deployment failed because of policy violation. Please see details for more information."
    return (
        f"The template deployment '{content.name}' is not valid according to the validation procedure. The tracking id is"
        f" '{uuid.uuid4()}'. See inner errors for details."
    )


def _check_groups(call: Call, written: list[Written], coming: set[str]) -> None:
    for one in written:
        key = ids.parse(one.one.id)
        if (
            key.links
            and key.group
            and key.group_id.lower() not in coming
            and call.state.get("group", key.group_id) is None
        ):
            raise errors.no_group(key.group)


def _faults(call: Call, content: Content, written: Written, coming: set[str]) -> Iterator[dict[str, Any]]:
    one = written.one
    kind = find(one.type)
    if kind is None:
        unknown = facts.provider(one.type.partition("/")[0]) is None
        namespace = one.type.partition("/")[0]
        yield _detail(
            errors.no_namespace(namespace) if unknown else errors.no_type(one.type, one.version), one
        )
        return
    location = written.body.get("location")
    if not _plausible(call, one.version):
        known = facts.versions(one.type)
        yield _detail(
            errors.no_provider_for(one.type, one.version, str(location or ""), known, facts.regions()), one
        )
    if kind.own and kind.tracked:
        yield from _place_faults(one, location)
    if content.level == "Provider" and not rights.allowed(
        call.practice, call.caller, kind.action("write"), one.id
    ):
        yield _denied(call, kind, one)
        return
    for failure in _engine_faults(call, kind, written, coming):
        yield _detail(failure, one)


def _engine_faults(call: Call, kind: ResourceType, written: Written, coming: set[str]) -> Iterator[Failure]:
    """What the very checks of a write would refuse, without writing."""
    key, body = ids.parse(written.one.id), dict(written.body)
    if scopes := locks.blocking(call.practice, key.text, "write"):
        yield locks.refusal(key.text, "write", scopes)
    if not written.one.nested and (refused := policies.refusal(call.practice, key.text, body)):
        yield refused
    if kind.own:
        return
    at = replace(call, request=_request(call, written), parts={"resource": key.text})
    try:
        if call.practice.schemas and written.settled:
            call.practice.schemas.demand(at.request)
        checks.check_form(at, key, kind, body)
        checks.check_name(at, key, kind)
        if _alone(written, coming) and _linked(at, key, kind, body):
            checks.check(at, key, kind, body)
    except Failure as failure:
        if failure.code not in _ABSENT and not waiting.passes(failure):
            yield failure


def _linked(call: Call, key: ids.Id, kind: ResourceType, body: Mapping[str, Any]) -> bool:
    """Whether all it refers to is there; if not, ARM says so only when it is written (as recorded)."""
    try:
        checks.check_links(call, key, kind, body)
    except Failure:
        return False
    return True


def _request(call: Call, written: Written) -> Request:
    body = json.dumps(written.body).encode()
    query = {"api-version": written.one.version}
    return replace(call.request, method="PUT", path=written.one.id, query=query, body=body)


def _alone(written: Written, coming: set[str]) -> bool:
    """Whether a resource can be judged by what is there now: nothing it needs is still to come."""
    if not written.settled:
        return False
    key = ids.parse(written.one.id)
    if key.parent and key.parent.text.lower() in coming:
        return False
    text = json.dumps(written.body).lower()
    return not any(f'"{other}"' in text or f'"{other}/' in text for other in coming)


def _place_faults(one: Planned, location: object) -> Iterator[dict[str, Any]]:
    if not isinstance(location, str):
        yield _detail(errors.location_required(), one)
    elif facts.region(location) is None:
        yield _detail(errors.no_location_for_group(location, facts.regions()), one)


def _plausible(call: Call, version: str) -> bool:
    """Versions come and go faster than any list: one that could exist by now is taken."""
    latest = f"{call.clock.now().year + 1}-12-31"
    return _OLDEST <= version[:10] <= latest


def _detail(failure: Failure, one: Planned) -> dict[str, Any]:
    return {**problem(failure), "target": failure.target or one.id}


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
    found |= {"target": failure.target} if failure.target else {}
    found |= {"details": list(failure.details)} if failure.details else {}
    found |= {"additionalInfo": list(failure.additional)} if failure.additional else {}
    return found
