"""A second host on this machine that every client of a test's practice Azure trusts, and that no secret may ever reach.

Every test ends by asking it. What is between a client and this host is the guard alone: its certificate is of the
same authority as practice Azure's, and it answers whatever it is asked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import socket
import ssl
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from cryptography import x509

from wizard.practice import authority
from wizard.practice.http11 import Incoming, Listener, Outgoing

ADDRESS = "127.0.0.2"
_SECRET = re.compile(
    r"(client_secret|client_assertion|assertion|refresh_token|device_code|code_verifier|password|access_token)=|eyJ[\w-]+\.",
    re.IGNORECASE,
)
_HEADERS = ("authorization", "proxy-authorization", "cookie", "x-ms-authorization-auxiliary")
_WELCOME = {"access_token": "of-the-second-host", "expires_in": "3600", "token_type": "Bearer", "value": []}


@dataclass(frozen=True, slots=True)
class Reached:
    """One request, or the first bytes of what was none, as they arrived."""

    method: str
    target: str
    headers: str
    body: str

    @property
    def holds_secret(self) -> bool:
        """Whether a token, a cookie, a client secret or an assertion is in it."""
        sent = {line.partition(":")[0].lower() for line in self.headers.splitlines()}
        return bool(sent.intersection(_HEADERS)) or any(
            _SECRET.search(part) for part in (self.target, self.headers, self.body)
        )


class SecondHost:
    """Listens with TLS and without until `stop`; remembers all that arrives."""

    def __init__(self, folder: Path) -> None:
        """Listen, with a certificate of an authority that is made in `folder`."""
        self.folder = folder
        self.asked: list[Reached] = []
        self._own_authority = authority.make_authority
        self._own_authority(folder)
        names = [x509.IPAddress(ipaddress.ip_address(ADDRESS))]
        (folder / "leaf.pem").write_bytes(authority.issue(folder, names))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "leaf.pem")
        self._bound = socket.create_server((ADDRESS, 0)), socket.create_server((ADDRESS, 0))
        self.host, self.plain_host = (f"{ADDRESS}:{one.getsockname()[1]}" for one in self._bound)
        self.url, self.plain_url = f"https://{self.host}", f"http://{self.plain_host}"
        self._over = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        ready: Future[None] = Future()
        serving = self._serve(context, ready)
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(serving,), daemon=True)
        self._thread.start()
        ready.result()

    def vouch(self, folder: Path) -> None:
        """Give a folder this host's authority, so that who trusts what is served from there trusts this host too.

        A folder that had an authority before gets one of its own.
        """
        if (folder / "ca.pem").exists():
            self._own_authority(folder)
            return
        for name in ("ca.key", "ca.pem"):
            copyfile(self.folder / name, folder / name)
            (folder / name).chmod(0o600)

    def told_secrets(self, since: int = 0) -> list[Reached]:
        """What arrived with a token or a secret, of all but the first `since` requests."""
        return [one for one in self.asked[since:] if one.holds_secret]

    def stop(self) -> None:
        """End, and wait for the thread."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self, context: ssl.SSLContext, ready: Future[None]) -> None:
        listener = Listener(self._answer)
        await listener.open(self._bound[0], context)
        plain = await asyncio.start_server(self._plain, sock=self._bound[1])
        ready.set_result(None)
        await self._over.wait()
        await listener.close()
        plain.close()

    async def _answer(self, incoming: Incoming) -> Outgoing:
        headers = "\n".join(f"{name}: {value}" for name, value in incoming.headers.items())
        body = incoming.body.decode("utf-8", "replace")
        self.asked.append(Reached(incoming.method, incoming.target, headers, body))
        return Outgoing(200, {"Content-Type": "application/json"}, json.dumps(_WELCOME).encode())

    async def _plain(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = (await reader.read(65536)).decode("latin-1")
        head, _, body = first.partition("\r\n\r\n")
        line, _, headers = head.partition("\r\n")
        method, target = (*line.split(" "), "")[:2]
        self.asked.append(Reached(method, target, headers, body))
        writer.close()
