"""The trees that the Python reader is tested with are the ones that CPython's `ast` gives.

`tests/gap/python/*.txt` hold blocks of Python, each followed by its tree behind `| `.
src/gap/read/python/python_syntax_test.cc checks that libgap reads that tree; this, that it is
right.
"""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "python"
BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.BitAnd: "&",
}
COMPARE = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
UNARY = {ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
ALONE = {"True": "True", "False": "False", "None": "None", "Ellipsis": "Ellipsis"}


def blocks(path: Path) -> list[tuple[str, str]]:
    """The sources of a file and the trees that it gives for them."""
    found = []
    for block in path.read_text(encoding="utf-8").strip("\n").split("\n\n"):
        lines = block.split("\n")
        source = "\n".join(line for line in lines if not line.startswith("|"))
        tree = "\n".join(line[2:] for line in lines if line.startswith("|"))
        found.append((source, tree))
    return found


def quoted(text: str) -> str:
    """A text as the dump of the C++ tests quotes it."""
    escaped = (f"\\x{ord(c):02x}" if c < " " or c in "'\\" else c for c in text)
    return "'" + "".join(escaped) + "'"


class Dump:
    """Writes CPython's tree as src/gap/read/python/python_dump_test.h writes libgap's."""

    def __init__(self, source: str) -> None:
        self.source = source

    def block(self, statements: list[ast.stmt], depth: int = 0) -> str:
        """Statements, one or more lines each."""
        return "\n".join(self.statement(stmt, depth) for stmt in statements)

    def nested(self, depth: int, **parts: list[ast.stmt]) -> str:
        """The blocks of a compound statement."""
        lines = []
        for title, statements in parts.items():
            if statements:
                lines.append("\n" + "  " * (depth + 1) + title.rstrip("_") + ":")
                lines.append("\n" + self.block(statements, depth + 2))
        return "".join(lines)

    def optional(self, title: str, node: ast.expr | None) -> str:
        """A part that may be missing."""
        if node is None:
            return ""
        return f" {title} {self.expr(node)}" if title else f" {self.expr(node)}"

    def items(self, nodes: list) -> str:
        """A list of expressions; nothing for an empty one."""
        if not nodes:
            return ""
        return "[" + ", ".join(n if isinstance(n, str) else self.expr(n) for n in nodes) + "]"

    def statement(self, node: ast.stmt, depth: int) -> str:
        """One statement."""
        name = type(node).__name__.removeprefix("Async")
        write: Callable[[ast.stmt, int], str] = getattr(self, "stmt_" + name)
        prefix = "async " if type(node).__name__.startswith("Async") else ""
        return "  " * depth + prefix + write(node, depth)

    def stmt_FunctionDef(self, node, depth):
        returns = self.optional("->", node.returns)
        decorators = " decorators" + self.items(node.decorator_list) if node.decorator_list else ""
        doc = ""
        first = node.body[0]
        if ast.get_docstring(node, clean=False) is not None:
            doc = " doc " + quoted(ast.get_source_segment(self.source, first.value))
        head = f"def {node.name}{self.parameters(node.args)}{returns}{decorators}{doc}"
        return head + self.nested(depth, body=node.body)

    def stmt_ClassDef(self, node, depth):
        bases = sorted(node.bases + node.keywords, key=lambda n: (n.lineno, n.col_offset))
        head = f"class {node.name}"
        if bases:
            head += " bases" + self.items(bases)
        if node.decorator_list:
            head += " decorators" + self.items(node.decorator_list)
        return head + self.nested(depth, body=node.body)

    def stmt_Import(self, node, depth):
        return "import" + self.names(node)

    def stmt_ImportFrom(self, node, depth):
        names = " *" if node.names[0].name == "*" else self.names(node)
        return f"from {node.level} {node.module or ''}{names}"

    def names(self, node):
        return "".join(f" {a.name} as {a.asname}" if a.asname else f" {a.name}" for a in node.names)

    def stmt_Assign(self, node, depth):
        return "assign " + self.items(node.targets) + self.optional("=", node.value)

    def stmt_AnnAssign(self, node, depth):
        annotation = self.optional(":", node.annotation)
        return "assign " + self.items([node.target]) + annotation + self.optional("=", node.value)

    def stmt_AugAssign(self, node, depth):
        operator = BINARY[type(node.op)] + "="
        return "assign " + self.items([node.target]) + self.optional(operator, node.value)

    def stmt_Delete(self, node, depth):
        return "del " + self.items(node.targets)

    def stmt_TypeAlias(self, node, depth):
        return f"type {node.name.id}" + self.optional("=", node.value)

    def stmt_If(self, node, depth):
        blocks = self.nested(depth, then=node.body, else_=node.orelse)
        return "if" + self.optional("", node.test) + blocks

    def stmt_For(self, node, depth):
        head = "for" + self.optional("", node.target) + self.optional("in", node.iter)
        return head + self.nested(depth, body=node.body, else_=node.orelse)

    def stmt_While(self, node, depth):
        blocks = self.nested(depth, body=node.body, else_=node.orelse)
        return "while" + self.optional("", node.test) + blocks

    def stmt_With(self, node, depth):
        head = "with"
        for item in node.items:
            head += self.optional("", item.context_expr) + self.optional("as", item.optional_vars)
        return head + self.nested(depth, body=node.body)

    def stmt_Try(self, node, depth):
        text = "try" + self.nested(depth, body=node.body)
        for handler in node.handlers:
            text += "\n" + "  " * depth + "except" + self.optional("", handler.type)
            text += f" as {handler.name}" if handler.name else ""
            text += self.nested(depth, body=handler.body)
        return text + self.nested(depth, else_=node.orelse, finally_=node.finalbody)

    stmt_TryStar = stmt_Try

    def stmt_Match(self, node, depth):
        text = "match" + self.optional("", node.subject)
        for case in node.cases:
            text += "\n" + "  " * depth + "case Opaque" + self.optional("if", case.guard)
            text += self.nested(depth, body=case.body)
        return text

    def stmt_Return(self, node, depth):
        return "return" + self.optional("", node.value)

    def stmt_Raise(self, node, depth):
        return "raise" + self.optional("", node.exc) + self.optional("from", node.cause)

    def stmt_Assert(self, node, depth):
        return "assert" + self.optional("", node.test) + self.optional(",", node.msg)

    def stmt_Global(self, node, depth):
        return " ".join(["global", *node.names])

    def stmt_Nonlocal(self, node, depth):
        return " ".join(["nonlocal", *node.names])

    def stmt_Expr(self, node, depth):
        return self.expr(node.value)

    def stmt_Pass(self, node, depth):
        return type(node).__name__.lower()

    stmt_Break = stmt_Continue = stmt_Pass

    def parameters(self, args: ast.arguments) -> str:
        """The parameters of a function or lambda."""
        positional = args.posonlyargs + args.args
        defaults = [None] * (len(positional) - len(args.defaults)) + args.defaults
        rows = [
            ("/" if i < len(args.posonlyargs) else "", parameter, default)
            for i, (parameter, default) in enumerate(zip(positional, defaults, strict=True))
        ]
        if args.vararg:
            rows.append(("*", args.vararg, None))
        rows += [("kw ", *row) for row in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
        if args.kwarg:
            rows.append(("**", args.kwarg, None))
        shown = (
            kind + p.arg + self.optional(":", p.annotation) + self.optional("=", default)
            for kind, p, default in rows
        )
        return "(" + ", ".join(shown) + ")"

    def expr(self, node: ast.AST | None) -> str:
        """One expression."""
        if node is None:
            return "-"
        name = type(node).__name__
        if hasattr(self, "expr_" + name):
            return getattr(self, "expr_" + name)(node)
        # The rest are their name and the expressions that they hold, in order.
        parts = [value for _, value in ast.iter_fields(node)]
        flat = []
        for part in parts:
            flat += part if isinstance(part, list) else [part]
        return name + self.items([part for part in flat if isinstance(part, ast.expr)])

    def expr_Name(self, node):
        return "Name" + quoted(node.id)

    def expr_Attribute(self, node):
        return "Attribute" + quoted(node.attr) + self.items([node.value])

    def expr_Subscript(self, node):
        inner = node.slice
        if isinstance(inner, ast.Tuple) and not self.is_one_subscript(inner):
            return "Subscript" + self.items([node.value, *inner.elts])
        return "Subscript" + self.items([node.value, inner])

    def is_one_subscript(self, node):
        """Whether a tuple is written as one: in parentheses, or as `a,`."""
        text = ast.get_source_segment(self.source, node)
        if text.startswith("(") and len(ast.parse(f"[{text}]").body[0].value.elts) == 1:
            return True
        return len(node.elts) == 1 and not isinstance(node.elts[0], ast.Starred)

    def expr_Call(self, node):
        arguments = sorted(node.args + node.keywords, key=lambda n: (n.lineno, n.col_offset))
        return "Call" + self.items([node.func, *arguments])

    def expr_keyword(self, node):
        if node.arg is None:
            return "DoubleStarred" + self.items([node.value])
        return "Keyword" + quoted(node.arg) + self.items([node.value])

    def expr_Constant(self, node):
        if isinstance(node.value, str):
            return "String" + quoted(node.value)
        if isinstance(node.value, bytes):
            return "Bytes" + quoted(node.value.decode("latin-1"))
        text = "Ellipsis" if node.value is ... else str(node.value)
        return ALONE.get(text) or "Number" + quoted(ast.get_source_segment(self.source, node))

    def expr_JoinedStr(self, node):
        return "FString" + self.items(node.values)

    def expr_FormattedValue(self, node):
        if node.conversion in (-1, ord("s")) and node.format_spec is None:
            return self.expr(node.value)
        return "FormattedValue" + self.items([node.value])

    def expr_TemplateStr(self, node):
        return "Opaque"

    def expr_Dict(self, node):
        items = []
        for key, value in zip(node.keys, node.values, strict=True):
            items += [key, value] if key else ["DoubleStarred" + self.items([value])]
        return "Dict" + self.items(items)

    def expr_comprehension(self, name, node, *element):
        items = list(element)
        for clause in node.generators:
            items.append("CompFor" + self.items([clause.target, clause.iter]))
            items += ["CompIf" + self.items([test]) for test in clause.ifs]
        return name + self.items(items)

    def expr_ListComp(self, node):
        return self.expr_comprehension("ListComp", node, node.elt)

    def expr_SetComp(self, node):
        return self.expr_comprehension("SetComp", node, node.elt)

    def expr_GeneratorExp(self, node):
        return self.expr_comprehension("Generator", node, node.elt)

    def expr_DictComp(self, node):
        return self.expr_comprehension("DictComp", node, node.key, node.value)

    def expr_Lambda(self, node):
        return "Lambda" + self.parameters(node.args) + self.optional(":", node.body)

    def expr_IfExp(self, node):
        return "IfExp" + self.items([node.test, node.body, node.orelse])

    def expr_BoolOp(self, node):
        return "BoolOp" + quoted(type(node.op).__name__.lower()) + self.items(node.values)

    def expr_UnaryOp(self, node):
        return "UnaryOp" + quoted(UNARY[type(node.op)]) + self.items([node.operand])

    def expr_BinOp(self, node):
        return "BinaryOp" + quoted(BINARY[type(node.op)]) + self.items([node.left, node.right])

    def expr_Compare(self, node):
        operators = {COMPARE[type(op)] for op in node.ops}
        if len(operators) > 1:
            return "Opaque"
        return "Compare" + quoted(operators.pop()) + self.items([node.left, *node.comparators])

    def expr_Slice(self, node):
        return "Slice[" + ", ".join(map(self.expr, (node.lower, node.upper, node.step))) + "]"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_expected_trees_are_cpythons(path):
    for source, tree in blocks(path):
        try:
            module = ast.parse(source)
        except SyntaxError:
            # Not of this Python: a newer one checks it.
            assert path.stem == "newer", source
            continue
        assert Dump(source).block(module.body) == tree, source
