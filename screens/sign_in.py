"""The sign-in screen: the ways in, which of them are possible here and why not, and what the person has to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from screens.page import Page
from screens.signs import TONES, clock, sign
from screens.terminal import Sign
from screens.text import line, plain
from screens.widgets.rows import Row, Rows, laid_out

if TYPE_CHECKING:
    from wizard.azure.ways import SignInPrompt, WayState


class Ways(OptionList):
    """The list of the ways in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Sign in", id="sign_in.go", tooltip="Sign in the marked way"),
    ]


class SignInPage(Page):
    """Lets the person choose how to sign in, and waits with them."""

    CSS_PATH = "styles/sheet.tcss"
    HELP: ClassVar[str | None] = (
        "Azimuth signs in as you and keeps no token: only in memory, for as long as it runs. An existing az login is "
        "the quickest way; a device code works from any machine. A way that is not possible here says why."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy code", id="sign_in.copy", tooltip="Copy the code to the clipboard"),
        Binding(
            "escape", "back", "Back", id="sign_in.back", tooltip="Stop waiting, or go back to the home screen"
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._states: tuple[WayState, ...] = ()
        self._prompt: SignInPrompt | None = None
        self._clock: Timer | None = None

    def body(self) -> ComposeResult:
        """Put the ways over what is to do."""
        with Vertical(id="sheet", classes="pane -main") as sheet:
            sheet.border_title = plain(f"Sign in to {self.azimuth.cloud.label}")
            yield Rows(id="lead")
            yield Ways(id="ways", compact=True, markup=False)
            yield Static(id="code", markup=False)
            yield Rows(id="said")

    def on_mount(self) -> None:
        """Look which ways are possible."""
        self.query_one("#code").display = False
        self._say(
            [Row("Looking which ways are possible here…", sign(Sign.HERE), "accent", text_tone="quiet")]
        )
        self.query_one("#ways").focus()
        self._look()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        from wizard.azure.sign_in import possible_ways

        self._states = tuple(await possible_ways(self.azimuth.cloud))
        if not self.lives:
            return
        best = self._best()
        self._write(next((i for i, s in enumerate(self._states) if s.way.key == best), None))
        lead = "Enter signs in the marked way." if best else "No way is possible here."
        self.query_one("#lead", Rows).show([Row(lead, text_tone="quiet")])
        self._say([])

    def _write(self, marked: int | None) -> None:
        ways = self.query_one("#ways", OptionList)
        width = ways.scrollable_content_region.width
        ways.set_options(_way_option(state, width) for state in self._states)
        ways.highlighted = marked

    def on_resize(self) -> None:
        """Write the ways again for another width."""
        if self._states:
            self.call_after_refresh(self._write, self.query_one("#ways", OptionList).highlighted)

    def _best(self) -> str:
        """The way of last time, else one that asks nobody, else the first possible one."""
        cloud, setup = self.azimuth.cloud, self.azimuth.setup
        last = setup.profile.context.way if setup is not None else ""
        possible = [state.way.key for state in self._states if state.possible]
        wanted = (last, *cloud.unattended, *possible)
        return next((key for key in wanted if key in possible), "")

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._sign_in(self._states[event.option_index].way.key)

    @work(exclusive=True, group="sign-in")
    async def _sign_in(self, way: str) -> None:
        from wizard.azure.errors import AzureProblem
        from wizard.azure.sign_in import sign_in

        self._forget_prompt()
        self._say([Row("Signing in…", sign(Sign.HERE), "accent", text_tone="quiet")])
        try:
            signed_in = await sign_in(self.azimuth.cloud, way, on_prompt=self._show_prompt)
        except AzureProblem as problem:
            self._tell_refusal(problem)
            return
        self._forget_prompt()
        self._say(
            [Row(f"Signed in as {signed_in.identity.name}.", sign(Sign.DONE), "good", text_tone="good")]
        )
        await self.azimuth.enter(signed_in)

    def _tell_refusal(self, problem: Exception) -> None:
        self._forget_prompt()
        advice = str(getattr(problem, "advice", ""))
        self._say(
            [
                Row(f"That did not work: {problem}", sign(Sign.WRONG), "bad", advice, text_tone="bad"),
                Row(quiet="Try again, or take another way."),
            ]
        )
        self.query_one("#ways").focus()

    def _show_prompt(self, prompt: SignInPrompt) -> None:
        self._prompt = prompt
        code = self.query_one("#code", Static)
        code.display = bool(prompt.code or prompt.url)
        code.update(_big(prompt))
        self._tick()
        self._clock = self.set_interval(1, self._tick)
        self.refresh_bindings()

    def _tick(self) -> None:
        prompt = self._prompt
        if prompt is None or not self.lives:
            return
        left = (prompt.expires - datetime.now(UTC)).total_seconds()
        rows = [Row(f"Waiting for you… {clock(max(left, 0))} left.", sign(Sign.HERE), "accent")]
        if not prompt.code:
            rows = [Row(prompt.message), *rows]
        self._say([*rows, Row(quiet="Esc stops waiting.")])

    def _forget_prompt(self) -> None:
        self._prompt = None
        if self._clock is not None:
            self._clock.stop()
        self.query_one("#code").display = False
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to copy the code only while there is one."""
        if action == "copy":
            return self._prompt is not None and bool(self._prompt.code)
        return super().check_action(action, parameters)

    def action_copy(self) -> None:
        """Put the code on the clipboard."""
        if self._prompt is not None:
            self.app.copy_to_clipboard(line(self._prompt.code))
            self.tell("The code is on the clipboard.")

    def action_back(self) -> None:
        """Stop waiting; with nothing to wait for, go home."""
        if self._prompt is not None:
            self.workers.cancel_group(self, "sign-in")
            self._forget_prompt()
            self._say([Row("Stopped waiting.", text_tone="quiet")])
        else:
            self.azimuth.go_home()

    def _say(self, rows: Sequence[Row]) -> None:
        self.query_one("#said", Rows).show(rows)


def _way_option(state: WayState, width: int) -> Option:
    mark = Sign.DONE if state.possible else Sign.NOT_NEEDED
    word, tone = ("possible", "good") if state.possible else ("not possible", "quiet")
    rows = [
        Row(
            state.way.title,
            sign(mark),
            tone,
            state.way.explanation,
            text_tone="strong" if state.possible else "quiet",
        ),
        Row(f"{word}: {state.reason}", indent=2, text_tone=tone),
    ]
    return Option(Content("\n").join(laid_out(rows, width)), disabled=not state.possible)


def _big(prompt: SignInPrompt) -> Content:
    url = Content.assemble(
        Content.styled("Open  ", TONES["quiet"]), Content.styled(line(prompt.url), TONES["key"])
    )
    if not prompt.code:
        return url
    spaced = " ".join(line(prompt.code))
    code = Content.assemble(
        Content.styled("and type  ", TONES["quiet"]),
        Content.styled(f"  {spaced}  ", "bold $badge-text on $badge"),
        Content.styled("   C copies it", TONES["quiet"]),
    )
    return Content("\n").join([url, Content(), code])
