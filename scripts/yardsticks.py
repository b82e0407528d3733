"""Measure the code against its yardsticks: lengths, annotations, docstrings, import cycles.

Run ``python scripts/yardsticks.py``; the exit code is 1 where a yardstick is missed.
"""

import ast
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    name: str
    lines: int
    tree: ast.Module


def modules() -> list[Module]:
    """All files under src that hold more than nothing."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        parts = path.relative_to(SOURCE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if text.strip():
            found.append(Module(name, len(text.splitlines()), ast.parse(text)))
    return found


def functions(module: Module) -> list[Function]:
    """All functions and methods, nested ones too."""
    return [node for node in ast.walk(module.tree) if isinstance(node, Function)]


def annotated(function: Function) -> bool:
    """Whether the result and every argument but self and cls have a type."""
    a = function.args
    named = [*a.posonlyargs, *a.args, *a.kwonlyargs, *(x for x in (a.vararg, a.kwarg) if x)]
    types = [x.annotation for x in named if x.arg not in {"self", "cls"}]
    return function.returns is not None and None not in types


def public(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, bool]]:
    """Public classes, functions and methods, and whether they have a docstring; overloads speak through the last."""
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list):
            continue
        yield f"{prefix}.{node.name}", ast.get_docstring(node) is not None
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{prefix}.{node.name}")


def imports(module: Module, names: set[str]) -> set[str]:
    """Modules of the package that this one imports at any time, but for type checkers alone."""
    found = set()
    waiting: list[ast.AST] = [module.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & names) or {node.module}
        waiting.extend(ast.iter_child_nodes(node))
    return (found & names) - {module.name}


def cycles(found: list[Module]) -> list[str]:
    """Modules that can be reached from themselves."""
    names = {module.name for module in found}
    graph = {module.name: imports(module, names) for module in found}

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(graph[start])
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting.extend(graph[name])
        return seen

    return sorted(name for name in graph if name in reached(name))


def percentile(values: list[int], share: int) -> float:
    """Percentile of some numbers."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def main() -> int:
    """Print the measures; 1 where a yardstick is missed."""
    found = modules()
    files = [module.lines for module in found]
    every = [(function, f"{m.name}.{function.name}") for m in found for function in functions(m)]
    sizes = {name: (f.end_lineno or f.lineno) - f.lineno + 1 for f, name in every}
    lengths = [(f.end_lineno or f.lineno) - f.lineno + 1 for f, _ in every]
    longest = max(sizes, key=lambda name: sizes[name])
    untyped = [name for function, name in every if not annotated(function)]
    names = [
        entry for m in found for entry in [(m.name, bool(ast.get_docstring(m.tree))), *public(m.tree.body, m.name)]
    ]
    silent = [name for name, documented in names if not documented]
    looped = cycles(found)
    rows = [
        ("files", f"{len(files)}, {sum(files)} lines", "", True),
        ("file length, median", f"{statistics.median(files):.0f}", "<= 120", statistics.median(files) <= 120),
        ("file length, 95th percentile", f"{percentile(files, 95):.0f}", "<= 350", percentile(files, 95) <= 350),
        ("function length, median", f"{statistics.median(lengths):.0f}", "", True),
        ("function length, 95th percentile", f"{percentile(lengths, 95):.0f}", "<= 45", percentile(lengths, 95) <= 45),
        ("longest function", f"{max(lengths)} ({longest})", "<= 80", max(lengths) <= 80),
        ("functions annotated", f"{1 - len(untyped) / len(every):.1%}", "100 %", not untyped),
        ("public names documented", f"{1 - len(silent) / len(names):.1%} of {len(names)}", "100 %", not silent),
        ("modules in import cycles", f"{len(looped)}", "0", not looped),
    ]
    for what, value, wanted, met in rows:
        print(f"{what:<34}{value:<48}{wanted:<8}{'' if met else '  MISSED'}".rstrip())
    for what, missed in (("not annotated", untyped), ("not documented", silent), ("in a cycle", looped)):
        for name in missed:
            print(f"  {what}: {name}")
    return 0 if all(met for *_, met in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
