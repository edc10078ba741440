"""Connections, pools, variables and users of the tests, including their secrets. Direct requests to Airflow create, read and delete them."""

import contextlib
import dataclasses
import json
import sqlite3
import urllib.parse

PASSWORDS = ["first-secret-4471", "second-secret-8820"]


@dataclasses.dataclass(frozen=True)
class ObjectType:
    """Type of object that has a tool to create and a tool to update it."""

    name: str
    # Argument of `create` that tools for one object call `id`.
    id_argument: str
    # All arguments of `create` except the id.
    full: dict
    # Arguments of `update` with values that differ from `full`.
    changes: dict
    # Arguments that `clear` can name, by major version of Airflow.
    clearable: dict

    @property
    def create(self):
        return f"create_a_apacheairflow_{self.name}"

    @property
    def update(self):
        return f"update_a_apacheairflow_{self.name}_by_id"

    def path(self, airflow, id=None):
        base = airflow.rbac if self.name == "user" else f"/api/v{airflow.major - 1}"
        return f"{base}/{self.name}s" + ("" if id is None else "/" + urllib.parse.quote(id, safe=""))

    def make(self, airflow, id, arguments=None):
        """Creates an object by a direct request and replaces an object of an earlier test. Without arguments, the object gets all members of `full`."""
        self.delete(airflow, id)
        body = {self.id_argument: id, **(self.full if arguments is None else arguments)}
        status, answer = airflow.direct("POST", self.path(airflow), body)
        assert status in (200, 201), answer

    def delete(self, airflow, id):
        airflow.direct("DELETE", self.path(airflow, id))

    def exists(self, airflow, id):
        return airflow.direct("GET", self.path(airflow, id))[0] == 200

    def read(self, airflow, id):
        """Returns the state of an object in Airflow in the form of the arguments of `create`."""
        status, answer = airflow.direct("GET", self.path(airflow, id))
        assert status == 200, answer
        state = {name: answer.get(name) for name in self.full}
        if self.name == "connection":
            state.update(connection_secrets(airflow, id))
        if self.name == "user":
            state["password"] = [password for password in PASSWORDS if airflow.signs_in(id, password)]
        return state

    def expected(self, **arguments):
        """Returns the result of `read` for an object with these arguments."""
        if "password" in arguments and self.name == "user":
            return {**arguments, "password": [arguments["password"]]}
        return arguments


def connection_secrets(airflow, id):
    """Reads the password and extra of a connection from the metadata database, because no API shows them. The lab stores both unencrypted."""
    database = sqlite3.connect(f"file:{airflow.request_log.with_name('airflow.db')}?mode=ro", uri=True, timeout=60)
    with contextlib.closing(database):
        statement = "select password, extra from connection where conn_id = ?"
        [stored] = database.execute(statement, (id,)).fetchall()
    return dict(zip(["password", "extra"], stored, strict=True))


CONNECTION = ObjectType(
    name="connection",
    id_argument="connection_id",
    full={
        "conn_type": "http",
        "description": "Kept",
        "host": "kept.example.org",
        "login": "kept",
        "schema": "https",
        "port": 8080,
        "password": PASSWORDS[0],
        "extra": json.dumps({"api_key": "kept-key", "region": "eu"}),
    },
    changes={
        "conn_type": "ftp",
        "description": "Changed",
        "host": "changed.example.org",
        "login": "changed",
        "schema": "http",
        "port": 8081,
        "password": PASSWORDS[1],
        "extra": json.dumps({"api_key": "changed-key"}),
    },
    # Both APIs ignore an empty password.
    clearable=dict.fromkeys([2, 3], {"description", "host", "login", "schema", "port", "extra"}),
)
POOL = ObjectType(
    name="pool",
    id_argument="name",
    full={"slots": 3, "description": "Kept", "include_deferred": True},
    changes={"slots": 4, "description": "Changed", "include_deferred": False},
    clearable=dict.fromkeys([2, 3], {"description"}),
)
VARIABLE = ObjectType(
    name="variable",
    id_argument="key",
    full={"value": "kept value", "description": "Kept"},
    changes={"value": "changed value", "description": "Changed"},
    # Airflow 2 rejects null and stores an empty description as an empty string.
    clearable={2: set(), 3: {"description"}},
)
USER = ObjectType(
    name="user",
    id_argument="username",
    full={
        "email": "kept.nothing.lost@example.org",
        "first_name": "Kept",
        "last_name": "Kept",
        "roles": [{"name": "Viewer"}],
        "password": PASSWORDS[0],
    },
    changes={
        "email": "changed.nothing.lost@example.org",
        "first_name": "Changed",
        "last_name": "Changed",
        "roles": [{"name": "User"}],
        "password": PASSWORDS[1],
    },
    clearable={2: set(), 3: set()},
)
OBJECT_TYPES = [CONNECTION, POOL, VARIABLE, USER]
