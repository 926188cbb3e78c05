"""Answers from a file and the environment for commands that ask nothing, and profiles as those commands need them."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from profiles.profile import Profile
from profiles.secrets import Secret
from profiles.store import ProfileStore
from screens.connecting import hand_over
from screens.terminal import has_person
from wizard.answers import Value
from wizard.answers_file import read_answers, secret_variable, secrets_in, starter, wanted_secrets
from wizard.guide import Guide, Kind, Question
from wizard.guides import all_guides
from wizard.setup import Setup, WrongProfile

if TYPE_CHECKING:
    from wizard.azure.clouds import Cloud


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gave a command as answers."""

    answers: dict[str, Value]
    secrets: dict[str, Secret] = field(default_factory=dict)


def given(guide: Guide, file: str, *, profile: Profile | None = None) -> Given:
    """Read an answers file, with the secrets that the environment holds; a person is asked for the others.

    A profile that keeps a secret already needs it no more.

    Raises:
        AnswersFault: everything that is wrong with the file.
    """
    held = _taken(guide)
    kept = profile is not None and bool(profile.secrets)
    elsewhere = set(held)
    if kept or has_person():
        elsewhere |= {question.key for question in guide.questions if question.kind is Kind.SECRET}
    answers = read_answers(starter(file), guide, secrets=elsewhere)
    found: dict[str, Secret] = {}
    for question in wanted_secrets(guide, answers):
        if question.key in held:
            found[question.key] = held[question.key]
        elif not kept:
            found[question.key] = Secret(
                getpass(f"{question.prompt}, step {_step(guide, question)} (does not show): ")
            )
    return Given(answers, found)


def _taken(guide: Guide) -> dict[str, Secret]:
    """Take the secret answers out of the environment: no program that is begun from now on shall get them."""
    held = secrets_in(os.environ, guide)
    for key in held:
        del os.environ[secret_variable(key)]
    return held


def _step(guide: Guide, question: Question) -> str:
    return next(step.number for step, asked in guide.asked() if asked is question)


def saved(name: str) -> Profile | None:
    """Return the profile of a name, or None.

    Raises:
        ProfileError: its file can't be read, or no profile can be called so.
    """
    store = ProfileStore()
    return store.load(name) if store.exists(name) else None


def reopened(name: str, cloud: Cloud) -> Setup:
    """Open a profile with the secrets that the environment holds.

    Raises:
        ProfileNotFound, ProfileError, WrongProfile: it is not there, can't be read, or is of another guide or cloud.
    """
    setup = Setup.reopen(name, cloud, guides=all_guides())
    if setup.profile.cloud != cloud.name:
        raise WrongProfile(f"Profile {name} is of {setup.profile.cloud}, not {cloud.name}.")
    hand_over(setup, _taken(setup.guide))
    return setup


@contextmanager
def looking(guide: Guide, cloud: Cloud, file: str, name: str | None) -> Iterator[Setup]:
    """Give a setup that leaves no trace: its profile lies in a folder that goes with the block.

    With a name, it knows what that profile made already, and the profile itself stays as it is.

    Raises:
        AnswersFault: everything that is wrong with the file.
        NotApproved: that profile holds what nobody here agreed to.
    """
    known = saved(name) if name is not None else None
    if known is not None:
        ProfileStore().see_approved(known)
    provided = given(guide, file, profile=known)
    profile = known or Profile.new(f"look-{secrets.token_hex(4)}", guide.key, cloud.name)
    with tempfile.TemporaryDirectory(prefix="azimuth-") as folder:
        setup = Setup(guide, replace(profile, revision=0), cloud, ProfileStore(Path(folder)))
        for key, value in provided.answers.items():
            setup.walkthrough.record(key, value)
        hand_over(setup, provided.secrets)
        yield setup
