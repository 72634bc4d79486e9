"""Run notebooks from top to bottom and store their outputs: ``python -m tools.execute [NOTEBOOK ...]``.

A run that gives the same outputs leaves the file byte for byte as it was.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm

from tools import notebooks

TIMEOUT = 600  # seconds for a cell


class Unfinished(Exception):
    """A notebook that cannot be run to its end; the message says why, in sentences."""


def execute(path):
    """Run the notebook in the file ``path`` in its own folder and store it there.

    Raises:
        Unfinished: a cell fails, takes too long, or ends the kernel.
        OSError, ValueError: the file cannot be written in, or holds no notebook.
    """
    path.open("r+b").close()  # what cannot be stored is not run
    notebook = notebooks.read(path)
    before = [list(cell.get("outputs", [])) for cell in notebook.cells]
    # A kernel sends what a cell prints in as many pieces as it happens to; joined, they are the same each time.
    settings = {"timeout": TIMEOUT, "record_timing": False, "coalesce_streams": True}
    try:
        NotebookClient(notebook, **settings, resources={"metadata": {"path": path.parent}}).execute()
    except CellExecutionError as error:
        raise Unfinished(f"A cell failed:\n{error}") from None
    except CellTimeoutError:
        raise Unfinished(f"A cell ran for more than {TIMEOUT} seconds, and was stopped.") from None
    except DeadKernelError:
        raise Unfinished("A cell ended the kernel that ran it, or there was no memory left.") from None
    notebooks.strip(notebook)
    for cell, stored in zip(notebook.cells, before, strict=True):
        if cell.cell_type == "code" and _same(stored, cell.outputs):
            cell.outputs = stored
    notebooks.write(notebook, path)


def _same(stored, fresh):
    """Whether only the bytes of a picture differ, as they do between two kinds of processor."""
    if notebooks.without_pictures(stored) != notebooks.without_pictures(fresh):
        return False
    try:
        return notebooks.difference(notebooks.pictures(stored), notebooks.pictures(fresh)) is None
    except ValueError:
        return False


def main():
    """Execute the notebooks named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", help="the notebooks to run; all of the series if none is named")
    try:
        paths = notebooks.find(parser.parse_args().notebooks)
    except FileNotFoundError as error:
        sys.exit(f"{error}")
    pool, failed = ThreadPoolExecutor(os.cpu_count()), False
    runs = {path: pool.submit(execute, path) for path in paths}
    try:
        for path, run in tqdm(runs.items(), desc="execute", unit="notebook"):
            try:
                run.result()
            except (Unfinished, OSError, ValueError) as error:
                failed = True
                tqdm.write(f"{path}: left as it was. {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped. The notebooks whose run was not over are as they were.", file=sys.stderr, flush=True)
        os._exit(130)  # a thread that waits for a kernel would go on; a kernel ends when it is left alone
    sys.exit(failed)


if __name__ == "__main__":
    main()
