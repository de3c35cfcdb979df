"""Cones and the activations that project onto them."""
