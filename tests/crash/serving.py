"""Run as a child: practice Azure in a process of its own, which kills its client by SIGKILL once the nth request is done.

It prints one JSON line when it is ready. Each line of its standard input, ``PID N SCALE PATTERN``, arms the trap anew and
counts from one again (N = 0 only counts); only requests that fit the pattern, such as ``PUT .*/deployments/``, spring it, and
what the one that does begins takes its time by that scale. It answers with how many requests came since the last. It ends
when its input closes.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wizard import practice
from wizard.practice import server
from wizard.practice.kernel import Practice, Request
from wizard.practice.routing import Answer, Router


@dataclass(slots=True)
class Trap:
    """Which request is the last that a client lives to make; `seen` counts them."""

    client: int = 0
    at: int = 0
    scale: float = 0.0
    pattern: str = ""
    seen: int = 0
    fitting: int = 0

    def arm(self, client: str, at: str, scale: str, pattern: str) -> None:
        """Take another aim, and count anew."""
        self.client, self.at, self.scale, self.pattern = int(client), int(at), float(scale), pattern
        self.seen = self.fitting = 0

    def springs(self, request: Request) -> bool:
        """Count a request; whether it is the one."""
        self.seen += 1
        self.fitting += re.match(self.pattern, f"{request.method} {request.path}") is not None
        return bool(self.at) and self.fitting == self.at


def router_with(trap: Trap) -> type[Router]:
    """A router that does what it is asked, and kills who asked before it answers when the trap says so."""

    class Deadly(Router):
        def answer(self, practice: Practice, request: Request) -> Answer:
            usual, springs = practice.clock.scale, trap.springs(request)
            practice.clock.scale = trap.scale or usual if springs else usual
            answer = super().answer(practice, request)
            practice.clock.scale = usual
            if springs:
                with suppress(ProcessLookupError):
                    os.kill(trap.client, signal.SIGKILL)
            return answer

    return Deadly


def main(folder: Path, time_scale: float) -> None:
    """Serve until standard input closes."""
    trap = Trap()
    setattr(server, "Router", router_with(trap))  # noqa: B010 - the name that the server looks up
    with practice.start(folder, time_scale=time_scale) as running:
        az_config = practice.az_config(running, folder / "az")
        print(json.dumps({"url": running.url, "ca": str(running.ca), "az": str(az_config)}), flush=True)
        for line in sys.stdin:
            print(trap.seen, flush=True)
            trap.arm(*line.rstrip("\n").split(" ", 3))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
