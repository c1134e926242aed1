"""Panels, one a file, through qtpy: they show state and send intents."""
