"""Who did what, in an append-only chain per scope, and the clock of each home. See trail.py."""
