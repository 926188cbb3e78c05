"""What each format writes, masks and refuses, and which names may not be set; tests/readers has the readers' word on it."""

from __future__ import annotations

import json

import pytest

from profiles.errors import VariableError
from profiles.secrets import Secret
from profiles.variables import FORMATS, github_masks, masked, write

CASELESS = ("powershell", "cmd", "github-secrets", "azure-devops")


def refusal(value: str | Secret, form: str, name: str = "V") -> str:
    """Why a format refuses a value."""
    with pytest.raises(VariableError) as caught:
        write({name: value}, form)
    assert set(caught.value.faults) == {name}
    return caught.value.faults[name]


def test_powershell_is_printable_ascii_on_one_line_whatever_the_value() -> None:
    assert write({"V": "it's $x"}, "powershell") == "$env:V = 'it''s $x'\n"
    assert write({"V": "\u2018x\u2019;code"}, "powershell") == (
        "$env:V = -join([char]0x2018,'x',[char]0x2019,';code')\n"
    )
    assert write({"V": "a\n\U0001f511"}, "powershell") == (
        "$env:V = -join('a',[char]0x000A,[char]0xD83D,[char]0xDD11)\n"
    )
    assert "empty" in refusal("", "powershell")
    assert "32,766" in refusal("\U0001f511" * 16_384, "powershell")


@pytest.mark.parametrize("value", ["", 'a"b', "wow!", "a\nb", "é", "x" * 8001, "%" * 4000, "\x07"])
def test_cmd_refuses_what_it_would_bend(value: str) -> None:
    assert refusal(value, "cmd")


def test_cmd_doubles_the_per_cent_sign_and_shows_no_line() -> None:
    assert write({"V": "100%PATH%^&|"}, "cmd") == '@set "V=100%%PATH%%^&|"\n'


@pytest.mark.parametrize(
    ("form", "value", "why"),
    [
        ("bash", "x" * 131_072, "128 KiB"),
        ("dotenv", "a b", "dotenv-python and dotenv-node"),
        ("dotenv-python", "${HOME}", "python-dotenv"),
        ("dotenv-python", "a\r", "carriage return"),
        ("dotenv-python", "'\\", "ends with"),
        ("dotenv-node", "'\"`", "none of node's quotes"),
        ("dotenv-node", "'`\\n", "none of node's quotes"),
        ("dotenv-node", "'\\", "keep open"),
        ("docker", "'a'", "in quotes"),
        ("docker", "a\nb", "line break"),
        ("docker", "x" * 65_000, "too long"),
        ("systemd", "\x1b", "control character"),
        ("systemd", "\uffff", "no character"),
        ("systemd", "\ufdd0", "no character"),
        ("github", "a\rb", "carriage return"),
        ("github-secrets", "", "not given"),
        ("github-secrets", "a\n", "cuts off"),
        ("github-secrets", "x" * 49_153, "48 KB"),
        ("azure-devops", "@file", "read a file"),
        ("azure-devops", "$(Build.Reason)", "expands"),
        ("azure-devops", "", "not given"),
        ("tfvars-json", "e\u0301", "normal form C"),
        ("devcontainer", "${localEnv:HOME}", "expands"),
        ("json", "\ud800", "half a character"),
    ],
)
def test_what_a_reader_would_bend_is_refused_with_the_reason(form: str, value: str, why: str) -> None:
    assert why in refusal(value, form)


def test_names_that_a_target_keeps_for_itself_are_refused() -> None:
    assert "keeps for itself" in refusal("x", "azure-devops", "SECRET_KEY")
    assert "keeps for itself" in refusal("x", "tfvars-json", "version")


@pytest.mark.parametrize("form", FORMATS)
def test_names_that_differ_in_capitals_alone_are_refused_where_they_are_one(form: str) -> None:
    both = {"HIML_ID": "one", "himl_id": "two"}
    if form in CASELESS:
        with pytest.raises(VariableError, match="same name as 'HIML_ID'"):
            write(both, form)
    else:
        assert write(both, form)


def test_gh_and_az_get_secrets_off_the_command_line() -> None:
    variables: dict[str, str | Secret] = {"PLAIN": "it's", "PASSWORD": Secret("s3cret")}
    gh = write(variables, "github-secrets").splitlines()
    assert gh[-2:] == [
        "printf %s 'it'\\''s' | gh variable set PLAIN",
        "printf %s 's3cret' | gh secret set PASSWORD",
    ]
    assert "#   PASSWORD: ${{ secrets.PASSWORD }}" in gh
    az = write(variables, "azure-devops", title="demo")
    assert "--variables \\\n  PLAIN='it'\\''s'" in az
    assert "AZURE_DEVOPS_EXT_PIPELINE_VAR_PASSWORD='s3cret' \\\n  az pipelines" in az
    assert az.count("s3cret") == 1


def test_a_group_without_plain_variables_gets_one_since_az_makes_no_empty_one() -> None:
    text = write({"PASSWORD": Secret("s3cret")}, "azure-devops", title="demo")
    assert "--variables \\\n  AZIMUTH_PROFILE='demo'" in text


def test_a_container_file_holds_no_secret() -> None:
    text = write({"PLAIN": "x", "PASSWORD": Secret("s3cret")}, "devcontainer")
    assert json.loads(text) == {
        "containerEnv": {"PLAIN": "x"},
        "remoteEnv": {"PASSWORD": "${localEnv:PASSWORD}"},
    }


def test_github_delimiters_are_random_and_never_in_the_value() -> None:
    first, second = write({"V": "a\nEOF"}, "github"), write({"V": "a\nEOF"}, "github")
    assert first != second
    delimiter = first.split("\n", 1)[0].removeprefix("V<<")
    assert len(delimiter) > 32
    assert first == f"V<<{delimiter}\na\nEOF\n{delimiter}\n"


def test_github_masks_every_line_of_a_secret_and_only_of_secrets() -> None:
    masks = github_masks({"A": Secret("one%\ntwo"), "B": "plain", "C": "named"}, ["C"])
    assert masks.splitlines() == ["::add-mask::one%25", "::add-mask::two", "::add-mask::named"]


@pytest.mark.parametrize("form", FORMATS)
def test_masked_text_holds_no_secret_in_any_format(form: str) -> None:
    variables: dict[str, str | Secret] = {"A": Secret("sentinel-one"), "B": "sentinel-two", "C": "shown"}
    text = write(variables, form, ["B"], mask=True)
    assert "sentinel" not in text
    assert text.count("•••") == (0 if form == "devcontainer" else 2)
    assert "shown" in text
    assert masked(variables, ["B"]) == {"A": "•••", "B": "•••", "C": "shown"}
    assert ("sentinel-one" in write(variables, form)) is (form != "devcontainer")


@pytest.mark.parametrize("form", FORMATS)
def test_all_names_that_may_not_be_set_are_refused_at_once(form: str) -> None:
    bad = [
        "A B",
        "1A",
        "",
        "A\n",
        "é",
        "A;x",
        "PATH",
        "path",
        "LD_PRELOAD",
        "PYTHONPATH",
        "https_proxy",
        "GITHUB_ENV",
    ]
    with pytest.raises(VariableError) as caught:
        write({**dict.fromkeys(bad, "sentinel"), "HIML_TENANT_ID": "fine"}, form)
    assert list(caught.value.faults) == bad
    assert "sentinel" not in str(caught.value)


def test_a_refusal_never_tells_the_value() -> None:
    with pytest.raises(VariableError) as caught:
        write({"HIML_SECRET": Secret("sentinel value")}, "dotenv")
    assert "HIML_SECRET" in str(caught.value)
    assert "sentinel" not in str(caught.value)


def test_an_unknown_format_is_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="bash, zsh, sh"):
        write({}, "tcsh")
