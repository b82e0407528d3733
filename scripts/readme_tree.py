"""Keep the tree of modules in docs/tree.md and the table of packages in README.md: first lines of their docstrings.

``python scripts/readme_tree.py`` rewrites both; with ``--check`` it says whether they are up to date (exit code 1).
"""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "geocnn"


def lines(folder: Path, depth: int = 0) -> list[str]:
    """One line for each file and folder: name, and what its docstring says first."""
    found = []
    for path in sorted(folder.iterdir(), key=lambda p: (p.is_dir(), p.name)):
        if path.is_dir() and (path / "__init__.py").is_file():
            found.append(_line(path.name + "/", path / "__init__.py", depth))
            found += lines(path, depth + 1)
        elif path.suffix == ".py" and path.name != "__init__.py":
            found.append(_line(path.name, path, depth))
        elif path.name == "weights":
            networks = ", ".join(sorted(p.name for p in path.iterdir()))
            found.append(_entry("weights/", f"The networks that ship, each with its card: {networks}.", depth))
    return found


def _line(name: str, path: Path, depth: int) -> str:
    """Name and first line of the docstring."""
    return _entry(name, _says(path), depth)


def _says(path: Path) -> str:
    """First line of the docstring of a module."""
    says = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n", 1)[0]
    return re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"\1", says).replace("`", "")  # :func:`fit` -> fit


def tree() -> str:
    """All modules."""
    return "\n".join(["```", "src/geocnn/", *lines(PACKAGE, 1), "```"])


def table() -> str:
    """The packages and what each is for."""
    rows = [f"| `{path.parent.name}/` | {_says(path)} |" for path in sorted(PACKAGE.glob("*/__init__.py"))]
    return "\n".join(["| `src/geocnn/` | |", "| --- | --- |", *rows])


def _entry(name: str, says: str, depth: int) -> str:
    """One line of the tree."""
    return f"{'  ' * depth}{name:<{26 - 2 * depth}} {says}"


def main() -> int:
    """Rewrite or check both."""
    stale = []
    for name, mark, made in (("docs/tree.md", "tree", tree()), ("README.md", "packages", table())):
        path, begin, end = ROOT / name, f"<!-- {mark} -->", f"<!-- end of {mark} -->"
        text = path.read_text(encoding="utf-8")
        before, rest = text.split(begin, 1)
        new = f"{before}{begin}\n{made}\n{end}{rest.split(end, 1)[1]}"
        if new != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(new, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"{' and '.join(stale)} not up to date; run python scripts/readme_tree.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
