"""Keep the tree in README.md: one line a file, the first line of its docstring.

``python scripts/readme_tree.py`` rewrites it; with ``--check`` it only says whether it is up to date (exit code 1).
"""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- tree -->", "<!-- end of tree -->"


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
    says = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n", 1)[0]
    says = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"\1", says)  # :func:`fit` -> fit
    return _entry(name, says.replace("`", ""), depth)


def _entry(name: str, says: str, depth: int) -> str:
    """One line of the tree."""
    return f"{'  ' * depth}{name:<{26 - 2 * depth}} {says}"


def main() -> int:
    """Rewrite or check the tree."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    tree = "\n".join(["src/geocnn/", *lines(ROOT / "src" / "geocnn", 1)])
    new = f"{before}{BEGIN}\n```\n{tree}\n```\n{END}{after}"
    if "--check" in sys.argv and new != text:
        print("the tree in README.md is not up to date; run python scripts/readme_tree.py")
        return 1
    readme.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
