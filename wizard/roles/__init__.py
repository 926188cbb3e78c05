"""Roles as sets of actions: reading them, computing them, comparing them."""
