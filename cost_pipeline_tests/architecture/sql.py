"""What a syntax tree says of the SQL in a module: values in quotes, and statements too long."""

import ast
import re
from collections.abc import Iterator

MOST = 10
"""So many lines may a statement have inside a function."""

# What comes before a value in SQL ("looks like" is English).
_WORDS = "in|like|then|else|when|and|between|date|timestamp|select"
_BEFORE = re.compile(
    rf"(?:[=<>(\[,]|\|\||(?<!\blooks )\b(?:{_WORDS}))\s*'%?$",
    re.IGNORECASE,
)
# What shows that a text is a statement.
_STATEMENT = re.compile(
    r"\bselect\b.*\bfrom\b|\bfrom\b.*\b(?:where|join)\b", re.IGNORECASE | re.DOTALL
)
_FIELD = re.compile(r"'(?:%s|%\(\w+\)s|(?<!\{)\{[\w.]*\}(?!\}))%?'")
_RUNNER = re.compile(r"\bcost_pipeline\.(?:core\.sql|contracts\.columns|lake\.snapshot)\b")


def quoted(tree: ast.Module) -> list[int]:
    """The lines on which a value is put between quotes by hand."""
    return sorted(set(_by_hand(tree)))


def too_long(tree: ast.Module) -> list[int]:
    """The lines on which a statement begins, inside a function, that is over `MOST` lines long."""
    return sorted(
        {
            node.lineno
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and _long(function)
            for node, text in _texts(function)
            if _long(node) and _STATEMENT.search(text)
        }
    )


def without_shape(tree: ast.Module, source: str) -> list[int]:
    """The lines on which a long statement of the module begins that says nowhere what it gives."""
    lines, found = source.splitlines(), []
    for place, statement in enumerate(tree.body):
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        long = _long(statement) and any(
            _long(node) and _STATEMENT.search(text) for node, text in _texts(statement)
        )
        below = tree.body[place + 1] if place + 1 < len(tree.body) else None
        told = _is_text(below) or lines[statement.lineno - 2].startswith("#")
        if long and not told:
            found.append(statement.lineno)
    return found


def _long(node: ast.stmt | ast.expr) -> bool:
    return (node.end_lineno or node.lineno) - node.lineno + 1 > MOST


def _is_text(node: ast.stmt | None) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _texts(root: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Every text under a node but docstrings, with `{}` for what an f-string puts in."""
    nodes = list(ast.walk(root))
    skipped = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            skipped.update(map(id, node.values))
    for node in nodes:
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in skipped:
            if isinstance(node, ast.JoinedStr):
                yield node, "".join(map(_part, node.values))
            elif isinstance(node.value, str):
                yield node, node.value


def _part(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "{}"


def _by_hand(tree: ast.Module) -> Iterator[int]:
    texts, nodes = list(_texts(tree)), list(ast.walk(tree))
    runs = any(isinstance(n, ast.ImportFrom) and _RUNNER.search(n.module or "") for n in nodes)
    speaks = runs or any(_STATEMENT.search(text) for _, text in texts)
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield from _in_f_string(node, alone=speaks)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and speaks:
            ends = (node.left, node.right)
            if any(isinstance(end, ast.Constant) and end.value == "'" for end in ends):
                yield node.lineno
    for node, text in texts:
        if isinstance(node, ast.Constant):
            for found in _FIELD.finditer(text):
                if _BEFORE.search(text[: found.start() + 1]):
                    yield node.lineno + text.count("\n", 0, found.start())


def _in_f_string(node: ast.JoinedStr, *, alone: bool) -> Iterator[int]:
    """Values of an f-string between quotes; one that is nothing else is SQL if the module is."""
    if alone and [_part(value) for value in node.values] == ["'", "{}", "'"]:
        yield node.lineno
        return
    for place, value in enumerate(node.values[1:-1], 1):
        before, after = node.values[place - 1], node.values[place + 1]
        if (
            isinstance(value, ast.FormattedValue)
            and re.match(r"%?'", _part(after))
            and _BEFORE.search(_part(before))
        ):
            yield value.lineno
