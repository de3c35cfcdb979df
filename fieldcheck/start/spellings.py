r"""The many ways to type one sign, in the one that the rest knows.

``A^{\mathrm t}``, ``{}^tA`` and ``A^\intercal`` are ``A^\top``; ``\text{tr}`` and
``\mathop{\rm tr}\nolimits`` are ``\operatorname{tr}``; ``\|x\|^2_2`` is ``\|x\|_2^2``. What is
written goes through this before anything is made of it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from fieldcheck.start.signs import (
    ACCENTS,
    BARS,
    CLOSING,
    FONTS,
    FUNCTIONS,
    OPENING,
    OTHER_RELATIONS,
    RELATIONS,
    SPACES,
    TEXT,
    WIDE,
    Environment,
    Token,
    spelled,
)

_DROPPED = (
    r"\scriptstyle \scriptscriptstyle \displaystyle \textstyle \limits \nolimits \ensuremath "
    r"\mathrel \mathbin \mathord \mathop \mathopen \mathclose \mathpunct \mathinner \protect"
)
DROPPED = frozenset(_DROPPED.split())
"""Commands that say how their argument looks, and not what it is."""
SAME = {
    r"\mathds": r"\mathbb", r"\mathbbm": r"\mathbb", r"\mathtt": r"\mathrm", r"\textup": r"\mathrm",
    r"\textsc": r"\mathrm", r"\textnormal": r"\text", r"\texttt": r"\mathrm", r"\sf": r"\mathsf",
    r"\symbf": r"\mathbf", r"\bfseries": r"\mathbf", r"\nicefrac": r"\frac", r"\sfrac": r"\frac",
    r"\leqq": r"\leq", r"\geqq": r"\geq", r"\parallel": r"\|", r"\lbrace": r"\{", r"\rbrace": r"\}",
    r"\colon": ":", r"\dotsc": r"\dots", r"\dotsb": r"\dots", r"\hdots": r"\dots",
    r"\lor": r"\vee", r"\land": r"\wedge", r"\transp": r"\top", r"\tran": r"\top",
    r"\varnothing": r"\emptyset", r"\dif": r"\dd", r"\diff": r"\dd",
}  # fmt: skip
"""Commands that are others by another name."""
NAMES = {
    **{name: name for name in FUNCTIONS},
    **{name: name for name in ("KL", "Var", "Cov", "rank", "Id", "grad", "Hess", "div", "dist")},
    "kl": "KL", "var": "Var", "cov": "Cov", "rk": "rank", "id": "Id", "hess": "Hess",
    "logsumexp": "lse", "variance": "Var", "identity": "Id",
}  # fmt: skip
"""Names of operations, as they are written here."""
FOLDED = {"softmax", "logsumexp", "lse", "relu", "sign", "sgn", "trace", "softplus", "sigmoid"}
"""Names that are the same in capitals and with hyphens."""
_TRANSPOSED = frozenset(("T", r"\top", r"\intercal"))
_ONE_ARGUMENT = FONTS | TEXT | ACCENTS.keys() | {r"\sqrt", r"\dot", r"\ddot"}
_ENDS = frozenset(("+", "-", ",", ";", *RELATIONS, *OTHER_RELATIONS, *OPENING, *BARS, *WIDE,
                   r"\cdot"))  # fmt: skip


def canonical(tokens: Sequence[Token], in_words: bool = False) -> list[Token]:
    """A formula's tokens in their usual spelling."""
    run = [_inside(t, k and tokens[k - 1] in TEXT) for k, t in enumerate(tokens)]
    if in_words:  # \text{if $x > 0$}: letters and formulas
        return run
    return _ordered(_doubled(_scripted(_named(_dropped(run)))))


def _inside(token: Token, in_words: object) -> Token:
    if isinstance(token, Environment):
        return Environment(token.name, tuple(canonical(token.tokens)))
    return tuple(canonical(token, bool(in_words))) if isinstance(token, tuple) else token


def _dropped(run: Sequence[Token]) -> list[Token]:
    """Without commands of looks, whose arguments stand for themselves, and by the usual names."""
    found: list[Token] = []
    at = 0
    while at < len(run):
        token = run[at]
        after = run[at + 1] if at + 1 < len(run) else None
        if token in DROPPED:
            if isinstance(after, tuple):
                found += after
                at += 1
        elif run[at : at + 4] == [token, "|", token, "|"] and token in (r"\left", r"\right"):
            found += [token, r"\|"]
            at += 3
        elif token == "(" and after == r"\nabla" and run[at + 3 : at + 5] == [")", "("]:
            found += run[at + 1 : at + 3]  # (\nabla f)(x)
            at += 3
        elif token == r"\substack" and isinstance(after, tuple):
            found += [("," if t == "\\\\" else t) for t in after]
            at += 1
        elif token == "1" and (end := _doubled_one(run, at)):
            found += [r"\mathbb", ("1",)]
            at = end - 1
        elif token == r"\operatorname" and after == "*":
            found.append(token)
            at += 1
        else:
            found.append(SAME.get(token, token) if isinstance(token, str) else token)
        at += 1
    return found


def _doubled_one(run: Sequence[Token], at: int) -> int:
    r"""Where ``1\!\!1`` and ``1\!\mathrm{l}`` end, a one with two strokes; 0 if it is none."""
    end = at + 1
    while run[end : end + 1] == [r"\!"]:
        end += 1
    if end == at + 1:
        return 0
    stroke = run[end : end + 1] in (["1"], ["I"], ["l"])
    fonted = run[end : end + 1] in ([r"\mathrm"], [r"\rm"]) and (
        spelled(run[end + 1 : end + 2] and run[end + 1]).strip() in ("1", "I", "l")
    )
    return end + 1 if stroke else end + 2 if fonted else 0


def _named(run: Sequence[Token]) -> list[Token]:
    r"""Names of operations in any font as ``\operatorname{tr}``; a lone sign or such a name in
    braces is itself."""
    found: list[Token] = []
    for at, token in enumerate(run):
        before = found[-1] if found else None
        is_argument = before in ("^", "_") or isinstance(before, tuple) or (
            isinstance(before, str) and re.fullmatch(r"\\[A-Za-z]{2,}", before) is not None
        )  # fmt: skip
        if isinstance(token, tuple) and before in FONTS and (name := operation(token)):
            found[-1:] = [r"\operatorname", tuple(name)]
        elif isinstance(token, tuple) and not is_argument and _is_lone(token):
            found += [t for t in token if t not in SPACES]
        else:
            found.append(token)
        is_var = found[-4:-2] == [r"\mathbb", ("V",)] and spelled(found[-1]) == "ar"
        if is_var and at:
            found[-4:] = [r"\operatorname", tuple("Var")]
    return found


def operation(group: Token) -> str:
    r"""The usual name of an operation that is typed so; the empty one if it is none."""
    typed = re.sub(r"[\s\-~]|\\[,;:!]|\\(?:rm|sf)\b", "", spelled(group))
    for font in sorted(FONTS, key=len, reverse=True):
        typed = typed.replace(font, "") if len(typed) > len(font) else typed
    folded = typed.lower()
    if typed in NAMES:
        return NAMES[typed]
    return NAMES[folded] if folded in FOLDED else ""


def _is_lone(group: tuple[Token, ...]) -> bool:
    inner = [t for t in group if t not in SPACES]
    is_name = len(inner) == 2 and inner[0] == r"\operatorname"
    return is_name or (len(inner) == 1 and inner[0] in (r"\odot", r"\circ", r"\otimes", r"\cdot"))


def _scripted(run: Sequence[Token]) -> list[Token]:
    """Scripts as groups, transposes as one sign above, primes as primes."""
    found: list[Token] = []
    at = 0
    while at < len(run):
        token = run[at]
        if token not in ("^", "_"):
            is_empty = token == () and run[at + 1 : at + 2] == ["^"]
            found += [] if is_empty else [token]
            at += 1
            continue
        script, end = _script(run, at + 1)
        before = found[-1] if found else None
        is_before = token == "^" and (before is None or before in _ENDS or run[at - 1] == ())
        mark = _mark(script, is_before) if token == "^" else None
        if is_before and mark == r"\top":
            base, end = _base(run, end)
            found += [*base, "^", r"\top"]
        elif mark == "'":
            found += ["'"] * len(_bare(script))
        else:
            if is_before and run[at - 1 : at] == [()]:
                found.append(())
            found += [token, script if mark is None else mark]
        at = end
    return found


def _script(run: Sequence[Token], at: int) -> tuple[Token, int]:
    """The script that begins here, as one token or a group, and where it ends."""
    while at < len(run) and run[at] in SPACES:
        at += 1
    if at >= len(run):
        return (), at
    here = run[at]
    if here in _ONE_ARGUMENT and at + 1 < len(run):
        return (here, run[at + 1]), at + 2
    if here == r"\frac" and at + 2 < len(run):
        return (here, *run[at + 1 : at + 3]), at + 3
    return here, at + 1


def _bare(script: Token) -> list[Token]:
    """What a script says, without fonts and spaces."""
    inner = list(script) if isinstance(script, tuple) else [script]
    found: list[Token] = []
    for each in inner:
        if isinstance(each, tuple):
            found += _bare(each)
        elif each not in FONTS and each not in SPACES:
            found.append(each)
    return found


def _mark(script: Token, is_before: bool) -> Token:
    """The one sign that a script is a spelling of, if it is."""
    bare = _bare(script)
    is_fonted = isinstance(script, tuple) and any(t in FONTS for t in script)
    transposed = _TRANSPOSED | ({"t"} if is_fonted or is_before else set())
    if len(bare) == 1 and bare[0] in transposed:
        return r"\top"
    if len(bare) == 2 and bare[0] == "-" and bare[1] in transposed:
        return ("-", r"\top")
    if bare and all(t in (r"\prime", "'") for t in bare):
        return "'"
    return None


def _base(run: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """What a mark stands before: a letter with what is below it, or a bracket."""
    while at < len(run) and run[at] in SPACES:
        at += 1
    start, depth = at, 0
    while at < len(run):
        depth += (run[at] == "(") - (run[at] == ")")
        at += 1
        if not depth and run[at - 1] not in _ONE_ARGUMENT:
            break
    if run[at : at + 1] == ["_"]:
        at = _script(run, at + 1)[1]
    return list(run[start:at]), at


def _doubled(run: Sequence[Token]) -> list[Token]:
    r"""``||x||`` as ``\|x\|``, where no single bar stands between."""
    bars = [k for k, t in enumerate(run) if t in ("|", r"\vert")]
    pairs = [k for k, after in itertools.pairwise(bars) if after == k + 1]
    if not bars or len(bars) != 2 * len(pairs) or any(k + 1 in pairs for k in pairs):
        return list(run)
    return [r"\|" if k in pairs else t for k, t in enumerate(run) if k - 1 not in pairs]


def _ordered(run: Sequence[Token]) -> list[Token]:
    r"""What stands below a closing bar before what stands above it: ``\|x\|^2_2``."""
    found = list(run)
    for at in range(len(found) - 4):
        is_bar = found[at] in CLOSING | BARS.keys() - {r"\langle"} - {")", "]", r"\}"}
        if is_bar and found[at + 1] == "^" and found[at + 3] == "_":
            found[at + 1 : at + 5] = [*found[at + 3 : at + 5], *found[at + 1 : at + 3]]
    return found
