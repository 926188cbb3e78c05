"""Run as a child: Azimuth's own command line, while practice Azure's side notes each secret that it hands out.

The notes lie outside of everything that is swept. `LEAKS_FAULTS` (JSON) are practice Azure's faults, and
`LEAKS_BREAK` names what is made to break on our side, holding a secret in its hands.
"""

from __future__ import annotations

import functools
import json
import os
import secrets
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from screens import entry
from wizard.practice import client_secrets, faults, tokens

NOTES, FAULTS, BREAK = "LEAKS_NOTES", "LEAKS_FAULTS", "LEAKS_BREAK"


def note(kind: str, value: str) -> None:
    """Write down a secret that practice Azure gives away."""
    with open(os.environ[NOTES], "a", encoding="utf-8") as notes:  # noqa: PTH123 - nothing else is imported for it
        notes.write(json.dumps([kind, value]) + "\n")


def _spy() -> None:
    make, sign, pick = client_secrets.new_secret, tokens._sign, secrets.token_urlsafe

    def new_secret() -> str:
        value = make()
        note("client secret", value)
        return value

    def signed(*given: Any) -> str:
        token = sign(*given)
        note("access token", token.rpartition(".")[2])
        return token

    def picked(size: int | None = None) -> str:
        value = pick(size)
        if str(sys._getframe(1).f_globals["__name__"]).startswith("wizard.practice.entra"):
            note("refresh token or code", value)
        return value

    setattr(client_secrets, "new_secret", new_secret)  # noqa: B010 - before anybody imports the name
    setattr(tokens, "_sign", signed)  # noqa: B010 - as above
    setattr(secrets, "token_urlsafe", picked)  # noqa: B010 - as above


def _with_faults(given: str) -> None:
    parsed = faults.parse({"faults": json.loads(given)})
    begin = faults.Faults.__init__

    @functools.wraps(begin)
    def begun(self: faults.Faults, _given: Sequence[faults.Fault] = ()) -> None:
        begin(self, parsed)

    setattr(faults.Faults, "__init__", begun)  # noqa: B010 - the server makes it


def _break_put() -> None:
    """Make the secret store fail with the secret in the exception, as a careless library does."""
    from profiles.folder_vault import FolderVault

    def put(self: object, binding: object, secret: Any) -> None:
        held = secret.reveal()
        raise RuntimeError(f"could not keep {held}") from ValueError(held)

    setattr(FolderVault, "put", put)  # noqa: B010 - what a break is


def _break_keyring() -> None:
    """Be a keyring that passes its probe, and fails with the secret in its error."""
    from keyring.backends.SecretService import Keyring
    from keyring.errors import PasswordSetError

    held: dict[str, str] = {}

    def put(_self: object, service: str, _account: str, value: str) -> None:
        if '"probe"' not in value:
            raise PasswordSetError(f"can't keep {value}") from ValueError(value)
        held[service] = value

    for name, part in (
        ("priority", 5),
        ("set_password", put),
        ("get_password", lambda _self, service, _account: held.get(service)),
        ("delete_password", lambda _self, service, _account: held.pop(service, None)),
    ):
        setattr(Keyring, name, part)


def _kill_in_put() -> None:
    """Die in the middle of keeping a secret: its file is written and not yet in place."""
    replace = os.replace

    def replaced(source: Any, target: Any) -> None:
        if os.path.basename(str(target)).startswith("azimuth-"):  # noqa: PTH119 - a name alone
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    setattr(os, "replace", replaced)  # noqa: B010 - as above


def _break_screen(then: Callable[[str], None]) -> None:
    """Make F1 on the full screen fail while a typed secret is in a local variable."""
    from screens.app import AzimuthApp
    from screens.widgets.secret_input import SecretInput

    def action_help(self: AzimuthApp) -> None:
        typed = self.screen.query_one(SecretInput).value
        then(typed)

    setattr(AzimuthApp, "action_help", action_help)  # noqa: B010 - as above


def _raise(typed: str) -> None:
    raise LookupError(f"no help for {typed}")


def _abort(_typed: str) -> None:
    os.abort()


BREAKS: dict[str, Callable[[], None]] = {
    "put": _break_put,
    "keyring": _break_keyring,
    "kill": _kill_in_put,
    "screen": lambda: _break_screen(_raise),
    "abort": lambda: _break_screen(_abort),
}


if __name__ == "__main__":
    _spy()
    if os.environ.get(FAULTS):
        _with_faults(os.environ[FAULTS])
    if os.environ.get(BREAK):
        BREAKS[os.environ[BREAK]]()
    entry.main()
