"""Pages and dialogs about one resident."""
