"""A profile is carried out where it was before, or not at all (fault 70: tenant or subscription changed since)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from profiles.profile import SavedContext
from profiles.store import ProfileStore
from tests.commands.azimuth import TRACES
from tests.rehearsal import himl, practice, state_of
from wizard.apply.preflight import preflight
from wizard.apply.run import Run
from wizard.apply.undo import undo
from wizard.apply.verify import verify
from wizard.context import Context
from wizard.setup import Setup
from wizard.whereabouts import moved

_HOME, _AWAY = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def _here(tenant: str) -> Context:
    return Context("Azure", "you", tenant, "Contoso", "", "")


@pytest.mark.parametrize(
    ("saved", "here", "subscription", "made_in", "told"),
    [
        (_HOME, _HOME, _HOME, {_HOME}, ""),
        (_HOME.upper(), _HOME, _HOME, {_HOME}, ""),
        (_HOME, _AWAY, _HOME, {_HOME}, f"you are signed in to Contoso ({_AWAY})"),
        (_HOME, _HOME, _AWAY, {_HOME}, f"its answers name {_AWAY} now"),
        (_HOME, None, _HOME, {_HOME}, ""),
        ("", _AWAY, _AWAY, set(), ""),
        (_HOME, _HOME, "not settled yet", {_HOME}, ""),
    ],
)
def test_elsewhere_is_told(
    saved: str, here: str | None, subscription: str, made_in: set[str], told: str
) -> None:
    context = SavedContext(tenant_id=saved)
    sentence = moved("demo", context, _here(here) if here else None, subscription, made_in)
    assert (told in sentence) if told else sentence == ""


async def _another(setup: Setup, there: str) -> str:
    """Another subscription of the same tenant."""
    for choice in await setup.walkthrough.choices("subscription"):
        same = choice.implies.get("subscription_tenant") == setup.profile.context.tenant_id
        if same and choice.value != there:
            return choice.value
    raise LookupError(there)


async def test_answers_that_name_another_subscription_than_what_was_made_are_refused(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            assert (await Run(setup).go()).ok
            there = setup.walkthrough.answers.text("subscription")
            before = state_of(tmp_path, without=TRACES)
            setup.walkthrough.record("subscription", await _another(setup, there))
            await setup.flush()
            assert ProfileStore().load("demo").context.subscription_id == there
            told = await preflight(setup)
            assert told.blocked
            assert any("made its objects in subscription" in found.what for found in told.findings)
            for refused in (await Run(setup).go(), await verify(setup)):
                assert (refused.ok, refused.made) == (False, ())
                assert "azimuth profiles copy" in refused.mend
            assert state_of(tmp_path, without=TRACES) == before
            assert (await undo(setup)).ok  # what was made is taken back where it is
            assert not setup.moved()


async def test_another_tenant_is_refused_by_every_deed_and_what_is_known_stays(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            assert (await Run(setup).go()).ok
            right = setup.profile.context
            setup.keep(context=replace(right, tenant_id=_AWAY, tenant_name="Elsewhere"))
            setup.walkthrough.record("secret_name", "himl")  # saving does not change where things were made
            await setup.flush()
            assert ProfileStore().load("demo").context.tenant_id == _AWAY
            before, lines = state_of(tmp_path, without=TRACES), setup.journal.path.read_bytes()
            for refused in (await Run(setup).go(), await verify(setup), await undo(setup)):
                assert not refused.ok
                assert "Elsewhere" in refused.problem
                assert "Sign in where it was made" in refused.mend
            assert state_of(tmp_path, without=TRACES) == before
            assert setup.journal.path.read_bytes() == lines
            setup.keep(context=right)
            assert (await verify(setup)).ok
