"""Names that the hi-ml guide derives from the answers, so that what it made is found again."""

from __future__ import annotations

from wizard.answers import Answers
from wizard.plan import derived_guid


def unique_name(answers: Answers) -> str:
    """Return the name by which the application is found again: Graph's alternate key, the same each time."""
    return f"azimuth-himl-{derived_guid(answers.text('subscription'), answers.text('app_name'))}"
