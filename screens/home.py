"""The home screen: what is half-finished first, then the other profiles, then the guides to start with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from screens.expiries import expiry_rows
from screens.keeping import Keeping
from screens.signs import STAGES, TONES, Mark, is_plain, sign
from screens.terminal import Sign
from screens.text import line
from screens.widgets.rows import BLANK, Row, Rows, heading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from profiles.profile import Profile
    from profiles.store import ProfileSummary
    from wizard.guide import Guide

_HALF_FINISHED = ("answering", "applying")
# What was undone may have left something that was in use, or that Azure keeps to be restored.
_STAGES: Mapping[str, frozenset[str]] = {
    "verify": frozenset({"applied", "proved"}),
    "rotate": frozenset({"applied", "proved"}),
    "undo": frozenset({"applying", "applied", "proved", "undone"}),
}
_LETTERS = ("▄▀█ ▀█ █ █▀▄▀█ █ █ ▀█▀ █ █", "█▀█ █▄ █ █ ▀ █ █▄█  █  █▀█")
_UNAPPROVED = Row("Not approved: what changed is shown before anything goes to Azure.", "!", "warn")
_DAY = 86_400
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What there is to choose from, read once."""

    guides: Mapping[str, Guide]
    profiles: tuple[ProfileSummary, ...]


class Shelf(OptionList):
    """The list of the home screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "select", "Open", id="home.open", tooltip="Start the guide, or go on with the profile"
        ),
    ]

    class Drawn(Message):
        """The first frame is on its way to the terminal."""

    def __init__(self) -> None:
        super().__init__(id="shelf", classes="pane -main", compact=True, markup=False)
        self._was_drawn = False

    def render_line(self, y: int) -> Strip:
        """Draw a line; tell it when that happens for the first time."""
        if not self._was_drawn:
            self._was_drawn = True
            self.post_message(self.Drawn())
        return super().render_line(y)


class HomePage(Keeping):
    """Lists profiles and guides. `start` names a guide to begin with at once."""

    CSS_PATH = "styles/home.tcss"
    HELP: ClassVar[str | None] = (
        "A guide is one published way of setting something up. A profile is one setup of a guide: its answers, what "
        "was made, and the variables it gives. Enter starts a guide or goes on with a profile, exactly where it stopped."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "verify", "Verify", id="home.verify", tooltip="Prove again what the profile made"),
        Binding(
            "u", "undo", "Undo", id="home.undo", tooltip="Remove what the profile made; you are asked first"
        ),
        Binding(
            "t",
            "rotate",
            "Rotate",
            id="home.rotate",
            show=False,  # M lists it; the line of keys has no room at 80 columns
            tooltip="Make a new client secret, and remove the old one once the new one is proved",
        ),
        Binding("escape", "quit", "Quit", id="home.quit", tooltip="Leave Azimuth; everything is saved"),
    ]

    def __init__(self, *, start: Guide | None = None) -> None:
        super().__init__()
        self._start = start
        self._shelf: _Shelf | None = None

    def body(self) -> ComposeResult:
        """Put the list beside what is known of the marked line."""
        yield Static(_hero(), id="hero", markup=False)
        with Horizontal(id="panes"):
            choices = Shelf()
            choices.border_title = "Go on, or begin"
            yield choices
            with VerticalScroll(id="facts", classes="pane", can_focus=False) as about:
                about.border_title = "About"
                yield Rows()

    def on_mount(self) -> None:
        """Show the frame first, then read what there is."""
        self.query_one("#shelf", OptionList).focus()

    @on(Shelf.Drawn)
    def _drawn(self) -> None:
        self.call_after_refresh(self._read)

    def _read(self) -> None:
        # Imported here: the first frame is drawn before the engine is loaded.
        from profiles.store import ProfileStore
        from wizard.guides import all_guides

        self._shelf = _Shelf(all_guides(), tuple(ProfileStore().list()))
        self.tell_context()
        self._show(self._shelf)
        if self._start is not None:
            guide, self._start = self._start, None
            if not any(one.guide == guide.key and self._is_open(one) for one in self._shelf.profiles):
                self._ask_name(guide)

    def tell_context(self) -> None:
        """Say who works where, but not before the first frame: the cloud is opened for it."""
        if self._shelf is not None:
            super().tell_context()

    def _is_open(self, summary: ProfileSummary) -> bool:
        return summary.stage in _HALF_FINISHED and summary.cloud == self.azimuth.cloud.name

    def reload(self, marked: str = "") -> None:
        """Read profiles again, and mark the one of that name."""
        from textual.widgets.option_list import OptionDoesNotExist

        self._read()
        choices = self.query_one("#shelf", OptionList)
        try:
            choices.highlighted = choices.get_option_index(f"profile:{marked}")
        except OptionDoesNotExist:
            choices.action_first()

    def _show(self, shelf: _Shelf) -> None:
        here = self.azimuth.cloud.name
        usable = [one for one in shelf.profiles if not one.broken and one.cloud == here]
        groups = (
            ("Half-finished", [one for one in usable if one.stage in _HALF_FINISHED]),
            ("Profiles", [one for one in usable if one.stage not in _HALF_FINISHED]),
        )
        options: list[Option] = []
        for title, listed in groups:
            if listed:
                options += [_title(title, first=not options), *(_profile_option(one) for one in listed)]
        options += [_title("Guides", first=not options), *(_guide_option(g) for g in shelf.guides.values())]
        others = [one for one in shelf.profiles if one.broken or one.cloud != here]
        if others:
            options += [_title("Not here", first=False), *(_other_option(one) for one in others)]
        choices = self.query_one("#shelf", OptionList)
        choices.set_options(options)
        choices.action_first()

    @on(OptionList.OptionHighlighted)
    def _about(self, event: OptionList.OptionHighlighted) -> None:
        kind, _, key = (event.option_id or "").partition(":")
        self.query_one("#facts", VerticalScroll).query_one(Rows).show(self._told(kind, key))
        self.refresh_bindings()

    def _told(self, kind: str, key: str) -> list[Row]:
        if self._shelf is None:
            return []
        if kind == "guide":
            return _guide_rows(self._shelf.guides[key])
        from profiles.errors import ProfilesError
        from profiles.store import ProfileStore

        store = ProfileStore()
        try:
            profile = store.load(key)
            asked = [] if store.approves(profile) else [_UNAPPROVED]
        except (ProfilesError, OSError) as problem:  # it was changed or removed since the list was read
            return [Row(str(problem), sign(Sign.WRONG), "bad")]
        return [*asked, *_profile_rows(profile, self._shelf.guides)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer verify, undo and rotate only where something was made."""
        if action in _STAGES:
            chosen = self.chosen()
            return chosen is not None and chosen.stage in _STAGES[action]
        return super().check_action(action, parameters)

    def chosen(self) -> ProfileSummary | None:
        """The marked profile, if it is one."""
        option = next((shelf.highlighted_option for shelf in self.query(Shelf)), None)
        kind, _, name = (option.id or "" if option else "").partition(":")
        listed = self._shelf.profiles if self._shelf is not None and kind == "profile" else ()
        return next((one for one in listed if one.name == name), None)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        kind, _, key = (event.option_id or "").partition(":")
        if kind == "guide" and self._shelf is not None:
            self._ask_name(self._shelf.guides[key])
        elif kind == "profile":
            self._continue("")

    def action_verify(self) -> None:
        """Prove again what the profile made."""
        self._continue("verify")

    def action_rotate(self) -> None:
        """Make a new client secret, after a question."""
        self._continue("rotate")

    def action_undo(self) -> None:
        """Remove what the profile made, after a question."""
        self._continue("undo")

    def _continue(self, intent: str) -> None:
        chosen = self.chosen()
        if chosen is not None and self._shelf is not None:
            guide = self._shelf.guides.get(chosen.guide)
            if guide is None:
                self.tell(f"The guide {chosen.guide} is not installed here.", bad=True)
                return
            self.azimuth.open_profile(guide, chosen.name, intent=intent)

    def _ask_name(self, guide: Guide) -> None:
        from profiles.store import ProfileStore
        from screens.dialogs import AskName

        suggested = ProfileStore().suggest_name(guide.key)

        def start(name: str | None) -> None:
            if name is not None:
                self.azimuth.open_profile(guide, name)

        _ = self.app.push_screen(AskName(f"Start {guide.title}", suggested, self.refusal), start)

    def refusal(self, name: str) -> str:
        """Say why a new profile can't have this name."""
        from profiles.errors import ProfileError
        from profiles.store import ProfileStore

        try:
            taken = ProfileStore().exists(name)
        except ProfileError:
            return "1 to 64 letters, digits, . _ or -, the first a letter or digit."
        return f"There is a profile {name} already." if taken else ""


def _hero() -> Content:
    said = Content.styled(
        "From an Azure sign-in to an ML platform that is set up and proved.", TONES["quiet"]
    )
    if is_plain():
        return said
    return Content("\n").join([*(Content.styled(row, TONES["accent"]) for row in _LETTERS), said])


def _title(text: str, *, first: bool) -> Option:
    return Option(Content.styled(f"{'' if first else chr(10)}{text}", TONES["heading"]), disabled=True)


def _profile_option(one: ProfileSummary) -> Option:
    mark = STAGES.get(one.stage, Mark(Sign.TO_DO, one.stage, "quiet"))
    return Option(
        Content.assemble(
            Content.styled(f"{sign(mark.sign)} ", TONES[mark.tone]),
            Content.styled(f"{line(one.name):16} ", "bold"),
            Content.styled(f"{line(one.guide):9} ", ""),
            Content.styled(f"{line(mark.word):18} ", TONES[mark.tone]),
            Content.styled(_ago(one.updated), TONES["quiet"]),
        ),
        id=f"profile:{one.name}",
    )


def _guide_option(guide: Guide) -> Option:
    return Option(
        Content.assemble(
            Content.styled("+ ", TONES["good"]),
            Content.styled(f"{line(guide.title):16} ", "bold"),
            Content.styled(f"start  {len(guide.steps)} steps", TONES["quiet"]),
        ),
        id=f"guide:{guide.key}",
    )


def _other_option(one: ProfileSummary) -> Option:
    why = f"can't be read: {one.broken}" if one.broken else f"of {one.cloud}: azimuth --cloud {one.cloud}"
    text = Content.styled(f"{sign(Sign.NOT_NEEDED)} {line(one.name):16} {line(why)}", TONES["quiet"])
    return Option(text, disabled=True)


def _guide_rows(guide: Guide) -> list[Row]:
    chapters = [Row(chapter.title, chapter.number, "quiet") for chapter in guide.chapters]
    return [
        Row(guide.about),
        BLANK,
        heading(f"{len(guide.steps)} steps"),
        *chapters,
        BLANK,
        Row(quiet=f"Mirrors {guide.source}"),
    ]


def _profile_rows(profile: Profile, guides: Mapping[str, Guide]) -> list[Row]:
    guide = guides.get(profile.guide)
    step = next((s for s in guide.steps if s.number == profile.step), None) if guide else None
    mark = STAGES[profile.stage]
    context = profile.context
    where = (context.account, context.tenant_name or context.tenant_id, context.subscription_name)
    rows = [Row(mark.word, sign(mark.sign), mark.tone, text_tone=mark.tone)]
    if step is not None and profile.stage in _HALF_FINISHED:
        rows.append(Row(f"at {step.number} {step.title}"))
    rows.append(Row(" · ".join(part for part in where if part), text_tone="quiet"))
    rows += [BLANK, *expiry_rows(profile)] if profile.secrets else []
    if profile.proofs:
        rows += [BLANK, heading("Proved last")]
        for proof in profile.proofs:
            which = STAGES["proved"] if proof.ok else Mark(Sign.WRONG, "wrong", "bad")
            rows.append(Row(proof.title, sign(which.sign), which.tone, proof.detail))
    if profile.variables:
        rows += [
            BLANK,
            heading("In your shell"),
            Row(f'eval "$(azimuth env {profile.name})"', text_tone="key"),
        ]
    return rows


def _ago(when: datetime | None) -> str:
    if when is None:
        return ""
    seconds = (datetime.now(UTC) - when).total_seconds()
    if seconds < _HOUR:
        return f"{max(int(seconds) // 60, 0)} min ago"
    if seconds < _DAY:
        return f"{int(seconds) // _HOUR} h ago"
    return f"{when.astimezone():%d %b %Y}"
