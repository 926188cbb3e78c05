"""Saving as the full screen looks after it: what came in from elsewhere is told, what collides is asked, nothing unsaved is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from profiles.errors import ProfilesError
from profiles.merging import Collision, Difference, shown
from profiles.room import problem_of
from screens.dialogs import Answer, Ask
from screens.signs import sign
from screens.terminal import Sign
from screens.text import line
from screens.widgets.rows import BLANK, Row

if TYPE_CHECKING:
    from profiles.profile import Profile
    from screens.app import AzimuthApp
    from wizard.setup import Setup

EVERY = 0.3
"""Seconds between two looks."""
_PAUSE = 1.0  # seconds without another letter
_MINE, _THEIRS, _LATER = "mine", "theirs", "later"
_AGAIN, _STAY, _LEAVE = "again", "stay", "leave"


class SavingWatch:
    """Looks after the saving of the open profile."""

    def __init__(self, app: AzimuthApp) -> None:
        self._app = app
        self._asked: frozenset[tuple[str, str]] = frozenset()
        self._problem = ""
        self._stands: tuple[str, float] = ("", 0.0)  # what collides, and since when it is the same
        self._foreign: Profile | None = None  # what was asked about that nobody agreed to

    def look(self) -> None:
        """Take what came in from elsewhere onto the page, and ask about what collides; each collision once."""
        setup = self._app.setup
        if setup is None:
            return
        setup.on_merge = self._merged
        setup.look_at_file()
        self._look_at_collision(setup)
        if setup.save_problem != self._problem:
            self._problem = setup.save_problem
            if self._problem and setup.collision is None:
                self._app.notify(line(f"Not saved: {self._problem}"), severity="error", markup=False)
        if setup.azure is not None and setup.unapproved is not None and self._is_free:
            self._ask_approval(setup, setup.unapproved)

    def _look_at_collision(self, setup: Setup) -> None:
        """Ask about what collides, once the person pauses: a question must not swallow what they are typing."""
        collision = setup.collision
        if collision is None:
            self._asked, self._stands = frozenset(), ("", 0.0)
            return
        if self._stands[0] != str(collision):
            self._stands = (str(collision), time.monotonic())
            self._app.refresh_bindings()
        paused = time.monotonic() - self._stands[1] >= _PAUSE
        if paused and not self._asked.issuperset(_theirs(collision)) and self._is_free:
            self._asked = _theirs(collision)
            self._ask(setup, collision, 0, [])

    @property
    def _is_free(self) -> bool:
        from screens.page import Page

        return isinstance(self._app.screen, Page)

    def _merged(self, keys: tuple[str, ...]) -> None:
        app, setup = self._app, self._app.setup
        if setup is None or not keys:
            return
        names = ", ".join(_prompt(setup, key) for key in keys)
        app.notify(line(f"Changed elsewhere, and taken over: {names}"), markup=False)
        self._show()

    def _show(self) -> None:
        """Show the answers as they are now, and ask Azure about those."""
        from screens.review import ReviewPage
        from screens.step import StepPage

        page = self._app.screen
        if isinstance(page, StepPage):
            page.show_changes()
            page.ask_again()
        elif isinstance(page, ReviewPage):
            page.action_again()

    def _ask_approval(self, setup: Setup, foreign: Profile) -> None:
        """Ask about a change by hand that came in while the profile is open: the next run would refuse it."""
        from screens.approving import AskApproval

        difference = setup.difference
        if foreign is self._foreign or difference is None:
            return
        self._foreign = foreign

        def answered(choice: str | None) -> None:
            if choice == "approve":
                try:
                    setup.approve()
                except (ProfilesError, OSError) as problem:
                    self._app.notify(_told(problem), severity="error", markup=False)

        _ = self._app.push_screen(AskApproval(difference), answered)

    # What collides

    def _ask(self, setup: Setup, collision: Collision, at: int, mine: list[str]) -> None:
        """Ask about one difference after the other; the last answer settles them all."""
        if at == len(collision.differences):
            self._settle(setup, mine)
            return
        one = collision.differences[at]

        def answered(choice: str | None) -> None:
            if choice in {_MINE, _THEIRS}:
                self._ask(setup, collision, at + 1, [*mine, one.key] if choice == _MINE else mine)
            else:
                self._app.notify("Nothing is saved until you choose. F7 asks again.", markup=False)

        count = f" ({at + 1} of {len(collision.differences)})" if len(collision.differences) > 1 else ""
        title = f"Changed in two places{count}"
        _ = self._app.push_screen(Ask(title, _rows(_prompt(setup, one.key), one), _answers(one)), answered)

    def ask_again(self) -> None:
        """Ask about what collides once more."""
        self._asked = frozenset()

    def _settle(self, setup: Setup, mine: list[str]) -> None:
        try:
            setup.settle(mine)
        except (ProfilesError, OSError) as problem:
            self._app.notify(_told(problem), severity="error", markup=False)
            return
        self._show()

    # Leaving

    async def see_saved(self, then: Callable[[], object]) -> None:
        """Go on with what leaves the profile once all is saved; where it can't be, ask first."""
        setup = self._app.setup
        if setup is None:
            _ = then()
            return
        try:
            await setup.flush()
        except (ProfilesError, OSError) as problem:
            self._ask_to_leave(problem, then)
        else:
            _ = then()

    def _ask_to_leave(self, problem: ProfilesError | OSError, then: Callable[[], object]) -> None:
        rows = [
            Row(
                "The last answers are not on disk yet; they are in memory alone.", sign(Sign.WARNING), "warn"
            ),
            BLANK,
            *(Row(one, text_tone="bad") for one in _told(problem).splitlines()),
        ]
        answers = [
            Answer(_STAY, "Stay", "nothing is lost while this runs"),
            Answer(_AGAIN, "Save again", "and leave if that works"),
            Answer(_LEAVE, "Leave", "what is not saved is lost; what is on disk stays as it is"),
        ]

        def answered(choice: str | None) -> None:
            if choice == _AGAIN:
                self._app.run_worker(self.see_saved(then), group="flow", exclusive=True)
            elif choice == _LEAVE:
                _ = then()
            else:
                self.ask_again()

        _ = self._app.push_screen(Ask("Not saved", rows, answers), answered)


def _theirs(collision: Collision) -> frozenset[tuple[str, str]]:
    """What is new elsewhere; what is typed here meanwhile is no reason to ask again."""
    return frozenset((one.key, repr(one.theirs)) for one in collision.differences)


def _told(problem: ProfilesError | OSError) -> str:
    return problem_of(problem) if isinstance(problem, OSError) else str(problem)


def _prompt(setup: Setup, key: str) -> str:
    return setup.guide.question(key).prompt


def _rows(prompt: str, one: Difference) -> list[Row]:
    return [
        Row(f"{prompt} ({one.key}) was answered here and elsewhere.", sign(Sign.WARNING), "warn"),
        BLANK,
        Row(shown(one.mine), word="here"),
        Row(shown(one.theirs), word="elsewhere"),
        Row(shown(one.before), word="before", text_tone="quiet"),
        BLANK,
    ]


def _answers(one: Difference) -> list[Answer]:
    return [
        Answer(_LATER, "Later", "nothing is overwritten; nothing is saved till then"),
        Answer(_MINE, "Keep mine", shown(one.mine)),
        Answer(_THEIRS, "Take theirs", shown(one.theirs)),
    ]
