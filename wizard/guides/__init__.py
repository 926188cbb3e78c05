"""One module or folder per guide: its steps, its facts and its plan. Guides of other distributions join by entry point."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.guide import Guide

GROUP = "azimuth.guides"


def all_guides() -> Mapping[str, Guide]:
    """Return every installed guide by its key: ours first, then those of other distributions by name."""
    from wizard.guides.himl import GUIDE as HIML
    from wizard.guides.hopsworks import GUIDE as HOPSWORKS

    guides: dict[str, Guide] = {guide.key: guide for guide in (HIML, HOPSWORKS)}
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        if entry.name not in guides:
            guides[entry.name] = entry.load()
    return guides
