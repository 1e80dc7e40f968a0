"""Who lives where, who knows them, and what may be shared."""
