"""The weekly meeting: agenda, spotlight, minutes."""
