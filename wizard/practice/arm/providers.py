"""Resource providers of a subscription: what types they serve, and whether they are registered."""

from __future__ import annotations

from typing import Any

from wizard.practice.arm import errors, facts
from wizard.practice.arm.call import Call, Operation, collection
from wizard.practice.kernel import Practice, Response

_TAKES = 30.0
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
    subscription = call.parts["subscription"]
    free = namespace.lower() in facts.free_providers()
    places = [region["displayName"] for region in facts.regions().values()]
    return {
        "id": f"/subscriptions/{subscription}/providers/{namespace}",
        "namespace": namespace,
        "authorizations": [],
        "resourceTypes": [
            {
                "resourceType": kind,
                "locations": [] if free else places,
                "apiVersions": list(versions),
                "capabilities": "None",
            }
            for kind, versions in facts.providers()[namespace].items()
        ],
        "registrationState": registration(call.practice, subscription, namespace),
        "registrationPolicy": "RegistrationFree" if free else "RegistrationRequired",
    }


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
