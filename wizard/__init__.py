"""The engine: guides, checks, plan and apply. It imports no face."""
