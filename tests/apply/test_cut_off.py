"""Cut off: rotate and undo die at a write, before it or right after it, and the next run comes to the one right end."""

from __future__ import annotations

import functools
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from profiles.folder_vault import FolderVault
from profiles.store import ProfileStore
from tests.apply.test_rotate import applied, live, reference, works
from tests.apply.test_undo import reopened, told
from tests.rehearsal import HIML, himl, practice, state_of
from wizard.apply import journal as journalling
from wizard.apply.outcome import Change
from wizard.apply.rotate import rotate
from wizard.apply.run import Run
from wizard.apply.undo import preview_undo, undo
from wizard.apply.verify import verify
from wizard.azure.arm import Arm
from wizard.azure.clouds import Cloud
from wizard.azure.graph import Graph

EVERY_POINT = os.environ.get("AZIMUTH_EVERY_POINT") == "1"
# What every sign-in leaves behind; an undo without purging leaves the recycle bin as well.
SIGNS = ("operation", "deviceCode", "authorizationCode", "refreshToken", "token")
TRACES = (*SIGNS, "deletedObject")


class _Killed(BaseException):
    """The process is gone: nothing catches it."""


class _Points:
    """Counts what is written, and dies before or after the write that is aimed at.

    Answers are saved beside a run of their own accord: without `saves`, dying then is not of it.
    """

    def __init__(self, patch: pytest.MonkeyPatch, *, saves: bool = True) -> None:
        self.count, self.die_at = 0, 0
        profile: tuple[tuple[Any, str], ...] = ((ProfileStore, "save"),) if saves else ()
        for owner, name in (
            (journalling, "append_line"),
            (FolderVault, "put"),
            (FolderVault, "delete"),
            *profile,
        ):
            patch.setattr(owner, name, self._around(getattr(owner, name)))
        patch.setattr(Graph, "_ask", self._around_asking(Graph._ask))
        patch.setattr(Arm, "delete", self._around_async(Arm.delete))

    def aim(self, at: int) -> None:
        self.count, self.die_at = 0, at

    def _pass(self) -> None:
        self.count += 1
        if self.count == self.die_at:
            raise _Killed

    def _around(self, do: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(do)
        def call(*given: Any, **named: Any) -> Any:
            self._pass()
            result = do(*given, **named)
            self._pass()
            return result

        return call

    def _around_async(self, do: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        @functools.wraps(do)
        async def call(*given: Any, **named: Any) -> Any:
            self._pass()
            result = await do(*given, **named)
            self._pass()
            return result

        return call

    def _around_asking(self, do: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        whole = self._around_async(do)

        async def call(graph: Graph, method: str, *given: Any, **named: Any) -> Any:
            return await (do if method == "GET" else whole)(graph, method, *given, **named)

        return call


def _step(usual: int) -> int:
    """How many writes lie between two kills; AZIMUTH_EVERY_POINT=1 kills at each (tests/crash kills by SIGKILL)."""
    return 1 if EVERY_POINT else usual


async def _judge(cloud: Cloud) -> None:
    async with himl(cloud) as setup:
        (left,) = await live(setup)
        where = reference(setup)
        value = setup.secret_store().get(where.binding)
        assert value is not None
        assert (left.name, left.key_id, left.hint) == ("himl", where.key_id, where.hint)
        assert value.reveal()[:3] == left.hint
        assert setup.journal.known()["secret"]["key_id"] == left.key_id
        assert setup.secret_store().get(where.binding.next) is None
        assert [m.fields["id"] for m in setup.journal.made() if m.kind == "client secret"] == [left.key_id]
        assert await works(setup)


async def test_killed_at_a_write_one_working_secret_is_stored_and_the_next_run_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = _Points(monkeypatch)
    with practice(tmp_path) as cloud:
        async with applied(cloud) as setup:
            assert (await verify(setup)).ok
        at = 1 - _step(2)
        while True:
            at += _step(2)
            async with himl(cloud) as setup:
                await setup.flush()
                points.aim(at)
                try:
                    outcome = await rotate(setup)
                except _Killed:
                    points.aim(0)
                else:
                    assert outcome.ok, outcome
                    break
                assert await works(setup), at
            async with himl(cloud) as setup:
                outcome = await (rotate(setup) if at % 4 < 2 else Run(setup).go())
                assert outcome.ok, (at, outcome)
            await _judge(cloud)
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            assert (await verify(setup)).ok
            assert (await undo(setup)).ok
    assert at > 20


async def test_killed_and_then_undone_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secret may be a half-made one in an application that stays."""
    points = _Points(monkeypatch)
    existing = {**HIML, "app_mode": "existing", "app_id": "legacy-training"}
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=TRACES)
        at = 1
        while True:
            async with applied(cloud, existing) as setup:
                binding = reference(setup).binding
                await setup.flush()
                points.aim(at)
                try:
                    await rotate(setup)
                except _Killed:
                    points.aim(0)
                else:
                    break
            async with himl(cloud, answers=existing) as setup:
                assert (await undo(setup)).ok
                for one in (binding, binding.next):
                    assert setup.secret_store().get(one) is None, at
            assert state_of(tmp_path, without=TRACES) == before, at
            at += _step(6)
    assert at > 20


async def test_an_undo_killed_at_a_write_goes_on_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = _Points(monkeypatch)
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=SIGNS)
        at = 1 - _step(7)
        while True:
            at += _step(7)
            async with applied(cloud) as setup:
                binding = setup.profile.secrets[0].binding
                await setup.flush()
                points.aim(at)
                try:
                    await undo(setup, purges=True)
                except _Killed:
                    points.aim(0)
                else:
                    break
            async with reopened(cloud) as setup:
                outcome = await undo(setup, purges=True)
                assert outcome.ok, (at, outcome)
                assert setup.secret_store().get(binding) is None
            assert state_of(tmp_path, without=SIGNS) == before, at
    assert at > 30


async def test_an_apply_killed_at_a_write_is_undone_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = _Points(monkeypatch, saves=False)
    with practice(tmp_path) as cloud:
        before = state_of(tmp_path, without=SIGNS)
        at = 1 - _step(4)
        while True:
            at += _step(4)
            async with himl(cloud) as setup:
                await setup.walkthrough.check_all()
                await setup.flush()
                points.aim(at)
                try:
                    await Run(setup).go()
                except _Killed:
                    points.aim(0)
                else:
                    break
            async with reopened(cloud) as setup:
                lines = await preview_undo(setup)
                outcome = await undo(setup, purges=True)
                assert outcome.ok, (at, outcome)
                assert set(told(lines, Change.REMOVE)) <= set(outcome.removed), at
            assert state_of(tmp_path, without=SIGNS) == before, at
    assert at > 15
