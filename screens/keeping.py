"""What the home screen can do with profiles that are kept: show, rename, copy, delete one, and take over a colleague's."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from screens.page import Page
from screens.signs import sign
from screens.terminal import Sign
from screens.widgets.rows import BLANK, Row, heading

if TYPE_CHECKING:
    from profiles.profile import Profile
    from profiles.store import ProfileSummary
    from wizard.incoming import Incoming

_DIRECT = ("show", "rename", "copy", "delete")


class Keeping(Page):
    """A page with a list of profiles; `chosen` is the one under the mark, `reload` reads the list again."""

    HELP: ClassVar[str | None] = "The profiles that are kept. M lists what can be done with the marked one."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "m", "more", "More", id="home.more", tooltip="Show, rename, copy, delete or import a profile"
        ),
        Binding("s", "show", "Show", id="home.show", show=False, tooltip="Show what is in the profile"),
        Binding(
            "r", "rename", "Rename", id="home.rename", show=False, tooltip="Give the profile another name"
        ),
        Binding("c", "copy", "Copy", id="home.copy", show=False, tooltip="Start anew with the same answers"),
        Binding(
            "d", "delete", "Delete", id="home.delete", show=False, tooltip="Forget the profile; you are asked"
        ),
        Binding(
            "i", "import", "Import", id="home.import", show=False, tooltip="Take over a colleague's file"
        ),
    ]

    @abstractmethod
    def chosen(self) -> ProfileSummary | None:
        """The marked profile, if it is one."""

    @abstractmethod
    def reload(self, marked: str = "") -> None:
        """Read the list again, and mark the profile of that name."""

    @abstractmethod
    def refusal(self, name: str) -> str:
        """Say why a new profile can't have this name."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is about one profile where one is marked."""
        if action in _DIRECT:
            return self.chosen() is not None
        return super().check_action(action, parameters)

    def action_more(self) -> None:
        """List what can be done, each with its own key."""
        from screens.dialogs import Answer, Ask

        chosen = self.chosen()
        own = (
            Answer("show", "S  Show", "all that is in it"),
            Answer("rename", "R  Rename", "its record and secrets go with it"),
            Answer("copy", "C  Copy", "a new setup with the same answers"),
            Answer("rotate", "T  Rotate", "a new client secret; the old one goes when it is proved"),
            Answer("delete", "D  Delete", "forget it; what it made in Azure stays"),
        )
        offered = [one for one in own if chosen and self.check_action(one.key, ())]
        answers = [*offered, Answer("import", "I  Import", "start from a colleague's file")]
        title = chosen.name if chosen else "Profiles"

        def take(key: str | None) -> None:
            if key is not None:
                _ = self.run_worker(self.run_action(key))

        _ = self.app.push_screen(Ask(title, [], answers), take)

    def action_show(self) -> None:
        """Show all that is in the profile."""
        if profile := self._loaded():
            from profiles.store import ProfileStore
            from screens.dialogs import Told

            rows = content_rows(profile, approved=ProfileStore().approves(profile))
            _ = self.app.push_screen(Told(profile.name, rows))

    def action_rename(self) -> None:
        """Ask for another name."""
        if chosen := self.chosen():
            from profiles.store import ProfileStore
            from screens.writing import AskText

            def take(new: str | None) -> None:
                if new and self._tried(lambda: ProfileStore().rename(chosen.name, new)):
                    self.reload(new)

            asked = "The new name. Answers, record and secrets stay with it."
            _ = self.app.push_screen(
                AskText(f"Rename {chosen.name}", asked, "rename", chosen.name, self.refusal), take
            )

    def action_copy(self) -> None:
        """Ask for the name of a copy."""
        if chosen := self.chosen():
            from profiles.store import ProfileStore
            from screens.writing import AskText
            from wizard import shelf
            from wizard.guides import all_guides

            def take(new: str | None) -> None:
                if new and self._tried(lambda: shelf.copy(ProfileStore(), chosen.name, new, all_guides())):
                    self.reload(new)

            free = ProfileStore().suggest_name(chosen.name)
            asked = "A name for the copy. It has the same answers; nothing that was made belongs to it."
            _ = self.app.push_screen(AskText(f"Copy {chosen.name}", asked, "copy", free, self.refusal), take)

    def action_delete(self) -> None:
        """Ask, then forget the profile."""
        if chosen := self.chosen():
            from screens.dialogs import Answer, Ask
            from wizard import shelf

            made = shelf.standing(chosen.name)
            said = "Its answers and its secrets are forgotten."
            rows = [Row(said, sign(Sign.WARNING), "warn")]
            if made:
                more = f"It made {made} things in Azure that still stand. U on the home screen removes them first."
                rows.append(Row(more, sign(Sign.WRONG), "bad"))
            answers = (
                Answer("keep", "Keep it"),
                Answer("forget", "Forget it", "and leave in Azure what it made" if made else ""),
            )

            def take(key: str | None) -> None:
                if key == "forget":
                    _ = self.run_worker(self._forget(chosen.name))

            _ = self.app.push_screen(Ask(f"Delete {chosen.name}?", rows, answers), take)

    async def _forget(self, name: str) -> None:
        from profiles.store import ProfileStore
        from wizard import shelf

        left: list[str] = []
        passphrase = self.azimuth.passphrase
        # A store of secrets may take its time.
        problem = await asyncio.to_thread(
            _problem_of, lambda: left.extend(shelf.forget(ProfileStore(), name, passphrase))
        )
        told = f" Its store did not let go of {', '.join(left)}." if left else ""
        self.tell(problem or f"{name} is forgotten.{told}", bad=bool(left or problem))
        self.reload()

    def action_import(self) -> None:
        """Ask for a file, show what it would become, and keep it when that is agreed to."""
        from screens.writing import AskText

        asked = "The profile file of a colleague. Its answers are taken over, and nothing else."
        _ = self.app.push_screen(AskText("Import a profile", asked, "look at it", ""), self._look_at)

    def _look_at(self, path: str | None, name: str = "") -> None:
        if not path:
            return
        from profiles.errors import ProfileError, ProfilesError, StaleProfile
        from profiles.store import ProfileStore
        from screens.dialogs import Told
        from wizard import shelf
        from wizard.azure.errors import AzureProblem
        from wizard.guides import all_guides

        try:
            found = shelf.preview(ProfileStore(), Path(path).expanduser(), all_guides(), name=name)
        except StaleProfile as taken:
            self._ask_other_name(path, taken.name)
        except (ProfilesError, AzureProblem, OSError, RuntimeError) as problem:
            faults = problem.faults if isinstance(problem, ProfileError) else (problem,)
            rows = [Row(str(one), sign(Sign.WRONG), "bad") for one in faults]
            said = Row(f"It can't be used: {len(rows)} thing{'s' if len(rows) != 1 else ''} to mend.")
            _ = self.app.push_screen(Told("Import a profile", [said, BLANK, *rows]))
        else:
            self._ask_to_keep(found)

    def _ask_other_name(self, path: str, name: str) -> None:
        from profiles.store import ProfileStore
        from screens.writing import AskText

        asked = f"There is a profile {name} already. A name for the new one."
        free = ProfileStore().suggest_name(name)

        def take(new: str | None) -> None:
            self._look_at(path if new else None, new or "")

        _ = self.app.push_screen(AskText("Import a profile", asked, "look at it", free, self.refusal), take)

    def _ask_to_keep(self, found: Incoming) -> None:
        from profiles.store import ProfileStore
        from screens.approving import AskLong
        from screens.dialogs import Answer
        from wizard import shelf

        told = [Row(text, word=what) for what, text in found.told()]
        left = [Row(text, sign(Sign.NOT_NEEDED), "quiet", word="left out") for text in found.left_out]
        answers = (Answer("leave", "Leave it"), Answer("keep", f"Keep it as {found.profile.name}"))

        def take(key: str | None) -> None:
            if key == "keep" and self._tried(partial(shelf.take_in, ProfileStore(), found)):
                self.reload(found.profile.name)

        _ = self.app.push_screen(AskLong("Import a profile", [*told, *left], answers), take)

    def _loaded(self) -> Profile | None:
        from profiles.store import ProfileStore

        chosen = self.chosen()
        found: list[Profile] = []
        if chosen is not None:
            self._tried(lambda: found.append(ProfileStore().load(chosen.name)))
        return found[0] if found else None

    def _tried(self, act: Callable[[], object]) -> bool:
        """Do something with the files; say it when that fails."""
        problem = _problem_of(act)
        if problem is not None:
            self.tell(problem, bad=True)
        return problem is None


def _problem_of(act: Callable[[], object]) -> Exception | None:
    """Do something with the files, and return what kept it from being done."""
    from profiles.errors import ProfilesError

    try:
        act()
    except (ProfilesError, OSError) as problem:
        return problem
    return None


def content_rows(profile: Profile, *, approved: bool) -> list[Row]:
    """Return all that is in a profile, to read: where from, as whom, answers, variables, secrets' places, proofs."""
    from wizard.incoming import shown

    context = profile.context
    about = {
        "guide": profile.guide,
        "cloud": profile.cloud,
        "from": profile.origin,
        "as": context.account,
        "tenant": " ".join(part for part in (context.tenant_name, context.tenant_id) if part),
        "subscription": " ".join(
            part for part in (context.subscription_name, context.subscription_id) if part
        ),
        "saved": f"{profile.updated:%Y-%m-%d %H:%M} UTC, revision {profile.revision}",
    }
    rows = [Row(text, word=word) for word, text in about.items() if text]
    if not approved:
        rows.insert(
            0, Row("Not approved yet: you are asked before it goes to Azure.", sign(Sign.WARNING), "warn")
        )
    parts = (
        ("Answers", [Row(f"{key} = {shown(value)}", indent=2) for key, value in profile.answers.items()]),
        ("Variables", [Row(f"{key}={shown(value)}", indent=2) for key, value in profile.outputs.items()]),
        ("Secrets", [Row(f"{one.variable} in {one.store}", indent=2) for one in profile.secrets]),
        ("Proofs", [Row(f"{one.title}, {one.at:%Y-%m-%d}", indent=2) for one in profile.proofs]),
    )
    for title, listed in parts:
        if listed:
            rows += [BLANK, heading(title), *listed]
    return rows
