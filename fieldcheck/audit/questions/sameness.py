"""Is the answer the same when asked twice, and in training mode?"""

from __future__ import annotations

from torch import nn

from ..answer import Answer, Answers, judged, not_asked
from ..errors import AuditError
from ..subject import Subject, relative


def deterministic(s: Subject, _: Answers) -> Answer:
    """Asked twice at the example."""
    limit = 100 * s.eps
    defect = relative(s.at(s.x), s.fresh(s.x))
    return judged(defect, limit, {"point": "the example, twice"})


def modes(s: Subject, _: Answers) -> Answer:
    """In training and in evaluation mode, on copies of the buffers."""
    if not isinstance(s.module, nn.Module):
        return not_asked("a function has no modes")
    flags = [(m, m.training) for m in s.module.modules()]
    kept = {name: b.clone() for name, b in s.module.named_buffers()}
    try:
        s.module.train()
        trained = s.fresh(s.x)
    except (AuditError, NotImplementedError) as fault:
        return not_asked(f"it has no training mode: {fault}")
    finally:
        for m, flag in flags:
            m.training = flag
        for name, b in s.module.named_buffers():
            b.data.copy_(kept[name])
    return judged(relative(s.at(s.x), trained), s.tol, {"point": "the example, in both modes"})
