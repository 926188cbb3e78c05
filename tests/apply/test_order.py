"""The order of a plan: what waits for what, what one deployment holds, and which part a step is."""

from __future__ import annotations

from wizard.apply.handoff import commands, part
from wizard.apply.order import (
    batches,
    dependencies,
    dependents,
    of_steps,
    provider_key,
    unknown_words,
    words_for,
)
from wizard.plan import (
    GROUP_TYPE,
    DirectoryKind,
    DirectoryObject,
    KeyPair,
    Plan,
    Ref,
    Removal,
    Resource,
)

SUBSCRIPTION = "/subscriptions/142c8364-7806-4577-93e7-83e7eb04b39b"
GROUP = f"{SUBSCRIPTION}/resourceGroups/made"
COMPUTE, NETWORK = "Microsoft.Compute", "Microsoft.Network"


def resource(key: str, kind: str, name: str, at: str = GROUP, **more: object) -> Resource:
    return Resource(key, kind, "2024-05-01", name, at, name, **more)  # type: ignore[arg-type]  # fields by name


VNET = resource("vnet", f"{NETWORK}/virtualNetworks", "net", step="L1")
SUBNET = resource("subnet", f"{NETWORK}/virtualNetworks/subnets", "net/inner", step="L1")
KEY = resource("key", f"{COMPUTE}/sshPublicKeys", "key", step="3")
PAIR = KeyPair("pair", "key", "~/.ssh/key", made_by="azure", resource="key", step="3")
MACHINE = resource(
    "machine", f"{COMPUTE}/virtualMachines", "vm", step="4", body={"publicKey": Ref("pair", "public_key")}
)
NEW_GROUP = resource("group", GROUP_TYPE, "made", SUBSCRIPTION, step="0.4")
WATCHED = resource(
    "watched", "Microsoft.Insights/things", "w", SUBSCRIPTION, step="6", body={"of": Ref("vnet", "id")}
)
OLD = Removal(
    "old", f"{NETWORK}/natGateways", "2024-05-01", f"{GROUP}/providers/{NETWORK}/natGateways/old", "old"
)


def test_a_thing_waits_for_its_parent_its_group_its_provider_and_what_it_refers_to() -> None:
    plan = Plan(
        "g", "", "", resources=(NEW_GROUP, VNET, SUBNET, KEY, MACHINE), keys=(PAIR,), providers=(COMPUTE,)
    )
    needs = dependencies(plan, {})
    assert needs["subnet"] == {"vnet", "group"}
    assert needs["pair"] == {"key"}
    assert needs["machine"] == {"pair", "group", provider_key(COMPUTE)}
    assert dependents(plan, {}, ["vnet"]) == {"subnet"}
    assert dependents(plan, {}, [provider_key(COMPUTE)]) == {"key", "pair", "machine"}


def test_a_scope_is_one_deployment_unless_something_has_to_come_between() -> None:
    plan = Plan("g", "", "", resources=(VNET, NEW_GROUP, SUBNET, KEY, MACHINE, WATCHED), keys=(PAIR,))
    told = [[r.key for r in batch.resources] for batch in batches(plan, {})]
    assert told == [["group"], ["vnet", "subnet", "key"], ["machine"], ["watched"]]


def test_things_that_wait_for_each_other_are_left_to_azure() -> None:
    one = resource("one", f"{NETWORK}/a", "a", body={"x": Ref("two", "id")})
    two = resource("two", f"{NETWORK}/b", "b", body={"x": Ref("one", "id")})
    (batch,) = batches(Plan("g", "", "", resources=(one, two)), {})
    assert [r.key for r in batch.resources] == ["one", "two"]


def test_what_is_handed_over_holds_back_what_hangs_on_it_and_what_goes() -> None:
    principal = DirectoryObject("sp", DirectoryKind.SERVICE_PRINCIPAL, "sp", {"app_id": "x"}, step="1.1")
    role = resource(
        "role", "Microsoft.Authorization/roleAssignments", "r", body={"p": Ref("sp", "object_id")}
    )
    plan = Plan("g", "", "", directory=(principal,), resources=(role, VNET), removals=(OLD,))
    parted = part(plan, ["sp"], {})
    assert parted.handed == ("sp",)
    assert parted.postponed == ("role", "old")
    assert [r.key for r in parted.doable.resources] == ["vnet"]
    assert parted.doable.removals == ()
    assert part(plan, [], {}).doable == plan


def test_a_step_is_its_objects_with_the_providers_that_they_need() -> None:
    plan = Plan(
        "g", "", "", resources=(VNET, SUBNET, KEY, MACHINE), keys=(PAIR,), providers=(COMPUTE, NETWORK)
    )
    third = of_steps(plan, {"3"})
    assert ([r.key for r in third.resources], third.keys, third.providers) == (["key"], (PAIR,), (COMPUTE,))
    assert [r.key for r in of_steps(plan, {"subnet"}).resources] == ["subnet"]
    assert of_steps(plan, {f"provider:{COMPUTE.lower()}"}).providers == (COMPUTE,)
    assert of_steps(plan, ()) is plan


def test_an_administrator_is_not_told_to_make_what_the_person_makes() -> None:
    """Step 3 holds the person's own key pair: only the provider that has to be registered is named."""
    plan = Plan("g", "", "", resources=(VNET, SUBNET, KEY), keys=(PAIR,), providers=(COMPUTE,))
    assert words_for(plan, "3", [provider_key(COMPUTE)]) == (provider_key(COMPUTE),)
    assert words_for(plan, "L1", ["vnet", "subnet"]) == ("L1",)
    assert words_for(plan, "L1", ["subnet"]) == ("subnet",)
    assert unknown_words(plan, ["3"], {"3", "KEY", "nothing"}) == ("nothing",)


def test_registering_a_provider_is_a_command_of_its_own() -> None:
    plan = Plan("g", "", "142c8364", resources=(KEY,), providers=(COMPUTE,))
    told = commands(plan, [provider_key(COMPUTE)], {})
    assert told == "az provider register --namespace Microsoft.Compute --subscription 142c8364 --wait"
