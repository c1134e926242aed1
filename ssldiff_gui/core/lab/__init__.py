"""Requests of the lab: training, measuring, augmenting, labelling. Each in a file of its own."""
