"""The bridge to napari: layers, tools, linked views, and the plugin."""
