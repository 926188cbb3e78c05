"""``python -m tests.secrets.real_keyring FOLDER``, under a real Secret Service: a whole run, and one whose daemon is killed.

It prints what came of each, as JSON lines; tests/secrets/test_real_keyring.py reads them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from keyring.backends import SecretService

from profiles.environment import variables_of
from profiles.keyring_store import Backend, KeyringStore
from profiles.secrets import Secret, SecretStore, SecretStoreError
from tests.rehearsal import himl, practice
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.apply.verify import verify
from wizard.setup import Setup

if TYPE_CHECKING:
    from wizard.azure.clouds import Cloud

_NAME = "org.freedesktop.secrets"
_PASSWORD = b"test"  # the recipe's own
_SECRET = 3  # two probes are written before it


def _call(method: str) -> str:
    command = ["dbus-send", "--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/"]
    done = subprocess.run(
        [*command, f"org.freedesktop.DBus.{method}", f"string:{_NAME}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    return done.stdout


def kill_daemon() -> None:
    """Kill the daemon that has the name, as a crash does."""
    os.kill(int(_call("GetConnectionUnixProcessID").split()[-1]), signal.SIGKILL)


def revive_daemon() -> None:
    """Start it again, unlocked, in place of one that the bus may have started by itself."""
    for _ in range(50):
        if "true" in _call("NameHasOwner"):
            kill_daemon()
        subprocess.run(
            ["gnome-keyring-daemon", "--unlock", "--components=secrets"],
            input=_PASSWORD,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=20,
        )
        try:
            KeyringStore.open(patience=5).probe()
        except SecretStoreError:
            time.sleep(0.1)  # until it has the name; there is no event for that
        else:
            return
    raise SystemExit("the daemon did not come back")


class Mortal(SecretService.Keyring):
    """The real back end, whose daemon is killed once it has taken the client secret and before it gives it back."""

    writes = 0

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it, and let the daemon die at the right moment."""
        super().set_password(service, username, password)  # type: ignore[no-untyped-call] # keyring's own
        Mortal.writes += 1
        if Mortal.writes == _SECRET:
            kill_daemon()


def _mortal() -> Backend:
    return Mortal()  # type: ignore[no-untyped-call] # keyring's own


class Dying(Setup):
    """A setup whose keyring dies in the middle."""

    def secret_store(self) -> SecretStore:
        """The product's store over the real back end."""
        return KeyringStore(_mortal(), "Secret Service", patience=10)


async def _live(setup: Setup) -> list[str]:
    known = setup.journal.known()
    assert setup.azure is not None
    app = await setup.azure.graph.application(known["app"]["app_id"]) if "app" in known else None
    return [] if app is None else [password.key_id for password in app.passwords]


async def _whole(cloud: Cloud) -> dict[str, object]:
    async with himl(cloud, "whole") as setup:
        setup.store_choice = "keyring"
        preview = await preflight(setup)
        done = await Run(setup).go()
        again = await Run(setup).go()
        proved = await verify(setup)
        password = variables_of("whole")["HIML_SERVICE_PRINCIPAL_PASSWORD"]
        live = await _live(setup)
        (reference,) = setup.profile.secrets
        kept = setup.secret_store().get(reference.binding)
        undone = await undo(setup)
        after = KeyringStore.open().get(reference.binding)
    return {
        "flow": "whole",
        "blocked": preview.blocked,
        "done": done.ok,
        "again": again.end.value,
        "proved": proved.ok,
        "same": isinstance(password, Secret) and password == kept,
        "live": len(live),
        "listed": live == [reference.key_id],
        "store": reference.store,
        "undone": undone.ok,
        "forgotten": after is None,
    }


async def _killed(cloud: Cloud) -> dict[str, object]:
    async with himl(cloud, "killed", kind=Dying) as setup:
        preview = await preflight(setup)
        done = await Run(setup).go()
        live = await _live(setup)
        revive_daemon()
        again = await Run(setup).go()
        after = await _live(setup)
        proved = await verify(setup)
    return {
        "flow": "killed",
        "blocked": preview.blocked,
        "done": done.ok,
        "problem": done.problem,
        "live": len(live),
        "again": again.ok,
        "after": len(after),
        "proved": proved.ok,
    }


def main() -> None:
    """Run both, and print a line for each."""
    with practice(Path(sys.argv[1])) as cloud:
        for flow in (_whole, _killed):
            print(json.dumps(asyncio.run(flow(cloud))), flush=True)


if __name__ == "__main__":
    main()
