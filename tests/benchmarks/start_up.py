"""How long it takes to start: `azimuth env` over `python -c pass`, and the first frame over a hello-world Textual app.

``python -m tests.benchmarks.start_up`` prints the ratios. The best of several runs counts: what else the machine does only adds.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.commands.azimuth import ROOT, STARTER

RUNS = 15
FRAME = "Go on, or begin"
_PATIENCE = 30.0
# What pip writes for the console script, but for the path.
_SCRIPT = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from screens.entry import main; sys.exit(main())"
_HELLO = """
from textual.app import App
from textual.widgets import Label
class Hello(App):
    def compose(self):
        yield Label("HELLO-MARK")
Hello().run()
"""


class Compared(NamedTuple):
    """Two best times in seconds."""

    ours: float
    other: float

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.ours / self.other


@contextmanager
def compiled(env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Give an environment in which Python finds its modules compiled, as an installed program does."""
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: value for name, value in env.items() if name != "PYTHONDONTWRITEBYTECODE"}
        yield {**kept, "PYTHONPYCACHEPREFIX": folder}


def best(command: Sequence[str], env: Mapping[str, str], runs: int = RUNS) -> float:
    """Return the shortest whole-process time."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    return min(times)


def first_frame(command: Sequence[str], marker: str, env: Mapping[str, str]) -> float:
    """Return the time from the start of a process to a text on its terminal of 80x24."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        screen = {"COLUMNS": "80", "LINES": "24", "TERM": "xterm-256color"}
        os.execvpe(command[0], list(command), {**env, **screen})  # noqa: S606 - our own command
    seen = b""
    try:
        while marker.encode() not in seen:
            if not select.select([terminal], [], [], _PATIENCE)[0]:
                raise TimeoutError(f"{marker} did not appear")
            seen += os.read(terminal, 65536)
        return time.perf_counter() - began
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def env_over_pass(env: Mapping[str, str]) -> Compared:
    """Compare `azimuth env demo` of a practice profile, secret and all, with an empty Python."""
    script = [sys.executable, "-c", _SCRIPT]
    subprocess.run(
        [*script, "apply", "himl", "--practice", "--answers", STARTER, "--profile", "demo", "--yes"],
        env=env,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return Compared(best([*script, "env", "demo"], env), best([sys.executable, "-c", "pass"], env))


def frame_over_hello(env: Mapping[str, str], arguments: Sequence[str], marker: str) -> Compared:
    """Compare the first frame of a full screen of ours with that of a hello-world app."""
    ours = [sys.executable, "-c", _SCRIPT, *arguments]
    hello = [sys.executable, "-c", _HELLO]
    return Compared(
        min(first_frame(ours, marker, env) for _ in range(RUNS)),
        min(first_frame(hello, "HELLO-MARK", env) for _ in range(RUNS)),
    )


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as home, compiled(os.environ) as env:
        env |= {"AZIMUTH_HOME": str(Path(home) / "azimuth"), "HOME": home}
        for what, compared in (
            ("azimuth env over python -c pass", env_over_pass(env)),
            ("first frame over hello world", frame_over_hello(env, (), FRAME)),
            (
                "first frame with practice Azure over hello world",
                frame_over_hello(env, ("--practice",), FRAME),
            ),
        ):
            print(
                f"{what}: {compared.ours * 1e3:.0f} ms over {compared.other * 1e3:.0f} ms = {compared.ratio:.1f}"
            )


if __name__ == "__main__":
    main()
