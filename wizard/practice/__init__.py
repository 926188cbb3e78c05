"""Practice Azure: a loopback server that speaks Entra, Graph and ARM. It imports nothing of the rest."""
