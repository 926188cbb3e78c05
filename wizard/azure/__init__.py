"""The only place that talks to Azure: clouds, sign-in, ARM, Graph, errors. Importing it imports no SDK."""
