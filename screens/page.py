"""Page: what every full screen has: the first line with who works where, the last line with keys, and help."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual.app import ComposeResult
from textual.screen import Screen

from screens.text import plain
from screens.widgets.bottom_line import BottomLine
from screens.widgets.rows import Row
from screens.widgets.top_line import TopLine

if TYPE_CHECKING:
    from screens.app import AzimuthApp
    from wizard.setup import Setup


class Command(NamedTuple):
    """One entry in the list of all actions."""

    title: str
    meaning: str
    run: Callable[[], Awaitable[object] | object]


class Page(Screen[None]):
    """A full screen of Azimuth. `HELP` is what F1 says about it."""

    # Textual declares these as plain attributes.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-medium"), (132, "-wide"), (158, "-vast")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012
    HELP: ClassVar[str | None] = ""
    _setup: Setup | None = None

    def compose(self) -> ComposeResult:
        """Put the page between its first and last line."""
        yield TopLine()
        yield from self.body()
        yield BottomLine(self._saved)

    def body(self) -> ComposeResult:
        """Return what stands between the first and the last line."""
        yield from ()

    def on_mount(self) -> None:
        """Say who works where."""
        self.tell_context()

    @property
    def azimuth(self) -> AzimuthApp:
        """The app, by its own type."""
        return cast("AzimuthApp", self.app)

    @property
    def setup(self) -> Setup:
        """The profile that is being worked on. A page that is being taken away is drawn once more with the one it had.

        Raises:
            RuntimeError: none is; such a page is opened with one only.
        """
        self._setup = self.azimuth.setup or self._setup
        if self._setup is None:
            raise RuntimeError("this page needs an open profile")
        return self._setup

    @property
    def lives(self) -> bool:
        """Whether the page is there to be drawn on. One that is being taken away has lost its parts already."""
        return self.is_attached and self.display

    def tell_context(self) -> None:
        """Say guide, banner and context in the first line."""
        setup = self.azimuth.setup
        self.query_one(TopLine).show(
            title=setup.guide.title if setup else "",
            profile=setup.profile.name if setup else "",
            banner=self.azimuth.cloud.banner,
            context=setup.context.line if setup else self.azimuth.cloud.label,
        )

    def help_rows(self) -> list[Row]:
        """Return what F1 says besides `HELP`."""
        return []

    def commands(self) -> Iterator[Command]:
        """Yield the actions of this page for the list of all actions."""
        for active in self.active_bindings.values():
            binding = active.binding
            ours = active.node in (self, self.app) and binding.id and binding.id != "app.palette"
            if ours and active.enabled:
                yield Command(binding.description, binding.tooltip, partial(self.run_action, binding.action))

    def tell(self, text: object, *, bad: bool = False) -> None:
        """Say something in passing."""
        self.notify(plain(text).plain, severity="error" if bad else "information", markup=False)

    def _saved(self) -> tuple[datetime | None, str]:
        setup = self.azimuth.setup
        return (setup.saved_at, setup.save_problem) if setup else (None, "")
