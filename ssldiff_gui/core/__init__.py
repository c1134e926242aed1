"""Nouns shared by every layer: numpy and pydantic only, no files, no windows, no models."""
