"""Deployments: a template becomes resources, previewed or for real, at a subscription or a group."""
