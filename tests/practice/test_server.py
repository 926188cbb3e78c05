from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from wizard.practice import az_config, reset, start, status
from wizard.practice.launcher import PracticeError, Running
from wizard.practice.worlds import WorldError, load, names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OTHER = """
import sys, json
from pathlib import Path
from wizard.practice import start
running = start(Path(sys.argv[1]))
print(json.dumps({"url": running.url, "ca": str(running.ca)}), flush=True)
sys.stdin.readline()
"""


def other_process(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OTHER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def told(child: subprocess.Popen[str]) -> dict[str, Any]:
    assert child.stdout is not None
    found: dict[str, Any] = json.loads(child.stdout.readline())
    return found


async def test_aiohttp_with_the_authority_reaches_it_by_both_names(practice: Running) -> None:
    context = ssl.create_default_context(cafile=str(practice.ca))
    port = practice.url.rsplit(":", 1)[1]
    async with aiohttp.ClientSession() as session:
        for host in ("127.0.0.1", "localhost"):
            address = f"https://{host}:{port}/common/v2.0/.well-known/openid-configuration"
            async with session.get(address, ssl=context) as answer:
                assert answer.status == 200
                assert (await answer.json())["token_endpoint"].startswith(f"https://{host}:{port}/")


def test_a_name_of_the_outside_world_is_not_answered(anonymous: Any) -> None:
    path = "/common/v2.0/.well-known/openid-configuration"
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:443", "[::2]"):
        assert anonymous.call("GET", path, headers={"Host": host}).status_code == 421


def test_it_is_bound_to_loopback_only(practice: Running) -> None:
    port = int(practice.url.rsplit(":", 1)[1])
    outward = next(
        (
            found[4][0]
            for found in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET, socket.SOCK_STREAM)
            if not str(found[4][0]).startswith("127.")
        ),
        "127.0.0.2",  # on a machine without a network: another address of its own
    )
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((str(outward), port), timeout=5)


def test_an_unknown_address_answers_in_the_words_of_its_family(anonymous: Any) -> None:
    graph = anonymous.get("/v1.0/nothing")
    assert (graph.status_code, graph.json()["error"]["code"]) == (400, "BadRequest")
    assert graph.json()["error"]["message"] == "Resource not found for the segment 'nothing'."
    entra = anonymous.get("/nothing")
    assert (entra.status_code, entra.json()["error"]) == (404, "invalid_request")


def test_a_method_that_is_not_allowed_is_405(anonymous: Any) -> None:
    assert anonymous.call("PUT", "/v1.0/me").status_code == 405


def test_every_answer_carries_an_id_for_support(anonymous: Any) -> None:
    graph = anonymous.call("GET", "/v1.0/me", headers={"client-request-id": "mine"})
    assert (
        graph.headers["client-request-id"]
        == graph.json()["error"]["innerError"]["client-request-id"]
        == "mine"
    )
    assert len(graph.headers["request-id"]) == 36
    assert anonymous.get("/common/discovery/v2.0/keys").headers["x-ms-request-id"]
    arm = anonymous.call("GET", "/metadata/endpoints", headers={"x-ms-correlation-request-id": "mine"})
    assert (arm.headers["x-ms-correlation-request-id"], bool(arm.headers["Date"])) == ("mine", True)


def test_slashes_and_case_do_not_matter(anonymous: Any) -> None:
    assert anonymous.get("//METADATA//endpoints/?api-version=2022-09-01").status_code == 200


def test_metadata_is_one_cloud_now_and_was_a_list_once(anonymous: Any, practice: Running) -> None:
    now = anonymous.get("/metadata/endpoints?api-version=2022-09-01").json()
    assert now["authentication"]["loginEndpoint"] == practice.url
    assert now["authentication"]["audiences"][0] == "https://management.core.windows.net/"
    assert (now["resourceManager"], now["microsoftGraphResourceId"]) == (f"{practice.url}/",) * 2
    assert anonymous.get("/metadata/endpoints?api-version=2019-05-01").json() == [now]
    missing = anonymous.get("/metadata/endpoints")
    assert (missing.status_code, missing.json()["error"]["code"]) == (400, "MissingApiVersionParameter")


def test_what_one_process_makes_another_finds(tmp_path: Path, other_world: Callable[..., Any]) -> None:
    running, sign_in = other_world(tmp_path)
    with other_process(tmp_path) as child:
        url = told(child)["url"]
        assert url != running.url
        made = sign_in().post("/v1.0/applications", {"displayName": "seen by both"}).json()
        there = replace(sign_in(), url=url)  # its token is signed with the key that both share
        found = there.get(f"/v1.0/applications/{made['id']}")
        assert found.json()["displayName"] == "seen by both"
        child.communicate("\n")


def test_two_processes_may_make_the_same_folder_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with other_process(folder) as one, other_process(folder) as two:
        assert told(one)["url"] != told(two)["url"]
        assert status(folder).counts["tenant"] == 2
        assert status(folder).counts["secret"] == 2
        one.communicate("\n")
        two.communicate("\n")


def test_a_killed_server_leaves_a_folder_that_works(tmp_path: Path) -> None:
    with other_process(tmp_path) as child:
        told(child)
        os.kill(child.pid, signal.SIGKILL)
    assert not status(tmp_path).running
    with start(tmp_path) as running:
        assert len(running.client_secret) == 40


def test_the_folder_and_all_in_it_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    before = os.umask(0)
    try:
        with start(folder):
            modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(before)
    assert (stat.S_IMODE(folder.stat().st_mode), modes) == (0o700, {0o600})


def test_the_secret_is_kept_nowhere_but_in_its_file(tmp_path: Path) -> None:
    with start(tmp_path) as running:
        secret = running.client_secret
        assert secret not in repr(vars(running))
    holding = [path.name for path in tmp_path.iterdir() if secret.encode() in path.read_bytes()]
    assert holding == ["client_secret"]


def test_another_world_is_refused_until_reset(tmp_path: Path) -> None:
    with start(tmp_path, world="empty"):
        pass
    with pytest.raises(PracticeError, match=r"holds the world empty, not default.*practice reset"):
        start(tmp_path, world="default")
    with start(tmp_path) as running:
        assert running.world == "empty"
    reset(tmp_path)
    with start(tmp_path, world="default") as running:
        assert running.world == "default"


def test_reset_waits_for_nobody_but_refuses_while_it_is_served(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with start(tmp_path), pytest.raises(PracticeError, match="is being served"):
        reset(tmp_path)
    reset(tmp_path)
    assert not status(tmp_path).exists
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_status_makes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    assert not status(folder).exists
    assert not folder.exists()


def test_status_says_what_is_there(practice: Running) -> None:
    found = status(practice.ca.parent)
    assert (found.exists, found.world, found.running) == (True, "default", True)
    assert found.counts["application"] >= 4


def test_a_port_in_use_is_said_at_once_and_holds_nothing(practice: Running, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        start(tmp_path, port=int(practice.url.rsplit(":", 1)[1]))
    reset(tmp_path)


def test_stop_ends_the_thread_and_may_be_repeated(tmp_path: Path) -> None:
    running = start(tmp_path)
    running.stop()
    running.stop()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(running.url.rsplit(":", 1)[1])), timeout=5)


def test_every_world_that_comes_along_can_be_started(tmp_path: Path) -> None:
    for name in names():
        with start(tmp_path / name, world=name) as running:
            assert running.person.startswith("you@")


def test_a_world_may_be_a_file_and_is_remembered_as_it_was(tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps({"extends": "default", "person": "bob@contoso.example"}))
    with start(tmp_path / "f", world=str(mine)) as running:
        assert running.person == "bob@contoso.example"
    mine.unlink()
    with start(tmp_path / "f", world=str(mine)) as running:
        assert running.person == "bob@contoso.example"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a world"),
        ('{"extends": "default", "subscribtions": []}', "is not a world"),
        ('{"person": "x"}', "lacks applications, groups"),
    ],
)
def test_a_file_that_is_no_world_is_named(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "w.json").write_text(content)
    with pytest.raises(WorldError, match=said):
        load(str(tmp_path / "w.json"))


def test_an_unknown_world_lists_the_known_and_leaves_no_state(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="app-only, contributor-only, default, empty, "):
        start(tmp_path, world="paradise")
    with start(tmp_path) as running:
        assert running.world == "default"


def test_the_azure_cli_is_pointed_here_by_two_private_files(practice: Running, tmp_path: Path) -> None:
    folder = az_config(practice, tmp_path / "az")
    clouds, config = (folder / "clouds.config").read_text(), (folder / "config").read_text()
    assert f"endpoint_active_directory = {practice.url}\n" in clouds
    assert "[PracticeAzure]" in clouds
    assert "instance_discovery = false" in config
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_importing_practice_loads_no_server() -> None:
    code = "import sys, wizard.practice; print(sorted({'aiohttp', 'jwt', 'cryptography', 'sqlite3'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
