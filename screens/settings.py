"""What was asked for beside the command: which cloud, and how to talk."""

from __future__ import annotations

import os
from dataclasses import dataclass

from screens.output import Output
from screens.terminal import may_colour

_PRIVATE_UMASK = 0o077


@dataclass(frozen=True, slots=True)
class Settings:
    """What every command takes. `cloud` is "" when none was named."""

    cloud: str = ""
    world: str | None = None
    time_scale: float = 0.0
    plain: bool = False
    as_json: bool = False
    no_colour: bool = False
    verbose: int = 0

    @property
    def output(self) -> Output:
        """Where and how to write."""
        return Output(self.as_json, may_colour(asked_not_to=self.no_colour), self.verbose)

    @property
    def cloud_or_public(self) -> str:
        """The cloud that was named here or by AZIMUTH_CLOUD, else the public one."""
        return self.cloud or os.environ.get("AZIMUTH_CLOUD") or "AzureCloud"

    def keep_private(self) -> None:
        """Make what this process writes unreadable for others, and keep Textual's own log off: it would hold keystrokes."""
        os.umask(_PRIVATE_UMASK)
        for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
            del os.environ[name]
        if self.no_colour:
            os.environ["NO_COLOR"] = "1"
