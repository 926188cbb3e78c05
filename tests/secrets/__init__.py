"""Tests of where secrets go: keyrings that lie, a real one, the vault, and none, through the store and whole runs."""
