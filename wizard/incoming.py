"""Whether a profile that somebody handed over can become a setup of one's own, and what that setup would say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from profiles.errors import Fault, ProfileError
from profiles.importing import Foreign, copied, left_out, read_foreign, taken_over
from profiles.profile import AnswerValue, Profile
from wizard.answers_file import secret_variable
from wizard.azure.choose import check_known
from wizard.guide import Guide, Kind, Question
from wizard.text import clean_line


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that can be taken over: the profile it would become, and what of the file is left out."""

    profile: Profile
    guide: Guide
    left_out: tuple[str, ...]

    def told(self) -> Iterator[tuple[str, str]]:
        """Yield what a person has to see before agreeing: what it is of, where it works, every answer."""
        profile, context = self.profile, self.profile.context
        yield "guide", f"{self.guide.key}: {self.guide.title}"
        yield "cloud", profile.cloud
        yield "tenant", _named(context.tenant_name, context.tenant_id) or "the one you sign in to"
        yield "subscription", _named(context.subscription_name, context.subscription_id) or "as answered"
        for key, value in profile.answers.items():
            yield key, shown(value)
        for key in profile.unknown:
            yield key, "is of a newer Azimuth, and is kept"


def shown(value: AnswerValue) -> str:
    """Return an answer on one line as a person would write it, safe for a terminal."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean_line(", ".join(value) if isinstance(value, list) else value)


def incoming(path: str | os.PathLike[str], guides: Mapping[str, Guide], *, name: str = "") -> Incoming:
    """Read a colleague's file for a new profile, called as the file says or `name`. Nothing is written.

    Raises:
        ProfileError: everything that is wrong with the file, each with its line and key.
        UnknownCloud: it is of a cloud that is not registered on this machine.
    """
    foreign = read_foreign(path)
    there = foreign.profile
    guide = guides.get(there.guide)
    if guide is None:
        known = ", ".join(guides)
        what = f"its guide {there.guide!r} is not installed here; there are {known}"
        raise ProfileError([foreign.fault("guide", what, table="")])
    check_known(there.cloud)
    asked = {question.key: question for question in guide.questions}
    if faults := [*_wrong(foreign, asked)]:
        raise ProfileError(faults)
    profile = taken_over(foreign, name or there.name, asked=asked)
    return Incoming(profile, guide, left_out(there, asked))


def copy_of(source: Profile, name: str, guides: Mapping[str, Guide]) -> Profile:
    """Return a new setup with the answers of a profile; where its guide is not installed, with all that it holds."""
    guide = guides.get(source.guide)
    asked = {question.key for question in guide.questions} if guide is not None else None
    return copied(source, name, asked=asked)


def _wrong(foreign: Foreign, asked: Mapping[str, Question]) -> Iterator[Fault]:
    for key, value in foreign.profile.answers.items():
        question = asked.get(key)
        if question is None:
            continue
        if question.kind is Kind.SECRET:
            what = f"is a secret and has no place in a file: set {secret_variable(key)} instead"
            yield foreign.fault(key, what)
        elif isinstance(value, list):
            yield foreign.fault(key, "is a list; an answer is text, a whole number, true or false")
        else:
            _, found = question.parse(value)
            yield from (foreign.fault(key, clean_line(one.sentence)) for one in found if one.blocks)


def _named(name: str, identity: str) -> str:
    return clean_line(f"{name} ({identity})" if name and identity else name or identity)
