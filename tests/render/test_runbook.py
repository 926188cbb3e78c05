"""The runbook and the sheet: every id and step, tasks with boxes, foreign text as text."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.render.plans import LINES, NASTY, everything
from wizard.plan import Known, Manual, Output, Plan, Ref, SheetRow
from wizard.render.kinds import kind
from wizard.render.runbook import LATER, code, escaped, runbook
from wizard.render.sheet import sheet_json, sheet_text

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
PRINCIPAL = "33333333-3333-4333-8333-333333333333"
KNOWN: Known = {"identity": {"id": "x", "principal_id": PRINCIPAL}, "group": {"id": "y"}}
ROWS = (
    SheetRow("Managed identity", "User assigned managed identity", "exports-identity", "its name"),
    SheetRow("Managed identity", "Principal", Ref("identity", "principal_id")),
    SheetRow("Security group", "A | B", "a|b `c`"),
)


def planned() -> Plan:
    manual = Manual("form", "Fill in the form", "Open it.\n[ ] Tick this\n[ ] *Tick* that", "az login", "4")
    return replace(
        everything(SUBSCRIPTION, "t"),
        manual=(manual,),
        sheet=ROWS,
        outputs=(Output("ID", "v"), Output("S", "", secret=True)),
    )


def test_every_step_and_id_is_there() -> None:
    plan = planned()
    text = runbook(plan, {}, "A title", titles={"1.1": "Service principal"})
    assert "## 1.1 Service principal\n" in text
    for one in plan.resources:
        assert escaped(one.label) in text
        if one.key != "cross_assignment":
            assert one.id({}) in text
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert (
        heads.index("## 1.1 Service principal")
        < heads.index("## L1")
        < heads.index("## 2.1")
        < heads.index("## 3")
    )


def test_what_is_done_is_ticked() -> None:
    text = runbook(planned(), KNOWN, "T", made={"identity"})
    assert "- [x] managed identity exports-identity: made\n" in text
    assert "- [x] resource group rg-exports: was there\n" in text
    assert f"  - principal id: `{PRINCIPAL}`" in text
    assert "- [ ] NAT gateway exports-nat: to be made\n" in text


def test_tasks_are_a_check_list() -> None:
    text = runbook(planned(), {}, "T")
    assert (
        "- [ ] **4 Fill in the form**\n  Open it.\n  - [ ] Tick this\n  - [ ] \\*Tick\\* that\n\n  ```\n  az login\n  ```"
        in text
    )


def test_the_sheet_is_a_table() -> None:
    text = runbook(planned(), {}, "T")
    assert f"| Managed identity | Principal | {LATER} |  |" in text
    assert "| Security group | A \\| B | `` a\\|b `c` `` |  |" in text
    assert f"`{PRINCIPAL}`" in runbook(planned(), KNOWN, "T")


def test_secrets_are_not_told() -> None:
    assert "- `S`: in the secret store" in runbook(planned(), {"secret": {"value": "hunter2"}}, "T")


def test_foreign_text_is_one_line_of_text() -> None:
    for text in (NASTY, LINES, "a](http://x)", "<b>", "# x"):
        assert "\n" not in escaped(text)
        assert "\n" not in code(text)
    assert escaped("<b>*x*</b>") == "\\<b\\>\\*x\\*\\</b\\>"


def test_the_sheet_is_aligned_and_also_json() -> None:
    text = sheet_text(planned(), {})
    assert text.startswith(
        "Managed identity\n  User assigned managed identity  exports-identity  (its name)\n"
    )
    assert f"  Principal                       ({LATER})\n" in text
    rows = json.loads(sheet_json(planned(), KNOWN))
    assert [row["value"] for row in rows] == ["exports-identity", PRINCIPAL, "a|b `c`"]
    assert json.loads(sheet_json(planned(), {}))[1]["value"] is None


def test_types_have_plain_words() -> None:
    assert kind("Microsoft.Authorization/roleAssignments") == "role assignment"
    assert kind("Microsoft.Network/publicIPAddresses") == "public IP address"
    assert kind("Microsoft.Compute/galleries") == "gallery"
    assert kind("Microsoft.Network/virtualNetworks/subnets") == "subnet"
