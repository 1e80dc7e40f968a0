"""Backup and restore that prove themselves (docs/decisions/0020-backup-and-restore.md)."""
