"""A person at the full screen: presses keys, and waits until they see what they expect. Everything below is real."""

from __future__ import annotations

import asyncio
import html
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from screens.app import AzimuthApp
from screens.step import StepPage
from wizard.azure.clouds import Cloud
from wizard.guide import Guide
from wizard.machine import Machine

T = TypeVar("T", bound=Screen[Any])

SMALL, LARGE = (80, 24), (140, 45)
_PATIENCE = 60.0
_CELL = 12.2
_TEXT = re.compile(r'<text class="[^"]*-r\d+" x="([\d.]+)"[^>]*clip-path="url\(#([^)]*)\)">([^<]*)</text>')


def screen_text(svg: str) -> str:
    """Read the characters of an exported screen, line by line."""
    rows: dict[int, dict[int, str]] = {}
    for x, clip, text in _TEXT.findall(svg):
        row = rows.setdefault(int(clip.rsplit("-", 1)[1]), {})
        column = round(float(x) / _CELL)
        for offset, character in enumerate(html.unescape(text).replace("\xa0", " ")):
            row[column + offset] = character
    lines = []
    for number in range(max(rows, default=-1) + 1):
        row = rows.get(number, {})
        lines.append("".join(row.get(i, " ") for i in range(max(row, default=-1) + 1)).rstrip())
    return "\n".join(lines)


class Person:
    """Somebody at the keyboard of an app."""

    def __init__(self, app: AzimuthApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    async def resize(self, size: tuple[int, int]) -> None:
        """Make the terminal another size."""
        await self._pilot.resize_terminal(*size)

    async def press(self, *keys: str) -> None:
        """Press keys one after the other.

        Pilot's own way waits for widgets that a key has just removed (Textual 8.2.8, `_wait_for_screen`).
        """
        await self.app._press_keys(keys)

    async def click(self, widget: Widget, offset: tuple[int, int]) -> None:
        """Click somewhere in a widget; raises OutOfBounds when that is not on the screen."""
        await self._pilot.click(widget, offset=offset)

    async def write(self, text: str) -> None:
        """Type a text fast: only the last key is waited for."""
        driver = self.app._driver
        assert driver is not None
        for character in text[:-1]:
            event = events.Key(_character_to_key(character), character)
            event.set_sender(self.app)
            driver.send_message(event)
        await self.press(*text[-1:])

    async def until(self, holds: Callable[[], bool], what: str = "") -> None:
        """Wait until something holds; a fault in the app is raised here."""
        end = time.monotonic() + _PATIENCE
        while not self._try(holds):
            if self.app._exception is not None:
                raise self.app._exception
            assert time.monotonic() < end, f"{what or 'it'} never came; the screen says:\n{self.sees()}"
            await asyncio.sleep(0.01)

    @staticmethod
    def _try(holds: Callable[[], bool]) -> bool:
        return holds()

    def sees(self) -> str:
        """What stands on the screen."""
        return screen_text(self.app.export_screenshot())

    async def see(self, *texts: str) -> str:
        """Wait until all these texts are on the screen, wrapped or not; return the whole screen."""

        def all_there() -> bool:
            flat = " ".join(re.sub(r"[│▏▕╭╮╰╯─]", " ", self.sees()).split())
            return all(" ".join(text.split()) in flat for text in texts)

        await self.until(all_there, f"{texts}")
        return self.sees()

    async def at(self, kind: type[T]) -> T:
        """Wait until a page or dialog of this kind is shown."""
        await self.until(
            lambda: isinstance(self.app.screen, kind) and self.app.screen.is_mounted, kind.__name__
        )
        screen: Screen[Any] = self.app.screen
        assert isinstance(screen, kind)
        return screen

    async def at_step(self, number: str) -> StepPage:
        """Wait until a step is shown, its lists are there and Azure has been asked."""
        page = await self.at(StepPage)
        await self.until(lambda: page.is_mounted and bool(page.query("#form")), "the form")
        await self.until(lambda: str(page.form.border_title or "").startswith(f"{number} "), f"step {number}")
        await self.quiet()
        await self.until(lambda: not page.form.shown or page.focused is not None, "the focus")
        return page

    async def quiet(self) -> None:
        """Wait until nothing is being asked any more."""
        calm = 0

        def still() -> bool:
            nonlocal calm
            busy = any(not worker.is_finished for worker in self.app.workers)
            calm = 0 if busy else calm + 1
            return calm > 2  # what a key started may start something else

        await self.until(still, "quiet")


@asynccontextmanager
async def at_screen(
    cloud: Cloud,
    *,
    size: tuple[int, int] = SMALL,
    guide: Guide | None = None,
    profile: str | None = None,
    resume: bool = False,
) -> AsyncIterator[Person]:
    """Run the app headless, and let go of everything at the end."""
    app = AzimuthApp(
        lambda: cloud, guide=guide, profile=profile, resume=resume, machine=Machine(home=Path.home())
    )
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Person(app, pilot)
    finally:
        await app.let_go()
