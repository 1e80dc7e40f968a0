"""Signing in, shared tablets and the lock, and who may come in."""
