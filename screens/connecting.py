"""How a face that draws nothing gets at Azure: the cloud, the sign-in and the tenant, for the commands and the plain prompts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from screens.output import Output
from screens.passphrases import on_terminal
from wizard.azure.choose import open_cloud

if TYPE_CHECKING:
    from profiles.secrets import Secret
    from screens.settings import Settings
    from wizard.azure.clouds import Cloud
    from wizard.azure.sign_in import SignInPrompt
    from wizard.setup import Setup


def opened_cloud(settings: Settings, name: str = "") -> AbstractContextManager[Cloud]:
    """Return the cloud that was asked for, or the one of `name` (a profile's own), to be opened by a `with` block.

    Raises what `open_cloud` raises.
    """
    from profiles.locations import practice_folder

    named = settings.cloud or name or settings.cloud_or_public
    return open_cloud(
        named, practice_folder=practice_folder(), world=settings.world, time_scale=settings.time_scale
    )


@asynccontextmanager
async def connected(setup: Setup, output: Output, way: str = "") -> AsyncIterator[None]:
    """Sign in without asking, or by the way that was named, and connect a setup for as long as the block lasts.

    Raises:
        NotApproved: the profile holds what nobody here agreed to; nothing was sent.
        SignInNeeded: no way works; the error tells the reason of each.
        SignInFailed: Entra refused.
    """
    from wizard.azure.sign_in import sign_in, sign_in_unattended

    def prompt(shown: SignInPrompt) -> None:
        output.note(shown.message)

    if setup.passphrase is None:
        setup.passphrase = on_terminal()
    setup.see_approved()
    cloud = setup.cloud
    if way:
        signed_in = await sign_in(cloud, way, on_prompt=prompt)
    else:
        signed_in = await sign_in_unattended(cloud)
    try:
        await setup.connect(signed_in)
        await enter_tenant(setup)
        yield
    finally:
        await setup.close()
        await signed_in.close()


async def enter_tenant(setup: Setup) -> None:
    """Go into the tenant that was picked, once its name or domain has become an id.

    Raises:
        AzureProblem: that tenant can't be entered.
    """
    from wizard.shapes import is_guid

    walkthrough = setup.walkthrough
    if "tenant" not in walkthrough.given:
        return
    await walkthrough.check("tenant")
    if is_guid(walkthrough.answers.text("tenant")):
        await setup.enter_tenant()


class TenantDoor:
    """Goes into the picked tenant, once at a time: closing one connection and opening another is never broken off."""

    def __init__(self, setup: Callable[[], Setup]) -> None:
        self._setup = setup
        self._entering: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        """Go in; who stops waiting leaves it to end by itself.

        Raises:
            AzureProblem: that tenant can't be entered.
        """
        while self._entering is not None and not self._entering.done():
            await asyncio.wait({self._entering})
        self._entering = asyncio.create_task(enter_tenant(self._setup()))
        self._entering.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._entering)


def hand_over(setup: Setup, secrets: Mapping[str, Secret]) -> None:
    """Give the walkthrough secrets that came from the environment or a prompt; they stay in memory."""
    for key, secret in secrets.items():
        setup.walkthrough.record(key, secret.reveal())
