"""Tests of lists of 5,000 users on a real Airflow: each user occurs once, filters need one call, and cursors cannot be misused."""

import pytest
from conftest import connect

LIST = "list_all_apacheairflow_users"


@pytest.mark.anyio
@pytest.mark.parametrize("limit", [99, 1000])
async def test_walking_yields_each_user_once(airflow, tmp_path, limit):
    async with connect(airflow, tmp_path) as session:
        names, cursor = [], None
        while True:
            page = await session.call(LIST, {"limit": limit, **({"next_cursor": cursor} if cursor else {})})
            names += [user["username"] for user in page["users"]]
            assert len(page["users"]) == limit or page["next_cursor"] is None, "a page before the last one is too short"
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(names) == page["total_entries"] and len(set(names)) == len(names)
        assert {f"user{i:05d}" for i in range(5000)} <= set(names)


@pytest.mark.anyio
async def test_filters_answer_in_one_call(airflow, tmp_path):
    async with connect(airflow, tmp_path) as session:
        found = await session.call(LIST, {"email": "user04321@example.org"})
        assert [user["username"] for user in found["users"]] == ["user04321"] and found["next_cursor"] is None

        admins = await session.call(LIST, {"role": "Admin"})
        expected = {"admin"} | {f"user{i:05d}" for i in range(999, 5000, 1000)}
        assert {user["username"] for user in admins["users"]} == expected and admins["next_cursor"] is None

        assert (await session.call(LIST, {"email": "nobody@example.org"}))["users"] == []


@pytest.mark.anyio
async def test_a_cursor_is_valid_only_for_its_own_call(airflow, tmp_path):
    async with connect(airflow, tmp_path) as session:
        first = await session.call(LIST, {"order_by": "email", "limit": 2})
        cursor = first["next_cursor"]
        misuses = [
            (LIST, {"order_by": "last_name", "next_cursor": cursor}),
            (LIST, {"next_cursor": cursor}),
            ("list_all_apacheairflow_roles", {"next_cursor": cursor}),
            (LIST, {"order_by": "email", "next_cursor": "garbage"}),
        ]
        for i, letter in enumerate(cursor):
            other = "A" if letter != "A" else "B"
            misuses.append((LIST, {"order_by": "email", "next_cursor": cursor[:i] + other + cursor[i + 1 :]}))
        for tool, arguments in misuses:
            error = await session.error(tool, arguments)
            assert error["code"] == "invalid_arguments" and "next_cursor" in str(error), (arguments, error)
        second = await session.call(LIST, {"order_by": "email", "limit": 2, "next_cursor": cursor})
        assert len(second["users"]) == 2
        assert not {u["username"] for u in second["users"]} & {u["username"] for u in first["users"]}


@pytest.mark.anyio
async def test_fields_select_the_returned_members(airflow, tmp_path):
    async with connect(airflow, tmp_path) as session:
        summary = (await session.call(LIST, {"limit": 1}))["users"][0]
        assert set(summary) == {"username", "email", "first_name", "last_name", "roles", "active"}
        chosen = (await session.call(LIST, {"limit": 1, "fields": ["username", "login_count"]}))["users"][0]
        assert set(chosen) == {"username", "login_count"}
        everything = (await session.call(LIST, {"limit": 1, "fields": ["*"]}))["users"][0]
        assert set(everything) > set(summary)
        error = await session.error(LIST, {"fields": ["user_name"]})
        assert error["code"] == "invalid_arguments" and "username" in str(error["detail"])


@pytest.mark.anyio
async def test_roles_and_permissions_are_listed(airflow, tmp_path):
    async with connect(airflow, tmp_path) as session:
        roles = (await session.call("list_all_apacheairflow_roles", {"limit": 1000}))["roles"]
        assert {"Admin", "Op", "User", "Viewer", "Public"} <= {role["name"] for role in roles}
        permissions = await session.call("list_all_apacheairflow_permissions", {"limit": 1000})
        if airflow.major == 2:
            assert {"can_read", "can_edit"} <= {each["name"] for each in permissions["actions"]}
        else:
            seen = {(each["action"]["name"], each["resource"]["name"]) for each in permissions["actions"]}
            assert ("can_read", "DAGs") in seen and len(seen) == permissions["total_entries"]
