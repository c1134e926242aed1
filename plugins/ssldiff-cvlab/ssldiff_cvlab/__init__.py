"""Three published families of latent diffusion: LID, PathLDM and HistoDiffusion."""
