"""The walkthrough on practice Azure: picks by name, traps recognised and mended, nothing blocks that can't be checked."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.rehearsal import HIML, himl, practice
from wizard.answers import Source
from wizard.guide import Severity
from wizard.guides.himl import GUIDE
from wizard.machine import Machine
from wizard.setup import Setup
from wizard.walkthrough import StepState, Walkthrough

EXISTING = {**HIML, "app_mode": "existing"}


async def _legacy(setup: Setup) -> tuple[str, str, str]:
    """The application id, object id and principal's object id of the world's own old application."""
    assert setup.azure is not None
    (app,) = await setup.azure.graph.applications("legacy-training")
    principal = await setup.azure.graph.service_principal(app.app_id)
    assert principal is not None
    return app.app_id, app.object_id, principal.object_id


async def test_names_become_ids_and_bring_their_facts(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            walkthrough = setup.walkthrough
            await walkthrough.check_all()
            answers = walkthrough.answers
            assert answers.text("workspace").endswith("/workspaces/vision")
            assert answers.source("workspace") is Source.FOUND
            assert walkthrough.plan().resources[0].deploy_at.endswith("/resourceGroups/rg-vision")
            assert answers.text("tenant_id") == answers.text("tenant")
            assert setup.context.tenant_name == "Contoso"


@pytest.mark.parametrize("wrong", [1, 2])
async def test_an_object_id_is_recognised_and_the_application_id_taken(tmp_path: Path, wrong: int) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers=EXISTING) as setup:
            ids = await _legacy(setup)
            setup.walkthrough.record("app_id", ids[wrong])
            findings = await setup.walkthrough.check("app_id")
            assert setup.walkthrough.answers.text("app_id") == ids[0]
            assert "object id" in findings[0].what
            assert not any(finding.blocks for finding in findings)


async def test_an_unknown_application_id_is_told(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers=EXISTING) as setup:
            setup.walkthrough.record("app_id", "12345678-1234-1234-1234-123456789abc")
            findings = await setup.walkthrough.check("app_id")
            assert "No registration with this application id" in findings[-1].what
            assert findings[-1].blocks


async def test_a_pasted_secret_id_leads_to_a_new_secret(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**EXISTING, "secret_from": "mine"}) as setup:
            app_id, object_id, _ = await _legacy(setup)
            assert setup.azure is not None
            app = await setup.azure.graph.application(object_id)
            assert app is not None
            setup.walkthrough.record("app_id", app_id)
            setup.walkthrough.record("secret_value", app.passwords[0].key_id)
            findings = await setup.walkthrough.check("secret_value")
            assert findings[0].what.startswith("That was the Secret ID.")
            assert setup.walkthrough.answers.text("secret_from") == "new"


async def test_a_wrong_secret_value_is_refused_by_entra_and_never_kept(
    tmp_path: Path, azimuth_home: Path
) -> None:
    sentinel = "Xyz8Q~sentinel.value-that_must.not.leak~0000"
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**EXISTING, "secret_from": "mine"}) as setup:
            app_id, _, _ = await _legacy(setup)
            setup.walkthrough.record("app_id", app_id)
            setup.walkthrough.record("secret_value", sentinel)
            findings = await setup.walkthrough.check("secret_value")
            assert findings[-1].blocks
            assert "AADSTS7000215" in findings[-1].what
            assert sentinel not in repr(findings) + repr(setup.walkthrough.__dict__)
    files = [path for path in [*azimuth_home.rglob("*"), *tmp_path.rglob("*")] if path.is_file()]
    assert files
    assert [path for path in files if sentinel.encode() in path.read_bytes()] == []


async def test_a_domain_becomes_the_tenants_guid(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            setup.walkthrough.record("tenant_id", "contoso.example")
            findings = await setup.walkthrough.check("tenant_id")
            assert setup.walkthrough.answers.text("tenant_id") == cloud_tenant(setup)
            assert "hi-ml wants the GUID" in findings[0].what


async def test_the_managing_tenant_is_no_trap_any_more(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            other = next(
                c for c in await setup.walkthrough.choices("tenant") if c.value != cloud_tenant(setup)
            )
            setup.walkthrough.record("tenant_id", other.value)
            findings = await setup.walkthrough.check("tenant_id")
            assert setup.walkthrough.answers.text("tenant_id") == cloud_tenant(setup)
            assert "belongs to tenant" in findings[0].what


def cloud_tenant(setup: Setup) -> str:
    assert setup.azure is not None
    return setup.azure.identity.tenant


async def test_subscriptions_tell_state_tenant_and_rights(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            offered = {choice.label: choice for choice in await setup.walkthrough.choices("subscription")}
    assert offered["Research"].columns[:3] == ("Enabled", "Contoso", "yes")
    assert offered["Production"].columns[2] == "no"
    assert "disabled" in offered["Retired"].refusal


async def test_a_disabled_subscription_can_not_be_picked(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**HIML, "subscription": "Retired"}) as setup:
            findings = await setup.walkthrough.check("subscription")
    assert findings[-1].blocks
    assert "Pick another one" in findings[-1].what


async def test_delegation_is_explained(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**HIML, "subscription": "Delegated"}) as setup:
            findings = await setup.walkthrough.check("subscription")
    assert "managedByTenants" in " ".join(finding.mend for finding in findings)


async def test_a_principal_is_refused_in_a_tenant_that_the_subscription_does_not_trust(
    tmp_path: Path,
) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**HIML, "subscription": "Delegated"}) as setup:
            await setup.walkthrough.check("subscription")
            findings = await setup.walkthrough.check("app_mode")
            assert findings[-1].blocks
            assert "trusts tenant Fabrikam" in findings[-1].what
            setup.walkthrough.record("tenant", "fabrikam.example")
            await setup.walkthrough.check("tenant")
            await setup.enter_tenant()
            assert setup.context.tenant_name == "Fabrikam"
            assert await setup.walkthrough.check("app_mode") == ()


async def test_subscriptions_where_roles_may_be_assigned_come_first(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            offered = [choice.label for choice in await setup.walkthrough.choices("subscription")]
    assert offered[0] == "Research"
    assert offered[-1] == "Retired"


async def test_what_can_not_be_checked_is_a_warning_and_never_blocks(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            await setup.walkthrough.check_all()
            setup.walkthrough.record("app_name", "another-name")
            walkthrough = setup.walkthrough
    # Practice Azure is gone now: every question to it fails.
    async with himl_without_azure(setup, walkthrough) as still:
        findings = await still.check("app_name")
    assert [finding.severity for finding in findings] == [Severity.WARNING] * len(findings)
    assert findings
    assert "Could not check" in findings[0].what


class himl_without_azure:  # noqa: N801 - reads as a verb
    """Open the connection again, to a server that no longer answers."""

    def __init__(self, setup: Setup, walkthrough: Walkthrough) -> None:
        self.setup, self.walkthrough = setup, walkthrough

    async def __aenter__(self) -> Walkthrough:
        assert self.setup.signed_in is not None
        await self.setup.connect(self.setup.signed_in)
        return self.walkthrough

    async def __aexit__(self, *_: object) -> None:
        await self.setup.close()


async def test_an_answer_that_moved_on_is_not_judged_by_a_stale_check(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**HIML, "app_name": "himl-taken"}) as setup:
            checking = asyncio.create_task(setup.walkthrough.check("app_name"))
            await asyncio.sleep(0)
            setup.walkthrough.record("app_name", "himl-free")
            await checking
            assert setup.walkthrough.findings("app_name") == ()
            taken = await setup.walkthrough.check("app_name")
            assert not any("already" in finding.what for finding in taken)


async def test_a_name_that_others_bear_is_a_warning(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with himl(cloud, answers={**HIML, "app_name": "himl-taken"}) as setup:
            findings = await setup.walkthrough.check("app_name")
    warning = next(finding for finding in findings if finding.severity is Severity.WARNING)
    assert warning.what == "2 applications have this name already."


def test_going_back_and_changing_the_way_loses_nothing() -> None:
    walkthrough = Walkthrough(
        GUIDE, given={"auth_way": "service_principal", "secret_name": "mine"}, machine=Machine()
    )
    walkthrough.go_to("2.3")
    walkthrough.back()
    assert walkthrough.here.number == "2.1"
    walkthrough.record("auth_way", "interactive")
    assert "2.3" not in {step.number for step in walkthrough.steps}
    walkthrough.record("auth_way", "service_principal")
    assert walkthrough.answers.text("secret_name") == "mine"


def test_what_was_typed_wrong_is_kept_as_typed() -> None:
    walkthrough = Walkthrough(GUIDE, machine=Machine())
    findings = walkthrough.record("secret_months", "sixty")
    assert findings[0].blocks
    assert walkthrough.given["secret_months"] == "sixty"
    assert walkthrough.answers.number("secret_months") == 6


async def test_forward_stops_at_what_is_wrong_and_pins_accepted_defaults() -> None:
    walkthrough = Walkthrough(GUIDE, given={"auth_way": "service_principal"}, machine=Machine())
    walkthrough.go_to("2.3")
    walkthrough.record("secret_months", "99")
    assert not await walkthrough.forward()
    assert walkthrough.here.number == "2.3"
    walkthrough.record("secret_months", "12")
    assert await walkthrough.forward()
    assert walkthrough.sources["secret_name"] is Source.DEFAULT
    assert walkthrough.state_of(next(s for s in GUIDE.steps if s.number == "2.3")) is StepState.DONE
