"""The full screen: the open profile, who is signed in, and that the terminal and the answers outlive whatever ends it."""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from screens.home import HomePage
from screens.merging import EVERY, SavingWatch
from screens.page import Page
from screens.page_order import PageOrder
from screens.palette import Actions
from screens.private import keep_private
from screens.signs import KEY_NAMES, is_plain
from screens.text import line
from screens.theme import DARK, LIGHT

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.command import Provider

    from profiles.passphrase import AskedOnce
    from wizard.azure.clouds import Cloud
    from wizard.azure.sign_in import SignedIn
    from wizard.guide import Guide
    from wizard.machine import Machine
    from wizard.setup import Setup

DONE, INTERRUPTED = 0, 130
_ENDED_BY = 128
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


def run_full_screen(
    *,
    open_cloud: Callable[[], Cloud],
    guide: Guide | None = None,
    profile: str | None = None,
    resume: bool = False,
    secret_store: str = "",
) -> int:
    """Run the full screen until the person leaves, and return the exit code.

    `open_cloud` is called once, after the first frame where no profile is named. Without a guide it opens at home. `resume` goes on where the profile stopped, whatever its stage.

    Raises:
        WrongProfile, ProfileNotFound, ProfileError: the profile can't be opened; nothing was drawn yet.
        Exception: a fault of ours; the terminal is restored and the answers are saved.
    """
    keep_private()
    app = AzimuthApp(open_cloud, guide=guide, profile=profile, resume=resume, secret_store=secret_store)
    code = asyncio.run(_run(app))
    if app.fault is not None:
        raise app.fault
    if app.farewell:
        sys.stderr.write(f"{app.farewell}\n")
    return code


async def _run(app: AzimuthApp) -> int:
    try:
        await app.run_async()
    finally:
        await app.let_go()
    return INTERRUPTED if app.return_code is None else app.return_code


class AzimuthApp(PageOrder):
    """Holds what outlives a page: the cloud, the open profile and who is signed in."""

    CSS_PATH = "styles/base.tcss"
    TITLE = "Azimuth"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {Actions}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+q", "quit", "Quit", id="app.quit", show=False, priority=True, tooltip="Leave; all is saved"
        ),
        Binding(
            "ctrl+c",
            "how_to_quit",
            "How to leave",
            id="app.how_to_quit",
            show=False,
            tooltip="Say how to leave",
        ),
        Binding("f1", "help", "Help", id="app.help", tooltip="What this screen is for, and all its keys"),
        Binding(
            "ctrl+p",
            "command_palette",
            "Actions",
            id="app.palette",
            priority=True,
            tooltip="Search all actions",
        ),
        Binding(
            "f7",
            "differences",
            "Differences",
            id="app.differences",
            tooltip="Choose between what was answered here and elsewhere",
        ),
        Binding("f9", "light", "Light or dark", id="app.light", show=False, tooltip="Change the colours"),
    ]

    def __init__(
        self,
        open_cloud: Callable[[], Cloud],
        *,
        guide: Guide | None = None,
        profile: str | None = None,
        resume: bool = False,
        machine: Machine | None = None,
        secret_store: str = "",
    ) -> None:
        super().__init__()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name
        self._open_cloud = open_cloud
        self._secret_store = secret_store
        self.farewell = ""
        self.fault: BaseException | None = None
        self._machine = machine
        self._guide = guide
        self._intent = "resume" if resume else ""
        self._leaving: asyncio.Task[None] | None = None
        self._watch = SavingWatch(self)
        if guide is not None and profile is not None:
            self.setup = self._opened(guide, profile)

    @cached_property
    def cloud(self) -> Cloud:
        """Where everything is; opened when it is first asked for."""
        return self._open_cloud()

    def _opened(self, guide: Guide, name: str) -> Setup:
        from wizard.setup import Setup

        setup = Setup.begin(guide, name, self.cloud, machine=self._machine)
        setup.store_choice, setup.passphrase = self._secret_store, self.passphrase
        return setup

    @cached_property
    def passphrase(self) -> AskedOnce:
        """Gives the vault's passphrase; a person is asked once for as long as the screen runs."""
        from screens.store_dialogs import asked_on_screen

        return asked_on_screen(self)

    def on_mount(self) -> None:
        """Listen to signals, and open the first page."""
        self.set_class(is_plain(), "-plain")
        self._listen()
        self.set_interval(EVERY, self._watch.look)
        if self.setup is None or self.setup.unapproved is not None:
            self.show(HomePage(start=self._guide if self.setup is None else None))
        self._go_live()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give our own colours a value under any theme."""
        return DARK.variables

    def get_key_display(self, binding: Binding) -> str:
        """Name keys as they are written on them."""
        return KEY_NAMES.get(binding.key, binding.key.upper())

    # The profile

    def go_home(self) -> None:
        """Close the profile and show the home screen, once all is saved."""

        def go() -> None:
            self.run_worker(self._go_home(), group="flow", exclusive=True)

        self.run_worker(self._watch.see_saved(go), group="flow", exclusive=True)

    async def _go_home(self) -> None:
        # What a page still asks Azure must end before the connection does.
        asking = [worker for worker in self.workers if worker.node is not self]
        for worker in asking:
            worker.cancel()
        await asyncio.gather(*(worker.wait() for worker in asking), return_exceptions=True)
        await self._close()
        self.show(HomePage())

    def open_profile(self, guide: Guide, name: str, *, intent: str = "resume") -> None:
        """Open a profile and go on with it: by its stage, or to `verify` or `undo` it."""
        from profiles.errors import ProfilesError
        from wizard.setup import WrongProfile

        try:
            self.setup = self._opened(guide, name)
        except (ProfilesError, WrongProfile, OSError) as problem:
            self.notify(line(problem), severity="error", markup=False)
            return
        self._intent = intent or "resume"
        self._go_live()

    def _go_live(self) -> None:
        """Sign in with the open profile; what nobody here agreed to is shown first, and asked about."""
        setup = self.setup
        if setup is None:
            return
        difference = setup.difference
        if difference is None:
            self.show_sign_in()
            return
        from screens.approving import AskApproval

        def answered(choice: str | None) -> None:
            if choice == "approve" and self._approved(setup):
                self.show_sign_in()
            else:
                self.go_home()

        _ = self.push_screen(AskApproval(difference), answered)

    def _approved(self, setup: Setup) -> bool:
        from profiles.errors import ProfilesError

        try:
            setup.approve()
        except (ProfilesError, OSError) as problem:
            self.notify(line(f"Not approved: {problem}"), severity="error", markup=False)
            return False
        return True

    async def enter(self, signed_in: SignedIn) -> None:
        """Connect the open profile as who signed in, and show where it goes on."""
        from screens.connecting import enter_tenant
        from wizard.azure.errors import AzureProblem

        if self.signed_in is not None and self.signed_in is not signed_in:
            await self.signed_in.close()
        self.signed_in = signed_in
        setup = self.setup
        if setup is None:
            self.show(HomePage())
            return
        await setup.connect(signed_in)
        try:
            await enter_tenant(setup)
        except AzureProblem as problem:
            self.notify(
                line(f"The saved tenant can't be entered: {problem}"), severity="warning", markup=False
            )
        self._go_on(setup)

    def _go_on(self, setup: Setup) -> None:
        from screens.apply import Deed

        intent, self._intent = self._intent, ""
        stage = setup.profile.stage
        if intent == "undo":
            self.ask_undo()
        elif intent == "rotate":
            self.ask_rotate()
        elif intent == "verify" or (intent == "resume" and stage == "proved"):
            self.show_apply(Deed.VERIFY)
        elif stage == "applying" or (intent == "resume" and stage == "applied"):
            self.show_review()
        else:
            self.show_steps()

    async def settled(self) -> None:
        """Wait until everything typed is on disk, and say it if that fails."""
        from profiles.errors import ProfilesError

        if self.setup is None:
            return
        try:
            await self.setup.flush()
        except (ProfilesError, OSError) as problem:
            self.notify(line(f"Not saved: {problem}"), severity="error", markup=False)

    async def _close(self) -> None:
        from profiles.errors import ProfilesError

        setup, self.setup = self.setup, None
        if setup is None:
            return
        try:
            await setup.close()
        except (ProfilesError, OSError) as problem:
            self.farewell = line(f"The last answers could not be saved: {problem}")

    # Leaving

    async def let_go(self) -> None:
        """Save what is unsaved and close all connections."""
        await self._close()
        if self.signed_in is not None:
            signed_in, self.signed_in = self.signed_in, None
            await signed_in.close()

    async def action_quit(self) -> None:
        """Leave; while something is being carried out, ask first."""
        from screens.apply import ApplyPage

        page = self._page()
        if isinstance(page, ApplyPage) and page.goes_on:
            page.action_stop()
        else:
            self._take_all()
            await self._watch.see_saved(partial(self._leave, DONE))

    def action_differences(self) -> None:
        """Ask once more about what was answered here and elsewhere."""
        self._watch.ask_again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the differences where there are any."""
        if action == "differences":
            return self.setup is not None and self.setup.collision is not None
        return super().check_action(action, parameters)

    def leave_running(self) -> None:
        """Leave while Azure goes on."""
        if self.setup is not None:
            self.farewell = f"Azure goes on. azimuth resume {self.setup.profile.name} picks it up."
        self._leave(INTERRUPTED)

    def action_how_to_quit(self) -> None:
        """Say how to leave."""
        saved = self.setup is None or self.setup.is_saved
        self.notify(f"{'All is saved. ' if saved else ''}Ctrl+Q leaves.", markup=False)

    def action_light(self) -> None:
        """Change between dark and light."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def action_help(self) -> None:
        """Say what the page is for, and its keys."""
        from screens.help import help_dialog

        page = self._page()
        if page is not None:
            _ = self.push_screen(help_dialog(page))

    def _page(self) -> Page | None:
        return next((one for one in reversed(self.screen_stack) if isinstance(one, Page)), None)

    def _take_all(self) -> None:
        """Record what was typed just now."""
        from screens.step import StepPage

        page = self._page()
        if isinstance(page, StepPage):
            page.take_all()

    def _leave(self, code: int) -> None:
        self._take_all()
        if self.setup is not None and not self.farewell:
            name = self.setup.profile.name
            if self.setup.is_saved and self.setup.profile.stage in {"answering", "applying"}:
                self.farewell = f"Saved. azimuth resume {name} goes on."
        self.exit(return_code=code)

    def _listen(self) -> None:
        """Leave in order when the terminal closes or somebody ends us: Textual 8 would leave the terminal wrecked."""
        try:
            loop = asyncio.get_running_loop()
            for which in _SIGNALS:
                loop.add_signal_handler(which, self._ended_by, which)
        except (NotImplementedError, RuntimeError, ValueError):
            return  # not in the main thread, as in some tests, or not on this platform

    def _ended_by(self, which: signal.Signals) -> None:
        if self._leaving is None:
            self._leaving = asyncio.create_task(self._come_to_rest(_ENDED_BY + which))

    async def _come_to_rest(self, code: int) -> None:
        from screens.apply import ApplyPage

        page = self._page()
        if isinstance(page, ApplyPage):
            await page.come_to_rest()
        self._leave(code)

    def _fatal_error(self) -> None:
        """End without Textual's own report: it prints the values of variables, and one of them may be a secret."""
        self.fault = self.fault or sys.exception()
        self._close_messages_no_wait()
