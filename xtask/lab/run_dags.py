"""Runs the fixture DAGs on an Airflow through its REST API.

    python run_dags.py run URL VERSION        with a scheduler; waits until each run has ended
    python run_dags.py mark URL VERSION       without a scheduler; only marks the runs as ended

The id of each run is `lab-1`, so that tests know it.
"""

import base64
import datetime
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

# DAG -> run id -> expected final state. lab_daily has a schedule and stays paused.
RUNS = {
    "lab_failing": {"lab-1": "failed"},
    "lab_mapped": {"lab-1": "success"},
    "lab_long_log": {"lab-1": "success"},
    "lab_producer": {"lab-1": "success"},
    "lab.dotted-id_é": {"lab-1": "success"},
}
# DAGs with a run that is triggered by an asset or by the task `trigger` of lab.dotted-id_é.
CAUSED = {"lab_consumer": "success", "lab_waits_for_two": "success"}
# DAG -> run id -> tasks that ask a person. These runs wait for responses.
APPROVAL = {"lab_approval": {"lab-1": {"answered", "publish", "archive"}}}


class Airflow:
    def __init__(self, url, major):
        self.major = major
        self.base = url + ("/api/v1" if major == 2 else "/api/v2")
        if major == 2:
            self.authorization = "Basic " + base64.b64encode(b"admin:admin").decode()
        else:
            self.authorization = None
            token = self.request("POST", "/auth/token", {"username": "admin", "password": "admin"}, base=url)
            self.authorization = "Bearer " + token["access_token"]

    def request(self, method, path, body=None, base=None, accept=()):
        headers = {"Accept": "application/json"}
        if self.authorization:
            headers["Authorization"] = self.authorization
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request((base or self.base) + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            if error.code in accept:
                return None
            raise SystemExit(f"{method} {path}: {error.code} {text}") from None

    def dag(self, dag_id):
        return "/dags/" + urllib.parse.quote(dag_id, safe="")

    def runs(self, dag_id):
        return {run["dag_run_id"]: run["state"] for run in self.request("GET", self.dag(dag_id) + "/dagRuns?limit=100")["dag_runs"]}

    def trigger(self, dag_id, run_id):
        body = {"dag_run_id": run_id, "conf": {"asked_by": "the lab"}}
        if self.major == 3:
            body["logical_date"] = datetime.datetime.now(datetime.timezone.utc).isoformat()
        # A run that already exists (409) is not an error.
        self.request("POST", self.dag(dag_id) + "/dagRuns", body, accept=[409])


def wait(what, seconds, is_done):
    deadline = time.monotonic() + seconds
    while (missing := is_done()) != []:
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: still missing after {seconds} s: {missing}")
        time.sleep(0.5)


def not_parsed(airflow, wanted):
    known = {dag["dag_id"] for dag in airflow.request("GET", "/dags?limit=100")["dags"]}
    return sorted(set(wanted) - known)


def unfinished(airflow):
    left = []
    for dag_id, runs in RUNS.items():
        states = airflow.runs(dag_id)
        for run_id, state in runs.items():
            if states[run_id] in ("success", "failed") and states[run_id] != state:
                raise SystemExit(f"{dag_id} {run_id} ended as {states[run_id]}, not {state}")
            if states[run_id] != state:
                left.append(dag_id)
    left += [dag_id for dag_id, state in CAUSED.items() if state not in airflow.runs(dag_id).values()]
    return left


def not_asked(airflow, run, tasks):
    asked = airflow.request("GET", run + "/hitlDetails")["hitl_details"]
    return sorted(tasks - {each["task_instance"]["task_id"] for each in asked})


def trigger(airflow, wanted):
    pool = {"name": "lab_pool", "slots": 4, "description": "For one task of the lab"}
    airflow.request("POST", "/pools", pool, accept=[409])
    unpaused = list(dict.fromkeys([*wanted, *CAUSED]))
    wait("DAGs", 120, lambda: not_parsed(airflow, unpaused))
    for dag_id in unpaused:
        airflow.request("PATCH", airflow.dag(dag_id) + "?update_mask=is_paused", {"is_paused": False})
    for dag_id, runs in wanted.items():
        for run_id in runs:
            airflow.trigger(dag_id, run_id)


def main(what, url, version):
    major, minor = (int(part) for part in version.split(".")[:2])
    airflow = Airflow(url, major)
    asks = APPROVAL if (major, minor) >= (3, 1) else {}
    trigger(airflow, {**RUNS, **asks})
    if what == "mark":
        for dag_id, runs in RUNS.items():
            for run_id, state in runs.items():
                airflow.request("PATCH", f"{airflow.dag(dag_id)}/dagRuns/{run_id}", {"state": state})
        return
    wait("runs", 300, lambda: unfinished(airflow))
    for dag_id, runs in asks.items():
        for run_id, tasks in runs.items():
            run = airflow.dag(dag_id) + "/dagRuns/" + run_id
            wait("questions", 120, lambda run=run, tasks=tasks: not_asked(airflow, run, tasks))
            answer = {"chosen_options": ["Approve"], "params_input": {"comment": "looks right"}}
            airflow.request("PATCH", run + "/taskInstances/answered/-1/hitlDetails", answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
