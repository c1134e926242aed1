"""What is written to disk and read back: annotations, caches, exports."""
