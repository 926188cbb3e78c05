"""A loopback HTTPS server that answers as a test wants and remembers what it was sent."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from azure.core.credentials import AccessTokenInfo, TokenRequestOptions

from wizard.practice import tls

TOKEN = "token-that-must-not-leave"
CUT = web.Response(reason="the connection is cut instead")


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str


@dataclass
class Crooked:
    """`answer` makes each response; the default is an empty list."""

    url: str
    folder: Path
    asked: list[Asked] = field(default_factory=list)
    pause: float = 0.0
    answer: Callable[[Asked], web.StreamResponse] = lambda _: web.json_response({"value": []})

    @property
    def tokens(self) -> list[str]:
        """The Authorization headers that arrived."""
        return [a.headers["Authorization"] for a in self.asked if "Authorization" in a.headers]

    @classmethod
    @asynccontextmanager
    async def serving(cls, folder: Path, address: str = "127.0.0.1") -> AsyncIterator[Crooked]:
        """Serve on a free port with a certificate of the CA in `folder`."""
        certificate = await asyncio.to_thread(_certificate_in, folder)
        server = cls("", folder)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", server._handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, address, 0, ssl_context=certificate)
        await site.start()
        host, port = runner.addresses[0][:2]
        server.url = f"https://{host}:{port}"
        try:
            yield server
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.method, request.path_qs, dict(request.headers), await request.text())
        self.asked.append(asked)
        await asyncio.sleep(self.pause)
        response = self.answer(asked)
        if response is CUT and request.transport is not None:
            request.transport.abort()
        return response


def _certificate_in(folder: Path) -> ssl.SSLContext:
    folder.mkdir(mode=0o700, exist_ok=True)
    return tls.server_context(folder)


def said(body: Any, status: int = 200, **headers: str) -> Callable[[Asked], web.StreamResponse]:
    """Answer always the same JSON, or text as it is."""
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "application/json" if text[:1] in "{[n" else "text/html"
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return lambda _: web.Response(status=status, text=text, content_type=kind, headers=named)


def in_turn(*answers: Callable[[Asked], web.StreamResponse]) -> Callable[[Asked], web.StreamResponse]:
    """Answer one after the other; the last one stays."""
    waiting = list(answers)

    def answer(asked: Asked) -> web.StreamResponse:
        chosen = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return chosen(asked)

    return answer


@dataclass
class KnownToken:
    """A credential of azure-identity's shape with one lasting token, for servers that are no Azure."""

    token: str = TOKEN

    def get_token_info(self, *_: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        return AccessTokenInfo(self.token, int(time.time()) + 3600)

    def close(self) -> None:
        return None


def known_token() -> KnownToken:
    """Make one."""
    return KnownToken()
