"""Which page comes after which, and what is laid over one for a while."""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import TYPE_CHECKING

from textual.app import App

from screens.page import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from screens.apply import Deed
    from screens.dialogs import Ask
    from wizard.apply.handoff import HandOff
    from wizard.apply.outcome import Outcome
    from wizard.azure.sign_in import SignedIn
    from wizard.setup import Setup


_log = logging.getLogger("screens.page_order")


class PageOrder(App[None]):
    """Shows one page at a time. A page is imported when it is first shown: the first frame waits for none of them."""

    setup: Setup | None = None
    signed_in: SignedIn | None = None
    handoffs: tuple[HandOff, ...] = ()  # what the last preview found for an administrator to do

    @abstractmethod
    async def enter(self, signed_in: SignedIn) -> None:
        """Connect the open profile as who signed in, and show where it goes on."""

    @abstractmethod
    def go_home(self) -> None:
        """Close the profile and show the home screen."""

    def show(self, page: Page) -> None:
        """Put a page in the place of the one that is shown."""
        _log.info("page %s", type(page).__name__)
        if shown := sum(isinstance(one, Page) for one in self.screen_stack):
            while not isinstance(self.screen, Page) or shown > 1:
                shown -= isinstance(self.screen, Page)
                _ = self.pop_screen()
            _ = self.switch_screen(page)
        else:
            _ = self.push_screen(page)

    def show_sign_in(self, *, again: bool = False) -> None:
        """Sign in; who is signed in already goes on, unless they want to sign in `again`."""
        from screens.sign_in import SignInPage

        if self.signed_in is not None and not again:
            self.run_worker(self.enter(self.signed_in), group="flow", exclusive=True)
        else:
            self.show(SignInPage())

    def show_steps(self, *, to_review: bool = False) -> None:
        """Show the step where the person is; with `to_review` the next thing after it is the review."""
        from screens.step import StepPage

        self.show(StepPage(to_review=to_review))

    def show_review(self) -> None:
        """Show all answers and Azure's preview."""
        from screens.review import ReviewPage

        self.show(ReviewPage())

    def show_apply(self, deed: Deed | None = None) -> None:
        """Carry something out: the plan, unless another deed is named."""
        from screens.apply import ApplyPage, Deed

        self.show(ApplyPage(deed or Deed.APPLY))

    def show_done(self, outcome: Outcome, deed: Deed) -> None:
        """Show how a deed ended."""
        from screens.done import DonePage

        self.show(DonePage(outcome, deed))

    def show_sheet(self) -> None:
        """Lay the sheet to copy from over the page that is shown."""
        from screens.sheet import SheetPage

        if self.setup is not None:
            _ = self.push_screen(SheetPage(self.setup.walkthrough.plan(), self.setup.journal.known()))

    def show_handoffs(self) -> None:
        """Lay what an administrator has to do over the page that is shown."""
        from screens.handoffs import HandOffPage

        if self.handoffs:
            _ = self.push_screen(HandOffPage(self.handoffs))

    def ask_undo(self) -> None:
        """Ask before removing what the profile made."""
        from screens.apply import Deed
        from screens.undoing import AskUndo

        if self.setup is not None:
            self._ask_for(AskUndo(self.setup), {"remove": Deed.UNDO, "purge": Deed.PURGE})

    def ask_rotate(self) -> None:
        """Ask before a new client secret takes the place of the old one."""
        from screens.apply import Deed
        from screens.undoing import rotate_question

        if self.setup is not None:
            self._ask_for(rotate_question(self.setup), {"rotate": Deed.ROTATE})

    def _ask_for(self, question: Ask, deeds: Mapping[str, Deed]) -> None:
        """Ask, and carry out what the answer stands for; any other leads back to where it was asked."""
        from screens.done import DonePage

        def answered(choice: str | None) -> None:
            deed = deeds.get(choice or "")
            if deed is not None:
                self.show_apply(deed)
            elif not isinstance(self.screen, DonePage):
                self.go_home()

        _ = self.push_screen(question, answered)
