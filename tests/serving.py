"""The server that ``make lab`` and ``make slides`` start, for the tests that talk to it."""

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace

from tools import notebooks


@contextmanager
def serving(folder, *arguments):
    """``python -m tools.present`` with ``arguments`` on a free port; what it leaves behind goes to ``folder``.

    Yields its process, its address, its token, the address that it opens, and its log.
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "JUPYTER_TOKEN"}
    environment |= {"JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "JUPYTER_DATA_DIR": str(folder / "data")}
    command = [sys.executable, "-m", "tools.present", *arguments, "--no-browser", f"--port={port}"]
    path = folder / "log"
    with path.open("w") as log:
        process = subprocess.Popen(
            [*command, "--ServerApp.port_retries=0"], cwd=notebooks.ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 90
        while not (found := re.search(r"(http://\S+?/)\S*token=(\w+)(?=\s)", path.read_text(encoding="utf-8"))):
            assert process.poll() is None and time.monotonic() < deadline, path.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield SimpleNamespace(process=process, address=found[1], token=found[2], opens=found[0], log=path)
    finally:
        process.terminate()
        process.wait(30)
