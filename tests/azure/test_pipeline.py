"""What is sent again and what is not, and that a broken answer neither passes for one nor gives its body away."""

from __future__ import annotations

import traceback
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from tests.azure.crooked import CUT, Asked, Crooked, in_turn, known_token, said
from wizard.azure.credentials import InThread
from wizard.azure.errors import (
    AzureProblem,
    Conflict,
    Forbidden,
    ServerFault,
    Throttled,
    Unreachable,
    UnreadableAnswer,
)
from wizard.azure.session import Azure
from wizard.azure.sign_in import SignedIn

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
SECRET = "Sxq8Q~canary.value-that_nobody_may_see"
END = datetime(2027, 1, 1, tzinfo=UTC)
FOUND = {"id": WORKSPACE, "name": "w", "location": "westeurope"}


async def test_every_call_says_who_is_calling(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = said({"value": []})
    await fooled.arm.tenants()
    await fooled.graph.applications("x")
    assert {a.headers["User-Agent"] for a in crooked.asked} == {"azimuth/0.1"}
    assert all(a.headers["x-ms-client-request-id"] for a in crooked.asked)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_read_is_repeated(fooled: Azure, crooked: Crooked, status: int) -> None:
    crooked.answer = in_turn(said({}, status), said(FOUND))
    workspace = await fooled.arm.workspace(WORKSPACE)
    assert workspace is not None
    assert workspace.group == "g"
    assert len(crooked.asked) == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("headers", [{}, {"Retry_After": "1"}])
async def test_a_post_is_never_repeated(
    fooled: Azure, crooked: Crooked, status: int, headers: dict[str, str]
) -> None:
    crooked.answer = said({"error": {"code": "X", "message": "no"}}, status, **headers)
    with pytest.raises((ServerFault, Throttled)):
        await fooled.graph.add_password("a", "himl", END)
    assert len(crooked.asked) == 1


async def test_a_post_whose_connection_breaks_is_not_repeated(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = lambda _: CUT
    with pytest.raises(AzureProblem):
        await fooled.graph.add_password("a", "himl", END)
    assert len(crooked.asked) == 1


@pytest.mark.parametrize(("status", "kind"), [(403, Forbidden), (409, Conflict)])
async def test_a_plain_refusal_with_retry_after_is_not_repeated(
    fooled: Azure, crooked: Crooked, status: int, kind: type[AzureProblem]
) -> None:
    crooked.answer = said({"error": {"code": "X", "message": "no"}}, status, Retry_After="60")
    with pytest.raises(kind):
        await fooled.arm.workspace(WORKSPACE)
    assert len(crooked.asked) == 1


@pytest.mark.parametrize("wish", ["garbage", "-1", "nan", "0"])
async def test_a_senseless_retry_after_does_not_hurt(fooled: Azure, crooked: Crooked, wish: str) -> None:
    crooked.answer = in_turn(said({}, 429, Retry_After=wish), said(FOUND))
    assert await fooled.arm.workspace(WORKSPACE) is not None


async def test_a_read_goes_on_after_a_broken_connection(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = in_turn(lambda _: CUT, said(FOUND))
    assert await fooled.arm.workspace(WORKSPACE) is not None


@pytest.mark.parametrize("body", ["<html>sign in to the hotel</html>", '{"id": "cut', "null", "[]", ""])
async def test_what_is_no_answer_of_azures_is_not_taken_for_one(
    fooled: Azure, crooked: Crooked, body: str
) -> None:
    crooked.answer = in_turn(said(body), said(FOUND))
    assert await fooled.arm.workspace(WORKSPACE) is not None, "it is asked again"


async def test_a_page_in_place_of_azure_is_told(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = said("<html>sign in to the hotel</html>")
    with pytest.raises(UnreadableAnswer) as problem:
        await fooled.graph.add_password("a", "himl", END)
    assert "sign-in page" in str(problem.value)


async def test_a_list_that_leads_back_to_itself_ends(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = said({"value": [FOUND], "nextLink": f"{crooked.url}/again"})
    with pytest.raises(UnreadableAnswer, match="has no end"):
        await fooled.arm.workspaces("s")
    assert len(crooked.asked) == 2


async def test_all_pages_of_a_list_are_read(fooled: Azure, crooked: Crooked) -> None:
    more = said({"value": [FOUND], "nextLink": f"{crooked.url}/two"})
    crooked.answer = in_turn(more, said({"value": [FOUND]}))
    assert len(await fooled.arm.workspaces("s")) == 2


async def test_an_answer_that_never_ends_is_given_up(fooled: Azure, crooked: Crooked) -> None:
    crooked.pause, crooked.answer = 6.0, said(FOUND)
    hurried = replace(fooled.cloud, answer_seconds=2.0)
    signed_in = SignedIn(fooled.identity, InThread(known_token()), hurried)
    async with Azure.open(signed_in) as azure:
        with pytest.raises(Unreachable) as problem:
            await azure.arm.workspace(WORKSPACE)
    assert (problem.value.kind, problem.value.host) == ("timeout", "127.0.0.1")
    assert len(crooked.asked) == 1


# The secret


def _everything_about(problem: BaseException) -> str:
    """All that a log, a crash report or a curious caller could read from an exception."""
    seen: list[str] = []
    waiting: list[BaseException | None] = [problem]
    while waiting:
        exc = waiting.pop()
        if exc is None:
            continue
        seen += [repr(exc), str(exc), repr(exc.args), repr(vars(exc))]
        waiting += [exc.__cause__, exc.__context__]
    return "\n".join(seen + traceback.format_exception(problem))


def _password(**more: Any) -> dict[str, Any]:
    return {"keyId": "k", "displayName": "himl", "hint": "Sxq", "secretText": SECRET} | more


def _cut_in_the_wire(_: Asked) -> web.StreamResponse:
    """Promise more than comes."""
    body = web.json_response(_password()).text or ""
    longer = {"Content-Length": str(len(body) + 50)}
    response = web.Response(text=body, headers=longer, content_type="application/json")
    response.force_close()
    return response


BROKEN = [
    said('{"keyId": "k", "secretText": "' + SECRET),
    said(f"<html>{SECRET}</html>"),
    said([SECRET]),
    said(f"{SECRET}"),
    said({"keyId": "k", "secretTex": SECRET}),
    said({"keyId": "k", "secretText": [SECRET]}),
    said({"secretText": SECRET}, 302),
    said('{"secretText": "' + SECRET, 500),
]


@pytest.mark.parametrize("answer", range(len(BROKEN)))
async def test_a_broken_answer_never_gives_the_secret_away(
    fooled: Azure, crooked: Crooked, answer: int
) -> None:
    crooked.answer = BROKEN[answer]
    with pytest.raises(AzureProblem) as problem:
        await fooled.graph.add_password("a", "himl", END)
    assert SECRET not in _everything_about(problem.value)
    assert len(crooked.asked) == 1


async def test_an_answer_cut_in_the_wire_never_gives_the_secret_away(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = _cut_in_the_wire
    with pytest.raises(AzureProblem) as problem:
        await fooled.graph.add_password("a", "himl", END)
    assert SECRET not in _everything_about(problem.value)


async def test_a_good_answer_gives_a_secret_that_does_not_print_itself(
    fooled: Azure, crooked: Crooked
) -> None:
    crooked.answer = said(_password(endDateTime="2027-01-01T00:00:00Z"))
    made = await fooled.graph.add_password("a", "himl", END)
    assert made.value.reveal() == SECRET
    assert SECRET not in repr(made)
    assert (made.credential.hint, made.credential.end) == ("Sxq", END)


async def test_nothing_is_logged_but_the_way_and_the_outcome(
    fooled: Azure, crooked: Crooked, caplog: pytest.LogCaptureFixture
) -> None:
    crooked.answer = said(_password(), x_ms_request_id="the-request")
    with caplog.at_level("DEBUG"):
        await fooled.graph.add_password("a", "himl", END)
    ours = [r.getMessage() for r in caplog.records if r.name == "wizard.azure"]
    assert len(ours) == 1
    assert "/addPassword 200" in ours[0]
    assert "the-request" in ours[0]
    assert SECRET not in caplog.text
    assert "token-that-must-not-leave" not in caplog.text
