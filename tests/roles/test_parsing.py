"""A role is read in every form that people paste; each fault is told with its line, each mend too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.roles.algebra import FULL
from wizard.roles.lenient import MOST_CHARACTERS
from wizard.roles.parsing import read_role
from wizard.roles.role import Role, of_azure
from wizard.roles.writing import cli_json, portal_json

SHARED = Path(__file__).parents[2] / ".." / "shared"
READ, WRITE = "Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/write"
SCOPE = "/subscriptions/142c8364-7806-4577-93e7-83e7eb04b39b"
ROLE = Role(
    name="hopsworks.ai",
    description='says "start" & “manage”',
    actions=(READ, WRITE),
    not_actions=("Microsoft.Compute/disks/delete",),
    data_actions=("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",),
    scopes=(SCOPE,),
)

FORMS = {
    "CLI file": '{"Name": "r", "Actions": ["%s", "%s"], "AssignableScopes": ["/subscriptions/x"]}',
    "portal": '{"properties": {"roleName": "r", "permissions": [{"actions": ["%s", "%s"]}]}}',
    "ARM resource": '{"type": "Microsoft.Authorization/roleDefinitions", "apiVersion": "2022-04-01", "name": '
    '"142c8364-7806-4577-93e7-83e7eb04b39b", "properties": {"roleName": "r", "type": "CustomRole", "permissions": '
    '[{"actions": ["%s", "%s"]}]}}',
    "CLI list": '[{"roleName": "r", "roleType": "CustomRole", "permissions": [{"actions": ["%s", "%s"]}]}]',
    "ARM template": '{"resources": [{"properties": {"roleName": "r", "permissions": [{"actions": ["%s", "%s"]}]}}]}',
    "bare array": '["%s", "%s"]',
    "trailing commas": '{"Actions": ["%s", "%s",],}',
    "comments": '// from Hopsworks\n{"Actions": [ # two\n"%s", /* and */ "%s"]}',
    "snippet without braces": '"permissions": [{"actions": ["%s", "%s"], "notActions": []}],',
    "bare lines": "%s\n%s\n",
    "quoted lines with commas": '  "%s",\n  "%s",\n',
    "bullets": "- %s\n* %s\n",
    "lines with comments": "# the machines\n%s  # look\n%s // change\n",
    "curly quotes": "[“%s”, “%s”]",
    "curly and straight quotes": '{"Name": "a “b” c", “Actions”: [“%s”, "%s"]}',
    "single quotes": "['%s', '%s']",
    "byte order mark": '\ufeff{"Actions": ["%s", "%s"]}',
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_understood(form: str) -> None:
    reading = read_role(FORMS[form] % (READ, WRITE))
    assert reading.faults == ()
    assert reading.role.actions == (READ, WRITE)


@pytest.mark.parametrize("written", [cli_json(ROLE), portal_json(ROLE)])
def test_what_is_written_is_valid_json_and_reads_back_the_same(written: str) -> None:
    json.loads(written)
    assert read_role(written).role == ROLE


def test_the_two_written_forms_are_azures() -> None:
    cli = json.loads(cli_json(ROLE))
    assert list(cli) == [
        "Name",
        "IsCustom",
        "Description",
        "Actions",
        "NotActions",
        "DataActions",
        "NotDataActions",
        "AssignableScopes",
    ]
    assert of_azure(json.loads(portal_json(ROLE))) == ROLE


def test_action_is_mended_to_actions_and_told() -> None:
    reading = read_role(f'{{\n "action": [\n  "{READ}"\n ]\n}}')
    assert reading.role.actions == (READ,)
    assert [str(mended) for mended in reading.mended] == ["Line 2: “action” is read as “actions”."]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "There are no actions in it."),
        ("{}", 1, "There are no actions in it."),
        ("[]", 1, "There are no actions in it."),
        (f'{{"Actions": ["{READ}"', 1, "The text ends too early."),
        (f'{{\n"Actions": [\n"{READ}"\n"{WRITE}"]}}', 4, f'A comma is missing before "{WRITE}".'),
        (f'{{\n"Actions" ["{READ}"]}}', 2, 'A colon is missing after "Actions".'),
        ('{"Actions": [\n"Microsoft.Compute/x\n]}', 2, "A quotation mark is not closed on its line."),
        ('{"Actions": 3}', 1, "“actions” has to be a list."),
        (
            '{"Actions": [\n\n7]}',
            3,
            "An action is a text, such as Microsoft.Compute/virtualMachines/read, in actions.",
        ),
        ('{"properties": null}', 1, "“properties” holds nothing."),
        (
            '{"permissions": [{"actions": ["*"]},\n{"actions": ["*"]}]}',
            2,
            "There are 2 entries; one role is wanted.",
        ),
        (f'["{READ}"] and more', 1, "“and” follows where the role has ended."),
        ("[" * 40 + "]" * 40, 1, "Too many brackets within each other."),
        (
            f"{READ}\nvirtualMachines read\n",
            2,
            "“virtualMachines read” is not an action such as Microsoft.Compute/virtualMachines/read.",
        ),
        (
            '["Microsoft.Compute"]',
            1,
            "“Microsoft.Compute” is not an action such as Microsoft.Compute/virtualMachines/read.",
        ),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, line: int, what: str) -> None:
    faults = read_role(text).faults
    assert str(faults[0]) == f"Line {line}: {what}"


def test_every_wrong_action_is_told_but_not_without_end() -> None:
    faults = read_role("\n".join(["no action"] * 3)).faults
    assert [fault.line for fault in faults] == [1, 2, 3]
    many = read_role("\n".join(["no action"] * 500)).faults
    assert len(many) == 21
    assert str(many[-1]) == "Line 21: From here on there are 480 more faults."


@pytest.mark.parametrize("shape", ["{}", "[{}]", "{}\n"])
def test_a_text_beyond_the_cap_is_refused_at_once(shape: str) -> None:
    reading = read_role(shape.replace("{}", "x" * (MOST_CHARACTERS + 1)))
    assert "Too long" in str(reading.faults[0])


@pytest.mark.parametrize("text", ["*" * 7 + "/read", "a/" + "b" * 600])
def test_an_action_that_cannot_be_meant_is_refused(text: str) -> None:
    assert "too many wildcards" in str(read_role(f'["{text}"]').faults[0])


@given(st.text(alphabet='{}[]",:/*# \n\\Aactions.', max_size=200))
def test_no_text_is_too_strange_to_be_answered(text: str) -> None:
    reading = read_role(text)
    assert reading.faults or reading.role.actions or any(reading.role.lists.values())


@pytest.mark.parametrize("text", ["/* ", "// ", " ", "-- ", "{", "*/"])
@pytest.mark.timeout(20)
def test_hostile_lengths_are_answered_quickly(text: str) -> None:
    assert read_role("a" + text * (MOST_CHARACTERS // len(text) - 1) + "b").faults


def test_twice_is_once_in_any_case_and_told() -> None:
    reading = read_role(f"{READ}\n{READ.upper()}")
    assert reading.role.actions == (READ,)
    assert str(reading.mended[0]) == f"Line 2: {READ.upper()} is there twice; kept once."


def test_what_is_no_part_of_a_role_is_left_out_and_told() -> None:
    reading = read_role(f'{{"Actions": ["{READ}"], "Colour": "red"}}')
    assert [str(mended) for mended in reading.mended] == ["Line 1: “Colour” is no part of a role; left out."]


def test_wildcards_and_escapes_are_read() -> None:
    assert read_role('["*", "*/read", "Microsoft.Network/*/read"]').role.actions == (
        "*",
        "*/read",
        "Microsoft.Network/*/read",
    )
    assert read_role("*/read\nMicrosoft.Network/*").role.actions == ("*/read", "Microsoft.Network/*")
    assert read_role('{"Name": "a\\u0062\\"c", "Actions": ["*"]}').role.name == 'ab"c'


def test_the_documents_own_list_is_read_as_printed() -> None:
    facts = SHARED / "guides" / "data" / "hopsworks.json"
    if not facts.is_file():
        pytest.skip("the facts of the guides are not here")
    full = json.loads(facts.read_text("utf-8"))["crossAccount"]["full"]
    reading = read_role(json.dumps({"permissions": [{"actions": full}]})[1:-1] + ",")
    assert reading.faults == ()
    assert set(reading.role.actions) == set(FULL)
