r"""Formulas for a narrow page: cut where a line may break; two of them with what differs marked.

A formula is read as a list of *atoms*: a sign or a macro with its arguments, with its scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\s+|.", re.DOTALL)
_ARGUMENTS = {"frac": 2, "tfrac": 2, "dfrac": 2, "inner": 2, "binom": 2, "tbinom": 2, "overset": 2,
              "underset": 2, "begin": 1}  # fmt: skip
_ONE = (
    "sqrt operatorname operatorname* mathrm mathbf mathsf mathbb mathcal text overline bar tilde "
    "hat dot ddot underline norm abs widehat widetilde pmod rm boldsymbol textstyle"
)
_ARGUMENTS |= dict.fromkeys(_ONE.split(), 1)
del _ARGUMENTS["rm"], _ARGUMENTS["textstyle"]
_SIZED = re.compile(r"\\[bB]igg?[lrm]?$")
_OPEN = frozenset(("(", "[", r"\{", r"\langle", r"\lVert", r"\lvert", r"\lfloor"))
_CLOSE = frozenset((")", "]", r"\}", r"\rangle", r"\rVert", r"\rvert", r"\rfloor"))
_SIGNS = (
    r"= < > \le \ge \ne \sim \approx \to \longrightarrow \implies \Longrightarrow \iff \mapsto "
    r"\Longleftrightarrow \preceq \succeq \overset{?}{=} \Rightarrow \leadsto \in"
)
_RELATIONS = frozenset(_SIGNS.split())
_SPACES = frozenset((r"\quad", r"\qquad"))
_THIN = frozenset((r"\,", r"\;", r"\:", r"\!", r"\ ", "\\\\", "&"))
_ENVIRONMENT = re.compile(r"^\\begin\{(?:aligned|gathered)\}(.*)\\end\{\w+\}$", re.DOTALL)

LONG = 24
"""Signs on a line of a phone: a longer piece is cut before its top-level plus and minus signs."""


# --- atoms ----------------------------------------------------------------------------------------


def atoms(tex: str) -> list[str]:
    r"""The atoms of a formula; spaces of the source are left out.

    >>> atoms(r"\frac a2 \operatorname{Softmax}(S^\top)_{jk}")
    ['\\frac{a}{2}', '\\operatorname{Softmax}', '(', 'S^\\top', ')_{jk}']
    """
    tokens = _TOKEN.findall(tex)
    found, at = [], 0
    while (at := _skipped(tokens, at)) < len(tokens):
        atom, at = _atom(tokens, at)
        found.append(atom)
    return found


def _skipped(tokens: Sequence[str], at: int) -> int:
    while at < len(tokens) and tokens[at].isspace():
        at += 1
    return at


def _atom(tokens: Sequence[str], at: int) -> tuple[str, int]:
    """One atom with its scripts, and where the next begins."""
    body, at = _base(tokens, at)
    while True:
        ahead = _skipped(tokens, at)
        if ahead >= len(tokens) or tokens[ahead] not in ("^", "_", "'"):
            return body, at
        if tokens[ahead] == "'":
            body, at = body + "'", ahead + 1
            continue
        script, at = _argument(tokens, ahead + 1)
        short = len(script) == 1 or re.fullmatch(r"\\[A-Za-z]+", script)
        body += tokens[ahead] + (script if short else f"{{{script}}}")


def _base(tokens: Sequence[str], at: int) -> tuple[str, int]:
    token = tokens[at]
    if token == "{":
        inside, at = _argument(tokens, at)
        return f"{{{inside}}}", at
    if token == r"\left":
        return _paired(tokens, at, r"\left", r"\right", 1)
    if token == r"\begin":
        return _paired(tokens, at, r"\begin", r"\end", 0)
    if _SIZED.fullmatch(token):
        ahead = _skipped(tokens, at + 1)
        return token + tokens[ahead], ahead + 1
    if token.isdigit():
        return _number(tokens, at)
    body, at = token, at + 1
    if token == r"\sqrt" and at < len(tokens) and tokens[at] == "[":
        end = tokens.index("]", at)
        body, at = body + "".join(tokens[at : end + 1]), end + 1
    for _ in range(_ARGUMENTS.get(token[1:], 0) if token.startswith("\\") else 0):
        inside, at = _argument(tokens, at)
        body += f"{{{inside}}}"
    return body, at


def _number(tokens: Sequence[str], at: int) -> tuple[str, int]:
    end = at + 1
    while end < len(tokens) and tokens[end].isdigit():
        end += 1
    return "".join(tokens[at:end]), end


def _argument(tokens: Sequence[str], at: int) -> tuple[str, int]:
    """What stands between braces, or the next token (with its own arguments)."""
    at = _skipped(tokens, at)
    if at >= len(tokens):
        return "", at
    if tokens[at].isdigit():  # an argument without braces is one digit
        return tokens[at], at + 1
    if tokens[at] != "{":
        return _base(tokens, at)
    depth = 0
    for end in range(at, len(tokens)):
        depth += (tokens[end] == "{") - (tokens[end] == "}")
        if depth == 0:
            return "".join(tokens[at + 1 : end]), end + 1
    raise ValueError(f"a brace is not closed in {''.join(tokens)!r}")


def _paired(tokens: Sequence[str], at: int, start: str, stop: str, more: int) -> tuple[str, int]:
    """From ``\\left(`` to ``\\right)``, or from ``\\begin{…}`` to ``\\end{…}``."""
    depth = 0
    for end in range(at, len(tokens)):
        depth += (tokens[end] == start) - (tokens[end] == stop)
        if depth == 0:
            last = end + more
            if not more:
                last = tokens.index("}", end)
            return "".join(tokens[at : last + 1]), last + 1
    raise ValueError(f"{start} without {stop} in {''.join(tokens)!r}")


def _join(parts: Sequence[str]) -> str:
    return " ".join(parts)


# --- where a line may break -----------------------------------------------------------------------


def pieces(tex: str) -> list[list[str]]:
    r"""A formula as statements, each a list of pieces between which a line may break.

    Statements stand apart by ``\quad`` or in rows; a piece begins with a relation, or, where it
    would be long, with a plus or a minus.

    >>> pieces(r"a = b,\quad c \le d")
    [['a', '{} = b ,'], ['c', '{} \\le d']]
    """
    rows = [tex]
    if whole := _ENVIRONMENT.match(tex.strip()):
        rows = _rows(whole[1])
    return [_statement(parts) for row in rows for parts in _statements(atoms(row))]


def _rows(inside: str) -> list[str]:
    r"""The rows of an environment; a row that goes on with an operator continues the last."""
    rows: list[str] = []
    row: list[str] = []
    for atom in [*atoms(inside), "\\\\"]:
        if atom == "\\\\":
            rows.append(_join([a for a in row if a != "&"]))
            row = []
        else:
            row.append(atom)
    joined: list[str] = []
    for text in filter(None, rows):
        first = next((a for a in atoms(text) if a not in _THIN), "")
        if joined and first in (*_RELATIONS, "+", "-"):
            joined[-1] += " " + text
        else:
            joined.append(text)
    return joined


def _statements(parts: Sequence[str]) -> Iterator[list[str]]:
    found: list[str] = []
    for atom, depth in _with_depth(parts):
        if atom in _SPACES and depth == 0:
            if found:
                yield found
            found = []
        else:
            found.append(atom)
    if found:
        yield found


def _with_depth(parts: Sequence[str]) -> Iterator[tuple[str, int]]:
    depth = 0
    for atom in parts:
        bare = _delimiter(atom)
        depth -= bare in _CLOSE
        yield atom, max(depth, 0)
        depth += bare in _OPEN


def _delimiter(atom: str) -> str:
    """``\\bigl(`` as ``(``, ``)^2`` as ``)``."""
    text = re.sub(r"^\\[bB]igg?[lrm]?(?![A-Za-z])", "", atom)
    return re.match(r"\\[A-Za-z]+|\\.|.|$", text, re.DOTALL)[0]  # type: ignore[index]


def _statement(parts: Sequence[str]) -> list[str]:
    found: list[list[str]] = [[]]
    for atom, depth in _with_depth(parts):
        words = depth == 0 and bool(WORDS.fullmatch(atom))
        relation = atom in _RELATIONS and depth == 0
        if (relation or words) and any(a not in _THIN for a in found[-1]):
            found.append([])
        found[-1].append(atom)
        if words:
            found.append([])
    return [_led(part) for whole in found if whole for part in _shorter(whole)]


WORDS = re.compile(r"\\text\{([^{}$\\]{12,})\}")
"""Words in a formula that are long enough to be set as words, so that they break like others."""


def _led(part: Sequence[str]) -> str:
    """A piece that begins with a relation or a sign keeps the space before it."""
    while part and part[0] in _THIN:
        part = part[1:]
    lead = "{} " if part and part[0] in (*_RELATIONS, "+", "-") else ""
    return lead + _join(part)


def _shorter(parts: list[str], deep: int = 0) -> list[list[str]]:
    """A long piece cut before signs and words and after commas; what is longer still, inside its
    outermost brackets too."""
    if width(_join(parts)) <= LONG + 2 * deep:
        return [parts]
    found: list[list[str]] = [[]]
    for atom, depth in _with_depth(parts):
        last = found[-1]
        held = width(_join([a for a in last if a not in _THIN and a not in _RELATIONS]))
        sign = atom in ("+", "-", r"\cup", r"\circ") or atom.startswith((r"\text", r"\Bigl["))
        comma = bool(last) and [a for a in last if a not in _THIN][-1:] == [","]
        if depth <= deep and atom not in _THIN and held > LONG / 3 and (sign or comma):
            found.append([])
        found[-1].append(atom)
    if deep:
        return found
    return [shorter for part in found for shorter in _shorter(part, 1)]


def fitting(statements: list[list[str]], room: float) -> list[list[str]]:
    r"""Those statements of a formula that fit into so many signs: the marked ones first.

    >>> fitting([["a"], ["{} = b"], [r"\underline{c}"]], 3)
    [['a'], ['\\underline{c}']]
    """
    sizes = [sum(map(width, statement)) for statement in statements]
    marks = [any(r"\underline" in piece for piece in statement) for statement in statements]
    kept: set[int] = set()
    for k in sorted(range(len(statements)), key=lambda k: (not marks[k], k)):
        if kept and sum(sizes[j] for j in kept) + sizes[k] > room:
            break
        kept.add(k)
    return [statements[k] for k in sorted(kept)]


def width(tex: str) -> float:
    r"""Roughly how many signs wide a formula is.

    >>> width(r"\frac{ab}{c} + x_1"), width(r"\operatorname{Softmax}")
    (4.6, 7.0)
    """
    total = 0.0
    for atom in atoms(tex):
        name = re.match(r"\\[A-Za-z]+", atom)
        groups = _groups(atom)
        if name and name[0][1:] in ("frac", "tfrac", "dfrac", "binom", "tbinom"):
            total += max(map(width, groups[:2]))
            groups = groups[2:]
        elif name and name[0] in (r"\text", r"\operatorname", r"\operatorname*", r"\mathrm"):
            total += len(groups[0])
            groups = groups[1:]
        elif (name and name[0][1:] in _ARGUMENTS) or atom.startswith("{"):
            count = 1 if atom.startswith("{") else _ARGUMENTS[name[0][1:]]  # type: ignore[index]
            total += sum(map(width, groups[:count])) + (name is not None)
            groups = groups[count:]
        elif atom.startswith((r"\left", r"\begin")):
            total += len(re.sub(r"\\[A-Za-z]+", "x", atom)) / 2
            groups = []
        elif name and name[0][1:] in ("log", "exp", "max", "min", "sup", "inf", "dim", "Tr", "det"):
            total += len(name[0]) - 1
        else:
            total += 0.4 if atom in _THIN else 1
        scripts = sum(width(group) for group in groups) or len(re.findall(r"[\^_]", atom))
        total += 0.6 * scripts
    return round(total, 1)


def _groups(atom: str) -> list[str]:
    """The contents of an atom's outermost braces."""
    found, depth, start = [], 0, 0
    for at, sign in enumerate(atom):
        if atom[at - 1 : at] == "\\":
            continue
        if sign == "{":
            depth += 1
            start = at + 1 if depth == 1 else start
        elif sign == "}":
            depth -= 1
            if depth == 0:
                found.append(atom[start:at])
    return found


# --- what differs ---------------------------------------------------------------------------------

ALIKE = 0.4
"""Formulas that have less in common are not compared sign by sign."""


def marked(printed: str, mended: str) -> tuple[str, str]:
    r"""Both formulas, each with the atoms that the other lacks underlined.

    >>> marked(r"F = \frac i2 P X", r"F = P^\top X")
    ('F = \\underline{\\frac{i}{2} P} X', 'F = \\underline{P^\\top} X')
    """
    if _ENVIRONMENT.match(printed.strip()) or _ENVIRONMENT.match(mended.strip()):
        return printed, mended
    return _marked(atoms(printed), atoms(mended)) or (printed, mended)


def _marked(one: list[str], other: list[str]) -> tuple[str, str] | None:
    here = [k for k, atom in enumerate(one) if atom not in _THIN]
    there = [k for k, atom in enumerate(other) if atom not in _THIN]
    match = SequenceMatcher(
        None, [_plain(one[k]) for k in here], [_plain(other[k]) for k in there], autojunk=False
    )
    if match.ratio() < ALIKE:
        return None
    one, other = list(one), list(other)
    left: set[int] = set()
    right: set[int] = set()
    for kind, a, b, c, d in match.get_opcodes():
        if kind == "equal":
            continue
        inside = None
        if b - a == d - c == 1:
            inside = _inside(one[here[a]], other[there[c]])
        if inside:
            one[here[a]], other[there[c]] = inside
            continue
        left |= {here[k] for k in range(a, b)}
        right |= {there[k] for k in range(c, d)}
    return _underlined(one, left - _common(one, left)), _underlined(
        other, right - _common(other, right)
    )


_CONSTANT = re.compile(r"\\[td]?frac\{?(?:i|\\ii|\d)\}?\{?\d\}?")


def _common(formula: list[str], changed: set[int]) -> set[int]:
    """A constant that was changed on both sides of an equation alike: both sides share it, so it
    makes no difference."""
    if "=" not in formula:
        return set()
    middle = formula.index("=")
    sides: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for k in changed:
        if _CONSTANT.fullmatch(formula[k].replace(" ", "")):
            sides[k > middle][formula[k]] = k
    return {side[atom] for side in sides for atom in sides[0].keys() & sides[1].keys()}


def _inside(one: str, other: str) -> tuple[str, str] | None:
    """Two fractions or roots, compared part by part."""
    head = re.compile(r"(\\(?:frac|tfrac|dfrac|sqrt|norm|abs|inner))\{")
    first, second = head.match(one), head.match(other)
    if not first or not second:
        return None
    ours, theirs = _groups(one), _groups(other)
    count = _ARGUMENTS[first[1][1:]]
    if count != _ARGUMENTS[second[1][1:]] or one[-1] != "}" or len(ours) != count:
        return None
    if len(theirs) != count or other[-1] != "}":
        return None
    pairs = [_marked(atoms(a), atoms(b)) for a, b in zip(ours, theirs, strict=True)]
    if any(pair is None for pair in pairs):
        return None
    made = [pair for pair in pairs if pair]
    return (
        first[1] + "".join(f"{{{a}}}" for a, _ in made),
        second[1] + "".join(f"{{{b}}}" for _, b in made),
    )


def _plain(atom: str) -> str:
    """An atom without what is spelling only."""
    text = re.sub(r"\\[bB]igg?[lrm]?(?![A-Za-z])", "", atom)
    for one, same in ((r"\tfrac", r"\frac"), (r"\dfrac", r"\frac"), (r"\ii", "i"), (r"\ee", "e"),
                      (r"\dd", "d"), (r"\mathsf{T}", r"\top"), (r"\mathsf T", r"\top"),
                      (r"\operatorname{Tr}", r"\Tr"), (r"\mathrm{d}", "d")):  # fmt: skip
        text = re.sub(re.escape(one) + r"(?![A-Za-z])", same.replace("\\", r"\\"), text)
    return re.sub(r"[\s{}]", "", text)


def _underlined(parts: Sequence[str], which: set[int]) -> str:
    """Neighbouring marked atoms under one line; relations, spaces and brackets stay outside."""
    found: list[str] = []
    run: list[str] = []
    for k, atom in enumerate([*parts, ""]):
        bare = _delimiter(atom)
        fit = atom not in _RELATIONS | _SPACES | _THIN and bare not in _OPEN | _CLOSE
        if k in which and fit and atom not in (",", ".", ":", ";", "|"):
            run.append(atom)
            continue
        if run:
            found.append(rf"\underline{{{_join(run)}}}")
            run = []
        if atom:
            found.append(atom)
    return _join(found)
