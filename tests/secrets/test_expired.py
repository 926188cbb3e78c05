"""A secret that is over is told as over, with the way out, and not as one that somebody removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.rehearsal import himl, practice
from wizard.apply.run import Run
from wizard.apply.verify import verify


async def test_verify_tells_a_secret_that_is_over(tmp_path: Path) -> None:
    """Entra drops a secret from its list some time after its end; what the journal knows of that end still counts."""
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            assert (await Run(setup).go()).ok
            assert setup.azure is not None
            known = setup.journal.known()
            await setup.azure.graph.remove_password(known["app"]["object_id"], known["secret"]["key_id"])
            gone = await verify(setup)
            end = (datetime.now(UTC) - timedelta(days=1)).isoformat()
            setup.journal.done("secret", "client secret", made=True, **{**known["secret"], "end": end})
            over = await verify(setup)
    assert not gone.ok
    assert not over.ok
    told = [next(p.what for p in one.proofs if p.key == "drift:secret") for one in (gone, over)]
    assert told == ["is gone", "has expired: `azimuth rotate` makes a new one"]
