"""Readers of NAME=value files: python-dotenv, npm's dotenv, node, systemd's own parser, docker's program and its rules."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.readers.matrix import Reader, ReaderError, Task
from tests.readers.programs import INSTALLED_APART, needs, needs_apart, ran

_PYTHON = """
import json, sys
sys.path.insert(0, sys.argv[1])
from dotenv import dotenv_values
print(json.dumps(dotenv_values("variables", interpolate=True)))
"""
_NPM = """
const text = require('fs').readFileSync('variables')
console.log(JSON.stringify(require(process.argv[1]).parse(text)))
"""
_NODE = "console.log(JSON.stringify(process.env))"
# What systemd does with an EnvironmentFile: load_env_file, then what it does not take as a variable is dropped.
_SYSTEMD = """
import ctypes, json, sys
library = ctypes.CDLL(sys.argv[1])
found = ctypes.POINTER(ctypes.c_char_p)()
code = library.load_env_file(None, b"variables", ctypes.byref(found))
if code < 0: sys.exit(f"load_env_file: {code}")
library.strv_env_clean_with_callback.restype = ctypes.POINTER(ctypes.c_char_p)
found = library.strv_env_clean_with_callback(found, None, None)
lines, at = [], 0
while found[at] is not None:
    lines.append(found[at].decode("latin-1")); at += 1
print(json.dumps(dict(line.split("=", 1) for line in lines)))
"""
_PYTHON_VERSIONS = ("python-dotenv-1.2", "python-dotenv-1.0")
_NPM_VERSIONS = ("dotenv", "dotenv-16")
_SPACES = " \t\n\v\f\r\x85\xa0"


def _told(printed: bytes, encoding: str = "utf-8") -> dict[str, bytes]:
    values: dict[str, str | None] = json.loads(printed)
    return {name: value.encode(encoding) for name, value in values.items() if value is not None}


def _python(folder: str) -> Callable[[Task], dict[str, bytes]]:
    def read(task: Task) -> dict[str, bytes]:
        assert task.file.exists()
        where = str(INSTALLED_APART / folder)
        return _told(ran(task, [sys.executable, "-I", "-c", _PYTHON, where]))

    return read


def _npm(package: str) -> Callable[[Task], dict[str, bytes]]:
    def read(task: Task) -> dict[str, bytes]:
        assert task.file.exists()
        return _told(ran(task, ["node", "-e", _NPM, str(INSTALLED_APART / "node_modules" / package)]))

    return read


def _node(task: Task) -> dict[str, bytes]:
    assert task.file.exists()
    return _told(ran(task, ["node", "--env-file=variables", "-e", _NODE]))


def _systemd_library() -> Path | None:
    return next((path for path in sorted(Path("/usr/lib").glob("*/systemd/libsystemd-shared-*.so"))), None)


def _systemd(task: Task) -> dict[str, bytes]:
    assert task.file.exists()
    return _told(ran(task, [sys.executable, "-I", "-c", _SYSTEMD, str(_systemd_library())]), "latin-1")


class _Daemon(BaseHTTPRequestHandler):
    """As much of docker's daemon as `docker create` asks; keeps what it is told to make."""

    protocol_version = "HTTP/1.1"
    asked: dict[str, Any]

    def _answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Api-Version", "1.43")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self._answer(200, b"OK")

    def do_HEAD(self) -> None:
        self._answer(200, b"")

    def do_POST(self) -> None:
        self.asked.update(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(201, b'{"Id": "' + b"0" * 64 + b'", "Warnings": []}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the class has it
        pass


@contextlib.contextmanager
def _daemon() -> Iterator[tuple[str, dict[str, Any]]]:
    asked: dict[str, Any] = {}
    handler = type("Daemon", (_Daemon,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def _docker(task: Task) -> dict[str, bytes]:
    """The environment that docker's command line asks its daemon for."""
    assert task.file.exists()
    with _daemon() as (host, asked):
        ran(task, ["docker", "--host", host, "create", "--env-file", "variables", "image"])
    return {name: value.encode() for name, value in (one.split("=", 1) for one in asked["Env"])}


def _docker_rule(*, newer: bool) -> Callable[[Task], dict[str, bytes]]:
    """docker/cli's pkg/kvfile (newer) and opts/file.go (older): the newer one takes a pair of quotes away."""

    def read(task: Task) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for number, raw in enumerate(task.text.split(b"\n")):
            if len(raw) >= 64 * 1024:
                raise ReaderError("bufio.Scanner: token too long")
            line = raw.removesuffix(b"\r").decode()
            line = (line.removeprefix("\ufeff") if number == 0 else line).lstrip(_SPACES)
            if not line or line.startswith("#"):
                continue
            name, _, value = line.partition("=")
            if not name or any(space in name for space in " \t"):
                raise ReaderError(f"docker would refuse line {number + 1}")
            if newer and len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
                value = value[1:-1]
            found[name] = value.encode()
        return found

    return read


def readers() -> Iterator[Reader]:
    """All of them."""
    for folder in _PYTHON_VERSIONS:
        for form in ("dotenv", "dotenv-python"):
            yield Reader(folder, form, _python(folder), needs_apart(folder))
    for package in _NPM_VERSIONS:
        for form in ("dotenv", "dotenv-node"):
            yield Reader(f"npm {package}", form, _npm(package), needs_apart(f"node_modules/{package}"))
    for form in ("dotenv", "dotenv-node"):
        yield Reader("node --env-file", form, _node, needs("node"))
    for form in ("dotenv", "systemd"):
        yield Reader("systemd's load_env_file", form, _systemd, _needs_systemd)
    for form in ("dotenv", "docker"):
        yield Reader("docker create", form, _docker, needs("docker"))
        for newer, source in ((True, "pkg/kvfile/kvfile.go"), (False, "opts/file.go")):
            name = f"docker's {'newer' if newer else 'older'} rule"
            yield Reader(name, form, _docker_rule(newer=newer), port=f"docker/cli {source}")


def _needs_systemd() -> str:
    return "" if _systemd_library() else "libsystemd-shared is not installed here"
