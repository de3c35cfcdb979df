"""From a formula's tree to the body of a claim, layer on layer: see reader.py."""
