"""What a new setup takes over from another profile's file: its answers, and nothing that was made, kept or proved there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass, replace

from profiles.document import lines_of, read_text
from profiles.errors import Fault, ProfileError
from profiles.profile import Profile
from profiles.reading import profile_of


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file that somebody handed over, read strictly: the profile as it stands there, and where each key stands."""

    file: str
    profile: Profile
    digest: str
    _lines: dict[tuple[str | int, ...], int]

    def fault(self, key: str, what: str, *, table: str = "answers") -> Fault:
        """One thing wrong with one key, an answer's as a rule, with the line it stands in."""
        path = (table, key) if table else (key,)
        return Fault(self.file, self._lines.get(path), ".".join(path), what)


def read_foreign(path: str | os.PathLike[str]) -> Foreign:
    """Read a file that is not one of ours. Raises ProfileError with all faults; never waits for a pipe or a device."""
    name = os.path.basename(path)  # noqa: PTH119 - any path-like
    try:
        text = read_text(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no file can be called so"
        raise ProfileError([Fault(name[:200], None, "", f"can't be read: {why}")]) from None
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Foreign(name, profile_of(text, name), digest, lines_of(text))


def copied(source: Profile, name: str, *, asked: Collection[str] | None = None) -> Profile:
    """A new setup of one's own from the answers of another: nothing that the other made or found belongs to it.

    `asked` are the keys of the guide's questions: what is none was found in Azure, and is found again.
    """
    return replace(
        _fresh(source, name, asked),
        origin=f"copy of {source.name}",
        context=source.context,
    )


def taken_over(foreign: Foreign, name: str, *, asked: Collection[str] | None = None) -> Profile:
    """A new setup from a file that somebody handed over; whose account signed in there is not taken over."""
    there = foreign.profile
    return replace(
        _fresh(there, name, asked),
        origin=f"import of {there.name} (sha256 {foreign.digest[:16]})",
        context=replace(there.context, way="", account=""),
        schema=there.schema,
        unknown=there.unknown,
    )


def left_out(there: Profile, asked: Collection[str] | None = None) -> tuple[str, ...]:
    """What an import does not take over from a file, in words for people."""
    found = 0 if asked is None else sum(1 for key in there.answers if key not in asked)
    counted = (
        (found, "fact", "found in their Azure"),
        (len(there.outputs), "variable", "of theirs"),
        (len(there.secrets), "reference", "to a secret"),
        (len(there.proofs), "proof", ""),
        (len(there.deployments), "deployment", ""),
    )
    return tuple(
        f"{count} {what}{'s' if count != 1 else ''} {more}".strip() for count, what, more in counted if count
    )


def _fresh(source: Profile, name: str, asked: Collection[str] | None) -> Profile:
    answers = {key: value for key, value in source.answers.items() if asked is None or key in asked}
    return replace(
        Profile.new(name, source.guide, source.cloud),
        answers=answers,
        sources={key: value for key, value in source.sources.items() if key in answers},
    )
