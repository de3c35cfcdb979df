"""One method a file, and one decision table (``decide``)."""
