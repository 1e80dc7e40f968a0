"""Keeping it running: what the clock starts, backup and restore that prove themselves, and health."""
