"""Whoever comes second to a profile is told who is at it, may watch, and goes on when it ends, in every face."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from profiles.store import lock_path
from screens.apply import ApplyPage
from screens.dialogs import Ask
from screens.done import DonePage
from tests.commands.azimuth import COMMAND, ROOT, applied, azimuth, environment, lines
from tests.commands.test_json import differences, example
from tests.places.test_locks import held
from tests.rehearsal import Heard, himl, practice
from tests.screens.walks import resumed, review_of
from wizard.apply.events import Finished, Noted, Result, Started
from wizard.apply.following import follow, held_by, labels_of, sentence
from wizard.apply.run import Run


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - it comes from another process
            await asyncio.sleep(0.01)


async def test_what_the_other_one_does_is_told_until_it_ends(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup, himl(cloud) as other:
            assert (await Run(setup).go()).ok  # an earlier run is no part of what is watched
            heard = Heard()
            with other.alone():
                holder = held_by("demo")
                assert holder is not None
                assert f"process {os.getpid()} on" in sentence("demo", holder)
                watching = asyncio.create_task(
                    follow("demo", heard, labels_of(setup.walkthrough.plan()), every=0.01)
                )
                journal = other.journal
                await asyncio.sleep(1.01)  # the lock tells whole seconds
                journal.begin("app", "application")
                await _until(lambda: bool(heard.of(Started)))
                assert not watching.done()
                journal.done("app", "application", made=False, id="x")
                journal.begin("x", "Microsoft.Storage/storageAccounts", label="\x1b]0;x\x07")
            async with asyncio.timeout(60):
                await watching
    assert heard.of(Finished)[-1].result is Result.KEPT
    assert [event.label for event in heard.of(Started)][-2:] == [
        "application himl-vision",
        r"storage account \x1b]0;x\x07",
    ]


async def test_a_holder_that_is_stopped_is_told_and_one_that_is_killed_frees_the_profile(
    tmp_path: Path,
) -> None:
    heard = Heard()
    with held(lock_path("demo")) as (process, _):
        os.kill(process.pid, signal.SIGSTOP)
        watching = asyncio.create_task(follow("demo", heard, every=0.01))
        await _until(lambda: bool(heard.of(Noted)))
        assert f"kill -CONT {process.pid}" in heard.of(Noted)[0].text
        process.kill()
        async with asyncio.timeout(60):
            await watching
    assert held_by("demo") is None


def test_a_command_refuses_with_the_way_out_or_follows_and_goes_on() -> None:
    applied()
    with held(lock_path("demo")) as (process, _):
        told = azimuth("resume", "demo", "--yes")
        assert told.returncode == 1
        assert f"process {process.pid} on" in told.stderr
        assert "azimuth resume demo --watch follows it" in told.stderr
        first, error = lines("resume", "demo", code=1)
        assert differences(example("held"), first) == []
        assert (first["event"], first["pid"], first["stopped"]) == ("held", process.pid, False)
        assert error["error"]["kind"] == "profile"
        starter = str(ROOT / "profiles/starters/himl.toml")
        again = azimuth("apply", "himl", "--practice", "--answers", starter, "--profile", "demo", "--yes")
        assert (again.returncode, "carrying out profile demo" in again.stderr) == (1, True)
        with subprocess.Popen(
            [*COMMAND, "resume", "demo", "--watch", "--yes", "--json"],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as following:
            assert following.stdout is not None
            assert '"held"' in following.stdout.readline()
            process.kill()
            rest = following.communicate(timeout=120)[0]
        assert '{"event": "free", "profile": "demo"}' in rest
        assert following.returncode == 0


async def test_the_screen_says_who_is_at_it_watches_and_goes_on(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "4.1") as (person, page):
            await review_of(person)
            with page.setup.alone():
                await person.press("enter")
                shown = await person.at(ApplyPage)
                await person.see(
                    f"Another Azimuth (process {os.getpid()} on", "Nothing was begun here", "W watches it"
                )
                await person.press("w")
                await person.see("Watching; this one goes on when it ends", "safe to close")
                page.setup.journal.begin("app", "application")
                await person.see("running application himl-vision")
                await person.press("ctrl+c")
                await person.at(Ask)
                await person.see("Keep watching", "Watch no longer")
                await person.press("down", "enter")
                await person.see("W watches it")
                assert not shown.goes_on
                await person.press("w")
                await person.see("Watching; this one goes on when it ends")
            await person.at(DonePage)
            await person.see("proved")
