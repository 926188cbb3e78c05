"""The az script: bash reads it, no text of a plan is code in it, and what is known only at run time is a variable."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.render.plans import LEADING, LINES, NASTY, everything, nasty
from wizard.plan import DirectoryKind, DirectoryObject, KeyPair, Known, Plan, Ref, Removal, Resource
from wizard.render.az import commands, script
from wizard.render.shell import Var, comment, here, jmespath, joined, word

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-exports"


def bash(text: str, **variables: str) -> str:
    """What bash prints."""
    done = subprocess.run(
        ["bash", "-c", text],
        env=variables | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def reads(text: str) -> None:
    """Bash must understand it."""
    done = subprocess.run(["bash", "-n"], input=text.encode(), capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")


def plan_of(*resources: Resource) -> Plan:
    return Plan("exports", "tenant", SUBSCRIPTION, resources=resources)


def generic(**changes: object) -> Resource:
    kind = "Microsoft.OperationalInsights/workspaces"
    body = {"location": "westeurope", "properties": {"retentionInDays": 30}}
    return replace(Resource("logs", kind, "2023-09-01", "logs", GROUP, "logs", body, step="7"), **changes)  # type: ignore[arg-type]  # fields by name


@given(st.text(alphabet=st.characters(min_codepoint=1, exclude_categories=["Cs"])))
@settings(max_examples=60, deadline=None)
def test_a_word_means_its_characters(text: str) -> None:
    assert bash(f"printf %s {word(text)}") == text
    assert bash(f"printf %s {word(('a', Var('x'), text))}", x="$(id) `id` *") == f"a$(id) `id` *{text}"


@given(st.text(alphabet=st.characters(min_codepoint=1, exclude_categories=["Cs"])))
@settings(max_examples=60, deadline=None)
def test_a_comment_ends_where_it_should(text: str) -> None:
    assert bash("\n".join([*comment(text), "printf done"])) == "done"


@pytest.mark.parametrize(
    "text", [NASTY, LINES, LEADING, "EOF", "a\u2028b", "\\", "$x ${x} $(x)", "\ue0f20\ue0f3"]
)
def test_a_file_holds_its_json(text: str) -> None:
    import json

    plain = bash(
        "\n".join(["folder=/dev", *here(joined(Var("folder"), "/stdout"), {"a": text, "b": [text]})])
    )
    assert json.loads(plain) == {
        "a": text.replace("\ue0f2", "\ufffd").replace("\ue0f3", "\ufffd"),
        "b": [json.loads(plain)["a"]],
    }
    held = here("/dev/stdout", {text: text, "id": Var("x"), "path": joined("/a/", Var("x"))})
    found = json.loads(bash("\n".join(held), x="an-id"))
    assert found.pop("id") == "an-id"
    assert found.pop("path") == "/a/an-id"
    assert len(found) == 1


def test_a_query_compares_with_its_characters() -> None:
    import jmespath as reference  # type: ignore[import-untyped]  # it ships no types

    for text in (NASTY, LINES, "it's", 'a"b', "a`b", "\\", "plain name", ""):
        assert reference.search(f"[?name=={jmespath(text)}].name | [0]", [{"name": text}]) == text


@pytest.mark.parametrize("plan", [everything(SUBSCRIPTION), nasty(SUBSCRIPTION)])
def test_bash_reads_the_script(plan: Plan) -> None:
    text = script(plan, {}, f"A title {LINES}")
    reads(text)
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text


def test_the_steps_stand_in_the_guides_order() -> None:
    text = script(everything(SUBSCRIPTION), {}, "T")
    steps = [
        "Step 0.4",
        "Step 1.1",
        "Step 1.2",
        "Step 1.3:",
        "Step 1.3b, by hand",
        "Step L1",
        "Step 2.1",
        "Step 2.2",
    ]
    steps += ["Step 2.3", "Step 2.4", "Step 2.5", "Step 3"]
    places = [text.index(step) for step in steps]
    assert places == sorted(places)
    assert text.index("exports-nsg") < text.index("az network vnet subnet create")


def test_what_is_known_already_is_found_afresh_by_a_whole_script() -> None:
    known: Known = {"identity": {"id": "x", "principal_id": "22222222-2222-4222-8222-222222222222"}}
    assert script(everything(SUBSCRIPTION), known, "T") == script(everything(SUBSCRIPTION), {}, "T")


def test_commands_for_one_object_find_what_they_need() -> None:
    plan = everything(SUBSCRIPTION)
    text = commands(plan, {"cross_assignment"}, {})
    reads(text)
    assert "az role assignment create" in text
    assert "az ad sp show" in text
    assert "az role definition list" in text
    assert "create --role-definition" not in text
    assert "set -e" not in text, "it would end the shell that it is pasted into"
    known: Known = {
        "cross_role": {"id": f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions/a"},
        "hopsworks_principal": {"object_id": "33333333-3333-4333-8333-333333333333"},
    }
    text = commands(plan, {"cross_assignment"}, known)
    assert "hopsworks_principal_object_id=33333333-3333-4333-8333-333333333333" in text
    assert "az ad sp show" not in text
    assert "az role definition list" not in text


def test_commands_for_the_principal_are_the_guides_own() -> None:
    text = commands(everything(SUBSCRIPTION), {"hopsworks_principal"}, {})
    assert "az ad sp create --id d4abcc44-2c40-40bd-9bba-986df591c28f" in text
    assert "patiently" not in text


def test_any_type_can_be_written() -> None:
    text = script(plan_of(generic()), {}, "T")
    reads(text)
    assert f" {GROUP}/providers/Microsoft.OperationalInsights/workspaces/logs 2023-09-01" in text
    assert "\nensure " in text
    assert '"retentionInDays": 30' in text


def test_what_exists_and_is_changed_keeps_what_shall_stay() -> None:
    body = {
        "location": "westeurope",
        "properties": {"retentionInDays": 30, "publicNetworkAccessForQuery": "Disabled"},
    }
    text = script(plan_of(generic(updates=True, keeps=("location",), body=body)), {}, "T")
    reads(text)
    (line,) = (line for line in text.replace("\\\n", " ").splitlines() if "az resource update" in line)
    assert "properties.retentionInDays=30" in line
    assert '"Disabled"' in line
    assert "location=" not in line


def test_a_role_that_exists_keeps_its_scopes() -> None:
    plan = everything(SUBSCRIPTION)
    changed = [
        replace(one, updates=True, keeps=("properties.assignableScopes",)) if one.key == "cross_role" else one
        for one in plan.resources
    ]
    text = script(replace(plan, resources=tuple(changed)), {}, "T")
    reads(text)
    assert '"AssignableScopes": ${cross_role_AssignableScopes}' in text
    assert "az role definition update" in text


def test_a_removal_asks_first() -> None:
    removal = Removal(
        "old", "Microsoft.Authorization/roleAssignments", "2022-04-01", f"{GROUP}/x", "the old one"
    )
    text = script(replace(plan_of(), removals=(removal,)), {}, "T")
    reads(text)
    assert text.index("az resource show") < text.index("az resource delete")


def test_a_key_that_azure_makes_goes_into_a_file_of_its_owner_alone() -> None:
    key = Resource(
        "ssh_key",
        "Microsoft.Compute/sshPublicKeys",
        "2024-11-01",
        "k",
        GROUP,
        "k",
        {"location": "westeurope"},
        step="3",
    )
    pair = KeyPair("ssh_pair", "k", "~/.ssh/it's $(id).pem", made_by="azure", resource="ssh_key", step="3")
    text = script(replace(plan_of(key), keys=(pair,)), {}, "T")
    reads(text)
    assert "umask 077" in text
    assert "az sshkey create" not in text, "it would make a pair of its own"
    assert text.index("\nensure ") < text.index("generateKeyPair")


def test_a_client_secret_is_never_in_the_script() -> None:
    fields: dict[str, str | int | Ref] = {
        "application": Ref("app", "object_id"),
        "display_name": LEADING,
        "months": 6,
    }
    app = DirectoryObject(
        "app", DirectoryKind.APPLICATION, "a", {"display_name": "a", "unique_name": "u"}, step="2.1"
    )
    secret = DirectoryObject("secret", DirectoryKind.PASSWORD, LEADING, fields, step="2.3")
    known: Known = {"secret": {"id": "1", "value": "hunter2"}}
    text = script(replace(plan_of(), directory=(app, secret)), known, "T")
    reads(text)
    assert "hunter2" not in text
    assert "az ad app credential reset" in text
    assert "--append" in text
    assert '-d "+180 days"' in text
