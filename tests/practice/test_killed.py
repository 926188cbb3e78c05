"""What practice Azure remembers survives SIGKILL at any moment, and two processes may work on it at once."""

from __future__ import annotations

import http.client
import json
import random
import signal
import socket
import sqlite3
import threading
import uuid
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.practice.serving import Client, Served, served

_ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"
_READER = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
_LEGACY = "3f28bbfa-4dee-44f9-a179-6ac41055ab62"


class Writers:
    """Two clients that make groups and give roles on them until their server is gone; `done` are the answered ones."""

    def __init__(self, azure: Served, enough: int) -> None:
        self.done: list[str] = []
        self.failed: list[object] = []
        self.reached = threading.Event()
        self._azure, self._enough = azure, enough
        self._threads = [threading.Thread(target=self._write) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        client = Client(self._azure)
        try:
            client.sign_in()
            while True:
                self._one(client)
        except (OSError, http.client.HTTPException):
            return  # the server was killed
        except Exception as fault:  # noqa: BLE001 - told by the test
            self.failed.append(fault)
        finally:
            client.close()
            self.reached.set()

    def _one(self, client: Client) -> None:
        group = f"{self._azure.home}/resourceGroups/g{uuid.uuid4().hex}"
        role = f"{group}/{_ASSIGNMENTS}/{uuid.uuid4()}"
        given = {"properties": {"roleDefinitionId": _READER, "principalId": _LEGACY}}
        for path, body, version in (
            (group, {"location": "westeurope"}, "2021-04-01"),
            (role, given, "2022-04-01"),
        ):
            status, answer = client.ask("PUT", path, body, version)
            assert status == 201, answer
            self.done.append(path)
            if len(self.done) >= self._enough:
                self.reached.set()


def documents(folder: Path) -> dict[tuple[str, str], Any]:
    """Everything in the state file, after SQLite's own check of it."""
    with closing(sqlite3.connect(folder / "practice.db")) as database, database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute("SELECT kind, folded, body FROM document").fetchall()
    database.close()
    return {(kind, key): json.loads(body) for kind, key, body in rows}


def test_nothing_answered_is_lost_and_nothing_is_half_written(tmp_path: Path) -> None:
    answered: list[str] = []
    moments = random.Random(2911)  # noqa: S311 - moments, no secrets
    for _ in range(8):
        with served(tmp_path) as azure:
            writers = Writers(azure, enough=moments.randrange(1, 60))
            writers.reached.wait()
            azure.child.send_signal(signal.SIGKILL)
            writers.join()
        assert azure.child.returncode == -signal.SIGKILL
        assert writers.failed == []
        answered += writers.done
    found = documents(tmp_path)
    groups = {key for kind, key in found if kind == "group"}
    roles = {key for kind, key in found if kind == "roleAssignment"}
    assert {path.lower() for path in answered if "/providers/" not in path} <= groups
    assert {path.lower() for path in answered if "/providers/" in path} <= roles
    # A role assignment is two documents, and both are there or none is.
    assert {key.partition("/")[2] for kind, key in found if kind == "grant"} == {key[1:] for key in roles}
    with served(tmp_path) as azure:
        with closing(Client(azure)) as client:
            status, listed = client.sign_in().ask("GET", f"{azure.home}/resourcegroups")
        assert status == 200
        assert {one["id"].lower() for one in listed["value"]} <= groups


def test_two_processes_serve_one_folder_at_once(tmp_path: Path) -> None:
    with served(tmp_path) as one, served(tmp_path) as other:
        first, second = Writers(one, enough=30), Writers(other, enough=30)
        for writers in (first, second):
            writers.reached.wait()
        for azure in (one, other):
            azure.child.send_signal(signal.SIGKILL)
        for writers in (first, second):
            writers.join()
    assert first.failed == second.failed == []
    made = {path.lower() for path in [*first.done, *second.done]}
    assert len(made) >= 60
    assert made <= {key for _, key in documents(tmp_path)}


def test_it_listens_on_loopback_and_nowhere_else(tmp_path: Path) -> None:
    with served(tmp_path) as azure:
        port = urlsplit(azure.url).port or 0
        table = Path("/proc/net/tcp")
        if not table.exists():
            pytest.skip("only Linux shows what is listened on as a file")
        listening = [
            line.split()[1] for line in table.read_text("ascii").splitlines()[1:] if line.split()[3] == "0A"
        ]
        assert [place for place in listening if place.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]
        for address in _own_addresses():
            with pytest.raises(OSError, match=r"refused|unreachable|timed out"):
                socket.create_connection((address, port), timeout=5)
        azure.child.kill()


def _own_addresses() -> set[str]:
    """The addresses of this machine that are not loopback."""
    found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    return {str(one[4][0]) for one in found} - {f"127.0.{a}.{b}" for a in (0, 1) for b in range(256)}
