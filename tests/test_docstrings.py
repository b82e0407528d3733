"""Sections of docstrings, as documentation tools read them."""

import ast
import re
from pathlib import Path

import geocnn

SOURCES = sorted(Path(geocnn.__file__).parent.rglob("*.py"))
SECTION = re.compile(r"(Args|Attributes|Raises):")
ENTRY = re.compile(r"(\s+)(\w+): ")
INDENT = 4


def entries(docstring: str) -> list[tuple[str, str, int]]:
    """Section, name and indent of each line that looks like an entry of one."""
    found, section = [], None
    for line in docstring.splitlines():
        if head := SECTION.fullmatch(line):
            section = head[1]
        elif line and not line.startswith(" "):
            section = None
        elif section and (entry := ENTRY.match(line)):
            found.append((section, entry[2], len(entry[1])))
    return found


def misplaced(docstring: str, parameters: set[str]) -> list[str]:
    """Entries that a tool would take for the continuation of the one before."""
    return [
        name
        for section, name, indent in entries(docstring)
        if indent != INDENT and (re.search("(Error|Interrupt)$", name) if section == "Raises" else name in parameters)
    ]


def test_the_check_sees_what_is_misplaced():
    assert misplaced("A.\n\nArgs:\n    a: one, of\n        two.\n        b: other.\n", {"a", "b"}) == ["b"]
    assert misplaced("A.\n\nRaises:\n    OneError: x\n        y.\n        TwoError: z.\n", set()) == ["TwoError"]


def test_every_entry_of_a_section_stands_by_itself():
    wrong, seen = [], 0
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and (docstring := ast.get_docstring(node)):
                arguments = node.args if isinstance(node, ast.FunctionDef) else None
                names = {one.arg for one in (*arguments.args, *arguments.kwonlyargs)} if arguments else set()
                seen += len(entries(docstring))
                wrong += [f"{path.name}: {node.name}: {name}" for name in misplaced(docstring, names)]
    assert seen > 1000
    assert not wrong
