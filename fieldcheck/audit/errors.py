"""What the study of weights cannot work with."""


class StudyError(ValueError):
    """One sentence for the user: a folder, a file or a number that does not fit."""


class AuditError(StudyError):
    """One sentence for the user: a target or an example that cannot be audited."""
