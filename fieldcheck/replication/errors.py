"""What a replication cannot go on with."""


class ReplicationError(ValueError):
    """One sentence for the user: a protocol, a text or a file that does not fit."""
