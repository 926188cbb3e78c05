"""Faults injected into practice Azure, at every operation where they apply."""
