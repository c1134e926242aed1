"""What is open, chosen and undoable: psygnal signals, no Qt."""
