"""docs/openapi.yaml against what the node serves: the same paths, and every code of a problem."""

import pathlib
import re

import pytest
import yaml
from driver.api import request
from driver.processes import get_json
from openapi_spec_validator import validate

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
METHODS = {"get", "post", "put", "patch", "delete"}
# What only the operations listener says; it is no part of the API.
OTHER_LISTENER = {"OperatorEndpoints.swift"}


@pytest.fixture(scope="module")
def description():
    """The parsed document."""
    return yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())


def codes_in_sources():
    """Every code that an answer under /api/v1 can have."""
    codes = set()
    for path in (ROOT / "Sources" / "Server").rglob("*.swift"):
        if path.name not in OTHER_LISTENER:
            text = path.read_text()
            codes |= set(re.findall(r'Problem\((?:[^"()]|\([^()]*\))*"(\w+)", "', text))
    errors = (ROOT / "Sources" / "HTTP" / "HTTPError.swift").read_text()
    return codes | set(re.findall(r': \("(\w+)", "', errors))


def test_the_description_is_a_valid_document_of_openapi_3_1(description):
    assert description["openapi"].startswith("3.1.")
    validate(description)


def test_every_route_is_described_and_every_described_path_is_served(description, cluster):
    served = {route for route in get_json(cluster[1].operations, "/routes") if " /api/" in route}
    described = {
        f"{method.upper()} {re.sub(r'{[^}]*}', '*', path)}"
        for path, item in description["paths"].items() for method in item if method in METHODS}
    assert served and served == described


def test_every_code_of_a_problem_is_listed(description):
    listed = description["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert listed == sorted(set(listed))
    assert set(listed) == codes_in_sources()
    told = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "API.md").read_text()))
    assert not set(listed) - told


@pytest.mark.parametrize("method, path, headers, status, code", [
    ("GET", "/api/v1/me", {}, 401, "not_signed_in"),
    ("GET", "/api/v1/nothing", {}, 404, "not_found"),
    ("DELETE", "/api/v1/me", {}, 405, "method_not_allowed"),
    ("GET", "/api/v1/live", {}, 403, "cross_site"),
    ("POST", "/api/v1/sign-in", {"Content-Type": "text/plain"}, 415, "not_json"),
    ("POST", "/api/v1/sign-in", {"Content-Type": "application/json"}, 422, "invalid"),
    ("GET", "/api/v1/me", {"Content-Length": "99999999999"}, 413, "too_large"),
    ("GET", "/api/v1/me", {"Content-Length": "x"}, 400, "malformed"),
    ("GET", "/api/v1/me?" + "x" * 20_000, {}, 414, "target_too_long"),
    ("GET", "/api/v1/me", {"Roundhouse-At-Least": "soon"}, 422, "invalid"),
])
def test_a_refusal_is_a_problem_with_code_and_hint(cluster, method, path, headers, status, code):
    body = b"x" if "Content-Type" in headers else None
    answer = request(cluster[1].url, method, path, headers, body)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["code"] == code
    assert problem["type"] and problem["title"] and problem["detail"] and problem["hint"]
