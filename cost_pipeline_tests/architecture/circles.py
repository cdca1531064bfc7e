"""Which modules import each other in a circle, read from the syntax tree of every module.

Imports inside functions and under TYPE_CHECKING count: who hides an import knows of the circle.
"""

import ast
from collections.abc import Iterator, Mapping


def graph(sources: Mapping[str, ast.Module]) -> dict[str, set[str]]:
    """Each module with those of the given ones that it imports."""
    found = {}
    for name, tree in sources.items():
        known = {one for one in _imported(tree) if one in sources}
        # A package's own names come from its __init__, which is the module of that name.
        found[name] = known - {name}
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def circles(imports: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules of which each is reached from each other, sorted."""
    reached = {name: _reached(name, imports) for name in imports}
    groups = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in imports
        if name in reached[name]
    }
    return [list(group) for group in sorted(groups)]


def _reached(start: str, imports: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = imports[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found
