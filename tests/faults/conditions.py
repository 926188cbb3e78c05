"""Faults that are no answer of Azure's: a name that is not found, a certificate that is not trusted, a secret that is gone."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from tests.rehearsal import database_of
from wizard.practice import authority

if TYPE_CHECKING:
    from tests.faults.stage import Stage
    from wizard.azure.clouds import Cloud

_OTHER = "127.0.0.2"
_EVERY = ("sign-in", "apply hi-ml", "verify", "rotate", "undo hi-ml")


@dataclass(frozen=True, slots=True)
class Condition:
    """One of them: `arranged` changes the world or yields another cloud for the disturbed run.

    `command` goes on afterwards, where the disturbed one would not mend it.
    """

    number: int
    name: str
    flows: tuple[str, ...]
    arranged: Callable[[Stage], Iterator[Cloud]]
    command: str = ""

    @property
    def label(self) -> str:
        """How the table calls it."""
        return f"{self.number} {self.name}"


# The way to Azure


def _nowhere(*ends: str) -> Callable[[Stage], Iterator[Cloud]]:
    def arranged(stage: Stage) -> Iterator[Cloud]:
        yield replace(stage.cloud, **dict.fromkeys(ends, "https://nothing-here.invalid"))  # type: ignore[arg-type]  # three URLs

    return arranged


def _closed(stage: Stage) -> Iterator[Cloud]:
    """Nobody listens any more."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"https://127.0.0.1:{port}"
    yield replace(stage.cloud, arm=url, login=url, graph=url)


def _untrusted(stage: Stage) -> Iterator[Cloud]:
    """A firewall that shows its own certificate looks so to us: its authority is none that we know."""
    folder = stage.folder / "another authority"
    folder.mkdir(exist_ok=True)
    if not (folder / "ca.pem").exists():
        authority.make_authority(folder)
    yield replace(stage.cloud, ca=folder / "ca.pem")


def _another_host(*ends: str) -> Callable[[Stage], Iterator[Cloud]]:
    """Somebody answers with a certificate that is in order, for another host."""

    def arranged(stage: Stage) -> Iterator[Cloud]:
        with _showing(stage.running.ca.parent, "127.0.0.9") as url:
            yield replace(stage.cloud, **dict.fromkeys(ends, url))  # type: ignore[arg-type]  # three URLs

    return arranged


@contextmanager
def _showing(folder: Path, name: str) -> Iterator[str]:
    """Serve TLS on another loopback address with a certificate of this name; nobody ever gets further."""
    leaf = folder / "other.pem"
    leaf.write_bytes(authority.issue(folder, [x509.IPAddress(ipaddress.ip_address(name))]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)
    with closing(socket.create_server((_OTHER, 0))) as listening:
        over = threading.Event()
        thread = threading.Thread(target=_shake_hands, args=(listening, context, over), daemon=True)
        thread.start()
        try:
            yield f"https://{_OTHER}:{listening.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def _shake_hands(listening: socket.socket, context: ssl.SSLContext, over: threading.Event) -> None:
    listening.settimeout(0.1)
    while not over.is_set():
        try:
            plain, _ = listening.accept()
        except TimeoutError:
            continue
        plain.settimeout(2)
        try:
            context.wrap_socket(plain, server_side=True).close()
        except OSError:  # the other side does not like what it sees
            plain.close()


# What somebody else did


def _store_lost(stage: Stage) -> Iterator[Cloud]:
    for item in (stage.home / "secrets").glob("azimuth-*"):
        item.unlink()
    yield stage.cloud


def _gone(*kinds: str) -> Callable[[Stage], Iterator[Cloud]]:
    """Somebody removed in Azure what the profile had made."""

    def arranged(stage: Stage) -> Iterator[Cloud]:
        stood = {(kind, folded) for kind, folded, _, _ in stage.pristine[0]}
        with closing(database_of(stage.running.ca.parent)) as database:
            for kind, folded in database.execute("SELECT kind, folded FROM document").fetchall():
                if kind in kinds and (kind, folded) not in stood:
                    database.execute("DELETE FROM document WHERE kind = ? AND folded = ?", (kind, folded))
        yield stage.cloud

    return arranged


_ROLE = ("roleAssignment", "grant")
CONDITIONS: Sequence[Condition] = (
    Condition(5, "nobody listens", _EVERY, _closed),
    *(Condition(25, f"the name of {end} is not found", _EVERY, _nowhere(end)) for end in ("login", "arm", "graph")),
    Condition(26, "a certificate of an unknown authority", _EVERY, _untrusted),
    *(Condition(27, f"{end} shows another host's certificate", _EVERY, _another_host(end)) for end in ("login", "arm", "graph")),
    Condition(49, "the stored secret is lost", ("verify",), _store_lost, "apply"),
    Condition(49, "the stored secret is lost", ("rotate", "undo hi-ml"), _store_lost),
    Condition(50, "somebody removed the secret", ("verify",), _gone("secret"), "apply"),
    Condition(50, "somebody removed the secret", ("rotate", "undo hi-ml"), _gone("secret")),
    Condition(50, "somebody took the role away", ("verify",), _gone(*_ROLE), "apply"),
    Condition(50, "somebody took the role away", ("undo hi-ml",), _gone(*_ROLE)),
)  # fmt: skip
