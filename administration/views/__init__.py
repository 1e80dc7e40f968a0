"""Pages of those who set up."""
