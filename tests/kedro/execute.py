"""Runs the steps of a compiled workflow as Argo and Kubernetes would, one after another, on this machine.

A folder stands for the image's /home/kedro, with its data/ as the shared volume.
"""
import os
import pathlib
import re
import subprocess

import yaml

# Steps that make, fill and delete the volume have nothing to do here.
INFRASTRUCTURE = {"data-volume-create", "data-volume-init", "schedule-volume-termination"}


def substitute(text, values):
    """Argo's `{{name}}`: one pass, an unknown name is an error."""
    return re.sub(r"\{\{([^{}]+)\}\}", lambda match: values[match[1]], text)


def expand(text, env):
    """Kubernetes' `$(NAME)` and `$$`."""
    pattern = re.compile(r"\$(\$|\(([-._a-zA-Z][-._a-zA-Z0-9]*)\))")
    return pattern.sub(lambda m: "$" if m[1] == "$" else env.get(m[2], m[0]), text)


def in_order(tasks):
    """The tasks, each behind those that it depends on."""
    done, left = set(), list(tasks)
    while left:
        ready = [task for task in left if set(task.get("dependencies") or []) <= done]
        assert ready, f"no order for {[task['name'] for task in left]}"
        for task in ready:
            yield task
            done.add(task["name"])
            left.remove(task)


def execute(workflow, home, path, changed=None):
    """Runs every step in the folder `home`, with `path` in front of PATH; `changed` are arguments of the run.

    Returns the names of the steps in the order in which they ran.
    """
    spec = yaml.safe_load(pathlib.Path(workflow).read_text())["spec"]
    templates = {template["name"]: template for template in spec["templates"]}
    arguments = {p["name"]: p["value"] for p in (spec.get("arguments") or {}).get("parameters", [])}
    assert set(changed or {}) <= set(arguments), f"no such arguments: {changed}"
    arguments.update(changed or {})
    dag = templates[spec["entrypoint"]]["dag"]["tasks"]
    if [task["name"] for task in dag] == ["exit-handler-1"]:
        dag = templates["exit-handler-1"]["dag"]["tasks"]
    ran = []
    for task in in_order(dag):
        template = templates[task["template"]]
        if template["name"] in INFRASTRUCTURE:
            continue
        container = template["container"]
        values = {f"inputs.parameters.{name}": value for name, value in arguments.items()}
        values.update({"workflow.uid": "run-1", "inputs.parameters.mlflow-start-run-mlflow_run_id": "mlflow-1"})
        env = {}
        for variable in container.get("env") or []:
            if "valueFrom" in variable:
                assert variable["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.labels['pipeline/runid']"}}
                env[variable["name"]] = values["workflow.uid"]
            else:
                env[variable["name"]] = expand(substitute(variable["value"], values), env)
        words = [expand(substitute(word, values), env) for word in container["command"] + container.get("args", [])]
        surroundings = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        surroundings.update({"PATH": f"{path}:/usr/bin:/bin", "DO_NOT_TRACK": "1", "PYTHONPATH": str(home / "src")})
        step = subprocess.run(words, cwd=home, env={**surroundings, **env}, capture_output=True, text=True)
        assert step.returncode == 0, f"{task['name']}: exit {step.returncode}\n{step.stdout[-1000:]}{step.stderr[-1000:]}"
        for artifact in (template.get("outputs") or {}).get("artifacts", []):
            file = artifact["path"].replace("/home/kedro", str(home), 1)
            assert os.path.exists(file), f"{task['name']}: no file for the artifact {artifact['name']}: {file}"
        ran.append(task["name"])
    return ran
