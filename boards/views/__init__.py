"""Pages and fragments of the board. Deciding and changing is the services'."""
