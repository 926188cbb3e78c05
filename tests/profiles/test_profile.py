"""A profile reads back as it was written, keeps a person's comments, and a bad one is told with all its faults."""

from __future__ import annotations

import dataclasses
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.document import SCHEMA
from profiles.errors import ProfileError
from profiles.migrations import STEPS, Step, migrated
from profiles.profile import SOURCES, STAGES, Profile, SavedContext, SavedProof, SecretReference
from profiles.reading import profile_of
from profiles.secrets import Binding
from profiles.writing import to_toml

TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"

texts = st.text(st.characters(codec="utf-8"), max_size=30)
some_texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
moments = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9000, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes))) | st.just(UTC),
)
keys = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,12}", fullmatch=True)
variable_names = st.from_regex(r"HIML_[A-Z0-9_]{1,12}", fullmatch=True)
answer_values: st.SearchStrategy[Any] = (
    texts | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.lists(texts, max_size=4)
)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    answers = draw(st.dictionaries(keys, answer_values, max_size=6))
    cloud = draw(st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,10}", fullmatch=True))
    tenant = draw(st.sampled_from(["", TENANT, "contoso.com"]))
    names = draw(st.lists(variable_names, unique=True, max_size=5))
    cut = draw(st.integers(0, len(names)))
    identity = draw(st.from_regex(r"[0-9a-f]{32}", fullmatch=True))
    secrets = tuple(
        SecretReference(
            variable,
            draw(st.sampled_from(["keyring", "practice-folder"])),
            Binding(cloud, tenant, draw(some_texts), identity),
            draw(texts),
            draw(texts),
            draw(st.none() | moments),
        )
        for variable in names[cut:]
    )
    return Profile(
        name=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)),
        id=identity,
        guide="himl",
        cloud=cloud,
        created=draw(moments),
        updated=draw(moments),
        revision=draw(st.integers(0, 2**62)),
        stage=draw(st.sampled_from(STAGES)),
        step=draw(texts),
        context=SavedContext(
            draw(texts), draw(texts), tenant, draw(texts), draw(st.sampled_from(["", TENANT])), ""
        ),
        answers=answers,
        sources={key: draw(st.sampled_from(SOURCES)) for key in answers},
        outputs={name: draw(texts) for name in names[:cut]},
        secrets=secrets,
        proofs=tuple(
            draw(st.lists(st.builds(SavedProof, some_texts, st.booleans(), moments, texts), max_size=3)),
        ),
        deployments=tuple(draw(st.lists(texts, max_size=3))),
        origin=draw(texts),
    )


@given(profiles())
@settings(max_examples=150, deadline=None)
def test_a_profile_reads_back_as_it_was_written(profile: Profile) -> None:
    assert profile_of(to_toml(profile), "p.toml", name=profile.name) == profile


@given(profiles(), profiles())
@settings(max_examples=150, deadline=None)
def test_a_profile_written_over_another_reads_back_too(old: Profile, new: Profile) -> None:
    assert profile_of(to_toml(new, to_toml(old)), "p.toml") == new


def applied() -> Profile:
    profile = dataclasses.replace(
        Profile.new("demo", "himl", "practice"),
        context=SavedContext("azure-cli", "ada@contoso.com", TENANT),
        answers={"auth_way": "service_principal", "secret_months": 6, "regions": ["a", "b"]},
        sources={"secret_months": "default"},
        outputs={"HIML_TENANT_ID": TENANT},
        stage="applied",
    )
    reference = SecretReference("HIML_SERVICE_PRINCIPAL_PASSWORD", "keyring", profile.binding("client"))
    return dataclasses.replace(profile, secrets=(reference,))


def test_comments_and_order_made_by_hand_stay() -> None:
    text = to_toml(applied())
    text = text.replace("secret_months = 6", "secret_months = 6  # as agreed with Bob")
    text = text.replace("[answers]", "# talk to Eve first\n[answers]", 1)
    text = text.replace('guide = "himl"', "guide = 'himl'")
    changed = dataclasses.replace(applied(), answers={"auth_way": "oidc", "secret_months": 12, "new": True})
    again = to_toml(dataclasses.replace(changed, sources={}), text)
    assert "secret_months = 12  # as agreed with Bob" in again
    assert "# talk to Eve first\n[answers]" in again
    assert "guide = 'himl'" in again
    assert "regions" not in again


def test_true_and_one_are_different_answers() -> None:
    before = to_toml(dataclasses.replace(applied(), answers={"a": 1, "b": True}, sources={}))
    after = dataclasses.replace(applied(), answers={"a": True, "b": 1}, sources={})
    assert profile_of(to_toml(after, before), "p.toml").answers == {"a": True, "b": 1}
    assert "a = true" in to_toml(after, before)


def test_a_value_that_toml_can_not_hold_is_refused_without_being_told() -> None:
    with pytest.raises(ValueError, match="a value") as caught:
        to_toml(dataclasses.replace(applied(), answers={"a": "sentinel\ud800"}, sources={}))
    assert "sentinel" not in str(caught.value)


def test_a_text_of_json_with_many_dots_is_an_answer_and_no_dotted_key() -> None:
    role = '{\n "Actions": [' + ", ".join(f'"Microsoft.Compute/x{n}/read"' for n in range(60)) + "]}"
    profile = dataclasses.replace(applied(), answers={"role_json": role, "path": "c:\\x\\"}, sources={})
    assert profile_of(to_toml(profile), "p.toml").answers == profile.answers


def test_variables_are_plain_values_and_references() -> None:
    profile = applied()
    assert profile.variables == {
        "HIML_TENANT_ID": TENANT,
        "HIML_SERVICE_PRINCIPAL_PASSWORD": profile.secrets[0],
    }
    assert profile.secrets[0].binding == Binding("practice", TENANT, "client", profile.id)


BAD = f"""
schema = 1
name = "dem o"
id = "{"a" * 32}"
revision = true
guide = "Hi ML"
cloud = "https://evil.example"
stage = "done"
created = 2026-01-31T12:00:00
colour = "red"

[context]
tenant_id = "adfs"
subscription_id = "mine"
pet = "dog"

[answers]
ratio = 0.5
when = 2026-01-31
nested = {{ a = 1 }}
mixed = ["a", 1]
fine = "yes"

[sources]
fine = "guessed"
other = "chosen"

[outputs]
PATH = "/evil"
HIML_COUNT = 3

[[secrets]]
variable = "HIML_SERVICE_PRINCIPAL_PASSWORD"
store = "keyring"
cloud = "other"
tenant = "contoso.com"
profile = "{"a" * 32}"
value = "s3cret"

[[proofs]]
title = ""
ok = "yes"
at = 2026-01-31T12:00:00Z
"""

EXPECTED = {
    (3, "name"),
    (5, "revision"),
    (6, "guide"),
    (7, "cloud"),
    (8, "stage"),
    (9, "created"),
    (None, "updated"),
    (10, "colour"),
    (13, "context.tenant_id"),
    (14, "context.subscription_id"),
    (15, "context.pet"),
    (18, "answers.ratio"),
    (19, "answers.when"),
    (20, "answers.nested"),
    (21, "answers.mixed"),
    (25, "sources.fine"),
    (26, "sources.other"),
    (29, "outputs.PATH"),
    (30, "outputs.HIML_COUNT"),
    (35, "secrets[1].cloud"),
    (32, "secrets[1].client_id"),
    (38, "secrets[1].value"),
    (41, "proofs[1].title"),
    (42, "proofs[1].ok"),
}


def test_all_faults_are_told_at_once_with_their_lines() -> None:
    with pytest.raises(ProfileError) as caught:
        profile_of(BAD, "demo.toml")
    assert {(fault.line, fault.key) for fault in caught.value.faults} == EXPECTED
    assert len(caught.value.faults) == len(EXPECTED)
    assert "demo.toml, line 7: cloud: must be a cloud's name; a profile never holds an address" in str(
        caught.value
    )
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "tenant", ["adfs", "ADFS", "common", "organizations", "consumers", "a/b", "https://x.y", "x"]
)
def test_a_tenant_that_would_send_secrets_astray_is_refused(tenant: str) -> None:
    text = to_toml(Profile.new("demo", "himl", "public")).replace('tenant_id = ""', f'tenant_id = "{tenant}"')
    with pytest.raises(ProfileError, match="tenant"):
        profile_of(text, "demo.toml")


def test_a_newer_file_keeps_what_is_unknown_here() -> None:
    text = (
        to_toml(applied())
        .replace("schema = 2", 'schema = 3\ncolour = "red"')
        .replace("way =", "pet = 1\nway =")
    )
    text = text.replace('key_id = ""', 'key_id = ""\nshape = "round"')
    profile = profile_of(text, "demo.toml")
    assert (profile.schema, profile.unknown, profile.context.unknown) == (3, {"colour": "red"}, {"pet": 1})
    for again in (to_toml(profile), to_toml(profile, text)):
        assert tomllib.loads(again) == tomllib.loads(text)


OLD = f"""# mine
schema = 1
name = "demo" # as Bob calls it
id = "{"a" * 32}"
revision = 3
guide = "himl"
cloud = "practice"
stage = "answering"
created = 2026-01-31T12:00:00Z
updated = 2026-01-31T12:00:00Z

# talk to Eve first
[answers]
auth_way = "interactive" # for now
"""


def test_an_older_file_is_read_as_the_present_schema_has_it() -> None:
    profile = profile_of(OLD, "demo.toml")
    assert (profile.schema, profile.origin, profile.answers) == (SCHEMA, "", {"auth_way": "interactive"})


def test_a_migrated_file_keeps_what_a_hand_wrote_into_it() -> None:
    profile = dataclasses.replace(profile_of(OLD, "demo.toml"), origin="copy of first")
    text = to_toml(profile, OLD)
    assert profile_of(text, "demo.toml") == profile
    for kept in ("# mine\n", "# as Bob calls it", "# talk to Eve first\n[answers]", "# for now"):
        assert kept in text


def test_the_faults_of_an_older_file_are_those_of_the_file_as_it_stands() -> None:
    with pytest.raises(ProfileError) as caught:
        profile_of(OLD.replace('stage = "answering"', 'stage = "done"\npet = 1'), "demo.toml")
    assert [(fault.line, fault.key) for fault in caught.value.faults] == [(8, "stage"), (9, "pet")]


def test_there_is_a_step_from_every_older_schema() -> None:
    assert sorted(STEPS) == list(range(1, SCHEMA))


def test_migrations_go_step_by_step_and_change_nothing_that_they_are_given() -> None:
    steps: dict[int, Step] = {
        1: lambda values: {**values, "one": "done"},
        2: lambda values: (
            {key: value for key, value in values.items() if key != "gone"} | {"two": values["one"]}
        ),
        3: lambda values: values,
    }
    old = {"schema": 1, "gone": 1}
    assert migrated(old, 4, steps) == {"schema": 4, "one": "done", "two": "done"}
    assert old == {"schema": 1, "gone": 1}
    assert migrated({"schema": 3, "gone": 1}, 4, steps) == {"schema": 4, "gone": 1}


@pytest.mark.parametrize("schema", [2, 7, 0, -1, True, "1", 1.0, None])
def test_what_is_of_no_older_schema_is_left_for_the_reader_to_judge(schema: object) -> None:
    assert migrated({"schema": schema, "x": 1}, 2) == {"schema": schema, "x": 1}


def test_a_hostile_key_steers_no_terminal() -> None:
    text = to_toml(applied()).replace("[answers]", '[answers]\n"a\\u001b]0;x\\u0007" = 1')
    with pytest.raises(ProfileError) as caught:
        profile_of(text, "demo.toml")
    assert "\x1b" not in str(caught.value)
    assert "\\x1b" in str(caught.value)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_profile_is_told_or_still_a_profile(data: st.DataObject) -> None:
    text = to_toml(applied())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 20)))
        text = (
            text[:start]
            + data.draw(st.text(st.sampled_from("[]{}\"'=.,#\n\\ \0a1é\u202e"), max_size=6))
            + text[end:]
        )
    told = ""
    try:
        profile = profile_of(text, "demo.toml")
    except ProfileError as error:
        told = str(error)
    else:
        assert profile_of(to_toml(profile, text), "demo.toml") == profile
    assert "\u202e" not in told
