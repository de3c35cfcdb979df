"""A replication of the conic units' claim, with its protocol fixed before its results.

``protocol.toml`` says what is trained, measured and tested, and what would count as support.  The
code reads everything from it, and refuses to report results that were made under another one.
"""
