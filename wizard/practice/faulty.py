"""How an answer goes wrong: what a client is told when a fault strikes its request."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wizard.practice.kernel import Failure, Practice, Request
from wizard.practice.routing import Answer, Router

if TYPE_CHECKING:
    from wizard.practice.faults import Fault

_USUAL: Mapping[int, tuple[str, str]] = {
    400: ("BadRequest", "The request was invalid."),
    401: ("InvalidAuthenticationToken", "The access token is invalid."),
    403: ("AuthorizationFailed", "The client does not have authorization to perform the operation."),
    404: ("NotFound", "The resource was not found."),
    408: ("RequestTimeout", "The request timed out before it was complete."),
    409: ("Conflict", "The request could not be carried out, for it conflicts with another one."),
    412: ("PreconditionFailed", "A condition of the request was not met."),
    429: (
        "TooManyRequests",
        "The request is being throttled as the limit has been reached for operation type.",
    ),
    500: ("InternalServerError", "The server encountered an internal error. Please retry the request."),
    502: ("BadGateway", "The gateway received an invalid response from the upstream server."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Please retry the request."),
    504: (
        "GatewayTimeout",
        "The gateway did not receive a response from the provider within the specified time period.",
    ),
}
_GRAPHS: Mapping[int, tuple[str, str]] = {
    400: ("Request_BadRequest", "A value without a type name was found and no expected type is available."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: (
        "Request_ResourceNotFound",
        "The resource does not exist or one of its queried reference-property objects are not present.",
    ),
}
# Entra's refusals: OAuth's word and Entra's own sentence.
_ENTRAS: Mapping[int, tuple[str, str]] = {
    50076: (
        "interaction_required",
        "Due to a configuration change made by your administrator, you must use multi-factor authentication.",
    ),
    50173: (
        "invalid_grant",
        "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
    ),
    53003: ("invalid_grant", "Access has been blocked by Conditional Access policies."),
    65001: ("invalid_grant", "The user or administrator has not consented to use the application."),
    70043: ("invalid_grant", "The refresh token has expired or is invalid due to sign-in frequency checks."),
    90002: ("invalid_request", "Tenant was not found. Check to make sure you have the correct tenant ID."),
    700016: ("unauthorized_client", "Application with this identifier was not found in the directory."),
    700082: ("invalid_grant", "The refresh token has expired due to inactivity."),
    900432: ("invalid_request", "Confidential Client is not supported in Cross Cloud request."),
    7000215: ("invalid_client", "Invalid client secret provided."),
    7000222: ("invalid_client", "The provided client secret keys for this app are expired."),
    7000229: ("unauthorized_client", "The client application is missing service principal in the tenant."),
}
_UNAUTHORIZED, _REDIRECTED, _LOWEST_REFUSAL = 401, 307, 400


def wrong_answer(
    router: Router, practice: Practice, request: Request, fault: Fault, answer: Answer | None
) -> Answer:
    """What is told in place of `answer`, which is what really happened; None: nothing did."""
    if fault.redirect:
        return Answer(fault.status or _REDIRECTED, {"Location": _address(fault.redirect, request)}, b"")
    if fault.instead is not None:
        return _said(fault.instead, fault.status or 200)
    if fault.expired:
        return router.refusal(practice, request)
    refusal = _refusal(fault, request, answer)
    if refusal is not None:
        return router.refusal(practice, request, refusal)
    return _bent(answer or _said("", 200), fault, request)


def _refusal(fault: Fault, request: Request, answer: Answer | None) -> Failure | None:
    if fault.claims or fault.challenge:
        return _challenge(fault, request)
    if fault.aadsts:
        return _of_entra(fault.aadsts)
    if fault.echo:
        return _echo(fault, request, answer)
    return _failure(fault, request) if fault.status and not fault.poll else None


def _failure(fault: Fault, request: Request) -> Failure:
    family = _GRAPHS if request.path.lower().startswith(("/v1.0", "/beta")) else {}
    usual = family.get(fault.status) or _USUAL.get(fault.status, ("Failed", "The request failed."))
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
    if fault.retry_after_ms:
        headers["retry-after-ms"] = str(fault.retry_after_ms)
    return Failure(fault.status, fault.code or usual[0], fault.message or usual[1], headers=headers)


def _address(url: str, request: Request) -> str:
    host = request.origin.partition("://")[2]
    return url.replace("{origin}", request.origin).replace("{host}", host).replace("{path}", request.path)


def _said(text: str, status: int) -> Answer:
    kind = "text/html; charset=utf-8" if text.lstrip()[:1] == "<" else "application/json; charset=utf-8"
    return Answer(status, {"Content-Type": kind}, text.encode())


def _challenge(fault: Fault, request: Request) -> Failure:
    """A refusal that says where or how to get another token (RFC 6750; claims as Azure's APIs ask for them)."""
    if fault.claims:
        wanted = {"access_token": {"nbf": {"essential": True, "value": "1700000000"}}}
        asked = base64.b64encode(json.dumps(wanted).encode()).decode()
        place = f"{request.origin}/common/oauth2/authorize"
        said = f'Bearer realm="", authorization_uri="{place}", error="insufficient_claims", claims="{asked}"'
        sentence = "Continuous access evaluation resulted in challenge."
    else:
        place = _address(fault.challenge, request)
        said = f'Bearer authorization_uri="{place}", authorization="{place}", resource="{place}", scope="{place}/.default"'
        sentence = "The access token is missing or of the wrong kind."
    return Failure(_UNAUTHORIZED, "InvalidAuthenticationToken", sentence, headers={"WWW-Authenticate": said})


def _of_entra(number: int) -> Failure:
    word, sentence = _ENTRAS.get(number, ("invalid_grant", "The sign-in was refused."))
    status = _UNAUTHORIZED if word == "invalid_client" else _LOWEST_REFUSAL
    return Failure(status, word, f"AADSTS{number}: {sentence}")


def _echo(fault: Fault, request: Request, answer: Answer | None) -> Failure:
    asked = request.body.decode("utf-8", "replace")
    told = answer.body.decode("utf-8", "replace") if answer is not None else ""
    return Failure(fault.status or 500, "InternalServerError", f"It failed at {asked} with {told}")


def _bent(answer: Answer, fault: Fault, request: Request) -> Answer:
    """The true answer with something about it changed."""
    headers, body = dict(answer.headers), answer.body
    if fault.truncated:
        body = body[: len(body) // 2]
    if fault.poll:
        where = _address(fault.poll, request)
        headers |= {"Azure-AsyncOperation": where, "Location": where, "Operation-Location": where}
    if answer.status < _LOWEST_REFUSAL and (fault.next or fault.edit or fault.drop):
        body = _edited(body, fault, request)
    return Answer(fault.status or answer.status, headers, body)


def _edited(body: bytes, fault: Fault, request: Request) -> bytes:
    try:
        document = json.loads(body)
    except ValueError:
        return body
    if fault.next:
        where = _address(fault.next, request)
        document |= {"nextLink": where, "@odata.nextLink": where}
    for path, value in fault.edit.items():
        _put(document, path.split("."), value)
    for path in fault.drop:
        _put(document, path.split("."), None, drop=True)
    return json.dumps(document).encode()


def _put(inside: Any, path: list[str], value: Any, *, drop: bool = False) -> None:
    """Set or drop a field; `*` stands for every item of a list."""
    first, *rest = path
    if first == "*":
        for item in inside if isinstance(inside, list) else ():
            _put(item, rest, value, drop=drop)
    elif not isinstance(inside, dict):
        return
    elif rest:
        _put(inside.setdefault(first, {}), rest, value, drop=drop)
    elif drop:
        inside.pop(first, None)
    else:
        inside[first] = value
