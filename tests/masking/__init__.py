"""`azimuth run --mask`: what gets through, and that the command notices nothing of it."""
