"""Starting, describing and clearing away practice Azure: what lies in its folder, and who may touch it when."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from wizard.practice import files, tls
from wizard.practice.faults import Faults
from wizard.practice.kernel import Practice
from wizard.practice.state import State
from wizard.practice.worlds import DEFAULT, World, canonical, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from wizard.practice.arm.schemas import Schemas
    from wizard.practice.clock import Clock
    from wizard.practice.faults import Fault
    from wizard.practice.server import Server

_DATABASE = "practice.db"
_SECRET = "client_secret"  # noqa: S105 - the name of the file
_ADMIN = "admin_token"
_SCHEMAS = "AZIMUTH_PRACTICE_SCHEMAS"
_LOCK = "lock"
_RUNNING = "running"
# The two lock files stay: another process may be waiting at them.
_OURS = (_DATABASE, f"{_DATABASE}-wal", f"{_DATABASE}-shm", "ca.pem", "ca.key", "server.pem", _SECRET, _ADMIN)


class PracticeError(RuntimeError):
    """Practice Azure cannot do that now; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is kept in a folder."""

    exists: bool
    world: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    running: bool = False


class Running:
    """A practice Azure that is being served; `stop` it, or use it as a context manager.

    Attributes:
        url: the origin of Entra, Graph and ARM.
        ca: the PEM file clients verify it with.
        tenant: the tenant of the service principal; in most worlds the person's home too.
        subscription: the one a rehearsal works in.
        person: the user principal name of who is at the browser.
        client_id: a service principal that owns the subscription.
    """

    def __init__(self, folder: Path, practice: Practice, server: Server, mark: int) -> None:
        self._folder = folder
        self._practice = practice
        self._server = server
        self._mark: int | None = mark
        self.url = server.url
        self.ca = folder / "ca.pem"
        self.tenant = practice.world.owner_tenant
        self.subscription = practice.world.subscription
        self.person = practice.world.person
        self.client_id = practice.world.owner

    @property
    def world(self) -> str:
        """The name of the world."""
        return self._practice.world.name

    @property
    def faults(self) -> Faults:
        """What goes wrong on request; it may be changed while it is served."""
        return self._server.faults

    @property
    def time_scale(self) -> float:
        """How long operations last now, compared with Azure."""
        return self._practice.clock.scale

    @property
    def client_secret(self) -> str:
        """The secret of `client_id`, read from its 0600 file."""
        return (self._folder / _SECRET).read_text(encoding="utf-8")

    @property
    def admin_token(self) -> str:
        """What `/practice/faults` asks for, read from its 0600 file."""
        return (self._folder / _ADMIN).read_text(encoding="utf-8")

    def stop(self) -> None:
        """End the server; what was done stays in the folder. A second call does nothing."""
        self._server.stop()
        if self._mark is not None:
            self._practice.state.close()
            os.close(self._mark)
            self._mark = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def launch(folder: Path, world: str | None, clock: Clock, port: int, faults: Sequence[Fault] = ()) -> Running:
    """Open or make the folder, and serve it (see `wizard.practice.start`)."""
    from wizard.practice.server import Server

    files.private_folder(folder)
    with files.alone(folder / _LOCK):
        mark = files.hold(folder / _RUNNING)
        try:
            practice = open_practice(folder, world, clock)
            context = tls.server_context(folder)
            admin = _admin_token(folder)
        except BaseException:
            os.close(mark)
            raise
    try:
        server = Server(practice, context, port, Faults(faults), admin)
    except BaseException:
        practice.state.close()
        os.close(mark)
        raise
    return Running(folder, practice, server, mark)


def open_practice(folder: Path, world: str | None, clock: Clock) -> Practice:
    """The State of the folder with its world, seeded if it is new."""
    state = State(folder / _DATABASE)
    try:
        with state.transaction():
            practice = Practice(state, clock, _world(state, world), _schemas())
            if state.meta_get("world") is None:
                _seed(folder, practice)
    except BaseException:
        state.close()
        raise
    return practice


def _admin_token(folder: Path) -> str:
    """The token of the admin address, made at the first start: who may read the folder may use it."""
    path = folder / _ADMIN
    if not path.exists():
        files.write_private(path, secrets.token_urlsafe(32).encode())
    return path.read_text(encoding="utf-8")


def _schemas() -> Schemas | None:
    named = os.environ.get(_SCHEMAS)
    if not named:
        return None
    from pathlib import Path

    from wizard.practice.arm.schemas import SchemaError, Schemas

    try:
        return Schemas(Path(named))
    except SchemaError as fault:
        raise PracticeError(f"{_SCHEMAS}: {fault}") from fault


def erase(folder: Path) -> None:
    """Remove our files (see `wizard.practice.reset`)."""
    if not folder.exists():
        return
    with files.alone(folder / _LOCK):
        if files.held(folder / _RUNNING):
            raise PracticeError(f"Practice Azure is being served from {folder}. Stop that process first.")
        for name in _OURS:
            (folder / name).unlink(missing_ok=True)


def look(folder: Path) -> Status:
    """What is kept there (see `wizard.practice.status`)."""
    path = folder / _DATABASE
    if not path.exists():
        return Status(exists=False)
    state = State(path)
    try:
        return Status(
            exists=True,
            world=state.meta_get("world") or "",
            counts=state.counts(),
            running=files.held(folder / _RUNNING),
        )
    finally:
        state.close()


def _world(state: State, asked: str | None) -> World:
    recorded = state.meta_get("world")
    if recorded is None:
        return load(asked or DEFAULT)
    if asked is not None and canonical(asked) != recorded:
        raise PracticeError(
            f"This practice Azure holds the world {recorded}, not {asked}. `azimuth practice reset` clears it away."
        )
    # The facts as they were: a world's file may have changed since.
    return World(recorded, json.loads(state.meta_get("facts") or "{}"))


def _seed(folder: Path, practice: Practice) -> None:
    """All or nothing: until the transaction ends nothing is recorded, and a next start begins anew."""
    from wizard.practice.arm.seed import seed
    from wizard.practice.seed import seed_directory

    secret = seed_directory(practice)
    seed(practice, practice.world.facts)
    files.write_private(folder / _SECRET, secret.encode())
    practice.state.meta_put("facts", json.dumps(dict(practice.world.facts)))
    practice.state.meta_put("world", practice.world.name)
