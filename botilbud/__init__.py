"""The project: settings, URLs and the rooms every app stands on."""
