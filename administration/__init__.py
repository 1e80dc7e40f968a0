"""Setting up: organisations, teams, homes, people, series, criteria and the settings of a region."""
