"""Faults on request, as the real SDK and a raw socket see them."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceResponseError,
)
from azure.identity import ClientSecretCredential
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.practice.arm_support import CONTRIBUTOR, VISION, Arm, Hands, application
from tests.practice.conftest import Api
from wizard.practice import start
from wizard.practice.faults import Fault, FaultError, parse, read, type_of
from wizard.practice.launcher import Running

Groups = Callable[..., Any]


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with start(tmp_path_factory.mktemp("faulty")) as running:
        yield running


@pytest.fixture
def admin(azure: Running) -> Iterator[Api]:
    api = Api(azure, azure.admin_token)
    yield api
    assert api.delete("/practice/faults").status_code == 200


@pytest.fixture
def client(azure: Running) -> Iterator[Groups]:
    """Make an SDK client of groups with as many retries as asked."""
    made: list[Any] = []

    def make(retries: int = 0) -> Any:
        trust = str(azure.ca)
        credential = ClientSecretCredential(
            azure.tenant, azure.client_id, azure.client_secret,
            authority=azure.url, disable_instance_discovery=True, connection_verify=trust,
        )  # fmt: skip
        client = ResourceManagementClient(
            credential, azure.subscription, base_url=azure.url, credential_scopes=[f"{azure.url}/.default"],
            connection_verify=trust, retry_total=retries, retry_backoff_factor=0.01,
        )  # fmt: skip
        made.extend((client, credential))
        return client.resource_groups

    yield make
    for one in made:
        one.close()


def ask(admin: Api, *faults: dict[str, Any]) -> None:
    answer = admin.call("PUT", "/practice/faults", json={"faults": faults})
    assert answer.status_code == 200, answer.text


GROUP = r"/resourcegroups/[^/]+$"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_status_is_met_and_then_no_more(admin: Api, client: Groups, status: int) -> None:
    ask(admin, {"path": GROUP, "status": status})
    groups = client()
    with pytest.raises(HttpResponseError) as met:
        groups.get("rg-vision")
    assert met.value.status_code == status
    assert met.value.error is not None
    assert met.value.error.code
    assert groups.get("rg-vision").name == "rg-vision"


def test_the_sdk_waits_as_it_is_told(admin: Api, client: Groups) -> None:
    ask(admin, {"path": GROUP, "status": 429, "retry_after_ms": 30, "times": 2})
    assert client(retries=3).get("rg-vision").name == "rg-vision"
    (shown,) = admin.get("/practice/faults").json()["faults"]
    assert shown["met"] == 3
    ask(admin, {"path": GROUP, "status": 429, "retry_after": 7})
    with pytest.raises(HttpResponseError) as met:
        client().get("rg-vision")
    told: Any = met.value.response
    assert told.headers["Retry-After"] == "7"


def test_only_the_nth_of_the_method_goes_wrong(admin: Api, client: Groups) -> None:
    ask(admin, {"type": "Microsoft.Resources/resourceGroups", "method": "get", "nth": 2, "status": 500})
    groups = client()
    assert groups.check_existence("rg-vision")
    assert groups.get("rg-vision").name == "rg-vision"
    with pytest.raises(HttpResponseError):
        groups.get("rg-vision")
    assert groups.get("rg-vision").name == "rg-vision"


@pytest.mark.parametrize(("close", "made"), [("before", False), ("after", True)])
def test_a_closed_connection_has_done_the_work_or_not(
    admin: Api, client: Groups, close: str, made: bool
) -> None:
    ask(admin, {"method": "PUT", "path": GROUP, "close": close})
    groups = client()
    with pytest.raises(ServiceResponseError):
        groups.create_or_update(f"cut-{close}", {"location": "westeurope"})
    assert groups.check_existence(f"cut-{close}") is made


def test_truncated_json_is_no_json(admin: Api, client: Groups) -> None:
    ask(admin, {"path": GROUP, "truncated": True})
    with pytest.raises((DecodeError, HttpResponseError)):
        client().get("rg-vision")


def test_a_token_expires_in_the_middle(admin: Api, client: Groups) -> None:
    ask(admin, {"path": GROUP, "expired": True})
    groups = client()
    with pytest.raises(ClientAuthenticationError) as met:
        groups.get("rg-vision")
    assert met.value.error is not None
    assert met.value.error.code == "ExpiredAuthenticationToken"
    assert groups.get("rg-vision").name == "rg-vision"


def test_graph_and_sign_in_go_wrong_in_their_own_words(admin: Api, azure: Running) -> None:
    ask(admin, {"path": "^/v1.0/", "expired": True}, {"path": "/oauth2/v2.0/token$", "status": 503})
    graph = Api(azure, "any").get("/v1.0/me")
    assert (graph.status_code, graph.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    entra = Api(azure).form(f"/{azure.tenant}/oauth2/v2.0/token", grant_type="client_credentials")
    assert (entra.status_code, entra.json()["error"]) == (503, "ServiceUnavailable")


def _exchange(azure: Running, request: str, patience: float) -> bytes:
    """What comes back on a raw connection until it ends or the patience does."""
    context = ssl.create_default_context(cafile=str(azure.ca))
    port = urlsplit(azure.url).port or 0
    with (
        socket.create_connection(("127.0.0.1", port), timeout=patience) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        secure.sendall(request.encode())
        try:
            return secure.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            return b""


ASKED = (
    "GET /metadata/endpoints?api-version=2022-09-01 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
)


def test_a_closed_connection_brings_not_one_byte(admin: Api, azure: Running) -> None:
    ask(admin, {"path": "^/metadata", "close": "before"})
    assert _exchange(azure, ASKED, 10) == b""
    assert _exchange(azure, ASKED, 10).startswith(b"HTTP/1.1 200")


def test_a_stalled_answer_comes_late_and_holds_up_nobody_else(admin: Api, azure: Running) -> None:
    ask(admin, {"path": "^/metadata", "stall": 0.6})
    with pytest.raises(TimeoutError):
        _exchange(azure, ASKED, 0.2)
    assert _exchange(azure, ASKED, 10).startswith(b"HTTP/1.1 200")


def test_replication_is_late_at_any_time_scale(tmp_path: Path) -> None:
    hands = Hands(scale=0)
    fault = Fault(method="PUT", type="Microsoft.Authorization/roleAssignments", replication=30)
    with start(tmp_path, clock=hands.clock, faults=(fault,)) as running:
        owner = Arm(Api(running, application(running, running.client_id, running.client_secret)))
        graph = Api(running).form(
            f"/{running.tenant}/oauth2/v2.0/token", grant_type="client_credentials", client_id=running.client_id,
            client_secret=running.client_secret, scope="https://graph.microsoft.com/.default",
        ).json()["access_token"]  # fmt: skip
        directory = Api(running, graph)
        app = directory.post("/v1.0/applications", {"displayName": "late"}).json()
        principal = directory.post("/v1.0/servicePrincipals", {"appId": app["appId"]}).json()["id"]
        secret = directory.post(f"/v1.0/applications/{app['id']}/addPassword", {}).json()["secretText"]
        late = Arm(Api(running, application(running, app["appId"], secret)))
        assert (
            owner.assign(VISION, "00000000-0000-4000-8000-0000000000aa", CONTRIBUTOR, principal).status_code
            == 201
        )
        assert late.get(VISION, version="2021-04-01").status_code == 403
        hands.on(29)
        assert late.get(VISION, version="2021-04-01").status_code == 403
        hands.on(2)
        assert late.get(VISION, version="2021-04-01").status_code == 200


VISION_GROUP = f"{VISION}?api-version=2021-04-01"


def _asked(azure: Running, path: str = VISION_GROUP, **more: Any) -> Any:
    """Ask as the owner; no redirect is followed."""
    token = application(azure, azure.client_id, azure.client_secret)
    return Api(azure, token).call("GET", path, **more)


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ({"status": 418}, 418, "Failed"),
        ({"status": 504, "code": "Slow", "message": "Too slow."}, 504, "Too slow."),
        ({"instead": "<html>hotel</html>"}, 200, "<html>hotel</html>"),
        ({"instead": ""}, 200, ""),
        ({"instead": "null", "status": 201}, 201, "null"),
        ({"drop": ["properties", "name"]}, 200, '"id"'),
        ({"edit": {"properties.provisioningState": "Creating"}}, 200, "Creating"),
        ({"next": "https://127.0.0.2/more"}, 200, "https://127.0.0.2/more"),
        ({"echo": True}, 500, "It failed at"),
        ({"expired": True}, 401, "ExpiredAuthenticationToken"),
    ],
)
def test_an_answer_is_bent(admin: Api, azure: Running, fault: dict[str, Any], status: int, text: str) -> None:
    ask(admin, {"path": GROUP, **fault})
    met = _asked(azure)
    assert met.status_code == status
    assert text in met.text
    if not text:
        assert met.text == ""
    if "drop" in fault:
        assert "properties" not in met.json()
    assert _asked(azure).json()["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize("effect", ["redirect", "poll", "challenge"])
def test_an_answer_leads_elsewhere(admin: Api, azure: Running, effect: str) -> None:
    ask(admin, {"path": GROUP, effect: "https://{host}@127.0.0.2{path}"})
    met = _asked(azure)
    there = f"https://{urlsplit(azure.url).netloc}@127.0.0.2{VISION}".lower()
    header = "WWW-Authenticate" if effect == "challenge" else "Location"
    assert there in met.headers[header].lower()
    assert met.status_code == {"redirect": 307, "poll": 200, "challenge": 401}[effect]


def test_more_claims_are_asked_for(admin: Api, azure: Running) -> None:
    ask(admin, {"path": GROUP, "claims": True})
    met = _asked(azure)
    assert met.status_code == 401
    assert 'error="insufficient_claims"' in met.headers["WWW-Authenticate"]


def test_retry_after_may_be_any_text(admin: Api, azure: Running) -> None:
    ask(admin, {"path": GROUP, "status": 429, "retry_after": "soon"})
    assert _asked(azure).headers["Retry-After"] == "soon"


def test_the_work_is_done_and_a_refusal_told(admin: Api, client: Groups) -> None:
    ask(admin, {"method": "PUT", "path": GROUP, "status": 504, "after": True})
    with pytest.raises(HttpResponseError):
        client().create_or_update("told-late", {"location": "westeurope"})
    assert client().check_existence("told-late")


def test_bytes_are_promised_that_never_come(admin: Api, azure: Running) -> None:
    ask(admin, {"path": "^/metadata", "length": 40})
    head, _, body = _exchange(azure, ASKED, 10).partition(b"\r\n\r\n")
    promised = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if b"Content-Length" in line)
    assert promised == len(body) + 40


def test_silence_lasts(admin: Api, azure: Running) -> None:
    ask(admin, {"path": "^/metadata", "hang": True})
    with pytest.raises(TimeoutError):
        _exchange(azure, ASKED, 0.3)


def test_entra_refuses_by_number_at_sign_in_alone(admin: Api, azure: Running) -> None:
    ask(admin, {"aadsts": 7000222})
    refused = Api(azure).form(f"/{azure.tenant}/oauth2/v2.0/token", grant_type="client_credentials")
    assert (refused.status_code, refused.json()["error_codes"]) == (401, [7000222])


def test_a_fault_may_wait_for_another_request(admin: Api, azure: Running) -> None:
    ask(admin, {"path": GROUP, "since": "^GET .*/rg-speech$", "status": 404})
    assert _asked(azure).status_code == 200
    assert (
        _asked(azure, f"{VISION.replace('rg-vision', 'rg-speech')}?api-version=2021-04-01").status_code == 200
    )
    assert _asked(azure).status_code == 404
    assert _asked(azure).status_code == 200


def test_a_fault_may_look_into_the_request(admin: Api, azure: Running) -> None:
    ask(admin, {"path": "/token$", "content": "client_id=nobody", "status": 503})
    place = f"/{azure.tenant}/oauth2/v2.0/token"
    assert Api(azure).form(place, grant_type="client_credentials", client_id="somebody").status_code != 503
    assert Api(azure).form(place, grant_type="client_credentials", client_id="nobody").status_code == 503


def test_the_admin_address_needs_the_token_of_the_folder(azure: Running) -> None:
    for api in (Api(azure), Api(azure, "guessed")):
        assert api.call("PUT", "/practice/faults", json={"faults": []}).status_code == 401
    assert (azure.ca.parent / "admin_token").stat().st_mode & 0o777 == 0o600
    known = Api(azure, azure.admin_token)
    assert known.post("/practice/faults", {}).status_code == 405
    assert known.call("PUT", "/practice/faults", data=b"{").status_code == 400


def test_time_can_be_hurried_while_it_runs(tmp_path: Path) -> None:
    with start(tmp_path, time_scale=50.0) as running:
        admin = Api(running, running.admin_token)
        assert (
            Api(running, "guessed").call("PUT", "/practice/time-scale", json={"scale": 0}).status_code == 401
        )
        assert admin.call("GET", "/practice/time-scale").json() == {"scale": 50.0}
        for wrong in (-1, True, "fast", None, 1e9):
            answer = admin.call("PUT", "/practice/time-scale", json={"scale": wrong})
            assert answer.status_code == 400
            assert "lifelike" in answer.text
        assert admin.call("PUT", "/practice/time-scale", json={"scale": 0}).json() == {"scale": 0.0}
        assert admin.call("DELETE", "/practice/time-scale").status_code == 405


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"sttaus": 500}, "only the keys"),
        ({"status": "500"}, "status cannot be '500'"),
        ({"status": 302}, "status is one of"),
        ({"instead": "x", "status": 99}, "status is one of"),
        ({"stall": 1, "after": True}, "after belongs to"),
        ({"drop": [1]}, "drop cannot be"),
        ({"retry_after": True, "status": 429}, "retry_after cannot be True"),
        ({"since": "(", "status": 500}, "not a regular expression"),
        ({"status": 500, "truncated": True}, "exactly one of"),
        ({"path": "/x"}, "exactly one of"),
        ({"path": "(", "status": 500}, "not a regular expression"),
        ({"close": "maybe"}, "close is"),
        ({"truncated": 1}, "truncated cannot be 1"),
        ({"nth": 0, "status": 500}, "nth counts from 1"),
        ({"stall": 1, "retry_after": 3}, "belong to a status"),
    ],
)
def test_a_fault_that_is_none_is_explained(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(FaultError, match=f"Fault 1.*{words.replace('(', '.')}"):
        parse({"faults": [entry]})


def test_faults_are_read_from_toml_and_json(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_text('[[faults]]\nmethod = "PUT"\nstall = 2\n', encoding="utf-8")
    (tmp_path / "f.json").write_text(
        json.dumps({"faults": [{"method": "PUT", "stall": 2}]}), encoding="utf-8"
    )
    assert read(tmp_path / "f.toml") == read(tmp_path / "f.json") == (Fault(method="PUT", stall=2),)
    with pytest.raises(FaultError, match="cannot be read"):
        read(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/subscriptions/s/resourceGroups/g", "Microsoft.Resources/resourceGroups"),
        ("/subscriptions/s", "Microsoft.Resources/subscriptions"),
        (f"{VISION}/providers/A.B/c/n/d/m", "A.B/c/d"),
        (f"{VISION}/providers/A.B/c/n/listKeys", "A.B/c/listKeys"),
        (f"{VISION}/providers/A.B/c/n/providers/D.E/f/o", "D.E/f"),
        ("/v1.0/me", ""),
    ],
)
def test_the_type_of_a_path(path: str, kind: str) -> None:
    assert type_of(path) == kind


def test_the_page_about_faults_names_every_word() -> None:
    page = (Path(__file__).parents[2] / "docs/faults.md").read_text("utf-8")
    assert [name for name in Fault.__slots__ if f"`{name}" not in page] == []
