"""Resource providers: how they stand, registered with a clock, and left registered."""

from __future__ import annotations

from pathlib import Path

from tests.apply import bench
from tests.rehearsal import Heard, pace, practice
from wizard.apply.events import Result, Waiting
from wizard.apply.providers import ensure_provider, provider_states
from wizard.azure.errors import AzureProblem


async def test_one_that_is_not_registered_is_registered_with_a_clock(tmp_path: Path) -> None:
    heard = Heard()
    with practice(tmp_path) as cloud:
        async with bench.bench(cloud, bench.plan_of()) as setup:
            assert setup.azure is not None
            names = ("Microsoft.Storage", "Microsoft.Compute", "Contoso.Nonsense")
            states = await provider_states(setup.azure, bench.SUBSCRIPTION, names)
            assert states["Microsoft.Storage"] == "Registered"
            assert states["Microsoft.Compute"] == "NotRegistered"
            assert isinstance(states["Contoso.Nonsense"], AzureProblem)
            work = bench.work_on(setup, on_event=heard)
            assert (await ensure_provider(work, bench.SUBSCRIPTION, "Microsoft.Storage"))[0] is Result.KEPT
            assert not setup.journal.known()
            pace(tmp_path, cloud, 0.02)
            assert await ensure_provider(work, bench.SUBSCRIPTION, "Microsoft.Compute") == (
                Result.MADE,
                "registered",
            )
            again = await ensure_provider(bench.work_on(setup), bench.SUBSCRIPTION, "Microsoft.Compute")
            assert again[0] is Result.KEPT
            assert setup.journal.made() == ()
    assert {event.key for event in heard.of(Waiting)} == {"provider:microsoft.compute"}
