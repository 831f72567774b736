# SPDX-License-Identifier: BSD-2-Clause
#
# man/usherd-status.openapi.yaml against OpenAPI's rules, the routes of the program, and what a
# running daemon answers. Schemas are read strictly here: a member that is not described is an error.

import copy
import json
import re
import shutil
import sys

import harness  # noqa: F401  (enters the sandbox)
from harness import client, programs, status
from harness.case import HERE, USHERD, WORK, IntegrationCase, wait
from harness.config import defaults, internal, service

try:
    import jsonschema
    import yaml
except ImportError:  # another Python than the one that Debian's packages are for; both are plain
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        import jsonschema
        import yaml
    except ImportError:
        jsonschema = None

WAITING = WORK / "waiting_server.py"
CAT = {"server": "/bin/cat", "server_args": None}
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"


def resolve(document, reference):
    found = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = value.values()
    if not isinstance(value, str) and hasattr(value, "__iter__"):
        for one in value:
            yield from references(one)


def strict(schema, in_all_of=False):
    """No members but those described, and times as they are written."""
    if isinstance(schema, list):
        return [strict(one, in_all_of) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: strict(value, in_all_of=name == "allOf") if name != "properties"
            else {member: strict(one) for member, one in value.items()}
            for name, value in schema.items()}
    if made.get("format") == "date-time":
        made["pattern"] = TIME
    if not in_all_of and ("$ref" in made or "allOf" in made):
        made["unevaluatedProperties"] = False
    return made


class OpenApiCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        if jsonschema is None:
            text = "python3-jsonschema or python3-yaml is not installed"
            if programs.in_ci():
                self.fail(text)
            self.skipTest(text)
        text = (programs.REPOSITORY / "man/usherd-status.openapi.yaml").read_text()
        self.document = yaml.safe_load(text)

    def operations(self):
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method, item[method]


class Document(OpenApiCase):
    def test_it_follows_the_rules_of_openapi_3_1(self):
        document = self.document
        self.assertRegex(document["openapi"], r"^3\.1\.\d+$")
        self.assertLessEqual({"title", "version"}, set(document["info"]))
        self.assertLessEqual(set(document), {"openapi", "info", "servers", "paths", "components"})
        for reference in references(document):
            resolve(document, reference)
        seen = set()
        for path, method, operation in self.operations():
            with self.subTest(f"{method} {path}"):
                self.assertTrue(path.startswith("/"))
                self.assertNotIn(operation["operationId"], seen)
                seen.add(operation["operationId"])
                self.check_parameters(path, operation.get("parameters", []))
                self.check_responses(operation["responses"])

    def check_parameters(self, path, parameters):
        names = [(one["name"], one["in"]) for one in parameters]
        self.assertEqual(len(names), len(set(names)))
        in_path = {one["name"] for one in parameters if one["in"] == "path"}
        self.assertEqual(in_path, set(re.findall(r"{(\w+)}", path)))
        for one in parameters:
            self.assertIn(one["in"], ("path", "query"))
            self.assertTrue(one["in"] == "query" or one["required"] is True)
            self.assertIn("schema", one)
            jsonschema.Draft202012Validator.check_schema(one["schema"])

    def check_responses(self, responses):
        self.assertIn("default", responses)
        for code, response in responses.items():
            self.assertRegex(code, r"^(default|[1-5]\d\d)$")
            if "$ref" in response:
                response = resolve(self.document, response["$ref"])
            self.assertTrue(response["description"])
            for media in response["content"].values():
                jsonschema.Draft202012Validator.check_schema(media["schema"])

    def test_its_schemas_are_json_schemas_and_require_only_what_they_describe(self):
        schemas = self.document["components"]["schemas"]
        used = set(references(self.document))
        for name, schema in schemas.items():
            with self.subTest(name):
                jsonschema.Draft202012Validator.check_schema(schema)
                self.assertIn(f"#/components/schemas/{name}", used)
                for part in schema.get("allOf", [schema]):
                    self.assertLessEqual(set(part.get("required", [])),
                                         set(part.get("properties", {})))

    def test_it_has_the_routes_of_the_program_and_no_others(self):
        source = (programs.REPOSITORY / "daemon/control/request.cc").read_text()
        routes = re.findall(r'Route\{Method::(\w+), "([^"]*)"', source)
        self.assertGreater(len(routes), 15)
        routes = {("delete" if method == "del" else method, "/" + path)
                  for method, path in routes}
        described = {(method, re.sub(r"{\w+}", "{}", path))
                     for path, method, _ in self.operations()}
        self.assertEqual(described | {("get", "/")}, routes)  # the page is for people


class Answers(OpenApiCase):
    TEXT = (defaults(instances=9) + service(**CAT) +
            service("shut", port=4001, no_access="127.0.0.0/8", access_times="0:00-23:59") +
            service("relay", port=4002, redirect="127.0.0.1 4003", server=None, server_args=None) +
            internal("echo", port=4003) + service("gone", port=4004, bind="203.0.113.77") +
            service("lent", port=4005, wait="yes", server="/usr/bin/python3",
                    server_args=f"-I -S {WAITING} serve 9") +
            service("fast", port=4006, cps="1 1000", **CAT))

    def setUp(self):
        super().setUp()
        self.require(USHERD)
        self.document = copy.deepcopy(self.document)
        self.document["components"] = {
            "schemas": {name: strict(schema) for name, schema
                        in self.document["components"]["schemas"].items()},
            "responses": self.document["components"]["responses"]}
        shutil.copy(HERE / "handlers/waiting_server.py", WAITING)
        self.subject = self.daemon(USHERD, self.TEXT)
        self.socket = self.subject.directory / "status" / "sock"
        self.subject.start("--status-socket", str(self.socket), "-limit", "100")
        self.asked = set()

    def ask(self, path, method="get", body=None, code=200, **words):
        """The answer to an operation of the document, which must be as that says."""
        target = path.format(**words)
        operation = self.document["paths"][path.partition("?")[0]][method]
        answer = status.ask(self.socket, target, method.upper(), body)
        self.assertEqual(answer.status, code, answer.text)
        self.asked.add((method, path.partition("?")[0]))
        responses = operation["responses"]
        response = responses.get(str(code), responses["default"])
        if "$ref" in response:
            response = resolve(self.document, response["$ref"])
        kind = answer.headers["content-type"].partition(";")[0]
        self.assertIn(kind, response["content"])
        schema = strict(response["content"][kind]["schema"])
        validator = jsonschema.Draft202012Validator(
            {"components": self.document["components"], "allOf": [schema]})
        values = {"application/json": lambda: [json.loads(answer.text)],
                  "application/x-ndjson":
                      lambda: [json.loads(line) for line in answer.text.splitlines()],
                  "text/plain": lambda: [answer.text]}[kind]()
        for value in values:
            for error in validator.iter_errors(value):
                self.fail(f"{method} {target}: {error.json_path}: {error.message}\n{value}")
        return values

    def some_life(self):
        self.hold(4000)
        self.hold(4002)
        self.addCleanup(client.connect(4005).close)
        client.exchange(4000, b"x")
        client.exchange(4001)
        self.subject.trip(lambda: client.exchange(4006))
        def has_all():
            kinds = {one["kind"] for one in self.ask("/v1/events")}
            return kinds >= {"accepted", "refused", "started", "exited", "state"}
        wait.wait_until(has_all, "events of each kind")

    def test_a_daemon_answers_as_it_says(self):
        self.some_life()
        self.ask("/v1/bans", "post", {"source": "192.0.2.0/24", "seconds": 60, "reason": "x"}, 201)
        self.ask("/v1/bans", "post", {"source": "2001:db8::/32"}, 201)
        for path in ("/v1/status", "/v1/services", "/v1/connections", "/v1/sources", "/v1/events",
                     "/v1/bans", "/metrics"):
            self.ask(path)
        for name in ("a", "shut", "relay", "echo-stream", "gone", "lent", "fast"):
            [told] = self.ask("/v1/services/{id}", id=name)
            self.assertEqual(len(told["services"]), 1)
            self.ask("/v1/explain?service={id}&from=127.0.0.1", id=name)
        self.ask("/v1/explain?service=a&from=2001:db8::1&host_name=x.example")
        self.subject.configure(self.TEXT.replace("instances = 9", "instances = 8")
                               + service("late", port=4010) + service("bad", nice="soon"))
        self.ask("/v1/reload?dry_run=1", "post")
        self.ask("/v1/reload?strict=1", "post", code=409)
        self.ask("/v1/reload", "post")
        for order in ("disable", "enable", "drain", "drain?kill=1"):
            self.ask("/v1/services/{id}/" + order, "post", id="a")
        [handler] = [one["pid"] for one in self.ask("/v1/connections?service=lent")[0]
                     ["connections"]]
        self.ask("/v1/connections/{pid}/kill", "post", pid=handler)
        self.ask("/v1/bans?source=192.0.2.0/24", "delete")
        self.ask("/v1/events")
        described = {(method, path) for path, method, _ in self.operations()}
        self.assertEqual(self.asked, described, "operations that were not asked for")

    def test_errors_are_as_it_says(self):
        self.ask("/v1/services/{id}", id="nothing", code=404)
        self.ask("/v1/sources?top=0", code=400)
        self.ask("/v1/connections/{pid}/kill", "post", pid=1, code=404)
        self.ask("/v1/bans", "post", {"source": "here"}, 400)


if __name__ == "__main__":
    import unittest
    unittest.main()
