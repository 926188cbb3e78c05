"""The loopback HTTPS server of practice Azure: one origin for Entra, Graph and ARM, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from aiohttp import web

from wizard.practice import entra, graph
from wizard.practice.arm import ROUTES as ARM_ROUTES
from wizard.practice.kernel import Practice, Request
from wizard.practice.routing import Answer, Router

if TYPE_CHECKING:
    import ssl

_HOST = "127.0.0.1"
_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_BIGGEST = 8 * 1024 * 1024  # ARM takes 4 MB; what is too big shall fail there, by its own words


class Server:
    """Serves a `Practice` on 127.0.0.1 until `stop`; there is no way to bind it to anything else."""

    def __init__(self, practice: Practice, context: ssl.SSLContext, port: int = 0) -> None:
        """Bind at once (a port in use raises OSError here), serve when the thread is up.

        Args:
            practice: what the handlers work on; it is used from the server's thread only.
            context: the TLS side.
            port: 0 takes any free one.
        """
        self._practice = practice
        self._context = context
        self._router = Router((*entra.ROUTES, *graph.ROUTES, *ARM_ROUTES))
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
        application = web.Application(client_max_size=_BIGGEST)
        application.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        try:
            await runner.setup()
            await web.SockSite(runner, self._socket, ssl_context=self._context).start()
        except Exception as fault:
            self._ready.set_exception(fault)
            raise
        self._ready.set_result(None)
        await self._over.wait()
        await _close(runner)

    async def _handle(self, incoming: web.Request) -> web.Response:
        # A page of the outside world that resolves its own name to this machine must not get in.
        if not _local(incoming.host):
            return web.Response(status=421, text="Practice Azure answers only to loopback names.")
        answer = self._router.answer(self._practice, await _read(incoming))
        return _sent(answer)


async def _close(runner: web.AppRunner) -> None:
    server = runner.server
    transports = [connection.transport for connection in server.connections] if server else []
    await runner.cleanup()
    # A client that keeps its connection open answers no TLS farewell, and asyncio would wait 30 s for one.
    for transport in transports:
        if transport is not None:
            transport.abort()
    for _ in range(3):
        await asyncio.sleep(0)


def _local(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in _NAMES
    except ValueError:
        return False


async def _read(incoming: web.Request) -> Request:
    raw = incoming.raw_path.split("?", 1)[0]
    path = "/" + "/".join(part for part in unquote(raw).split("/") if part)
    return Request(
        method=incoming.method,
        path=path,
        query=dict(incoming.query),
        headers={name.lower(): value for name, value in incoming.headers.items()},
        body=await incoming.read(),
        origin=f"https://{incoming.host}",
    )


def _sent(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body or None)
