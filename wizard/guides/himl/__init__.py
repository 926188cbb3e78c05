"""The hi-ml guide: connect microsoft/hi-ml to Azure (docs/source/authentication.md), step by step."""

from __future__ import annotations

from wizard.guide import Guide
from wizard.guides.himl.plan import next_steps, plan
from wizard.guides.himl.steps import CHAPTERS

GUIDE = Guide(
    key="himl",
    title="hi-ml",
    about="Let microsoft/hi-ml sign in to Azure: a service principal, its rights, and the HIML_ variables.",
    source="https://github.com/microsoft/hi-ml/blob/main/docs/source/authentication.md",
    chapters=CHAPTERS,
    plan=plan,
    next_steps=next_steps,
)
