"""No way out but the guarded ones: who may speak HTTP at all, that no password of ~/.netrc rides along, and that nothing is asked twice."""

from __future__ import annotations

import ast
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure.core import AsyncPipelineClient
from azure.core.rest import HttpRequest

from profiles.secrets import Secret
from tests.azure.crooked import TOKEN, Crooked, known_token, said
from wizard.azure import pipeline
from wizard.azure.choose import practice_cloud
from wizard.azure.clouds import AZURE_PUBLIC, Cloud
from wizard.azure.credentials import InThread, made
from wizard.azure.errors import AzureProblem, ForeignHost
from wizard.azure.session import Azure
from wizard.azure.sign_in import SignedIn, sign_in, sign_in_with_secret
from wizard.practice import az_config, start
from wizard.practice.faults import Fault
from wizard.practice.kernel import Request
from wizard.practice.launcher import Running

ROOT = Path(__file__).parents[2]
PACKAGES = ("profiles", "wizard", "screens")
END = datetime(2027, 1, 1, tzinfo=UTC)
# Whoever can send a request, and where that is guarded. The rest may only name such things for mypy's sake.
SPEAKERS = frozenset(
    {
        "aiohttp",
        "requests",
        "urllib3",
        "httpx",
        "http.client",
        "urllib.request",
        "azure.identity",
        "msal",
        "ftplib",
    }
)
GUARDED = {
    "wizard/azure/pipeline.py": {"aiohttp"},
    "wizard/azure/az_login.py": {"requests"},
    "wizard/azure/credentials.py": {"azure.identity"},
}
SESSIONS = {"ClientSession": {"wizard/azure/pipeline.py"}, "RequestsTransport": {"wizard/azure/guard.py"}}
# Plain connections carry no token: does a host answer at all, and does Azure's metadata service.
CONNECTING = {"open_connection": {"wizard/azure/ways.py"}}
CONNECTING["create_connection"] = {"wizard/checks/reach.py", "wizard/checks/proving_cluster.py"}


def _files() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith("wizard/practice/"):
                yield name, ast.parse(path.read_text("utf-8"))


def _imports(tree: ast.Module) -> Iterator[str]:
    """What a module imports when it runs, here or in a function; blocks for the type checker don't run."""
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_nothing_speaks_http_outside_the_guarded_places() -> None:
    found: dict[str, set[str]] = {}
    for name, tree in _files():
        spoken = {
            speaker
            for speaker in SPEAKERS
            for module in _imports(tree)
            if f"{module}.".startswith(f"{speaker}.")
        }
        if spoken:
            found[name] = spoken
    assert found == GUARDED


def test_sessions_and_connections_are_made_in_known_places_alone() -> None:
    used: dict[str, set[str]] = {name: set() for name in (*SESSIONS, *CONNECTING)}
    for name, tree in _files():
        types = _annotations(tree)
        for node in ast.walk(tree):
            word = (
                node.attr
                if isinstance(node, ast.Attribute)
                else node.id
                if isinstance(node, ast.Name)
                else ""
            )
            if word in used and id(node) not in types:
                used[word].add(name)
    assert used == SESSIONS | CONNECTING


def _annotations(tree: ast.Module) -> set[int]:
    """The nodes that only say what type something has."""
    held = [getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns")]
    return {id(inner) for one in held if one is not None for inner in ast.walk(one)}


def test_every_credential_of_azure_identity_gets_a_guarded_transport() -> None:
    """Each of them is called with `transport`, or with the settings that hold one."""
    tree = ast.parse((ROOT / "wizard/azure/credentials.py").read_text("utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id.endswith("Credential")
    ]
    assert len(calls) == 7
    for call in calls:
        named = {keyword.arg for keyword in call.keywords}
        spread = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg is None]
        assert "transport" in named or {*spread} & {"settings", "shared", "_settings(cloud)"}, ast.unparse(
            call
        )


# ~/.netrc


@pytest.fixture
def passwords_in_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = tmp_path / "netrc"
    written.write_text("default login somebody password else\n", encoding="utf-8")
    written.chmod(0o600)
    monkeypatch.setenv("NETRC", str(written))


@pytest.mark.usefixtures("passwords_in_netrc")
async def test_no_password_of_netrc_takes_the_place_of_our_token(crooked: Crooked, cloud: Cloud) -> None:
    """Sessions of real clouds read proxies from the environment, and aiohttp takes ~/.netrc with them."""
    where = replace(cloud, arm=crooked.url, ca=crooked.folder / "ca.pem")
    policies = pipeline.policies_for(where, InThread(known_token()), "scope")
    async with pipeline.session_for(replace(AZURE_PUBLIC, ca=where.ca)) as session:
        assert session.trust_env
        client = AsyncPipelineClient[Any, Any](
            where.arm, policies=policies, transport=pipeline.transport_over(session, where)
        )
        await client.send_request(HttpRequest("GET", f"{crooked.url}/x"))
    assert crooked.tokens == [f"Bearer {TOKEN}"]


@pytest.mark.usefixtures("passwords_in_netrc")
async def test_no_password_of_netrc_is_sent_to_entra(
    crooked: Crooked, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    crooked.answer = said({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid."}, 401)
    where = replace(cloud, login=crooked.url, ca=crooked.folder / "ca.pem")
    monkeypatch.setattr(Cloud, "on_this_machine", property(lambda _: False))
    with pytest.raises(AzureProblem):
        await sign_in_with_secret(where, "contoso.example", "c", Secret("s~ecret"))
    assert crooked.asked
    assert crooked.tokens == []


# A managed identity


@pytest.mark.parametrize(
    "endpoint", ["https://evil.example/token", "http://8.8.8.8/token", "http://127.0.0.1@evil.example/token"]
)
async def test_a_managed_identity_is_not_asked_for_over_the_internet(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", "the-header-is-a-secret")
    credential = await made(cloud, "managed_identity", None, None, {})
    with pytest.raises(ForeignHost) as refused:
        await credential.get_token_info(cloud.arm_audience)
    assert "this machine's own network" in str(refused.value)


# Once is once


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Cloud, list[str]]]:
    folder = tmp_path_factory.mktemp("counted")
    with start(folder) as running:
        sent: list[str] = []

        def hear(request: Request) -> None:
            sent.append(f"{request.method} {request.path.rpartition('/')[2]}")

        running.faults.listener = hear
        yield running, practice_cloud(running, folder, az_config(running, folder / "az")), sent


_EFFECTS: tuple[dict[str, Any], ...] = (
    *({"status": status} for status in (408, 429, 500, 502, 503, 504)),
    *({"status": status, "after": True} for status in (500, 503, 504)),
    {"status": 429, "retry_after": 1},
    {"status": 503, "retry_after": "0"},
    {"close": "before"},
    {"close": "after"},
    {"truncated": True},
    {"length": 50},
    {"instead": "<html>"},
    {"instead": ""},
    {"redirect": "{origin}{path}"},
    {"redirect": "{origin}{path}", "status": 308},
    {"hang": True},
)


@pytest.mark.parametrize("effect", _EFFECTS, ids=str)
async def test_what_is_not_idempotent_is_sent_once(
    counted: tuple[Running, Cloud, list[str]], effect: dict[str, Any]
) -> None:
    """Counted where it arrives: a POST or PATCH leaves once, whatever the answer or the lack of one."""
    running, cloud, sent = counted
    running.faults.replace(())
    signed_in: SignedIn = await sign_in(replace(cloud, answer_seconds=0.5), "device", environ={})
    async with Azure.open(signed_in) as azure:
        app = (await azure.graph.applications("legacy-training"))[0]
        sent.clear()
        running.faults.replace(tuple(Fault(method=method, times=0, **effect) for method in ("POST", "PATCH")))
        for call in (
            azure.graph.add_password(app.object_id, "x", END),
            azure.graph.ensure_service_principal("00000000-0000-4000-8000-0000000000aa"),
            azure.graph.upsert_application(f"once/{uuid.uuid4()}", "once"),
            azure.arm.register_provider("142c8364-7806-4577-93e7-83e7eb04b39b", "Microsoft.Storage"),
        ):
            with suppress(AzureProblem):
                await call
        running.faults.replace(())
    writes = Counter(one for one in sent if one.startswith(("POST", "PATCH")))
    told = {name: count for name, count in writes.items() if not name.endswith("token")}
    assert set(told.values()) == {1}, told
    assert told["POST addPassword"] == 1
