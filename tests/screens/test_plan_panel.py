"""What the plan panel says about key pairs, changes, removals and the sheet."""

from __future__ import annotations

from screens.widgets.plan_panel import plan_rows
from screens.widgets.rows import Row
from tests.screens.small_guide import GUIDE, changing, plan
from wizard.answers import Answers
from wizard.plan import Plan


def told(rows: list[Row]) -> str:
    return "\n".join(" ".join(filter(None, (row.sign, row.text, row.quiet))) for row in rows)


def test_a_key_pair_is_told_by_its_file_and_a_sheet_by_its_size() -> None:
    text = told(plan_rows(plan(Answers({"subscription": "s", "tenant": "t"}, GUIDE.questions))))
    assert "Creates 2" in text
    assert "+ SSH key pair demo key · RSA · file ~/.ssh/demo_rsa" in text
    assert "4 values on 2 pages" in text


def test_changes_and_removals_have_their_own_signs() -> None:
    text = told(plan_rows(changing(Answers({}, ()))))
    assert "Creates nothing" not in text
    assert "~ role definition old role" in text
    assert "- role assignment Owner on /s" in text


def test_an_empty_plan_says_so() -> None:
    assert "Nothing yet" in told(plan_rows(Plan("small", "", "")))
