"""How good what was rendered is, in figures."""
