"""Graph: applications and their credentials are made once, found by every id, and taken away again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from profiles.secrets import Secret
from tests.azure.crooked import Crooked, in_turn, said
from wizard.azure.choose import open_cloud
from wizard.azure.clouds import Cloud
from wizard.azure.errors import Forbidden, Invalid, NotFound, SignInFailed
from wizard.azure.graph import Graph
from wizard.azure.model import Application
from wizard.azure.patience import is_replication
from wizard.azure.session import Azure
from wizard.azure.sign_in import SignedIn, sign_in_unattended, sign_in_with_secret

HOME = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
NOBODY = "11111111-2222-4333-8444-555555555555"
APP = {"id": NOBODY, "appId": NOBODY, "displayName": "n", "uniqueName": "u"}


def in_days(days: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


@pytest.fixture
async def graph(azure: Azure) -> Graph:
    return azure.graph


@pytest.fixture
async def app(graph: Graph) -> Application:
    """An application of this test's own."""
    made, new = await graph.upsert_application(f"azimuth-{uuid4()}", "test app")
    assert new
    return made


# The caller


async def test_who_is_signed_in(graph: Graph) -> None:
    me = await graph.me()
    assert me is not None
    assert (me.name, me.principal_name, me.guest) == ("Ada Practice", "you@contoso.example", False)


async def test_a_member_may_register_where_users_may(graph: Graph) -> None:
    rights = await graph.directory_rights()
    assert rights.may_register
    assert not rights.guest
    assert rights.roles == ()


async def test_a_member_may_not_register_where_only_administrators_may(tmp_path: Path) -> None:
    with open_cloud("practice", practice_folder=tmp_path, world="no-app-registration") as cloud:
        async with Azure.open(await sign_in_unattended(cloud, environ={})) as azure:
            assert not (await azure.graph.directory_rights()).may_register
            with pytest.raises(Forbidden) as problem:
                await azure.graph.upsert_application("azimuth-x", "x")
    assert problem.value.rule == "E-graphdenied"
    assert "Application Developer" in problem.value.advice


async def test_a_guest_is_recognised(signed_in: SignedIn) -> None:
    fabrikam = await signed_in.into("1509bb0a-9bf1-4331-8a11-8783593942a4")
    async with Azure.open(fabrikam) as azure:
        rights = await azure.graph.directory_rights()
    assert rights.guest
    assert not rights.may_register


async def test_a_service_principal_has_no_me_but_its_token_tells_its_permissions(
    cloud: Cloud, graph: Graph
) -> None:
    assert cloud.secret_folder is not None
    secret = Secret((cloud.secret_folder.parent / "client_secret").read_text())
    client = (await graph.applications("practice-owner"))[0].app_id
    async with Azure.open(await sign_in_with_secret(cloud, HOME, client, secret)) as azure:
        assert await azure.graph.me() is None
        rights = await azure.graph.directory_rights()
    assert "Application.ReadWrite.All" in rights.app_permissions
    assert rights.may_register
    assert not rights.users_may_register


# Applications


async def test_an_application_is_made_once(graph: Graph) -> None:
    name = f"it's “x”/{uuid4()}"
    first, made = await graph.upsert_application(name, "one")
    again, made_again = await graph.upsert_application(name, "another name", tags=["t"], notes="n")
    assert (made, made_again) == (True, False)
    assert again == first, "one that exists is not changed"
    assert await graph.application_named(name) == first


async def test_two_at_once_make_one_application(graph: Graph) -> None:
    name = f"azimuth-{uuid4()}"
    made = await asyncio.gather(*(graph.upsert_application(name, "x") for _ in range(4)))
    assert len({app.object_id for app, _ in made}) == 1
    assert sum(new for _, new in made) == 1


async def test_an_application_is_found_by_both_ids_and_nothing_else(graph: Graph, app: Application) -> None:
    assert await graph.application(app.app_id) == app
    assert await graph.application(app.object_id) == app
    assert await graph.application(app.app_id.upper()) == app
    for other in (NOBODY, "", "nonsense", "../me", f"{app.app_id}')", "' or true"):
        assert await graph.application(other) is None


async def test_applications_of_one_name_are_all_listed(graph: Graph) -> None:
    taken = await graph.applications("himl-taken")
    assert len(taken) == 2
    assert await graph.applications("it's nobody's") == []


async def test_applications_to_pick_from_come_newest_first(graph: Graph, app: Application) -> None:
    listed = await graph.my_applications()
    assert app in listed
    created = [a.created for a in listed if a.created]
    assert created == sorted(created, reverse=True)
    assert len(await graph.my_applications(top=2)) == 2


async def test_deleting_says_whether_it_was_there(graph: Graph, app: Application) -> None:
    assert await graph.delete_application(app.object_id)
    assert not await graph.delete_application(app.object_id)
    assert await graph.application(app.app_id) is None


async def test_a_server_without_upsert_gets_a_plain_create(fooled: Azure, crooked: Crooked) -> None:
    no = said({"error": {"code": "BadRequest", "message": "Upsert is not supported."}}, 400)
    gone = said({"error": {"code": "ResourceNotFound", "message": "no"}}, 404)
    crooked.answer = in_turn(gone, no, said(APP, 201))
    app, new = await fooled.graph.upsert_application("u", "n", tags=["t"], notes="why")
    assert new
    assert app.app_id == NOBODY
    assert [a.method for a in crooked.asked] == ["GET", "PATCH", "POST"]
    assert crooked.asked[1].headers["Prefer"] == "create-if-missing"
    assert '"uniqueName": "u"' in crooked.asked[2].body
    assert '"notes": "why"' in crooked.asked[2].body


async def test_a_refusal_of_the_tenants_policy_is_not_tried_around(fooled: Azure, crooked: Crooked) -> None:
    smr = {
        "code": "Request_BadRequest",
        "message": "ServiceManagementReference field is required for Create.",
    }
    gone = said({"error": {"code": "ResourceNotFound", "message": "no"}}, 404)
    crooked.answer = in_turn(gone, said({"error": smr}, 400))
    with pytest.raises(Invalid) as problem:
        await fooled.graph.upsert_application("u", "n")
    assert problem.value.rule == "E-smr"
    assert len(crooked.asked) == 2


async def test_an_upsert_answered_without_a_body_is_read_back(fooled: Azure, crooked: Crooked) -> None:
    gone = said({"error": {"code": "ResourceNotFound", "message": "no"}}, 404)
    crooked.answer = in_turn(gone, said("", 204), said(APP))
    app, new = await fooled.graph.upsert_application("u", "n")
    assert (app.app_id, new) == (NOBODY, False)


# Service principals


async def test_a_service_principal_is_made_once(graph: Graph, app: Application) -> None:
    assert await graph.service_principal(app.app_id) is None
    first, made = await graph.ensure_service_principal(app.app_id)
    again, made_again = await graph.ensure_service_principal(app.app_id)
    assert (made, made_again) == (True, False)
    assert again == first
    assert first.enabled
    assert await graph.service_principal_by_object_id(first.object_id) == first
    assert await graph.delete_service_principal(first.object_id)
    assert not await graph.delete_service_principal(first.object_id)


async def test_a_principal_made_by_somebody_else_meanwhile_is_taken(fooled: Azure, crooked: Crooked) -> None:
    gone = said({"error": {"code": "Request_ResourceNotFound", "message": "no"}}, 404)
    taken = said({"error": {"code": "Request_MultipleObjectsWithSameKeyValue", "message": "in use"}}, 409)
    crooked.answer = in_turn(gone, taken, said(APP))
    principal, new = await fooled.graph.ensure_service_principal(NOBODY)
    assert (principal.app_id, new) == (NOBODY, False)


async def test_an_application_that_is_not_known_yet_is_worth_waiting_for(graph: Graph) -> None:
    with pytest.raises(Invalid) as problem:
        await graph.ensure_service_principal(NOBODY)
    assert is_replication(problem.value)


# Credentials


async def test_a_secret_is_made_used_listed_and_revoked(cloud: Cloud, graph: Graph, app: Application) -> None:
    end = in_days(90)
    await graph.ensure_service_principal(app.app_id)
    made = await graph.add_password(app.object_id, "himl", end)
    assert (made.credential.name, made.credential.end) == ("himl", end)
    assert made.value.reveal().startswith(made.credential.hint)

    signed = await sign_in_with_secret(cloud, HOME, app.app_id, made.value)
    assert signed.identity.client_id == app.app_id

    listed = await graph.application(app.app_id)
    assert listed is not None
    assert listed.passwords == (made.credential,)
    assert await graph.remove_password(app.object_id, made.credential.key_id)
    assert not await graph.remove_password(app.object_id, made.credential.key_id)
    with pytest.raises(SignInFailed):
        await sign_in_with_secret(cloud, HOME, app.app_id, made.value)


async def test_a_secret_for_an_application_that_is_gone_is_not_found(graph: Graph) -> None:
    with pytest.raises(NotFound):
        await graph.add_password(NOBODY, "himl", in_days(1))
    assert not await graph.remove_password(NOBODY, NOBODY)


async def test_a_refused_removal_is_not_taken_for_gone(fooled: Azure, crooked: Crooked) -> None:
    held = {**APP, "passwordCredentials": [{"keyId": NOBODY, "displayName": "himl"}]}
    no = said({"error": {"code": "Request_BadRequest", "message": "no"}}, 400)
    crooked.answer = in_turn(no, said(held))
    with pytest.raises(Invalid):
        await fooled.graph.remove_password(NOBODY, NOBODY.upper())


async def test_a_federated_credential_is_added_listed_and_removed(graph: Graph, app: Application) -> None:
    made = await graph.add_federated(
        app.object_id,
        name="github-main",
        issuer="https://token.actions.githubusercontent.com",
        subject="repo:contoso/vision:ref:refs/heads/main",
        audiences=["api://AzureADTokenExchange"],
    )
    assert await graph.federated(app.object_id) == [made]
    assert await graph.remove_federated(app.object_id, made.id)
    assert not await graph.remove_federated(app.object_id, made.id)
    assert await graph.federated(app.object_id) == []
    assert await graph.federated(NOBODY) == []


# Entra


@pytest.mark.parametrize(
    ("domain", "tenant"),
    [
        ("contoso.example", HOME),
        ("CONTOSO.onmicrosoft.com", HOME),
        (HOME, HOME),
        ("nowhere.example", None),
        (NOBODY, None),
        ("common", None),
        ("not a domain", None),
        ("contoso.example/../..", None),
    ],
)
async def test_a_domain_leads_to_its_tenant(azure: Azure, domain: str, tenant: str | None) -> None:
    assert await azure.entra.tenant_of_domain(domain) == tenant


async def test_asking_entra_sends_no_token(fooled: Azure, crooked: Crooked) -> None:
    crooked.answer = said({"issuer": f"{crooked.url}/{HOME}/v2.0"})
    assert await fooled.entra.tenant_of_domain("contoso.example") == HOME
    assert crooked.tokens == []


async def test_every_page_of_graph_is_read(fooled: Azure, crooked: Crooked) -> None:
    more = said({"value": [APP], "@odata.nextLink": f"{crooked.url}/v1.0/applications?$skiptoken=x"})
    crooked.answer = in_turn(more, said({"value": [APP]}))
    assert len(await fooled.graph.applications("n")) == 2
