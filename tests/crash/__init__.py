"""Crash tests: whole runs that die at every point where a machine can die, and what is left on disk when power goes."""
