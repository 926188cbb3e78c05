"""Live checks, one subject per module: each is an async function of answers and Azure that yields Findings."""
