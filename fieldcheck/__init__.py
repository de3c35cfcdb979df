"""Fieldcheck: an executable referee report on "Transformers are optimal effective fields"."""

__version__ = "0.1.0"
