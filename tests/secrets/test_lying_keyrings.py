"""A keyring that lies gets no secret: the store says so, and a whole run leaves none alive in Entra that is not kept."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from profiles.secrets import Binding, Secret, SecretStoreError
from tests.commands.azimuth import TRACES
from tests.rehearsal import HIML, himl, practice, state_of
from tests.secrets.lying import LIES, NEVER, SENTINEL, Keeping, Lie, over, setup_over
from wizard.apply.outcome import End, Outcome, Preview
from wizard.apply.preflight import SECRET_STORE, preflight
from wizard.apply.run import Run
from wizard.azure.clouds import Cloud
from wizard.azure.model import PasswordCredential
from wizard.azure.sign_in import sign_in_with_secret
from wizard.setup import Setup

BINDING = Binding("practice", "contoso.com", "0f8fad5b", "a" * 32)
_PREFLIGHT, _RUN, _REAL = 1, 2, 3
"""Which write is which: two probes come before the secret itself."""


@pytest.fixture(params=LIES, ids=lambda lie: lie.name)
def lie(request: pytest.FixtureRequest) -> Lie:
    """One way of lying."""
    chosen: Lie = request.param
    return chosen


@pytest.fixture
def made() -> Iterator[list[Keeping]]:
    """The back ends of a test; those that hang are let go at its end."""
    backends: list[Keeping] = []
    yield backends
    for backend in backends:
        backend.release()


def lying(lie: Lie, made: list[Keeping], lies_from: int) -> Keeping:
    made.append(lie.backend(lies_from))
    return made[-1]


# The store


def test_its_probe_finds_it_out(lie: Lie, made: list[Keeping]) -> None:
    with pytest.raises(SecretStoreError) as caught:
        over(lying(lie, made, 1)).probe()
    assert caught.value.kind == lie.kind
    assert str(caught.value).endswith(".")


def test_what_it_does_not_keep_is_not_taken_for_kept(lie: Lie, made: list[Keeping]) -> None:
    store = over(lying(lie, made, 2))
    store.probe()
    if lie.passes_writes:
        store.put(BINDING, Secret(SENTINEL))
        assert store.get(BINDING) == Secret(SENTINEL)
        return
    with pytest.raises(SecretStoreError) as caught:
        store.put(BINDING, Secret(SENTINEL))
    assert caught.value.kind == lie.kind
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert SENTINEL not in "".join(traceback.TracebackException.from_exception(caught.value).format())


def test_what_an_honest_one_kept_before_is_not_lost_by_a_lie(lie: Lie, made: list[Keeping]) -> None:
    """A rotation writes beside the secret in use: when the new one is not kept, the old one still is."""
    backend = lying(lie, made, 2)
    store = over(backend)
    store.put(BINDING, Secret("in use"))
    if not lie.passes_writes:
        with pytest.raises(SecretStoreError):
            store.put(BINDING.next, Secret(SENTINEL))
    backend.lies_from = NEVER
    assert store.get(BINDING) == Secret("in use")


# A whole run


async def passwords(setup: Setup) -> tuple[PasswordCredential, ...]:
    """The live secrets of the application, by Graph's own word."""
    known = setup.journal.known()
    if "app" not in known:
        return ()
    assert setup.azure is not None
    app = await setup.azure.graph.application(known["app"]["app_id"])
    return app.passwords if app is not None else ()


async def looked_and_run(setup: Setup) -> tuple[Preview, Outcome | None]:
    """Do what every face does: a preview, and the run if nothing blocks it."""
    preview = await preflight(setup)
    return preview, None if preview.blocked else await Run(setup).go()


ALL = os.environ.get("AZIMUTH_LIES") == "all"


@pytest.mark.parametrize("lie", [lie for lie in LIES if ALL or not lie.alike], ids=lambda lie: lie.name)
async def test_a_whole_run_leaves_no_live_secret_that_is_not_kept(
    lie: Lie, made: list[Keeping], tmp_path: Path
) -> None:
    with practice(tmp_path) as cloud:
        await _from_the_first_probe(cloud, tmp_path, lying(lie, made, _PREFLIGHT))
        await _from_the_second_probe(cloud, tmp_path, lying(lie, made, _RUN))
        await _from_the_secret_on(cloud, lying(lie, made, _REAL), lie)


async def _from_the_first_probe(cloud: Cloud, folder: Path, backend: Keeping) -> None:
    """The preview refuses, plainly and with the ways out, and nothing is made, not even by a run without a preview."""
    before = state_of(folder, without=TRACES)
    async with himl(cloud, "first", kind=setup_over(backend)) as setup:
        preview, outcome = await looked_and_run(setup)
        assert outcome is None
        (found,) = [finding for finding in preview.findings if finding.blocks]
        assert found.question == SECRET_STORE
        for way in ("--secret-store", "vault", "once", "keyring"):
            assert way in found.mend
        outcome = await Run(setup).go()
    assert outcome.end is End.FAILED
    assert state_of(folder, without=TRACES) == before


async def _from_the_second_probe(cloud: Cloud, folder: Path, backend: Keeping) -> None:
    """The preview was well, and the run finds it out before it makes anything."""
    before = state_of(folder, without=TRACES)
    async with himl(cloud, "second", kind=setup_over(backend)) as setup:
        preview, outcome = await looked_and_run(setup)
    assert not preview.blocked
    assert outcome is not None
    assert outcome.end is End.FAILED
    assert outcome.problem
    assert state_of(folder, without=TRACES) == before


async def _from_the_secret_on(cloud: Cloud, backend: Keeping, lie: Lie) -> None:
    """It lies about the secret itself: that is revoked, and when the keyring is well again, one works and is kept."""
    async with himl(cloud, "third", kind=setup_over(backend)) as setup:
        _, outcome = await looked_and_run(setup)
        assert outcome is not None
        live = await passwords(setup)
        if lie.passes_writes:
            assert outcome.ok
            assert len(live) == 1
        else:
            assert outcome.end is End.FAILED
            assert "revoked" in outcome.problem
            assert "keyring" in outcome.problem
            assert live == ()
        backend.lies_from = NEVER
        backend.release()
        outcome = await Run(setup).go()
        assert outcome.ok, outcome
        (held,) = await passwords(setup)
        assert held.key_id == setup.profile.secrets[0].key_id
        await _works(setup, cloud)


async def _works(setup: Setup, cloud: Cloud) -> None:
    binding = setup.profile.secrets[0].binding
    value = setup.secret_store().get(binding)
    assert value is not None
    signed_in = await sign_in_with_secret(cloud, binding.tenant, binding.client_id, value)
    await signed_in.close()


async def test_an_answer_way_without_a_secret_asks_no_store(tmp_path: Path) -> None:
    backend = Keeping()
    with practice(tmp_path) as cloud:
        async with himl(
            cloud,
            answers={**HIML, "auth_way": "federated", "github_repository": "contoso/vision"},
            kind=setup_over(backend),
        ) as setup:
            _, outcome = await looked_and_run(setup)
    assert outcome is not None
    assert outcome.ok, outcome
    assert backend.writes == 0
