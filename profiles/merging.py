"""How two writers of one profile come together: what each changed since it was loaded is kept; what both changed is shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from profiles.errors import ProfilesError, StaleProfile

if TYPE_CHECKING:
    from profiles.profile import AnswerValue, Profile, SavedContext, SavedProof
    from profiles.store import ProfileStore

V = TypeVar("V")

_ROUNDS = 100  # somebody else may save in between, again and again; nobody does so a hundred times
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that both changed: what it was when both loaded it, what it is here, and what it is in the file.

    None is no answer.
    """

    key: str
    before: AnswerValue | None
    mine: AnswerValue | None
    theirs: AnswerValue | None

    @property
    def line(self) -> str:
        """The difference in one line that steers no terminal."""
        return f"{self.key}: {shown(self.mine)} here, {shown(self.theirs)} in the file (it was {shown(self.before)})"


class Collision(ProfilesError):  # noqa: N818 - reads as the sentence it says
    """Answers of one profile were changed here and in its file; nothing was overwritten.

    `base` is the profile as both knew it, `theirs` the one in the file.
    """

    def __init__(self, base: Profile, theirs: Profile, differences: tuple[Difference, ...]) -> None:
        self.base, self.theirs, self.differences = base, theirs, differences
        self.sentence = (
            f"Answers of profile {theirs.name!r} were changed here and elsewhere; nothing was overwritten."
        )
        super().__init__("\n".join((self.sentence, *(f"  {one.line}" for one in differences))))


def shown(value: AnswerValue | None) -> str:
    """An answer for people: cut, and with nothing that steers a terminal."""
    if value is None:
        return "no answer"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
    return text if text.isprintable() and text.strip() else ascii(text)


def save_merged(
    store: ProfileStore, base: Profile | None, mine: Profile, asked: Collection[str]
) -> tuple[Profile, bool]:
    """Save a profile over the one it was loaded as (`base`; None for a new one), with what others changed meanwhile.

    `asked` are the keys that a person answers; the other answers were found out and are found out again. Returns the
    profile as it is on disk, and whether anything of others came in.

    Raises Collision when others changed the same answers, StaleProfile when the file was removed or is another
    profile's, and what `ProfileStore.save` raises; then nothing was written.
    """
    came_in = False
    for _ in range(_ROUNDS):
        revision = base.revision if base is not None else mine.revision
        try:
            return store.save(replace(mine, revision=revision), expected=base), came_in
        except StaleProfile as stale:
            if base is None or stale.theirs is None:
                raise
            theirs = store.load(mine.name)
            if theirs.id != base.id:
                raise
        mine, base, came_in = merged(base, mine, theirs, asked), theirs, True
    raise StaleProfile(mine.name, mine.revision, mine.revision)


def merged(base: Profile, mine: Profile, theirs: Profile, asked: Collection[str]) -> Profile:
    """Both changes of a profile in one.

    Raises Collision for answers of a person that differ; where both changed what was found out, ours is newer.
    """
    by_hand = theirs.revision == base.revision
    answers, sources, differences = _answers(
        base, mine, _chosen_by_hand(base, theirs) if by_hand else theirs, asked
    )
    if differences:
        raise Collision(base, theirs, differences)
    return replace(
        theirs,
        step=mine.step,
        stage=_either(base.stage, mine.stage, theirs.stage),
        context=_context(base.context, mine.context, theirs.context),
        answers=answers,
        sources=sources,
        outputs=_each(base.outputs, mine.outputs, theirs.outputs),
        secrets=tuple(
            _each(
                {one.variable: one for one in base.secrets},
                {one.variable: one for one in mine.secrets},
                {one.variable: one for one in theirs.secrets},
            ).values()
        ),
        proofs=_proofs(base.proofs, mine.proofs, theirs.proofs),
        deployments=tuple(dict.fromkeys((*theirs.deployments, *mine.deployments))),
    )


def _chosen_by_hand(base: Profile, theirs: Profile) -> Profile:
    """A hand that edits an answer seldom edits the word beside it that says where the answer came from."""
    changed = [key for key, value in theirs.answers.items() if not _same(base.answers.get(key), value)]
    return replace(theirs, sources={**theirs.sources, **dict.fromkeys(changed, "chosen")})


def _answers(
    base: Profile, mine: Profile, theirs: Profile, asked: Collection[str]
) -> tuple[dict[str, Any], dict[str, Any], tuple[Difference, ...]]:
    answers: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    differences: list[Difference] = []
    for key in dict.fromkeys((*theirs.answers, *mine.answers, *base.answers)):
        old, here, there = (one.answers.get(key) for one in (base, mine, theirs))
        keeper = theirs if _same(old, here) else mine
        if keeper is mine and not _same(old, there) and not _same(here, there) and key in asked:
            defaults = [_is_default(one, key) for one in (mine, theirs)]
            if not any(defaults):
                differences.append(Difference(key, old, here, there))
            keeper = theirs if defaults == [True, False] else mine
        if key in keeper.answers:
            answers[key] = keeper.answers[key]
        if key in keeper.sources:
            sources[key] = keeper.sources[key]
    return answers, sources, tuple(differences)


def _is_default(profile: Profile, key: str) -> bool:
    """Whether an answer was only taken as it stood; an answer that was taken back is a choice."""
    return key in profile.answers and profile.sources.get(key) == "default"


def _context(base: SavedContext, mine: SavedContext, theirs: SavedContext) -> SavedContext:
    fields = ("way", "account", "tenant_id", "tenant_name", "subscription_id", "subscription_name")
    either = {
        name: _either(getattr(base, name), getattr(mine, name), getattr(theirs, name)) for name in fields
    }
    return replace(theirs, **either)


def _proofs(
    base: tuple[SavedProof, ...], mine: tuple[SavedProof, ...], theirs: tuple[SavedProof, ...]
) -> tuple[SavedProof, ...]:
    """The newer ones, all together: they were proved together."""
    if base in (mine, theirs):
        return theirs if mine == base else mine
    newest = [max((one.at for one in proofs), default=None) for proofs in (mine, theirs)]
    return theirs if newest[0] is None or (newest[1] is not None and newest[1] > newest[0]) else mine


def _each(base: Mapping[str, V], mine: Mapping[str, V], theirs: Mapping[str, V]) -> dict[str, V]:
    """Each entry from whoever changed it; from here where both did."""
    kept = {}
    for key in dict.fromkeys((*theirs, *mine)):
        keeper = theirs if base.get(key) == mine.get(key) else mine
        if key in keeper:
            kept[key] = keeper[key]
    return kept


def _either(base: V, mine: V, theirs: V) -> V:
    return theirs if mine == base else mine


def _same(one: object, other: object) -> bool:
    # By type too: True equals 1 and yet is another answer.
    return type(one) is type(other) and one == other
