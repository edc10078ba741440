"""Tests of a role and a user from creation to deletion, with the Python SDK and the MCP Inspector, on Airflow 2 and 3."""

import pytest
from conftest import catalogue, connect, inspect

LIST_USERS = "list_all_apacheairflow_users"
GET_USER = "get_single_apacheairflow_user_by_id"
CREATE_USER = "create_a_apacheairflow_user"
UPDATE_USER = "update_a_apacheairflow_user_by_id"
DELETE_USER = "delete_a_apacheairflow_user_by_id"
GET_ROLE = "get_single_apacheairflow_role_by_id"
CREATE_ROLE = "create_a_apacheairflow_role"
UPDATE_ROLE = "update_a_apacheairflow_role_by_id"
DELETE_ROLE = "delete_a_apacheairflow_role_by_id"

ODD_NAMES = ["a b", "é中@x.org", "x%2Fy", "..."]


def action(action, resource):
    return {"action": {"name": action}, "resource": {"name": resource}}


def pairs(role):
    return {(each["action"]["name"], each["resource"]["name"]) for each in role["actions"]}


def new_user(username, role, email):
    return {
        "username": username,
        "email": email,
        "first_name": "Grace",
        "last_name": "Hopper",
        "password": "first-secret-4471",
        "roles": [{"name": role}],
    }


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_role_and_a_user_from_creation_to_deletion(airflow, tmp_path, mode):
    async with connect(airflow, tmp_path, mode=mode) as session:
        role, username = f"auditors {mode}", f"grace.{mode}"
        created = await session.call(CREATE_ROLE, {"name": role, "actions": [action("can_read", "DAGs")]})
        assert created["name"] == role and pairs(created) == {("can_read", "DAGs")}

        user = new_user(username, role, f"{username}@example.org")
        await session.call(CREATE_USER, user)
        before = await session.call(GET_USER, {"id": username})
        assert [each["name"] for each in before["roles"]] == [role]
        assert airflow.signs_in(username, "first-secret-4471")

        await session.call(UPDATE_USER, {"id": username, "email": f"{username}@example.net"})
        after = await session.call(GET_USER, {"id": username})
        unchanged = ["username", "first_name", "last_name", "roles", "active"]
        assert {key: after[key] for key in unchanged} == {key: before[key] for key in unchanged}
        assert after["email"] == f"{username}@example.net"
        assert airflow.signs_in(username, "first-secret-4471"), "the password has changed"

        await session.call(UPDATE_USER, {"id": username, "password": "second-secret-8820"})
        assert airflow.signs_in(username, "second-secret-8820")
        assert not airflow.signs_in(username, "first-secret-4471")

        # Airflow 2 only adds permissions, which the error must report.
        change = {"id": role, "actions": [action("can_read", "Variables")]}
        if airflow.major == 2:
            expected = {("can_read", "Variables"), ("can_read", "DAGs")}
            error = await session.error(UPDATE_ROLE, change)
            assert error["code"] == "not_applied" and "still has can_read DAGs" in error["detail"], error
        else:
            expected = {("can_read", "Variables")}
            assert pairs(await session.call(UPDATE_ROLE, change)) == expected
        assert pairs(await session.call(GET_ROLE, {"id": role})) == expected

        await session.call(DELETE_USER, {"id": username})
        await session.call(DELETE_ROLE, {"id": role})
        assert (await session.error(GET_USER, {"id": username}))["code"] == "not_found"
        assert (await session.error(GET_ROLE, {"id": role}))["code"] == "not_found"


@pytest.mark.anyio
@pytest.mark.parametrize("username", ODD_NAMES)
async def test_odd_user_names(airflow, tmp_path, username):
    async with connect(airflow, tmp_path) as session:
        await session.call(CREATE_USER, new_user(username, "Viewer", f"{ODD_NAMES.index(username)}@odd.example.org"))
        assert (await session.call(GET_USER, {"id": username}))["username"] == username
        await session.call(UPDATE_USER, {"id": username, "last_name": "Łukasz"})
        assert airflow.signs_in(username, "first-secret-4471")
        found = await session.call(LIST_USERS, {"username": username})
        assert [each["last_name"] for each in found["users"]] == ["Łukasz"]
        await session.call(DELETE_USER, {"id": username})
        assert (await session.error(GET_USER, {"id": username}))["code"] == "not_found"


@pytest.mark.anyio
async def test_a_role_is_renamed_or_the_call_fails(airflow, tmp_path):
    async with connect(airflow, tmp_path) as session:
        for name in ["Old", "Taken"]:
            await session.call(CREATE_ROLE, {"name": name, "actions": [action("can_read", "DAGs")]})
        try:
            renamed = await session.call(UPDATE_ROLE, {"id": "Old", "name": "New"})
            assert renamed["name"] == "New" and ("can_read", "DAGs") in pairs(renamed)
            assert (await session.error(GET_ROLE, {"id": "Old"}))["code"] == "not_found"
            # Airflow 2 and 3 return 200 for this request and do not change the name.
            error = await session.error(UPDATE_ROLE, {"id": "New", "name": "Taken"})
            assert error["code"] == "conflict"
            assert (await session.call(GET_ROLE, {"id": "New"}))["name"] == "New"
        finally:
            for name in ["Old", "New", "Taken"]:
                await session.result(DELETE_ROLE, {"id": name})


@pytest.mark.parametrize("username", ["grace.inspector", *ODD_NAMES])
def test_the_inspector_does_the_same(airflow, username):
    def call(tool, arguments):
        code, answer = inspect(airflow, tool, arguments)
        assert code == 0, answer
        return answer["structuredContent"]

    role = f"inspectors of {username}"
    assert call(CREATE_ROLE, {"name": role, "actions": [action("can_read", "DAGs")]})["name"] == role
    email = f"{[*ODD_NAMES, username].index(username)}@inspector.example"
    call(CREATE_USER, new_user(username, role, email + ".org"))
    before = call(GET_USER, {"id": username})
    call(UPDATE_USER, {"id": username, "email": email + ".net"})
    after = call(GET_USER, {"id": username})
    assert after["email"] == email + ".net" and after["roles"] == before["roles"]
    assert airflow.signs_in(username, "first-secret-4471")
    changed = call(UPDATE_ROLE, {"id": role, "actions": [action("can_read", "DAGs"), action("can_read", "Pools")]})
    assert ("can_read", "Pools") in pairs(changed)
    call(DELETE_USER, {"id": username})
    call(DELETE_ROLE, {"id": role})
    code, answer = inspect(airflow, GET_USER, {"id": ".."})
    assert code == 5 and answer["structuredContent"]["error"]["code"] == "invalid_arguments"


def test_the_inspector_finds_nothing_wrong_with_the_schemas(airflow):
    code, answer = inspect(airflow, None, {}, method="tools/list")
    assert code == 0
    names = [tool["name"] for tool in answer["tools"]]
    assert names == [tool["name"] for tool in catalogue(f"airflow-{airflow.major}")]
