"""Tests that a call changes only the members that it names: null is omitted, `clear` empties the named members, and a mask is never written back."""

import json

import pytest
from conftest import catalogue, connect
from objects import CONNECTION, OBJECT_TYPES, POOL, USER, VARIABLE

ID = "nothing_lost"
OTHER = "nothing_lost_2"
each_type = pytest.mark.parametrize("object_type", OBJECT_TYPES, ids=lambda each: each.name)


@pytest.fixture
def kept(airflow, object_type):
    """Creates an object named ID with all members and provides its state. The objects ID and OTHER are deleted afterwards."""
    object_type.make(airflow, ID)
    yield object_type.read(airflow, ID)
    for id in [ID, OTHER]:
        object_type.delete(airflow, id)


def schema(airflow, name):
    """Returns the input schema of a tool."""
    [tool] = [tool for tool in catalogue(f"airflow-{airflow.major}") if tool["name"] == name]
    return tool["inputSchema"]


def null_arguments(airflow, name):
    """Returns every optional argument of a tool with the value null, and the names of the required arguments."""
    found = schema(airflow, name)
    required = found.get("required", [])
    return {argument: None for argument in found["properties"] if argument not in required}, required


def sent(proxy):
    """Returns the requests that the proxy has recorded and clears them."""
    found = [(seen.method, seen.target, seen.body) for seen in proxy.requests]
    proxy.requests.clear()
    return found


@pytest.mark.anyio
@each_type
async def test_an_update_changes_only_the_named_members(airflow, tmp_path, object_type, kept):
    state = {**object_type.full}
    assert kept == object_type.expected(**state)
    async with connect(airflow, tmp_path) as session:
        nulls, required = null_arguments(airflow, object_type.update)
        for name, value in object_type.changes.items():
            state = {**state, name: value}
            unchanged = {argument: state[argument] for argument in required if argument != "id"}
            await session.call(object_type.update, {**nulls, **unchanged, "id": ID, name: value})
            assert object_type.read(airflow, ID) == object_type.expected(**state), name


@pytest.mark.anyio
@pytest.mark.parametrize("object_type", [CONNECTION, POOL, VARIABLE], ids=lambda each: each.name)
async def test_null_and_omitted_create_the_same(airflow, tmp_path, object_type, kept):
    async with connect(airflow, tmp_path) as session:
        nulls, required = null_arguments(airflow, object_type.create)
        given = {name: object_type.full[name] for name in required if name != object_type.id_argument}
        object_type.make(airflow, ID, given)
        await session.call(object_type.create, {**nulls, **given, object_type.id_argument: OTHER})
    created = object_type.read(airflow, OTHER)
    assert created == object_type.read(airflow, ID) and created != kept


@pytest.mark.anyio
@each_type
async def test_clear_empties_the_named_members(airflow, tmp_path, object_type, kept):
    clearable = object_type.clearable[airflow.major]
    found = schema(airflow, object_type.update)
    if not clearable:
        assert "clear" not in found["properties"]
        return
    assert set(found["properties"]["clear"]["items"]["enum"]) == clearable
    required = {name: object_type.full[name] for name in found["required"] if name != "id"}
    async with connect(airflow, tmp_path) as session:
        state = kept
        for name in sorted(clearable):
            await session.call(object_type.update, {"id": ID, **required, "clear": [name]})
            state = {**state, name: None}
            assert object_type.read(airflow, ID) == state, name
        # Clear all members at once and set another one in the same call.
        object_type.make(airflow, ID)
        given = next(name for name in object_type.changes if name not in clearable and name not in required)
        change = {given: object_type.changes[given]}
        await session.call(object_type.update, {"id": ID, **required, **change, "clear": sorted(clearable)})
        assert object_type.read(airflow, ID) == {**kept, **dict.fromkeys(clearable), **change}


WRONG_CLEARS = [
    # Arguments besides the id, and the name that the error must contain.
    ({"host": "changed.example.org", "clear": ["host"]}, "host"),
    ({"host": "", "clear": ["login", "host"]}, "host"),
    ({"login": "changed", "clear": ["conn_type"]}, "conn_type"),
    ({"login": "changed", "clear": ["password"]}, "password"),
    ({"login": "changed", "clear": ["hosts"]}, "hosts"),
    ({"login": "changed", "clear": "host"}, "clear"),
]


@pytest.mark.anyio
@pytest.mark.parametrize("object_type", [CONNECTION], ids=["connection"])
async def test_a_wrong_clear_sends_nothing(airflow, proxy, tmp_path, object_type, kept):
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        assert "clear" in schema(airflow, object_type.update)["properties"]
        for arguments, named in WRONG_CLEARS:
            error = await session.error(object_type.update, {"id": ID, **arguments})
            assert error["code"] == "invalid_arguments" and named in json.dumps(error["detail"]), (arguments, error)
        assert proxy.received("PATCH") == []
        assert object_type.read(airflow, ID) == kept
        for nothing in [None, []]:
            await session.call(object_type.update, {"id": ID, "host": "changed.example.org", "clear": nothing})
            assert object_type.read(airflow, ID) == {**kept, "host": "changed.example.org"}, nothing


@pytest.mark.parametrize("api", ["airflow-2", "airflow-3"])
def test_no_schema_names_a_password_format(api):
    tools = catalogue(api)
    assert len(tools) > 80
    assert [tool["name"] for tool in tools if "password" in formats(tool["inputSchema"])] == []


def formats(schema):
    """Returns every format in a schema, at any depth."""
    if isinstance(schema, list):
        return {found for item in schema for found in formats(item)}
    if not isinstance(schema, dict):
        return set()
    own = {schema["format"]} if isinstance(schema.get("format"), str) else set()
    return own.union(*(formats(value) for value in schema.values()))


MASKS = {
    "connection": [
        ("password", "***"),
        ("password", "**********"),
        ("extra", "***"),
        ("extra", '{"api_key": "***", "region": "us"}'),
        ("extra", '{"region": "us", "proxies": [{"password": "***"}]}'),
    ],
    "variable": [("value", "***"), ("value", '{"password": "***"}')],
    "user": [("password", "***"), ("password", "**********")],
}


@pytest.mark.anyio
@pytest.mark.parametrize("object_type", [CONNECTION, VARIABLE, USER], ids=lambda each: each.name)
async def test_a_mask_is_not_written_back(airflow, proxy, tmp_path, object_type, kept):
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        for argument, mask in MASKS[object_type.name]:
            new = {**object_type.full, object_type.id_argument: OTHER, argument: mask}
            calls = [(object_type.update, {"id": ID, argument: mask}), (object_type.create, new)]
            if object_type is CONNECTION:
                calls.append(("test_apacheairflow_connection", {"connection_id": ID, "conn_type": "http", argument: mask}))
            for tool, arguments in calls:
                error = await session.error(tool, arguments)
                assert error["code"] == "invalid_arguments", (tool, argument, mask, error)
                assert argument in json.dumps(error["detail"]), (tool, argument, mask, error)
    assert [seen for seen in proxy.requests if seen.method != "GET" and "/auth/token" not in seen.path] == []
    assert object_type.read(airflow, ID) == kept
    assert not object_type.exists(airflow, OTHER)


BULK_MASKS = {
    "connection": [{"conn_type": "http", "password": "***"}, {"conn_type": "http", "extra": '{"api_key": "***"}'}],
    "variable": [{"value": "***"}, {"value": {"password": "***"}}],
}


@pytest.mark.anyio
@pytest.mark.parametrize("airflow", [3], indirect=True, ids=["airflow-3"])
@pytest.mark.parametrize("object_type", [CONNECTION, VARIABLE], ids=lambda each: each.name)
async def test_a_mask_is_not_written_back_in_bulk(airflow, proxy, tmp_path, object_type, kept):
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        for members in BULK_MASKS[object_type.name]:
            action = {"action": "update", "entities": [{object_type.id_argument: ID, **members}]}
            error = await session.error(f"bulk_apacheairflow_{object_type.name}s", {"actions": [action]})
            assert error["code"] == "invalid_arguments" and "actions" in json.dumps(error["detail"]), (members, error)
    assert proxy.received("PATCH") == []
    assert object_type.read(airflow, ID) == kept


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("object_type", "argument", "value"),
    [(CONNECTION, "extra", '{"pattern": "a***b"}'), (VARIABLE, "value", "*/5 * * * *"), (VARIABLE, "value", "a***b")],
    ids=["extra", "cron", "inside"],
)
async def test_asterisks_in_a_value_are_not_a_mask(airflow, tmp_path, object_type, kept, argument, value):
    async with connect(airflow, tmp_path) as session:
        await session.call(object_type.update, {"id": ID, argument: value})
    assert object_type.read(airflow, ID) == {**kept, argument: value}


LISTS = ["connections", "dags", "pools", "roles", "users", "variables"]


@pytest.mark.anyio
async def test_null_and_empty_begin_a_list(airflow, proxy, tmp_path):
    """Checks lists of clients that must send every argument: they begin a list with null, or with an empty cursor and an empty list of fields."""
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        for resource in LISTS:
            tool = f"list_all_apacheairflow_{resource}"
            nulls, _ = null_arguments(airflow, tool)
            # The first call can sign in, so its requests are not compared.
            await session.call(tool, {"limit": 2})
            proxy.requests.clear()
            page = await session.call(tool, {"limit": 2})
            requests = sent(proxy)
            assert requests
            for arguments in [
                {**nulls, "limit": 2},
                {"limit": 2, "next_cursor": "", "fields": []},
                {**nulls, "limit": "2", "next_cursor": "", "fields": []},
            ]:
                await session.call(tool, arguments)
                assert sent(proxy) == requests, (tool, arguments)
            # A cursor continues the list even if other arguments are null.
            following = {"limit": 2, "next_cursor": page["next_cursor"]}
            await session.call(tool, following)
            requests = sent(proxy)
            await session.call(tool, {**nulls, **following})
            assert sent(proxy) == requests, tool
