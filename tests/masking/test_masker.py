"""No secret gets through, in none of the forms that programs print, however the stream is cut; the rest is untouched."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.secrets import Secret
from screens.masking import Masker

DOTS = "•••".encode()
SECRET = "abc8Q~Zx.y_z-1234567890&'\"+/=ABCDEFGHIJ"
LINES = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqh\nkiG9w0BAQEFAASCBKcw\n-----END KEY-----\n"
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 after one sign": lambda value: base64.b64encode(b":" + value.encode()).decode(),
    "base64 after two signs": lambda value: base64.b64encode(b"u:" + value.encode()).decode(),
    "base64 within": lambda value: base64.b64encode(b"user:" + value.encode() + b"@host/path").decode(),
    "base64 for URLs": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "URL": lambda value: quote(value, safe=""),
    "URL with small letters": lambda value: re.sub(
        "%..", lambda code: code[0].lower(), quote(value, safe="")
    ),
    "form": quote_plus,
    "JSON": json.dumps,
    "HTML": html.escape,
    "shell": shlex.quote,
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
    "repr": repr,
}


def masked(pieces: list[bytes], *secrets: str, pauses: bool = False) -> bytes:
    """What gets through of a stream that comes in pieces."""
    masker, out = Masker([Secret(secret) for secret in secrets]), b""
    for piece in pieces:
        out += masker.feed(piece)
        if pauses:
            out += masker.release()
    return out + masker.end()


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_masked_in_every_form(form: str) -> None:
    shown = masked([f"before {FORMS[form](SECRET)} after".encode()], SECRET)
    assert shown.startswith(b"before ")
    assert shown.endswith(b" after")
    assert DOTS in shown
    # Base64 may keep the signs of the secret's neighbours, and those that it shares with them.
    assert len(shown) < len("before  after") + len(DOTS) + 24


@pytest.mark.parametrize("width", [64, 76])
def test_base64_that_is_broken_into_lines_is_masked(width: int) -> None:
    secret = "0123456789abcdefghijklmnopqrstuvwxyz" * 5
    text = base64.b64encode(secret.encode()).decode()
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    shown = masked(["\n".join(lines).encode()], secret)
    assert not any(line.encode() in shown for line in lines)


def test_every_line_of_a_secret_of_several_is_masked_with_a_terminals_line_ends() -> None:
    shown = masked([LINES.replace("\n", "\r\n").encode()], LINES)
    assert b"MII" not in shown
    assert b"kiG" not in shown
    assert masked([LINES.encode()], LINES) == DOTS


def test_the_longest_of_several_secrets_wins() -> None:
    assert masked([b"x token-abcdef y"], "token-abc", "token-abcdef") == b"x " + DOTS + b" y"
    assert masked([b"x token-abc y"], "token-abc", "token-abcdef") == b"x " + DOTS + b" y"


def test_a_command_without_secrets_is_untouched() -> None:
    assert masked([b"a\xff\0b"]) == b"a\xff\0b"
    assert masked([b"a b"], "", " ", "\n") == b"a b"


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_however_the_stream_is_cut_the_same_gets_through(data: st.DataObject) -> None:
    part = st.sampled_from(
        [SECRET, SECRET[:7], SECRET[:20], SECRET[20:], "abc", "a", "ab\n", "x y", SECRET * 2]
    )
    text = "".join(data.draw(st.lists(part, max_size=8))).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert masked(pieces, SECRET) == masked([text], SECRET)
    assert SECRET.encode() not in masked(pieces, SECRET, pauses=True)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 40))
def test_what_holds_no_secret_gets_through_byte_for_byte(text: bytes, width: int) -> None:
    pieces = [text[at : at + width] for at in range(0, len(text), width)]
    assert masked(pieces, SECRET, pauses=True) == text
    assert masked(pieces, SECRET) == text


def test_a_prompt_that_begins_like_a_secret_shows_after_a_pause() -> None:
    masker = Masker([Secret(SECRET)])
    assert masker.feed(b"Continue? a") == b"Continue? "
    assert [masker.waits_for_little, masker.release(), masker.waits_for_little] == [True, b"a", False]
    # What was let out still counts as the beginning.
    assert masker.feed(SECRET[1:].encode() + b"!") == DOTS + b"!"


def test_a_pause_lets_no_more_than_three_signs_out() -> None:
    masker = Masker([Secret(SECRET)])
    assert masker.feed(SECRET[:4].encode()) == b""
    assert not masker.waits_for_little
    assert masker.release() == b""


def test_a_secret_that_is_cut_off_at_the_end_is_masked_if_it_tells_much() -> None:
    assert masked([f"x {SECRET[:20]}".encode()], SECRET) == b"x " + DOTS
    assert masked([f"x {SECRET[:5]}".encode()], SECRET) == f"x {SECRET[:5]}".encode()


def test_a_masker_shows_nothing_of_its_secrets() -> None:
    assert SECRET not in repr(Masker([Secret(SECRET)]))
