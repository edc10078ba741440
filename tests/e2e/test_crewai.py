"""Tests with CrewAI's MCP adapter, which sends null for every omitted argument and a mask for an argument with `format: password`."""

import json
import os
import pathlib
import subprocess

import pytest
from conftest import environment, setting
from objects import OBJECT_TYPES, PASSWORDS, USER

ID = "nothing_lost_crewai"
NEW_USER = "made_by_crewai"


def call_all(airflow, tmp_path, calls):
    """Calls tools through the adapter in a separate process and returns the structured content of each result."""
    task = tmp_path / "calls.json"
    server = {"command": setting("E2E_BINARY"), "args": ["stdio"], "env": environment(airflow)}
    task.write_text(json.dumps({**server, "calls": calls}))
    env = {
        **os.environ,
        "HOME": str(tmp_path),
        "CREWAI_DISABLE_TELEMETRY": "true",
        "OTEL_SDK_DISABLED": "true",
    }
    # Compiling CrewAI takes ten seconds, so bytecode is cached.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    script = pathlib.Path(__file__).with_name("crewai_calls.py")
    command = [setting("E2E_CREWAI_PYTHON"), str(script), str(task)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(text) for text in json.loads(task.read_text())["results"]]


@pytest.fixture
def objects(airflow):
    """Creates one object of each type with all members and provides their states."""
    USER.delete(airflow, NEW_USER)
    for object_type in OBJECT_TYPES:
        object_type.make(airflow, ID)
    yield {object_type.name: object_type.read(airflow, ID) for object_type in OBJECT_TYPES}
    USER.delete(airflow, NEW_USER)
    for object_type in OBJECT_TYPES:
        object_type.delete(airflow, ID)


# Airflow 2 requires the value of a variable in each update.
UPDATED = {"connection": "description", "pool": "slots", "variable": "value", "user": "last_name"}


def test_crewai_changes_what_it_names_and_keeps_passwords(airflow, tmp_path, objects):
    changes = {each.name: {UPDATED[each.name]: each.changes[UPDATED[each.name]]} for each in OBJECT_TYPES}
    new_user = {
        "username": NEW_USER,
        "email": "crewai@nothing.lost.example.org",
        "first_name": "Grace",
        "last_name": "Hopper",
        "roles": [{"name": "Viewer"}],
        "password": PASSWORDS[0],
    }
    calls = [[each.update, {"id": ID, **changes[each.name]}] for each in OBJECT_TYPES]
    calls += [
        [USER.create, new_user],
        ["list_all_apacheairflow_pools", {"limit": 2}],
    ]
    results = call_all(airflow, tmp_path, calls)

    expected = {each.name: {**objects[each.name], **changes[each.name]} for each in OBJECT_TYPES}
    assert {each.name: each.read(airflow, ID) for each in OBJECT_TYPES} == expected
    made = {name: value for name, value in new_user.items() if name != "username"}
    assert USER.read(airflow, NEW_USER) == USER.expected(**made)
    assert not airflow.signs_in(NEW_USER, "**********")
    assert [result for result in results if "error" in result] == []
    assert len(results[-1]["pools"]) == 2
