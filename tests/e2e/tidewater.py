"""Server of the example's API, made from the same OpenAPI document as the example's tools.

Routes, parameters and schemas are read from the document. The server rejects a request that the document does not allow, and reports a response that the document does not describe as an error of this server. The data and its changes, which the document does not contain, are defined below by operation id.
"""

import contextlib
import http.server
import json
import pathlib
import re
import threading
import urllib.parse

import yaml
from jsonschema import Draft202012Validator

DOCUMENT = pathlib.Path(__file__).parents[2] / "examples/tidewater-mcp/specs/openapi/tidewater.yaml"
KEY = "tw-test-key=="
METHODS = ["get", "post", "put", "patch", "delete"]


class ApiError(Exception):
    """Error response in the shape that the document defines."""

    def __init__(self, status, kind, message):
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


class Api:
    """Document and state of the port."""

    def __init__(self):
        self.document = yaml.safe_load(DOCUMENT.read_text())
        self.routes = []
        for template, item in self.document["paths"].items():
            pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
            for method in METHODS:
                if operation := item.get(method):
                    parameters = item.get("parameters", []) + operation.get("parameters", [])
                    parameters = [self.resolve(parameter) for parameter in parameters]
                    self.routes.append((method.upper(), pattern, operation, parameters))
        [scheme] = self.document["components"]["securitySchemes"].values()
        assert (scheme["type"], scheme["in"]) == ("apiKey", "header")
        self.key_header = scheme["name"]
        self.lock = threading.Lock()
        self.left = 100_000
        # Received requests: method, target and body.
        self.seen = []
        self.called = set()
        self.link_base = ""
        self.seed()

    def seed(self):
        flags, terminals = ["NL", "PA", "LR"], ["north", "south"]
        self.vessels = {
            str(9000000 + i): {
                "imo": str(9000000 + i),
                "name": f"Vessel {i:03}",
                "flag": flags[i % 3],
                "callSign": None if i % 5 else f"PA{i:02}",
                "built": 1990 + i % 30,
                "dimensions": {"length": 100 + i, "draught": 7.5},
            }
            for i in range(237)
        }
        self.certificates = {"9000001": [{"id": i, "kind": "safety", "validUntil": "2030-01-01"} for i in range(15)]}
        self.berths = {
            f"B{i:02}": {"code": f"B{i:02}", "terminal": terminals[i % 2], "open": True, "depth": 12.5, "closed": None}
            for i in range(61)
        }
        states = ["announced", "berthed", "departed"]
        self.calls = {
            i: {
                "callId": i,
                "imo": str(9000000 + i % 50),
                "berth": f"B{i % 61:02}",
                "status": states[i % 3],
                "arrives": f"2027-03-{1 + i % 28:02}T06:00:00Z",
            }
            for i in range(1, 158)
        }
        self.containers = {
            f"MSKU{i:07}": {
                "number": f"MSKU{i:07}",
                "owner": ["Blue Line", "Red Star"][i % 2],
                "grossWeight": 1000 + 100 * i,
                "hold": "customs" if i % 40 == 0 else None,
            }
            for i in range(133)
        }
        self.movements = [
            {"id": i, "kind": ["load", "discharge", "shift"][i % 3], "container": f"MSKU{i:07}", "berth": "B00"}
            for i in range(91)
        ]

    def resolve(self, value):
        while "$ref" in value:
            found = self.document
            for name in value["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            value = found
        return value

    def check(self, schema, value, what):
        """Raises an error with status 400 for a value that the document does not allow, and for an unknown member."""
        rooted = {**schema, "components": self.document["components"]}
        for error in Draft202012Validator(rooted).iter_errors(value):
            raise ApiError(400, "invalid_request", f"{what}: {error.message}")
        known = self.resolve(schema).get("properties")
        if known and isinstance(value, dict):
            if unknown := set(value) - set(known):
                raise ApiError(400, "invalid_request", f"{what}: unknown {sorted(unknown)}")

    def answer(self, method, target, headers, body):
        """Handles a request and returns (status, headers, value or None)."""
        url = urllib.parse.urlsplit(target)
        if headers.get(self.key_header) != KEY:
            raise ApiError(401, "unauthorized", "the key is missing or unknown")
        for route_method, pattern, operation, parameters in self.routes:
            found = pattern.fullmatch(url.path)
            if route_method == method and found:
                break
        else:
            raise ApiError(404, "not_found", f"no operation {method} {url.path}")
        self.called.add(operation["operationId"])
        given = {"path": {name: [urllib.parse.unquote(text)] for name, text in found.groupdict().items()}}
        given["query"] = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        values = {}
        for parameter in parameters:
            schema = self.resolve(parameter["schema"])
            texts = given[parameter["in"]].pop(parameter["name"], None)
            if texts is None:
                assert not parameter.get("required"), parameter["name"]
                continue
            if schema.get("type") == "array":
                texts = texts if parameter.get("explode", True) else texts[0].split(",")
                value = texts
            else:
                if len(texts) != 1:
                    raise ApiError(400, "invalid_request", f"{parameter['name']}: given {len(texts)} times")
                value = read(texts[0], schema.get("type"))
            self.check(parameter["schema"], value, parameter["name"])
            values[parameter["name"]] = value
        # The parameter for the next page of a link is internal to this server and not part of the document.
        if operation["operationId"] == "listBerths" and (after := given["query"].pop("after", None)):
            values["after"] = int(after[0])
        if given["query"]:
            raise ApiError(400, "invalid_request", f"unknown parameter {sorted(given['query'])}")
        payload = self.payload(operation, headers, body)
        with self.lock:
            status, more, value = getattr(self, operation["operationId"])(values, payload, url.path)
        content = self.resolve(operation["responses"][str(status)]).get("content")
        if content:
            try:
                self.check(content["application/json"]["schema"], value, "answer")
            except ApiError as problem:
                raise ApiError(500, "broken_test_server", problem.message) from None
        return status, more, value

    def payload(self, operation, headers, body):
        declared = operation.get("requestBody")
        if not declared or (not body and not declared.get("required")):
            if body:
                raise ApiError(400, "invalid_request", "there is a body, but none is declared")
            return {}
        if headers.get("Content-Type") != "application/json":
            raise ApiError(415, "invalid_request", "the body must be JSON")
        value = json.loads(body)
        self.check(declared["content"]["application/json"]["schema"], value, "body")
        return value

    # Implementations of the operations: (parameters, body, path) -> (status, headers, response).

    def page(self, rows, values):
        page, size = values.get("page", 1), values.get("per_page", 25)
        start = (page - 1) * size
        return 200, {}, {"data": rows[start : start + size], "meta": {"page": page, "perPage": size, "total": len(rows)}}

    def cursor(self, rows, values, name):
        start, size = int(values.get("cursor", "c0")[1:]), values.get("limit", 20)
        end = start + size
        meta = {"nextCursor": f"c{end}"} if end < len(rows) else {"nextCursor": None}
        return 200, {}, {name: rows[start:end], "meta": meta}

    def get(self, rows, key, what):
        if key not in rows:
            raise ApiError(404, "not_found", f"no {what} {key}")
        return rows[key]

    def listVessels(self, values, body, path):
        rows = [row for row in self.vessels.values() if row["flag"] == values.get("flag", row["flag"])]
        order = values.get("sort", "name")
        rows.sort(key=lambda row: row[order.lstrip("-")], reverse=order.startswith("-"))
        return self.page(rows, values)

    def createVessel(self, values, body, path):
        if body["imo"] in self.vessels:
            raise ApiError(409, "conflict", f"there is a vessel {body['imo']}")
        self.vessels[body["imo"]] = body
        return 201, {}, body

    def getVessel(self, values, body, path):
        return 200, {}, self.get(self.vessels, values["imo"], "vessel")

    def updateVessel(self, values, body, path):
        vessel = self.get(self.vessels, values["imo"], "vessel")
        vessel.update(body)
        return 200, {}, vessel

    def deleteVessel(self, values, body, path):
        self.get(self.vessels, values["imo"], "vessel")
        del self.vessels[values["imo"]]
        return 204, {}, None

    def listCertificates(self, values, body, path):
        self.get(self.vessels, values["imo"], "vessel")
        return self.page(self.certificates.get(values["imo"], []), values)

    def addCertificate(self, values, body, path):
        certificates = self.certificates.setdefault(values["imo"], [])
        certificates.append({"id": len(certificates), **body})
        return 201, {}, certificates[-1]

    def listBerths(self, values, body, path):
        start, size = values.pop("after", 0), values.get("per_page", 25)
        rows = [
            row
            for row in self.berths.values()
            if row["terminal"] == values.get("terminal", row["terminal"]) and row["open"] == values.get("open", row["open"])
        ]
        headers = {}
        if start + size < len(rows):
            query = {**values, "per_page": size, "after": start + size}
            if "open" in query:
                query["open"] = json.dumps(query["open"])
            target = f"{self.link_base}{path}?{urllib.parse.urlencode(query)}"
            headers["Link"] = f'<{path}>; rel="first"; title="a, b", <{target}>; rel="next"'
        return 200, headers, rows[start : start + size]

    def getBerth(self, values, body, path):
        return 200, {}, self.get(self.berths, values["code"], "berth")

    def replaceBerth(self, values, body, path):
        berth = self.get(self.berths, values["code"], "berth")
        berth.update(body)
        return 200, {}, berth

    def closeBerth(self, values, body, path):
        berth = self.get(self.berths, values["code"], "berth")
        berth.update(open=False, closed=body)
        return 200, {}, berth

    def reopenBerth(self, values, body, path):
        berth = self.get(self.berths, values["code"], "berth")
        berth.update(open=True, closed=None)
        return 200, {}, berth

    def listPortCalls(self, values, body, path):
        rows = [
            row
            for row in self.calls.values()
            if row["status"] in values.get("status", [row["status"]]) and row["arrives"] > values.get("arrivesAfter", "")
        ]
        return self.page(rows, values)

    def createPortCall(self, values, body, path):
        if not self.get(self.berths, body["berth"], "berth")["open"]:
            raise ApiError(409, "conflict", f"berth {body['berth']} is closed")
        call = {"callId": max(self.calls) + 1, **body, "status": "announced"}
        self.calls[call["callId"]] = call
        return 201, {}, call

    def getPortCall(self, values, body, path):
        return 200, {}, self.get(self.calls, values["callId"], "call")

    def cancelPortCall(self, values, body, path):
        call = self.get(self.calls, values["callId"], "call")
        call["status"] = "cancelled"
        return 200, {}, call

    def searchContainers(self, values, body, path):
        rows = [
            row
            for row in self.containers.values()
            if row["owner"] == body.get("owner", row["owner"]) and row["grossWeight"] >= body.get("minGrossWeight", 0)
        ]
        return self.cursor(rows, body, "results")

    def getContainer(self, values, body, path):
        return 200, {}, self.get(self.containers, values["number"], "container")

    def holdContainer(self, values, body, path):
        container = self.get(self.containers, values["number"], "container")
        container["hold"] = body["reason"]
        return 200, {}, container

    def releaseContainer(self, values, body, path):
        container = self.get(self.containers, values["number"], "container")
        container["hold"] = None
        return 200, {}, container

    def listMovements(self, values, body, path):
        rows = [row for row in self.movements if row["kind"] == values.get("kind", row["kind"])]
        return self.cursor(rows, values, "movements")

    def recordMovement(self, values, body, path):
        self.movements.append({"id": len(self.movements), **body})
        return 201, {}, self.movements[-1]

    def getTides(self, values, body, path):
        return 200, {}, {"day": values["day"], "heights": [{"at": "04:10", "metres": 1.25}]}

    def getAccount(self, values, body, path):
        return 200, {}, {"name": "Harbour office", "plan": "harbour"}


def read(text, kind):
    """Parses a value of a path or a query."""
    try:
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        return {"integer": int, "number": float}.get(kind, str)(text)
    except (KeyError, ValueError):
        raise ApiError(400, "invalid_request", f"`{text}` must be a {kind}") from None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle_request(self):
        api = self.server.api
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        api.seen.append((self.command, self.path, body.decode()))
        try:
            status, more, value = api.answer(self.command, self.path, self.headers, body)
        except ApiError as problem:
            status, more = problem.status, {}
            value = {"error": {"kind": problem.kind, "message": problem.message}}
        api.left -= 1
        text = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, header in {
            **more,
            "RateLimit-Limit": "100000",
            "RateLimit-Remaining": str(api.left),
            "RateLimit-Reset": "30",
        }.items():
            self.send_header(name, header)
        if text:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def port():
    """Starts a server and provides its state, which includes its `url`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api = server.api = Api()
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    # For trying the example by hand, see examples/tidewater-mcp/README.md.
    with port() as api:
        print(f"export TIDEWATER_URL={api.url} TIDEWATER_TOKEN={KEY}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
