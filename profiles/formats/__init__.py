"""One module for each kind of reader: how variables are written for it, and what it can't carry."""
