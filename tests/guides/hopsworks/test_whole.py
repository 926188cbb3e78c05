"""The Hopsworks guide as a whole: the documents' steps in their order, each thing said once, starters without a fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest

import profiles
from tests.rehearsal import practice
from wizard.answers import Answers, Value
from wizard.answers_file import read_answers
from wizard.azure.sign_in import sign_in_unattended
from wizard.guide import Kind, Severity
from wizard.guides import all_guides
from wizard.guides.hopsworks import GUIDE
from wizard.machine import Machine
from wizard.plan import Plan, Ref
from wizard.setup import Setup

STARTERS = Path(profiles.__file__).parent / "starters"
RESEARCH = "142c8364-7806-4577-93e7-83e7eb04b39b"
KNOWN: Mapping[str, Value] = {"subscription": RESEARCH, "tenant": "47eaa099-2cb6-416d-86dc-283cf0480ff9"}
# hopsworks.md section 8; those of the network only with one's own.
VARIABLES = {
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_TENANT_ID",
    "HOPSWORKS_RESOURCE_GROUP",
    "HOPSWORKS_LOCATION",
    "HOPSWORKS_STORAGE_ACCOUNT",
    "HOPSWORKS_CONTAINER",
    "HOPSWORKS_IDENTITY",
    "HOPSWORKS_SSH_KEY",
    "HOPSWORKS_ACR",
    "HOPSWORKS_VNET",
    "HOPSWORKS_SUBNET",
    "HOPSWORKS_NSG",
}
ROADS = tuple(
    {
        "road": road,
        "scope_kind": scope,
        "permission_profile": profile,
        "ssh_source": source,
        "group_location": there,
    }
    for road, scope, profile, source, there in product(
        ("classic", "managed"),
        ("resourceGroup", "subscription"),
        ("full", "limited", "docs-3.x"),
        ("here", "azure"),
        ("", "westeurope"),
    )
)


def _plan(**answers: Value) -> Plan:
    return GUIDE.plan(Answers(dict(KNOWN) | answers, GUIDE.questions))


def test_the_guide_is_installed_and_its_chapters_stand_in_the_documents_order() -> None:
    assert all_guides()["hopsworks"] is GUIDE
    assert [chapter.number for chapter in GUIDE.chapters] == ["0", "1", "L", "2", "3", "4", "5", "6"]
    first = [step.number for step in GUIDE.steps][:8]
    assert first == ["0.1", "0.2", "0.3", "0.4", "1.1", "1.2", "1.3", "1.3b"]


def test_keys_numbers_and_forms_are_each_there_once() -> None:
    for names in (
        [question.key for question in GUIDE.questions],
        [step.number for step in GUIDE.steps],
        [export.form for export in GUIDE.exports],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_question_says_what_it_wants() -> None:
    for question in GUIDE.questions:
        assert question.prompt, question.key
        assert question.rule or question.choices or question.kind is Kind.SWITCH, question.key


def test_every_step_has_words_of_its_own() -> None:
    for step in GUIDE.steps:
        assert step.title, step.number
        assert step.text.endswith((".", ":")), step.number


@pytest.mark.parametrize("answers", ROADS, ids=lambda one: "-".join(str(v) for v in one.values()))
def test_on_every_road_keys_are_unique_and_references_lead_somewhere(answers: Mapping[str, Value]) -> None:
    made = _plan(**answers)
    keys = [one.key for one in made.directory] + [one.key for one in made.resources]
    keys += [one.key for one in made.keys] + [one.key for one in made.removals]
    assert len(keys) == len(set(keys))
    assert {ref.object for resource in made.resources for ref in resource.refs()} <= set(keys)
    steps = {step.number for step in GUIDE.steps}
    assert {resource.step for resource in made.resources} <= steps
    values = [output.value for output in made.outputs]
    assert {value.object for value in values if isinstance(value, Ref)} <= set(keys)
    names = [output.name for output in made.outputs]
    assert len(names) == len(set(names))
    assert ("group" in keys) is not bool(answers["group_location"])
    assert len({proof.key for proof in made.proofs}) == len(made.proofs)
    assert made == _plan(**answers)


def test_the_variables_of_the_facts_are_exported() -> None:
    names = {output.name for output in _plan(road="managed", permission_profile="limited").outputs}
    assert names >= VARIABLES


@pytest.mark.parametrize("starter", ["hopsworks", "hopsworks-limited"])
async def test_the_starters_are_checked_without_an_error_or_a_warning(tmp_path: Path, starter: str) -> None:
    answers = read_answers(STARTERS / f"{starter}.toml", GUIDE)
    with practice(tmp_path) as cloud:
        setup = Setup.begin(GUIDE, "demo", cloud, answers=answers, machine=Machine(home=Path.home()))
        await setup.connect(await sign_in_unattended(cloud))
        try:
            found = await setup.walkthrough.check_all()
            assert setup.walkthrough.unanswered() == ()
            assert all(finding.what for finding in found)
        finally:
            await setup.close()
    heavy = [f.sentence for f in found if f.severity in {Severity.ERROR, Severity.WARNING}]
    assert heavy == []


def test_with_all_defaults_only_the_subscription_is_asked() -> None:
    answers = Answers(dict(KNOWN), GUIDE.questions)
    wanted = [q for step, q in GUIDE.asked() if step.wanted(answers) and q.wanted(answers) and q.required]
    assert [question.key for question in wanted if answers.get(question.key) is None] == []
    assert GUIDE.question("subscription").default is None
