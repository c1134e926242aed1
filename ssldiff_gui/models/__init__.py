"""Networks on this machine: catalogue, folders, devices, encoders, generators."""
