"""Blocking calls from async code: in a thread that never holds the exit of the program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(call: Callable[[], T], on_cancel: Callable[[], None] | None = None) -> T:
    """Run a blocking call in a daemon thread and wait for it.

    A cancelled wait leaves the thread to end by itself, after telling `on_cancel`. What the call raises is
    raised here.
    """
    loop = asyncio.get_running_loop()
    settled: asyncio.Future[T] = loop.create_future()

    def settle(act: Callable[[], None]) -> None:
        if not settled.done():
            act()

    def post(act: Callable[[], None]) -> None:
        try:
            loop.call_soon_threadsafe(settle, act)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    def run() -> None:
        try:
            result = call()
        except BaseException as fault:  # noqa: BLE001 - handed over to the waiting task whole
            raised = fault
            post(lambda: settled.set_exception(raised))
        else:
            post(lambda: settled.set_result(result))

    threading.Thread(target=run, daemon=True, name="azimuth-blocking").start()
    try:
        return await settled
    except asyncio.CancelledError:
        if on_cancel is not None:
            on_cancel()
        raise
