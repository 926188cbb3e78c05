"""An input for secrets: it shows dots, and gives what was typed to nobody but the walkthrough."""

from __future__ import annotations

from textual.selection import Selection
from textual.widgets import Input


class SecretInput(Input):
    """Like a password input, but nothing can be copied or cut out of it.

    Textual 8's own copies the secret itself to the clipboard (OSC 52) on ctrl+c and ctrl+x.
    """

    ALLOW_SELECT = False

    def __init__(self, *, placeholder: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(password=True, placeholder=placeholder, compact=True, id=id)

    @property
    def selected_text(self) -> str:
        """Nothing, whatever is selected."""
        return ""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:  # noqa: ARG002 - Textual's signature
        """Give nothing to a selection by mouse."""
        return None

    def action_copy(self) -> None:
        """Refuse, so that it can be seen."""
        self._refuse()

    def action_cut(self) -> None:
        """Refuse, so that it can be seen."""
        self._refuse()

    def _refuse(self) -> None:
        self.notify("A secret is not copied out of here.", markup=False)

    def __repr__(self) -> str:
        return "SecretInput()"
