"""The loopback HTTPS server of practice Azure: one origin for Entra, Graph and ARM, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from wizard.practice import admin, blobs, entra, graph
from wizard.practice.arm import ROUTES as ARM_ROUTES
from wizard.practice.faults import Fault, Faults, linger
from wizard.practice.faulty import wrong_answer
from wizard.practice.http11 import Incoming, Listener, Outgoing
from wizard.practice.kernel import Practice, Request
from wizard.practice.routing import Answer, Router
from wizard.practice.vaults import routes as vaults

if TYPE_CHECKING:
    import ssl

_HOST = "127.0.0.1"
_FOR_EVER = 3600
_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


class Server:
    """Serves a `Practice` on 127.0.0.1 until `stop`; there is no way to bind it to anything else."""

    def __init__(
        self,
        practice: Practice,
        context: ssl.SSLContext,
        port: int,
        faults: Faults,
        token: str,
    ) -> None:
        """Bind at once (a port in use raises OSError here), serve when the thread is up.

        Args:
            practice: what the handlers work on; it is used from the server's thread only.
            context: the TLS side.
            port: 0 takes any free one.
            faults: what goes wrong on request.
            token: what the admin address asks for.
        """
        self._practice = practice
        self._context = context
        self.faults = faults
        self._token = token
        self._router = Router((*entra.ROUTES, *graph.ROUTES, *ARM_ROUTES, *vaults.ROUTES, *blobs.ROUTES))
        self._socket = socket.create_server((_HOST, port))
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._ready: Future[None] = Future()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="practice-azure", daemon=True)
        self._thread.start()
        self._ready.result()

    @property
    def url(self) -> str:
        """The origin, without a trailing slash."""
        return f"https://{_HOST}:{self.port}"

    def stop(self) -> None:
        """End the server and wait for its thread; a second call does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    async def _serve(self) -> None:
        listener = Listener(self._handle)
        try:
            await listener.open(self._socket, self._context)
        except Exception as fault:
            self._ready.set_exception(fault)
            raise
        self._ready.set_result(None)
        await self._over.wait()
        await listener.close()

    async def _handle(self, incoming: Incoming) -> Outgoing:
        # A page of the outside world that resolves its own name to this machine must not get in.
        host = incoming.headers.get("host", "")
        if not _local(host):
            return Outgoing(421, body=b"Practice Azure answers only to loopback names.")
        request = _request(incoming, host)
        if request.path in admin.PATHS:
            return _sent(admin.answer(self.faults, self._practice.clock, self._token, request))
        fault = self.faults.strike(request)
        if fault is None:
            return _sent(self._router.answer(self._practice, request))
        return await self._struck(request, fault)

    async def _struck(self, request: Request, fault: Fault) -> Outgoing:
        if fault.close == "before":
            return Outgoing(cut=True)
        begun = self._practice.clock.now().timestamp()
        answer = self._router.answer(self._practice, request) if fault.works else None
        if fault.hang:
            await asyncio.sleep(_FOR_EVER)
        if fault.close == "after" or fault.hang:
            return Outgoing(cut=True)
        if fault.replication:
            linger(self._practice, begun, fault.replication)
        await asyncio.sleep(fault.stall)
        sent = _sent(wrong_answer(self._router, self._practice, request, fault, answer))
        return replace(sent, missing=fault.length)


def _local(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in _NAMES
    except ValueError:
        return False


def _request(incoming: Incoming, host: str) -> Request:
    raw, _, query = incoming.target.partition("?")
    path = "/" + "/".join(part for part in unquote(raw).split("/") if part)
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, value)
    return Request(
        method=incoming.method,
        path=path,
        query=values,
        headers=incoming.headers,
        body=incoming.body,
        origin=f"https://{host}",
    )


def _sent(answer: Answer) -> Outgoing:
    return Outgoing(answer.status, answer.headers, answer.body)
