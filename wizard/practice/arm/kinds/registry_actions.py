"""What a container registry does on request: credentials, usages, imports, builds."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from wizard.practice.arm import ids, polling, shelf
from wizard.practice.arm.call import Call
from wizard.practice.arm.types import Acting
from wizard.practice.kernel import Failure, Response

REGISTRY = "Microsoft.ContainerRegistry/registries"
_LIMITS: Mapping[str, tuple[int, int]] = {"Basic": (10, 2), "Standard": (100, 10), "Premium": (500, 500)}
_GIB = 1024**3


def bad(code: str, message: str) -> Failure:
    """A refusal as the registry words it."""
    return Failure(400, code, message, shape="status")


def password() -> str:
    """A value as the registry makes them."""
    return secrets.token_urlsafe(39)


def credentials(acting: Acting) -> Response:
    """The two passwords of the admin user, where there is one."""
    if not acting.found["properties"].get("adminUserEnabled"):
        raise bad(
            "UnAuthorizedForCredentialOperations",
            f"Cannot perform credential operations for {acting.id.text} as admin user is disabled. Kindly enable admin user"
            " as per docs: https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account",
        )
    passwords = acting.found["_passwords"]
    return Response(
        200,
        {
            "username": acting.id.leaf,
            "passwords": [{"name": name, "value": value} for name, value in passwords.items()],
        },
    )


def renew(acting: Acting) -> Response:
    """A new password of the admin user."""
    name = str(acting.body.get("name"))
    if name not in acting.found["_passwords"]:
        raise bad("InvalidPasswordName", "The name must be password or password2.")
    acting.found["_passwords"][name] = password()
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    return credentials(acting)


def token_credentials(acting: Acting) -> Response:
    """Passwords of a token, shown this once."""
    now = stamps_of(acting.call)
    token = str(acting.body.get("tokenId") or "").rpartition("/")[2]
    names = [str(acting.body["name"])] if acting.body.get("name") else ["password1", "password2"]
    more = {"expiry": acting.body["expiry"]} if acting.body.get("expiry") else {}
    made = [{"creationTime": now, "name": name, "value": password(), **more} for name in names]
    return Response(200, {"username": token, "passwords": made})


def stamps_of(call: Call) -> str:
    """This moment as the registry writes it, with its offset."""
    return call.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00")


def usages(call: Call) -> Response:
    """How much of its SKU a registry uses."""
    key = ids.parse(call.parts["resource"])
    found = shelf.must(call.practice, key)
    size, hooks = _LIMITS.get(found["sku"]["name"], _LIMITS["Basic"])
    webhooks = len(shelf.children(call.practice, key.text, f"{REGISTRY}/webhooks"))
    rows = [("Size", size * _GIB, 0, "Bytes"), ("Webhooks", hooks, webhooks, "Count")]
    return Response(
        200,
        {
            "value": [
                {"name": name, "limit": most, "currentValue": now, "unit": unit}
                for name, most, now, unit in rows
            ]
        },
    )


def import_image(acting: Acting) -> Response:
    """An image comes from elsewhere; it takes its time."""
    source = acting.body.get("source")
    if not isinstance(source, dict) or not source.get("sourceImage"):
        raise bad("InvalidParameters", "The source image must be given.")
    call = acting.call
    path = f"/subscriptions/{call.subscription}/providers/Microsoft.ContainerRegistry/locations/{acting.found['location']}"
    ending = polling.Ending(body={"status": "Succeeded"}, pending={"status": "Accepted"})
    address = polling.begin(call, f"{path}/operationResults", 20.0, ending)
    return Response(202, None, {"Location": address})


def upload_url(acting: Acting) -> Response:
    """Where the source of a build is put."""
    at = f"tasks-source/{acting.call.clock.now():%Y%m%d%H%M}/{secrets.token_hex(16)}.tar.gz"
    return Response(200, {"relativePath": at, "uploadUrl": f"https://acrtasks.blob.core.windows.net/{at}"})


def run(acting: Acting) -> Response:
    """A run is queued; nothing is built here."""
    now, number = stamps_of(acting.call), int(acting.found.get("_runs", 0)) + 1
    acting.found["_runs"] = number
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    properties = {
        "runId": f"ch{number}", "status": "Queued", "lastUpdatedTime": now, "provisioningState": "Succeeded",
        "isArchiveEnabled": False,
    }  # fmt: skip
    run = {"id": f"{acting.id.text}/runs/ch{number}", "name": f"ch{number}", "type": f"{REGISTRY}/runs"}
    system = {
        "lastModifiedBy": acting.call.caller.object_id,
        "lastModifiedByType": "User",
        "lastModifiedAt": now,
    }
    return Response(200, run | {"properties": properties, "systemData": system})
