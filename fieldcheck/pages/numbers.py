"""Numbers of the ledger as a person reads them, in plain text or TeX.

The ledger's strings keep all digits; here they are cut to what the eye can use. The forms met are
integers ("-3"), fractions ("1/2"), decimals ("0.1250"), dyadic hexadecimals ("0x1.8p-3"), balls
("[1.25 +/- 3e-40]") and complex numbers ("1/2 - 3i", "(1 + 2j)").
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

_BALL = re.compile(r"^\[\s*(?P<mid>[^\s]+)\s*\+/-\s*(?P<rad>[^\s\]]+)\s*\]$")
_HEX = re.compile(r"^[+-]?0x[0-9a-f.]+p[+-]?\d+$", re.IGNORECASE)
_DECIMAL = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$", re.IGNORECASE)
_FRACTION = re.compile(r"^[+-]?\d+/\d+$")
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi "
    "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
GREEK = frozenset(_GREEK.split())


def exact(value: str) -> Fraction | None:
    """The number a string stands for, if it is one real number; None for balls and the rest."""
    text = value.strip().replace("−", "-")
    if _FRACTION.match(text):
        top, bottom = text.split("/")
        return Fraction(int(top), int(bottom)) if int(bottom) else None
    if _HEX.match(text):
        return Fraction(float.fromhex(text)) if math.isfinite(float.fromhex(text)) else None
    if _DECIMAL.match(text):
        exponent = abs(int(text.lower().partition("e")[2] or 0))
        return Fraction(text) if exponent < 5000 else None
    return None


def short(value: Any, digits: int = 6) -> str:
    """A number in few characters: small fractions stay exact, the rest is rounded.

    >>> short("0x1.8p-3"), short("[0.333333333333 +/- 2e-40]"), short("1/3"), short("12345678")
    ('3/16', '0.333333', '1/3', '12345678')
    """
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return str(value)
    text = str(value).strip()
    ball = _BALL.match(text)
    if ball:
        return short(ball["mid"], digits)
    number = exact(text)
    if number is None:
        return _short_complex(text, digits)
    if number.denominator == 1 and abs(number) < 10**9:
        return str(number.numerator)
    if number.denominator <= 64 and abs(number.numerator) < 10**4:
        return f"{number.numerator}/{number.denominator}"
    return rounded(number, digits)


def rounded(number: Fraction, digits: int = 6) -> str:
    """``digits`` significant digits, with a power of ten where the number is far from one."""
    if number == 0:
        return "0"
    size = log10(number)
    if -4 <= size < digits + 3:
        places = max(0, digits - 1 - size)
        text = f"{float(number):.{places}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    scaled = number / Fraction(10) ** size
    text = f"{float(scaled):.{max(0, digits - 1)}f}".rstrip("0").rstrip(".")
    return f"{text}e{size}"


def log10(number: Fraction) -> int:
    """The exponent of the leading decimal digit, exactly."""
    top, bottom = abs(number.numerator), number.denominator
    guess = len(str(top)) - len(str(bottom))
    return guess if Fraction(10) ** guess <= abs(number) else guess - 1


_TERM = re.compile(r"[+-]?\s*(?:\[[^\]]*\]|[^\s+\-\[\]]+(?:[eEpP][+-]?\d+)?)")


def split_complex(text: str) -> tuple[str, str] | None:
    """Real and imaginary part of ``a + bi`` (or with ``j``), or None if it does not read so."""
    body = text.strip()
    if body.startswith("(") and body.endswith(")"):
        body = body[1:-1]
    if not body.endswith(("i", "j")):
        return None
    terms = [term.replace(" ", "") for term in _TERM.findall(body)]
    if "".join(terms) != body.replace(" ", ""):
        return None
    if len(terms) == 1:
        real, imaginary = "0", terms[0]
    elif len(terms) == 2:
        real, imaginary = terms
    else:
        return None
    imaginary = imaginary[:-1].rstrip("*")
    if imaginary in {"", "+", "-"}:
        imaginary += "1"
    return real, imaginary


def _short_complex(text: str, digits: int) -> str:
    pair = split_complex(text)
    if pair is None:
        return text
    real, imaginary = (short(_signed(part), digits) for part in pair)
    if imaginary == "0":
        return real
    sign = "-" if imaginary.startswith("-") else "+"
    size = imaginary.lstrip("+-")
    unit = "i" if size == "1" else f"{size} i" if "/" in size else f"{size}i"
    if real == "0":
        return ("-" if sign == "-" else "") + unit
    return f"{real} {sign} {unit}"


def _signed(part: str) -> str:
    """``+[1 +/- 2]`` and ``-[1 +/- 2]`` as one ball, ``+3`` as 3."""
    if part.startswith("+"):
        return part[1:]
    if part.startswith("-["):
        inner = part[2:]
        return "[" + (inner[1:] if inner.startswith("-") else f"-{inner}")
    return part


# --- TeX ------------------------------------------------------------------------------------------


def tex(value: Any, digits: int = 6) -> str:
    """A number as TeX."""
    text = re.sub(r"\d[\d./e+-]*", lambda found: _tex_real(found[0]), short(value, digits))
    return text.replace("i", r"\,i")


def _tex_real(text: str) -> str:
    if "/" in text:
        top, bottom = text.split("/")
        sign = "-" if top.startswith("-") else ""
        return rf"{sign}\tfrac{{{top.lstrip('+-')}}}{{{bottom}}}"
    if "e" in text:
        base, power = text.split("e")
        return (rf"{base} \cdot 10^{{{power}}}").replace("+", "")
    return text


def name_tex(name: str) -> str:
    r"""A parameter's name as TeX: ``W_A`` is W_A, ``root_r`` is \sqrt r, ``tau`` is \tau.

    >>> name_tex("root_r"), name_tex("tau"), name_tex("W_in"), name_tex("x0"), name_tex("Q2_1")
    ('\\sqrt{r}', '\\tau', 'W_{\\mathrm{in}}', 'x_{0}', 'Q_{2,1}')
    """
    if name.startswith("root_"):
        return rf"\sqrt{{{name_tex(name[5:])}}}"
    if name.endswith(("_dot", "_ddot")):
        letter, _, dots = name.rpartition("_")
        return rf"\{dots} {{{name_tex(letter)}}}"
    if name == "eps":
        return r"\varepsilon"
    base, _, sub = name.partition("_")
    numbered = re.fullmatch(r"([A-Za-z]+?)(\d+)", base)
    if numbered:
        base, sub = numbered[1], f"{numbered[2]}_{sub}".strip("_")
    sub = sub.rstrip("_")
    bare = base.rstrip("_")
    head = rf"\{bare}" if bare in GREEK else bare if len(bare) == 1 else rf"\mathrm{{{bare}}}"
    if not sub:
        return head
    sub = sub.replace("_", ",")
    low = sub if len(sub) == 1 or re.fullmatch(r"[\d,]+", sub) else rf"\mathrm{{{sub}}}"
    return f"{head}_{{{low}}}"


def matrix_tex(value: Any, digits: int = 6) -> str:
    """A number, vector or matrix as TeX; what is deeper or larger than a page holds is cut.

    Shapes: a string is a number, a list a column of numbers, a list of lists a matrix by rows, and
    one level more a row of matrices.
    """
    depth = depth_of(value)
    if depth == 0:
        return tex(value, digits)
    if depth == 1:
        rows = [[cell] for cell in value]
        if len(value) > 3:  # a long column is laid flat
            return rf"{matrix_tex([value], digits)}^{{\mathsf T}}"
    elif depth == 2:
        rows = value
    else:
        return r",\; ".join(matrix_tex(part, digits) for part in value)
    cut = [
        [tex(cell, digits) for cell in row[:8]] + ([r"\cdots"] if len(row) > 8 else [])
        for row in rows[:8]
    ]
    if len(rows) > 8:
        cut.append([r"\vdots"])
    body = r" \\ ".join(" & ".join(row) for row in cut)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def small_tex(value: Any, digits: int = 4) -> str:
    r"""A number, vector or matrix as small as it can be written in a line.

    >>> small_tex([["1"]]), small_tex([["0"], ["1"]]), small_tex(["1", "2"])
    ('1', '(0,\\,1)^{\\mathsf T}', '(1,\\,2)')
    """
    depth = depth_of(value)
    if depth == 0:
        return tex(value, digits)
    if depth == 1:
        return small_tex(value[0], digits) if len(value) == 1 else _row_tex(value, digits)
    if depth > 2:
        return matrix_tex(value, digits)
    if len(value) == 1:
        return small_tex(value[0], digits)
    if all(len(row) == 1 for row in value):
        return _row_tex([row[0] for row in value], digits) + r"^{\mathsf T}"
    body = r" \\ ".join(" & ".join(tex(cell, digits) for cell in row) for row in value)
    return rf"\bigl(\begin{{smallmatrix}} {body} \end{{smallmatrix}}\bigr)"


def _row_tex(row: list[Any], digits: int) -> str:
    shown = [tex(cell, digits) for cell in row[:8]] + [r"\cdots"] * (len(row) > 8)
    return "(" + r",\,".join(shown) + ")"


def depth_of(value: Any) -> int:
    """How deep lists are nested: 0 for a number."""
    depth = 0
    while isinstance(value, list):
        depth += 1
        if not value:
            break
        value = value[0]
    return depth


def matrix_text(value: Any, digits: int = 6) -> list[str]:
    """The same in plain text, a line for each row."""
    depth = depth_of(value)
    if depth == 0:
        return [short(value, digits)]
    if depth == 1:
        return ["[" + "  ".join(short(cell, digits) for cell in value) + "]"]
    if depth == 2:
        cells = [[short(cell, digits) for cell in row] for row in value]
        columns = max((len(row) for row in cells), default=0)
        widths = [
            max((len(row[k]) for row in cells if k < len(row)), default=0) for k in range(columns)
        ]
        return [
            "["
            + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=False))
            + "]"
            for row in cells
        ]
    return [line for part in value for line in (*matrix_text(part, digits), "")][:-1]


def is_number(value: Any) -> bool:
    """Whether a string is one real or complex number that :func:`tex` can set."""
    text = str(value).strip()
    if _BALL.match(text) or exact(text) is not None:
        return True
    pair = split_complex(text)
    return pair is not None and all(
        _BALL.match(_signed(part)) or exact(_signed(part)) is not None for part in pair
    )
