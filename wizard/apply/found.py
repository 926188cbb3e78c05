"""Found: what an earlier run left in Azure, asked of Azure and not of memory: done, running, failed, changed or gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from profiles.secrets import SecretStoreError
from wizard.apply.deploy import kind_of
from wizard.apply.directory import task_label
from wizard.apply.events import Found, Stands
from wizard.apply.journal import DEPLOYMENT, Entry
from wizard.apply.key_pair import KEY_PAIR, find_key
from wizard.apply.looking import found as found_object
from wizard.apply.looking import resolved, says
from wizard.apply.minting import is_expired
from wizard.apply.providers import PROVIDER, REGISTERED
from wizard.apply.standing import merged
from wizard.apply.work import Work
from wizard.azure.errors import AzureProblem, Forbidden, NotFound
from wizard.plan import DirectoryKind, DirectoryObject, KeyPair, Known, Plan, Resource
from wizard.render.arm import foretold
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from wizard.azure.model import PasswordCredential

_AT_ONCE = 8
_ENDED = frozenset({"", "succeeded"})
_FAILED = frozenset({"failed", "canceled"})
_BEGUN = "begun, and not there: it is made now"


async def find_all(work: Work, plan: Plan) -> tuple[Found, ...]:
    """Ask Azure about everything of a plan that the journal knows or that was begun. Writes nothing.

    Raises:
        AzureProblem: Azure could not be asked.
        SecretStoreError: the store can't be read.
    """
    entries = _last(work)
    if not entries:
        return ()
    known = work.journal.known()
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def few(one: Awaitable[Found | None]) -> Found | None:
        async with at_once:
            return await one

    asking: list[Awaitable[Found | None]] = [
        _resource(work, plan, resource, entries[resource.key], known)
        for resource in plan.resources
        if resource.key in entries
    ]
    asking += [_pair(work, pair, known[pair.key]) for pair in plan.keys if pair.key in known]
    asking += [_begun(work, entry) for entry in entries.values() if entry.what == "begin"]
    directory = [
        await _directory(work, wanted, entries[wanted.key], known)
        for wanted in plan.directory
        if wanted.key in entries
    ]
    told = await asyncio.gather(*map(few, asking))
    return tuple(one for one in (*directory, *told) if one is not None)


def _last(work: Work) -> dict[str, Entry]:
    """The last word on each object that is not taken back."""
    last: dict[str, Entry] = {}
    for entry in work.journal.entries():
        if entry.what == "undone":
            last.pop(entry.key, None)
        else:
            last[entry.key] = entry
    return last


# The directory


async def _directory(
    work: Work, wanted: DirectoryObject, entry: Entry, known: dict[str, dict[str, str]]
) -> Found:
    label = task_label(wanted)
    if wanted.kind is DirectoryKind.PASSWORD:
        return await _secret(work, wanted, entry, known)
    fields = await found_object(work, wanted, known)
    if fields is None:
        return Found(wanted.key, label, Stands.GONE, _BEGUN if entry.what == "begin" else "")
    before = str(entry.fields.get("id", "")) if entry.what != "begin" else ""
    known[wanted.key] = fields
    if await _is_disabled(work, wanted, fields):
        return Found(wanted.key, label, Stands.CHANGED, "it is disabled")
    if before not in {"", fields["id"]}:
        return Found(wanted.key, label, Stands.CHANGED, "another one stands in its place")
    return Found(wanted.key, label, Stands.DONE)


async def _is_disabled(work: Work, wanted: DirectoryObject, fields: Mapping[str, str]) -> bool:
    if wanted.kind is not DirectoryKind.SERVICE_PRINCIPAL:
        return False
    try:
        principal = await work.azure.graph.service_principal(fields["app_id"])
    except Forbidden:
        return False
    return principal is not None and not principal.enabled


async def _secret(work: Work, wanted: DirectoryObject, entry: Entry, known: Known) -> Found:
    """A client secret stands when Azure lists it, it has not expired, and its value is in the store."""
    label, fields = task_label(wanted), known.get(wanted.key, {})
    if entry.what == "begin" and not fields.get("key_id"):
        return Found(wanted.key, label, Stands.FAILED, "cut off while it was made: settled now")
    if wanted.existing:
        return Found(wanted.key, label, Stands.DONE)
    held = await _listed(work, fields)
    if held is None:
        return Found(wanted.key, label, Stands.GONE, "Azure lists it no more: another one is made")
    if is_expired(held):
        return Found(wanted.key, label, Stands.CHANGED, "it has expired: another one is made")
    if work.store.keeps and not await _is_stored(work, known):
        return Found(wanted.key, label, Stands.GONE, "its value is in no store: another one is made")
    return Found(wanted.key, label, Stands.DONE, f"to {fields.get('end', '')[:10]}")


async def _listed(work: Work, fields: Mapping[str, str]) -> PasswordCredential | None:
    try:
        app = await work.azure.graph.application(fields.get("application", ""))
    except (Forbidden, NotFound):
        return None
    passwords = app.passwords if app is not None else ()
    return next((one for one in passwords if one.key_id == fields.get("key_id")), None)


async def _is_stored(work: Work, known: Known) -> bool:
    before, work.known = work.known, {key: dict(fields) for key, fields in known.items()}
    binding, work.known = work.binding(), before
    try:
        return await in_daemon_thread(lambda: work.store.get(binding)) is not None
    except SecretStoreError:
        return True  # told where the store is needed


# Resources


async def _resource(work: Work, plan: Plan, wanted: Resource, entry: Entry, known: Known) -> Found:
    """How a resource stands, by its provisioning state, and by whether it says what is wanted."""
    label = f"{kind_of(wanted)} {wanted.label}"
    try:
        body = await work.azure.arm.read(str(entry.fields.get("id", "")), wanted.api_version)
    except Forbidden:
        return Found(wanted.key, label, Stands.GONE, "it may not be seen")
    if body is None:
        return Found(wanted.key, label, Stands.GONE, _BEGUN if entry.what == "begin" else "")
    state = str((body.get("properties") or {}).get("provisioningState") or "")
    if state.lower() in _FAILED:
        return Found(wanted.key, label, Stands.FAILED, f"Azure says: {state.lower()}")
    if state.lower() not in _ENDED:
        return Found(wanted.key, label, Stands.RUNNING, f"Azure says: {state.lower()}")
    if (path := _differs(plan, wanted, body, known)) and entry.what != "begin":
        return Found(wanted.key, label, Stands.CHANGED, f"{path} is another one than wanted")
    return Found(wanted.key, label, Stands.DONE)


def _differs(plan: Plan, wanted: Resource, body: dict[str, Any], known: Known) -> str:
    """The first thing that a resource says otherwise than the plan wants; what Azure adds of its own is passed over."""
    told = foretold(plan.resources, known)
    told |= {key: {**told.get(key, {}), **fields} for key, fields in known.items()}
    return next(_differences(body, merged(wanted, json.dumps(body)).body, told, ""), "")


def _differences(found: Any, wanted: object, known: Known, path: str) -> Iterator[str]:
    if isinstance(wanted, Mapping):
        if not isinstance(found, Mapping):
            yield path
            return
        lower = {str(name).lower(): value for name, value in found.items()}
        for name, value in wanted.items():
            inner = f"{path}.{name}" if path else str(name)
            # What Azure does not tell at all, such as a password, is no difference.
            if str(name).lower() in lower:
                yield from _differences(lower[str(name).lower()], value, known, inner)
    elif isinstance(wanted, str) and path == "location":
        if wanted.replace(" ", "").lower() != str(found).replace(" ", "").lower():
            yield path
    elif isinstance(wanted, (list, tuple)):
        if (
            not isinstance(found, (list, tuple))
            or len(found) != len(wanted)
            or not all(any(_alike(one, own, known) for one in found) for own in wanted)
        ):
            yield path
    elif not _alike(found, wanted, known):
        yield path


def _alike(found: Any, wanted: object, known: Known) -> bool:
    if isinstance(wanted, Mapping):
        return next(_differences(found, wanted, known, "."), "") == ""
    told = resolved(wanted, known)
    if told.startswith(("/subscriptions/", "/providers/")):
        return told.lower().rsplit("/", 1)[-1] == str(found).lower().rsplit("/", 1)[-1]
    return says(found, wanted, known)


# The rest


async def _pair(work: Work, pair: KeyPair, fields: Mapping[str, str]) -> Found:
    label = f"{KEY_PAIR} {pair.label}"
    own = await find_key(work, pair)
    if own is None:
        return Found(pair.key, label, Stands.GONE, f"{pair.path} holds no private key")
    if own["fingerprint"] != fields.get("fingerprint"):
        return Found(pair.key, label, Stands.CHANGED, f"{pair.path} was replaced")
    return Found(pair.key, label, Stands.DONE)


async def _begun(work: Work, entry: Entry) -> Found | None:
    """A deployment or a registration that an earlier run left: Azure went on with it."""
    if entry.kind == DEPLOYMENT:
        return await _deployment(work, entry)
    if entry.kind == PROVIDER:
        namespace = str(entry.fields.get("namespace", ""))
        subscription = str(entry.fields.get("subscription", ""))
        if not subscription:
            return None
        state = await work.azure.arm.provider_state(subscription, namespace)
        stands = Stands.DONE if state == REGISTERED else Stands.RUNNING
        return Found(entry.key, f"provider {namespace}", stands, f"Azure says: {state.lower()}")
    return None


async def _deployment(work: Work, entry: Entry) -> Found:
    scope, name = str(entry.fields.get("scope", "")), str(entry.fields.get("name", ""))
    label = f"deployment {name}"
    try:
        status = await work.azure.arm.deployments.status(scope, name)
    except AzureProblem as problem:
        if problem.status not in {403, 404}:
            raise
        status = None
    if status is None:
        return Found(entry.key, label, Stands.GONE, "it never reached Azure: it is started now")
    if not status.finished:
        return Found(entry.key, label, Stands.RUNNING, f"Azure says: {status.state.lower()}")
    if status.state == "Succeeded":
        return Found(entry.key, label, Stands.DONE, "Azure finished it meanwhile")
    why = f": {status.code}" if status.code else ""
    return Found(entry.key, label, Stands.FAILED, f"Azure says: {status.state.lower()}{why}")
