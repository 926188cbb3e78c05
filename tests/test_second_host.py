"""The watch over the second host: it sees a token, a cookie, a secret or an assertion, and knows a harmless request."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from tests.second_host import SecondHost
from wizard.practice import start


@pytest.fixture
def another(tmp_path: Path) -> Iterator[SecondHost]:
    """One of this test's own: the session's must not be told anything."""
    folder = tmp_path / "another"
    folder.mkdir()
    host = SecondHost(folder)
    yield host
    host.stop()


@pytest.mark.parametrize(
    ("headers", "path", "body"),
    [
        ({"Authorization": "Bearer x"}, "/", ""),
        ({"Cookie": "session=1"}, "/", ""),
        ({}, "/token", "grant_type=client_credentials&client_secret=abc"),
        ({}, "/token", "client_assertion=abc"),
        ({}, "/token", "grant_type=x&assertion=abc"),
        ({}, "/?refresh_token=abc", ""),
        ({"x-custom": "eyJhbGciOi.x"}, "/", ""),
    ],
)
def test_what_tells_a_secret_is_seen(
    another: SecondHost, headers: Mapping[str, str], path: str, body: str
) -> None:
    _send(another, path, headers, body)
    (told,) = another.told_secrets()
    assert told.target == path
    assert another.told_secrets(since=1) == []


def test_a_harmless_request_is_none(another: SecondHost) -> None:
    _send(another, "/hello", {}, "")
    assert [one.target for one in another.asked] == ["/hello"]
    assert another.told_secrets() == []


def test_without_tls_is_seen_too(another: SecondHost) -> None:
    host, _, port = another.plain_host.partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        plain.sendall(b"GET /x HTTP/1.1\r\nAuthorization: Bearer x\r\n\r\n")
        assert plain.recv(10) == b""
    assert [one.target for one in another.told_secrets()] == ["/x"]


def test_clients_of_every_practice_azure_of_the_tests_trust_it(
    tmp_path: Path, second_host: SecondHost
) -> None:
    with start(tmp_path) as running, requests.Session() as session:
        session.trust_env = False
        session.verify = str(running.ca)
        assert session.get(f"{second_host.url}/hello", timeout=10).status_code == 200


def _send(host: SecondHost, path: str, headers: Mapping[str, str], body: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(host.folder / "ca.pem")
        session.post(f"{host.url}{path}", headers=headers, data=body, timeout=10).raise_for_status()
