"""The meeting's pages and fragments."""
