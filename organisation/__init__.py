"""Organisations, homes, teams and people, and the one door to a home's data."""
