"""The HTTP of practice Azure, byte by byte over TLS."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from wizard.practice.launcher import Running

ROOT = Path(__file__).parents[2]
METADATA = "/metadata/endpoints?api-version=2022-09-01"


@contextmanager
def connected(practice: Running) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=str(practice.ca))
    place = ("127.0.0.1", urlsplit(practice.url).port or 0)
    with (
        socket.create_connection(place, timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        yield secure


def all_of(secure: ssl.SSLSocket) -> bytes:
    """Everything until the other side ends."""
    parts = []
    while part := secure.recv(65536):
        parts.append(part)
    return b"".join(parts)


def exchange(practice: Running, *sent: bytes) -> bytes:
    with connected(practice) as secure:
        for part in sent:
            secure.sendall(part)
        return all_of(secure)


def get(path: str, more: str = "", method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}\r\n".encode()


CLOSE = "Connection: close\r\n"


def test_requests_follow_each_other_on_one_connection_in_one_go(practice: Running) -> None:
    answers = exchange(practice, get(METADATA) + get(METADATA) + get(METADATA, CLOSE))
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert answers.count(b"Connection: close\r\n") == 1


def test_a_request_may_come_in_pieces(practice: Running) -> None:
    whole = get(METADATA, CLOSE)
    with connected(practice) as secure:
        for at in range(len(whole)):
            secure.sendall(whole[at : at + 1])
        assert all_of(secure).startswith(b"HTTP/1.1 200 OK\r\n")


def test_http_1_0_is_answered_and_ended(practice: Running) -> None:
    asked = f"GET {METADATA} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode()
    head, _, body = exchange(practice, asked).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert json.loads(body)["name"]


def test_head_has_no_body(practice: Running) -> None:
    answer = exchange(practice, get(METADATA, CLOSE, "HEAD"))
    assert answer.endswith(b"\r\n\r\n")


FORM = b"grant_type=password"


def _token(practice: Running, more: str) -> bytes:
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    return get(f"/{practice.tenant}/oauth2/v2.0/token", kind + CLOSE + more, "POST")


def test_a_body_in_chunks_is_the_body(practice: Running) -> None:
    plain = exchange(practice, _token(practice, f"Content-Length: {len(FORM)}\r\n") + FORM)
    chunks = (
        b"5;name=x\r\n"
        + FORM[:5]
        + b"\r\n"
        + f"{len(FORM) - 5:X}\r\n".encode()
        + FORM[5:]
        + b"\r\n0\r\nA: b\r\n\r\n"
    )
    chunked = exchange(practice, _token(practice, "Transfer-Encoding: chunked\r\n") + chunks)
    codes = [json.loads(one.partition(b"\r\n\r\n")[2])["error_codes"] for one in (plain, chunked)]
    assert codes[0] == codes[1] != []


def test_a_client_that_waits_for_100_is_told_to_go_on(practice: Running) -> None:
    with connected(practice) as secure:
        secure.sendall(_token(practice, f"Content-Length: {len(FORM)}\r\nExpect: 100-continue\r\n"))
        assert secure.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        secure.sendall(FORM)
        assert b"error_codes" in all_of(secure)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / SPDY/3\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400),
        (get("/", "Content-Length: -1\r\n"), 400),
        (get("/", "Content-Length: 99999999\r\n"), 413),
        (get("/", "Transfer-Encoding: gzip\r\n"), 501),
        (get("/", "Transfer-Encoding: chunked\r\n") + b"zz\r\n", 400),
        (get("/", "Transfer-Encoding: chunked\r\n") + b"1\r\nxxx\r\n", 400),
        (get("/", "Transfer-Encoding: chunked\r\n") + b"FFFFFFF\r\n", 413),
        (get("/", f"X: {'x' * 70_000}\r\n"), 431),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421),
    ],
)
def test_what_is_not_understood_is_answered_and_ends_the_connection(
    practice: Running, sent: bytes, status: int
) -> None:
    answer = exchange(practice, sent)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close\r\n" in answer


def test_a_client_that_goes_away_in_the_middle_harms_nobody(practice: Running) -> None:
    for part in (b"", b"GET / HT", get("/", "Content-Length: 50\r\n") + b"half"):
        with connected(practice) as secure:
            secure.sendall(part)
    assert exchange(practice, get(METADATA, CLOSE)).startswith(b"HTTP/1.1 200 OK")


def test_serving_begins_without_the_slow_libraries() -> None:
    code = (
        "import sys, wizard.practice.server\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules} &"
        " {'aiohttp', 'cryptography', 'jwt', 'jsonschema', 'lark', 'requests', 'azure'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
