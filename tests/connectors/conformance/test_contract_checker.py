"""The checker of vendors' contracts lets nothing pass that a contract does not say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from crossdock.connectors.conformance import NonconformityError
from crossdock.connectors.conformance.contract import Contract

Json = dict[str, Any]
THING: Json = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "count": {"type": "integer", "minimum": 0},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "at": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "maxItems": 2, "items": {"type": "string"}},
        "free": {"type": "object"},
    },
}
SWAGGER: Json = {
    "swagger": "2.0",
    "definitions": {"Thing": THING},
    "paths": {
        "/things/{id}": {
            "put": {
                "parameters": [
                    {"name": "id", "in": "path", "type": "string", "required": True},
                    {"name": "limit", "in": "query", "type": "integer", "maximum": 5},
                    {
                        "name": "fields",
                        "in": "query",
                        "type": "array",
                        "required": True,
                        "items": {"type": "string", "enum": ["x", "y"]},
                    },
                    {
                        "name": "body",
                        "in": "body",
                        "schema": {"$ref": "#/definitions/Thing"},
                    },
                ],
                "responses": {"200": {"schema": {"$ref": "#/definitions/Thing"}}},
            }
        },
        "/things/new": {"put": {"parameters": [], "responses": {"204": {}}}},
    },
}
OPENAPI: Json = {
    "openapi": "3.0.0",
    "components": {"schemas": {"Thing": {**THING, "nullable": True}}},
    "paths": {
        "/things": {
            "post": {
                "parameters": [
                    {"name": "dry", "in": "query", "schema": {"type": "boolean"}}
                ],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/Thing"}
                        }
                    }
                },
                "responses": {
                    "201": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "oneOf": [
                                        {"$ref": "#/components/schemas/Thing"},
                                        {"type": "integer"},
                                    ]
                                }
                            }
                        }
                    }
                },
            }
        }
    },
}
Open = Callable[[Json], Contract]


@pytest.fixture
def open_contract(tmp_path: Path) -> Open:
    def build(document: Json) -> Contract:
        path = tmp_path / "contract.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return Contract(path)

    return build


def test_a_request_as_agreed_is_remembered_by_its_operation(
    open_contract: Open,
) -> None:
    contract = open_contract(SWAGGER)
    whole = {"id": "1", "count": 2, "kind": "a", "tags": ["t"], "free": {"any": 1}}
    contract.check_request("PUT", "/things/a%2Fb", {"fields": "x,y"}, whole)
    contract.check_request("PUT", "/things/new", {})
    assert contract.sent == {"PUT /things/{id}", "PUT /things/new"}


@pytest.mark.parametrize(
    ("params", "body", "word"),
    [
        ({"fields": "x"}, {"count": 1}, "id is missing"),
        ({"fields": "x"}, {"id": 1}, "is a int"),
        ({"fields": "x"}, {"id": ""}, "not 1 to"),
        ({"fields": "x"}, {"id": "1", "count": -1}, "not between"),
        ({"fields": "x"}, {"id": "1", "count": True}, "is a bool"),
        ({"fields": "x"}, {"id": "1", "kind": "c"}, "none of"),
        ({"fields": "x"}, {"id": "1", "at": "soon"}, "no date-time"),
        ({"fields": "x"}, {"id": "1", "tags": ["a", "b", "c"]}, "not 0 to 2"),
        ({"fields": "x"}, {"id": "1", "tags": [1]}, "tags.0"),
        ({"fields": "x"}, {"id": "1", "colour": "red"}, "colour is not in"),
        ({"fields": "x", "page": "1"}, {"id": "1"}, "page is not in"),
        ({"fields": "x,z"}, {"id": "1"}, "none of"),
        ({"fields": "x", "limit": "9"}, {"id": "1"}, "not between"),
        ({"fields": "x", "limit": "many"}, {"id": "1"}, "is a str"),
        ({}, {"id": "1"}, "fields is missing"),
    ],
)
def test_a_request_that_is_not_as_agreed_is_told_with_its_place(
    open_contract: Open, params: dict[str, str], body: Json, word: str
) -> None:
    with pytest.raises(NonconformityError, match=word):
        open_contract(SWAGGER).check_request("PUT", "/things/1", params, body)


def test_a_path_a_body_and_a_status_that_nobody_agreed_upon_are_told(
    open_contract: Open,
) -> None:
    contract = open_contract(SWAGGER)
    with pytest.raises(NonconformityError, match="is an operation"):
        contract.check_request("GET", "/things/1", {})
    with pytest.raises(NonconformityError, match="takes none"):
        contract.check_request("PUT", "/things/new", {}, {"id": "1"})
    with pytest.raises(NonconformityError, match="may answer 404"):
        contract.check_response("PUT", "/things/1", 404, {})
    with pytest.raises(NonconformityError, match="id is missing"):
        contract.check_response("PUT", "/things/1", 200, {})


@pytest.mark.parametrize("answer", [{"id": "1"}, None, 7])
def test_an_answer_may_be_any_one_of_several_shapes(
    open_contract: Open, answer: Any
) -> None:
    contract = open_contract(OPENAPI)
    contract.check_request("POST", "/things", {"dry": "true"}, {"id": "1"})
    contract.check_response("POST", "/things", 201, answer)


def test_an_answer_of_no_agreed_shape_is_told(open_contract: Open) -> None:
    contract = open_contract(OPENAPI)
    with pytest.raises(NonconformityError, match="none of oneOf"):
        contract.check_response("POST", "/things", 201, "seven")
    with pytest.raises(NonconformityError, match="is a str"):
        contract.check_request("POST", "/things", {"dry": "maybe"}, {"id": "1"})


def test_a_document_that_is_a_schema_holds_a_value(open_contract: Open) -> None:
    schema = {**THING, "allOf": [{"properties": {"never": False}}]}
    contract = open_contract(schema)
    contract.check_shape({"id": "1"})
    with pytest.raises(NonconformityError, match="must not be there"):
        contract.check_shape({"id": "1", "never": 1})
