from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.practice.arm_support import recordings
from wizard.practice.arm.template import hashing, lenient
from wizard.practice.arm.template.evaluate import Around, Frame, NotYetError
from wizard.practice.arm.template.expressions import (
    Access,
    ExpressionError,
    Invoke,
    Literal,
    Node,
    is_expression,
    parse,
)
from wizard.practice.arm.template.functions import FUNCTIONS

SUBSCRIPTION = "142c8364-7806-4577-93e7-83e7eb04b39b"
HOME = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
GROUP = Around(
    HOME,
    {
        "id": f"/subscriptions/{SUBSCRIPTION}",
        "subscriptionId": SUBSCRIPTION,
        "tenantId": "t",
        "displayName": "Research",
    },
    {"tenantId": "t", "displayName": "Contoso"},
    {"name": "d", "properties": {"mode": "Incremental"}},
    {"id": HOME, "name": "rg", "location": "westeurope", "tags": {"a": "b"}, "properties": {}},
)
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def frame(**parameters: Any) -> Frame:
    return Frame(
        GROUP, {name.lower(): value for name, value in parameters.items()}, {"one": "[concat('o', 'ne')]"}
    )


def value(expression: str, **parameters: Any) -> Any:
    return frame(**parameters).value(f"[{expression}]")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'it''s'", "it's"),
        ("concat('a', 1, 'b')", "a1b"),
        ("concat(createArray(1), createArray('x'))", [1, "x"]),
        ("format('{0}-{1:D3}-{{x}}', 'a', 7)", "a-007-{x}"),
        ("format('{0}', true())", "True"),
        ("guid('a', 'b')", "2d796349-8c7e-55ec-9624-54ece82ed031"),
        ("uniqueString('test')", "rbgf3xv4ufgzg"),
        ("if(equals(1, 1), 'yes', variables('none'))", "yes"),
        ("if(not(empty('')), variables('none'), 'no')", "no"),
        ("and(true(), or(false(), true()))", True),
        ("equals('A', 'a')", False),
        ("equals(createObject('a', 1), json('{\"a\": 1}'))", True),
        ("length(createObject('a', 1, 'b', 2))", 2),
        ("toUpper(toLower('AbC'))", "ABC"),
        ("string(createObject('a', true()))", '{"a":true}'),
        ("int('42')", 42),
        ("bool('True')", True),
        ("coalesce(null(), 'x')", "x"),
        ("contains('abc', 'b')", True),
        ("contains(createObject('Key', 1), 'key')", True),
        ("contains(createArray(1, 2), '1')", False),
        ("split('a-b,c', createArray('-', ','))", ["a", "b", "c"]),
        ("replace('a.b', '.', '-')", "a-b"),
        ("substring('abcdef', 2, 3)", "cde"),
        ("first(split('a/b', '/'))", "a"),
        ("last('abc')", "c"),
        (
            "union(createObject('a', createObject('b', 1)), createObject('a', createObject('c', 2)))",
            {"a": {"b": 1, "c": 2}},
        ),
        ("union(createArray(1, 2), createArray(2, 3))", [1, 2, 3]),
        ("json('[1, {\"a\": null}]')[1].a", None),
        ("subscription().subscriptionId", SUBSCRIPTION),
        ("resourceGroup().tags.A", "b"),
        ("tenant().tenantId", "t"),
        ("deployment().name", "d"),
        ("variables('ONE')", "one"),
        ("parameters('P').list[1]", 2),
        ("resourceId('A.B/c', 'n')", f"{HOME}/providers/A.B/c/n"),
        (
            "resourceId('other', 'A.B/c/d', 'n', 'm')",
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/other/providers/A.B/c/n/d/m",
        ),
        (
            "resourceId('s2', 'other', 'A.B/c', 'n')",
            "/subscriptions/s2/resourceGroups/other/providers/A.B/c/n",
        ),
        ("subscriptionResourceId('A.B/c', 'n')", f"/subscriptions/{SUBSCRIPTION}/providers/A.B/c/n"),
        ("tenantResourceId('A.B/c', 'n')", "/providers/A.B/c/n"),
        ("extensionResourceId(resourceGroup().id, 'A.B/c', 'n')", f"{HOME}/providers/A.B/c/n"),
    ],
)
def test_functions_give_what_arm_gives(expression: str, expected: object) -> None:
    assert value(expression, p={"list": [1, 2]}) == expected


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("nosuch()", "template function 'nosuch' is not valid"),
        ("concat()", "requires 1 argument"),
        ("parameters('x')", "template parameter 'x' is not found"),
        ("variables('x')", "template variable 'x' is not found"),
        ("resourceGroup().nosuch", "property 'nosuch' doesn't exist, available properties are 'id, name"),
        ("createArray(1)[1]", "index '1' is out of bounds"),
        ("substring('abc', 2, 2)", "within the string"),
        ("int('x')", "cannot be converted"),
        ("if('x', 1, 2)", "Boolean"),
        ("resourceId('A.B/c', 'n', 'm')", "requires '1'"),
        ("resourceId('n')", "requires 2 argument"),
        ("format('{1}', 'a')", "not given"),
        ("div(1, 0)", "zero"),
        ("toLower(1)", "'String'"),
    ],
)
def test_a_wrong_expression_says_what_is_wrong(expression: str, words: str) -> None:
    with pytest.raises(ExpressionError) as fault:
        value(expression)
    assert words in str(fault.value)


@pytest.mark.parametrize(
    "text", ["[", "[]", "[f(]", "[f('a)]", "[1 + 2]", "['x' 'y']", "[f(,)]", "[a.b]", "[f().]"]
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_two_brackets_stand_for_one() -> None:
    assert frame().value("[[not an expression]") == "[not an expression]"
    assert not is_expression("[[x]")
    assert frame().value("plain") == "plain"


def test_a_very_deep_expression_is_refused_not_overrun() -> None:
    with pytest.raises(ExpressionError):
        parse("[" + "f(" * 2000 + ")" * 2000 + "]")


def test_a_variable_made_of_itself_is_found() -> None:
    with pytest.raises(ExpressionError, match="made of itself"):
        Frame(GROUP, {}, {"a": "[variables('b')]", "b": "[variables('a')]"}).value("[variables('a')]")


_LITERALS = st.one_of(st.integers(-999, 999), st.text(max_size=20)).map(Literal)
_WORDS = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
_NODES: st.SearchStrategy[Node] = st.recursive(
    _LITERALS,
    lambda inner: st.one_of(
        st.builds(Invoke, _WORDS, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Access, st.builds(Invoke, _WORDS, st.lists(inner, max_size=2).map(tuple)), inner),
    ),
    max_leaves=12,
)


def written(node: Node) -> str:
    if isinstance(node, Literal):
        return str(node.value) if isinstance(node.value, int) else "'" + node.value.replace("'", "''") + "'"
    if isinstance(node, Invoke):
        return f"{node.name}({', '.join(written(one) for one in node.arguments)})"
    return f"{written(node.of)}[{written(node.key)}]"


@given(_NODES)
def test_every_expression_is_read_as_it_was_written(node: Node) -> None:
    assert parse(f"[{written(node)}]") == node


@given(st.text(max_size=40))
def test_no_text_makes_the_parser_fail_otherwise_than_it_says(text: str) -> None:
    with suppress(ExpressionError):
        parse(f"[{text}]")


_ARGUMENTS = st.recursive(
    st.one_of(
        st.integers(-9, 99).map(Literal),
        st.sampled_from(["", "a", "{0:D9}", "A.B/c", "[1]", "-"]).map(Literal),
    ),
    lambda inner: st.builds(
        Invoke,
        st.sampled_from(
            [*FUNCTIONS, "if", "resourceid", "subscriptionresourceid", "reference", "resourcegroup"]
        ),
        st.lists(inner, max_size=4).map(tuple),
    ),
    max_leaves=8,
)


@given(_ARGUMENTS)
@settings(max_examples=400)
def test_no_function_fails_otherwise_than_it_says(node: Node) -> None:
    with suppress(ExpressionError, NotYetError):
        frame().node(node)


_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=10,
)


@given(_VALUES)
def test_what_az_sends_is_read_like_json(found: Any) -> None:
    text = f"{{// first\n template: {json.dumps(found)} /* end */,}}"
    assert lenient.read(text.encode()) == {"template": found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{a: "x\ny"}', {"a": "x\ny"}),
        ("{'a': 'it\"s // no comment'}", {"a": 'it"s // no comment'}),
        ('{"a": [1, 2,], // two\n"b": /* b */ null}', {"a": [1, 2], "b": None}),
        ('{"$schema": "https://x//y"}', {"$schema": "https://x//y"}),
    ],
)
def test_comments_bare_names_and_line_breaks_are_fine(text: str, expected: object) -> None:
    assert lenient.read(text.encode()) == expected


@pytest.mark.parametrize(
    "text", ["", "{", '{"a" 1}', '{"a": }', "[1 2]", "{} x", '{"a": "b}', "nope", "[" * 500]
)
def test_what_cannot_be_read_says_where(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)) as fault:
        lenient.read(text.encode())
    assert "line" in str(fault.value) or isinstance(fault.value, RecursionError)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # azd's resource token: uniqueString(subscription().id, environmentName, location), as real deployments show it
        (
            ("/subscriptions/5ca082f3-38f2-4bb0-b0a4-c401184ae3a8", "azdtest-d8523ca", "eastus2"),
            "bcsg4z42wdpnk",
        ),
        (
            ("/subscriptions/4d042dc6-fe17-4698-a23f-ec6a8d1e98f4", "azdtest-d347996", "eastus2"),
            "yswqbm6bq4kx2",
        ),
    ],
)
def test_unique_string_is_the_real_one(values: tuple[str, ...], expected: str) -> None:
    assert hashing.unique_string(values) == expected


def test_template_hashes_are_those_of_real_deployments() -> None:
    """Other recorders than azd's rewrite names within templates, after which the hash is no longer theirs."""
    checked = set()
    for row in recordings(
        lambda line: '"method":"PUT"' in line and "templateHash" in line and "azure-dev-2026" in line
    ):
        sent, answered = row["req_body"], row["resp_body"]
        if not isinstance(sent, dict) or not isinstance(answered, dict) or row.get("truncated"):
            continue
        wanted = answered.get("properties", {}).get("templateHash")
        if wanted and "template" in sent.get("properties", {}):
            assert hashing.template_hash(sent["properties"]["template"]) == wanted, row["id"]
            checked.add("_generator" in json.dumps(sent["properties"]["template"].get("metadata", {})))
    assert checked == {True, False}
