"""A second road to what a ledger says: no line of it is shared with the methods that wrote it.

Nothing here imports ``fieldcheck.evidence`` or ``fieldcheck.arithmetic`` (an import contract holds
that).  See :mod:`fieldcheck.recheck.check` for what is rechecked, and how far.
"""
