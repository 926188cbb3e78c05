"""Keyring back ends that lie, each in its own way, from a chosen write on; honest until then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from keyring import errors
from keyring.backends import null
from secretstorage import exceptions as service

from profiles.keyring_store import KeyringStore
from profiles.secrets import SecretStore
from wizard.setup import Setup

SENTINEL = "s3ntinel~value"
NEVER = 1_000_000


@dataclass
class Keeping:
    """A keyring in memory that lies from its `lies_from`th write on (never); the base of all that lie."""

    lies_from: int = NEVER
    writes: int = 0
    items: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def lies(self) -> bool:
        """Whether it has begun to lie."""
        return self.writes >= self.lies_from

    def get_password(self, service: str, username: str) -> str | None:
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.writes += 1
        if self.lies:
            self.lie(service, username, password)
        else:
            self.items[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.items:
            raise errors.PasswordDeleteError("not found")
        del self.items[service, username]

    def lie(self, service: str, username: str, password: str) -> None:
        """Do something else with a value than keep it."""
        self.items[service, username] = password

    def release(self) -> None:
        """Let whoever waits for it go."""


class Null(Keeping):
    """keyring's own null back end: it takes everything and has nothing."""

    def lie(self, service: str, username: str, password: str) -> None:
        null.Keyring().set_password(service, username, password)  # type: ignore[no-untyped-call] # keyring's own

    def get_password(self, service: str, username: str) -> str | None:
        return None if self.lies else super().get_password(service, username)


class Dropping(Keeping):
    """It keeps what it has, and drops what is new."""

    def lie(self, service: str, username: str, password: str) -> None:
        """Say nothing, keep nothing."""


class Truncating(Keeping):
    """It cuts what is long."""

    def lie(self, service: str, username: str, password: str) -> None:
        self.items[service, username] = password[:20]


class Hoarding(Keeping):
    """It forgets nothing."""

    def delete_password(self, service: str, username: str) -> None:
        if not self.lies:
            super().delete_password(service, username)


@dataclass
class Raising(Keeping):
    """It raises an error that quotes what it was given."""

    error: type[Exception] = errors.PasswordSetError

    def lie(self, service: str, username: str, password: str) -> None:
        raise self.error(f"while storing {password} for {username} of {service}")


@dataclass
class Locked(Keeping):
    """Somebody locks it: from then on nothing is written or read."""

    error: type[Exception] = errors.KeyringLocked

    def lie(self, service: str, username: str, password: str) -> None:
        raise self.error(f"Failed to unlock the collection! {password}")

    def get_password(self, service: str, username: str) -> str | None:
        if self.lies:
            raise self.error("Failed to unlock the collection!")
        return super().get_password(service, username)


@dataclass
class Hanging(Keeping):
    """It asks for its password in a window that nobody sees."""

    answered: threading.Event = field(default_factory=threading.Event)

    def lie(self, service: str, username: str, password: str) -> None:
        self.answered.wait()
        self.items[service, username] = password

    def release(self) -> None:
        self.answered.set()


class Dismissed(Keeping):
    """Its person closes the window that asks for the password."""

    def lie(self, service: str, username: str, password: str) -> None:
        raise errors.InitError("Failed to create the collection: Prompt dismissed..")


@dataclass
class Killed(Keeping):
    """Its daemon dies after it took the value and before it gives it back."""

    error: type[Exception] = ConnectionResetError

    def get_password(self, service: str, username: str) -> str | None:
        if self.lies:
            raise self.error("Connection reset by peer")
        return super().get_password(service, username)


class Bare(Exception):  # noqa: N818 - one of a back end's own
    """An error that nobody ever heard of."""


@dataclass(frozen=True)
class Lie:
    """One way of lying: its name, how to make such a back end, and how the store has to call it."""

    name: str
    backend: Callable[[int], Keeping]
    kind: str
    passes_writes: bool = False
    alike: bool = False  # to a whole run it is the same as another one of them


def _raising(error: type[Exception], kind: str, *, alike: bool = True) -> Lie:
    name = f"raises {error.__module__}.{error.__name__}"
    return Lie(name, lambda at: Raising(at, error=error), kind, alike=alike)


LIES = (
    Lie("null", Null, "broken"),
    Lie("drops", Dropping, "broken"),
    Lie("truncates", Truncating, "broken"),
    Lie("forgets nothing", Hoarding, "broken", passes_writes=True),
    _raising(errors.NoKeyringError, "none"),
    _raising(errors.KeyringLocked, "locked"),
    _raising(errors.InitError, "locked"),
    _raising(errors.PasswordSetError, "refused", alike=False),
    _raising(errors.KeyringError, "refused"),
    _raising(EOFError, "locked"),
    _raising(OSError, "broken"),
    _raising(ModuleNotFoundError, "broken"),
    _raising(service.LockedException, "locked"),
    _raising(service.PromptDismissedException, "locked"),
    _raising(service.SecretServiceNotAvailableException, "none"),
    _raising(service.ItemNotFoundException, "broken"),
    _raising(Bare, "broken", alike=False),
    Lie("locked", Locked, "locked"),
    Lie(
        "locked, by the service's own word",
        lambda at: Locked(at, error=service.LockedException),
        "locked",
        alike=True,
    ),
    Lie("hangs", Hanging, "locked"),
    Lie("prompt dismissed", Dismissed, "locked"),
    Lie("killed between set and get", Killed, "broken"),
    Lie("killed, told as locked", lambda at: Killed(at, error=errors.KeyringLocked), "locked", alike=True),
)


def over(backend: Keeping, *, patience: float = 0.3) -> KeyringStore:
    """The product's store over a back end; `patience` in seconds is short, for those that hang."""
    return KeyringStore(backend, "test", patience=patience)


def setup_over(backend: Keeping) -> type[Setup]:
    """A setup that keeps its secrets in a back end of the test's."""

    class Kept(Setup):
        def secret_store(self) -> SecretStore:
            return over(backend)

    return Kept
