"""Gradients, Hessians, partial and time derivatives."""

from __future__ import annotations

import re
from dataclasses import replace

from fieldcheck.start.meaning.sums import Sums
from fieldcheck.start.meaning.values import ADD, ATOM, FREELY, Value
from fieldcheck.start.signs import MEAN_CALLS, Node, Unread, called


class Calculus(Sums):
    """Values of derivatives."""

    # -- derivatives ------------------------------------------------------------------------------
    def _the_vector(self, body: Node) -> Node:
        """The one vector of which a formula speaks: in which else is it derived?"""
        if body.op == "sym" and body.args[0] in self.by_name:
            params = self.by_name[body.args[0]].params
            if len(params) == 1:
                return Node("sym", params)
        found = set()
        for name in called(body):
            if name in self.by_name or name in MEAN_CALLS:
                continue
            said = self.declared.get(name)
            rank = said.rank if said and said.rank is not None else self.guess.get(name)
            if rank == 1:
                found.add(name)
        if len(found) != 1 or any(n in self.by_name for n in called(body)):
            raise Unread("a derivative that does not say in which variable")
        (name,) = found
        self.note(f"it is derived in {name}")
        return Node("sym", (name,))

    def _component(self, body: Node, index: str) -> Value:
        """The derivative in one entry of the vector of which a formula speaks."""
        inner = body
        while inner.op in ("component", "index"):
            inner = inner.args[0]
        at: tuple[Node, ...] = inner.args[1] if inner.op == "call" else ()
        is_at = len(at) == 1 and at[0].op == "sym" and at[0].args[0] not in self.by_name
        variable = at[0] if is_at else self._the_vector(inner)
        return self._partial(body, Node("index", (variable, (index,))))

    def _divergence(self, body: Node, wrt: Node | None) -> Value:
        """The trace of the derivative of a field."""
        inner = body
        while inner.op in ("neg", "gradient"):
            inner = inner.args[0]
        at: tuple[Node, ...] = inner.args[1] if inner.op == "call" else ()
        is_at = len(at) == 1 and at[0].op == "sym" and at[0].args[0] not in self.by_name
        name, variable = self.variable(wrt or (at[0] if is_at else self._the_vector(inner)), body)
        made = self.value(body)
        if len(made.shape) != 1 or made.row or made.axes or len(variable.shape) != 1:
            raise Unread(f"the divergence of {made.describe()}")
        made.shape[0].unify(variable.shape[0], "a divergence")
        return Value(f"xp.trace({self._derived('jacobian', name, made)})")

    def _laplacian(self, body: Node, wrt: Node | None) -> Value:
        return self._divergence(Node("gradient", (body, wrt)), wrt)

    def _speed(self, name: str) -> Value:
        """How a state moves that may move as it likes: an input of its own."""
        if name not in self.curves or any(d.pattern.op == "rate" for d in self.definitions):
            raise Unread(f"a time derivative of {name}, of which no flow is said")
        state, speed = self.symbol(name), f"{name}_dot"
        if state.several or self._is_complex(name) or self.hypotheses[name] - FREELY:
            raise Unread(f"a time derivative of {name}, which does not move freely")
        if speed not in self.inputs:
            self.inputs[speed] = Value(speed, shape=state.shape)
            self.hypotheses[speed] = set()
            self.note(f"{speed} is any derivative of {name}")
        return self.inputs[speed]

    def _rate(self, body: Node) -> Value:
        """The derivative along the flow that the article says its symbols have."""
        flows = [d.pattern.args[0] for d in self.definitions if d.pattern.op == "rate"]
        body = self._called_at(body, flows[0] if len(set(flows)) == 1 else None)
        if body.op == "sym" and body.args[0] not in self.by_name:
            return self._speed(body.args[0])
        made = self.value(body)
        moved = []
        for name in sorted(set(self.curves) & self.inputs.keys()):
            if re.search(rf"\b{name}\b", made.code):
                speed = self._speed(name)
                moved.append(f"xp.push(lambda {name}: {made.code}, {name}, {speed.code})")
        for definition in self.definitions:
            if definition.pattern.op != "rate":
                continue
            name = definition.pattern.args[0].args[0]
            if re.search(rf"\b{name}\b", made.code) and name not in self.by_name:
                state, speed = self.symbol(name), self.value(definition.pattern)
                self._same(state, speed, "a state and its speed")
                moved.append(f"xp.push(lambda {name}: {made.code}, {name}, {speed.code})")
        if not moved:
            raise Unread("a time derivative of what no flow moves")
        return replace(made, code=" + ".join(moved), level=ADD, plain=False)

    def variable(self, node: Node | None, body: Node) -> tuple[str, Value]:
        """What a derivative is taken in: an input, or a parameter of the definition around it."""
        if node is None:
            if body.op == "call" and len(body.args[1]) == 1 and body.args[1][0].op == "sym":
                node = body.args[1][0]
            else:
                node = self._the_vector(body)
        if node.op != "sym":
            raise Unread("a derivative in what is no variable")
        name = node.args[0]
        if name in self.by_name:
            raise Unread(f"a derivative in {name}, which is defined by others")
        variable = self.symbol(name)
        if variable.plain:
            raise Unread(f"a derivative in the size {name}")
        if self._is_complex(name):
            raise Unread("a derivative in a complex variable")
        return name, variable

    @staticmethod
    def _derived(tool: str, name: str, made: Value) -> str:
        if not re.search(rf"\b{name}\b", made.code):
            raise Unread(f"a derivative in {name}, of which what is derived does not speak")
        return f"xp.{tool}(lambda {name}: {made.code}, {name})"

    def _called_at(self, body: Node, wrt: Node | None) -> Node:
        """A function without its argument, in a derivative: at the variable."""
        inner = wrt
        while inner is not None and inner.op in ("conj", "index"):
            inner = inner.args[0]
        definition = self.by_name.get(body.args[0]) if body.op == "sym" else None
        if inner is None or definition is None or len(definition.params) != 1 or inner.op != "sym":
            return body
        return Node("call", (body.args[0], (inner,)))

    def _of_defined(self, op: str, body: Node, wrt: Node | None) -> Value | None:
        """A derivative in a symbol that is defined by others: where it has this value, in the
        formula in which it stands as a variable."""
        name = wrt.args[0] if wrt is not None and wrt.op == "sym" else ""
        is_bound = any(name in scope for scope in self.locals)
        if name not in self.by_name or self.by_name[name].params or is_bound:
            return None
        at = self.value(Node("sym", (name,)))
        if at.axes or at.row or at.plain:
            return None
        self.locals.append({name: Value(name, shape=at.shape)})
        definition = self.by_name.pop(name)
        try:
            made = self.read(Node(op, (body, wrt)))
        finally:
            self.locals.pop()
            self.by_name[name] = definition
        self.note(f"it is derived in {name}, at the value that it has")
        return replace(made, code=f"(lambda {name}: {made.code})({at.code})", level=ATOM)

    def _gradient(self, body: Node, wrt: Node | None) -> Value:
        if (found := self._of_defined("gradient", body, wrt)) is not None:
            return found
        body = self._called_at(body, wrt)
        if wrt is not None and wrt.op == "conj":
            return self._wirtinger(body, wrt)
        if wrt is not None and wrt.op in ("index", "label"):
            return self._partial(body, wrt)
        if wrt is None and body.op == "call" and len(body.args[1]) == 1:
            (at,) = body.args[1]
            if at.op != "sym" or at.args[0] in self.by_name:
                return self._gradient_at(body.args[0], self.value(at))
        name, variable = self.variable(wrt, body)
        made = self.number(body, "the gradient")
        if made.axes:
            raise Unread("the gradient of an entry")
        return Value(self._derived("gradient", name, made), ATOM, (), variable.shape)

    def _gradient_at(self, function: str, at: Value) -> Value:
        if at.axes or at.row or at.plain:
            raise Unread("a gradient at an entry")
        self.locals.append({"t_": Value("t_", shape=at.shape)})
        try:
            inner = self.number(Node("call", (function, (Node("sym", ("t_",)),))), "the gradient")
        finally:
            self.locals.pop()
        return Value(f"xp.gradient(lambda t_: {inner.code}, {at.code})", ATOM, (), at.shape)

    def _hessian(self, body: Node, wrt: Node | None) -> Value:
        name, variable = self.variable(wrt, body)
        if len(variable.shape) != 1:
            raise Unread(f"a second derivative in {variable.describe()}")
        first = self._gradient(body, wrt)
        shape = (variable.shape[0], variable.shape[0])
        return Value(self._derived("jacobian", name, first), ATOM, (), shape)

    def _of_several(self, letter: str) -> tuple[Node, str]:
        """What ``x_i`` is one of, to derive in it, and how the derivative is turned."""
        said = self.declared.get(f"{letter}_all")
        if said is None or said.of == "eye":
            raise Unread(f"a derivative in {letter} with an index")
        return Node("sym", (said.of or said.name,)), ".T" if said.of and said.columns else ""

    def _along(self, body: Node, directions: tuple[Node, ...]) -> Value:
        """``D f(x)[h]``, ``D^2 f(x)[h, k]``: the derivative along directions, one after another."""
        is_call = body.op == "call" and body.args[0] in self.by_name and len(body.args[1]) == 1
        at = self.value(body.args[1][0] if is_call else self._the_variable(body))
        name = "t_" if is_call else at.code
        if at.axes or at.row or not (is_call or re.fullmatch(r"\w+", name)):
            raise Unread("a derivative along a direction, at an entry")
        ways = [self.value(each) for each in directions]
        for each in ways:
            self._same(at, each, "a derivative along a direction")
        self.locals.append({name: Value(name, shape=at.shape)})
        try:
            inner = Node("call", (body.args[0], (Node("sym", (name,)),))) if is_call else body
            made = self.value(inner)
        finally:
            self.locals.pop()
        if made.axes:
            raise Unread("a derivative of an entry along a direction")
        code = made.code
        for k, each in enumerate(ways, 1):
            point = at.code if k == len(ways) else name
            code = f"xp.push(lambda {name}: {code}, {point}, {each.code})"
        return replace(made, code=code, level=ATOM, plain=False)

    def _at(self, body: Node, name: str, place: Node) -> Value:
        """A formula where a symbol has a value."""
        at = self.value(place)
        if at.axes or at.row:
            raise Unread("a value at an entry")
        self.locals.append({name: Value(name, shape=at.shape)})
        try:
            made = self.value(body)
        finally:
            self.locals.pop()
        return replace(made, code=f"(lambda {name}: {made.code})({self._lifted(at)})", level=ATOM)

    def _the_variable(self, body: Node) -> Node:
        """The one vector, or else the one matrix, of which a formula speaks."""
        found = {n for n in self._spoken_of(body) if n in self.inputs or n in self.declared}
        shaped = [n for n in sorted(found) if n not in self.by_name and self.symbol(n).shape]
        if len(shaped) != 1:
            raise Unread("a derivative that does not say in which variable")
        self.note(f"it is derived in {shaped[0]}")
        return Node("sym", (shaped[0],))

    def _in_number(self, name: str, made: Value) -> Value:
        """The derivative of a vector or a matrix in a number."""
        self._derived("push", name, made)
        return replace(
            made, code=f"xp.push(lambda {name}: {made.code}, {name}, xp.one)", level=ATOM
        )

    def _partial_of_several(self, body: Node, wrt: Node) -> Value:
        """A derivative in one vector of several, for each of them at once."""
        letter, names = wrt.args if wrt.op == "label" else (wrt.args[0].args[0], wrt.args[1])
        names = (names,) if wrt.op == "label" else names
        base, turned = self._of_several(letter)
        name, variable = self.variable(base, body)
        made = self.number(body, "the gradient")
        shape = variable.shape[::-1] if turned else variable.shape
        if made.axes or len(names) != 1:
            raise Unread("the gradient of an entry")
        shape[0].unify(self.index_length(names[0]), "the index of a derivative")
        code = f"{self._derived('gradient', name, made)}{turned}"
        return Value(code, ATOM, names, shape[1:])

    def _looped_partial(self, body: Node, wrt: Node) -> Value:
        """A derivative in an entry, or in one vector of several."""
        if wrt.op == "label":
            wrt = Node("index", (Node("sym", (wrt.args[0],)), wrt.args[1:]))
        base, names = wrt.args if wrt.op == "index" else (wrt, ())
        base = self.entries_of(base, names)
        turned = ""
        if names and self._are_several(base):
            base, turned = self._of_several(base.args[0])
        name, variable = self.variable(base, body)
        shape = variable.shape[::-1] if turned else variable.shape
        is_entry = len(names) == len(shape) or (len(names) == 1 and (turned or variable.several
                                                or base.args[0] != wrt.args[0]))  # fmt: skip
        if names and not is_entry:
            raise Unread(f"{len(names)} indices at {variable.describe()}")
        for own, index in zip(shape, names, strict=False):
            own.unify(self.index_length(index), "the index of a derivative")
        made = self.value(body)
        picks = f"[{', '.join(names)}]" if names else ""
        if not made.shape:
            code = f"{self._derived('gradient', name, made)}{turned}{picks}"
            return Value(code, ATOM, (), shape[len(names) :])
        if not variable.shape and not names:
            return self._in_number(name, made)
        if len(made.shape) != 1 or made.row or len(variable.shape) != 1:
            raise Unread(f"the derivative of {made.describe()} in {variable.describe()}")
        code = self._derived("jacobian", name, made)
        if names:
            return Value(f"{code}[:, {names[0]}]", ATOM, (), made.shape)
        return Value(code, ATOM, (), (*made.shape, *variable.shape))

    def _slot(self, body: Node, wrt: Node) -> Value:
        """A partial derivative in a scheme, of what may not depend on the variable at all."""
        try:
            return self._partial(body, wrt)
        except Unread as reason:
            free = [n for n in called(body) if n in self.inputs and n not in self.declared]
            if "does not speak" not in str(reason) or free:
                raise
            return Value("0", plain=True)

    def _wirtinger(self, body: Node, wrt: Node) -> Value:
        """The derivative of a number in a complex variable, or in its conjugate."""
        node = wrt.args[0] if wrt.op == "conj" else wrt
        base, names = node.args if node.op == "index" else (node, ())
        if base.op != "sym" or base.args[0] in self.by_name:
            raise Unread("a derivative in what is no complex variable")
        variable, made = self.symbol(base.args[0]), self.number(body, "a derivative")
        name = base.args[0]
        if made.axes or len(names) not in (0, len(variable.shape)):
            raise Unread("a derivative of an entry in a complex variable")
        if not re.search(rf"\b{name}\b", made.code):
            raise Unread(f"a derivative in {name}, of which what is derived does not speak")
        for own, index in zip(variable.shape, names, strict=False):
            own.unify(self.index_length(index), "the index of a derivative")
        inner = made.code if wrt.op == "conj" else f"xp.conj({made.code})"
        code = f"xp.wirtinger(lambda {name}: {inner}, {name})"
        code = code if wrt.op == "conj" else f"xp.conj({code})"
        if self.looped and names:
            return Value(f"{code}[{', '.join(names)}]")
        return Value(code, ATOM, names, () if names else variable.shape)

    def _partial(self, body: Node, wrt: Node) -> Value:
        if (found := self._of_defined("partial", body, wrt)) is not None:
            return found
        if wrt.op == "index" and wrt.args[0].op in ("conj", "star"):  # of an entry: its conjugate
            wrt = Node("conj", (Node("index", (wrt.args[0].args[0], wrt.args[1])),))
        if wrt.op == "star" and wrt.args[0].op == "index":
            wrt = Node("conj", wrt.args)
        body = self._called_at(body, wrt)
        inner = wrt.args[0] if wrt.op in ("conj", "index") else wrt
        inner = inner.args[0] if inner.op == "index" else inner
        is_variable = inner.op == "sym" and inner.args[0] not in self.by_name
        if wrt.op == "conj" or (is_variable and self._is_complex(inner.args[0])):
            return self._wirtinger(body, wrt)
        if wrt.op == "T":
            raise Unread("a derivative in a transpose")
        if self.looped:
            return self._looped_partial(body, wrt)
        if wrt.op == "label" or (wrt.op == "index" and self._are_several(wrt.args[0])):
            return self._partial_of_several(body, wrt)
        base, names = wrt.args if wrt.op == "index" else (wrt, ())
        base = self.entries_of(base, names)
        name, variable = self.variable(base, body)
        if len(names) not in (0, len(variable.shape)):
            raise Unread(f"{len(names)} indices at {variable.describe()}")
        for own, index in zip(variable.shape, names, strict=False):
            own.unify(self.index_length(index), "the index of a derivative")
        made = self.value(body)
        if len(made.shape) == 1 and len(variable.shape) == 1 and not names and not made.axes:
            code = self._derived("jacobian", name, made)
            return Value(code, ATOM, (), (*made.shape, *variable.shape))
        if made.shape and not variable.shape and not names:
            return self._in_number(name, made)
        if made.shape:
            raise Unread(f"the derivative of {made.describe()}")
        if made.axes:
            if len(made.axes) != 1 or len(names) != 1:
                raise Unread("the derivative of an entry in a matrix")
            if made.axes == names:
                raise Unread("the derivative of an entry in the same entry")
            code = self._derived("jacobian", name, made)
            return Value(code, ATOM, (*made.axes, *names))
        code = self._derived("gradient", name, made)
        return Value(code, ATOM, names, () if names else variable.shape)

    def _prime(self, node: Node) -> Value:
        times = 1
        while node.op == "prime":
            (node,), times = node.args, times + 1
        if node.op != "call" or len(node.args[1]) != 1:
            raise Unread("a prime that is no derivative of a function of one number")
        argument = self.number(node.args[1][0], "a derivative")
        if argument.axes:
            raise Unread("a derivative at an entry")
        self.locals.append({"t_": Value("t_")})
        try:
            inner = self.number(
                Node("call", (node.args[0], (Node("sym", ("t_",)),))), "a derivative"
            )
        finally:
            self.locals.pop()
        code = inner.code
        for _ in range(times - 1):
            code = f"xp.gradient(lambda t_: {code}, t_)"
        return Value(f"xp.gradient(lambda t_: {code}, {argument.code})")
