"""Practice Azure: a loopback server that speaks Entra, Graph and ARM. It imports nothing of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wizard.practice.clock import Clock
    from wizard.practice.faults import Fault
    from wizard.practice.launcher import Running, Status

__all__ = ["az_config", "reset", "start", "status"]


def start(
    folder: Path,
    *,
    world: str | None = None,
    time_scale: float = 0.0,
    port: int = 0,
    clock: Clock | None = None,
    faults: Sequence[Fault] = (),
) -> Running:
    """Serve practice Azure on 127.0.0.1 in a daemon thread, with its state in `folder` (0700, files 0600).

    Several processes may serve the same folder at the same time.

    Args:
        folder: made if need be.
        world: a name or the path of a JSON file, recorded at the first start; None means the recorded one, else
            `default`.
        time_scale: how long operations last compared with Azure: 0 is at once, 1 is lifelike.
        port: 0 takes a free one.
        clock: instead of the wall clock and `time_scale`.
        faults: what goes wrong on request (see `faults.read`); they can be changed at `/practice/faults`.

    Raises:
        launcher.PracticeError: the folder holds another world.
        worlds.WorldError: there is no such world.
        OSError: the port is in use, or the folder cannot be written.
    """
    from wizard.practice.clock import Clock
    from wizard.practice.launcher import launch

    return launch(folder, world, clock or Clock(time_scale), port, faults)


def reset(folder: Path) -> None:
    """Remove all that practice Azure keeps in `folder`, and nothing else.

    Raises:
        launcher.PracticeError: it is being served by some process.
    """
    from wizard.practice.launcher import erase

    erase(folder)


def status(folder: Path) -> Status:
    """What is kept in `folder`; nothing is made or changed."""
    from wizard.practice.launcher import look

    return look(folder)


def az_config(running: Running, folder: Path) -> Path:
    """Write the two files by which `az` uses this server, for `AZURE_CONFIG_DIR=folder`.

    `REQUESTS_CA_BUNDLE` must be set to `running.ca` besides.
    """
    from wizard.practice.azcli import write_az_config

    return write_az_config(running.url, folder)
