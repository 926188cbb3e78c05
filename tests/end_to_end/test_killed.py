"""Killed at any line of the journal, the next run ends as an undisturbed one: nothing twice, one secret, and it is stored."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rehearsal import himl, practice
from wizard.apply.run import Run
from wizard.apply.undo import undo

ROOT = Path(__file__).parents[2]
LINES = 9  # begin and done of application, principal, secret and deployment, and the role assignment


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("line", range(1, LINES + 1))
async def test_the_next_run_ends_as_an_undisturbed_one(tmp_path: Path, line: int, when: str) -> None:
    child = [sys.executable, "-m", "tests.end_to_end.killed", str(tmp_path), str(line), when]
    died = await _run(child)
    assert died == -signal.SIGKILL
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            outcome = await Run(setup).go()
            assert outcome.ok, outcome
            assert setup.azure is not None
            named = await setup.azure.graph.applications("himl-vision")
            app = await setup.azure.graph.application(named[0].app_id)
            assert len(named) == 1
            assert app is not None
            assert [password.name for password in app.passwords] == ["himl"]
            stored = setup.secret_store().get(setup.profile.secrets[0].binding)
            assert stored is not None
            assert stored.reveal()[:3] == app.passwords[0].hint
            roles = await setup.azure.arm.role_assignments(
                setup.walkthrough.plan().resources[0].deploy_at,
                setup.journal.known()["principal"]["object_id"],
            )
            assert len(roles) == 1
            assert (await undo(setup)).ok
            assert await setup.azure.graph.applications("himl-vision") == []


async def _run(command: list[str]) -> int:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return await process.wait()
