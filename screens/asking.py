"""Asking one line on the terminal while everything else goes on."""

from __future__ import annotations

import asyncio
import os
import sys


async def answer_line(question: str) -> str:
    """Ask on the terminal, while everything else goes on; end of input is an empty answer."""
    sys.stderr.write(question)
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[str] = loop.create_future()
    fd = sys.stdin.fileno()

    def read() -> None:
        if not answered.done():
            answered.set_result(os.read(fd, 4096).decode(errors="replace").strip())

    loop.add_reader(fd, read)
    try:
        return await answered
    finally:
        loop.remove_reader(fd)
