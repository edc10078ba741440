"""Tests that a change that did not happen is an error on each release that reports success for it, and that the descriptions are correct for each release."""

import base64
import dataclasses
import json
import urllib.parse
import uuid

import pytest
from conftest import Airflow, Proxy, catalogue, connect, fetch, setting
from matrix import create, delete, get, update

BASIC = {"Authorization": "Basic " + base64.b64encode(b"admin:admin").decode()}


@dataclasses.dataclass
class Release(Airflow):
    """Airflow server of the tests with a certain version."""

    version: str = ""
    # Whether the server removes permissions that are not requested.
    replaces: bool = False
    # Whether a role can be deleted.
    deletes_roles: bool = True
    # Permissions that the server adds to each new role.
    added: tuple = ()

    @property
    def url(self):
        newest = self.version in ("2.11.2", "3.3.2")
        return super().url if newest else setting(f"E2E_AIRFLOW_{self.version.replace('.', '_')}_URL")

    def direct(self, method, path, body=None, user="admin", password="admin"):
        # The operations on users and roles of FAB 2 do not accept a token.
        if self.version == "3.0.6" and path.startswith(self.rbac):
            return fetch(method, self.url + path, {"Accept": "application/json", **BASIC}, body)
        return super().direct(method, path, body, user, password)

    def permissions(self, role):
        """Returns the permissions of a role in Airflow."""
        status, answer = self.direct("GET", f"{self.rbac}/roles/{urllib.parse.quote(role)}")
        assert status == 200, answer
        return {(each["action"]["name"], each["resource"]["name"]) for each in answer["actions"]}


WEBSITE = ("can_read", "Website")
RELEASES = [
    Release(2, "2.7.3"),
    Release(2, "2.10.5"),
    Release(2, "2.11.2"),
    Release(3, "3.0.6"),
    Release(3, "3.1.8", deletes_roles=False, added=(WEBSITE,)),
    Release(3, "3.3.2", replaces=True),
]


@pytest.fixture(params=RELEASES, ids=lambda release: release.version)
def release(request):
    return request.param


@pytest.fixture
def role(release):
    """Provides the name of a role that a test can create. The role is deleted afterwards, except with FAB 3.5, which cannot delete roles."""
    name = f"Not applied {uuid.uuid4().hex[:8]}"
    yield name
    status, answer = release.direct("DELETE", f"{release.rbac}/roles/{urllib.parse.quote(name)}")
    assert status in (200, 204, 404) or not release.deletes_roles, answer


def actions(*pairs):
    return [{"action": {"name": action}, "resource": {"name": resource}} for action, resource in pairs]


READ, EDIT, POOLS = ("can_read", "DAGs"), ("can_edit", "DAGs"), ("can_read", "Pools")


@pytest.mark.anyio
async def test_a_role_has_the_requested_permissions_or_the_call_fails(release, role, tmp_path):
    async with connect(release, tmp_path) as session:
        made = await session.call(create("role"), {"name": role, "actions": actions(READ, POOLS)})
        held = {READ, POOLS, *release.added}
        assert release.permissions(role) == held
        # The result contains the permissions that the server added.
        assert {(each["action"]["name"], each["resource"]["name"]) for each in made["actions"]} == held

        held |= {EDIT}
        changed = await session.call(update("role"), {"id": role, "actions": actions(*held)})
        assert release.permissions(role) == held
        assert len(changed["actions"]) == len(held)

        for wanted in [{READ, *release.added}, set()]:
            arguments = {"id": role, "actions": actions(*wanted)}
            if release.replaces:
                changed = await session.call(update("role"), arguments)
                assert release.permissions(role) == wanted and len(changed["actions"]) == len(wanted)
                continue
            error = await session.error(update("role"), arguments)
            assert (error["code"], error["title"], error["status"], error["retryable"]) == ("not_applied", "Not applied", 200, False)
            assert "actions: still has " in error["detail"] and "not requested" in error["detail"], error
            for action, resource in held - wanted:
                assert f"{action} {resource}" in error["detail"], error
            for action, resource in wanted:
                assert f"{action} {resource}" not in error["detail"], error
            assert release.permissions(role) == held
            # The hint describes what is possible with this version.
            assert "only adds permissions" in error["hint"] and "create another role" in error["hint"], error
            assert ("airflow roles delete" in error["hint"]) == (not release.deletes_roles), error

        # If only the name changes, the permissions are not compared.
        held = release.permissions(role)
        renamed = await session.call(update("role"), {"id": role, "name": f"{role} 2"})
        assert renamed["name"] == f"{role} 2" and release.permissions(f"{role} 2") == held
        await session.call(update("role"), {"id": f"{role} 2", "name": role})
        if release.deletes_roles:
            await session.call(delete("role"), {"id": role})
            assert release.direct("GET", f"{release.rbac}/roles/{urllib.parse.quote(role)}")[0] == 404
        else:
            assert (await session.error(delete("role"), {"id": role}))["status"] == 500


@pytest.mark.anyio
async def test_the_roles_of_a_user_are_replaced_everywhere(release, tmp_path):
    name = f"not.applied.{uuid.uuid4().hex[:8]}"
    path = f"{release.rbac}/users/{name}"
    new = {
        "username": name,
        "email": f"{name}@example.org",
        "first_name": "Not",
        "last_name": "Applied",
        "password": "first-secret-4471",
        "roles": [{"name": "Viewer"}, {"name": "Op"}],
    }

    def held():
        return {role["name"] for role in release.direct("GET", path)[1]["roles"]}

    try:
        async with connect(release, tmp_path) as session:
            user = await session.call(create("user"), new)
            assert user["username"] == name and held() == {"Viewer", "Op"}
            for wanted in [["Op"], ["User", "Viewer"], []]:
                user = await session.call(update("user"), {"id": name, "roles": [{"name": each} for each in wanted]})
                assert {role["name"] for role in user["roles"]} == set(wanted) == held()
            user = await session.call(update("user"), {"id": name, "last_name": "  spaces ", "email": f"{name}@EXAMPLE.org"})
            found = release.direct("GET", path)[1]
            assert [found[key] for key in ("last_name", "email")] == ["  spaces ", f"{name}@EXAMPLE.org"] == [user[key] for key in ("last_name", "email")]
            await session.call(delete("user"), {"id": name})
            assert release.direct("GET", path)[0] == 404
    finally:
        release.direct("DELETE", path)


@dataclasses.dataclass
class ResourceType:
    """Type of object with the data to create, change and delete one."""

    resource: str
    # Path of the collection, relative to the path of the API.
    path: str
    # Member that identifies an object.
    id: str
    new: dict
    change: dict
    # Member that the error names.
    changed: str
    rbac: bool = False


KINDS = [
    ResourceType("role", "roles", "name", {"actions": actions(READ)}, {"actions": actions(READ, EDIT)}, "actions: lacks can_edit DAGs", rbac=True),
    ResourceType(
        "user",
        "users",
        "username",
        {"email": "{id}@example.org", "first_name": "N", "last_name": "A", "password": "first-secret-4471", "roles": [{"name": "Viewer"}]},
        {"roles": [{"name": "Op"}], "last_name": "B", "password": "second-secret-8820"},
        'last_name: requested "B", found "A"',
        rbac=True,
    ),
    ResourceType("connection", "connections", "connection_id", {"conn_type": "http", "host": "one"}, {"host": "two", "port": 99, "password": "second-secret-8820"}, 'host: requested "two", found "one"'),
    ResourceType("variable", "variables", "key", {"value": "1", "description": "one"}, {"value": "2", "description": "two"}, 'description: requested "two", found "one"'),
    ResourceType("pool", "pools", "name", {"slots": 3, "description": "one", "include_deferred": False}, {"slots": 4, "include_deferred": True}, "slots: requested 4, found 3"),
]


@pytest.mark.anyio
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource)
async def test_changes_that_a_proxy_drops_are_not_applied(airflow, proxy, kind, tmp_path):
    """Checks changes for which a proxy in front of Airflow reports success without forwarding them."""
    root = airflow.rbac if kind.rbac else f"/api/v{airflow.major - 1}"
    id = f"not_applied_{uuid.uuid4().hex[:8]}"
    path = f"{root}/{kind.path}/{id}"
    new = {name: value.format(id=id) if isinstance(value, str) else value for name, value in kind.new.items()} | {kind.id: id}
    claim = json.dumps({kind.id: id})

    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        proxy.answers["POST", f"{root}/{kind.path}"] = (200, "application/json", claim)
        error = await session.error(create(kind.resource), new)
        assert error["code"] == "not_applied" and "does not exist" in error["detail"], error
        assert airflow.direct("GET", path)[0] == 404

        status, answer = airflow.direct("POST", f"{root}/{kind.path}", new)
        assert status in (200, 201), answer
        try:
            before = airflow.direct("GET", path)[1]
            proxy.answers["PATCH", path] = (200, "application/json", json.dumps(before | kind.change))
            error = await session.error(update(kind.resource), {"id": id, **kind.change})
            assert (error["code"], error["status"]) == ("not_applied", 200), error
            assert kind.changed in error["detail"] and "password" not in error["detail"], error
            assert airflow.direct("GET", path)[1] == before

            proxy.answers["DELETE", path] = (204, "application/json", "")
            error = await session.error(delete(kind.resource), {"id": id})
            assert error["code"] == "not_applied" and "still exists" in error["detail"], error
            assert airflow.direct("GET", path)[0] == 200

            # If the proxy forwards the same calls, they succeed, and their results equal the state in Airflow.
            proxy.answers.clear()
            changed = await session.call(update(kind.resource), {"id": id, **kind.change})
            after = airflow.direct("GET", path)[1]
            shown = set(kind.change) - {"password", "value"}
            assert {name: changed[name] for name in shown} == {name: after[name] for name in shown} != {name: before[name] for name in shown}
            await session.call(delete(kind.resource), {"id": id})
            assert airflow.direct("GET", path)[0] == 404
            made = await session.call(create(kind.resource), new)
            assert made[kind.id] == id and airflow.direct("GET", path)[0] == 200
        finally:
            proxy.answers.clear()
            airflow.direct("DELETE", path)




@pytest.mark.anyio
async def test_a_dag_that_is_not_paused_is_not_applied(airflow, proxy, tmp_path):
    path = f"/api/v{airflow.major - 1}/dags/lab_failing"
    before = airflow.direct("GET", path)[1]["is_paused"]
    async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
        proxy.answers["PATCH", path] = (200, "application/json", json.dumps({"dag_id": "lab_failing", "is_paused": not before}))
        error = await session.error(update("dag"), {"id": "lab_failing", "is_paused": not before})
        words = {True: "true", False: "false"}
        assert error["code"] == "not_applied", error
        assert f"is_paused: requested {words[not before]}, found {words[before]}" in error["detail"], error
        assert airflow.direct("GET", path)[1]["is_paused"] == before


@pytest.mark.anyio
async def test_names_with_slashes_are_read_back(airflow, tmp_path):
    """Checks variables on Airflow 2 and 3, and pools on Airflow 3."""
    root = f"/api/v{airflow.major - 1}"
    id = f"not/applied/{uuid.uuid4().hex[:8]}"
    kinds = [("variable", "variables", {"key": id, "value": "1", "description": "d"})]
    if airflow.major == 3:
        kinds.append(("pool", "pools", {"name": id, "slots": 1}))
    async with connect(airflow, tmp_path) as session:
        for resource, collection, new in kinds:
            path = f"{root}/{collection}/{urllib.parse.quote(id, safe='')}"
            try:
                await session.call(create(resource), new)
                assert airflow.direct("GET", path)[0] == 200
                await session.call(delete(resource), {"id": id})
                assert airflow.direct("GET", path)[0] == 404
            finally:
                airflow.direct("DELETE", path)


ADDS, TAKES_AWAY = "cannot remove permissions", "Permissions that are not given are removed"


@pytest.mark.anyio
async def test_descriptions_match_the_connected_version(release, tmp_path):
    async with connect(release, tmp_path) as session:
        # The first list of tools may not wait long enough for the version, so a call comes before the list.
        await session.call(get("role"), {"id": "Viewer"})
        tools = {tool.name: tool.description for tool in (await session.client.list_tools()).tools}
        text = tools[update("role")]
        assert (TAKES_AWAY in text, ADDS in text) == (release.replaces, not release.replaces), text
        assert "FAB" not in text, text
    async with connect(release, tmp_path, ["--discover"]) as session:
        await session.call("call_apacheairflow_tool", {"name": get("role"), "arguments": {"id": "Viewer"}})
        described = await session.call("describe_apacheairflow_tool", {"name": update("role")})
        assert described["description"] == text


def test_without_a_server_both_possibilities_are_stated():
    tools = {tool["name"]: tool["description"] for tool in catalogue("airflow-3")}
    text = tools[update("role")]
    assert f"Before FAB 3.9: The server {ADDS}." in text and f"From FAB 3.9: {TAKES_AWAY}." in text, text
    assert "FAB" not in {tool["name"]: tool["description"] for tool in catalogue("airflow-2")}[update("role")]


@pytest.mark.anyio
async def test_the_version_is_read_once_and_only_when_needed(tmp_path):
    airflow = Airflow(3)
    path = "/api/v2/providers"
    proxy = Proxy(airflow.url)
    try:
        async with connect(airflow, tmp_path, ["--tags", "dags"], AIRFLOW_URL=proxy.url) as session:
            await session.client.list_tools()
            await session.call(get("dag"), {"id": "lab_failing"})
        assert proxy.received("GET", path) == []
        async with connect(airflow, tmp_path, ["--tags", "rbac"], AIRFLOW_URL=proxy.url) as session:
            await session.call(get("role"), {"id": "Viewer"})
            for _ in range(3):
                await session.client.list_tools()
        assert len(proxy.received("GET", path)) == 1
        # If Airflow rejects the request, the version is unknown and is not requested again immediately.
        proxy.answers[path] = (403, "application/json", '{"detail": "Forbidden"}')
        proxy.requests.clear()
        async with connect(airflow, tmp_path, AIRFLOW_URL=proxy.url) as session:
            await session.call(get("role"), {"id": "Viewer"})
            for _ in range(3):
                tools = {tool.name: tool.description for tool in (await session.client.list_tools()).tools}
            assert "Before FAB 3.9" in tools[update("role")] and "From FAB 3.9" in tools[update("role")]
        assert len(proxy.received("GET", path)) == 1
    finally:
        proxy.server.shutdown()
