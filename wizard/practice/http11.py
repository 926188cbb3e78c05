"""HTTP/1.1 as far as clients of Azure speak it, over asyncio and TLS: lengths, chunks, kept connections, 100-continue.

A web framework would do it too, at the price of a hundred milliseconds of imports before the first answer.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from weakref import WeakSet

_HEAD = 64 * 1024
_BODY = 8 * 1024 * 1024  # ARM takes 4 MB; what is too big shall fail there, by its own words
_FAREWELL = 1.0  # seconds a client has to say good-bye
_BARE = frozenset({204, 304})
_REASONS: Mapping[int, str] = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request as it came: the target with its query, header names in lower case (of repeated ones the last)."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One answer; `cut` ends the connection instead, as a machine does that is switched off.

    `missing` are bytes that are promised and never come: the connection ends where they should.
    """

    status: int = 200
    headers: Mapping[str, str] | None = None
    body: bytes = b""
    cut: bool = False
    missing: int = 0


Answering = Callable[[Incoming], Awaitable[Outgoing]]


class _Bad(Exception):  # noqa: N818 - an answer, not a mistake of ours
    """A request that is not understood: the answer to it, and the end of the connection."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Listener:
    """Answers requests on a bound socket until `close`."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._open: WeakSet[asyncio.WriteTransport] = WeakSet()

    async def open(self, bound: socket.socket, context: ssl.SSLContext) -> None:
        """Begin to accept connections."""
        self._server = await asyncio.start_server(
            self._begin, sock=bound, ssl=context, limit=_HEAD, ssl_shutdown_timeout=_FAREWELL
        )

    async def close(self) -> None:
        """End; clients that keep a connection open are cut off, for they answer no TLS farewell."""
        if self._server is not None:
            self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        for transport in self._open:
            transport.abort()
        for _ in range(3):  # TLS, then the socket beneath it, learn of it in turns of the loop
            await asyncio.sleep(0)

    async def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        if talk is None:  # asyncio runs each conversation in a task of its own
            return
        self._talks.add(talk)
        self._open.add(writer.transport)
        try:
            await self._talk(reader, writer)
            writer.close()
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the other side went away, or we do
        finally:
            self._talks.discard(talk)
            if not writer.is_closing():
                writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                incoming = await _read(reader, writer)
            except (_Bad, asyncio.LimitOverrunError) as bad:
                status = bad.status if isinstance(bad, _Bad) else 431
                writer.write(_written(Outgoing(status), last=True, bodiless=False))
                await writer.drain()
                return
            if incoming is None:
                return
            last = incoming.headers.get("connection", "").lower() == "close"
            outgoing = await self._answering(incoming)
            if outgoing.cut:
                writer.transport.abort()
                return
            writer.write(_written(outgoing, last=last, bodiless=incoming.method == "HEAD"))
            await writer.drain()
            if last or outgoing.missing:
                return


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Incoming | None:
    """The next request, or None at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial.strip():
            raise
        return None
    first, *lines = head.decode("latin-1").strip("\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004 - method, target, version
        raise _Bad(400)
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise _Bad(400)
        headers[name.lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if words[2] == "HTTP/1.0":
        headers["connection"] = "close"
    return Incoming(words[0], words[1], headers, await _body(reader, headers))


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        if headers["transfer-encoding"].lower() != "chunked":
            raise _Bad(501)
        return await _chunks(reader)
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise _Bad(400)
    if int(length) > _BODY:
        raise _Bad(413)
    return await reader.readexactly(int(length)) if int(length) else b""


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := _size(await reader.readuntil(b"\r\n")):
        if len(body) + size > _BODY:
            raise _Bad(413)
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise _Bad(400)
    while await reader.readuntil(b"\r\n") != b"\r\n":  # what comes after the last chunk means nothing to us
        pass
    return bytes(body)


def _size(line: bytes) -> int:
    try:
        return int(line.split(b";")[0].strip(), 16)
    except ValueError as fault:
        raise _Bad(400) from fault


def _written(outgoing: Outgoing, *, last: bool, bodiless: bool) -> bytes:
    status = outgoing.status
    headers = {"Date": formatdate(usegmt=True), **(outgoing.headers or {})}
    if status not in _BARE and not (bodiless and "Content-Length" in headers):
        headers["Content-Length"] = str(len(outgoing.body) + outgoing.missing)
    if last:
        headers["Connection"] = "close"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\n{lines}\r\n".encode("latin-1", "replace")
    return head if bodiless or status in _BARE else head + outgoing.body
