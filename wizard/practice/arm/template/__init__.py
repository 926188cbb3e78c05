"""ARM's template language: reading, hashing, and working out what a template means."""
