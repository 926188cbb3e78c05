"""Every method and path that real clients asked for is served: never as something that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.practice.arm_support import ARM, SHARED
from tests.practice.conftest import Api, SignIn
from wizard.practice.launcher import Running

CONTRACT = SHARED / "azure/contract.txt"
# What an answer says when there is no such operation, in the words of each family.
_NOWHERE = (
    "could not be found in the namespace",
    "InvalidResourceNamespace",
    "HttpMethodNotSupported",
    "MethodNotAllowed",
    "Resource not found for the segment",
    "Practice Azure has no operation",
    "There is nothing at this address",
)
_VALUES = {
    "tenant": "47eaa099-2cb6-416d-86dc-283cf0480ff9",
    "sub": "142c8364-7806-4577-93e7-83e7eb04b39b",
    "rg": "rg-vision",
    "loc": "westeurope",
    "name": "contract",
    "guid": "00000000-0000-4000-8000-00000000c0de",
    "id": "00000000-0000-4000-8000-00000000c0de",
    "opId": "00000000-0000-4000-8000-00000000c0de",
}


def _lines() -> list[str]:
    return CONTRACT.read_text("utf-8").splitlines() if CONTRACT.exists() else []


@pytest.fixture(scope="module")
def tokens(practice: Running, sign_in: SignIn) -> dict[str, Api]:
    return {"arm": sign_in(scope=ARM), "graph": sign_in(), "entra": Api(practice)}


@pytest.mark.parametrize("line", _lines())
def test_a_template_of_the_contract_is_served(line: str, tokens: dict[str, Api]) -> None:
    method, template, rest = line.split(None, 2)
    path = re.sub(r"\{(\w+)\}", lambda found: _VALUES[found[1]], template)
    version = re.search(r"av=([\d-]+[a-z-]*)", rest)
    family = "graph" if path.startswith("/v1.0") else ("arm" if version else "entra")
    query = {"api-version": version[1]} if version else {}
    body: dict[str, str] | None = None if method in {"GET", "HEAD", "DELETE"} else {}
    answer = tokens[family].call(method, path, params=query, json=body)
    said = answer.text
    assert answer.status_code not in {405, 501}, said
    assert not [words for words in _NOWHERE if words in said], said


def test_the_contract_is_the_whole_one() -> None:
    if not Path(CONTRACT).exists():
        pytest.skip("contract.txt is not beside this checkout")
    assert len(_lines()) == 96
