"""The blob service of storage accounts, as small as the guides need it: containers and what is in them.

It answers at `https://ORIGIN/blob.core.windows.net/{account}/`, in XML, and by the caller's `dataActions`.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from wizard.practice import tokens
from wizard.practice.arm import rights, shelf
from wizard.practice.kernel import HERE, Caller, Failure, Practice, Request, Response, Route

_SERVICE = "blob.core.windows.net"
_ACCOUNT = "Microsoft.Storage/storageAccounts"
_CONTAINERS = f"{_ACCOUNT}/blobServices/containers"
_AUDIENCES = frozenset({"https://storage.azure.com"})
_NAME = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_MOST = 5000
_METHODS = ("GET", "PUT", "DELETE", "HEAD")


@dataclass(frozen=True, slots=True)
class _Asked:
    practice: Practice
    request: Request
    account: dict[str, Any]
    container: str = ""
    blob: str = ""

    @property
    def place(self) -> str:
        """The id of the container in ARM."""
        return f"{self.account['id']}/blobServices/default/containers/{self.container}"

    @property
    def key(self) -> str:
        """Where the blob is kept."""
        return f"{self.place}/{self.blob}"

    def must(self) -> dict[str, Any]:
        """The container.

        Raises:
            Failure: 404 ContainerNotFound.
        """
        found = shelf.stored(self.practice, self.place)
        if found is None:
            raise Failure(404, "ContainerNotFound", "The specified container does not exist.")
        return found

    def blobs(self) -> list[dict[str, Any]]:
        """What is in the container, by name."""
        found = [one for _, one in self.practice.state.under("blob", f"{self.place}/")]
        prefix = self.request.query.get("prefix", "")
        return sorted(
            (one for one in found if one["name"].startswith(prefix)), key=lambda one: str(one["name"])
        )


def _list_containers(asked: _Asked) -> Response:
    found = shelf.children(asked.practice, f"{asked.account['id']}/blobServices/default", _CONTAINERS)
    prefix = asked.request.query.get("prefix", "")
    inner = "".join(
        f"<Container><Name>{one['name']}</Name><Properties><Etag>{escape(str(one['etag']))}</Etag></Properties></Container>"
        for one in found
        if one["name"].startswith(prefix)
    )
    return _xml(asked, "", f"<Containers>{inner}</Containers><NextMarker />")


def _list_blobs(asked: _Asked) -> Response:
    asked.must()
    try:
        most = min(int(asked.request.query.get("maxresults", _MOST)), _MOST)
    except ValueError as fault:
        raise Failure(
            400,
            "InvalidQueryParameterValue",
            "Value for one of the query parameters specified in the request URI is invalid.",
        ) from fault
    every, after = asked.blobs(), asked.request.query.get("marker", "")
    rest = [one for one in every if one["name"] > after] if after else every
    page = rest[:most]
    following = escape(page[-1]["name"]) if page and len(rest) > most else ""
    inner = "".join(
        f"<Blob><Name>{escape(one['name'])}</Name><Properties><Last-Modified>{one['modified']}</Last-Modified>"
        f"<Etag>{one['etag']}</Etag><Content-Length>{one['length']}</Content-Length>"
        f"<Content-Type>{escape(one['type'])}</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob>"
        for one in page
    )
    return _xml(
        asked,
        f' ContainerName="{asked.container}"',
        f"<Blobs>{inner}</Blobs><NextMarker>{following}</NextMarker>",
    )


def _create(asked: _Asked) -> Response:
    if shelf.stored(asked.practice, asked.place) is not None:
        raise Failure(409, "ContainerAlreadyExists", "The specified container already exists.")
    if not _NAME.fullmatch(asked.container):
        raise Failure(400, "InvalidResourceName", "The specified resource name contains invalid characters.")
    stamp = asked.practice.clock.now()
    properties = {
        "deleted": False, "remainingRetentionDays": 0, "hasImmutabilityPolicy": False, "hasLegalHold": False,
        "defaultEncryptionScope": "$account-encryption-key", "denyEncryptionScopeOverride": False,
        "publicAccess": "None", "leaseStatus": "Unlocked", "leaseState": "Available",
        "legalHold": {"hasLegalHold": False, "tags": []},
        "lastModifiedTime": stamp.strftime("%Y-%m-%dT%H:%M:%S.0000000Z"),
    }  # fmt: skip
    document = {"id": asked.place, "name": asked.container, "type": _CONTAINERS, "etag": _etag(asked)}
    shelf.put(asked.practice, asked.place, document | {"properties": properties})
    return Response(201, None, {"ETag": document["etag"]})


def _delete(asked: _Asked) -> Response:
    asked.must()
    shelf.drop(asked.practice, asked.place)
    forget(asked.practice, asked.place)
    return Response(202)


def _show(asked: _Asked) -> Response:
    found = asked.must()
    return Response(
        200, None, {"ETag": found["etag"], "x-ms-lease-state": found["properties"]["leaseState"].lower()}
    )


def _put_blob(asked: _Asked) -> Response:
    asked.must()
    if asked.request.headers.get("x-ms-blob-type") != "BlockBlob":
        raise Failure(
            400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified."
        )
    if asked.request.headers.get("if-none-match") == "*" and asked.practice.state.get("blob", asked.key):
        raise Failure(409, "BlobAlreadyExists", "The specified blob already exists.")
    document = {
        "name": asked.blob,
        "length": len(asked.request.body),
        "type": asked.request.headers.get("content-type", "application/octet-stream"),
        "modified": asked.practice.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "etag": _etag(asked),
        "text": asked.request.body.decode("latin-1"),
    }
    asked.practice.state.put("blob", asked.key, document)
    return Response(201, None, {"ETag": str(document["etag"])})


def _get_blob(asked: _Asked) -> Response:
    found = asked.practice.state.get("blob", asked.key)
    if found is None:
        asked.must()
        raise Failure(404, "BlobNotFound", "The specified blob does not exist.")
    content = str(found["text"]).encode("latin-1")
    headers = {
        "ETag": found["etag"],
        "Content-Type": found["type"],
        "Last-Modified": found["modified"],
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
    }
    if asked.request.method == "HEAD":
        return Response(200, None, headers | {"Content-Length": str(len(content))})
    wanted = asked.request.headers.get("x-ms-range") or asked.request.headers.get("range", "")
    named = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
    if named is None:
        return Response(200, content, headers)
    begin, end = int(named[1]), min(int(named[2] or len(content)), len(content) - 1)
    if begin > end:
        raise Failure(
            416,
            "InvalidRange",
            "The range specified is invalid for the current size of the resource.",
            headers={"Content-Range": f"bytes */{len(content)}"},
        )
    part = {"Content-Range": f"bytes {begin}-{end}/{len(content)}"}
    return Response(206, content[begin : end + 1], headers | part)


def _delete_blob(asked: _Asked) -> Response:
    asked.must()
    if not asked.practice.state.delete("blob", asked.key):
        raise Failure(404, "BlobNotFound", "The specified blob does not exist.")
    return Response(202)


def forget(practice: Practice, place: str) -> None:
    """Remove every blob of a container, or of all that an account has."""
    for key, _ in practice.state.under("blob", f"{place}/"):
        practice.state.delete("blob", key)


_READ, _WRITE, _DELETE = f"{_CONTAINERS}/read", f"{_CONTAINERS}/write", f"{_CONTAINERS}/delete"
_BLOBS = f"{_CONTAINERS}/blobs"
_Handler = Callable[[_Asked], Response]
# Method, whether a container and a blob are named, what `restype` and `comp` say -> the handler, its right, and
# whether that is a dataAction: the blob service takes the control plane's rights for containers.
_TABLE: Mapping[tuple[str, int, str, str], tuple[_Handler, str, bool]] = {
    ("GET", 0, "", "list"): (_list_containers, _READ, False),
    ("GET", 1, "container", "list"): (_list_blobs, f"{_BLOBS}/read", True),
    ("GET", 1, "container", ""): (_show, _READ, False),
    ("HEAD", 1, "container", ""): (_show, _READ, False),
    ("PUT", 1, "container", ""): (_create, _WRITE, False),
    ("DELETE", 1, "container", ""): (_delete, _DELETE, False),
    ("PUT", 2, "", ""): (_put_blob, f"{_BLOBS}/write", True),
    ("GET", 2, "", ""): (_get_blob, f"{_BLOBS}/read", True),
    ("HEAD", 2, "", ""): (_get_blob, f"{_BLOBS}/read", True),
    ("DELETE", 2, "", ""): (_delete_blob, f"{_BLOBS}/delete", True),
}


def _answer(
    practice: Practice, request: Request, values: Mapping[str, str], asking: Caller | None
) -> Response:
    del asking
    try:
        return _answered(practice, request, values)
    except Failure as failure:
        text = (
            f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{failure.code}</Code><Message>{escape(failure.message)}'
            f"\nRequestId:{uuid.uuid4()}\nTime:{practice.clock.now().isoformat()}</Message></Error>"
        )
        headers = {"Content-Type": "application/xml", "x-ms-error-code": failure.code, **failure.headers}
        return Response(failure.status, text, headers)


def _answered(practice: Practice, request: Request, values: Mapping[str, str]) -> Response:
    key = shelf.owner_of(practice, _ACCOUNT, values["account"])
    account = shelf.stored(practice, key) if key else None
    if account is None:
        raise Failure(404, "AccountNotFound", f"There is no storage account '{values['account']}'.")
    container, _, blob = values.get("path", "").partition("/")
    who = _caller(practice, request, account)
    shape = (
        request.method,
        (1 + bool(blob)) if container else 0,
        request.query.get("restype", ""),
        request.query.get("comp", ""),
    )
    handler, action, inside = _TABLE.get(shape) or _unknown()
    asked = _Asked(practice, request, account, container, blob)
    _check_network(account)
    place = asked.place if container else str(account["id"])
    # Data rights are looked up for what a container holds; the container itself is ARM's too.
    may = rights.allowed_data(practice, who, action, place) or (
        not inside and rights.allowed(practice, who, action, place)
    )
    if not may:
        raise Failure(
            403,
            "AuthorizationPermissionMismatch",
            "This request is not authorized to perform this operation using this permission.",
        )
    return handler(asked)


def _unknown() -> tuple[_Handler, str, bool]:
    raise Failure(
        400,
        "InvalidQueryParameterValue",
        "Value for one of the query parameters specified in the request URI is invalid.",
    )


def _caller(practice: Practice, request: Request, account: Mapping[str, Any]) -> Caller:
    challenge = (
        f"Bearer authorization_uri=https://login.microsoftonline.com/{practice.world.home}/oauth2/authorize"
    )
    headers = {"WWW-Authenticate": f"{challenge} resource_id=https://storage.azure.com"}
    if "authorization" not in request.headers:
        if account["properties"].get("allowBlobPublicAccess"):
            raise Failure(401, "NoAuthenticationInformation", _SIGNED_WRONG, headers=headers)
        raise Failure(
            409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account."
        )
    found = tokens.bearer(practice, request, _AUDIENCES)
    if found is None:
        raise Failure(401, "InvalidAuthenticationInfo", _SIGNED_WRONG, headers=headers)
    return found


_SIGNED_WRONG = "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."


def _check_network(account: Mapping[str, Any]) -> None:
    properties = account["properties"]
    shut = properties.get("publicNetworkAccess") == "Disabled"
    if shut or (properties.get("networkAcls") or {}).get("defaultAction") == "Deny":
        raise Failure(
            403, "AuthorizationFailure", "This request is not authorized to perform this operation."
        )


def _etag(asked: _Asked) -> str:
    seed = f"{asked.key}{asked.practice.clock.now().timestamp()}"
    return f'"0x{hashlib.sha256(seed.encode()).hexdigest()[:15].upper()}"'


def _xml(asked: _Asked, more: str, inner: str) -> Response:
    at = f"{HERE}/{_SERVICE}/{asked.account['name']}/".replace(HERE, asked.request.origin)
    text = f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="{at}"{more}>{inner}</EnumerationResults>'
    return Response(200, text, {"Content-Type": "application/xml"})


ROUTES: tuple[Route, ...] = tuple(
    Route(method, f"/{_SERVICE}/{{account}}{rest}", _answer, "arm", auth=False)
    for method in _METHODS
    for rest in ("", "/{path...}")
)
