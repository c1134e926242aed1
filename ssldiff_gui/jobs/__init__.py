"""Requests carried out: embed, edit, generate, export, convert."""
