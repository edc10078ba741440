"""Tests of the read-only tools of the newest API on Airflow 2.7, 2.10, 3.0 and 3.1: pages are correct, and operations that were added later fail with "requires Airflow ..."."""

import base64
import json
import os
import subprocess
import urllib.parse

import pytest
from conftest import Airflow, catalogue, connect, environment, fetch, setting
from matrix import ROWS, create, delete, get, list_of, update
from test_matrix import fill_in, value_at
from test_walks import walk

RELEASES = ["2.7.3", "2.10.5", "3.0.6", "3.1.8"]


class Older(Airflow):
    """Older release with the user `admin` and the fixture DAGs, none of which has run."""

    def __init__(self, version):
        super().__init__(int(version[0]))
        self.version = version

    @property
    def url(self):
        return setting(f"E2E_AIRFLOW_{self.version.replace('.', '_')}_URL")


@pytest.fixture(params=RELEASES)
def older(request):
    return Older(request.param)


def reading_rows(older, tools):
    """Returns the read-only rows of the matrix, one for each tool."""
    rows = {}
    for row in ROWS:
        tool = tools.get(row.tool)
        if tool and older.major in row.on and tool["annotations"]["readOnlyHint"] and not row.impossible:
            rows.setdefault(row.tool, row)
    return list(rows.values())


# Runs and their data do not exist, because no DAG has run. For these tools, not found is correct.
MAY_BE_MISSING = [
    "_xcom_",
    "_try_",
    "mapped_task_instance",
    "upstream_asset_events",
    "queued_event",
    "_log_lines",
    "_import_error_",
    "hitl_detail",
    "_state_store_entry_",
    "_backfill_",
    "_asset_alias_",
    "_connection_",
    "_variable_",
    "_pool_",
    "_role_",
    "_user_",
    "_connection_test_",
]


# Responses of Airflow to an unknown path.
UNKNOWN_PATHS = ["The requested URL was not found on the server", "API route not found"]


@pytest.mark.anyio
async def test_read_only_tools_work_or_name_the_required_release(older, tmp_path, capsys):
    tools = {tool["name"]: tool for tool in catalogue(f"airflow-{older.major}")}
    known = {"consumer_run": "lab-1", "yesterday": "2026-01-01T00:00:00Z"}
    lines, failed = [], []
    async with connect(older, tmp_path) as session:
        offered = {tool.name for tool in (await session.client.list_tools()).tools}
        for row in reading_rows(older, tools):
            if row.tool not in offered:
                lines.append((row.tool, "not offered"))
                continue
            try:
                arguments = fill_in(row.arguments, known)
            except KeyError as error:
                lines.append((row.tool, f"nothing to read: {error}"))
                continue
            try:
                result = await session.result(row.tool, arguments)
            except RuntimeError as error:
                # The client of the SDK rejects a result that does not match the output schema of the tool.
                failed.append(f"{row.tool} {arguments}: {error}")
                continue
            if not result.is_error:
                lines.append((row.tool, "ok"))
                try:
                    known |= {name: value_at(result.structured_content, place) for name, place in row.keep.items()}
                except (KeyError, IndexError):
                    pass
                continue
            error = result.structured_content["error"]
            text = json.dumps(error, ensure_ascii=False)
            if "requires Airflow" in text:
                lines.append((row.tool, error["detail"] or error["title"]))
            elif any(unknown in text for unknown in UNKNOWN_PATHS):
                failed.append(f"{row.tool} {arguments}: does not say which Airflow it needs: {text}")
            elif error["code"] == "not_found" and any(part in row.tool for part in MAY_BE_MISSING):
                lines.append((row.tool, "not found"))
            else:
                failed.append(f"{row.tool} {arguments}: {text}")
    with capsys.disabled():
        print(f"\nAirflow {older.version}")
        for tool, outcome in lines:
            print(f"  {tool:62} {outcome}")
    assert not failed, "\n".join(failed)


@pytest.mark.anyio
async def test_pages_are_correct(older, tmp_path):
    async with connect(older, tmp_path) as session:
        for resource in ["dags", "dag_runs", "task_instances"]:
            tool = f"list_all_apacheairflow_{resource}"
            walks = [await walk(session, tool, {}, limit) for limit in (1, 7, 1000)]
            assert walks[0] == walks[1] == walks[2], tool
            items, total = walks[0]
            texts = [json.dumps(item, sort_keys=True) for item in items]
            assert len(items) >= 5 and len(set(texts)) == len(texts) and total in (None, len(items)), tool


@pytest.mark.anyio
async def test_newer_operations_name_the_required_release(older, tmp_path):
    later = {
        "2.7.3": ("list_all_apacheairflow_dag_stats", {"dag_ids": ["lab_failing"]}, "2."),
        "2.10.5": None,
        "3.0.6": ("list_all_apacheairflow_hitl_details", {}, "3.1"),
        "3.1.8": ("list_all_apacheairflow_task_state_store_entries", {"dag_id": "lab_failing", "dag_run_id": "lab-1", "task_id": "extract"}, "3.3"),
    }[older.version]
    if later is None:
        return
    tool, arguments, since = later
    async with connect(older, tmp_path) as session:
        error = await session.error(tool, arguments)
        assert f"requires Airflow {since}" in json.dumps(error) and older.version in json.dumps(error), error


@pytest.mark.anyio
async def test_users_and_roles_of_every_auth_manager(older, tmp_path):
    async with connect(older, tmp_path) as session:
        users = await session.call(list_of("users"), {"limit": 1})
        assert [user["username"] for user in users["users"]] == ["admin"] and users["next_cursor"]
        everyone, total = await walk(session, list_of("users"), {}, 7)
        assert len({user["username"] for user in everyone}) == len(everyone) == total == 21
        roles = await session.call(list_of("roles"), {"limit": 2})
        assert len(roles["roles"]) == 2 and roles["next_cursor"]
        assert (await session.call(get("user"), {"id": "admin"}))["email"] == "admin@example.org"
        # Each tool is listed once, whichever FAB auth manager is used.
        names = [tool.name for tool in (await session.client.list_tools()).tools]
        assert len(set(names)) == len(names) and list_of("users") in names
    # This request shows whether a failure is caused by the Airflow server or by the tool.
    path = "/api/v1/users" if older.version == "2.7.3" else "/auth/fab/v1/users"
    if older.version != "3.1.8":
        assert fetch("GET", older.url + path, {"Accept": "application/json", **BASIC})[0] == 200


BASIC = {"Authorization": "Basic " + base64.b64encode(b"admin:admin").decode()}
READ_DAGS = {"action": {"name": "can_read"}, "resource": {"name": "DAGs"}}
EDIT_DAGS = {"action": {"name": "can_edit"}, "resource": {"name": "DAGs"}}


@pytest.fixture
def fab_2():
    """Provides Airflow 3.0 with FAB 2.x, whose users and roles are managed in Flask. The users and roles of a test are deleted afterwards."""
    older = Older("3.0.6")

    def clean():
        for path in ["users/fab2", "users/fab2.new", "roles/Fab2", "roles/Fab2 new"]:
            fetch("DELETE", f"{older.url}/auth/fab/v1/{urllib.parse.quote(path)}", BASIC)

    clean()
    yield older
    clean()


@pytest.mark.anyio
async def test_roles_and_users_of_fab_2_are_created_changed_and_deleted(fab_2, tmp_path):
    async with connect(fab_2, tmp_path) as session:
        actions = (await session.call(list_of("permissions"), {"action": "can_read"}))["actions"]
        assert [action["name"] for action in actions] == ["can_read"]

        role = await session.call(create("role"), {"name": "Fab2", "actions": [READ_DAGS]})
        assert role == {"name": "Fab2", "actions": [READ_DAGS]}
        # Airflow only adds permissions. Permissions that are not given remain, which the error reports.
        error = await session.error(update("role"), {"id": "Fab2", "actions": [EDIT_DAGS]})
        assert error["code"] == "not_applied" and "still has can_read DAGs" in error["detail"], error
        role = await session.call(update("role"), {"id": "Fab2", "actions": [READ_DAGS, EDIT_DAGS]})
        assert role["name"] == "Fab2" and all(action in role["actions"] for action in [READ_DAGS, EDIT_DAGS])
        role = await session.call(update("role"), {"id": "Fab2", "name": "Fab2 new"})
        assert role["name"] == "Fab2 new" and len(role["actions"]) == 2
        assert (await session.error(get("role"), {"id": "Fab2"}))["code"] == "not_found"

        new = {
            "username": "fab2",
            "email": "fab2@example.org",
            "first_name": "F",
            "last_name": "Two",
            "password": "first-secret-4471",
            "roles": [{"name": "Fab2 new"}],
        }
        for missing in ["roles", "password"]:
            error = await session.error(create("user"), {name: value for name, value in new.items() if name != missing})
            assert error["code"] == "invalid_arguments" and missing in error["detail"], error
        user = await session.call(create("user"), new)
        assert (user["username"], user["roles"]) == ("fab2", [{"name": "Fab2 new"}]) and "password" not in user
        assert (await session.error(create("user"), new))["code"] == "conflict"

        # Airflow requires the whole user. Members that are not given do not change.
        user = await session.call(update("user"), {"id": "fab2", "last_name": "2"})
        assert [user[name] for name in ("username", "email", "first_name", "last_name")] == ["fab2", "fab2@example.org", "F", "2"]
        assert user["roles"] == [{"name": "Fab2 new"}]
        user = await session.call(update("user"), {"id": "fab2", "username": "fab2.new", "roles": [{"name": "Viewer"}]})
        assert (user["username"], user["roles"], user["last_name"]) == ("fab2.new", [{"name": "Viewer"}], "2")
        assert (await session.error(update("user"), {"id": "fab2", "last_name": "x"}))["code"] == "not_found"
        # The first password is still valid.
        pair = {"username": "fab2.new", "password": "first-secret-4471"}
        assert fetch("POST", fab_2.url + "/auth/token", {}, pair)[0] == 201

        for filters in [{"email": "fab2@example.org"}, {"username": "fab2.new"}, {"role": "Viewer", "active": True}]:
            found = (await session.call(list_of("users"), {**filters, "limit": 1000}))["users"]
            assert "fab2.new" in [user["username"] for user in found], filters
            assert len(found) == 1 or "role" in filters
        by_mail = (await session.call(list_of("users"), {"order_by": "email", "fields": ["email"], "limit": 1000}))["users"]
        mails = [user["email"] for user in by_mail]
        assert mails == sorted(mails) and len(mails) == 22
        # The other version of FAB accepts a minus here.
        assert (await session.error(list_of("users"), {"order_by": "-email"}))["code"] == "invalid_arguments"

        assert await session.call(delete("user"), {"id": "fab2.new"}) == {"status": 204}
        assert (await session.error(delete("user"), {"id": "fab2.new"}))["code"] == "not_found"
        assert await session.call(delete("role"), {"id": "Fab2 new"}) == {"status": 204}


@pytest.mark.anyio
async def test_reading_only_on_fab_2(fab_2, tmp_path):
    async with connect(fab_2, tmp_path, ["--methods", "read"]) as session:
        names = [tool.name for tool in (await session.client.list_tools()).tools]
        assert list_of("users") in names and not [name for name in names if "_user_by_id" in name and not name.startswith("get")]
        assert (await session.call(list_of("roles"), {"limit": 1}))["roles"]


@pytest.mark.anyio
async def test_a_token_is_rejected_for_users_of_fab_2(fab_2, tmp_path):
    status, answer = fetch("POST", fab_2.url + "/auth/token", {}, {"username": "admin", "password": "admin"})
    assert status == 201
    token = {"AIRFLOW_USERNAME": None, "AIRFLOW_PASSWORD": None, "AIRFLOW_TOKEN": answer["access_token"]}
    async with connect(fab_2, tmp_path, **token) as session:
        assert (await session.call(list_of("variables"), {"limit": 1}))["variables"]
        error = await session.error(list_of("users"), {"limit": 1})
        assert error["code"] == "unauthenticated" and error["status"] == 401
        assert "a user name and a password" in error["hint"] and "auth_backends" in error["hint"], error
    # The command `doctor` informs the operator before a model calls a tool.
    env = {name: value for name, value in environment(fab_2, **token).items() if not name.endswith("_LOG")}
    doctor = subprocess.run([setting("E2E_BINARY"), "doctor"], env={**os.environ, **env}, capture_output=True, text=True, timeout=120)
    assert doctor.returncode == 0 and "the FAB auth manager 2: " in doctor.stdout, doctor.stdout + doctor.stderr
    assert "3.2 or newer" not in doctor.stdout, doctor.stdout
