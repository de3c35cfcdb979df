"""The claims file that is made from an article: plain text, which is its reader's from then on."""

from __future__ import annotations

import ast
import json
import keyword
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from fieldcheck import hypotheses
from fieldcheck.claim import slug
from fieldcheck.start.article import Equation
from fieldcheck.start.meaning.values import LARGEST, Helper, Length, Reading, Value
from fieldcheck.start.reading import Outcome, Result
from fieldcheck.start.signs import Unread, followed

SPARE = ("n", "m", "p", "q", "r", "s", "k", "l", "h", "g")
TOOLS = {
    "largest": '''def largest(xp, x):
    """The largest entry along the first axis."""
    return functools.reduce(xp.maximum, [x[k] for k in range(x.shape[0])])
''',
    "smallest": '''def smallest(xp, x):
    """The smallest entry along the first axis."""
    return functools.reduce(xp.minimum, [x[k] for k in range(x.shape[0])])
''',
    "corners": '''def corners(xp, low, n):
    """All vectors of n numbers, each the low one or 1."""
    return [xp.constant(list(c)) for c in itertools.product((low, 1), repeat=n)]
''',
    "permuted": '''def permuted(xp, number, n):
    """The matrix of a permutation of n, by its number in their order."""
    every = list(itertools.permutations(range(n)))
    order = every[number % len(every)]
    return xp.constant([[int(order[i] == j) for j in range(n)] for i in range(n)])
''',
    "stationary": '''def stationary(xp, quadratic, n):
    """Where the gradient of a quadratic function of n numbers vanishes."""
    zero = xp.zeros(n)

    def slope(x):
        return xp.gradient(quadratic, x)

    return -xp.inv(xp.jacobian(slope, zero)) @ slope(zero)
''',
    "pseudoinverse": '''def pseudoinverse(xp, a, rank):
    """The pseudoinverse of a matrix of this rank, by the characteristic polynomial of A^T A."""
    gram, eye = a.T @ a, xp.eye(a.shape[1])
    last, power, coefficient = eye * 0, eye, xp.one
    for k in range(1, rank + 1):
        last, moved = power, gram @ power
        coefficient = xp.trace(moved) / k
        power = coefficient * eye - moved
    return last @ a.T / coefficient
''',
    "product": '''def product(xp, x):
    """The product of the entries along the first axis."""
    return functools.reduce(operator.mul, [x[k] for k in range(x.shape[0])])
''',
}
OWN = {
    "hollow": ("matrix with zero diagonal", 'raw["x"] * (1 - xp.eye(raw["x"].shape[0]))'),
    "hollow symmetric": (
        "symmetric matrix with zero diagonal",
        '(raw["x"] + raw["x"].T) * (1 - xp.eye(raw["x"].shape[0]))',
    ),
    "nonnegative hollow": (
        "symmetric matrix with zero diagonal and no negative entry",
        '(raw["x"] * raw["x"] + (raw["x"] * raw["x"]).T) * (1 - xp.eye(raw["x"].shape[0]))',
    ),
    "nonnegative symmetric": (
        "symmetric matrix with no negative entry",
        'raw["x"] * raw["x"] + (raw["x"] * raw["x"]).T',
    ),
    "skew": ("skew-symmetric matrix", 'raw["x"] - raw["x"].T'),
    "psd": ("positive semidefinite matrix", 'raw["x"] @ raw["x"].T'),
}
JOINT = (
    'built("joint distribution with positive entries", ({0}), {{"x": ({0})}}, lambda xp, raw: '
    'raw["x"] * raw["x"] / xp.sum(raw["x"] * raw["x"]), nonzero=("x",), covers="all")'
)
"""The domain of a matrix of probabilities that sum to one."""
"""Domains that are built here, by hypothesis: the name and how a value is made of any matrix."""


class Names:
    """Names for the lengths of one function: as declared, else a spare letter."""

    def __init__(self, inputs: Mapping[str, Value], *codes: str) -> None:
        self.inputs = inputs
        self.known: dict[int, str] = {}
        taken = set(inputs).union(*(re.findall(r"\bfor (\w+) in\b", code) for code in codes))
        for value in inputs.values():
            for length in value.shape:
                root = length.root
                if isinstance(root.name, int) or id(root) in self.known:
                    continue
                if "*" in str(root.name):
                    self.known[id(root)] = str(root.name)
                    continue
                wanted = re.sub(r"[^A-Za-z]", "", str(root.name or ""))
                choices = [wanted, *SPARE] if wanted else list(SPARE)
                name = next(c for c in choices if c not in self.known.values())
                self.known[id(root)] = name
        # A local variable may not be called as an input is.
        single = {k: re.sub(r"(\d)\*(\w+)", r"\2\1", v) for k, v in self.known.items()}
        self.local = {k: (f"{v}_" if v in taken else v) for k, v in single.items()}
        self.taken = taken

    def dim(self, length: Length) -> str:
        name = length.root.name
        return str(name) if isinstance(name, int) else repr(self.known[id(length.root)])

    def dims(self, value: Value) -> str:
        return ", ".join(map(self.dim, value.shape)).replace("'", '"')

    def filled(self, code: str) -> tuple[str, dict[str, str]]:
        """Code with the lengths' names, and where those that it uses come from."""
        sources: dict[str, str] = {}

        def name(match: re.Match[str]) -> str:
            root = Length.marked[int(match[1])].root
            if isinstance(root.name, int):
                return str(root.name)
            if id(root) not in self.local:
                return self._part(str(root.name), sources)
            local = self.local[id(root)]
            for key, value in self.inputs.items():
                for axis, length in enumerate(value.shape):
                    if length.root is root:
                        sources.setdefault(local, f"{key}.shape[{axis}]")
            return local

        return re.sub("⟦(\\d+)⟧", name, code), sources

    def _part(self, name: str, sources: dict[str, str]) -> str:
        """A size of which an input has a multiple alone."""
        for key, value in self.inputs.items():
            for axis, length in enumerate(value.shape):
                count, _, part = str(length.root.name).partition("*")
                if part == name and name not in self.known.values():
                    local = f"{name}_" if name in self.taken else name
                    sources.setdefault(local, f"{key}.shape[{axis}] // {count}")
                    return local
        raise Unread("a size that no input has")


IMPLIED = {
    "spd": {"symmetric", "psd", "invertible", "hermitian"}, "orthogonal": {"invertible"},
    "unitary": {"invertible"}, "simplex": {"positive", "nonnegative"},
    "stochastic": {"positive", "nonnegative"},
    "joint": {"simplex", "positive", "nonnegative"},
    "positive": {"nonnegative"}, "hollow": {"symmetric"}, "psd": {"symmetric"},
}  # fmt: skip
"""What a hypothesis says with it."""


def _implied(hypothesis: str) -> set[str]:
    kind, *rest = hypothesis.split(maxsplit=1)
    if kind == "integer":
        return {"positive", "nonnegative", *(f"least {k}" for k in range(10))}
    if kind in ("between", "least", "values") and not rest[0].startswith("-"):
        return {"positive", "nonnegative", "nonzero"}
    return IMPLIED.get(hypothesis, set())


def domain(name: str, value: Value, hypotheses: set[str], names: Names) -> str:
    """The domain of an input, as text.

    Raises:
        Unread: what is assumed of it is more than a domain can say.
    """
    if "sum one" in hypotheses and hypotheses & {"positive", "nonnegative", "simplex"}:
        hypotheses = hypotheses - {"sum one", "positive", "nonnegative"} | {"simplex"}
    if "sum one" in hypotheses:
        raise Unread(f"{name} sums to one, and of its signs nothing is said")
    if "coefficient" in hypotheses and (
        two := next((h for h in hypotheses if h.startswith("values ")), "")
    ):
        some = _of_two(two, ", ".join(map(names.dim, value.shape)).replace("'", '"'))
        return some.replace(', covers="all"', "")
    if "coefficient" in hypotheses:
        dims = names.dims(value) + ("," if len(value.shape) == 1 else "")
        raw, parts = ('raw["x"] + xp.i * raw["y"]', f'"x": ({dims}), "y": ({dims})') if (
            "complex" in hypotheses) else ('raw["x"]', f'"x": ({dims})')  # fmt: skip
        return (f'built("coefficients of a polynomial", ({dims}), {{{parts}}}, '
                f'lambda xp, raw: {raw})')  # fmt: skip
    if "nonnegative" in hypotheses and hypotheses & {"hollow", "symmetric"}:
        kind = "hollow" if "hollow" in hypotheses else "symmetric"
        hypotheses = hypotheses - {"nonnegative", "hollow", "symmetric"} | {f"nonnegative {kind}"}
    weaker = set().union(*(_implied(h) for h in hypotheses))
    if hypotheses & {"falling", "rising"}:
        weaker |= {"positive", "nonnegative"}
    if len(hypotheses - weaker - {"complex", "nonzero", "full rank"}) > 1:
        raise Unread(f"{name} is {' and '.join(sorted(hypotheses))}, which no domain is")
    if value.several and hypotheses - {"complex", "nonzero"}:
        each = replace(value, shape=value.shape[1:], several=False)
        count = names.dim(value.shape[0]).replace("'", '"')
        return f'stacked({count}, {domain(name, each, hypotheses, names)}, "several: {name}")'
    dims = names.dims(value)
    rank = len(value.shape)
    if ("simplex" in hypotheses and rank != 1) or ("joint" in hypotheses and rank != 2):
        what = ("number", "vector", "matrix")[rank]
        raise Unread(f"{name} is taken for a {what}, and said to be a distribution")
    if rank == 0:
        for hypothesis in hypotheses:
            if hypothesis.startswith("between "):
                return f"between({', '.join(hypothesis.split()[1:])})"
            if hypothesis.startswith("integer"):
                first = max([1, *(int(h[6:]) for h in hypotheses if h.startswith("least "))])
                return f"integer({first}, {first + 3})"
        for hypothesis in hypotheses:
            if hypothesis.startswith("least "):
                low = hypothesis.split()[1]
                return (f'built("number from {low} on", (), {{"x": ()}}, '
                        f'lambda xp, raw: raw["x"] * raw["x"] + {low}, covers="all")')  # fmt: skip
            if hypothesis.startswith("values "):
                return _of_two(hypothesis, "")
        kinds = {"complex": "number()", "positive": "positive()", "nonnegative": "nonnegative()"}
        return next((text for h, text in kinds.items() if h in hypotheses), "real()")
    one = names.dim(value.shape[0]).replace("'", '"')
    if rank == 1:
        if kind := _ordered(hypotheses, one):
            return kind
        if pair := next((h for h in hypotheses if h.startswith("values ")), ""):
            return _of_two(pair, one)
        if box := next((h for h in hypotheses if h.startswith("between ")), ""):
            return f"between({', '.join(box.split()[1:])}, {one})"
        vectors = (("simplex", "simplex"), ("unit", "unit_vector"), ("positive", "positive"),
                   ("nonnegative", "nonnegative"), ("complex", "matrix"))  # fmt: skip
        return f"{next((f for h, f in vectors if h in hypotheses), 'vector')}({one})"
    if "stochastic" in hypotheses:
        columns = names.dim(value.shape[1]).replace("'", '"')
        return f'stacked({one}, simplex({columns}), "stochastic rows: {name}")'
    if "joint" in hypotheses:
        return JOINT.format(dims)
    if {"hollow", "symmetric"} <= hypotheses:
        hypotheses = {"hollow symmetric"}
    for hypothesis, (title, code) in OWN.items():
        if hypothesis in hypotheses:
            return (f'built("{title}", ({one}, {one}), {{"x": ({one}, {one})}}, '
                    f'lambda xp, raw: {code}, covers="all")')  # fmt: skip
    complex_ = "complex" in hypotheses
    squares = (("spd", "spd"), ("unitary", "unitary"), ("hermitian", "hermitian"),
               ("antihermitian", "skew_hermitian"),
               ("orthogonal", "orthogonal"), ("symmetric", "symmetric"),
               ("invertible", "invertible" if complex_ else "real_invertible"))  # fmt: skip
    for hypothesis, function in squares:
        if hypothesis in hypotheses:
            return f"{function}({one})"
    whole = "matrix" if complex_ else "real_matrix"
    for hypothesis in ("positive", "nonnegative"):
        if hypothesis in hypotheses:
            whole = hypothesis
    return f"{whole}({dims})"


def _ordered(hypotheses: set[str], length: str) -> str:
    """Numbers in their order: each is what the steps up to it, or from it on, add up to."""
    order = next((h for h in ("falling", "rising") if h in hypotheses), "")
    if not order:
        return ""
    sums = "xp.triu" if order == "falling" else "xp.tril"
    code = f'{sums}(xp.ones(raw["x"].shape[0], raw["x"].shape[0])) @ (raw["x"] * raw["x"])'
    sign = next((h for h in ("positive", "nonnegative") if h in hypotheses), "")
    first = {"positive": ' + raw["y"] * raw["y"]', "nonnegative": ""}.get(sign, ' + raw["y"]')
    own = ', "y": ()' if first else ""
    nonzero = 'nonzero=("y",), ' if sign == "positive" else ""
    return (f'built("{order} numbers", ({length},), {{"x": ({length},){own}}}, lambda xp, raw: '
            f'{code}{first}, {nonzero}covers="all")')  # fmt: skip


def _of_two(hypothesis: str, length: str) -> str:
    """A number, or a vector of numbers, of two values."""
    low = hypothesis.split()[1]
    dims = f"({length},)" if length else "()"
    code = 'raw["s"]' if low == "-1" else '(1 + raw["s"]) / 2'
    return (f'built("of {low} and 1", {dims}, {{"s": {dims}}}, lambda xp, raw: {code}, '
            'signs=("s",), covers="all")')  # fmt: skip


OFFERED = (
    "AtMost", "Equal", "Gradient", "Source", "between", "built", "claim", "hermitian", "integer",
    "invertible", "matrix", "nonnegative", "number", "orthogonal", "positive", "real",
    "real_invertible", "real_matrix", "simplex", "skew_hermitian", "spd", "stacked", "symmetric",
    "unit_vector", "unitary", "vector",
)  # fmt: skip
"""What a claims file may need of the library."""

SHOWN = {
    "positive": "{} is positive", "nonnegative": "{} is nonnegative", "simplex":
    "{} is a probability vector", "unit": "{} is a unit vector", "symmetric": "{} is symmetric",
    "spd": "{} is positive definite", "invertible": "{} is invertible", "orthogonal":
    "{} is orthogonal", "skew": "{} is skew-symmetric",
    "stochastic": "the rows of {} are probability vectors", "psd": "{} is positive semidefinite",
    "joint": "{} is a joint distribution",
    "falling": "the entries of {} fall", "rising": "the entries of {} rise",
    "hollow": "the diagonal of {} vanishes", "integer": "{} is an integer",
    "sum one": "{} sums to one",
    "hermitian": "{} is Hermitian", "antihermitian": "{} is skew-Hermitian",
    "unitary": "{} is unitary", "complex": "{} is complex",
    "coefficient": "{} is a part of what stands for any of its kind",
    "nonzero": "{} is not zero, where that is needed", "full rank":
    "{} has full rank, where that is needed",
}  # fmt: skip


def _shown(hypothesis: str, name: str) -> str:
    if hypothesis.startswith("between "):
        return f"{name} lies between {' and '.join(hypothesis.split()[1:])}"
    if hypothesis.startswith("least "):
        return f"{name} is at least {hypothesis.split()[1]}"
    if hypothesis.startswith("values "):
        return f"{name} is made of {' and '.join(hypothesis.split()[1:])}"
    return SHOWN[hypothesis].format(name)


# --- the file -------------------------------------------------------------------------------------


def text(result: Result, target: str) -> str:
    """The claims file. Equations whose text cannot be made become stubs, as those not read."""
    helpers: dict[str, str] = {}
    for outcome in result.of("claim"):
        with suppress(Unread):
            _share(outcome, helpers, [d.name for d in result.definitions])
    made = [_made(outcome, result) for outcome in result.outcomes]
    tools: set[str] = set()
    used: set[str] = set()
    for outcome in result.of("claim"):
        assert outcome.claim is not None
        used |= outcome.claim.helpers.keys()
        tools |= outcome.claim.tools
    shown = [text for name, text in helpers.items() if name in used]
    body = "\n\n".join([*(TOOLS[t] for t in sorted(tools)), *shown, *made])
    head = _head(result, target)
    imports = _imports(body)
    defined = [o.equation.label for o in result.of("definition")]
    listed = "".join(f'    "{label}",\n' for label in defined)
    said = f"DEFINITIONS = (\n{listed})\n" if defined else "DEFINITIONS = ()\n"
    note = '"""Equations that say what something is called: there is nothing to judge in them."""\n'
    return f"{head}\n{imports}\n{said}{note}\n\n{body}"


def _share(outcome: Outcome, helpers: dict[str, str], order: Sequence[str]) -> None:
    """Give a claim's functions names under which the file has the same functions: one that means
    something else here, since what it rests on does, gets a name of its own."""
    reading = outcome.claim
    assert reading is not None
    for name in sorted(reading.helpers, key=lambda n: order.index(n) if n in order else -1):
        own, count = name, 1
        while helpers.setdefault(own, text := _helper(reading.helpers[own])) != text:
            count += 1
            outcome.claim = reading = _called(reading, own, f"{name}_form{count}")
            own = f"{name}_form{count}"


def _called(reading: Reading, old: str, new: str) -> Reading:
    """A claim one of whose functions has another name."""

    def again(code: str) -> str:
        return re.sub(rf"\b{old}\(xp\b", f"{new}(xp", code)

    helpers = {}
    for name, helper in reading.helpers.items():
        named = replace(helper.definition, name=new) if name == old else helper.definition
        helpers[new if name == old else name] = replace(
            helper, definition=named, code=again(helper.code)
        )
    relations = [(kind, again(a), again(b)) for kind, a, b in reading.relations]
    where = [again(each) for each in reading.where]
    return replace(reading, relations=relations, helpers=helpers, where=where)


def _head(result: Result, target: str) -> str:
    name = result.article.name
    unread = result.of("reason")
    claims, defined = (len(result.of(kind)) for kind in ("claim", "definition"))
    counts = (
        f"Of {len(result.outcomes)} displayed equations {claims} are claims and {defined} "
        f"definitions;\n{len(unread)} could not be read"
    )
    left = f": {', '.join(o.equation.label for o in unread)}." if unread else "."
    return f'''"""Claims read from {name} by `fieldcheck new`: from now on yours to edit.

    fieldcheck verify {target}            judge them
    fieldcheck coverage {name}   which equations are still unverified

{counts}{left}
Under each claim stands what was assumed to read it: mend it where that is not meant. The
neighbours are mechanical; the mistake that people make is a better one.
"""
'''


def _imports(body: str) -> str:
    names = [name for name in OFFERED if re.search(rf"\b{name}\(", body)]
    lines = [
        f"import {module}"
        for module in ("functools", "itertools", "math", "operator")
        if f"{module}." in body
    ]
    before = "\n".join(lines) + "\n\n" if lines else ""
    listed = ", ".join(names)
    one = f"from fieldcheck import {listed}\n" if names else ""
    if len(one) > 100:
        one = "from fieldcheck import (\n" + "".join(f"    {n},\n" for n in names) + ")\n"
    return before + one


def _helper(helper: Helper) -> str:
    definition = helper.definition
    names = Names(helper.inputs, helper.code)
    code, sources = names.filled(helper.code)
    locals_ = "".join(f"    {local} = {source}\n" for local, source in sources.items())
    where = f"Equation ({definition.label})" if definition.label else "In the text"
    arguments = ", ".join(("xp", *helper.arguments))
    doc = _doc(f"{where}, line {definition.line}: {definition.printed}")
    return f"def {definition.name}({arguments}):\n{doc}{locals_}    return {code}\n"


def _doc(words: str, indent: str = "    ") -> str:
    words = words.replace('"""', "'''")
    raw = "r" if "\\" in words else ""
    first, *rest = words.split("\n")
    if words.endswith(("\\", '"')):
        words += " "
    end = "" if not rest else f"\n{indent}"
    body = "\n".join([first, *(f"{indent}{line}" if line else "" for line in rest)])
    return f'{indent}{raw}"""{body}{end}"""\n'


def claim_id(stem: str, outcome: Outcome) -> str:
    own = f"{slug(stem)}-{outcome.key}"
    return f"article-{own}" if own in _taken() else own


@cache
def _taken() -> frozenset[str]:
    """The ids of the library's own register, beside which an article's claims are judged."""
    from fieldcheck import register

    return frozenset(register.load())


def _made(outcome: Outcome, result: Result) -> str:
    if outcome.definition is not None:
        used = any(
            outcome.definition.name in (o.claim.helpers if o.claim else ())
            for o in result.of("claim")
        )
        return "" if used else _comment(outcome.equation, "a definition that no claim uses")
    if outcome.claim is not None:
        try:
            with followed():
                return _python(outcome, result.article.name, {d.name for d in result.definitions})
        except Unread as reason:
            outcome.claim, outcome.reason = None, str(reason)
    return _stub(outcome, result.article.name)


def _python(outcome: Outcome, article: str, defined: Collection[str]) -> str:
    """A claim as text that Python reads, and so are the functions that it calls."""
    made = _claim(outcome, article, defined)
    assert outcome.claim is not None
    for text in (made, *map(_helper, outcome.claim.helpers.values())):
        try:
            ast.parse(text)
        except (SyntaxError, ValueError) as fault:
            raise Unread(f"a symbol makes no name that Python takes ({fault.args[0]})") from None
    return made


def _comment(equation: Equation, words: str) -> str:
    return f"# Equation ({equation.label}), line {equation.line}: {words}\n#     {equation.tex}\n"


def _claim(outcome: Outcome, article: str, defined: Collection[str] = ()) -> str:
    reading, equation = outcome.claim, outcome.equation
    assert reading is not None
    names = Names(reading.inputs, *(code for _, *both in reading.relations for code in both))
    lines, sources = [], {}
    for number, (kind, left, right) in enumerate(reading.relations):
        a, found = names.filled(left)
        b, more = names.filled(right)
        sources.update({**found, **more})
        lines.append(_relation(kind, a, b, first=number == 0))
    locals_ = "".join(f"    {local} = {source}\n" for local, source in sources.items())
    given = {
        n: domain(n, v, reading.hypotheses.get(n, set()), names) for n, v in reading.inputs.items()
    }
    choice, title, changed = ("more=0", "one more on the right side", "more=1")
    if reading.relations[0][0] == "AtMost":
        choice, title, changed = ("way=1", "the other way round", "way=-1")
    name = _function_name(outcome.key, reading, defined)
    doc = _doc("\n".join([f"Equation ({equation.label}) of {article}.", *_assumed(reading)]))
    returned = lines[0] if len(lines) == 1 else f"({', '.join(lines)})"
    if len(returned) > 85:
        inner = "".join(f"        {line},\n" for line in lines)
        returned = f"(\n{inner}    )" if len(lines) > 1 else returned
    arguments = ", ".join(["xp", *reading.inputs, "*", choice])
    described = ", ".join(f"{n}={d}" for n, d in given.items())
    identity = claim_id(Path(article).stem, outcome)
    return (
        "@claim(\n"
        f'    "{identity}",\n'
        f'    title="Equation ({equation.label})",\n'
        f'    sources=[Source({json.dumps(article)}, "line {equation.line}")],\n'
        f'    equations=["{equation.label}"],\n'
        f"    tex={_raw(equation.tex)},\n"
        f"    given=dict({described}),\n"
        f"{_where(reading)}{_sizes(reading, names)}"
        ")\n"
        f"def {name}({arguments}):\n{doc}{locals_}    return {returned}\n\n\n"
        f'{name}.vary("{title}", {changed})\n'
    )


def _where(reading: Reading) -> str:
    """The hypotheses that no domain has.

    Raises:
        Unread: one of them is more than a hypothesis of a claim can say.
    """
    for text in reading.where:
        try:
            hypotheses.names(text)
        except ValueError:
            raise Unread(f"what is assumed: {text.replace('⟦', '').replace('⟧', '')}") from None
    listed = ", ".join(f'"{text}"' for text in reading.where)
    return f"    where=[{listed}],\n" if listed else ""


def _sizes(reading: Reading, names: Names) -> str:
    """The numbers that the text leaves of a size, where it does not leave all."""
    listed = {}
    for value in reading.inputs.values():
        for length in value.shape:
            known = str(length.root.name).split("*")[-1]
            allowed = reading.allowed.get(known)
            if allowed and allowed != list(range(1, LARGEST + 1)):
                listed[names.known[id(length.root)].split("*")[-1]] = _numbers(allowed)
    inside = ", ".join(f"{name}={numbers}" for name, numbers in sorted(listed.items()))
    return f"    sizes=dict({inside}),\n" if inside else ""


def _numbers(found: list[int]) -> str:
    is_range = len(found) > 1 and found == list(range(found[0], found[-1] + 1))
    return f"range({found[0]}, {found[-1] + 1})" if is_range else str(found)


def _raw(tex: str) -> str:
    if '"' in tex or tex.endswith("\\"):
        return repr(tex)
    return f'r"{tex}"'


def _relation(kind: str, left: str, right: str, *, first: bool) -> str:
    if not first:
        return f"{kind}({left}, {right})"
    if kind == "AtMost":
        return f"AtMost(*({left}, {right})[::way])"
    right = "more" if right == "0" else f"{right} + more"
    return f"{kind}({left}, {right})"


def _assumed(reading: Reading) -> Iterator[str]:
    """What the reader of the file should look at, a line each."""
    said = [
        _shown(h, name)
        for name, hypotheses in reading.hypotheses.items()
        if name in reading.inputs
        for h in sorted(hypotheses)
    ]
    noted = [n for n in reading.notes if not any(n.startswith(s) for s in said)]
    taken = [n for n in reading.notes if n not in noted]
    plain = [s for s in said if not any(t.startswith(s) for t in taken)]
    if plain:
        yield ""
        yield f"The text says: {'; '.join(plain)}."
    if noted or taken:
        yield ""
        yield f"Assumed: {'; '.join([*taken, *noted])}."


def _function_name(key: str, reading: Reading, defined: Collection[str]) -> str:
    name = key.replace("-", "_")
    name = name if not name[:1].isdecimal() else f"equation_{name}"
    taken = {*reading.inputs, *reading.helpers, *reading.tools, *OFFERED, *defined, "xp"}
    return f"{name}_" if name in taken or keyword.iskeyword(name) else name


def _stub(outcome: Outcome, article: str) -> str:
    """An equation that was not read: the reason, and a claim to fill in."""
    equation = outcome.equation
    identity = claim_id(Path(article).stem, outcome)
    name = identity.replace("-", "_")
    lines: Iterable[str] = [
        f"Equation ({equation.label}), line {equation.line}, was not read: {outcome.reason}.",
        f"    {equation.tex}",
        "",
        "@claim(",
        f'    "{identity}",',
        f'    title="Equation ({equation.label})",',
        f'    sources=[Source({json.dumps(article)}, "line {equation.line}")],',
        f'    equations=["{equation.label}"],',
        "    given=dict(...),",
        ")",
        f"def {name}(xp, ...):",
        f'    """Equation ({equation.label}) of {article}."""',
        "    return Equal(..., ...)",
    ]
    return "\n".join(f"# {line}".rstrip() for line in lines) + "\n"
