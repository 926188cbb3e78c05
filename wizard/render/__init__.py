"""A plan written for another tool: pure functions of the same Plan."""
