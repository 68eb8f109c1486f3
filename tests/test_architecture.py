"""How the rooms of the package depend on each other: imports run one way, and nowhere in a circle."""

import ast
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]

# From the ground up: a room may import from those above its line here, and from rooms of its own line where it says so.
FLOORS = (
    ("errors", "keras_names", "files", "fetch", "io"),
    ("keypoints", "ops", "metrics"),
    ("layers", "data", "litert"),
    ("models", "pictures"),
    ("losses", "synthetic"),
    ("training",),
    ("inference", "evaluation"),
    ("export", "page"),
    ("cli", "examples"),
    ("benchmarks",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ON_THE_SAME_FLOOR = {
    ("ops", "keypoints"),  # heat maps and limbs are drawn from joints
    ("metrics", "keypoints"),
    ("files", "errors"),
    ("fetch", "errors"),
    ("io", "errors"),
    ("fetch", "files"),
    ("evaluation", "inference"),
}
# Faces of the package: what `import gfla_tf` offers is imported when it is asked for, from whatever room has it.
FACES = {"gfla_tf/__init__.py", "gfla_tf/__main__.py"}
LARGEST = 300  # lines


def sources():
    places = [REPOSITORY / name for name in ("gfla_tf", "export", "examples", "benchmarks")]
    return sorted(file for place in places for file in place.rglob("*.py"))


def module_of(path):
    """The dotted name under which a file is imported."""
    parts = list(path.relative_to(REPOSITORY).with_suffix("").parts)
    if parts[0] == "export":
        parts.insert(0, "gfla_tf")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module):
    """The room of a module of ours, or None."""
    first, _, rest = module.partition(".")
    if first in ("examples", "benchmarks"):
        return first
    return rest.partition(".")[0] or None if first == "gfla_tf" else None


def imports_of(path, modules):
    """The modules of ours that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules else node.module for name in named}
    return found & modules


@pytest.fixture(scope="module")
def graph():
    """{file: (its module, the modules that it imports)}."""
    files = sources()
    modules = {module_of(file) for file in files}
    return {
        str(file.relative_to(REPOSITORY)): (module_of(file), imports_of(file, modules) - {module_of(file)})
        for file in files
    }


def test_imports_run_one_way(graph):
    wrong = []
    for file, (module, imported) in graph.items():
        here = room_of(module)
        if file in FACES or here is None:
            continue
        for other in imported:
            there = room_of(other)
            if there in (None, here) or (here, there) in ON_THE_SAME_FLOOR:
                continue
            if FLOOR[there] >= FLOOR[here]:
                wrong.append(f"{file} imports {other}")
    assert not wrong, "\n".join(wrong)


def test_every_room_has_its_floor(graph):
    rooms = {room_of(module) for module, _ in graph.values()} - {None, "__main__"}
    assert rooms <= FLOOR.keys()


def test_there_is_no_circle(graph):
    edges = {module: imported for file, (module, imported) in graph.items() if file not in FACES}
    done, path = set(), []

    def visit(module):
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module in done:
            return
        path.append(module)
        for other in sorted(edges.get(module, ())):
            visit(other)
        done.add(path.pop())

    for module in edges:
        visit(module)


def test_no_file_is_too_long_to_read_in_one_sitting():
    files = [*sources(), *(REPOSITORY / "tests").rglob("*.py")]
    long = {str(file.relative_to(REPOSITORY)): len(file.read_text().splitlines()) for file in files}
    assert not {file: lines for file, lines in long.items() if lines > LARGEST}


def test_every_folder_of_modules_is_installed():
    listed = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {module_of(file) for file in sources() if file.name == "__init__.py"}
    assert sorted(listed) == sorted(
        {name for name in folders if name.startswith("gfla_tf")} | {"gfla_tf.configs", "gfla_tf.web"}
    )
