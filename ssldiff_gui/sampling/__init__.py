"""From noise and a condition to latents and pixels: solvers, windows, guidance, the engine."""
