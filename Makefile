# make lab     set everything up and open the series in JupyterLab
# make test    set everything up, re-run every cell of every notebook and compare, and run the tests
# make help    the other commands

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
  BIN := .venv/Scripts
else
  BIN := .venv/bin
endif
RUN := $(BIN)/python
READY := .venv/ready
# The language of the start page and of the exercises, if not the system's: make lab IN=zh
IN ?=
LANGUAGE_OPTION := $(if $(IN),--language $(IN))
# CPU=1, with the first command, installs PyTorch's build without CUDA, from its makers: gigabytes less on Linux.
CPU ?=
ifneq ($(CPU),)
  export PIP_EXTRA_INDEX_URL := $(strip $(PIP_EXTRA_INDEX_URL) https://download.pytorch.org/whl/cpu)
endif
# All notebooks, unless one is named: make validate NB=notebooks/01-self-attention.ipynb
NB ?=
# The report of a run ends with the cells and tests that took longest.
SLOWEST := --durations=10 --durations-min=1

.PHONY: help lab slides exercises exercises-reset model site test validate execute zh bench bench-class style clean

help:
	@echo "make lab [IN=zh] [CPU=1] open the series in JupyterLab; in Chinese; with the small PyTorch, without CUDA"
	@echo "make slides [NB=...]     present it, or one notebook, as slides"
	@echo "make exercises           open the exercises in JupyterLab"
	@echo "make exercises-reset     put clean exercises in place; what you wrote is kept in kept/"
	@echo "make model               fetch the model that lesson 8 runs (90 MB), once"
	@echo "make site [NB=...]       build the site, pages and decks that need no Jupyter, into build/site/"
	@echo "make test                re-run and compare every notebook, and run the tests"
	@echo "make validate [NB=...]   re-run and compare the notebooks, or one"
	@echo "make execute [NB=...]    re-run the notebooks, or one, and store the outputs"
	@echo "make zh                  say what is to be translated, or make the Chinese edition anew"
	@echo "make bench               measure the series against its goals, some minutes, into benchmarks/"
	@echo "make bench-class         measure a class of eight on a real JupyterHub; needs Node.js and npm"
	@echo "make style               bring the code into the project's style"
	@echo "make clean               remove what make has built, the environment included"

lab: $(READY)
	$(RUN) -m tools.present --lab $(LANGUAGE_OPTION)

slides: $(READY)
	$(RUN) -m tools.present $(LANGUAGE_OPTION) $(if $(NB),"$(NB)")

exercises: $(READY)
	$(RUN) -m tools.present --lab $(LANGUAGE_OPTION) $(if $(NB),"$(NB)",--exercises)

exercises-reset: $(READY)
	$(RUN) -m tools.exercises

model: $(READY)
	$(RUN) -m tools.model

# Lesson 8's controls show its model, which is fetched where it is not at hand.
site: $(READY)
	$(RUN) -m tools.model
	$(RUN) -m tools.site $(if $(NB),"$(NB)")

# Without the model everything but lesson 8 is tested, and the run says so; in CI lesson 8 then fails.
test: $(READY)
	-$(RUN) -m tools.model
	$(RUN) -m pytest -n auto --dist loadfile $(SLOWEST)

validate: $(READY)
	$(RUN) -m pytest -n auto --dist loadfile $(SLOWEST) "$(or $(NB),notebooks)"

# The translations: what there is to do, and then the notebooks made from them, run, with their exercises.
zh: $(READY)
	$(RUN) -m tools.edition $@
	$(RUN) -m tools.execute notebooks/$@/*.ipynb notebooks/$@/solutions/*.ipynb
	$(RUN) -m tools.exercises --stale

execute: $(READY)
	$(RUN) -m tools.execute $(if $(NB),"$(NB)")

bench: $(READY)
	$(RUN) -m tools.bench

bench-class: $(READY)
	$(RUN) -m tools.bench_class

style: $(READY)
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

clean:
	rm -rf .venv build *.egg-info

# Done once, and again when the requirements change. The stamp comes last: what was cut short is done again.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'The series needs Python 3.11 or newer, and $(PYTHON) is %d.%d. Name another one: make PYTHON=python3.12' % sys.version_info[:2])"
	$(if $(CPU),@echo "Without CUDA: 1.7 GB in place of 5.4 GB on Linux; elsewhere PyTorch is small anyway.")
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --disable-pip-version-check -r requirements.txt
	@$(RUN) -c "open('$(READY)', 'w').close()"
