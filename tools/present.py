"""Open the series in the browser: ``python -m tools.present [NOTEBOOK]`` as slides, with ``--lab`` in JupyterLab.

JupyterLab runs here with the configuration of this project, ``jupyter/``: a lesson is stored when somebody says so
and at no other time, so that a talk leaves no trace in it; an exercise and what a learner adds, as one writes.
Settings that are changed on the way go to ``build/jupyter``; the user's own configuration is neither read nor
written. The server listens on this machine alone and asks for a token, which the address that it opens contains.
Any further option is one of JupyterLab's.
"""

import argparse
import contextlib
import locale
import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from helpers import texts
from tools import notebooks

START = "00-start-here.ipynb"
# The settings of every notebook, in its metadata under "rise"; beside them only "footer", the lesson's name.
RISE = {
    "theme": "white",
    "center": False,
    "margin": 0,
    "transition": "none",
    "slideNumber": "c/t",
    "start_slideshow_at": "beginning",
}


def environment(root):
    """What the server's environment must say so that it takes its configuration from the project in ``root``."""
    own = settings(root)
    return {
        "JUPYTER_CONFIG_DIR": str(own),
        "JUPYTER_CONFIG_PATH": str(root / "jupyter"),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel before one of the same name in the user's home
    }


def settings(root):
    """The folder for settings that are changed on the way; a passing one if the project's own cannot be written in."""
    own = root / "build" / "jupyter"
    try:
        own.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=own) as trial:
            trial.write(b"Is there room?")
    except OSError as error:
        own = Path(tempfile.mkdtemp(prefix="lessons-"))
        print(f"Settings are kept in {own}, because build cannot be written in. {error}", file=sys.stderr)
    return own


def options(root, notebook, lab):
    """JupyterLab's options that open ``notebook``, a path below ``root``, as slides or in JupyterLab."""
    if not notebook.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"{notebook} is not in the folder {root}. Name the folder that it is in with --root.")
    where = quote(notebook.resolve().relative_to(root.resolve()).as_posix())
    return [
        f"--ServerApp.root_dir={root}",
        "--ServerApp.ip=localhost",
        f"--LabApp.default_url=/{'lab/tree' if lab else 'rise'}/{where}",
        f"--LabServerApp.extra_labextensions_path={root / 'jupyter' / 'labextensions'}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),  # as in many a container
    ]


def spoken():
    """The language of this system, if the series has it; else English."""
    name = next(
        (os.environ[variable] for variable in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(variable)), ""
    )
    if not name:
        with contextlib.suppress(ValueError):
            name = locale.getlocale()[0] or ""  # on Windows, Chinese (Simplified)_China
    short = {"chinese": "zh"}.get(name.split(" ")[0].lower(), name[:2])
    return short if short in texts.languages() and (notebooks.home(short) / START).is_file() else texts.ENGLISH


def main():
    """Start the server and the browser."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebook", nargs="?", type=Path, help="the notebook to open; the start page if left out")
    parser.add_argument("--lab", action="store_true", help="open it in JupyterLab, not as slides")
    parser.add_argument("--exercises", action="store_true", help="open the exercises of lesson 1, not the start page")
    parser.add_argument("--language", default=spoken(), help="of the start page: en, or a folder in translations")
    parser.add_argument("--root", type=Path, default=notebooks.ROOT, help="the folder of the project, or of a copy")
    arguments, further = parser.parse_known_args()
    root = arguments.root.resolve()
    try:
        home = texts.notebooks_in(arguments.language, root / "notebooks")
        begin = Path("exercises", "01-self-attention.ipynb") if arguments.exercises else START
        (notebook,) = notebooks.find([arguments.notebook or home / begin])
        notebooks.read(notebook)
        opening = options(root, notebook, arguments.lab)
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")
    os.environ.update(environment(root))

    from jupyterlab.labapp import main as start  # after the environment is set

    sys.argv[1:] = [*opening, *further]
    start()


if __name__ == "__main__":
    main()
