"""Tests of the models, and the makers of tiny ones."""
