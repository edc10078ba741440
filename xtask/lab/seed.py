"""Fills the database of a stopped or running Airflow directly through SQLite, because creating 5,000 users through the API would take minutes.

    python seed.py AIRFLOW_DB users=5000 roles=300 dags=500 runs=3000 task_instances=1000 variables=1500 connections=30 pools=20

Users are `user00000` ..., with e-mail `user00000@example.org` and role Viewer; every thousandth user also has the role Admin.
All users have the password of `admin`, whose hash is copied.
DAGs are `bulk_000` .... The first DAGs have one run per day until now; some of these runs failed or are running, and the latest runs have four task instances each.
The DAGs and runs are copies of `lab_failing` and its first run, which must exist. Running the script again only adds missing rows.
"""

import datetime
import json
import sqlite3
import sys
import uuid

RUNS_OF_A_DAG = 50
TASKS = ["extract", "transform", "load", "report"]
# State of a run -> states of its tasks.
TASK_STATES = {
    "success": ["success"] * 4,
    "failed": ["success", "failed", "upstream_failed", "upstream_failed"],
    "running": ["success", "running", None, None],
}
NOW = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def text(moment):
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def next_id(db, table):
    return db.execute(f"select coalesce(max(id), 0) + 1 from {table}").fetchone()[0]


def insert(db, table, key, rows):
    """Adds the rows whose `key` columns do not exist yet, with the columns that the table has in this release."""
    columns = {row["name"]: row["type"] for row in db.execute(f'pragma table_info("{table}")')}
    known = {tuple(row) for row in db.execute(f"select {', '.join(key)} from {table}")}
    rows = [row for row in rows if tuple(row[name] for name in key) not in known]
    number = next_id(db, table) if columns.get("id") == "INTEGER" else None
    for i, row in enumerate(rows):
        if "id" in columns:
            row = {**row, "id": uuid.uuid4().hex if number is None else number + i}
        row = {name: value for name, value in row.items() if name in columns}
        names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        db.execute(f'insert into "{table}" ({names}) values ({places})', list(row.values()))


def template(db, table, where):
    row = db.execute(f"select * from {table} where {where} limit 1").fetchone()
    if row is None:
        raise SystemExit(f"no {table} where {where}: run the fixture DAGs first")
    return dict(row)


def roles(db, count):
    insert(db, "ab_role", ["name"], [{"name": f"role{i:05d}"} for i in range(count)])


def users(db, count):
    role = {row["name"]: row["id"] for row in db.execute("select name, id from ab_role where name in ('Viewer', 'Admin')")}
    password = template(db, "ab_user", "username = 'admin'")["password"]
    rows = [
        {
            "first_name": "Given",
            "last_name": f"Family {i}",
            "username": f"user{i:05d}",
            "password": password,
            "active": 1,
            "email": f"user{i:05d}@example.org",
            "created_on": text(NOW),
            "changed_on": text(NOW),
        }
        for i in range(count)
    ]
    insert(db, "ab_user", ["username"], rows)
    ids = {row["username"]: row["id"] for row in db.execute("select username, id from ab_user")}
    held = [(f"user{i:05d}", name) for i in range(count) for name in ["Viewer"] + (["Admin"] if i % 1000 == 999 else [])]
    insert(db, "ab_user_role", ["user_id", "role_id"], [{"user_id": ids[user], "role_id": role[name]} for user, name in held])


def variables(db, count):
    rows = [
        {"key": f"bulk_variable_{i:04d}", "val": f"value {i}", "description": f"Number {i}", "is_encrypted": 0} for i in range(count)
    ]
    insert(db, "variable", ["key"], rows)


def connections(db, count):
    rows = [
        {"conn_id": f"bulk_connection_{i:02d}", "conn_type": "http", "host": "example.org", "is_encrypted": 0, "is_extra_encrypted": 0}
        for i in range(count)
    ]
    insert(db, "connection", ["conn_id"], rows)


def pools(db, count):
    rows = [{"pool": f"bulk_pool_{i:02d}", "slots": i + 1, "description": f"Number {i}", "include_deferred": 0} for i in range(count)]
    insert(db, "slot_pool", ["pool"], rows)


def dags(db, count):
    like = template(db, "dag", "dag_id = 'lab_failing'")
    ids = [f"bulk_{i:03d}" for i in range(count)]
    rows = [
        {**like, "dag_id": dag_id, "description": f"Report number {i}", "owners": f"team{i % 5}", "is_paused": i % 3 == 2}
        for i, dag_id in enumerate(ids)
    ]
    insert(db, "dag", ["dag_id"], rows)
    tags = [{"dag_id": dag_id, "name": name} for i, dag_id in enumerate(ids) for name in ["bulk", f"team{i % 5}"]]
    insert(db, "dag_tag", ["dag_id", "name"], tags)


    copy_definitions(db, ids)


def copy_definitions(db, ids):
    """Copies the parsed definition of the DAG. Without the definition, Airflow 3 does not know the DAG and Airflow 2 does not know its tasks."""
    tables = {row["name"] for row in db.execute("select name from sqlite_master where type = 'table'")}
    if "dag_version" in tables:
        like = template(db, "dag_version", "dag_id = 'lab_failing'")
        insert(db, "dag_version", ["dag_id"], [{**like, "dag_id": dag_id} for dag_id in ids])
        like = template(db, "dag_code", "dag_id = 'lab_failing'")
        insert(db, "dag_code", ["dag_id"], [{**like, "dag_id": dag_id, "dag_version_id": version(db, dag_id)} for dag_id in ids])
    like = template(db, "serialized_dag", "dag_id = 'lab_failing'")
    data = json.loads(like["data"])
    rows = []
    for dag_id in ids:
        for key in {"dag_id", "_dag_id"} & set(data["dag"]):
            data["dag"][key] = dag_id
        rows.append({**like, "dag_id": dag_id, "data": json.dumps(data), "dag_version_id": version(db, dag_id)})
    insert(db, "serialized_dag", ["dag_id"], rows)


def version(db, dag_id):
    """Returns the id of the version of a DAG, or None before Airflow 3.0, which has no versions."""
    if not db.execute("select 1 from sqlite_master where name = 'dag_version'").fetchone():
        return None
    return template(db, "dag_version", f"dag_id = '{dag_id}'")["id"]


def state_of(dag, day):
    if day == 0 and dag % 20 == 5:
        return "running"
    return "failed" if (dag * 3 + day) % 10 == 0 else "success"


def plan(count):
    """Yields (number of the DAG, DAG id, days ago, start time) for each run."""
    for i in range(count):
        dag, day = divmod(i, RUNS_OF_A_DAG)
        yield dag, f"bulk_{dag:03d}", day, NOW - datetime.timedelta(days=day, minutes=dag + 2)


def run_id(begun):
    return "scheduled__" + begun.replace(microsecond=0, tzinfo=datetime.timezone.utc).isoformat()


def runs(db, count):
    like = template(db, "dag_run", "dag_id = 'lab_failing' and run_id = 'lab-1'")
    rows = []
    for dag, dag_id, day, begun in plan(count):
        state = state_of(dag, day)
        moments = ["execution_date", "logical_date", "run_after", "data_interval_start", "data_interval_end", "queued_at", "start_date"]
        moments += ["created_at", "updated_at", "last_scheduling_decision"]
        row = {
            **like,
            **{name: text(begun) for name in moments},
            "dag_id": dag_id,
            "run_id": run_id(begun),
            "run_type": "scheduled",
            "external_trigger": 0,
            "triggered_by": "TIMETABLE",
            "triggering_user_name": None,
            "state": state,
            "end_date": None if state == "running" else text(begun + datetime.timedelta(seconds=100)),
            "created_dag_version_id": version(db, dag_id),
        }
        rows.append(row)
    # A DAG that has runs is skipped, because this script would create other run ids at another time of the day.
    known = {row["dag_id"] for row in db.execute("select distinct dag_id from dag_run")}
    insert(db, "dag_run", ["dag_id", "run_id"], [row for row in rows if row["dag_id"] not in known])


def task_instances(db, count):
    like = template(db, "task_instance", "dag_id = 'lab_failing' and run_id = 'lab-1' and task_id = 'extract'")
    latest = db.execute(
        "select dag_id, run_id, state, start_date from dag_run where dag_id like 'bulk\\_%' escape '\\' order by start_date desc, dag_id"
    ).fetchall()
    rows = []
    for run in latest[: count // len(TASKS)]:
        begun = datetime.datetime.fromisoformat(run["start_date"])
        for i, (task, state) in enumerate(zip(TASKS, TASK_STATES[run["state"]], strict=True)):
            started = begun + datetime.timedelta(seconds=20 * i)
            is_over = state in ("success", "failed")
            row = {
                **like,
                "dag_id": run["dag_id"],
                "run_id": run["run_id"],
                "task_id": task,
                "task_display_name": None,
                "state": state,
                "start_date": text(started) if is_over or state == "running" else None,
                "end_date": text(started + datetime.timedelta(seconds=12)) if is_over else None,
                "duration": 12.0 if is_over else None,
                "updated_at": text(started),
                "dag_version_id": version(db, run["dag_id"]),
            }
            rows.append(row)
    insert(db, "task_instance", ["dag_id", "run_id", "task_id", "map_index"], rows)


SEEDS = [roles, users, variables, connections, pools, dags, runs, task_instances]


def main(path, counts):
    db = sqlite3.connect(path, timeout=60)
    db.row_factory = sqlite3.Row
    wanted = dict(each.split("=") for each in counts)
    unknown = set(wanted) - {seed.__name__ for seed in SEEDS}
    if unknown:
        raise SystemExit(f"no such data: {', '.join(sorted(unknown))}")
    with db:
        for seed in SEEDS:
            if seed.__name__ in wanted:
                seed(db, int(wanted[seed.__name__]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
