"""Self-guided diffusion: pictures led by labels that a self-supervised network has given them."""
