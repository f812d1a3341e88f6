#!/usr/bin/env python3
"""Checks with a real Kedro that compiled workflows do what they should: tests/kedro/check.py KFK PYTHON...

KFK is the program, each PYTHON the interpreter of an environment with some Kedro (0.17 or later) and PyYAML.
For each of them
- every step of a pipeline that records its parameters is executed, and the parameters must be the very values
  that Kedro reads from the configuration by itself: as they are, and changed as in Kubeflow's UI;
- where the datasets of examples/spaceflights are installed, its compiled workflow is executed to the end.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from execute import execute

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

# The command for all pipelines that the README gives.
EXPORT = next(line for line in (REPOSITORY / "README.md").read_text().splitlines() if line.startswith('python -c "import json, pathlib'))

# What each set of parameters is about, the parameters, and what the UI changes: argument, text, value.
PARAMETERS = {
    "simple": (
        "an_int: 7\na_float: 1.0e-05\nnegative: -3\ntext: plain\n",
        [("an_int", "8", 8), ("a_float", "0.5", 0.5), ("text", "other", "other")],
    ),
    "text": (
        "empty: ''\ncolons: a:b=c\nquotes: it's \"quoted\"\nunicode: zażółć 雪\n'on': 'on'\nwith space: x y\n",
        [("with-space", "z", "z")],
    ),
    "types": (
        "whole: 1.0\nbig: 12345678901234567890\nflag: no\nother_flag: true\na_list: [1, 2, x, [null, 1.5]]\n"
        "nested: {model: {depth: 3, names: [a, b], nothing: null}}\nsmall: {depth: 3}\nnothing: null\nday: 2020-01-02\ndays: [2020-01-02, 1.0e-05]\n",
        [("flag", "true", True), ("whole", "2.5", 2.5), ("a_list", "[3, y]", [3, "y"]), ("big", "7", 7)],
    ),
    "dates": (
        "lr: 1e-3\nf: 1.5e3\nday: 2020-01-02\ntime: 2020-01-02T10:00:00\nall: {day: 2020-01-02, lr: [1e5, 1.0e+5, 1_000]}\nrate: 0.25\n",
        [("rate", "0.5", 0.5)],
    ),
    "looks": (
        "version: '1.10'\noctal: '010'\nhex: 0x1F\nyes_text: 'yes'\nnull_text: 'null'\nexponent: '1e3'\ninf: 'inf'\n"
        "under: '1_000'\ntime: '12:30'\nday: '2020-01-02'\nnumber: '7'\n",
        [("version", "1.20", "1.20"), ("number", "007", "007")],
    ),
    "characters": (
        "commas: a,b:c=d\nspaces: '  both ends  '\nlines: \"a\\n  b\\n\\nc\\n\"\ntab: \"\\t\"\nreference: '{{workflow.name}} {{x}}'\n"
        "dollars: '$$5 $(IAP_CLIENT_ID) $HOME'\nbackslash: 'C:\\new'\nhash: 'a # b'\nemoji: 😀\nstar: '*a &b !c %d @e `f'\n"
        "with.dot: 1\n'with:colon': 2\n'with,comma': 3\n'1st': 4\n雪: 5\nlong: " + "x" * 3000 + "\n",
        [("commas", "d,e", "d,e"), ("with-dot", "9", 9)],
    ),
}

# Only for OmegaConf: what it fills in keeps the value that Kedro gives it.
INTERPOLATION = ("base: 2\nhalf: 1e-3\ndouble: ${base}\nnested: {a: '${half}', b: [x]}\n", [("half", "0.5", 0.5)])

REGISTRY = """
import json
from kedro.pipeline import Pipeline, node

def record(parameters):
    with open("data/recorded.json", "w") as file:
        file.write(repr(sorted(parameters.items())))

def register_pipelines():
    return {"__default__": Pipeline([node(record, "parameters", None, name="record")])}
"""


# Before 0.18, projects registered these themselves.
OLD_SETTINGS = """
from kedro.config import ConfigLoader
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog

class ProjectHooks:
    @hook_impl
    def register_config_loader(self, conf_paths):
        return ConfigLoader(conf_paths)

    @hook_impl
    def register_catalog(self, catalog, credentials, load_versions, save_version, journal):
        return DataCatalog.from_config(catalog, credentials, load_versions, save_version, journal)

HOOKS = (ProjectHooks(),)
"""


OMEGACONF_SETTINGS = """
from kedro.config import OmegaConfigLoader
CONFIG_LOADER_CLASS = OmegaConfigLoader
"""


def run(words, cwd, path):
    env = {"PATH": f"{path}:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/"), "DO_NOT_TRACK": "1", "PYTHONPATH": str(cwd / "src")}
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{words[:3]}: exit {done.returncode}\n{done.stdout[-1000:]}{done.stderr[-1000:]}"
    return done


def make_project(home, version, parameters, settings):
    """A project with one node, which writes down the parameters that it is given."""
    for folder in ("conf/base", "conf/local", "src/recorder", "data"):
        (home / folder).mkdir(parents=True)
    (home / "pyproject.toml").write_text(
        f'[tool.kedro]\npackage_name = "recorder"\nproject_name = "Recorder"\n'
        f'{"project_version" if version < (0, 18) else "kedro_init_version"} = "{".".join(map(str, version))}"\n'
    )
    (home / "conf/base/kubeflow.yaml").write_text("host: http://kubeflow\nrun_config: {image: recorder}\n")
    (home / "conf/base/parameters.yml").write_text(parameters)
    (home / "conf/base/catalog.yml").write_text("{}\n")
    (home / "conf/base/logging.yml").write_text("version: 1\n")
    (home / "conf/base/credentials.yml").write_text("{}\n")
    (home / "src/recorder/__init__.py").write_text("")
    (home / "src/recorder/settings.py").write_text(settings)
    (home / "src/recorder/pipeline_registry.py").write_text(REGISTRY)


def recorded(home):
    return (home / "data/recorded.json").read_text()


def check_parameters(kfk, python, version, name, settings):
    parameters, changes = INTERPOLATION if name == "interpolation" else PARAMETERS[name]
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder) / "recorder"
        make_project(home, version, parameters, settings)
        bin_folder = pathlib.Path(python).parent
        run(["sh", "-c", EXPORT], home, bin_folder)
        run(["kedro", "run"], home, bin_folder)
        wanted = recorded(home)
        run([kfk, "-q", "compile"], home, bin_folder)
        (home / "data/recorded.json").unlink()
        execute(home / "pipeline.yml", home, bin_folder)
        assert recorded(home) == wanted, f"{name}: want {wanted}\ngot {recorded(home)}"
        execute(home / "pipeline.yml", home, bin_folder, {argument: text for argument, text, _ in changes})
        values = dict(eval(recorded(home), {"nan": float("nan"), "inf": float("inf"), "datetime": __import__("datetime")}))
        for argument, _, value in changes:
            got = values.get(argument, values.get(argument.replace("-", "."), values.get(argument.replace("-", " "))))
            assert (type(got), got) == (type(value), value), f"{name}: {argument} changed to {got!r}, want {value!r}"


def check_example(kfk, python):
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder) / "spaceflights"
        shutil.copytree(REPOSITORY / "examples/spaceflights", home)
        bin_folder = pathlib.Path(python).parent
        committed = json.loads((home / "pipeline.json").read_text())
        run(["sh", "-c", EXPORT], home, bin_folder)
        exported = json.loads((home / "pipeline.json").read_text())
        assert exported == committed, "examples/spaceflights/pipeline.json is not what Kedro exports"
        run([kfk, "-q", "compile"], home, bin_folder)
        ran = execute(home / "pipeline.yml", home, bin_folder)
        metrics = json.loads((home / "data/08_reporting/metrics.json").read_text())
        assert len(ran) == 6 and metrics["r2"] > 0.9, (ran, metrics)
        execute(home / "pipeline.yml", home, bin_folder, {"test_size": "0.5"})
        changed = json.loads((home / "data/08_reporting/metrics.json").read_text())
        assert changed["rows"] > metrics["rows"], (metrics, changed)


def main():
    kfk, *pythons = [str(pathlib.Path(argument).absolute()) for argument in sys.argv[1:]]
    passed = failed = 0
    for python in pythons:
        text = subprocess.run([python, "-c", "import kedro; print(kedro.__version__)"], capture_output=True, text=True, check=True).stdout
        version = tuple(int(part) for part in text.strip().split(".")[:3])
        settings = {"": OLD_SETTINGS if version < (0, 18) else ""}
        if version[:2] == (0, 18):
            settings[" with OmegaConfigLoader"] = OMEGACONF_SETTINGS
        checks = {
            f"parameters {name}{loader}": lambda name=name, text=text: check_parameters(kfk, python, version, name, text)
            for loader, text in settings.items()
            for name in [*PARAMETERS, *(["interpolation"] if loader or version >= (0, 19) else [])]
        }
        if subprocess.run([python, "-c", "import kedro_datasets"], capture_output=True).returncode == 0 and version[:2] == (0, 18):
            checks["examples/spaceflights"] = lambda: check_example(kfk, python)
        for name, check in checks.items():
            try:
                check()
                passed += 1
                print(f"ok   Kedro {text.strip()}: {name}")
            except Exception as error:
                failed += 1
                print(f"FAIL Kedro {text.strip()}: {name}: {type(error).__name__}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
