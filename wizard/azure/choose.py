"""Which cloud is meant: the only place that knows practice Azure, which the rest sees as one more cloud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from wizard.azure.clouds import Cloud, cloud_named

if TYPE_CHECKING:
    from pathlib import Path

    from wizard.practice.launcher import Running

PRACTICE = "practice"
_PRACTICE_STORE = "practice-folder"
_FASTEST = 0.002
"""Where everything is done at once, nobody needs to wait for it; a little all the same, for the machine's sake."""


def open_cloud(
    name: str, *, practice_folder: Path, world: str | None = None, time_scale: float = 0.0
) -> AbstractContextManager[Cloud]:
    """Return the cloud of a name, open for as long as the block lasts; "practice" is served by this process meanwhile.

    Nothing is served before the block begins; what it raises then is told by `_served`.

    Raises:
        UnknownCloud: nothing is called so; the known names are listed.
    """
    if name.strip().lower() != PRACTICE:
        return nullcontext(cloud_named(name))
    return _served(practice_folder, world, time_scale)


def check_known(name: str) -> None:
    """See that a cloud of this name can be opened, without opening it.

    Raises:
        UnknownCloud: nothing is called so; the known names are listed.
    """
    if name.strip().lower() != PRACTICE:
        cloud_named(name)


def usual_store(name: str) -> str:
    """Where secrets of a cloud go unless somebody chooses otherwise, told without opening it.

    Raises:
        UnknownCloud: nothing is called so; the known names are listed.
    """
    return _PRACTICE_STORE if name.strip().lower() == PRACTICE else cloud_named(name).secret_store


@contextmanager
def _served(folder: Path, world: str | None, time_scale: float) -> Iterator[Cloud]:
    """Serve practice Azure for as long as the block lasts.

    Raises:
        wizard.practice.launcher.PracticeError, OSError: practice Azure can't be served from the folder.
    """
    from wizard import practice

    with practice.start(folder, world=world, time_scale=time_scale) as running:
        az_config = practice.az_config(running, folder / "az")
        yield practice_cloud(running, folder, az_config)


def practice_cloud(running: Running, folder: Path, az_config: Path) -> Cloud:
    """Describe a practice Azure that is being served.

    A service principal in the environment is no way in: it would be a real one, and its secret is not practice's.
    """
    return Cloud(
        name=PRACTICE,
        label="practice Azure",
        arm=running.url,
        login=running.url,
        graph=running.url,
        portal=running.url,
        studio=running.url,
        storage_suffix="core.practice.invalid",
        arm_audience="https://management.core.windows.net//.default",
        graph_audience=f"{running.url}/.default",
        az_name="PracticeAzure",
        blob=f"{running.url}/blob.core.windows.net/{{account}}",
        ca=running.ca,
        instance_discovery=False,
        sign_in_ways=("device", "browser", "cli"),
        unattended=("device",),
        secret_store=_PRACTICE_STORE,
        secret_folder=folder / "secrets",
        az_config=az_config,
        banner="PRACTICE",
        option="--practice",
        pace=lambda: min(1.0, max(_FASTEST, running.time_scale)),
    )
