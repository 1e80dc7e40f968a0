"""The live board: what stands on it, how it moves on, and who is sent what."""
