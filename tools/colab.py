"""Copies of the notebooks that run in Colab: ``python -m tools.colab`` writes them into ``build/colab/``.

Colab opens a notebook alone, without the series around it. The first cell of each copy fetches the series, so that
its helpers are at hand; everything after it is as it was. The workflow that builds the site stores the copies in a
branch of their own, since Colab opens what is in a branch.
"""

import sys

from nbformat.v4 import new_code_cell

from helpers import texts
from tools import notebooks
from tools.site import Repository

BUILD = notebooks.ROOT / "build" / "colab"
SERIES = "/content/series"  # Colab's folder for what a notebook fetches
# What Colab does not bring along, in the versions of the series; what they would bring along, Colab has.
EXTRA = "d2l|polib|safetensors|tokenizers"


def first_cell(path, repository, series=SERIES):
    """The cell with which the copy of the notebook ``path`` begins."""
    home = path.parent.relative_to(notebooks.ROOT).as_posix()
    lines = [
        f"# {texts.say('pages.colab-begins')}",
        f"!git clone --quiet --depth 1 --branch {repository.branch} {repository.address} {series}",
        f"!pip install --quiet --no-deps $(grep -E '^({EXTRA})=' {series}/requirements.txt)",
        f"%cd -q {series}/{home}",
        f'import sys; sys.path.insert(0, "{series}")',
    ]
    if "minilm" in path.read_text("utf-8"):  # lesson 8 runs a model
        lines.append(f"!cd {series} && python -m tools.model")
    return new_code_cell("\n".join(lines), id="colab", metadata={"slideshow": {"slide_type": "skip"}})


def write(repository, target=BUILD):
    """Write the copies of all lessons and exercises into the folder ``target``, in their places."""
    for language in texts.languages():
        texts.speak(language)
        home = notebooks.home(language)
        for path in [*notebooks.lessons(language), *sorted((home / "exercises").glob("*.ipynb"))]:
            notebook = notebooks.read(path)
            notebook.cells.insert(0, first_cell(path, repository))
            copy = target / path.relative_to(notebooks.ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            notebooks.write(notebook, copy)
    texts.speak(texts.ENGLISH)


def main():
    """Write the copies for the repository that GitHub's workflow names."""
    repository = Repository.of_the_workflow()
    if repository is None:
        sys.exit("Set GITHUB_REPOSITORY to OWNER/NAME: the copies fetch the series from there.")
    write(repository)
    print(f"The copies are in {BUILD}")


if __name__ == "__main__":
    main()
