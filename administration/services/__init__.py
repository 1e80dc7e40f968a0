"""Changes of who is set up. Each is audited in the organisation's scope, or the home's where it is the home's."""
