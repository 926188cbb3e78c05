"""The harness: runs a flow as a child, kills it at one point, lets it be done again, and judges the end."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.crash.flows import carry_out, going_on
from tests.crash.judging import Documents, Picture, picture
from tests.crash.points import APPLIED, Point, Points
from tests.crash.world import World
from tests.playing import Flow
from wizard.apply.events import Event, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wizard.azure.clouds import Cloud

Counts = Mapping[str, int]
_MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
_SHOWN = 6
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Ran:
    """How one child ended: killed, or with how many points of each kind it passed, and what it told."""

    killed: bool
    counts: Counts = field(default_factory=dict)
    ok: bool = False
    told: str = ""
    found: tuple[str, ...] = ()
    end: Picture | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a round of kills came out; `reached` counts the kills that struck."""

    reached: int
    bad: tuple[str, ...] = ()


class Harness:
    """One practice Azure, one home folder, and one flow at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._home = folder / "home"
        self._saved = folder / "saved"
        self._world = World(folder / "practice")
        self._pristine = self._world.snapshot()
        self.cloud: Cloud = replace(self._world.cloud, secret_folder=self._home / "secrets")
        self._loaded = False

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """A harness in a new folder, in memory where there is such a place."""
        base = _MEMORY if os.access(_MEMORY, os.W_OK) else None
        with tempfile.TemporaryDirectory(prefix="azimuth-crash-", dir=base) as name:
            harness = cls(Path(name))
            with harness._world:
                yield harness

    def begin(self, flow: Flow) -> tuple[Counts, Picture]:
        """Prepare a flow, run it undisturbed, and return its points and its end."""
        self.flow = flow
        self._world.restore(self._pristine)
        self._before: Documents = self._world.documents()
        shutil.rmtree(self._saved, ignore_errors=True)
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir(mode=0o700)
        self._load(flow)
        for command in flow.first:
            self._expect(self._run(command))
        shutil.copytree(self._home, self._saved)
        self._start = self._world.snapshot()
        ran = self._expect(self._run(flow.command))
        end = self._look()
        if end.bad:
            raise AssertionError(end.bad)
        self.wanted = end
        return ran.counts, end

    def round(self, points: tuple[Point, ...], turn: int) -> Verdict:
        """Kill the flow at the first point, its recovery at the second, and so on; then let it end, and judge."""
        self._reset()
        reached, command = 0, self.flow.command
        for point in points:
            ran = self._run(command, point)
            reached += ran.killed
            if not ran.killed and not ran.ok:
                return Verdict(reached, (f"not killed, and yet: {ran.told}",))
            command = self._then(turn)
        ran = self._run(command)
        if ran.killed or not ran.ok:
            return Verdict(reached, (f"{command} after it: {ran.told}",))
        return Verdict(reached, self._judged())

    def _load(self, flow: Flow) -> None:
        """Import what a first child needed, so that every later one has it from its birth."""
        if self._loaded:
            return
        ran = self._forked(
            lambda: carry_out(flow, "apply", self.cloud, self._home),
            lambda _: {"ok": True, "told": " ".join(sys.modules)},
        )
        for name in ran.told.split():
            with suppress(ImportError):
                importlib.import_module(name)
        self._loaded = True
        shutil.rmtree(self._home)
        self._home.mkdir(mode=0o700)
        self._world.restore(self._pristine)

    def left_running(self, command: str, pattern: str, scale: float = 0.0) -> None:
        """Kill a command when its first request that fits is done; what that began takes its time by `scale`."""
        assert self._run(command, Point(APPLIED, 1), pattern, scale).killed

    def resumed(self) -> Ran:
        """Go on by `azimuth resume`, undisturbed."""
        return self._expect(self._run("resume"))

    def ends_as_undisturbed(self) -> tuple[str, ...]:
        """What is otherwise than at the end of the undisturbed run."""
        return self._judged()

    def documents(self, kind: str) -> list[dict[str, Any]]:
        """What Azure has of a kind."""
        return [json.loads(body) for (own, _), body in self._world.documents().items() if own == kind]

    def again(self, flow: Flow) -> None:
        """Set everything back to how it was before the flow began."""
        self.flow = flow
        self._reset()

    def end_with_a_foreign_secret(self) -> Picture:
        """Judge an end that has a secret too many, to see that the judge minds."""
        rows, meta = self._world.snapshot()
        copies = [
            ("secret", f"{folded}-2", f"{key}-2", body)
            for kind, folded, key, body in rows
            if kind == "secret"
        ]
        self._world.restore(([*rows, *copies], meta))
        return self._look()

    def _then(self, turn: int) -> str:
        with self._at_home():
            return going_on(self.flow, turn)

    def _judged(self) -> tuple[str, ...]:
        end = self._look()
        lost = [f"- {line[:300]}" for line in self.wanted.shown if line not in end.shown]
        more = [f"+ {line[:300]}" for line in end.shown if line not in self.wanted.shown]
        return (*end.bad, *lost[:_SHOWN], *more[:_SHOWN])

    def _look(self) -> Picture:
        """See how it ended, in a child: signing in starts threads, and a process with threads must not fork."""
        after = self._world.documents()
        ran = self._forked(lambda: picture(self.cloud, self._home, self._before, after), _as_picture)
        if ran.end is None:
            raise AssertionError(ran.told)
        return ran.end

    def _reset(self) -> None:
        self._world.restore(self._start)
        shutil.rmtree(self._home)
        shutil.copytree(self._saved, self._home)

    # Children

    def _run(self, command: str, at: Point | None = None, pattern: str = "", scale: float = 0.0) -> Ran:
        heard: list[str] = []

        def hear(event: Event) -> None:
            if isinstance(event, Found):
                heard.append(f"{event.stands.value} {event.label}")

        return self._forked(
            lambda: carry_out(self.flow, command, self.cloud, self._home, hear),
            lambda outcome: {
                "ok": outcome.ok,
                "told": f"{outcome.end}: {outcome.problem} {outcome.mend}",
                "found": heard,
            },
            at,
            pattern,
            scale,
        )

    def _expect(self, ran: Ran) -> Ran:
        if not ran.ok:
            raise AssertionError(f"{self.flow.name}, undisturbed: {ran.told}")
        return ran

    def _forked(
        self,
        job: Callable[[], Any],
        tell: Callable[[Any], dict[str, Any]],
        at: Point | None = None,
        pattern: str = "",
        scale: float = 0.0,
    ) -> Ran:
        """Do a job in a forked child. This process has neither threads nor an event loop, so that it can be forked."""
        reading, writing = os.pipe()
        going, go = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.close(go)
            os.read(going, 1)
            self._live(job, tell, at, writing)
        os.close(writing)
        os.close(going)
        self._world.trap(child, at.number if at is not None and at.kind == APPLIED else 0, pattern, scale)
        os.write(go, b"1")
        os.close(go)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(child, 0)
        requests = self._world.trap()
        return _read(told, status, requests)

    def _live(
        self, job: Callable[[], Any], tell: Callable[[Any], dict[str, Any]], at: Point | None, pipe: int
    ) -> None:
        """The life of a child, which ends here."""
        signal.alarm(_LONGEST)
        points = Points(str(self._home), at)
        try:
            self._move_in()
            points.install()
            told = tell(asyncio.run(job()))
        except BaseException:  # noqa: BLE001 - told by the parent
            told = {"ok": False, "told": traceback.format_exc()}
        told["counts"] = dict(points.counts)
        with os.fdopen(pipe, "wb") as writing:
            writing.write(json.dumps(told).encode())
        os._exit(0)

    def _move_in(self) -> None:
        os.environ["HOME"] = str(self._home)
        os.environ["AZIMUTH_HOME"] = str(self._home / "azimuth")
        os.umask(0o077)
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123 - until the child ends

    @contextmanager
    def _at_home(self) -> Iterator[None]:
        before = os.environ.get("AZIMUTH_HOME")
        os.environ["AZIMUTH_HOME"] = str(self._home / "azimuth")
        try:
            yield
        finally:
            os.environ.pop("AZIMUTH_HOME")
            if before is not None:
                os.environ["AZIMUTH_HOME"] = before


def _as_picture(end: Picture) -> dict[str, Any]:
    return {"ok": True, "shown": end.shown, "bad": end.bad}


def _read(told: bytes, status: int, requests: int) -> Ran:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return Ran(killed=True)
    if not told:
        return Ran(killed=False, told=f"the child ended with status {status}")
    found = json.loads(told)
    counts = {**found["counts"], APPLIED: requests}
    end = Picture(tuple(found["shown"]), tuple(found["bad"])) if "shown" in found else None
    return Ran(
        killed=False,
        counts=counts,
        ok=found["ok"],
        told=found.get("told", ""),
        found=tuple(found.get("found", ())),
        end=end,
    )
