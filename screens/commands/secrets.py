"""`azimuth secrets`: where secrets are kept on this machine and why there, whether that works, and the vault's passphrase."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from profiles.choosing import choose
from profiles.file_vault import RULE, FileVault, passphrase_fault, vault_path
from profiles.keyrings import allowed, refused
from profiles.passphrase import FILE_VARIABLE, opened_vault
from profiles.secrets import SecretStoreError, open_store
from profiles.store import ProfileStore
from screens import json_shapes
from screens.commands.options import common
from screens.faults import DONE, FAILED, Refused
from screens.passphrases import chosen, on_terminal
from screens.settings import Settings
from screens.terminal import Sign
from screens.tty import Interrupted, NoTerminal, Terminal

if TYPE_CHECKING:
    from typing import Any

    from profiles.choosing import Choice
    from profiles.secrets import Secret
    from screens.output import Output


@click.group(invoke_without_command=True)
@common
@click.pass_context
def secrets(ctx: click.Context, settings: Settings) -> int | None:
    """Tell where secrets are kept on this machine, why there, and why nowhere else."""
    return None if ctx.invoked_subcommand else _status(settings)


def _choice(settings: Settings) -> Choice:
    from wizard.azure.choose import usual_store

    return choose(settings.secret_store, "", usual_store(settings.cloud_or_public))


def _status(settings: Settings) -> int:
    output, choice = settings.output, _choice(settings)
    keyrings = [
        {"keyring": one.label, "usable": one.backend is not None, "reason": one.reason} for one in allowed()
    ]
    others = [one._asdict() for one in refused()]
    vault = FileVault(vault_path())
    shape: dict[str, Any] = {
        "store": choice.kind,
        "why": choice.why,
        "keyrings": keyrings,
        "refused": others,
        "vault": {
            "path": vault.path,
            "exists": vault.exists,
            "passphrase_file": os.environ.get(FILE_VARIABLE),
        },
        "kept": _kept(),
    }
    output.document(shape)
    if not output.as_json:
        _tell(output, shape)
    return DONE


def _kept() -> list[dict[str, Any]]:
    store = ProfileStore()
    readable = [store.load(line.name) for line in store.list() if not line.broken]
    return [{"profile": one.name, **expiry} for one in readable for expiry in json_shapes.expiries(one)]


def _tell(output: Output, shape: dict[str, Any]) -> None:
    output.say(f"New secrets go to: {shape['store']}  ({shape['why']})", "strong")
    output.say("Keyrings that Azimuth trusts:")
    for one in shape["keyrings"]:
        if one["usable"]:
            output.tell(Sign.DONE, f"{one['keyring']}: is here; azimuth secrets check tries it", "good")
        else:
            output.tell(Sign.NOT_NEEDED, f"{one['keyring']}: {one['reason']}", "quiet")
    if shape["refused"]:
        output.say("Others that are here, and not used:")
    for one in shape["refused"]:
        output.tell(Sign.WRONG, f"{one['name']} ({one['how']}) {one['reason']}", "warn")
    vault = shape["vault"]
    there = "is there" if vault["exists"] else "is made when it is first used"
    opened = (
        f"its passphrase is in {vault['passphrase_file']}"
        if vault["passphrase_file"]
        else "you are asked for its passphrase"
    )
    output.say(f"Vault: {vault['path']} {there}; {opened}. Take it by --secret-store vault.")
    output.say("Once: --secret-store once shows a new secret, and keeps it nowhere.")
    for one in shape["kept"]:
        output.say(f"  {one['profile']:20} {one['variable']} in {one['store']}")


@secrets.command()
@common
def check(settings: Settings) -> int:
    """Try the store: write a throw-away item, read it back, delete it. The vault asks for its passphrase."""
    output, choice = settings.output, _choice(settings)
    try:
        store = open_store(choice.kind, passphrase=on_terminal())
        store.probe()
    except SecretStoreError as refusal:
        output.document(
            {"store": choice.kind, "why": choice.why, "ok": False, "kind": refusal.kind, "what": str(refusal)}
        )
        output.tell(Sign.WRONG, f"{choice.kind}: {refusal}", "bad")
        if choice.kind in {"keyring", "best"}:
            output.say("Unlock or install a keyring, or take --secret-store vault or once.")
        return FAILED
    output.document({"store": store.name, "why": choice.why, "ok": True, "kind": "", "what": store.label})
    output.tell(Sign.DONE, f"{store.label}: an item was written, read back and deleted.", "good")
    return DONE


@secrets.command()
@common
def passphrase(settings: Settings) -> int:
    """Change the vault's passphrase. The old one is asked for first, then the new one twice."""
    if not FileVault(vault_path()).exists:
        raise Refused(
            "There is no vault yet: --secret-store vault makes one when a secret is first kept.", code=FAILED
        )
    vault = opened_vault(None, on_terminal())
    vault.probe()
    vault.change(_new())
    settings.output.say("The vault has the new passphrase.", "good")
    if named := os.environ.get(FILE_VARIABLE):
        settings.output.say(f"{named} still holds the old one: put the new one there.", "warn")
    return DONE


def _new() -> Secret:
    """Ask for a new passphrase that is long enough. Raises Refused, KeyboardInterrupt."""
    try:
        with Terminal() as terminal:
            terminal.say(f"The new passphrase: {RULE}.")
            while True:
                typed = chosen(terminal)
                if not (fault := passphrase_fault(typed)):
                    return typed
                terminal.say(fault)
    except NoTerminal:
        raise Refused("A new passphrase is asked for at a terminal, and there is none.") from None
    except Interrupted:
        raise KeyboardInterrupt from None
