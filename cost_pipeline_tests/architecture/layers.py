"""Who may import whom, read from the syntax tree of every module.

Imports inside functions and under TYPE_CHECKING count: a hidden import is still a dependency.
"""

import ast
import gc
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "cost_pipeline"

_DOMAIN = {"core", "contracts"}
_SHARED = {"home", "acquire", "parse", "validate", "standing", "quarantine", "lake"}
ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "contracts": {"core"},
    "home": _DOMAIN,
    "acquire": _DOMAIN,
    "parse": _DOMAIN,
    "validate": _DOMAIN,
    "standing": _DOMAIN,
    "rules": _DOMAIN,
    "fx": _DOMAIN,
    "ledger": _DOMAIN | {"standing"},
    "quarantine": _DOMAIN,
    # What leaves waits and tries again as what comes in does.
    "dispatch": _DOMAIN | {"acquire"},
    "lake": _DOMAIN,
    # What every feed does: it knows none of them, and nothing that only one of them needs.
    "pipeline": _DOMAIN | _SHARED | {"dispatch"},
    "feeds": _DOMAIN | _SHARED | {"pipeline", "rules", "fx", "ledger"},
    # What a home holds, handed to notebooks; it reads only.
    "notebook": _DOMAIN | {"home", "lake", "pipeline", "feeds"},
    # The simulator plays the vendors and writes homes; it knows nothing of how they are processed.
    "simulator": _DOMAIN | {"home"},
    # Dagster is told of feeds by their declarations; which there are, it is given.
    "defs": _DOMAIN | {"home", "lake", "pipeline", "dispatch"},
    "definitions": {"core", "defs", "feeds", "home"},
    # What `dg` finds: a home as a component, a vendor file to scaffold.
    "components": {"core", "defs", "feeds", "home", "pipeline"},
    "commands": _DOMAIN | {"home", "lake", "pipeline", "feeds", "defs", "simulator"},
    "cli": {"core", "commands", "feeds", "pipeline"},
    "__main__": {"cli"},
}
"""Room to the rooms that it may import; its own is always allowed."""

# What only some rooms may import from outside.
GUARDED: dict[str, set[str]] = {
    "dagster": {"components", "defs", "definitions"},
    "aiohttp": {"acquire", "dispatch", "simulator"},
    "asyncssh": {"acquire", "simulator"},
    "deltalake": {"lake"},
    "pandas": {"notebook"},
}
CORE_IS_STANDARD_LIBRARY_ONLY = "core"
# Dagster's private modules may change with any release; one module of ours says which are used.
PRIVATE = "dagster._"
BORROWS = "defs/upstream.py"


def _parsed(source: str) -> ast.Module:
    """The syntax tree. Collecting garbage waits for it: CPython 3.11 cannot parse while it parses,
    and a finalizer that logs a traceback does (SystemError: AST constructor recursion depth).
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if collecting:
            gc.enable()


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Every imported module of a source text, with its line."""
    for node in ast.walk(_parsed(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield node.lineno, "." * node.level
            elif node.module == PACKAGE:
                yield from ((node.lineno, f"{PACKAGE}.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, str(node.module)


def violations(room: str, source: str, standard_library: frozenset[str]) -> list[str]:
    """What a module of `room` imports and may not."""
    found = []
    for line, module in imports(source):
        parts = module.split(".")
        if module.startswith("."):
            found.append(f"line {line}: relative import")
        elif parts[0] == PACKAGE:
            other = parts[1] if len(parts) > 1 else ""
            if other and other not in ALLOWED[room] | {room, "__version__"}:
                found.append(f"line {line}: {room} may not import {other}")
        elif parts[0] in GUARDED and room not in GUARDED[parts[0]]:
            found.append(f"line {line}: {room} may not import {parts[0]}")
        elif room == CORE_IS_STANDARD_LIBRARY_ONLY and parts[0] not in standard_library:
            found.append(f"line {line}: core may not import {parts[0]}")
    return found


def borrowed(module: Path, package: Path, source: str) -> list[str]:
    """What a module imports of Dagster's private modules and may not."""
    if module.relative_to(package).as_posix() == BORROWS:
        return []
    return [
        f"line {line}: {name} belongs into {BORROWS}"
        for line, name in imports(source)
        if name.startswith(PRIVATE)
    ]


def room_of(module: Path, package: Path) -> str:
    """The room of a module: its first folder, or its own name at the top."""
    relative = module.relative_to(package)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem
