"""Run as a child: apply hi-ml on practice Azure, and die by SIGKILL right before or after the nth line of the journal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from profiles import files
from tests.rehearsal import himl, practice
from wizard.apply import journal
from wizard.apply.run import Run


def _die_at(line: int, when: str) -> None:
    write, count = files.append_line, 0

    def append(path: files.PathText, text: str) -> None:
        nonlocal count
        count += 1
        if count == line and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        write(path, text)
        if count == line:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(journal, "append_line", append)  # noqa: B010 - the name that the journal looks up


async def _apply(folder: Path) -> None:
    with practice(folder) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            await Run(setup).go()


if __name__ == "__main__":
    _die_at(int(sys.argv[2]), sys.argv[3])
    asyncio.run(_apply(Path(sys.argv[1])))
