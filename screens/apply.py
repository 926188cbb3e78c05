"""The apply screen: the tasks of a run as Azure carries them out, with clocks; verify and undo are shown the same way."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Log, Static

from screens.dialogs import Answer, Ask
from screens.ledger import Ledger
from screens.page import Page
from screens.signs import TONES, bar, clock, sign
from screens.terminal import Sign
from screens.text import line, plain
from screens.widgets.rows import BLANK, Row, Rows
from wizard.apply.outcome import End, Outcome
from wizard.azure.errors import AzureProblem

if TYPE_CHECKING:
    from profiles.holding import Holder
    from wizard.apply.events import Event
    from wizard.apply.run import Run

_TICK = 0.25
_GOOD = frozenset({End.DONE, End.NOTHING_TO_DO, End.WAITING})
_PATIENCE = 3.0  # seconds that a run gets to come to a safe place when the program has to end


class Deed(StrEnum):
    """What is carried out. The value is how the title says it."""

    APPLY = "Applying"
    VERIFY = "Verifying"
    UNDO = "Undoing"
    PURGE = "Undoing for good:"
    ROTATE = "Rotating the secret of"

    @property
    def undoes(self) -> bool:
        """Whether it takes back what was made."""
        return self in {Deed.UNDO, Deed.PURGE}


class ApplyPage(Page):
    """Carries out one deed and shows it. It ends at the done page, or here with what went wrong."""

    CSS_PATH = "styles/sheet.tcss"
    HELP: ClassVar[str | None] = (
        "Every task as it is done. New objects take a while to be known everywhere in Azure: the clock says how long it "
        "has waited and how long it may take at most. Ctrl+C asks what to do; whatever you choose, the state is saved."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "log", "Log", id="apply.log", tooltip="Show or hide everything that was told"),
        Binding("r", "retry", "Try again", id="apply.retry", tooltip="Go on from where it stopped"),
        Binding(
            "ctrl+c",
            "stop",
            "Stop…",
            id="apply.stop",
            priority=True,
            tooltip="Leave it running, cancel, or watch on",
        ),
        Binding(
            "f6",
            "handoffs",
            "Hand-offs",
            id="apply.handoffs",
            tooltip="What an administrator has to do: commands and a mail to copy",
        ),
        Binding(
            "w",
            "unwatch",
            "Stop watching",
            id="apply.unwatch",
            tooltip="Do not wait for the administrator here; azimuth resume goes on",
        ),
        Binding(
            "w",
            "follow",
            "Watch",
            id="apply.follow",
            tooltip="Watch what another Azimuth does with this profile, and go on when it ends",
        ),
        Binding("escape", "back", "Back", id="apply.back", tooltip="Go back, once it has ended"),
    ]

    def __init__(self, deed: Deed) -> None:
        super().__init__()
        self._deed = deed
        self._ledger = Ledger()
        self._run: Run | None = None
        self._doing: asyncio.Task[Outcome] | None = None
        self._halt: asyncio.Event | None = None
        self._outcome: Outcome | None = None
        self._began = time.monotonic()
        self._asked: Ask | None = None
        self._holder: Holder | None = None  # who else carries the profile out
        self._follows = False  # whether what they do is watched
        self._handed = False
        self._to_done = False  # whether leaving means to see what is done, and not to leave the program

    def body(self) -> ComposeResult:
        """Put the tasks under how far it is."""
        with Vertical(id="sheet", classes="pane -main") as sheet:
            sheet.border_title = plain(
                f"{self._deed.value} {self.setup.guide.title} · {self.setup.profile.name}"
            )
            yield Static(id="progress", markup=False)
            with VerticalScroll(id="tasks", can_focus=False):
                yield Rows()
            yield Rows(id="end")
            yield Log(id="log", max_lines=1000)

    def on_mount(self) -> None:
        """Begin."""
        self.query_one("#log").display = False
        self.query_one("#log").can_focus = False
        self.set_interval(_TICK, self._tick)
        self._carry_out()

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended yet."""
        return self._outcome is None

    @work(exclusive=True, group="deed")
    async def _carry_out(self) -> None:
        self._ledger, self._outcome, self._began = Ledger(), None, time.monotonic()
        self._tick()
        self.refresh_bindings()
        self._doing = asyncio.create_task(self._do())
        try:
            outcome = await asyncio.shield(self._doing)
        except asyncio.CancelledError:
            followed, self._follows = self._follows, False
            if (self._deed is Deed.APPLY and not followed) or not self._doing.cancelled():
                raise
            outcome = self._held() if followed else Outcome(End.CANCELLED)
        self._ended(outcome)

    def _held(self) -> Outcome:
        """Say who else carries the profile out."""
        from wizard.apply.following import sentence

        if self._holder is None:
            return Outcome(End.CANCELLED)
        what = sentence(self.setup.profile.name, self._holder)
        return Outcome(End.FAILED, problem=what, mend=self._holder.way_out)

    async def _do(self) -> Outcome:
        from wizard.apply.following import follow, held_by, labels_of

        setup, name = self.setup, self.setup.profile.name
        if self._follows:
            await follow(name, self._hear, labels_of(setup.walkthrough.plan()))
            self._follows, self._ledger = False, Ledger()
        self._holder = held_by(name) if self._deed is not Deed.VERIFY else None
        if self._holder is not None:
            return self._held()
        if self._deed is Deed.VERIFY:
            from wizard.apply.verify import verify

            return await verify(setup, self._hear)
        if self._deed.undoes:
            from wizard.apply.undo import undo

            return await undo(setup, self._hear, purges=self._deed is Deed.PURGE, stopping=self._new_halt())
        if self._deed is Deed.ROTATE:
            from wizard.apply.rotate import rotate

            return await rotate(setup, self._hear, stopping=self._new_halt())
        from wizard.apply.run import Run

        self._run = Run(setup, self._hear, watch=True)
        return await self._run.go()

    def _new_halt(self) -> asyncio.Event:
        """Return what stops a deed at its next safe place once it is set."""
        self._halt = asyncio.Event()
        return self._halt

    def _hear(self, event: Event) -> None:
        told = self._ledger.take(event, time.monotonic())
        if not self.lives:
            return
        self.query_one(Log).write_line(line(f"{datetime.now().astimezone():%H:%M:%S}  {told}"))
        self._tick()

    def _tick(self) -> None:
        if not self.lives:
            return
        now = time.monotonic()
        if self._outcome is None:
            self._show_progress(now)
        tasks = self.query_one("#tasks", VerticalScroll)
        tasks.query_one(Rows).show(self._ledger.rows(now))

    def _show_progress(self, now: float) -> None:
        ledger = self._ledger
        full, empty = bar(ledger.part, max(self.query_one("#progress").content_size.width - 36, 10))
        count = f"{ledger.ended} of {len(ledger.tasks)} done" if ledger.tasks else "getting ready…"
        self.query_one("#progress", Static).update(
            Content.assemble(
                Content.styled(full, TONES["accent"]),
                Content.styled(empty, TONES["quiet"]),
                Content.styled(f" {ledger.part:4.0%}", "bold"),
                Content.styled(f"   {count}   {clock(now - self._began)}", TONES["quiet"]),
            )
        )
        self._tell([BLANK, *self._followed(), Row(self._safe_to_close(), text_tone="quiet")])
        if self._handed != ledger.hands_over:
            self._handed = ledger.hands_over
            self.refresh_bindings()

    def _followed(self) -> list[Row]:
        """Say whose work it is that is shown."""
        from wizard.apply.following import sentence

        if not self._follows or self._holder is None:
            return []
        whose = sentence(self.setup.profile.name, self._holder)
        return [Row(whose, sign(Sign.WAITS), "warn", "Watching; this one goes on when it ends.")]

    def _safe_to_close(self) -> str:
        name = self.setup.profile.name
        if self._follows:
            return "Nothing is done here meanwhile; safe to close."
        if self._ledger.hands_over:
            return (
                f"F6 shows what to send to the administrator. Safe to close: azimuth resume {name} looks again, "
                "and goes on once it is there."
            )
        if self._deed is Deed.APPLY:
            return f"Safe to close: Azure goes on, azimuth resume {name} picks it up."
        if self._deed is Deed.ROTATE:
            return f"Safe to close: one working secret is kept, and azimuth rotate {name} goes on."
        if self._deed.undoes:
            return f"Safe to close: azimuth undo {name} goes on where it stopped."
        return "Nothing is written; safe to close."

    # The end

    def _ended(self, outcome: Outcome) -> None:
        self._outcome = outcome
        if not self.lives:
            return
        if self._asked is not None and self._asked.is_current:
            _ = self._asked.dismiss(None)
        if outcome.end is End.LEFT_RUNNING and self._to_done:
            self.azimuth.show_done(outcome, self._deed)
        elif outcome.end is End.LEFT_RUNNING:
            self.azimuth.leave_running()
        elif outcome.end in _GOOD or self._deed is Deed.VERIFY:
            self.azimuth.show_done(outcome, self._deed)
        else:
            self._tell_end(outcome)

    def _tell_end(self, outcome: Outcome) -> None:
        if outcome.end is End.CANCELLED:
            what = Row(
                "Cancelled: nothing more is made. What was made stays, and is known.",
                sign(Sign.WARNING),
                "warn",
            )
        else:
            what = Row(outcome.problem, sign(Sign.WRONG), "bad", outcome.mend, text_tone="bad")
        keys = "R goes on from here · Esc goes back · Ctrl+Q leaves; the state is saved"
        if self._holder is not None:
            keys = "W watches it and goes on when it ends · R tries again · Esc goes back"
        self._tell([BLANK, what, BLANK, Row(keys, text_tone="quiet")])
        self._show_stopped()
        self.refresh_bindings()

    def _show_stopped(self) -> None:
        told = f"Stopped after {clock(time.monotonic() - self._began)}: {self._ledger.ended} of {len(self._ledger.tasks)} tasks"
        if self._holder is not None:
            told = "Nothing was begun here"
        self.query_one("#progress", Static).update(plain(told, TONES["warn"]))

    def _tell(self, rows: list[Row]) -> None:
        self.query_one("#end", Rows).show(rows)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer stopping while it runs, and going back once it has ended."""
        if action in {"back", "retry"}:
            return not self.goes_on
        if action == "follow":
            return not self.goes_on and self._holder is not None
        if action == "unwatch":
            return self.goes_on and self._ledger.hands_over
        if action == "stop":
            return self.goes_on
        if action == "handoffs":
            return self._deed is Deed.APPLY and bool(self.azimuth.handoffs)
        return super().check_action(action, parameters)

    def action_log(self) -> None:
        """Show or hide the log."""
        log = self.query_one(Log)
        log.display = not log.display

    def action_unwatch(self) -> None:
        """Wait no longer for an administrator, and show what is done."""
        self._to_done = True
        self._stop_run(cancel=False)

    def action_handoffs(self) -> None:
        """Show what an administrator has to do."""
        self.azimuth.show_handoffs()

    def action_retry(self) -> None:
        """Go on from where it stopped."""
        self._carry_out()

    def action_follow(self) -> None:
        """Watch what the other Azimuth does, and go on when it ends."""
        self._follows = True
        self._carry_out()

    def action_back(self) -> None:
        """Go back to the review, or home."""
        if self._deed is Deed.APPLY:
            self.azimuth.show_review()
        else:
            self.azimuth.go_home()

    def action_stop(self) -> None:
        """Ask what to do; the safe answer is to leave it running."""
        if self._asked is not None and self._asked.is_current:
            return
        name = self.setup.profile.name
        rows = [Row("Whatever you choose, what was done is written down.", text_tone="quiet")]
        answers = [
            Answer("leave", "Leave it running", f"Azure goes on; azimuth resume {name} picks it up"),
            Answer("cancel", "Cancel", "nothing more is made, and Azure is asked to cancel"),
            Answer("watch", "Keep watching", "as if you had not asked"),
        ]
        if self._follows:
            answers = [
                Answer("watch", "Keep watching", "and go on when it ends"),
                Answer("cancel", "Watch no longer", "the other one goes on all the same"),
            ]
        elif self._deed is not Deed.APPLY:
            answers = [
                Answer("watch", "Keep watching", "as if you had not asked"),
                Answer("cancel", "Stop here", "it can be run again, and then goes on"),
            ]
        self._asked = Ask("Stop?", rows, answers)
        _ = self.app.push_screen(self._asked, self._stop)

    def _stop(self, choice: str | None) -> None:
        if choice == "leave":
            self._stop_run(cancel=False)
        elif choice == "cancel":
            self._stop_run(cancel=True)

    @work(exclusive=True, group="stop")
    async def _stop_run(self, *, cancel: bool) -> None:
        if not self.goes_on:
            return
        if self._run is None or self._follows:
            self._break_off()
        elif cancel:
            try:
                await self._run.cancel()
            except AzureProblem as problem:
                self.tell(f"Azure could not be asked to cancel: {problem}", bad=True)
        else:
            await self._run.leave()

    def _break_off(self) -> None:
        """End what is no run: a deed that writes at its next safe place, anything else at once."""
        if self._halt is not None and not self._follows:
            self._halt.set()
        elif self._doing is not None:
            self._doing.cancel()

    async def come_to_rest(self) -> None:
        """Let the run stop at a safe place, because the program has to end; what Azure is doing goes on."""
        if self._doing is None or self._doing.done():
            return
        if self._run is not None:
            await self._run.leave()
        else:
            self._break_off()
        await asyncio.wait({self._doing}, timeout=_PATIENCE)
