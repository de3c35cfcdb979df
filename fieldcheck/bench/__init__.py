"""Side-by-side timing of the core operations: ratios to peers and to what the machine can do.

``fieldcheck bench`` measures; the page on performance draws what was committed.  A benchmark is
never a timed test: tests run it at toy sizes, and ask only whether everything runs and is well
recorded.
"""
