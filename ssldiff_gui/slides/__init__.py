"""Reading slides and scenes: one surface, `open_slide`, over lazy readers."""
