"""The access keys of a storage account, the signatures made with them, and the other actions on an account."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import quote

from wizard.practice.arm import polling, shelf
from wizard.practice.arm.call import Call, stamp
from wizard.practice.arm.types import Acting
from wizard.practice.kernel import Failure, Response

_NAMES = ("key1", "key2")


def fresh(created: str) -> list[dict[str, str]]:
    """Two new keys."""
    return [{"name": name, "value": _key(), "created": created} for name in _NAMES]


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


def _shown(acting: Acting) -> Response:
    if "_keys" not in acting.found:
        # A world may have an account without them.
        acting.found["_keys"] = fresh(stamp(acting.call.clock.now()))
        shelf.put(acting.call.practice, acting.id.text, acting.found)
    dated = acting.call.version >= "2021-02"
    keys = [
        ({"creationTime": one["created"]} if dated else {})
        | {"keyName": one["name"], "value": one["value"], "permissions": "FULL"}
        for one in acting.found.get("_keys", ())
    ]
    return Response(200, {"keys": keys})


def _regenerate(acting: Acting) -> Response:
    wanted = acting.body.get("keyName")
    keys = acting.found.get("_keys", [])
    if wanted not in _NAMES:
        raise Failure(
            400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: keyName."
        )
    now = stamp(acting.call.clock.now())
    acting.found["_keys"] = [
        one | {"value": _key(), "created": now} if one["name"] == wanted else one for one in keys
    ]
    if "keyCreationTime" in acting.found["properties"]:
        acting.found["properties"]["keyCreationTime"][wanted] = now
    shelf.put(acting.call.practice, acting.id.text, acting.found)
    return _shown(acting)


def _account_sas(acting: Acting) -> Response:
    """An account SAS, signed as Azure signs it (version 2015-04-05)."""
    asked = acting.body
    values = {
        "sv": "2015-04-05",
        "ss": str(asked.get("signedServices", "")),
        "srt": str(asked.get("signedResourceTypes", "")),
        "sp": str(asked.get("signedPermission", "")),
        "st": str(asked.get("signedStart") or ""),
        "se": str(asked.get("signedExpiry", "")),
        "sip": str(asked.get("signedIp") or ""),
        "spr": str(asked.get("signedProtocol") or ""),
    }
    order = ("sp", "ss", "srt", "st", "se", "sip", "spr", "sv")
    text = "\n".join([acting.id.leaf, *(values[name] for name in order), ""])
    key = next(
        (one for one in acting.found.get("_keys", ()) if one["name"] == asked.get("keyToSign", "key1")), None
    )
    if key is None:
        raise Failure(
            400, "InvalidValuesForRequestParameters", "Values for request parameters are invalid: keyToSign."
        )
    seal = hmac.new(base64.b64decode(key["value"]), text.encode(), hashlib.sha256).digest()
    signed = values | {"sig": base64.b64encode(seal).decode()}
    token = "&".join(f"{name}={quote(value, safe=',')}" for name, value in signed.items() if value)
    return Response(200, {"accountSasToken": token})


def _address(call: Call, found: dict[str, Any]) -> str:
    place = f"/subscriptions/{call.subscription}/providers/Microsoft.Storage/locations/{found['location']}"
    return f"{place}/asyncoperations"


def _begun(acting: Acting, ending: polling.Ending, *, both: bool) -> dict[str, str]:
    call, seconds = acting.call, 30.0
    headers = {"Location": polling.begin(call, _address(call, acting.found), seconds, ending)}
    if both:
        done = ending if ending.body else polling.Ending(body={"status": "Succeeded"}, polls="timed")
        headers["Azure-AsyncOperation"] = polling.begin(
            call, _address(call, acting.found), seconds, done, kind="async"
        )
    return headers | polling.wait_header(call, call.clock.takes(seconds).timestamp())


def _failover(acting: Acting) -> Response:
    sku = acting.found["sku"]["name"]
    if "G" not in sku.partition("_")[2]:
        raise Failure(
            400,
            "InvalidAccountType",
            f"The AccountType {sku} is invalid. For more information, see -"
            " https://aka.ms/accountfailoverprerequisites",
        )
    return Response(202, None, _begun(acting, polling.Ending(), both=False))


def _migrate_hns(acting: Acting) -> Response:
    validating = acting.call.request.query.get("requestType") == "HnsOnValidationRequest"
    told = {"properties": f'{{"HnsOnMigrationRequestType":{int(not validating)}}}'}
    ending = polling.Ending(
        body={"status": "Succeeded", "percentComplete": 100.0, **told},
        pending={"status": "InProgress", "percentComplete": 0.0, **told},
        running=202,
    )
    if not validating:
        acting.found["_hnsMigration"] = True
        acting.found["properties"]["isHnsEnabled"] = True
        shelf.put(acting.call.practice, acting.id.text, acting.found)
    return Response(202, None, _begun(acting, ending, both=True))


def _abort_hns(acting: Acting) -> Response:
    if not acting.found.get("_hnsMigration"):
        raise Failure(
            400,
            "HnsMigrationNotFound",
            f"Hns migration for the account: {acting.id.leaf} is not found.",
        )
    return Response(202, None, _begun(acting, polling.Ending(), both=True))


def _migrate(acting: Acting) -> Response:
    return Response(202, None, _begun(acting, polling.Ending(), both=True))


def _restore(acting: Acting) -> Response:
    restore = {
        "restoreId": secrets.token_hex(16),
        "parameters": {
            "timetoRestore": acting.body.get("timeToRestore"),
            "blobRanges": acting.body.get("blobRanges") or [],
        },
    }
    ending = polling.Ending(body={"status": "Complete", **restore})
    return Response(202, {"status": "InProgress", **restore}, _begun(acting, ending, both=False))


ACTIONS = {
    "listkeys": _shown,
    "regeneratekey": _regenerate,
    "listaccountsas": _account_sas,
    "failover": _failover,
    "hnsonmigration": _migrate_hns,
    "aborthnsonmigration": _abort_hns,
    "startaccountmigration": _migrate,
    "restoreblobranges": _restore,
}
