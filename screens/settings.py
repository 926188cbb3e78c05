"""What was asked for beside the command: which cloud, and how to talk."""

from __future__ import annotations

import os
from dataclasses import dataclass

from screens.output import Output
from screens.terminal import can_prompt, may_colour

_NO = frozenset({"0", "no", "off", "false"})


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
    log: bool = False
    secret_store: str = ""

    @property
    def output(self) -> Output:
        """Where and how to write."""
        return Output(self.as_json, may_colour(asked_not_to=self.without_colour), self.verbose)

    @property
    def without_colour(self) -> bool:
        """Whether colours are not wanted, here or in config.toml; a broken file is told by what depends on it more."""
        from profiles.settings import SettingsError, setting

        try:
            return self.no_colour or not setting("colour")
        except SettingsError:
            return False

    @property
    def by_lines(self) -> bool:
        """Whether line prompts are wanted: by this command line, or by config.toml where somebody is there to answer.

        Raises SettingsError.
        """
        from profiles.settings import setting

        return self.plain or (can_prompt() and bool(setting("plain")))

    @property
    def cloud_or_public(self) -> str:
        """The cloud that was named here, by AZIMUTH_CLOUD or in config.toml, else the public one.

        Raises SettingsError.
        """
        from profiles.settings import setting

        return self.cloud or os.environ.get("AZIMUTH_CLOUD") or str(setting("cloud")) or "AzureCloud"

    @property
    def wants_log(self) -> bool:
        """Whether a log is to be written: asked for here, by AZIMUTH_LOG or in config.toml; a broken file asks for none."""
        from profiles.settings import SettingsError, setting

        asked = os.environ.get("AZIMUTH_LOG", "").strip().lower()
        if self.log or asked:
            return self.log or asked not in _NO
        try:
            return bool(setting("log"))
        except SettingsError:
            return False

    def keep_private(self) -> None:
        """Keep what this process knows to itself: see `screens.private`."""
        from screens.leaving import leave_the_terminal_right
        from screens.private import keep_private

        keep_private()
        leave_the_terminal_right()
        if self.without_colour:
            os.environ["NO_COLOR"] = "1"
