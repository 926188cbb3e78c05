"""Practice Azure in a process of its own, which can be killed, and a client that keeps its connection."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
_SERVE = """
import json, sys
from pathlib import Path
from wizard.practice import start
with start(Path(sys.argv[1]), world=sys.argv[2] or None) as running:
    print(json.dumps({"url": running.url, "ca": str(running.ca), "tenant": running.tenant, "client": running.client_id,
                      "secret": running.client_secret, "subscription": running.subscription}), flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Served:
    """What a client needs to know, and the process."""

    url: str
    ca: str
    tenant: str
    client: str
    secret: str
    subscription: str
    child: subprocess.Popen[str]

    @property
    def home(self) -> str:
        """The subscription's id."""
        return f"/subscriptions/{self.subscription}"


class Client:
    """One kept connection."""

    def __init__(self, served: Served) -> None:
        context = ssl.create_default_context(cafile=served.ca)
        host = served.url.removeprefix("https://")
        self._connection = http.client.HTTPSConnection(host, context=context, timeout=60)
        self._headers: dict[str, str] = {}
        self._served = served

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def sign_in(self) -> Client:
        """Get a token for ARM as the service principal."""
        fields = {
            "grant_type": "client_credentials",
            "client_id": self._served.client,
            "client_secret": self._served.secret,
            "scope": "https://management.azure.com/.default",
        }
        path = f"/{self._served.tenant}/oauth2/v2.0/token"
        status, token = self._ask("POST", path, urlencode(fields), "application/x-www-form-urlencoded")
        if status != 200:
            raise RuntimeError(f"{status} {token}")
        self._headers = {"Authorization": f"Bearer {token['access_token']}"}
        return self

    def ask(
        self, method: str, path: str, body: object = None, version: str = "2021-04-01"
    ) -> tuple[int, Any]:
        """Ask ARM; the status and the answer's JSON."""
        content = None if body is None else json.dumps(body)
        return self._ask(method, f"{path}?api-version={version}", content, "application/json")

    def _ask(self, method: str, path: str, content: str | None, kind: str) -> tuple[int, Any]:
        self._connection.request(method, path, content, {**self._headers, "Content-Type": kind})
        answer = self._connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if body else None


@contextmanager
def served(folder: Path, world: str = "") -> Iterator[Served]:
    """Serve a folder in a child process, which ends with the block if it has not ended before."""
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(folder), world],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        yield Served(**json.loads(child.stdout.readline()), child=child)
