"""What nbval leaves open, closed: ``pytest`` re-runs every notebook, and this makes the comparison strict.

nbval compares text. It does not compare pictures, it passes a cell that was never run, and it lets a kernel
read the user's own configuration and the network. Here the pictures are compared too, the rules of
``tools/rules.py`` are checked for every notebook, and kernels start with a profile of their own, offline.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell

from tools import notebooks, rules

TESTS = Path(__file__).parent / "tests"


def pytest_configure(config):
    """Give nbval its patterns, and kernels an IPython profile without the user's settings and without the network."""
    config.option.nbval_sanitize_with = str(TESTS / "sanitize.cfg")
    config.kernel_profile = tempfile.mkdtemp(prefix="lessons-")
    startup = Path(config.kernel_profile, "profile_default", "startup")
    startup.mkdir(parents=True)
    shutil.copy(TESTS / "offline.py", startup)
    os.environ["IPYTHONDIR"] = config.kernel_profile


def pytest_unconfigure(config):
    """Take the profile away again."""
    shutil.rmtree(config.kernel_profile, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Beside nbval's items for the cells, one for the rules; where there is no notebook in the file, that one alone."""
    found = yield
    if file_path.suffix != ".ipynb":
        return found
    try:
        notebooks.read(file_path)
    except (OSError, ValueError):
        found = []
    return [*found, Rules.from_parent(parent, path=file_path)]


class Rules(pytest.File):
    """A notebook, as far as the rules look at it."""

    def collect(self):
        """One item for all the rules."""
        yield RulesItem.from_parent(self, name="rules")


class RulesItem(pytest.Item):
    """The rules for one notebook."""

    def runtest(self):
        """Fail with every problem that the notebook has."""
        try:
            found = rules.problems(notebooks.read(self.path), self.path.stat().st_size)
        except (OSError, ValueError) as error:
            found = [f"{error}"]
        if found:
            pytest.fail("\n".join([f"{self.path.name}:", *found]), pytrace=False)

    def reportinfo(self):
        """What the report calls this item."""
        return self.path, None, f"{self.path.name}: rules"


def pytest_collection_modifyitems(items):
    """Skip the lesson that runs a model where the model is not at hand; in CI it runs, and fails saying what to do."""
    cells = [item for item in items if isinstance(item, IPyNbCell) and "minilm.folder(" in item.path.read_text("utf-8")]
    if cells and not os.environ.get("CI"):
        from helpers import minilm

        try:
            minilm.folder()
        except FileNotFoundError as error:
            for item in cells:
                item.add_marker(pytest.mark.skip(reason=str(error)))
        except ValueError:
            pass  # a damaged model is no missing one: the lesson fails and says what to do


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """After nbval has compared a cell's text, compare its pictures."""
    result = yield
    if isinstance(item, IPyNbCell) and item.options["check"]:
        try:
            problem = notebooks.difference(notebooks.pictures(item.cell.outputs), notebooks.pictures(item.test_outputs))
        except ValueError as error:
            problem = str(error)
        if problem:
            item.raise_cell_error("Cell pictures differ", problem)
    return result
