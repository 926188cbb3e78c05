"""The parts of Entra that a person sees: the device code and its page, and the browser sign-in."""

from __future__ import annotations

import html
import math
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from wizard.practice import entra_directory as directory
from wizard.practice.entra_token import digest
from wizard.practice.kernel import Caller, Failure, Practice, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODE_LIFE = 900.0
_GRANT_LIFE = 600.0
_LETTERS = "BCDFGHJKLMNPQRSTVWXYZ23456789"  # no vowels, so that no code is a word
_INTERVAL = 5.0


def devicecode(
    practice: Practice, request: Request, values: Mapping[str, str], _caller: Caller | None
) -> Response:
    """A device code. The world's person approves it after the client's first question, or a human at `/device`."""
    fields = directory.form(request)
    found = directory.tenant_of(practice, values["tenant"])
    tenant = practice.world.home if found is None else str(found["tenantId"])
    client = directory.required(fields, "client_id")
    directory.public_client(practice, client, tenant)
    scope = directory.required(fields, "scope")
    directory.audience_of(practice, scope, tenant, request.origin)
    device, user = secrets.token_urlsafe(48), "".join(secrets.choice(_LETTERS) for _ in range(9))
    practice.state.put(
        "deviceCode",
        digest(device),
        {
            "userCode": user,
            "client": client,
            "scope": scope,
            "expires": practice.clock.now().timestamp() + _CODE_LIFE,
            "polled": False,
            "answer": None,
        },
    )
    page = f"{request.origin}/device"
    return Response(
        body={
            "user_code": user,
            "device_code": device,
            "verification_uri": page,
            "expires_in": int(_CODE_LIFE),
            "interval": math.ceil(_INTERVAL * practice.clock.scale),
            "message": f"To sign in, use a web browser to open the page {page} and enter the code {user} to authenticate.",
        }
    )


def device_page(
    practice: Practice, _request: Request, _values: Mapping[str, str], _caller: Caller | None
) -> Response:
    """Where a human may answer a device code before the world's person does."""
    people = "".join(
        f"<option{' selected' if user['upn'] == practice.world.person else ''}>{html.escape(user['upn'])}</option>"
        for _, user in practice.state.all("user")
        if not user.get("homeUser")
    )
    return Response(
        body=_page(
            "Enter code",
            '<form method="post"><p><label>Code <input name="code" autofocus autocomplete="off"></label></p>'
            f'<p><label>Signed in as <select name="upn">{people}</select></label></p>'
            '<p><button name="answer" value="approve">Continue</button> '
            '<button name="answer" value="decline">Cancel</button></p></form>',
        )
    )


def device_answer(
    practice: Practice, request: Request, _values: Mapping[str, str], _caller: Caller | None
) -> Response:
    """Approve or decline."""
    fields = directory.form(request)
    wanted = fields.get("code", "").strip().upper()
    for key, pending in practice.state.all("deviceCode"):
        if pending["userCode"] == wanted and pending["expires"] > practice.clock.now().timestamp():
            if fields.get("answer") == "decline":
                practice.state.put("deviceCode", key, pending | {"answer": "declined"})
                return Response(body=_page("You have declined", "<p>You may close this window.</p>"))
            upn = str(directory.person(practice, None, fields.get("upn")).document["upn"])
            practice.state.put("deviceCode", key, pending | {"answer": upn})
            return Response(body=_page("You have signed in", "<p>You may close this window.</p>"))
    return Response(
        400, _page("That code did not work", '<p><a href="/device">Check the code and try again.</a></p>')
    )


def authorize(
    practice: Practice, request: Request, values: Mapping[str, str], _caller: Caller | None
) -> Response:
    """The browser sign-in: the world's person (or `login_hint`) is at the browser and says yes."""
    query = request.query
    found = directory.tenant_of(practice, values["tenant"])
    tenant = None if found is None else str(found["tenantId"])
    try:
        redirect = _checked(practice, query, tenant or practice.world.home)
        scope = directory.required(query, "scope")
        subject = directory.person(practice, tenant, query.get("login_hint"))
        directory.audience_of(practice, scope, subject.tenant, request.origin)
    except Failure as failure:
        # Nothing may be sent to an address that was not checked: Entra shows a page instead.
        return Response(
            400,
            _page(
                "Sorry, but we're having trouble signing you in.", f"<p>{html.escape(failure.message)}</p>"
            ),
        )
    home = practice.state.get("user", str(subject.document.get("homeUser", ""))) or dict(subject.document)
    code = secrets.token_urlsafe(48)
    with practice.state.transaction():
        practice.state.put(
            "authorizationCode", digest(code), _grant(practice, query, redirect, str(home["upn"]))
        )
    fields = {"code": code, "state": query.get("state", ""), "session_state": secrets.token_hex(16)}
    return _back(query.get("response_mode", "query"), redirect, fields)


def _checked(practice: Practice, query: Mapping[str, str], tenant: str) -> str:
    client = directory.required(query, "client_id")
    redirect = directory.required(query, "redirect_uri")
    directory.public_client(practice, client, tenant)
    if query.get("response_type") != "code":
        raise Failure(
            400, "unsupported_response_type", "AADSTS700054: response_type 'code' is the only one enabled."
        )
    scheme, host = directory.host_of(redirect)
    registered = [
        uri
        for application in directory.applications(practice, client)
        for uri in (*application["publicClient"]["redirectUris"], *application["web"]["redirectUris"])
    ]
    # Entra ignores the port of a loopback address, as RFC 8252 section 7.3 asks.
    loopback = redirect.isprintable() and scheme == "http" and host in {"localhost", "127.0.0.1"}
    own = client.lower() in directory.PUBLIC_CLIENTS or any(
        directory.host_of(uri)[1] == host for uri in registered
    )
    if not (loopback and own) and redirect not in registered:
        raise Failure(
            400,
            "invalid_request",
            f"AADSTS50011: The redirect URI '{redirect}' specified in the request does not match the redirect URIs"
            f" configured for the application '{client}'.",
        )
    return redirect


def _grant(practice: Practice, query: Mapping[str, str], redirect: str, upn: str) -> dict[str, Any]:
    return {
        "client": query["client_id"],
        "redirect": redirect,
        "scope": query["scope"],
        "nonce": query.get("nonce"),
        "challenge": query.get("code_challenge", ""),
        "method": query.get("code_challenge_method", "plain"),
        "upn": upn,
        "expires": practice.clock.now().timestamp() + _GRANT_LIFE,
    }


def _back(mode: str, redirect: str, fields: Mapping[str, str]) -> Response:
    if mode == "form_post":
        inputs = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in fields.items()
        )
        form = (
            f'<form method="post" action="{html.escape(redirect)}">{inputs}<button>Continue</button></form>'
            "<script>document.forms[0].submit()</script>"
        )
        return Response(body=_page("Signing in", form))
    joint = "#" if mode == "fragment" else "&" if "?" in redirect else "?"
    return Response(302, None, {"Location": f"{redirect}{joint}{urlencode(fields)}"})


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)} - practice Azure</title>'
        f"</head><body><h1>{html.escape(title)}</h1>{content}<p>This is practice Azure, on your own machine.</p></body></html>"
    )


ROUTES: tuple[Route, ...] = (
    Route("POST", "/{tenant}/oauth2/v2.0/devicecode", devicecode, "entra", auth=False),
    Route("GET", "/{tenant}/oauth2/v2.0/authorize", authorize, "entra", auth=False),
    Route("GET", "/device", device_page, "entra", auth=False),
    Route("POST", "/device", device_answer, "entra", auth=False),
    Route("GET", "/devicelogin", device_page, "entra", auth=False),
    Route("POST", "/devicelogin", device_answer, "entra", auth=False),
)
