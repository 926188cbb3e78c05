"""A practice Azure in this process that can be set back, a home folder, and the judging of one disturbed run."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from tests.crash.judging import Picture, picture
from tests.faults.conditions import Condition
from tests.faults.flows import Told, carry_out, going_on
from tests.faults.judging import difference, wrong_meanwhile
from tests.faults.operations import Operation, operation_of
from tests.playing import Flow
from tests.rehearsal import Rows, restore, snapshot, state_of
from wizard.azure.choose import practice_cloud
from wizard.azure.clouds import Cloud
from wizard.practice import az_config, start
from wizard.practice.faults import Fault
from wizard.practice.launcher import Running

HURRY = 1.0
"""Seconds that an answer may take where none ever comes."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A flow on the brink of its run: Azure and home as they were, what it uses, and how it ends undisturbed."""

    flow: Flow
    azure: Rows
    home: Path
    before: Mapping[tuple[str, str], str]
    operations: Mapping[Operation, int]
    wanted: Picture


class Stage:
    """One practice Azure and one home folder, for one run after the other."""

    def __init__(self, folder: Path, running: Running) -> None:
        self.folder = folder
        self.running = running
        self.home = folder / "home"
        served = practice_cloud(running, running.ca.parent, az_config(running, running.ca.parent / "az"))
        self.cloud: Cloud = replace(served, secret_folder=self.home / "secrets")
        self.pristine = snapshot(running.ca.parent)
        self._turn = 0

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Self]:
        """A stage in a new folder; the process' home is in it meanwhile."""
        kept = {name: os.environ.get(name) for name in ("HOME", "AZIMUTH_HOME")}
        with start(folder / "practice") as running:
            stage = cls(folder, running)
            mask = os.umask(0o077)
            try:
                yield stage
            finally:
                os.umask(mask)
                for name, value in kept.items():
                    os.environ.pop(name, None)
                    if value is not None:
                        os.environ[name] = value

    def prepare(self, flow: Flow) -> Prepared:
        """Do what comes before a flow, then the flow itself undisturbed, listening which operations it uses."""
        self._move_in()
        restore(self.running.ca.parent, self.pristine)
        before = state_of(self.running.ca.parent)
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o700)
        for command in flow.first:
            self._expect(flow, command)
        saved = self.folder / f"saved {flow.name}"
        shutil.rmtree(saved, ignore_errors=True)
        shutil.copytree(self.home, saved)
        azure = snapshot(self.running.ca.parent)
        heard: list[Operation] = []
        self.running.faults.listener = lambda request: heard.append(operation_of(request))
        self._expect(flow, flow.command)
        self.running.faults.listener = lambda _request: None
        end = self._look(before)
        if end.bad:
            raise AssertionError(end.bad)
        return Prepared(flow, azure, saved, before, Counter(heard), end)

    def disturb(self, at: Prepared, faults: Sequence[Fault], *, hurried: bool = False) -> tuple[str, ...]:
        """Run the flow with these faults, then go on without them; return what is wrong."""
        self._reset(at)
        self.running.faults.replace(faults)
        cloud = replace(self.cloud, answer_seconds=HURRY) if hurried else self.cloud
        told = carry_out(at.flow, at.flow.command, cloud, self.home)
        met = sum(one["met"] for one in self.running.faults.shown()["faults"])
        self.running.faults.replace(())
        # In a hurry, a slow machine may give up on an earlier answer already; and not all that is written is read again.
        surely = not hurried and any(not fault.since for fault in faults)
        bad = [] if met or not surely else ["the fault was never met"]
        bad += self._meanwhile(at, told)
        return (*bad, *self.recovered(at))

    def under(self, at: Prepared, condition: Condition) -> tuple[str, ...]:
        """Run the flow under a condition, then go on without it; return what is wrong."""
        self._reset(at)
        with contextmanager(condition.arranged)(self) as cloud:
            told = carry_out(at.flow, at.flow.command, cloud, self.home)
        return (*self._meanwhile(at, told), *self.recovered(at, condition.command))

    def recovered(self, at: Prepared, command: str = "") -> tuple[str, ...]:
        """Go on from a new process' view, without any fault; return how the end differs from the right one."""
        self._turn += 1
        command = command or going_on(at.flow, self._turn)
        told = carry_out(at.flow, command, self.cloud, self.home)
        if not told.ok:
            return (f"{command} afterwards: {told.problem} {told.mend} {told.broken}",)
        end = self._look(at.before)
        return (*end.bad, *difference(at.wanted, end))

    def _meanwhile(self, at: Prepared, told: Told) -> list[str]:
        return wrong_meanwhile(at.flow, told, at.before, state_of(self.running.ca.parent))

    def _expect(self, flow: Flow, command: str) -> None:
        told = carry_out(flow, command, self.cloud, self.home)
        if not told.ok:
            raise AssertionError(f"{flow.name}, undisturbed {command}: {told.everything}")

    def _look(self, before: Mapping[tuple[str, str], str]) -> Picture:
        after = state_of(self.running.ca.parent)
        return asyncio.run(picture(self.cloud, self.home, before, after))

    def _reset(self, at: Prepared) -> None:
        self._move_in()
        restore(self.running.ca.parent, at.azure)
        shutil.rmtree(self.home)
        shutil.copytree(at.home, self.home)

    def _move_in(self) -> None:
        os.environ |= {"HOME": str(self.home), "AZIMUTH_HOME": str(self.home / "azimuth")}
