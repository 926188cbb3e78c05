"""Keeping: a profile on disk as it is typed: saved by itself, merged with what others change, and tried again."""

from __future__ import annotations

import asyncio
import threading
from abc import abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from profiles.errors import ProfileNotFound, ProfilesError
from profiles.merging import Collision, save_merged
from profiles.profile import to_values
from profiles.room import problem_of
from wizard.answers import Source

if TYPE_CHECKING:
    from profiles.profile import Profile
    from profiles.store import ProfileStore
    from wizard.guide import Guide
    from wizard.walkthrough import Walkthrough

_TRY_AGAIN = 3.0  # seconds until what could not be saved is tried again


class Keeping:
    """A walkthrough and the profile that keeps it. Every change of an answer is saved by itself.

    `saved_at` is when all was on disk last; `save_problem` says why the last change could not be saved, which is tried
    again by itself. What others changed in the file meanwhile is taken over, and `on_merge` is told the keys of those
    answers; where they changed the same ones, `collision` holds the difference until `settle` is called.
    `unapproved` is what came from disk and nobody on this machine agreed to.
    """

    def __init__(self, guide: Guide, profile: Profile, store: ProfileStore, walkthrough: Walkthrough) -> None:
        self.guide = guide
        self.profile = profile
        self.store = store
        self.walkthrough = walkthrough
        self.walkthrough.listeners.append(self._changed)
        self.saved_at: datetime | None = None
        self.save_problem = ""
        self.collision: Collision | None = None
        self.on_merge: Callable[[tuple[str, ...]], None] = _unheard
        self.unapproved: Profile | None = None
        self._saving: asyncio.Task[None] | None = None
        self._again: asyncio.TimerHandle | None = None
        self._dirty = False
        self._writing = threading.RLock()
        self._snapshots = self._written = 0
        self._base = profile if store.exists(profile.name) else None  # what the file said last
        self._incoming: _Incoming | None = None
        self._file = (0, 0, 0)  # which file was looked at last
        self._asked = frozenset(question.key for question in guide.questions)

    @abstractmethod
    def _current(self) -> Profile:
        """Return the profile as it is to be saved."""

    def save(self) -> None:
        """Write the profile now; durable when it returns. What others changed meanwhile is taken over.

        Raises:
            Collision: others changed the same answers; `collision` holds them.
            StaleProfile: the file was removed, or is another profile's.
            ProfileError: the file can't be read.
            OSError: the disk refuses.
        """
        with self._writing:
            self._take_over()
            self._dirty = False
            try:
                self._write(*self._snapshot())
            except (ProfilesError, OSError) as problem:
                self._not_saved(problem)
                raise
            self._take_over()
        self._all_saved()

    async def flush(self) -> None:
        """Wait until everything typed so far is on disk, and what others changed is here.

        Raises:
            Collision, StaleProfile, ProfileError, OSError: it can't be.
        """
        if self._saving is not None:
            await self._saving
        if not self.is_saved or self._is_behind():
            self.save()

    def look_at_file(self) -> None:
        """Take over soon what others changed in the file, though nothing is to be saved."""
        if self.is_saved and self._is_behind():
            self._changed()

    def _is_behind(self) -> bool:
        """Whether the file says something else than what was read or written last; one that is gone says nothing."""
        path = self.store.path(self.profile.name)
        try:
            found = path.stat()
            mark = (found.st_ino, found.st_mtime_ns, found.st_size)
            if self._base is None or mark == self._file:
                return False
            theirs = self.store.load(self.profile.name)
        except (FileNotFoundError, ProfileNotFound):
            return False
        except (ProfilesError, OSError):
            return True
        self._file = mark
        return to_values(theirs) != to_values(self._base)

    @property
    def is_saved(self) -> bool:
        """Whether everything typed so far is on disk."""
        return not self._dirty and not self.save_problem

    def keep(self, **changes: object) -> None:
        """Change fields of the profile, such as its stage or outputs, and save it at once."""
        with self._writing:
            self.profile = replace(self.profile, **changes)  # type: ignore[arg-type]  # fields of Profile by name
            self.save()

    def settle(self, mine: Collection[str]) -> None:
        """End a collision: keep the answers of these keys as they are here, take the others from the file, and save.

        Raises what `save` raises.
        """
        collision = self.collision
        if collision is None or self._base is None:
            return
        with self._writing:
            self._base = _with_answers(
                self._base, collision.theirs, [one.key for one in collision.differences]
            )
            for one in collision.differences:
                if one.key not in mine:
                    self._take(one.key, collision.theirs)
            self.collision = None
            known, revision = self.unapproved, collision.theirs.revision
            self.save()
            # All that is new in the file was shown and chosen: nothing else came in.
            if known is None and self.profile.revision == revision + 1 and self.unapproved is None:
                self.store.approve(self.profile)
        self._dirty = False

    def give_up_saving(self) -> None:
        """Try no more by itself what could not be saved."""
        if self._again is not None:
            self._again.cancel()

    def _changed(self) -> None:
        """Save soon: in a thread while an event loop runs, several changes in one write; else at once."""
        self._dirty = True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.save()
            return
        if self._saving is None or self._saving.done():
            self._saving = loop.create_task(self._save_soon())

    async def _save_soon(self) -> None:
        while self._dirty:
            self._dirty = False
            try:
                await asyncio.to_thread(self._write, *self._snapshot())
            except (ProfilesError, OSError) as problem:
                self._not_saved(problem)
                self._try_again()
            else:
                self._all_saved()
            self._take_over()

    def _all_saved(self) -> None:
        self.saved_at, self.save_problem, self.collision = datetime.now().astimezone(), "", None

    def _not_saved(self, problem: ProfilesError | OSError) -> None:
        self.collision = problem if isinstance(problem, Collision) else None
        self.save_problem = problem_of(problem) if isinstance(problem, OSError) else str(problem)

    def _try_again(self) -> None:
        """Try to save again in a while: a full disk may have room by then. What collided waits for the person."""
        self.give_up_saving()
        if self.collision is None:
            self._again = asyncio.get_running_loop().call_later(_TRY_AGAIN, self._changed)

    def _snapshot(self) -> tuple[int, Profile]:
        self._snapshots += 1
        return self._snapshots, self._current()

    def _write(self, number: int, profile: Profile) -> None:
        """Save a snapshot, unless a newer one is on disk already: one is written in a thread, another at once."""
        with self._writing:
            if number > self._written:
                before = self._base
                saved, came_in = save_merged(self.store, before, profile, self._asked)
                self._written = number
                if came_in and before is not None:
                    self._incoming = _Incoming(before, profile, saved)
                self._base = self.profile = saved

    def _take_over(self) -> None:
        """Take over what others changed, unless the person went on typing just there: that collides at the next save."""
        with self._writing:
            incoming, self._incoming = self._incoming, None
            if incoming is None or self._base is None:
                return
            sent, saved, taken = incoming.sent, incoming.saved, list[str]()
            for key in dict.fromkeys((*saved.answers, *sent.answers)):
                if sent.answers.get(key) == saved.answers.get(key):
                    continue
                now = self.walkthrough.given if key in self._asked else self.walkthrough.facts
                if now.get(key) == sent.answers.get(key):
                    self._take(key, saved)
                    taken.append(key)
                else:
                    self._base = _with_answers(self._base, incoming.before, [key])
            if not self.store.approves(saved):
                self.unapproved = saved
        self.on_merge(tuple(key for key in taken if key in self._asked))

    def _take(self, key: str, profile: Profile) -> None:
        value = profile.answers.get(key)
        plain = None if isinstance(value, list) else value
        if key in self._asked:
            self.walkthrough.take_over(key, plain, Source(profile.sources.get(key, "chosen")))
        elif plain is None:
            self.walkthrough.facts.pop(key, None)
        else:
            self.walkthrough.facts[key] = plain


@dataclass(frozen=True, slots=True)
class _Incoming:
    """What others changed, on its way into the walkthrough: the profile before, as it was sent, and as it was saved."""

    before: Profile
    sent: Profile
    saved: Profile


def _unheard(_keys: tuple[str, ...]) -> None:
    """Take what nobody listens to."""


def _with_answers(profile: Profile, of: Profile, keys: Collection[str]) -> Profile:
    """Return a profile with these answers as they are in another one."""
    others = {key: value for key, value in profile.answers.items() if key not in keys}
    return replace(profile, answers=others | {key: of.answers[key] for key in keys if key in of.answers})
