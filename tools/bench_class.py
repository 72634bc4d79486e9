"""A class on a real JupyterHub: ``python -m tools.bench_class [STUDENTS]``, some minutes; it needs Node.js and npm.

Eight students, or as many as are asked for, log in at once, each with a server of their own. Each runs a lesson, then
its exercises with the right answers, and stores them. Then the hub is killed and started again. Time, memory and
what became of the work go to ``benchmarks/``. Everything listens on this machine alone, under a password that is
forgotten in the end; what has to be installed goes to ``build/class``.
"""

import argparse
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import sysconfig
import time
import uuid
import venv
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.metadata import version
from pathlib import Path

import psutil
import requests
import websocket
from tqdm import tqdm

from tools import notebooks
from tools.measuring import machine

HUB, PROXY = "jupyterhub==6.1.1", "configurable-http-proxy@5.3.0"  # of this measurement alone
FOLDER = notebooks.ROOT / "build" / "class"
RESULTS = notebooks.ROOT / "benchmarks"
LESSON, ANSWERS = "notebooks/01-self-attention.ipynb", "notebooks/solutions/01-self-attention.ipynb"
MIB = 2**20
# What a student trains who has not heard of threads.
TRAINING = """
import time, torch
torch.set_num_threads({threads})
layer, X = torch.nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), torch.randn(64, 16, 32)
started = time.perf_counter()
for _ in range(50):
    layer.zero_grad(); layer(X).square().mean().backward()
print(time.perf_counter() - started)
"""
CONFIG = """
import os
c = get_config()
c.JupyterHub.bind_url, c.JupyterHub.hub_bind_url, c.ConfigurableHTTPProxy.api_url = {addresses}
c.JupyterHub.authenticator_class, c.JupyterHub.spawner_class = "dummy", "simple"
c.DummyAuthenticator.password = os.environ["CLASS_PASSWORD"]
c.Authenticator.allow_all = True
c.JupyterHub.services = [{{"name": "measure", "api_token": os.environ["CLASS_TOKEN"]}}]
c.JupyterHub.load_roles = [{{"name": "measure", "services": ["measure"],
                            "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"]}}]
c.JupyterHub.cleanup_servers = False  # who works goes on working when the hub ends
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd, c.Spawner.args = [{python!r}, "-m", "jupyterhub.singleuser"], {arguments!r}
c.Spawner.start_timeout = c.Spawner.http_timeout = 180
c.Spawner.environment = {environment!r}
"""


def prepare():
    """Install the hub into an environment that sees the lessons' packages, and its proxy: (python, proxy)."""
    missing = [program for program in ("node", "npm") if not shutil.which(program)]
    if missing:
        sys.exit(f"There is no {' and no '.join(missing)}: JupyterHub's proxy needs Node.js 20 or newer, with npm.")
    python = FOLDER / "hub" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    proxy = FOLDER / "node_modules" / ".bin" / "configurable-http-proxy"
    if not python.exists():
        venv.create(FOLDER / "hub", with_pip=True)
        (own,) = (FOLDER / "hub").glob("[Ll]ib/**/site-packages")
        lessons = sysconfig.get_paths()["purelib"]
        (own / "lessons.pth").write_text(f"import site; site.addsitedir({lessons!r})\n")
    commands = [[python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", HUB]]
    commands += [["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", FOLDER, PROXY]]
    for command in commands if not proxy.exists() else commands[:1]:
        if subprocess.run(command).returncode:
            sys.exit(f"This did not work, see above: {' '.join(map(str, command))}")
    return python, proxy


class Hub:
    """A JupyterHub in the folder ``root``, with homes below it."""

    def __init__(self, root, python, proxy):
        self.root, self.python = root, python
        ports = []
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            for free in (one, two, three):
                free.bind(("127.0.0.1", 0))
                ports.append(f"http://127.0.0.1:{free.getsockname()[1]}")
        self.address, self.password, self.token = ports[0], secrets.token_urlsafe(), secrets.token_hex()
        prefix = Path(sys.prefix)
        environment = {"OMP_NUM_THREADS": "1", "JUPYTERLAB_DIR": str(prefix / "share/jupyter/lab")}
        environment |= {"JUPYTER_CONFIG_PATH": str(prefix / "etc/jupyter")}
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        arguments = ["--allow-root"] if is_root else []
        values = {"addresses": tuple(ports), "proxy": str(proxy), "homes": str(root / "homes"), "python": str(python)}
        self.config = root / "jupyterhub_config.py"
        self.config.write_text(CONFIG.format(**values, arguments=arguments, environment=environment))

    def start(self):
        """Start it and wait until it answers."""
        secret = {"CLASS_PASSWORD": self.password, "CLASS_TOKEN": self.token}
        with (self.root / "log").open("a") as log:
            command = [self.python, "-m", "jupyterhub", "-f", self.config]
            self.process = subprocess.Popen(
                command, cwd=self.root, env={**os.environ, **secret}, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(lambda: requests.get(f"{self.address}/hub/api", timeout=5).ok, "The hub", self.root / "log")

    def api(self, method, path, **options):
        """Ask the hub's API."""
        headers = {"Authorization": f"token {self.token}"}
        answer = requests.request(method, f"{self.address}/hub/api/{path}", headers=headers, timeout=200, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def server(self, name):
        """What the hub knows of a student's server."""
        return self.api("GET", f"users/{name}")["servers"].get("", {})

    def end(self):
        """End all that was started: what runs from the folder, by its number."""
        for process in processes(self.root):
            process.kill()


def processes(root):
    """The processes that work below the folder ``root``."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(root):
                found.append(process)
        except psutil.Error:
            continue
    return found


def memory(root):
    """The PSS of all processes that work below ``root``, in MiB."""
    return sum(process.memory_full_info().pss for process in processes(root)) / MIB


def wait_for(happened, what, log, seconds=180):
    """Wait until ``happened()`` is true; a connection that is refused is none yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if happened():
                return
        except requests.RequestException:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not answer in {seconds} s. Its log is {log}.")
        time.sleep(0.2)


class Student:
    """Somebody who has logged in, with a server of their own."""

    def __init__(self, hub, name):
        self.hub, self.name, self.times, self.kernel = hub, name, {}, None
        self.home = hub.root / "homes" / name
        ignore = shutil.ignore_patterns(".ipynb_checkpoints")
        shutil.copytree(notebooks.NOTEBOOKS, self.home / "notebooks", ignore=ignore)

    def log_in(self):
        """Log in with the form, have the server started and wait for it."""
        started, page = time.perf_counter(), f"{self.hub.address}/hub/login"
        with requests.Session() as session:
            session.get(page, timeout=60)
            form = {"username": self.name, "password": self.hub.password, "_xsrf": session.cookies["_xsrf"]}
            answer = session.post(page, data=form, allow_redirects=False, timeout=60)
            assert answer.status_code == 302 and "jupyterhub-session-id" in session.cookies, answer.text
        self.token = self.hub.api("POST", f"users/{self.name}/tokens", json={})["token"]
        self.hub.api("POST", f"users/{self.name}/server")
        wait_for(lambda: self.hub.server(self.name).get("ready"), f"{self.name}'s server", self.hub.root / "log")
        self.times["log in and have a server"] = time.perf_counter() - started

    def ask(self, method, path, **options):
        """Ask the student's own server, through the proxy."""
        address = f"{self.hub.address}/user/{self.name}/api/{path}"
        headers = {"Authorization": f"token {self.token}"}
        answer = requests.request(method, address, headers=headers, timeout=120, **options)
        answer.raise_for_status()
        return answer.json()

    def run(self, sources, path="notebooks"):
        """Run the code ``sources`` in a new kernel, or go on with the last: a list of outputs for each."""
        if path:
            self.kernel = self.ask("POST", "kernels", json={"name": "python3", "path": f"{path}/x.ipynb"})["id"]
        address = f"{self.hub.address}/user/{self.name}/api/kernels/{self.kernel}/channels".replace("http", "ws", 1)
        found = []
        channel = websocket.create_connection(address, header={"Authorization": f"token {self.token}"}, timeout=300)
        try:
            for source in sources:
                found.append(self._run_one(channel, source))
        finally:
            channel.close()
        return found

    def _run_one(self, channel, source):
        request, outputs = uuid.uuid4().hex, []
        header = {"msg_id": request, "msg_type": "execute_request", "username": "", "session": request}
        content = {"code": source, "silent": False, "store_history": False, "allow_stdin": False}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        message["header"]["version"] = "5.3"
        channel.send(json.dumps(message))
        while True:
            message = json.loads(channel.recv())
            if message["parent_header"].get("msg_id") != request:
                continue
            if message["msg_type"] in ("stream", "execute_result", "display_data", "error"):
                outputs.append(message["content"])
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return outputs

    def work(self):
        """Run the lesson, then the exercises with the right answers; count the checks that pass, store the work."""
        started = time.perf_counter()
        self.errors = [out for outs in self.run(code(LESSON)) for out in outs if "traceback" in out]
        self.times["run lesson 1"] = time.perf_counter() - started
        sources = code(ANSWERS)
        answers = list(zip(sources, self.run(sources, "notebooks/solutions"), strict=True))
        checks = [str(outputs) for source, outputs in answers if source.rpartition("\n")[2].startswith("check.")]
        self.checks, self.right = len(checks), sum("'text/plain': 'Right. " in said for said in checks)
        self.times["run lesson 1 and its exercises"] = time.perf_counter() - started
        self.save("first")

    def save(self, words):
        """Store the exercises with some words of the student's, as JupyterLab does."""
        notebook = notebooks.read(notebooks.ROOT / ANSWERS)
        notebook.cells[-1].source += f"\n{self.name}: {words}"
        self.ask("PUT", f"contents/{ANSWERS}", json={"type": "notebook", "content": notebook})

    def has(self, words):
        """Whether the server, and the disk, hold what was stored."""
        stored = [self.ask("GET", f"contents/{ANSWERS}")["content"]["cells"][-1]["source"]]
        stored.append(notebooks.read(self.home / ANSWERS).cells[-1].source)
        return all(f"{self.name}: {words}" in source for source in stored)

    def tries_to_save(self, words):
        """Store, and say whether that worked."""
        try:
            self.save(words)
        except requests.RequestException:
            return False
        return True

    def remembers(self, variable):
        """Whether a variable of the kernel still holds the student's name."""
        return self.name in str(self.run([f"print({variable})"], None))

    def train(self, threads):
        """Seconds for a small training with so many threads."""
        (outputs,) = self.run([TRAINING.format(threads=threads)], None)
        return float(outputs[-1]["text"])


def code(path):
    """The code cells of a notebook, without the wrong turns that the solutions show."""
    cells = notebooks.read(notebooks.ROOT / path).cells
    chosen = [cell for cell in cells if cell.cell_type == "code" and "solution" not in cell.metadata.get("tags", [])]
    return [cell.source.strip() for cell in chosen]


def measure(count, hub):
    """What a class of ``count`` students comes to: {what: value}."""
    hub.start()
    found = {"students": count, "hub and proxy, MiB": memory(hub.root)}
    one, students = Student(hub, "alone"), [Student(hub, f"student-{number}") for number in range(1, count + 1)]
    steps = tqdm(desc="class", total=6, unit="step")

    def all_do(act, those=students):
        """Let all students act at once; return what came of it."""
        with ThreadPoolExecutor(len(those)) as pool:
            done = list(pool.map(act, those))
        steps.update()
        return done

    all_do(lambda student: (student.log_in(), student.work()), [one])
    found["alone, s"] = one.times
    hub.api("DELETE", "users/alone/server")
    wait_for(lambda: not processes(one.home), "The end of a server", hub.root / "log")

    all_do(Student.log_in)
    idle = spread(memory(student.home) for student in students)
    all_do(Student.work)
    found["together, s"] = {what: spread(student.times[what] for student in students) for what in one.times}
    found["memory, MiB"] = {"server": idle, "server and two kernels": spread(memory(one.home) for one in students)}
    found["errors in the lesson"] = sum(len(student.errors) for student in students)
    found["checks"] = students[0].checks
    found["students whose checks all pass"] = sum(student.right == student.checks > 0 for student in students)
    found["training, s"] = {n: spread(all_do(lambda student, n=n: student.train(n))) for n in (os.cpu_count(), 1)}

    for student in students:
        student.run([f"mine = {student.name!r}"], None)
    before = [{process.pid for process in processes(student.home)} for student in students]
    hub.process.kill()
    hub.process.wait()
    stored = [student.tries_to_save("second") for student in students]
    started = time.perf_counter()
    hub.start()
    for student in students:
        wait_for(lambda student=student: student.ask("GET", "status"), student.name, hub.root / "log")
    found["seconds until the hub was there again"] = time.perf_counter() - started
    found["students who could store without the hub"] = sum(stored)
    kept = [student.has("second" if saved else "first") for student, saved in zip(students, stored, strict=True)]
    found["students whose work is all there"] = sum(kept)
    found["servers and kernels that went on"] = sum(
        numbers <= {process.pid for process in processes(student.home)} and student.remembers("mine")
        for student, numbers in zip(students, before, strict=True)
    )
    steps.update()
    steps.close()
    return found


def spread(values):
    """The median and the largest."""
    values = list(values)
    return {"median": statistics.median(values), "largest": max(values)}


def versions():
    """The packages that the figures depend on, beside what ``machine`` tells."""
    own = {name: version(name) for name in ("jupyterlab", "ipykernel")}
    return {**dict([HUB.split("=="), PROXY.split("@")]), **own}


def report(found, where):
    """The results as Markdown."""
    count, alone = found["students"], found["alone, s"]
    rows = [(f"{what}, s", f"{alone[what]:.1f}", values, 1) for what, values in found["together, s"].items()]
    rows += [(f"memory of a {what}, MiB (PSS)", "", values, 0) for what, values in found["memory, MiB"].items()]
    rows += [(f"a training, threads: {n}, s", "", values, 1) for n, values in found["training, s"].items()]
    lines = [f"# A class of {count} on one JupyterHub", "", "Made by `make bench-class`; all do the same at once.", ""]
    lines += [f"| | one student alone | median of {count} | largest |", "|---|---|---|---|"]
    lines += [f"| {a} | {b} | {v['median']:.{n}f} | {v['largest']:.{n}f} |" for a, b, v, n in rows] + [""]
    of = [what for what, value in found.items() if what.startswith(("students ", "servers "))]
    lines += [f"- {what}: {found[what]} of {count}" for what in of]
    rest = ("checks", "errors in the lesson", "hub and proxy, MiB", "seconds until the hub was there again")
    lines += [f"- {what}: {found[what]:.0f}" for what in rest]
    told = ", ".join(f"{what} {value}" for what, value in where.items())
    return "\n".join([*lines, "", f"After the training the hub was killed (SIGKILL) and started again. {told}."]) + "\n"


def main():
    """Measure, store the results, and fail where a check failed or work was lost."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("students", nargs="?", type=int, default=8, help="how many; 8 if left out")
    count = parser.parse_args().students
    if count < 1:
        parser.error(f"a class has at least one student, but STUDENTS is {count}")
    python, proxy = prepare()
    root = FOLDER / "run"
    shutil.rmtree(root, ignore_errors=True)
    (root / "homes").mkdir(parents=True)
    hub = Hub(root, python, proxy)
    try:
        found, where = measure(count, hub), {"date": f"{date.today()}", **machine(), **versions()}
    except TimeoutError as error:
        sys.exit(f"{error}")
    finally:
        hub.end()
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"measured on": where, **found}, indent=1) + "\n"
    (RESULTS / "class.json").write_text(text, encoding="utf-8")
    (RESULTS / "class.md").write_text(report(found, where), encoding="utf-8")
    print(report(found, where))
    lost = [what for what in found if what.startswith("students whose") and found[what] < count]
    sys.exit(f"Not all {count}: {'; '.join(lost)}" if lost or found["errors in the lesson"] else None)


if __name__ == "__main__":
    main()
