"""A practice Azure per module, and ways to talk to it over real TLS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from wizard.practice import start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wizard.practice.launcher import Running

AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
GRAPH = "https://graph.microsoft.com/.default"


@dataclass(frozen=True)
class Api:
    """A client that trusts the practice authority only; paths are relative to the origin."""

    running: Running
    token: str = ""
    url: str = ""  # another server of the same folder

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        with requests.Session() as session:
            session.trust_env = False  # REQUESTS_CA_BUNDLE would win over `verify`
            session.verify = str(self.running.ca)
            return session.request(
                method,
                f"{self.url or self.running.url}{path}",
                headers=headers | options.pop("headers", {}),
                allow_redirects=False,
                timeout=20,
                **options,
            )

    def get(self, path: str, **params: str) -> requests.Response:
        return self.call("GET", path, params={f"${name}": value for name, value in params.items()})

    def post(self, path: str, body: object = None) -> requests.Response:
        return self.call("POST", path, json=body)

    def patch(self, path: str, body: object, **headers: str) -> requests.Response:
        return self.call("PATCH", path, json=body, headers=headers)

    def delete(self, path: str) -> requests.Response:
        return self.call("DELETE", path)

    def form(self, path: str, **fields: str) -> requests.Response:
        return self.call("POST", path, data=fields)


class SignIn(Protocol):
    def __call__(self, upn: str | None = None, scope: str = GRAPH, tenant: str = "organizations") -> Api: ...


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Practice Azure with the default world, in a fresh folder, time scale 0."""
    with start(tmp_path_factory.mktemp("practice")) as running:
        yield running


@pytest.fixture(scope="module")
def anonymous(practice: Running) -> Api:
    return Api(practice)


@pytest.fixture(scope="module")
def sign_in(practice: Running) -> SignIn:
    """Sign somebody in through the browser flow; the world's person by default."""
    return signer(practice)


@pytest.fixture(scope="module")
def person(sign_in: SignIn) -> Api:
    return sign_in()


@pytest.fixture(scope="module")
def owner(practice: Running) -> Api:
    """The service principal whose secret is given out, with a token for Graph."""
    answer = Api(practice).form(
        f"/{practice.tenant}/oauth2/v2.0/token",
        grant_type="client_credentials",
        client_id=practice.client_id,
        client_secret=practice.client_secret,
        scope=GRAPH,
    )
    return Api(practice, answer.json()["access_token"])


@pytest.fixture(scope="module")
def other_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., tuple[Running, SignIn]]]:
    """Start practice Azure with other settings than the module's."""
    started: list[Running] = []

    def begin(folder: Path | None = None, **settings: Any) -> tuple[Running, SignIn]:
        started.append(start(folder or tmp_path_factory.mktemp("other"), **settings))
        return started[-1], signer(started[-1])

    yield begin
    for running in started:
        running.stop()


def signer(running: Running) -> SignIn:
    def sign(upn: str | None = None, scope: str = GRAPH, tenant: str = "organizations") -> Api:
        api = Api(running)
        redirect = "http://localhost:5000"
        hint = {"login_hint": upn} if upn else {}
        asked = {
            "client_id": AZURE_CLI,
            "response_type": "code",
            "redirect_uri": redirect,
            "scope": scope,
            **hint,
        }
        shown = api.call("GET", f"/{tenant}/oauth2/v2.0/authorize", params=asked)
        assert shown.status_code == 302, re.sub(r"<[^>]+>", " ", shown.text)
        code = parse_qs(urlsplit(shown.headers["Location"]).query)["code"][0]
        fields = {
            "grant_type": "authorization_code",
            "client_id": AZURE_CLI,
            "code": code,
            "redirect_uri": redirect,
        }
        answer = api.form(f"/{tenant}/oauth2/v2.0/token", **fields)
        assert answer.status_code == 200, answer.text
        return Api(running, answer.json()["access_token"])

    return sign
