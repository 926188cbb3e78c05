"""The end: what was made and proved, how the shell gets to know it, what to do next, and the way to take it all back."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from profiles import expiry
from screens.apply import Deed
from screens.expiries import expiry_rows
from screens.handoffs import handoff_lines
from screens.page import Page
from screens.preview_rows import manual_rows
from screens.signs import sign
from screens.terminal import Sign
from screens.text import plain
from screens.widgets.rows import BLANK, Row, Rows, heading
from wizard.apply.outcome import End, Outcome, ProofResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from profiles.profile import Profile


class DonePage(Page):
    """Shows how a deed ended."""

    CSS_PATH = "styles/sheet.tcss"
    HELP: ClassVar[str | None] = (
        "What was made, and the proofs that it works. The variables are given by azimuth env; a secret among them stays "
        "in its store until then. Undo removes what this profile made, and only that, after a preview."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "home", "Home", id="done.home", tooltip="Back to the home screen"),
        Binding(
            "y", "copy", "Copy line", id="done.copy", tooltip="Copy the line for your shell to the clipboard"
        ),
        Binding(
            "f6",
            "handoffs",
            "Hand-offs",
            id="done.handoffs",
            tooltip="What an administrator has to do: commands and a mail to copy",
        ),
        Binding(
            "s", "sheet", "Sheet", id="done.sheet", tooltip="Values to copy into the other form, in its order"
        ),
        Binding(
            "p",
            "secret",
            "Secret",
            id="done.secret",
            tooltip="Show the secret that no store keeps, as long as this page is open",
        ),
        Binding("v", "verify", "Verify", id="done.verify", tooltip="Prove it all again"),
        Binding("a", "answers", "Answers", id="done.answers", tooltip="Look at the answers, and apply again"),
        Binding(
            "u", "undo", "Undo…", id="done.undo", tooltip="Remove what this profile made; you are asked first"
        ),
        Binding(
            "t",
            "rotate",
            "Rotate…",
            id="done.rotate",
            tooltip="Make a new client secret, and remove the old one once the new one is proved",
        ),
        Binding("escape", "home", "Home", id="done.back", show=False, tooltip="Back to the home screen"),
    ]

    def __init__(self, outcome: Outcome, deed: Deed) -> None:
        super().__init__()
        self._outcome, self._deed = outcome, deed

    def body(self) -> ComposeResult:
        """Let it be scrolled."""
        with VerticalScroll(id="sheet", classes="pane -main") as sheet:
            sheet.border_title = plain(f"{self.setup.guide.title} · {self.setup.profile.name}")
            sheet_rows = 0 if self._deed.undoes else len(self.setup.walkthrough.plan().sheet)
            yield Rows(outcome_rows(self._outcome, self._deed, self.setup.profile, sheet=sheet_rows))

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.query_one("#sheet").focus()
        if self._outcome.shown_once:
            self.action_secret()

    @property
    def told(self) -> str:
        """All that is shown, as text."""
        return self.query_one(Rows).told

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done at this stage."""
        profile, plan = self.setup.profile, self.setup.walkthrough.plan
        stage = profile.stage
        done = stage in {"applied", "proved"}
        offered: Mapping[str, Callable[[], bool]] = {
            "copy": lambda: bool(profile.variables),
            "handoffs": lambda: bool(self._outcome.handoffs),
            "secret": lambda: bool(self._outcome.shown_once),
            "sheet": lambda: not self._deed.undoes and bool(plan().sheet),
            "rotate": lambda: done and bool(profile.secrets),
            "verify": lambda: done,
            "undo": lambda: done or stage in {"applying", "undone"},
        }
        if action in offered:
            return offered[action]()
        return super().check_action(action, parameters)

    def action_handoffs(self) -> None:
        """Show what an administrator has to do."""
        self.azimuth.handoffs = self._outcome.handoffs
        self.azimuth.show_handoffs()

    def action_sheet(self) -> None:
        """Show the sheet to copy from."""
        self.azimuth.show_sheet()

    def action_secret(self) -> None:
        """Show what no store keeps."""
        from screens.store_dialogs import ShowOnce

        _ = self.app.push_screen(ShowOnce(self._outcome.shown_once))

    def action_home(self) -> None:
        """Go home."""
        self.azimuth.go_home()

    def action_copy(self) -> None:
        """Copy the line for the shell. It holds no secret: the shell asks for it."""
        self.app.copy_to_clipboard(shell_line(self.setup.profile))
        self.tell("Copied. Paste it into your shell.")

    def action_verify(self) -> None:
        """Prove it all again."""
        self.azimuth.show_apply(Deed.VERIFY)

    def action_rotate(self) -> None:
        """Ask, and then make a new client secret."""
        self.azimuth.ask_rotate()

    def action_answers(self) -> None:
        """Look at the answers."""
        self.azimuth.show_review()

    def action_undo(self) -> None:
        """Ask, and then remove what was made."""
        self.azimuth.ask_undo()


def shell_line(profile: Profile) -> str:
    """Return the line that gives a shell the variables."""
    return f'eval "$(azimuth env {profile.name})"'


def outcome_rows(outcome: Outcome, deed: Deed, profile: Profile, *, sheet: int = 0) -> list[Row]:
    """Return how a deed ended as rows; `sheet` is how many values there are to copy into another form."""
    rows = [_headline(outcome, deed)]
    if (outcome.problem or outcome.mend) and not outcome.handoffs:
        rows.append(Row(outcome.problem, quiet=outcome.mend, text_tone="bad", indent=2))
    if profile.variables:
        rows += [BLANK, heading("In your shell"), Row(shell_line(profile), text_tone="key", indent=2)]
        rows.append(Row(quiet=f"sets {', '.join(sorted(profile.variables))}", indent=2))
    rows += _about_secrets(outcome, deed, profile)
    if outcome.handoffs:
        rows += [BLANK, *handoff_lines(outcome.handoffs, outcome.postponed)]
        rows.append(Row("F6 shows the commands and a mail to copy.", indent=2))
        rows.append(
            Row(
                f"azimuth resume {profile.name}",
                quiet="goes on as soon as it is done",
                text_tone="key",
                indent=2,
            )
        )
    if sheet:
        told = f"{sheet} values to copy into the other form, in its order: S"
        rows += [BLANK, Row(told, sign(Sign.WAITS), "warn")]
    if outcome.manual:
        rows += [BLANK, heading("Stays for you")]
        rows += [row for task in outcome.manual for row in manual_rows(task)]
    later = [step for step in outcome.next_steps if not step.startswith(shell_line(profile))]
    if later and outcome.ok:
        rows += [BLANK, heading("Next"), *(_next(step) for step in later)]
    for title, word, tone, labels in (
        ("Made", "made", "good", outcome.made),
        ("Kept", "kept", "quiet", outcome.kept),
        ("Removed", "removed", "good", outcome.removed),
    ):
        if labels:
            rows += [BLANK, heading(title)]
            rows += [Row(label, sign(Sign.DONE), tone, word=word) for label in labels]
    if outcome.proofs:
        good = sum(1 for proof in outcome.proofs if proof.ok)
        rows += [BLANK, heading(f"Proved {good} of {len(outcome.proofs)}"), *map(_proof, outcome.proofs)]
    return rows


def _about_secrets(outcome: Outcome, deed: Deed, profile: Profile) -> list[Row]:
    rows = [BLANK, *expiry_rows(profile)] if deed is not Deed.UNDO and expiry.warnings(profile) else []
    if outcome.shown_once:
        what = f"{', '.join(outcome.shown_once)}: no store keeps it, so azimuth env can't give it. P shows it until you leave."
        rows += [BLANK, Row(what, sign(Sign.WARNING), "warn", text_tone="warn")]
    return rows


def _headline(outcome: Outcome, deed: Deed) -> Row:
    if outcome.handoffs:
        what = "Done as far as you may. The rest waits for an administrator."
        return Row(what, sign(Sign.WAITS), "warn", text_tone="warn")
    if not outcome.ok and outcome.end is not End.CANCELLED:
        what = (
            "It is there, but not everything could be proved."
            if outcome.end is End.DONE
            else "Not all of it holds."
        )
        return Row(what, sign(Sign.WARNING), "warn", text_tone="warn")
    done = {
        Deed.APPLY: "Done, and proved: it works.",
        Deed.VERIFY: "All of it is there, and works.",
        Deed.UNDO: "Undone: what this profile made is removed. Its answers are kept.",
        Deed.PURGE: "Undone for good: what this profile made is removed. Its answers are kept.",
        Deed.ROTATE: "Rotated: the new secret signs in, and is where the old one was.",
    }[deed]
    if outcome.end is End.NOTHING_TO_DO:
        done = {
            Deed.APPLY: "Nothing was changed: all of it was there already, and is proved.",
            Deed.VERIFY: done,
            Deed.UNDO: "There was nothing left to remove.",
            Deed.PURGE: "There was nothing left to remove.",
            Deed.ROTATE: done,
        }[deed]
    if deed.undoes and outcome.kept:
        done = "Undone as far as it may be. What stays, and why, is told below."
    return Row(done, sign(Sign.DONE), "good", text_tone="good")


def _proof(proof: ProofResult) -> Row:
    mark, tone, word = (Sign.DONE, "good", "proved") if proof.ok else (Sign.WRONG, "bad", "not proved")
    if proof.ok and proof.warning:
        mark, tone = Sign.WARNING, "warn"
    return Row(
        proof.title, sign(mark), tone, f"· {proof.what}{f'. {proof.mend}' if proof.mend else ''}", word=word
    )


def _next(step: str) -> Row:
    command, _, meaning = step.partition("  ")
    return Row(command, text_tone="key", quiet=meaning.strip(), indent=2)
