"""The writer of HCL: `terraform fmt` has nothing to say, and a text means exactly its characters."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.render import hcl

TERRAFORM = shutil.which("terraform")
NASTY = (
    'a "b" \\ c',
    "${var.x} %{ if true } $${y} $$${z} %%{q}",
    "$(rm -rf /) `id` ; 'x'",
    "line\nline\r\n\ttab\x00\x1b\x7f\u2028",
    "ünï 漢字 🎉",
    "$",
    "$$",
    "trailing $",
    "{",
    "",
)


def formatted(text: str) -> str:
    """The text as `terraform fmt` writes it; where it is not installed, as it is."""
    if TERRAFORM is None:
        return text
    done = subprocess.run(
        [TERRAFORM, "fmt", "-"], input=text.encode(), capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def locals_of(folder: Path, count: int) -> list[Any]:
    """What Terraform itself makes of the locals l0, l1, … of a folder."""
    if TERRAFORM is None:
        pytest.skip("terraform is not installed")
    asked = f"base64encode(jsonencode([{', '.join(f'local.l{n}' for n in range(count))}]))\n"
    done = subprocess.run(
        [TERRAFORM, "console"], input=asked.encode(), capture_output=True, cwd=folder, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    found: list[Any] = json.loads(base64.b64decode(done.stdout))
    return found


def _everything() -> str:
    return hcl.document(
        (
            hcl.block(
                "terraform",
                blocks=[
                    hcl.block(
                        "required_providers", attributes={"azapi": {"source": "a/b", "version": "~> 2.0"}}
                    )
                ],
            ),
            hcl.block("provider", "azapi", comment="the key comes\nfrom the environment"),
            hcl.block(
                "resource",
                "it",
                "one",
                attributes={
                    "name": NASTY[0],
                    "a_long_one": 1,
                    "body": {
                        "a b": [1, True, None, 0.5],
                        "deep": {"x": hcl.Expression("var.x")},
                        "e": {},
                        "l": [],
                    },
                    "short": False,
                    "script": hcl.Lines('#!/bin/bash\necho ${HOME} \\ "x"\n  indented\n'),
                    "after": hcl.Template(("a ", hcl.Expression("var.b"), " ${c}")),
                    "objects": [{"a": 1, "bcd": "x"}, {"a": 2}],
                    "depends_on": [hcl.Expression("it.two")],
                },
                blocks=[
                    hcl.block("head", attributes={"size": 512, "kind": "x"}),
                    hcl.block("nothing"),
                    hcl.block("outer", blocks=[hcl.block("inner", attributes={"a": 1})]),
                ],
            ),
        ),
        head="A file\nof two lines",
    )


def test_terraform_has_nothing_to_format() -> None:
    text = _everything()
    assert formatted(text) == text


def test_another_parser_reads_it() -> None:
    read = hcl2.load(io.StringIO(_everything()))
    assert set(read) >= {"terraform", "provider", "resource"}


def test_texts_mean_their_characters(tmp_path: Path) -> None:
    # HCL holds no NUL in a text.
    texts = [text.replace("\x00", "") for text in NASTY]
    values = {f"l{n}": text for n, text in enumerate(texts)}
    (tmp_path / "main.tf").write_text(hcl.document([hcl.block("locals", attributes=values)]), "utf-8")
    assert locals_of(tmp_path, len(texts)) == texts


def test_lines_mean_their_characters(tmp_path: Path) -> None:
    texts = ["a\n", "a ${b} \\n %{c}\n\n  d\n", "EOT\nEOT_\n", "no end", "$${x}\n", "cr\r\n", "\n"]
    values = {f"l{n}": hcl.Lines(text) for n, text in enumerate(texts)}
    written = hcl.document([hcl.block("locals", attributes=values)])
    assert "<<EOT" in written
    assert formatted(written) == written
    (tmp_path / "lines.tf").write_text(written, "utf-8")
    assert locals_of(tmp_path, len(texts)) == texts


def test_json_form_means_the_same(tmp_path: Path) -> None:
    texts = [text.replace("\x00", "") for text in NASTY]
    values = {f"l{n}": text for n, text in enumerate(texts)}
    (tmp_path / "main.tf.json").write_text(
        hcl.json_document([hcl.block("locals", attributes=values)]), "utf-8"
    )
    assert locals_of(tmp_path, len(texts)) == texts


def test_json_form_keeps_blocks_of_one_kind_apart() -> None:
    blocks = [
        hcl.block(
            "resource",
            "a",
            "x",
            attributes={"n": 1},
            blocks=[hcl.block("w", attributes={"i": i}) for i in (1, 2)],
        ),
        hcl.block("resource", "a", "y", attributes={"r": hcl.Expression("a.x.id")}),
    ]
    assert json.loads(hcl.json_document(blocks)) == {
        "resource": {"a": {"x": {"n": 1, "w": [{"i": 1}, {"i": 2}]}, "y": {"r": "${a.x.id}"}}}
    }


@given(st.text())
def test_a_label_is_always_a_name(text: str) -> None:
    assert hcl.name(text).isidentifier()


@given(st.text(alphabet=st.characters(min_codepoint=1, exclude_categories=["Cs"])))
def test_a_quoted_text_stays_on_its_line_and_opens_nothing(text: str) -> None:
    written = hcl.quoted(text)
    inner = written[1:-1].replace("\\\\", "").replace('\\"', "")
    assert '"' not in inner
    assert len(written.splitlines()) == 1
    assert "${" not in inner.replace("$${", "")
    assert "%{" not in inner.replace("%%{", "")
