"""Making models: encoders, autoencoders, diffusion networks, priors and classifiers."""
