"""Questions turn what is typed into values, and say what is wrong with it at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.answers import Answers, Source, Value
from wizard.guide import Choice, Kind, Question
from wizard.guides import all_guides
from wizard.shapes import between, guid, length, printable, tenant

COLOURS = (
    Choice("red", "Red"),
    Choice("blue", "Blue", aliases=("azure",)),
    Choice("grey", "Grey", refusal="Sold out."),
)


def _first(question: Question, raw: Value) -> str:
    return question.parse(raw)[1][0].sentence


def test_a_choice_may_be_written_by_value_label_or_alias() -> None:
    question = Question("colour", "Colour", Kind.CHOICE, choices=COLOURS)
    assert [question.parse(text)[0] for text in ("red", " RED ", "Blue", "azure")] == [
        "red",
        "red",
        "blue",
        "blue",
    ]


def test_a_wrong_choice_is_told_with_what_there_is_and_what_was_meant() -> None:
    question = Question("colour", "Colour", Kind.CHOICE, choices=COLOURS)
    assert _first(question, "blu") == "“blu” is not a choice. One of: red, blue, grey. Did you mean “blue”?"


def test_a_choice_that_is_refused_says_why() -> None:
    assert _first(Question("colour", "Colour", Kind.CHOICE, choices=COLOURS), "grey") == "Sold out."


@pytest.mark.parametrize(("raw", "value"), [("6", 6), (6, 6), (" 12 ", 12), ("-3", -3)])
def test_a_whole_number_may_be_typed_or_read_from_a_file(raw: Value, value: int) -> None:
    assert Question("months", "Months", Kind.INTEGER).parse(raw) == (value, ())


@pytest.mark.parametrize("raw", ["six", "1.5", True, "٣", "--1", "1e3"])
def test_what_is_no_whole_number_is_refused(raw: Value) -> None:
    value, findings = Question("months", "Months", Kind.INTEGER).parse(raw)
    assert value is None
    assert findings[0].blocks


def test_a_number_where_text_is_wanted_says_to_quote_it() -> None:
    assert _first(Question("name", "Name"), 7) == "7 is not text; write it in quotes."


def test_an_empty_answer_counts_as_missing_only_where_one_is_needed() -> None:
    assert Question("name", "Name").parse("  ")[1][0].what == "An answer is needed."
    assert Question("note", "Note", required=False).parse("") == (None, ())


def test_the_rule_stands_beside_what_is_wrong() -> None:
    question = Question("name", "Name", rule="1 to 3 characters.", shape=(length(1, 3),))
    assert _first(question, "four") == "Too long (4 of at most 3 characters). 1 to 3 characters."


@given(st.integers())
def test_between_takes_its_ends_and_nothing_beyond(number: int) -> None:
    assert (between(1, 24)(number) == "") == (1 <= number <= 24)


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        (guid, "b24988ac-6180-42a0-ab88-20f7382dd24c", "b24988ac-6180-42a0-ab88-20f7382dd24"),
        (guid, "B24988AC-6180-42A0-AB88-20F7382DD24C", "00000000-0000-0000-0000-000000000000"),
        (tenant, "contoso.com", "common"),
        (tenant, "contoso.onmicrosoft.com", "adfs"),
        (tenant, "b24988ac-6180-42a0-ab88-20f7382dd24c", "https://contoso.com"),
        (printable, "himl vision", "himl\nvision"),
    ],
)
def test_shapes_tell_good_from_bad(shape: object, good: str, bad: str) -> None:
    assert callable(shape)
    assert shape(good) == ""
    assert shape(bad) != ""


def test_defaults_are_worked_out_from_the_other_answers() -> None:
    questions = (
        Question("a", "A", default="x"),
        Question("b", "B", default=lambda given: given.text("a") * 2),
    )
    answers = Answers({"a": "y"}, questions)
    assert dict(answers) == {"a": "y", "b": "yy"}
    assert (answers.source("a"), answers.source("b")) == (Source.CHOSEN, Source.DEFAULT)


@pytest.mark.parametrize("key", sorted(all_guides()))
def test_every_guide_is_well_formed(key: str) -> None:
    guide = all_guides()[key]
    keys = [question.key for question in guide.questions]
    numbers = [step.number for step in guide.steps]
    assert len(set(keys)) == len(keys)
    assert len(set(numbers)) == len(numbers)
    assert all(step.text for step in guide.steps)
    for question in guide.questions:
        assert question.choices if question.kind is Kind.CHOICE else True
        assert question.offers is not None if question.kind is Kind.PICK else question.offers is None
