"""Make the exercises out of the solutions: ``python -m tools.exercises [NAME ...]``; ``--check`` only compares.

A cell tagged "solution" is left out, and what stands between ``# BEGIN SOLUTION: STUB`` and ``# END SOLUTION`` is
replaced by STUB. The exercise's metadata say that JupyterLab is to store it as one writes.

An exercise that differs from what is made is somebody's work: before the clean copy takes its place it is kept in
``kept/``, under a new name each time.
"""

import argparse
import html
import itertools
import os
import re
import sys
from pathlib import Path

from helpers import texts
from tools import notebooks
from tools.execute import Unfinished, execute

TAG = "solution"
REGION = re.compile(r"^( *)# BEGIN SOLUTION: (.*)\n((?:.*\n)*?) *# END SOLUTION$", re.MULTILINE)
SHORT = 10  # letters: a shorter line gives nothing away


def make(solution):
    """The exercise for the notebook in the file ``solution``, not run yet; ValueError if a marker has no other half."""
    exercise = notebooks.read(solution)
    exercise.cells = [cell for cell in exercise.cells if TAG not in cell.metadata.get("tags", [])]
    for cell in exercise.cells:
        cell.source = REGION.sub(r"\1\2", cell.source)
        if re.search(r"(BEGIN|END) SOLUTION", cell.source):
            raise ValueError(f"{solution.name}, cell {cell.id}: BEGIN SOLUTION or END SOLUTION has no other half.")
    exercise.metadata["autosave"] = True  # read by jupyter/labextensions/autosave
    return _without_results(exercise)


def problems(solution, exercise):
    """What is wrong with the stored exercise: it is missing or stale, or shows a line of the solution, in sentences."""
    if not exercise.is_file():
        return [f"{exercise.name} is missing: make exercises-reset"]
    stored = notebooks.read(exercise)
    text = html.unescape("\n".join(_strings(stored)))
    found = [f"{exercise.name} shows a line of the solution: {line}" for line in secrets(solution) if line in text]
    if _without_results(stored) != make(solution):
        found.append(f"{exercise.name} is not what its solution makes: make exercises-reset")
    return found


def secrets(solution):
    """The lines that only the solution has: of its regions, and of its tagged cells and their outputs."""
    cells = notebooks.read(solution).cells
    tagged = [cell for cell in cells if TAG in cell.metadata.get("tags", [])]
    given = _lines(cell.source for cell in make(solution).cells)
    shown = [out.get("data", out.get("text", "")) for cell in tagged for out in cell.get("outputs", ())]
    told = _lines(cell.source for cell in tagged) | _lines(_strings(shown))
    regions = _lines(region for cell in cells for *_, region in REGION.findall(cell.source))
    return sorted(line for line in (told - given) | regions if len(line) >= SHORT)


def reset(solution, exercise):
    """Put a clean copy in the place of ``exercise``; return where somebody's work was kept, or None.

    The copy is made and run beside it first: where that fails, as ``execute`` says, nothing has been touched.
    """
    made = make(solution)
    is_work = exercise.is_file() and not _is_clean(exercise, made)
    exercise.parent.mkdir(exist_ok=True)
    part = exercise.with_name(f"{exercise.name}.{os.getpid()}.part")
    try:
        notebooks.write(made, part)
        execute(part)
        home = next(folder for folder in exercise.parents if folder.name == notebooks.NOTEBOOKS.name)
        kept = keep(exercise, home.parent / "kept") if is_work else None
        notebooks.replace(exercise, part.read_bytes())
    finally:
        part.unlink(missing_ok=True)
    return kept


def keep(path, folder):
    """Copy the file ``path`` into ``folder`` under a name that is new there, and return the new path."""
    folder.mkdir(exist_ok=True)
    for number in itertools.count(1):
        try:
            with (folder / f"{path.stem}-{number}{path.suffix}").open("xb") as file:
                pass  # the name is ours
        except FileExistsError:
            continue
        try:
            notebooks.replace(file.name, path.read_bytes())
        except OSError:
            os.unlink(file.name)  # no half copy stays
            raise
        return file.name


def _is_clean(exercise, made):
    try:
        return _without_results(notebooks.read(exercise)) == made
    except Exception:  # whatever it is, it is no notebook of ours: keep it
        return False


def _without_results(notebook):
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _strings(node):
    """Every string in a notebook or a part of it: sources, outputs, metadata, attachments."""
    if isinstance(node, str):
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _strings(value)


def _lines(texts):
    return {line.strip() for text in texts for line in text.splitlines()}


def main():
    """Make, or check, the exercises named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="such as 01-self-attention; all of them if none is named")
    parser.add_argument("--check", action="store_true", help="change nothing, and fail where a copy is not as made")
    parser.add_argument("--stale", action="store_true", help="make those alone that are missing, or not as made")
    arguments = parser.parse_args()
    names = [Path(name).stem for name in arguments.names]
    homes = map(notebooks.home, texts.languages())
    solutions = [path for home in homes for path in sorted((home / "solutions").glob("*.ipynb"))]
    unknown = set(names) - {path.stem for path in solutions}
    if unknown:
        sys.exit(f"There is no exercise {', '.join(sorted(unknown))}.")
    found = []
    for solution in (path for path in solutions if not names or path.stem in names):
        exercise = solution.parents[1] / "exercises" / solution.name
        try:
            if arguments.check:
                found += problems(solution, exercise)
                continue
            if arguments.stale and not problems(solution, exercise):
                continue
            kept = reset(solution, exercise)
        except (Unfinished, OSError, ValueError) as error:
            tried = "compared" if arguments.check else "made, and nothing is lost"
            found.append(f"{solution.stem}: no clean copy could be {tried}. {error}")
            continue
        print(f"{solution.stem}: a clean copy", f"; what was there is kept as {kept}" if kept else "", sep="")
    sys.exit("\n".join(found) or None)


if __name__ == "__main__":
    main()
