"""What the study of weights cannot work with."""

BROKEN = (Exception, SystemExit, GeneratorExit)
"""What a module of somebody else's may end with; an interrupt is the user's own."""


class StudyError(ValueError):
    """One sentence for the user: a folder, a file or a number that does not fit."""


class AuditError(StudyError):
    """One sentence for the user: a target or an example that cannot be audited."""


def said(fault: BaseException) -> str:
    """The first line of what a fault says; its name where it says nothing, or breaks over it."""
    try:
        text = str(fault).strip()
    except BROKEN:
        text = ""
    return (text.splitlines() or [type(fault).__name__])[0][:160]
