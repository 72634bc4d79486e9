"""The strict re-run, run on notebooks that are broken on purpose: what must fail fails, and nothing else does.

A specimen is executed once. Its cells are copied into another notebook, each is broken in its own way (``BROKEN``,
the mutation table), and one run of pytest looks at both, as ``make test`` does.
"""

import base64
import copy
import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import nbformat
import numpy as np
import pytest
from PIL import Image

from tools import notebooks
from tools.execute import Unfinished, execute

SETUP = """
import numpy as np
from helpers import plots

table = np.arange(12).reshape(3, 4)

def draw(data, **options):
    return plots.heatmaps(data, title="Twelve numbers in a table", xlabel="column",
                          ylabel="row", size=(3, 2), **options)
""".strip()
DRAW, PRINT, SAY_NOTHING = "draw(table)", 'print("num_heads = 5")', "x = 1"


# What is done to a cell that was run.


def becomes(source):
    """Change the code, and leave what is stored."""

    def change(cell):
        cell.source = source

    return change


def html(pattern, replacement):
    """Change the HTML that is stored."""

    def change(cell):
        data = cell.outputs[0].data
        data["text/html"], count = re.subn(pattern, replacement, data["text/html"])
        assert count == 1

    return change


def png(picture):
    buffer = io.BytesIO()
    picture.save(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()


def mirror(cell):
    """Store a valid picture of the same size that shows something else."""
    (stored,) = notebooks.pictures(cell.outputs)
    html(r"base64,[^\"]*", f"base64,{png(Image.fromarray(stored[::-1].astype(np.uint8)))}")(cell)


def lose_html(cell):
    del cell.outputs[0].data["text/html"]


def lose_outputs(cell):
    cell.outputs = []


def never_run(cell):
    cell.outputs, cell.execution_count = [], None


def misprint(cell):
    cell.outputs[0].text = "num_heads = 4\n"


def misreport(cell):
    data = cell.outputs[0].data
    data["text/plain"] = data["text/plain"].replace("0 to 11", "0 to 12")


def duplicate(cell):
    cell.outputs.append(copy.deepcopy(cell.outputs[0]))


DIFFER, PICTURES = "Cell outputs differ", "Cell pictures differ"
OFFLINE = "A lesson must not use the network"
CONNECT = '__import__("socket").create_connection(("example.org", 80), timeout=1)'
CONNECT_DIRECTLY = '__import__("socket").socket().connect(("192.0.2.1", 80))'
# The code of a cell, what is done to it after it was run, and the words with which it must fail.
BROKEN = {
    "changed data behind an unchanged picture": (DRAW, becomes("draw(table + 1)"), [DIFFER, "text/"]),
    "two values changed places": (DRAW, becomes("draw(np.where(table < 2, 1 - table, table))"), [DIFFER, "text/"]),
    "other colours, the same data": (DRAW, becomes('draw(table, cmap="RdBu")'), [PICTURES, "differs from the one"]),
    "another picture": (DRAW, mirror, [PICTURES, "differs from the one that the cell draws"]),
    "a smaller picture": (
        DRAW,
        html(r"base64,[^\"]*", f"base64,{png(Image.new('RGB', (64, 32), 'red'))}"),
        [PICTURES, "64 by 32 pixels are stored"],
    ),
    "a garbled picture": (DRAW, html(r"base64,.{9}", "base64,!!!!!!!!!"), [PICTURES, "cannot be read"]),
    "half a picture": (DRAW, html(r"base64,([^\"]{3000})[^\"]*", r"base64,\1"), [PICTURES, "cannot be read"]),
    "no data in the picture": (DRAW, html(r"base64,[^\"]*", "base64,"), [PICTURES, "cannot be read"]),
    "no picture": (DRAW, lose_html, [DIFFER, "text/html"]),
    "no output": (DRAW, lose_outputs, [DIFFER, "text/plain"]),
    "a picture twice": (DRAW, duplicate, [DIFFER, "dissimilar number of outputs"]),
    "another alternative text": (DRAW, html("Twelve numbers", "Eleven numbers"), [DIFFER, "text/html", "Eleven"]),
    "another summary": (DRAW, misreport, [DIFFER, "text/plain"]),
    "another print": (PRINT, misprint, [DIFFER, "stdout", "num_heads = 4"]),
    "a figure that was never drawn": (DRAW, never_run, [PICTURES, "0 pictures are stored, but the cell draws 1"]),
    "an unexpected print": (SAY_NOTHING, becomes(PRINT), [DIFFER, "Unexpected output fields", "stdout"]),
    "an unexpected result": (SAY_NOTHING, becomes("1 + 1"), [DIFFER, "Unexpected output fields", "text/plain"]),
    "a missing print": (PRINT, becomes("x = 2"), [DIFFER, "Missing output fields", "stdout"]),
    "a warning": (SAY_NOTHING, becomes("import warnings\nwarnings.warn('careful')"), [DIFFER, "stderr"]),
    "an error": (SAY_NOTHING, becomes("1 / 0"), ["Cell execution caused an exception", "ZeroDivisionError"]),
    "a connection by name": (PRINT, becomes(f"{CONNECT}\n{PRINT}"), [OFFLINE, "example.org"]),
    "a connection by number": (PRINT, becomes(f"{CONNECT_DIRECTLY}\n{PRINT}"), [OFFLINE, "192.0.2.1"]),
}
SOUND = [SETUP, DRAW, PRINT, SAY_NOTHING]
NEVER_RUN = "a cell that was never run"  # nbval passes it; the rules see it


def store(cells, path, new_cell=nbformat.v4.new_code_cell):
    """A notebook with the given cells, of code if nothing else is said, in the file ``path``."""
    slide = {"slideshow": {"slide_type": "slide"}}
    notebook = nbformat.v4.new_notebook(cells=[new_cell(source, metadata=copy.deepcopy(slide)) for source in cells])
    notebooks.write(notebook, path)
    return path


def run_pytest(folder):
    """Re-run all notebooks of a folder as ``make test`` does: {(notebook, item): how it failed, or None}."""
    report = folder / "report.xml"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    settings = ["-c", "pyproject.toml", "--rootdir", ".", "-p", "conftest", "-p", "no:xdist", "--color=no"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *settings, f"--junitxml={report}", str(folder)],
        cwd=notebooks.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    results = {}
    for case in ET.parse(report).iter("testcase"):
        failure = case.find("failure")
        (notebook,) = re.findall(r"\b(words|broken)\b", case.get("classname"))
        assert case.find("error") is None
        results[notebook, case.get("name")] = None if failure is None else failure.text
    return results


def break_copies(sound):
    """The first cells of the executed notebook ``sound``, then copies of them, each broken in its own way."""
    executed = {cell.source: cell for cell in sound.cells}
    cells = list(sound.cells)
    for source, change, _ in [*BROKEN.values(), (PRINT, never_run, [])]:
        cell = copy.deepcopy(executed[source])
        cell.id, cell.execution_count = f"broken-{len(cells)}", len(cells) + 1
        change(cell)
        cells.append(cell)
    return nbformat.v4.new_notebook(cells=cells, metadata=sound.metadata)


def item(what):
    """What the report calls a cell of the broken notebook."""
    return f"Cell {len(SOUND) + [*BROKEN, NEVER_RUN].index(what)}"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The results of one run over a notebook of broken cells, and a sound one, of words: it needs no kernel."""
    sound = store(SOUND, tmp_path_factory.mktemp("executed") / "sound.ipynb")
    execute(sound)
    folder = tmp_path_factory.mktemp("specimens")
    notebooks.write(break_copies(notebooks.read(sound)), folder / "broken.ipynb")
    store(["# Words alone"], folder / "words.ipynb", nbformat.v4.new_markdown_cell)
    before = {path: path.read_bytes() for path in folder.glob("*.ipynb")}
    results = run_pytest(folder)
    assert {path: path.read_bytes() for path in folder.glob("*.ipynb")} == before
    return results


def failures(results, notebook):
    return {item: failure for (of, item), failure in results.items() if of == notebook and failure is not None}


def test_a_sound_notebook_passes(results):
    assert [item for of, item in results if of == "words"] == ["rules"]
    assert failures(results, "words") == {}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_cell_fails(results, what):
    failure = results["broken", item(what)]
    assert failure is not None
    assert [words for words in BROKEN[what][2] if words not in failure] == []


def test_the_sound_cells_of_a_broken_notebook_pass(results):
    assert [results["broken", f"Cell {number}"] for number in range(len(SOUND))] == [None] * len(SOUND)
    assert set(failures(results, "broken")) == {*map(item, BROKEN), "rules"}


def test_a_cell_that_was_never_run_fails_by_the_rules(results):
    assert results["broken", item(NEVER_RUN)] is None  # a hole of nbval
    number = len(SOUND) + len(BROKEN) + 1
    assert f"should have run as number {number}, but ran never" in results["broken", "rules"]
    assert "Traceback" not in results["broken", "rules"] and "conftest.py" not in results["broken", "rules"]


# What stores the outputs


def test_execute_stores_the_same_file_each_time(tmp_path):
    pieces = "import sys\nfor k in range(3):\n    print(k)\n    sys.stdout.flush()"  # which waits until it is sent
    path = store([pieces, "print('one')\n1 + 1"], tmp_path / "pieces.ipynb")
    execute(path)
    stored = path.read_bytes()
    assert [output.text for output in notebooks.read(path).cells[0].outputs] == ["0\n1\n2\n"]
    assert b"execution_count" in stored
    assert b"iopub" not in stored
    execute(path)
    assert path.read_bytes() == stored


def test_nothing_is_stored_that_differs_from_run_to_run(tmp_path):
    notebook = notebooks.read(store([PRINT], tmp_path / "timed.ipynb"))
    stored = (tmp_path / "timed.ipynb").read_bytes()
    notebook.cells[0].metadata["execution"] = {"iopub.status.busy": "2026-11-22T10:00:00.000000Z"}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    notebook.metadata["kernelspec"]["display_name"] = "My kernel"
    notebooks.write(notebook, tmp_path / "timed.ipynb")
    assert (tmp_path / "timed.ipynb").read_bytes() == stored


def test_execute_leaves_a_notebook_that_fails(tmp_path):
    path = store(["print('before')", "1 / 0"], tmp_path / "fails.ipynb")
    stored = path.read_bytes()
    with pytest.raises(Unfinished, match="ZeroDivisionError"):
        execute(path)
    assert path.read_bytes() == stored


# How pictures are compared


def drawing(shift=0):
    """A white picture with a black bar."""
    picture = np.full((200, 300, 3), 255.0)
    picture[:, 100 + shift : 110 + shift] = 0
    return picture


def test_an_eye_sees_a_difference_or_does_not():
    assert notebooks.difference([drawing()], [drawing()]) is None
    assert notebooks.difference([drawing()], [drawing() + 2]) is None
    rounded = drawing()
    rounded[::7, 99] = 200  # the edge of a line, as another processor draws it
    assert notebooks.difference([drawing()], [rounded]) is None
    assert "differs from the one" in notebooks.difference([drawing()], [drawing(shift=2)])
    assert "0 pictures are stored, but the cell draws 1" in notebooks.difference([], [drawing()])
    assert "300 by 200 pixels are stored" in notebooks.difference([drawing()], [drawing()[1:]])
    second = notebooks.difference([drawing(), drawing()], [drawing(), drawing(50)])
    assert second.startswith("picture 2:")


def test_find_names_a_notebook_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no notebook"):
        notebooks.find([tmp_path / "nothing.ipynb"])
    found = notebooks.find()
    assert notebooks.NOTEBOOKS / "01-self-attention.ipynb" in found
    assert found == sorted(found)
