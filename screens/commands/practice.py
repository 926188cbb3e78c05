"""`azimuth practice`: serving practice Azure by itself for az, SDKs and demos, clearing it away, and what it holds."""

from __future__ import annotations

import json
import os
import select
import signal
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from profiles.locations import practice_folder, practice_home
from screens.commands.options import common
from screens.faults import DONE
from screens.settings import Settings

if TYPE_CHECKING:
    from wizard.practice.faults import Fault
    from wizard.practice.launcher import Running


@click.group(invoke_without_command=True)
@common
@click.pass_context
def practice(ctx: click.Context, settings: Settings) -> int | None:
    """Practice Azure by itself: serve, reset or status."""
    return None if ctx.invoked_subcommand else _status(settings)


@practice.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What goes wrong, as docs/faults.md tells.",
)
@common
def serve(settings: Settings, port: int, faults: Path | None) -> int:
    """Serve until Ctrl+C or SIGTERM, or the end of a piped standard input. With --json one line says that it is ready."""
    from wizard import practice as azure

    folder = practice_folder()
    # SIGTERM while serving ends the wait, not the clean-up.
    reading, writing = os.pipe()
    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, lambda *_: os.write(writing, b"."))
    wrong = _faults(faults) if faults else ()
    with azure.start(
        folder, world=settings.world, time_scale=settings.time_scale, port=port, faults=wrong
    ) as running:
        az_folder = azure.az_config(running, folder / "az-served")
        if settings.as_json:
            sys.stdout.write(json.dumps(_ready(running, az_folder)) + "\n")
            sys.stdout.flush()
        else:
            _explain(settings, running, az_folder)
        _wait(reading)
    return DONE


def _faults(path: Path) -> tuple[Fault, ...]:
    from wizard.practice.faults import FaultError, read

    try:
        return read(path)
    except FaultError as fault:
        raise click.BadParameter(str(fault), param_hint="--faults") from fault


def _ready(running: Running, az_folder: Path) -> dict[str, str]:
    return {
        "url": running.url,
        "ca": str(running.ca),
        "az_config_dir": str(az_folder),
        "tenant": running.tenant,
        "subscription": running.subscription,
        "client_id": running.client_id,
        "client_secret": running.client_secret,
        "admin_token_file": str(running.ca.parent / "admin_token"),
    }


def _explain(settings: Settings, running: Running, az_folder: Path) -> None:
    say = settings.output.say
    say(f"Practice Azure (world {running.world}) answers at {running.url}", "strong")
    say("For az, in another terminal:")
    say(f"  export AZURE_CONFIG_DIR={az_folder} REQUESTS_CA_BUNDLE={running.ca}")
    say(f"  az login --use-device-code        signs in as {running.person}")
    secret_file = running.ca.parent / "client_secret"
    say(
        f'  az login --service-principal -u {running.client_id} -p "$(cat {secret_file})" --tenant {running.tenant}'
    )
    say("For SDKs:")
    say(f"  authority {running.url} without instance discovery; base_url {running.url}; CA {running.ca}")
    say(f"  tenant {running.tenant}, subscription {running.subscription}")
    say(
        f"Faults on request: {running.url}/practice/faults with the token in {running.ca.parent / 'admin_token'}"
    )
    say("It serves until Ctrl+C.", "quiet")


def _wait(stop: int) -> None:
    """Wait for a signal, or until who holds the other end of a piped standard input lets go of it."""
    watched = [stop]
    if sys.stdin is not None and stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        watched.append(sys.stdin.fileno())
    while True:
        ready, _, _ = select.select(watched, [], [])
        if stop in ready or not os.read(ready[0], 4096):
            return


@practice.command()
@common
def reset(settings: Settings) -> int:
    """Clear away all that practice Azure keeps. Profiles made with it stay, and can be applied again."""
    from wizard import practice as azure

    azure.reset(Path(practice_home()))
    settings.output.say("Practice Azure is as new.")
    return DONE


@practice.command()
@common
def status(settings: Settings) -> int:
    """Say which world practice Azure holds, what is in it, and whether it is served."""
    return _status(settings)


def _status(settings: Settings) -> int:
    from wizard import practice as azure

    folder = Path(practice_home())
    held = azure.status(folder)
    output = settings.output
    output.document(
        {
            "exists": held.exists,
            "world": held.world,
            "running": held.running,
            "folder": str(folder),
            "counts": dict(held.counts),
        }
    )
    if output.as_json:
        return DONE
    if not held.exists:
        output.say("Practice Azure holds nothing yet.")
        return DONE
    output.say(f"World {held.world} in {folder}; {'served now' if held.running else 'not served'}.")
    for kind, count in sorted(held.counts.items()):
        output.say(f"  {count:4} {kind}")
    return DONE
