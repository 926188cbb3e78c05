"""Errors: every rule says something, real answers are read, and losses are told apart by their class."""

from __future__ import annotations

import gzip
import json
import socket
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

from profiles.secrets import Secret
from tests.azure.crooked import CUT, Crooked
from wizard.azure import advice
from wizard.azure.clouds import Cloud
from wizard.azure.errors import (
    AzureProblem,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServerFault,
    SignInFailed,
    SignInNeeded,
    Throttled,
    Unreachable,
    UnreadableAnswer,
    problem_from,
    told,
)
from wizard.azure.session import Azure
from wizard.azure.sign_in import SignedIn, sign_in, sign_in_with_secret

RECORDINGS = Path(__file__).parents[2] / "../shared/azure/recordings/dev.jsonl.gz"


@dataclass
class Answered:
    """An answer as azure-core hands it to its exceptions."""

    status_code: int
    body: str
    headers: dict[str, str]
    reason: str = ""

    def text(self) -> str:
        return self.body


def problem_of(status: int, body: Any, **headers: str) -> AzureProblem:
    text = body if isinstance(body, str) else json.dumps(body)
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return problem_from(HttpResponseError(response=Answered(status, text, named)))  # type: ignore[arg-type]  # has what it reads


# The rules


@pytest.mark.parametrize("rule", advice.rules(), ids=lambda r: r.id)
def test_every_rule_catches_its_own_example(rule: advice.Rule) -> None:
    example = rule.example
    found = advice.find(example.code, example.message, example.status)
    assert found is not None
    assert found.rule == rule.id, "an earlier rule stands in its way"
    assert found.advice
    assert "{" not in found.meaning + found.advice.replace("{s}", "")


def test_rules_have_names_of_their_own() -> None:
    ids = [rule.id for rule in advice.rules()]
    assert len(ids) == len(set(ids))


def test_a_refusal_names_the_right_and_the_scope() -> None:
    message = (
        "The client 'a' with object id 'b' does not have authorization to perform action "
        "'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/s' or the scope is invalid."
    )
    problem = problem_of(403, {"error": {"code": "AuthorizationFailed", "message": message}})
    assert isinstance(problem, Forbidden)
    assert problem.parts == {
        "action": "Microsoft.Authorization/roleAssignments/write",
        "scope": "/subscriptions/s",
    }
    assert "Microsoft.Authorization/roleAssignments/write" in str(problem)
    assert "Owner" in problem.advice


# Shapes


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "message"),
    [
        (404, {"error": {"code": "ResourceNotFound", "message": "no"}}, NotFound, "ResourceNotFound", "no"),
        (409, {"Error": {"Code": "Conflict", "Message": "busy"}}, Conflict, "Conflict", "busy"),
        (400, {"code": "BadThing", "message": "no", "details": None}, Invalid, "BadThing", "no"),
        (403, {"odata.error": {"code": "D", "message": {"lang": "en", "value": "no"}}}, Forbidden, "D", "no"),
        (404, {"title": "Not Found", "status": 404}, NotFound, "", "Not Found"),
        (
            400,
            {"error": "invalid_scope", "error_description": "AADSTS70011: bad.\r\nTrace ID: x"},
            SignInFailed,
            "AADSTS70011",
            "AADSTS70011: bad.",
        ),
        (
            400,
            {"error": "interaction_required", "error_description": "AADSTS50076: factor."},
            SignInNeeded,
            "AADSTS50076",
            "AADSTS50076: factor.",
        ),
        (
            401,
            {"error": {"code": "InvalidAuthenticationToken", "message": "old"}},
            SignInNeeded,
            "InvalidAuthenticationToken",
            "old",
        ),
        (503, "", ServerFault, "", "Azure answered 503."),
        (302, "", UnreadableAnswer, "UnreadableAnswer", None),
        (502, "<html>proxy</html>", UnreadableAnswer, "UnreadableAnswer", None),
    ],
)
def test_errors_of_every_shape_are_read(
    status: int, body: Any, kind: type[AzureProblem], code: str, message: str | None
) -> None:
    problem = problem_of(status, body)
    assert (type(problem), problem.code, problem.status) == (kind, code, status)
    if message is not None:
        assert problem.message == message


def test_the_innermost_cause_comes_first() -> None:
    inner = {
        "code": "RequestDisallowedByPolicy",
        "message": "Resource 'x' was disallowed by policy.",
        "target": "x",
    }
    failed = {"code": "ResourceDeploymentFailure", "message": "failed", "details": [inner]}
    outer = {"code": "DeploymentFailed", "message": "At least one operation failed.", "details": [failed]}
    problem = problem_of(409, {"status": "Failed", "error": outer})
    assert problem.code == "RequestDisallowedByPolicy"
    assert problem.rule == "E-policy"
    assert [d.code for d in problem.details] == ["ResourceDeploymentFailure", "DeploymentFailed"]


def test_an_error_written_as_json_into_a_message_is_opened() -> None:
    inner = json.dumps({"error": {"code": "ScopeLocked", "message": "locked"}})
    problem = problem_of(
        409,
        {
            "error": {
                "code": "DeploymentFailed",
                "message": "x",
                "details": [{"code": "Conflict", "message": inner}],
            }
        },
    )
    assert problem.code == "ScopeLocked"


def test_a_body_without_end_is_read_in_time() -> None:
    body: dict[str, Any] = {"code": "DeploymentFailed", "message": "x"}
    for _ in range(200):
        body = {"code": "DeploymentFailed", "message": "x", "details": [body]}
    assert problem_of(400, {"error": body}).code == "DeploymentFailed"


def test_what_azure_says_can_do_nothing_to_the_terminal() -> None:
    problem = problem_of(400, {"error": {"code": "\x1b[31mX", "message": "a\x1b]0;b\x07\u202e"}})
    assert "\x1b" not in str(problem) + problem.code + problem.message
    assert "\u202e" not in problem.message


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("3600", 120),
        ("inf", 120),
        ("nan", 0),
        ("-5", 0),
        ("garbage", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)
def test_a_wish_to_wait_is_capped_and_nonsense_ignored(header: str, seconds: float) -> None:
    problem = problem_of(429, {"error": {"code": "TooManyRequests", "message": "slow"}}, Retry_After=header)
    assert isinstance(problem, Throttled)
    assert problem.retry_after == seconds
    assert problem.rule == "E-throttled"


def test_the_request_id_is_kept_for_support() -> None:
    problem = problem_of(500, {}, x_ms_request_id="a", x_ms_correlation_request_id="b")
    assert problem.request_id == "b"


def test_entras_sentence_is_freed_of_what_stands_around_it() -> None:
    text = (
        "Authentication failed: AADSTS7000215: Invalid client secret provided. "
        "Trace ID: 9919a537-2663-40e2-8aea-e54cf101c729 Correlation ID: b Timestamp: c"
    )
    problem = problem_from(ClientAuthenticationError(message=text))
    assert isinstance(problem, SignInFailed)
    assert problem.message == "AADSTS7000215: Invalid client secret provided."
    assert problem.request_id == "9919a537-2663-40e2-8aea-e54cf101c729"
    assert problem.meaning == "The client secret is wrong."


# Real answers


@cache
def _recorded() -> tuple[tuple[int, AzureProblem, bool], ...]:
    """Status, what was made of it, and whether it was a page rather than JSON."""
    found = []
    with gzip.open(RECORDINGS, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            status, body = row["status"], row.get("resp_body")
            if status >= 400 and not row.get("truncated") and body:
                page = isinstance(body, str) and body.lstrip().startswith("<")
                found.append((status, problem_of(status, body), page))
    return tuple(found)


@pytest.mark.skipif(
    not RECORDINGS.is_file(), reason="the recordings of real Azure traffic are not beside the checkout"
)
def test_recorded_errors_of_azure_are_all_read() -> None:
    unread = 0
    for status, problem, page in _recorded():
        assert problem.message
        assert problem.status == status
        explained = isinstance(problem, UnreadableAnswer) if page else bool(problem.code or problem.meaning)
        unread += not explained
    assert len(_recorded()) > 1000
    assert unread / len(_recorded()) < 0.03


@pytest.mark.skipif(
    not RECORDINGS.is_file(), reason="the recordings of real Azure traffic are not beside the checkout"
)
@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("PrincipalNotFound", "E-principal"),
        ("AuthorizationFailed", "E-authz"),
        ("RoleAssignmentExists", "E-asgexists"),
        ("MissingSubscriptionRegistration", "E-rp"),
        ("Request_ResourceNotFound", "E-graphgone"),
        ("ResourceGroupNotFound", "E-group"),
    ],
)
def test_recorded_errors_get_their_advice(code: str, rule: str) -> None:
    found = {problem.rule for _, problem, _ in _recorded() if problem.code == code}
    assert found == {rule}


# No answer


async def _tenants(cloud: Cloud, signed_in: SignedIn) -> AzureProblem:
    async with Azure.open(replace(signed_in, cloud=cloud)) as azure:
        with pytest.raises(AzureProblem) as problem:
            await azure.arm.tenants()
    return problem.value


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_refused_connection_names_the_host(cloud: Cloud, signed_in: SignedIn) -> None:
    problem = await _tenants(replace(cloud, arm=f"https://127.0.0.1:{_closed_port()}"), signed_in)
    assert isinstance(problem, Unreachable)
    assert (problem.kind, problem.host) == ("refused", "127.0.0.1")
    assert problem.advice


async def test_a_name_that_is_not_found_is_told_from_a_refusal(cloud: Cloud, signed_in: SignedIn) -> None:
    problem = await _tenants(replace(cloud, arm="https://arm.invalid"), signed_in)
    assert isinstance(problem, Unreachable)
    assert (problem.kind, problem.host) == ("dns", "arm.invalid")


async def test_an_unknown_ca_is_never_overridden(cloud: Cloud, signed_in: SignedIn) -> None:
    problem = await _tenants(replace(cloud, ca=None), signed_in)
    assert isinstance(problem, Unreachable)
    assert problem.kind == "certificate"
    assert "REQUESTS_CA_BUNDLE" in problem.advice
    assert "Never" in problem.advice


async def test_a_certificate_of_another_host_is_refused(cloud: Cloud, signed_in: SignedIn) -> None:
    assert cloud.ca is not None
    async with Crooked.serving(cloud.ca.parent, "127.0.0.2") as other:  # its certificate is for 127.0.0.1
        problem = await _tenants(replace(cloud, arm=other.url), signed_in)
    assert isinstance(problem, Unreachable)
    assert problem.code == "Unreachable.certificate.host"
    assert other.asked == []


async def test_signing_in_without_an_answer_is_unreachable_not_refused(cloud: Cloud) -> None:
    nowhere = replace(cloud, login=f"https://127.0.0.1:{_closed_port()}")
    tenant = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
    with pytest.raises(Unreachable) as problem:
        await sign_in_with_secret(nowhere, tenant, tenant, Secret("x"))
    assert problem.value.kind == "refused"


async def test_signing_in_past_an_unknown_ca_is_refused(cloud: Cloud) -> None:
    with pytest.raises(Unreachable) as problem:
        await sign_in(replace(cloud, ca=None), "device")
    assert problem.value.kind == "certificate"


async def test_a_broken_connection_is_told(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = lambda _: CUT
    with pytest.raises(Unreachable) as problem:
        await fooled.graph.ensure_service_principal("not-a-guid")
    assert (problem.value.kind, len(crooked.asked)) == ("cut", 1)
    assert "may have been done" in problem.value.advice


def test_our_own_faults_stay_our_own() -> None:
    with pytest.raises(KeyError), told():
        raise KeyError("a mistake of this program")
