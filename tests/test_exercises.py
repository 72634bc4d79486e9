"""The exercises are what the solutions make, give nothing away, and a learner's work is never lost."""

import re
import shutil

import nbformat
import pytest

from helpers import check
from tools import exercises, notebooks

SOLUTIONS = sorted((notebooks.NOTEBOOKS / "solutions").glob("*.ipynb"))
PAIRS = [pytest.param(path, notebooks.NOTEBOOKS / "exercises" / path.name, id=path.stem) for path in SOLUTIONS]


def code(source, *tags, outputs=()):
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)} if tags else {}, outputs=list(outputs))
    return cell


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A small solutions notebook and the exercise made from it, in a project of their own."""
    solution, exercise = (tmp_path / "notebooks" / kind / "01-small.ipynb" for kind in ("solutions", "exercises"))
    solution.parent.mkdir(parents=True)
    exercise.parent.mkdir()
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell("Return twice `x`. Überlege: 两倍"),
        code(
            "def twice(x):\n    # BEGIN SOLUTION: return ...\n    result = x + x\n    return result\n    # END SOLUTION"
        ),
        code("twice(2)", outputs=[nbformat.v4.new_output("execute_result", {"text/plain": "4"}, execution_count=2)]),
        nbformat.v4.new_markdown_cell("Adding x to itself doubles it.", metadata={"tags": ["solution"]}),
        code(
            "print('the secret outcome')",
            "solution",
            outputs=[nbformat.v4.new_output("stream", text="the secret outcome")],
        ),
    ]
    notebooks.write(notebook, solution)
    monkeypatch.setattr(exercises, "execute", lambda path: None)  # a kernel would take seconds
    assert exercises.reset(solution, exercise) is None
    return solution, exercise


# The exercises of the series


@pytest.mark.parametrize("solution, exercise", PAIRS)
def test_the_exercises_are_as_made_and_give_nothing_away(solution, exercise):
    assert exercises.problems(solution, exercise) == []
    assert len(exercises.secrets(solution)) > 15


def test_each_exercise_has_a_solution():
    stored = {path.name for path in (notebooks.NOTEBOOKS / "exercises").glob("*.ipynb")}
    lessons = {path.name for path in notebooks.lessons()}
    assert stored == {path.name for path in SOLUTIONS} >= lessons


def checks_of(path, tag=False):
    """The code cells that end with a check, [(name, cell)], without the wrong turns of the solutions."""
    found = []
    for cell in notebooks.read(path).cells:
        last = re.fullmatch(r"check\.(\w+)\(\w+\)", cell.source.strip().split("\n")[-1])
        if cell.cell_type == "code" and last and ("solution" in cell.metadata.get("tags", [])) == tag:
            found.append((last[1], cell))
    return found


@pytest.mark.parametrize("solution, exercise", PAIRS)
def test_every_check_is_an_exercise_and_the_stored_verdicts_are_what_they_should_be(solution, exercise):
    names = check.NAMES[int(solution.name[:2])]
    assert len(names) >= 4
    for path, verdict in ((solution, "Right. "), (exercise, "Not attempted yet. ")):
        found = checks_of(path)
        assert sorted(name for name, _ in found) == sorted(names)
        for name, cell in found:
            (output,) = cell.outputs
            assert output.data["text/plain"].startswith(verdict), (path.parent.name, name)
            assert verdict.strip() in output.data["text/html"]


@pytest.mark.parametrize("solution, exercise", PAIRS)
def test_a_solution_shows_a_wrong_turn_that_its_check_names(solution, exercise):
    cells = [cell for cell in notebooks.read(solution).cells if "solution" in cell.metadata.get("tags", [])]
    shown = "\n".join(str(cell.get("outputs", "")) for cell in cells)
    known = {wrong.name for name in check.NAMES[int(solution.name[:2])] for wrong in getattr(check, name).mistakes}
    turns = [cell for cell in cells if cell.cell_type == "code"]
    assert len(turns) == len(check.NAMES[int(solution.name[:2])])
    assert sum(name in shown for name in known) >= len(turns) * 0.8
    for cell in turns:
        assert any(name in str(cell.outputs) for name in known), cell.source


@pytest.mark.parametrize("solution, exercise", PAIRS)
def test_there_are_at_most_three_hints_and_they_open_one_inside_the_other(solution, exercise):
    hints = [cell.source for cell in notebooks.read(exercise).cells if "<details>" in cell.source]
    assert len(hints) >= 3
    for source in hints:
        count = source.count("<details>")
        assert count <= 3 and source.count("<summary>") == source.count("</summary>") == count
        assert source.rstrip().endswith("</details>" * count), source  # so that each next one is inside the one before
        numbers = re.findall(r"<summary>Hint ?(\d?)</summary>", source)
        assert numbers == ([""] if count == 1 else [str(n + 1) for n in range(count)])


# Making


def test_making_takes_the_solution_out(pair):
    solution, exercise = pair
    made = notebooks.read(exercise)
    assert [cell.source for cell in made.cells] == [
        "Return twice `x`. Überlege: 两倍",
        "def twice(x):\n    return ...",
        "twice(2)",
    ]
    kept = [cell.id for cell in notebooks.read(solution).cells][:3]
    assert [cell.id for cell in made.cells] == kept
    assert all(cell.outputs == [] and cell.execution_count is None for cell in made.cells[1:])
    assert "两倍" in exercise.read_text(encoding="utf-8")
    assert exercises.problems(solution, exercise) == []


def test_making_twice_changes_nothing(pair):
    solution, exercise = pair
    before = exercise.read_bytes()
    assert exercises.reset(solution, exercise) is None
    assert exercise.read_bytes() == before and not (exercise.parents[2] / "kept").exists()


@pytest.mark.parametrize(
    "source",
    [
        "# BEGIN SOLUTION: ...\nx = 1",
        "x = 1\n# END SOLUTION",
        "# BEGIN SOLUTION: ...\nx = 1\n# BEGIN SOLUTION: ...\ny = 2\n# END SOLUTION\nz = 3\n# END SOLUTION",
        "# BEGIN SOLUTION\nx = 1\n# END SOLUTION",
    ],
)
def test_a_marker_without_its_other_half_is_refused(pair, source):
    solution, _ = pair
    notebook = notebooks.read(solution)
    notebook.cells.append(code(source))
    notebooks.write(notebook, solution)
    with pytest.raises(ValueError, match="no other half"):
        exercises.make(solution)


# Checking


def broken(pair, change):
    """What is wrong after ``change`` has been applied to the exercise."""
    solution, exercise = pair
    notebook = notebooks.read(exercise)
    change(notebook)
    nbformat.write(notebook, exercise)
    return exercises.problems(solution, exercise)


def test_a_stale_copy_is_found(pair):
    assert broken(pair, lambda notebook: notebook.cells.pop())
    assert broken(pair, lambda notebook: notebook.cells[0].update(source="Return three times x."))


def test_a_change_of_metadata_is_found(pair):
    assert broken(pair, lambda notebook: notebook.cells[0].metadata.update(tags=["extra"]))


def test_a_changed_solution_makes_the_copy_stale(pair):
    solution, exercise = pair
    notebook = notebooks.read(solution)
    notebook.cells[0].source += " And say why."
    notebooks.write(notebook, solution)
    assert "is not what its solution makes" in exercises.problems(solution, exercise)[0]


def test_results_alone_are_no_change(pair):
    def run(notebook):
        notebook.cells[1].execution_count = 1
        notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="4")]

    assert broken(pair, run) == []


LEAKS = {
    "source": lambda notebook: notebook.cells[1].update(source="def twice(x):\n    result = x + x\n    return ..."),
    "output": lambda notebook: notebook.cells[2].update(
        outputs=[nbformat.v4.new_output("stream", text="result = x + x")]
    ),
    "html output": lambda notebook: notebook.cells[2].update(
        outputs=[nbformat.v4.new_output("display_data", {"text/html": "<p>&quot;&quot; result = x + x</p>"})]
    ),
    "traceback": lambda notebook: notebook.cells[2].update(
        outputs=[nbformat.v4.new_output("error", ename="E", evalue="", traceback=["----> 2 \x1b[0m    result = x + x"])]
    ),
    "metadata": lambda notebook: notebook.cells[2].metadata.update(old="    result = x + x\n"),
    "notebook metadata": lambda notebook: notebook.metadata.update(note={"deep": ["result = x + x"]}),
    "hint": lambda notebook: notebook.cells[0].update(source="Try this:\n\n    result = x + x"),
    "explanation": lambda notebook: notebook.cells[0].update(source="Adding x to itself doubles it."),
    "outcome of the wrong turn": lambda notebook: notebook.cells[2].update(
        outputs=[nbformat.v4.new_output("stream", text="the secret outcome")]
    ),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_is_found(pair, leak):
    found = broken(pair, LEAKS[leak])
    assert any("shows a line of the solution" in problem for problem in found), found


def test_a_solution_in_what_is_given_is_found(pair):
    """The author wrote it into the task itself, so that the copy is as made and leaks all the same."""
    solution, exercise = pair
    notebook = notebooks.read(solution)
    notebook.cells[0].source += "\n\nHint: `result = x + x`"
    notebooks.write(notebook, solution)
    exercises.reset(solution, exercise)
    assert exercises.problems(solution, exercise) == ["01-small.ipynb shows a line of the solution: result = x + x"]


def test_a_missing_copy_is_found(pair):
    solution, exercise = pair
    exercise.unlink()
    assert "is missing" in exercises.problems(solution, exercise)[0]


# A learner's work


def work(exercise, text):
    notebook = notebooks.read(exercise)
    notebook.cells[1].source = f"def twice(x):\n    return {text}"
    nbformat.write(notebook, exercise)


def test_a_learners_work_is_kept_under_a_new_name_each_time(pair):
    solution, exercise = pair
    clean = exercise.read_bytes()
    kept = []
    for text in ("x * 2", "2 * x", "x + x  # third"):
        work(exercise, text)
        mine = exercise.read_bytes()
        kept.append(exercises.reset(solution, exercise))
        assert exercise.read_bytes() == clean
        with open(kept[-1], "rb") as file:
            assert file.read() == mine
    assert len(set(kept)) == 3
    assert sorted(path.name for path in (exercise.parents[2] / "kept").iterdir()) == [
        f"01-small-{number}.ipynb" for number in (1, 2, 3)
    ]


def test_what_somebody_else_put_there_is_not_overwritten(pair):
    solution, exercise = pair
    other = exercise.parents[2] / "kept" / "01-small-1.ipynb"
    other.parent.mkdir()
    other.write_text("mine")
    work(exercise, "x * 2")
    assert exercises.reset(solution, exercise).endswith("01-small-2.ipynb")
    assert other.read_text() == "mine"


@pytest.mark.parametrize("content", ["", "no notebook at all", '{"cells": 3}', "<<<<<<< HEAD\n{}\n=======\n", "\udcff"])
def test_what_is_no_notebook_is_kept_too(pair, content):
    solution, exercise = pair
    exercise.write_text(content, errors="surrogateescape")
    mine = exercise.read_bytes()
    with open(exercises.reset(solution, exercise), "rb") as file:
        assert file.read() == mine
    assert exercises.problems(solution, exercise) == []


def test_a_full_disk_leaves_the_work_where_it_is(pair, monkeypatch):
    solution, exercise = pair
    work(exercise, "x * 2")
    mine = exercise.read_bytes()

    def full(path, folder):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exercises, "keep", full)
    with pytest.raises(OSError):
        exercises.reset(solution, exercise)
    assert exercise.read_bytes() == mine


# The command


@pytest.fixture
def project(pair, tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "NOTEBOOKS", tmp_path / "notebooks")
    return pair


def run(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["exercises", *arguments])
    with pytest.raises(SystemExit) as end:
        exercises.main()
    return end.value.code


def test_the_command_checks_and_makes(project, monkeypatch, capsys):
    _, exercise = project
    assert run(monkeypatch, "--check") is None
    work(exercise, "x * 2")
    assert "01-small.ipynb" in run(monkeypatch, "--check")
    assert "x * 2" in exercise.read_text()  # a check changes nothing
    assert run(monkeypatch, "01-small") is None
    assert "kept as" in capsys.readouterr().out
    assert run(monkeypatch, "--check", "notebooks/exercises/01-small.ipynb") is None
    assert run(monkeypatch, "--stale") is None and not capsys.readouterr().out  # it is as made
    work(exercise, "x * 3")
    assert run(monkeypatch, "--stale") is None and "a clean copy" in capsys.readouterr().out


def test_the_command_knows_its_exercises(project, monkeypatch):
    assert run(monkeypatch, "09-none") == "There is no exercise 09-none."


def test_a_clean_copy_of_a_real_exercise_is_the_stored_one(tmp_path):
    """With a kernel: after a reset the file is byte for byte what the repository holds."""
    for kind in ("solutions", "exercises"):
        folder = tmp_path / "notebooks" / kind
        folder.mkdir(parents=True)
        shutil.copy(notebooks.NOTEBOOKS / kind / "03-binary-representation.ipynb", folder)
    exercise = folder / "03-binary-representation.ipynb"
    stored = exercise.read_bytes()
    work_on = notebooks.read(exercise)
    work_on.cells[-1].source = "mine"
    nbformat.write(work_on, exercise)
    assert exercises.reset(tmp_path / "notebooks" / "solutions" / exercise.name, exercise)
    assert exercise.read_bytes() == stored
