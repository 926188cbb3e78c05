"""This machine, as far as checks look at it: environment, current folder, home."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """The person's own machine. Checks get it handed in, so that tests can hand in another."""

    environ: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    home: Path = Path()

    @classmethod
    def here(cls) -> Machine:
        """Return the machine this process runs on."""
        return cls(dict(os.environ), Path.cwd(), Path.home())

    def __repr__(self) -> str:
        return f"Machine(folder={str(self.folder)!r})"  # never the environment: it may hold secrets

    def has(self, name: str) -> bool:
        """Whether a variable is set and not empty: hi-ml and azure-identity count empty as missing."""
        return bool(self.environ.get(name))

    def parents_with(self, file_name: str) -> tuple[Path, ...]:
        """Return the files of that name in the current folder and its parents, nearest first."""
        folders = (self.folder, *self.folder.parents)
        return tuple(f / file_name for f in folders if (f / file_name).is_file())

    @property
    def azure_config(self) -> Path:
        """The folder of the Azure CLI's own state."""
        return Path(self.environ.get("AZURE_CONFIG_DIR") or self.home / ".azure")
