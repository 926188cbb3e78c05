"""What looks like a secret is blanked, in whatever it stands; what a reader needs stays."""

from __future__ import annotations

import json

import pytest

from profiles.redaction import redacted, secrets_in_environment, shortened

SECRET = "Ab38Q~Zm9vYmFyLkJhel9xdXV4fkNvcmdlLTEyMzQ"
TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL20ifQ.c2lnbmF0dXJlLW9mLXNvbWUtbGVuZ3Ro"
KEY = "Zm9vYmFyYmF6cXV4Y29yZ2VncmF1bHRnYXJwbHl3YWxkb2ZyZWRwbHVnaHh5enp5dGh1ZEFCQ0RFRkdISUpLTE1OT1BRUg=="
PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\nAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "never"),
    [
        (f"Authorization: Bearer {TOKEN}", TOKEN),
        (f"{{'Authorization': 'Bearer {TOKEN}'}}", "c2lnbmF0dXJl"),
        ("authorization: SharedKey account:Zm9vYmFyYmF6", "Zm9vYmFy"),
        ("Proxy-Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpw"),
        ("Cookie: session=abc; other=def", "abc"),
        (f"a token {TOKEN} in the middle", "eyJhdWQ"),
        (f'{{"secretText": "{SECRET}", "hint": "Ab3"}}', SECRET),
        (json.dumps(json.dumps({"secretText": "short"})), "short"),
        (f"client_secret={SECRET}&grant_type=client_credentials", SECRET),
        ("grant_type=x&client_secret=no%20form%2Fat+all&scope=y", "form"),
        ("client_assertion=abc.def&x=1", "abc.def"),
        ("assertion=abcdef&x=1", "abcdef"),
        ("refresh_token=1.AVwA0_x&x=1", "AVwA"),
        (f"kept {SECRET} there", SECRET),
        (f"'{SECRET}'", SECRET[5:20]),
        ("password: hunter2", "hunter2"),
        ("passphrase='correct horse battery'", "horse"),
        ("GET https://x.blob.core.windows.net/c?sv=1&sig=Zm9v%3D&se=2 200", "Zm9v"),
        ("SharedAccessSignature sv=1&sig=Zm9vYmFy%3D", "Zm9vYmFy"),
        ("https://person:pa55word@proxy.example:8080/", "pa55word"),
        (f"AccountKey={KEY};EndpointSuffix=core.windows.net", KEY[:30]),
        (f"the key is {KEY}", KEY[10:40]),
        (PEM, "b3BlbnNz"),
        (PEM.replace("\n", "\\n"), "b3BlbnNz"),
        (PEM[:60], "b3Blbn"),
        (f"1.{'iYnOo1HvcfHBkmKYQ_rnUIm3ppPm' * 2}", "1."),
    ],
)
def test_what_looks_like_a_secret_is_blanked(text: str, never: str) -> None:
    shown = redacted(text)
    assert never not in shown
    assert "•••" in shown


@pytest.mark.parametrize(
    "text",
    [
        (
            "GET https://management.azure.com/subscriptions/142c8364-7806-4577-93e7-83e7eb04b39b/resourceGroups/rg-vision/"
            "providers/Microsoft.MachineLearningServices/workspaces/vision 200 5ms c1e79d3e-1111-2222-3333-444455556666"
        ),
        (
            "The client does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over "
            "scope '/subscriptions/142c8364-7806-4577-93e7-83e7eb04b39b'."
        ),
        (
            "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
            "value, not the client secret ID, for a secret added to app 'df62dd18-2071-412e-8798-37ea6ec848f4'."
        ),
        "The Basic LoadBalancer and the Basic public IP address can't be mixed with Standard ones.",
        "journal: made secret (client secret), run 0e9aa80fbb21",
        "The deployment azimuth-himl-1d505171-7ef3 failed with code RequestDisallowedByPolicy.",
        "There is no keyring here (Secret Service by libsecret: required).",
        "HIML_SERVICE_PRINCIPAL_PASSWORD is kept in the system keyring",
    ],
)
def test_what_a_reader_needs_stays(text: str) -> None:
    assert redacted(text) == text


def test_values_known_to_be_secret_go_whatever_they_look_like() -> None:
    known = secrets_in_environment(
        {
            "AZURE_CLIENT_SECRET": "plain words",
            "MY_TOKEN": "tok-en-1",
            "AZURE_FEDERATED_TOKEN_FILE": "/run/token",
            "X": "y",
        }
    )
    assert known == ("plain words", "tok-en-1")
    assert redacted("so plain words and tok-en-1 at /run/token", known) == "so ••• and ••• at /run/token"


def test_a_long_text_is_cut_and_takes_no_time() -> None:
    for text in (
        "a" * 500_000,
        "secret" * 80_000,
        "https://" * 60_000,
        "eyJ" * 100_000,
        "-----BEGIN " * 40_000,
    ):
        assert len(redacted(text)) < 40_000


def test_a_report_tells_ids_people_and_resources_only_in_part() -> None:
    text = (
        "PUT https://management.azure.com/subscriptions/142c8364-7806-4577-93e7-83e7eb04b39b/resourceGroups/rg-secretlab/"
        "providers/Microsoft.Storage/storageAccounts/labdata/blobServices/default 201, by anna.b@contoso.example, "
        "at https://labdata.blob.core.windows.net/x, in /home/anna/work; “lab” and 'lab' can't be had, they aren't there"
    )
    shown = shortened(text, "/home/anna")
    assert shown == (
        "PUT https://management.azure.com/subscriptions/142c…/resourceGroups/…/"
        "providers/Microsoft.Storage/storageAccounts/…/blobServices/… 201, by …@…, "
        "at https://….blob.core.windows.net/x, in ~/work; '…' and '…' can't be had, they aren't there"
    )
