"""Deployment stacks: a deployment that remembers what it made, and can take it away again."""
