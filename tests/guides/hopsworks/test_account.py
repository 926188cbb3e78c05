"""Chapters 0 and 1 of the Hopsworks guide on practice Azure: each wrong answer, and the sentence that a person sees."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from profiles.secrets import Secret
from tests.rehearsal import practice
from wizard.answers import Answers, Value
from wizard.azure.sign_in import sign_in_unattended, sign_in_with_secret
from wizard.checks.reach import answers_from_here
from wizard.guide import Findings, Severity
from wizard.guides.hopsworks import GUIDE
from wizard.guides.hopsworks.where import HOPSWORKS_APP
from wizard.machine import Machine
from wizard.plan import Plan, Ref, Resource
from wizard.roles.algebra import FULL
from wizard.setup import Setup

RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
CONTOSO = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
FABRIKAM = "1509bb0a-9bf1-4331-8a11-8783593942a4"
OWNER = "4350cc17-21e5-4f21-acd5-52a09ddbef12"
GROUP = f"/subscriptions/{RESEARCH}/resourceGroups/hopsworks"
READ = "Microsoft.Compute/virtualMachines/read"


@asynccontextmanager
async def hopsworks(folder: Path, world: str | None = None, **answers: Value) -> AsyncIterator[Setup]:
    """Yield a setup of the guide, signed in as the person of a world."""
    with practice(folder, world=world) as cloud:
        given: Mapping[str, Value] = {"subscription": "Research", **answers}
        setup = Setup.begin(GUIDE, "demo", cloud, answers=given, machine=Machine(home=folder))
        await setup.connect(await sign_in_unattended(cloud))
        try:
            if "tenant" in answers:
                await setup.enter_tenant()
            yield setup
        finally:
            await setup.close()


async def told(folder: Path, key: str, world: str | None = None, **answers: Value) -> Findings:
    """What is said at a question after everything before it was checked."""
    async with hopsworks(folder, world, **answers) as setup:
        return await _look(setup, key)


async def _look(setup: Setup, key: str) -> Findings:
    for step, question in setup.guide.asked():
        if key not in {question.key, step.number} and step.wanted(setup.walkthrough.answers):
            await setup.walkthrough.check(question.key)
            continue
        if step.wanted(setup.walkthrough.answers):
            await setup.walkthrough.check_step(step)
            break
    return tuple(f for f in setup.walkthrough.step_findings(step) if f.question == key)


def sentence(found: Findings) -> str:
    return " ".join(finding.sentence for finding in found)


def plan(**answers: Value) -> Plan:
    """The plan of these answers, with the ids that practice Azure's default world has."""
    known: dict[str, Value] = {"subscription": RESEARCH, "tenant": CONTOSO, "subscription_tenant": CONTOSO}
    return GUIDE.plan(Answers(known | answers, GUIDE.questions))


def by_key(whole: Plan) -> dict[str, Resource]:
    return {resource.key: resource for resource in whole.resources}


# Shapes


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("resource_group", "x" * 91, "Too long (91/90)."),
        ("resource_group", "hops.", "Ends with a period."),
        ("resource_group", "hops works", "Character “ ” not allowed."),
        ("resource_group", "hops/works", "Character “/” not allowed."),
        ("road", "bicycle", "“bicycle” is not a choice."),
        ("scope_kind", "tenant", "“tenant” is not a choice."),
        ("backups", "perhaps", "“perhaps” is neither yes nor no."),
        ("hops_version", "newest", "“newest” is not a version such as 3.8.0."),
        ("hopsworks_app_id", "hopsworks.ai", "“hopsworks.ai” is not a GUID (8-4-4-4-12 hex digits)."),
        (
            "hopsworks_app_id",
            "00000000-0000-0000-0000-000000000000",
            "“00000000-0000-0000-0000-000000000000” is not a GUID (8-4-4-4-12 hex digits).",
        ),
        ("cross_role_name", "r" * 513, "Too long (513 of at most 512 characters)."),
        ("cross_role_name", "a\tb", "There is an invisible character in it (a pasted line end or tab?)."),
        ("cross_role_description", "d" * 2049, "Too long (2049 of at most 2048 characters)."),
        ("permission_profile", "most", "“most” is not a choice."),
    ],
)
def test_a_wrong_value_is_told_at_once(key: str, value: Value, message: str) -> None:
    _, findings = GUIDE.question(key).parse(value)
    assert findings[0].what == message
    assert findings[0].blocks


def test_letters_of_any_language_may_stand_in_a_groups_name() -> None:
    assert GUIDE.question("resource_group").parse("härväg_1-(x).y")[1] == ()


# Step 0.3: the road


def test_the_road_of_the_documents_is_the_default_and_there_are_three() -> None:
    road = GUIDE.question("road")
    assert road.default == "classic"
    assert [choice.value for choice in road.choices] == ["classic", "managed", "helm"]


def test_the_helm_road_creates_nothing_and_asks_nothing_more() -> None:
    helm = Answers({"road": "helm", "subscription": RESEARCH}, GUIDE.questions)
    assert GUIDE.plan(helm).is_empty
    assert [m.key for m in GUIDE.plan(helm).manual][:2] == ["helm_storage", "helm_aks"]
    wanted = [step.number for step in GUIDE.steps if step.wanted(helm)]
    assert wanted == ["0.1", "0.2", "0.3"]


def test_the_managed_road_needs_the_registrys_provider() -> None:
    assert "Microsoft.ContainerRegistry" not in plan().providers
    assert "Microsoft.ContainerRegistry" in plan(road="managed").providers


async def test_a_host_that_answers_and_one_that_does_not_are_told_and_never_block(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening, closing(socket.socket()) as deaf:
        deaf.bind(("127.0.0.1", 0))  # bound, not listening: refuses
        async with hopsworks(tmp_path) as setup:
            assert setup.azure is not None
            asking = setup.walkthrough._asking(setup.azure)
            up = await answers_from_here("road", "127.0.0.1", listening.getsockname()[1])(asking)
            down = await answers_from_here("road", "127.0.0.1", deaf.getsockname()[1])(asking)
            nowhere = await answers_from_here("road", "a..b", 443)(asking)
    assert up[0].severity is Severity.OK
    assert down[0].what == nowhere[0].what.replace("a..b", "127.0.0.1")
    assert down[0].what == "127.0.0.1 could not be reached from here."
    assert not down[0].blocks


# Step 0.4: group and region


async def test_a_whole_subscription_is_told_in_numbers(tmp_path: Path) -> None:
    found = await told(tmp_path, "scope_kind", "fourteen-groups", scope_kind="subscription")
    assert found[0].what == (
        "Hopsworks may then act in all 14 resource groups of Research, and in those still to come."
    )
    assert found[0].severity is Severity.WARNING


async def test_a_group_that_is_not_there_will_be_created_and_one_that_is_stays(tmp_path: Path) -> None:
    async with hopsworks(tmp_path) as setup:
        walkthrough = setup.walkthrough
        await walkthrough.check("subscription")
        assert sentence(await walkthrough.check("resource_group")) == (
            "hopsworks does not exist yet; it will be created."
        )
        assert walkthrough.facts["group_location"] == ""
        assert "group" in by_key(walkthrough.plan())
        walkthrough.record("resource_group", "RG-SPEECH")
        assert "It exists and is used as it is, in uksouth." in sentence(
            await walkthrough.check("resource_group")
        )
        assert walkthrough.answers.text("resource_group") == "rg-speech"
        assert walkthrough.answers.text("location") == "uksouth"
        assert "group" not in by_key(walkthrough.plan())
        walkthrough.record("resource_group", "hopsworks")
        await walkthrough.check("resource_group")
        assert walkthrough.facts["group_location"] == ""


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ("westeuorpe", "“westeuorpe” is not a region of this subscription. Did you mean “westeurope”?"),
        ("Atlantis", "“Atlantis” is not a region of this subscription."),
    ],
)
async def test_a_region_that_is_none_is_refused(tmp_path: Path, region: str, message: str) -> None:
    found = await told(tmp_path, "location", location=region)
    assert sentence(found) == message
    assert found[0].blocks


async def test_a_regions_name_for_people_is_put_right(tmp_path: Path) -> None:
    async with hopsworks(tmp_path, location="West Europe") as setup:
        await _look(setup, "location")
        assert setup.walkthrough.answers.text("location") == "westeurope"


async def test_another_region_than_the_groups_is_told(tmp_path: Path) -> None:
    found = await told(tmp_path, "location", resource_group="rg-speech", location="westeurope")
    assert "The group is in uksouth, everything else would be in westeurope." in sentence(found)
    assert found[-1].severity is Severity.WARNING


async def test_what_the_person_may_do_and_what_is_registered_is_summed_up(tmp_path: Path) -> None:
    text = sentence(await told(tmp_path, "0.4"))
    assert "A resource provider is not registered yet: Microsoft.Compute." in text
    assert "You hold all 7 rights that this needs on the subscription." in text


async def test_a_contributor_is_told_what_becomes_a_hand_off(tmp_path: Path) -> None:
    text = sentence(await told(tmp_path, "0.4", "contributor-only", resource_group="rg-vision"))
    assert "You lack 2 of the 6 rights that this needs on rg-vision" in text
    assert "Contributor lacks those of Microsoft.Authorization." in text
    assert "becomes a hand-off" in text


async def test_locks_are_told_and_a_read_only_one_blocks(tmp_path: Path) -> None:
    frozen = await told(tmp_path / "a", "0.4", "locked", resource_group="rg-speech")
    lock = next(f for f in frozen if f.what.startswith("Lock"))
    assert lock.what == "Lock freeze-speech makes rg-speech read-only: nothing can be created there."
    assert lock.blocks
    kept = await told(tmp_path / "b", "0.4", "locked", resource_group="rg-vision")
    lock = next(f for f in kept if f.what.startswith("Lock"))
    assert lock.what == "Lock keep-vision keeps everything on rg-vision from being deleted."
    assert lock.severity is Severity.WARNING


# Step 1.1: the service principal


async def test_the_principal_that_is_there_is_used(tmp_path: Path) -> None:
    found = await told(tmp_path, "hopsworks_app_id")
    assert found[0].what.startswith("hopsworks.ai is in your directory already (object id 61d9f3a4-")


async def test_an_administrator_may_add_it(tmp_path: Path) -> None:
    found = await told(tmp_path, "hopsworks_app_id", "hopsworks-admin")
    assert found[0].what == "It is not in your directory yet; you may add it (Application Administrator)."


async def test_a_refusal_is_foretold(tmp_path: Path) -> None:
    found = await told(tmp_path, "hopsworks_app_id", "hopsworks-handoff")
    assert found[0].what.endswith("adding the application will probably be refused.")
    assert "Privileged Identity Management" in found[0].rule
    assert found[0].severity is Severity.WARNING


async def test_a_guest_is_told_who_may(tmp_path: Path) -> None:
    found = await told(tmp_path, "hopsworks_app_id", "guest", tenant=CONTOSO, resource_group="rg-vision")
    assert "guest" in sentence(found) or "may not look into the directory" in sentence(found)
    assert not any(finding.blocks for finding in found)


@pytest.mark.parametrize(
    ("permission", "message"),
    [
        (
            "Application.ReadWrite.All",
            "It is not in your directory yet; the application you are signed in as may add it.",
        ),
        (
            "Application.ReadWrite.OwnedBy",
            "You are signed in as an application that cannot add applications of other tenants.",
        ),
    ],
)
async def test_an_application_that_is_signed_in_is_told_whether_it_may(
    tmp_path: Path, permission: str, message: str
) -> None:
    world = tmp_path / "world.json"
    owner = {"where": {"appId": OWNER}, "to": {"appRoles": [permission, "Directory.Read.All"]}}
    world.write_text(json.dumps({"extends": "hopsworks-admin", "change": {"applications": [owner]}}), "utf-8")
    with practice(tmp_path, world=str(world)) as cloud:
        setup = Setup.begin(GUIDE, "demo", cloud, answers={"subscription": "Research"})
        secret = Secret((tmp_path / "client_secret").read_text("utf-8"))
        await setup.connect(await sign_in_with_secret(cloud, CONTOSO, OWNER, secret))
        try:
            found = await _look(setup, "hopsworks_app_id")
        finally:
            await setup.close()
    assert found[0].what == message


async def test_an_application_of_the_own_tenant_is_refused(tmp_path: Path) -> None:
    found = await told(tmp_path, "hopsworks_app_id", hopsworks_app_id=OWNER)
    assert found[0].what == "This is practice-owner, an application of your own tenant, not Hopsworks'."
    assert found[0].blocks


async def test_the_object_id_is_recognised_and_the_application_id_taken(tmp_path: Path) -> None:
    async with hopsworks(tmp_path) as setup:
        assert setup.azure is not None
        principal = await setup.azure.graph.service_principal(HOPSWORKS_APP)
        assert principal is not None
        setup.walkthrough.record("hopsworks_app_id", principal.object_id)
        found = await _look(setup, "hopsworks_app_id")
        assert "That was the object id of the enterprise application hopsworks.ai" in found[0].what
        assert setup.walkthrough.answers.text("hopsworks_app_id") == HOPSWORKS_APP


async def test_a_disabled_principal_is_told(tmp_path: Path) -> None:
    world = tmp_path / "disabled.json"
    place = {"id": "61d9f3a4-0c27-4e85-b1f6-93a7c5e82d40", "tenant": CONTOSO, "accountEnabled": False}
    change = {"where": {"appId": HOPSWORKS_APP}, "to": {"elsewhere": [place]}}
    world.write_text(json.dumps({"extends": "default", "change": {"applications": [change]}}), "utf-8")
    found = await told(tmp_path / "azure", "hopsworks_app_id", str(world))
    assert found[0].what == "hopsworks.ai is there, but disabled: nobody can sign in as it."
    assert found[0].severity is Severity.WARNING


COMMAND = f"az ad sp create --id {HOPSWORKS_APP}"
OTHER = "aaaabbbb-1111-2222-3333-ccccddddeeee"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("az ad sp create --id", "There is no application id in it."),
        ("az ad sp create --id 00000000-0000-0000-0000-000000000000", "There is no application id in it."),
        (f"{COMMAND}\naz ad sp create --id {OTHER}", f"There are 2 ids in it: {HOPSWORKS_APP}, {OTHER}."),
    ],
)
async def test_a_pasted_command_without_one_id_is_refused(tmp_path: Path, command: str, message: str) -> None:
    found = await told(tmp_path, "hopsworks_command", hopsworks_command=command)
    assert found[0].what == message
    assert found[0].blocks


async def test_a_pasted_command_gives_the_id_and_says_when_it_changed(tmp_path: Path) -> None:
    same = await told(tmp_path / "a", "hopsworks_command", hopsworks_command=COMMAND)
    assert same[0].what == "It names the same application id."
    async with hopsworks(
        tmp_path / "b", hopsworks_command=COMMAND.replace(HOPSWORKS_APP, OTHER.upper())
    ) as setup:
        found = await _look(setup, "hopsworks_command")
        assert found[0].what == (
            f"The command names another application id; {OTHER} is taken instead of {HOPSWORKS_APP}."
        )
        assert setup.walkthrough.answers.text("hopsworks_app_id") == OTHER


async def test_a_principal_is_not_added_to_a_tenant_that_the_subscription_does_not_trust(
    tmp_path: Path,
) -> None:
    found = await told(tmp_path, "hopsworks_app_id", subscription="Delegated")
    assert found[0].what == (
        f"The subscription belongs to tenant {FABRIKAM}, but the application would be added to {CONTOSO}."
    )
    assert found[0].blocks


# Step 1.2: the role


async def test_a_free_name_is_free_and_all_actions_are_operations(tmp_path: Path) -> None:
    async with hopsworks(tmp_path) as setup:
        assert sentence(await _look(setup, "cross_role_name")) == "The name is free."
        found = await _look(setup, "1.2")
        assert sentence(found) == "All 42 actions are operations that Azure lists today."


async def test_a_built_in_role_is_no_custom_role(tmp_path: Path) -> None:
    found = await told(tmp_path, "cross_role_name", cross_role_name="contributor")
    assert found[0].what == "contributor is one of Azure's built-in roles, which can't be changed."
    assert found[0].blocks


async def test_a_role_with_the_same_actions_is_used_as_it_is(tmp_path: Path) -> None:
    async with hopsworks(tmp_path, "hopsworks-connected") as setup:
        found = await _look(setup, "cross_role_name")
        assert found[-1].what == "It exists with exactly these 42 actions."
        made = setup.walkthrough.plan()
        assert "cross_role" not in by_key(made)
        assert any(kept.label == "role hopsworks.ai" for kept in made.kept)
        asked = [q.key for q in setup.walkthrough.questions(GUIDE.steps[5])]
        assert "cross_role_when_there" not in asked


async def test_a_role_with_other_actions_is_updated_or_used(tmp_path: Path) -> None:
    async with hopsworks(tmp_path, "hopsworks-connected", permission_profile="limited") as setup:
        found = await _look(setup, "cross_role_name")
        assert found[-1].what.startswith("It exists with 6 differing actions: - Microsoft.Network/")
        assert found[-1].rule == "This change removes 6, adds 0."
        assert "Update it, use it as it is, or choose another name." in found[-1].mend
        role = by_key(setup.walkthrough.plan())["cross_role"]
        assert role.updates
        assert role.name == setup.walkthrough.facts["cross_role_guid"]
        assert len(role.body["properties"]["permissions"][0]["actions"]) == 36
        setup.walkthrough.record("cross_role_when_there", "use")
        assert "cross_role" not in by_key(setup.walkthrough.plan())


async def test_a_name_that_is_taken_for_another_group_is_refused(tmp_path: Path) -> None:
    found = await told(tmp_path, "cross_role_name", "hopsworks-connected", resource_group="rg-vision")
    assert found[-1].what == "A role of this name exists for hopsworks alone."
    assert "a role for one group cannot be assigned in another" in found[-1].rule
    assert found[-1].blocks


async def test_another_name_takes_the_facts_of_the_role_back(tmp_path: Path) -> None:
    async with hopsworks(tmp_path, "hopsworks-connected") as setup:
        await _look(setup, "cross_role_name")
        assert setup.walkthrough.facts["cross_role_guid"]
        setup.walkthrough.record("cross_role_name", "hopsworks two")
        await setup.walkthrough.check("cross_role_name")
        assert setup.walkthrough.facts["cross_role_guid"] == ""
        assert "cross_role" in by_key(setup.walkthrough.plan())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'{{"Actions": ["{READ}"', "Line 1: The text ends too early."),
        ("Microsoft.Compute virtualMachines", "Line 1: “Microsoft.Compute virtualMachines” is not an action"),
        (
            "Microsoft.Compute/virtualMachine/read",
            (
                "Azure lists no operation Microsoft.Compute/virtualMachine/read. Did you mean "
                "Microsoft.Compute/virtualMachines/read?"
            ),
        ),
    ],
)
async def test_a_pasted_list_with_a_fault_is_refused(tmp_path: Path, text: str, message: str) -> None:
    found = await told(tmp_path, "role_json", role_json=text)
    assert message in sentence(found)
    assert any(finding.blocks for finding in found)


async def test_a_pasted_list_is_compared_and_counts_once_confirmed(tmp_path: Path) -> None:
    more = [*FULL, "Microsoft.Network/*/read"]
    async with hopsworks(tmp_path, role_json=json.dumps({"action": more})) as setup:
        text = sentence(await _look(setup, "role_json"))
        assert "“action” is read as “actions”." in text
        assert "Microsoft.Network/*/read covers " in text
        assert "It has 1 that the known list lacks, and lacks 0 of it." in text
        assert len(_actions(setup)) == 42
        setup.walkthrough.record("use_pasted_role", "yes")
        assert _actions(setup) == tuple(more)
        setup.walkthrough.record("permission_profile", "limited")
        assert len(_actions(setup)) == 37


async def test_the_role_is_shown_as_json_and_changed_by_hand(tmp_path: Path) -> None:
    async with hopsworks(tmp_path, edit_role=True) as setup:
        shown = setup.walkthrough.answers.text("role_json")
        assert json.loads(shown)["Actions"] == list(FULL)
        assert len(_actions(setup)) == 42
        setup.walkthrough.record("role_json", shown.replace('"Microsoft.Storage/storageAccounts/read",', ""))
        assert "lacks 1 of it" in sentence(await _look(setup, "role_json"))
        assert len(_actions(setup)) == 41  # what was changed by hand counts without another question


def _actions(setup: Setup) -> tuple[str, ...]:
    body = by_key(setup.walkthrough.plan())["cross_role"].body
    return tuple(body["properties"]["permissions"][0]["actions"])


def test_the_same_list_pasted_is_no_question() -> None:
    same = Answers({"role_json": json.dumps(FULL)}, GUIDE.questions)
    assert not GUIDE.question("use_pasted_role").wanted(same)


@pytest.mark.parametrize(("profile", "count"), [("full", 42), ("limited", 36), ("docs-3.x", 30)])
def test_the_profiles_hold_what_the_facts_count(profile: str, count: int) -> None:
    body = by_key(plan(permission_profile=profile))["cross_role"].body["properties"]
    assert len(body["permissions"][0]["actions"]) == count
    assert body["assignableScopes"] == [GROUP]


# Steps 1.3 and 1.3b


def test_the_assignment_waits_for_role_and_principal() -> None:
    assignment = by_key(plan())["cross_assignment"]
    assert set(assignment.refs()) == {Ref("cross_role", "id"), Ref("hopsworks_principal", "object_id")}
    assert assignment.deploy_at == GROUP
    assert assignment.body["properties"]["principalType"] == "ServicePrincipal"


def test_a_subscriptions_role_is_deployed_at_the_subscription() -> None:
    made = by_key(plan(scope_kind="subscription"))
    assert made["cross_role"].deploy_at == made["cross_assignment"].deploy_at == f"/subscriptions/{RESEARCH}"


def test_an_assignment_that_somebody_else_made_is_kept() -> None:
    held = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/{OTHER}"
    made = plan(cross_assignment=held, hopsworks_object_id=OTHER)
    assert "cross_assignment" not in by_key(made)
    assert held in {kept.id for kept in made.kept}


async def test_a_managing_tenant_is_never_given_to_hopsworks(tmp_path: Path) -> None:
    async with hopsworks(tmp_path, subscription="Delegated") as setup:
        found = await _look(setup, "1.3b")
        assert f"{CONTOSO} is the id of a managing (Lighthouse) tenant. Use {FABRIKAM}." in sentence(found)
        made = setup.walkthrough.plan()
        assert {row.field: row.value for row in made.sheet if row.page.startswith("Settings")} == {
            "Subscription id": setup.walkthrough.answers.text("subscription"),
            "Tenant ID": FABRIKAM,
        }
        drawing = await setup.walkthrough.draw(setup.walkthrough.guide.steps[7])
        assert drawing is not None
        assert f"not {CONTOSO}: managing tenant, do not use" in drawing.text


def test_pasting_the_ids_stays_to_do_until_it_is_confirmed() -> None:
    assert "connect" in {manual.key for manual in plan().manual}
    assert "connect" not in {manual.key for manual in plan(connected=True).manual}


# The whole


def test_outputs_are_named_once_and_the_ids_are_among_them() -> None:
    names = [output.name for output in plan(road="managed").outputs]
    assert len(names) == len(set(names))
    assert {
        "AZURE_SUBSCRIPTION_ID",
        "AZURE_TENANT_ID",
        "HOPSWORKS_RESOURCE_GROUP",
        "HOPSWORKS_LOCATION",
    } < set(names)


def test_the_role_is_exported_in_both_forms() -> None:
    export = next(one for one in GUIDE.exports if one.form == "role")
    answers = Answers({"subscription": RESEARCH}, GUIDE.questions)
    files = export.write(answers, GUIDE.plan(answers), {})
    assert [file.name for file in files] == ["hopsworks-role.json", "hopsworks-role.arm.json"]
    assert json.loads(files[0].text)["AssignableScopes"] == [GROUP]
    assert json.loads(files[1].text)["properties"]["permissions"][0]["actions"] == list(FULL)
    with pytest.raises(LookupError, match="Answer subscription and resource group first"):
        export.write(Answers({}, GUIDE.questions), plan(), {})


def test_without_answers_there_is_an_empty_plan_and_no_error() -> None:
    assert GUIDE.plan(Answers({}, GUIDE.questions)).is_empty


def test_the_same_answers_give_the_same_plan() -> None:
    assert plan() == plan()
