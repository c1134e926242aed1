"""The studio's slides, regions and browser inside a person's own napari; see napari.yaml."""
