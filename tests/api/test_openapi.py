"""The OpenAPI document is kept, true and usable: examples work, rights are those of the policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from drf_spectacular.validation import validate_schema

from crm.core import policy
from crm.core.api import problems
from crm.core.api.docs import VendorYaml, _rendered, document
from tests.api.callers import Caller, body, problem
from tests.api.records import make_records
from tests.api.world import World
from tests.factories.accounts import CalendarFactory, UserFactory

pytestmark = pytest.mark.django_db
KEPT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
COMMAND = "python manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn"


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, one) for path, methods in document()["paths"].items() for method, one in methods.items()]


def test_the_kept_document_is_the_code_s():
    generated = _rendered(VendorYaml.format).decode()
    assert KEPT.read_text(encoding="utf-8") == generated, (
        f"The API changed. Look at the difference and keep it: {COMMAND}"
    )


def test_it_is_valid_openapi_3_1():
    assert document()["openapi"].startswith("3.1")
    validate_schema(json.loads(json.dumps(document())))


def test_it_is_written_in_english_whoever_asks():
    caller = Caller(UserFactory(language="fr"), session=True)
    assert body(caller.get("schema", headers={"Accept-Language": "fr"})) == json.loads(json.dumps(document()))


def test_it_comes_as_json_or_yaml_to_any_key_and_any_person():
    narrow = Caller(UserFactory(), "notices:read")
    plain = narrow.get("schema")
    assert plain.headers["Content-Type"].startswith("application/json")
    assert body(plain)["info"]["title"] == "Tandem API"
    for accept in ("application/yaml", "application/vnd.oai.openapi"):
        answer = narrow.get("schema", headers={"Accept": accept})
        assert yaml.safe_load(answer.content) == body(plain)
        assert answer.headers["Content-Type"].startswith(accept)
    problem(Caller().get("schema"), 401, "not_authenticated")


def test_every_operation_says_what_it_needs():
    ids = set()
    for method, path, operation in operations():
        act = policy.get_act(operation["x-act"])
        assert operation["x-scope"] == act.scope
        assert {"key": [act.scope]} in operation["security"], (method, path)
        assert {"session": []} in operation["security"]
        assert act.scope in operation["description"]
        assert operation["summary"]
        assert {"400", "401", "403", "429", "503"} <= set(operation["responses"])
        assert ("404" in operation["responses"]) or "{id}" not in path
        ids.add(operation["operationId"])
    assert len(ids) == len(operations())


def test_writes_say_how_they_are_repeated_and_guarded():
    for method, path, operation in operations():
        named = {parameter.get("$ref", "").rpartition("/")[2] for parameter in operation["parameters"]}
        assert ("Idempotency-Key" in named) == (method != "get"), path
        assert ("If-Match" in named) == (method in {"patch", "delete"} or (method == "post" and "{id}" in path)), path


def test_every_problem_it_may_answer_is_described():
    described = document()["components"]["responses"]
    assert {int(name.removeprefix("Problem")) for name in described} == {
        400,
        401,
        403,
        404,
        406,
        409,
        412,
        413,
        415,
        422,
        429,
        503,
    }
    types = document()["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert types == [kind.type for kind in problems.KINDS]


def test_only_write_bodies_refuse_other_fields():
    schemas = document()["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    assert closed == {name for name in schemas if name.endswith("Request")}


EXAMPLES = [
    (method, path, one["requestBody"]["content"]["application/json"]["examples"]["Example"]["value"])
    for method, path, one in operations()
    if "application/json" in one.get("requestBody", {}).get("content", {})  # a file is sent as it is
]


@pytest.mark.parametrize(
    ("method", "path", "example"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_example_works(world: World, method: str, path: str, example: dict[str, Any]):
    CalendarFactory(id="0192f0a0-5c8e-7000-8000-00000000ca1e")
    some = make_records(world)
    address = path.replace("{id}", some.get(path.split("/")[3], ""))
    address = address.replace("{source}", "website").replace("{external_id}", "enquiry-2042")
    answer = Caller(world.people["admin"]).send(method.upper(), address, example)
    assert answer.status_code in {200, 201}, answer.content


def test_every_write_has_an_example():
    assert len(EXAMPLES) >= 9
