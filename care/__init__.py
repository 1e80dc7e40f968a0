"""The resident's life in the home: moving in and out, admissions, contacts, sharing, and the course."""
