"""Resource providers of a subscription: what types they serve, and whether they are registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wizard.practice.arm import errors, facts
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.kernel import Practice, Response

_TAKES = 30.0
# The api-versions since which an answer has more in it.
_SEVERAL, _DEFAULTS, _POLICIES, _EDGES = "2017-05-10", "2018-05-01", "2019-07-01", "2020-10-01"
_PLACED: Mapping[str, Any] = {"placed": True}
_EDGE = {
    "location": "West US",
    "type": "EdgeZone",
    "extendedLocations": ["losangeles"],
}
_PROVIDERS = "/subscriptions/{subscription}/providers"


def registration(practice: Practice, subscription: str, namespace: str) -> str:
    """The registrationState of a provider: NotRegistered, Registering, Registered, Unregistering."""
    if namespace.lower() in facts.free_providers():
        return "Registered"
    found = practice.state.get("provider", f"{subscription}/{namespace}")
    if found is None:
        return "NotRegistered"
    if practice.clock.now().timestamp() < found.get("_due", 0.0):
        return str(found["registrationState"])
    return {"Registering": "Registered", "Unregistering": "NotRegistered"}.get(
        found["registrationState"], str(found["registrationState"])
    )


def change(practice: Practice, subscription: str, namespace: str, state: str) -> None:
    """Begin to register (`Registering`) or unregister (`Unregistering`) a provider; the clock ends it."""
    target = {"Registering": "Registered", "Unregistering": "NotRegistered"}[state]
    if registration(practice, subscription, namespace) in (state, target):
        return
    due = practice.clock.takes(_TAKES).timestamp()
    practice.state.put(
        "provider",
        f"{subscription}/{namespace}",
        {"namespace": namespace, "registrationState": state, "_due": due},
    )


def _known(namespace: str) -> str:
    found = facts.provider(namespace)
    if found is None:
        raise errors.no_namespace(namespace)
    return found


def _shown(call: Call, namespace: str) -> dict[str, Any]:
    """A provider as an api-version shows it: much of it came over the years."""
    subscription, version = call.parts["subscription"], call.version
    free = namespace.lower() in facts.free_providers()
    about = facts.registrations().get(namespace, {})
    kinds = {kind.lower(): more for kind, more in about.get("types", {}).items()}
    shown = {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": namespace,
        **_authorized(about, version),
        "resourceTypes": [
            _type(kind, versions, kinds.get(kind.lower(), {} if free else _PLACED), version)
            for kind, versions in _types(namespace)
        ],
        "registrationState": registration(call.practice, subscription, namespace),
    }
    policy = {"registrationPolicy": "RegistrationFree" if free else "RegistrationRequired"}
    return shown | policy if version >= _POLICIES else shown


def _types(namespace: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Every type of a provider with its api-versions: those served here, and those that are only known by name."""
    served = facts.providers()[namespace]
    yield from served.items()
    known = {kind.lower() for kind in served}
    for kind, about in facts.registrations().get(namespace, {}).get("types", {}).items():
        if kind.lower() not in known:
            yield kind, about["versions"]


def _authorized(about: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Which applications of Azure itself may act for the provider: first there was one only."""
    single, several = about.get("authorization"), about.get("authorizations")
    if single is None and several and version < _SEVERAL:
        single = several[0]
    if single is not None and not (several and version >= _SEVERAL):
        return {"authorization": single}
    return {"authorizations": list(several or ())}


def _type(kind: str, versions: Sequence[str], about: Mapping[str, Any], asked: str) -> dict[str, Any]:
    regions = facts.regions().values()
    placed = bool(about.get("placed"))
    found: dict[str, Any] = {
        "resourceType": kind,
        "locations": [region["displayName"] for region in regions] if placed else [],
        "apiVersions": list(versions),
    }
    if "default" in about and asked >= _DEFAULTS:
        found["defaultApiVersion"] = about["default"]
    if about.get("zones"):
        found["zoneMappings"] = [
            {
                "location": region["displayName"],
                "zones": [str(zone) for zone in range(1, region["zones"] + 1)],
            }
            for region in regions
            if region["zones"]
        ]
    if about.get("edge") and asked >= _EDGES:
        found["locationMappings"] = [_EDGE]
    if "profiles" in about:
        found["apiProfiles"] = list(about["profiles"])
    return found | {"capabilities": about.get("capabilities", "None")}


def _list(call: Call) -> Response:
    return collection([_shown(call, namespace) for namespace in facts.providers()])


def _get(call: Call) -> Response:
    return Response(200, _shown(call, _known(call.parts["namespace"])))


def _register(call: Call) -> Response:
    namespace = _known(call.parts["namespace"])
    change(call.practice, call.parts["subscription"], namespace, "Registering")
    return Response(200, _shown(call, namespace))


def _unregister(call: Call) -> Response:
    namespace = _known(call.parts["namespace"])
    change(call.practice, call.parts["subscription"], namespace, "Unregistering")
    return Response(200, _shown(call, namespace))


OPERATIONS = (
    Operation("GET", _PROVIDERS, _list, "Microsoft.Resources/subscriptions/providers/read", strip=1, listed=True),
    Operation("GET", _PROVIDERS + "/{namespace}", _get, "Microsoft.Resources/subscriptions/providers/read", strip=2, listed=True),
    Operation("POST", _PROVIDERS + "/{namespace}/register", _register, "{namespace}/register/action", strip=3),
    Operation("POST", _PROVIDERS + "/{namespace}/unregister", _unregister, "{namespace}/unregister/action", strip=3),
)  # fmt: skip
