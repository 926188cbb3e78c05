"""The commands of a hand-off, run by the real az as the administrator: the person's run goes on by itself."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from tests.apply.handed import setup, world
from tests.az.cli import Az
from wizard.apply.events import Event, Waiting
from wizard.apply.outcome import End
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.azure.choose import practice_cloud
from wizard.practice import az_config, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def bash(az: Az, folder: Path, text: str) -> None:
    """Run a script as a person does who pastes it."""
    (folder / "handoff.sh").write_text(text, encoding="utf-8")
    tools = f"{az._az.parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-eu", str(folder / "handoff.sh")],
        env=az.environment | {"PATH": tools},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


async def test_a_guest_s_run_goes_on_when_the_administrator_has_pasted_the_commands(tmp_path: Path) -> None:
    waits = asyncio.Event()

    def hear(event: Event) -> None:
        if isinstance(event, Waiting) and event.key.startswith("handoff:"):
            waits.set()

    folder = tmp_path / "azure"
    with start(folder, world=world(tmp_path, "guest")) as running, Az(running, tmp_path / "az") as az:
        owner = ("-u", running.client_id, "-p", running.client_secret, "--tenant", running.tenant)
        assert az("login --service-principal", *owner).code == 0
        cloud = practice_cloud(running, folder, az_config(running, folder / "person"))
        async with setup(cloud) as begun:
            run = asyncio.create_task(Run(begun, hear, watch=True, every=0.2).go())
            await waits.wait()
            pasted = [off.commands for off in (await preflight(begun)).handoffs]
            assert len(pasted) == 4
            for text in pasted:
                await asyncio.to_thread(bash, az, tmp_path, text)
            async with asyncio.timeout(60):
                outcome = await run
    assert (outcome.end, outcome.problem, outcome.ok) == (End.DONE, "", True)
    assert outcome.made[-1] == "user assigned identity later"
