"""Carrying a plan out: preflight, journal, apply, resume, proofs, undo."""
