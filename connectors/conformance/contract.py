"""A vendor's machine-readable contract, to hold requests and answers to.

Swagger 2.0, OpenAPI 3 and JSON Schema, as far as vendors of sales channels use them.
For the tests of a connector and of its simulated channel: it is stricter than the
vendor, because a field that the contract does not name is a mistake there. Not a
validator for what a channel really answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from .bench import demand

Json = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


@dataclass(frozen=True)
class Shapes:
    """The schemas of one document; if ``strict``, fields it does not name are wrong."""

    document: Json
    strict: bool = True

    def find_faults(self, value: Any, schema: Any, where: str) -> Iterator[str]:
        """Yield what of a value is not as a schema says."""
        if isinstance(schema, bool):
            if not schema:
                yield f"{where}: must not be there"
            return
        schema = self.resolve(schema)
        if value is None and schema.get("nullable"):
            return
        yield from self._judge_type(value, schema, where)
        yield from self._judge_choices(value, schema, where)
        if isinstance(value, dict):
            yield from self._judge_object(value, schema, where)
        elif isinstance(value, list):
            for index, part in enumerate(value):
                yield from self.find_faults(
                    part, schema.get("items", True), f"{where}.{index}"
                )
        if isinstance(value, (list, str)):
            yield from _judge_length(value, schema, where)
        if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
            yield f"{where}: does not match {schema['pattern']}"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            low, high = schema.get("minimum", value), schema.get("maximum", value)
            if not low <= value <= high:
                yield f"{where}: {value} is not between {low} and {high}"

    def resolve(self, schema: Json) -> Json:
        """Return a part of the document itself where it is only referred to."""
        while "$ref" in schema:
            found: Any = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            schema = found
        return schema

    def _judge_type(self, value: Any, schema: Json, where: str) -> Iterator[str]:
        wanted = schema.get("type", [])
        names = [wanted] if isinstance(wanted, str) else wanted
        kinds = tuple(kind for name in names for kind in _TYPES[name])
        wrong = isinstance(value, bool) and bool not in kinds
        if names and (wrong or not isinstance(value, kinds)):
            yield f"{where}: is a {type(value).__name__} and not {' or '.join(names)}"
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {value!r} is none of {schema['enum']}"
        if "const" in schema and value != schema["const"]:
            yield f"{where}: {value!r} is not {schema['const']!r}"
        if schema.get("format") == "date-time" and isinstance(value, str):
            try:
                datetime.fromisoformat(value)
            except ValueError:
                yield f"{where}: {value!r} is no date-time"

    def _judge_choices(self, value: Any, schema: Json, where: str) -> Iterator[str]:
        for part in schema.get("allOf", ()):
            # Each part names some of the fields; all together are what is allowed.
            yield from replace(self, strict=False).find_faults(value, part, where)
        for word in ("oneOf", "anyOf"):
            choices = schema.get(word, ())
            found = [
                list(replace(self, strict=False).find_faults(value, each, where))
                for each in choices
            ]
            if choices and all(found):
                yield f"{where}: is none of {word}: {min(found, key=len)[0]}"

    def _judge_object(self, value: Json, schema: Json, where: str) -> Iterator[str]:
        named = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{where}: {name} is missing"
        others = schema.get("additionalProperties")
        closed = self.strict and bool(named) and "allOf" not in schema
        for name, part in value.items():
            shape = named.get(name, others)
            if shape is None:
                if closed:
                    yield f"{where}: {name} is not in the contract"
                continue
            yield from self.find_faults(part, shape, f"{where}.{name}")


def _judge_length(value: Any, schema: Json, where: str) -> Iterator[str]:
    word = "Length" if isinstance(value, str) else "Items"
    low, high = schema.get(f"min{word}", 0), schema.get(f"max{word}", len(value))
    if not low <= len(value) <= high:
        yield f"{where}: has {len(value)} and not {low} to {high}"


def _parse_yaml(text: str) -> Any:
    """Return what a YAML file of a vendor says; megabytes want libyaml's parser."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, loader)  # noqa: S506 - both of them are safe loaders


class Contract:
    """One of a vendor's documents, to hold requests and answers to.

    ``sent`` collects the operations of the requests that were checked, as ``GET /path``
    with the path's placeholders.
    """

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        parse = json.loads if path.suffix == ".json" else _parse_yaml
        self.document: Json = parse(text)
        self.sent: set[str] = set()
        self._shapes = Shapes(self.document)

    def check_request(
        self, method: str, path: str, params: Mapping[str, str], body: Any = None
    ) -> None:
        """Hold a request to the contract; ``path`` is percent-encoded still.

        Raises:
            NonconformityError: it is not as agreed; says where.
        """
        template, operation = self._find(method, path)
        self.sent.add(f"{method} {template}")
        faults = list(self._judge_params(template, operation, params))
        schema = self._find_body(template, operation)
        if schema is not None:
            faults += self._shapes.find_faults(body, schema, "body")
        elif body is not None:
            faults.append("body: the operation takes none")
        demand(not faults, f"{method} {path} is as agreed: {faults}")

    def check_response(self, method: str, path: str, status: int, body: Any) -> None:
        """Hold an answer to the contract; a status that it does not name is wrong.

        Raises:
            NonconformityError: it is not as agreed; says where.
        """
        _, operation = self._find(method, path)
        answers = operation["responses"]
        demand(str(status) in answers, f"{method} {path} may answer {status}")
        schema = _find_schema(self._shapes.resolve(answers[str(status)]))
        if schema is not None:
            faults = list(self._shapes.find_faults(body, schema, "body"))
            demand(not faults, f"{method} {path} answers as agreed: {faults}")

    def check_shape(self, value: Any) -> None:
        """Hold a value to the whole document, where that is a JSON Schema.

        Raises:
            NonconformityError: it is not as agreed; says where.
        """
        faults = list(self._shapes.find_faults(value, self.document, "value"))
        demand(not faults, f"a value is as agreed: {faults}")

    def _find(self, method: str, path: str) -> tuple[str, Json]:
        base = self.document.get("basePath", "").rstrip("/")
        found = [
            template
            for template, operations in self.document["paths"].items()
            if method.lower() in operations
            and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", base + template), path)
        ]
        demand(bool(found), f"{method} {path} is an operation of the contract")
        template = min(found, key=lambda each: each.count("{"))
        return template, self.document["paths"][template][method.lower()]

    def _parameters(self, template: str, operation: Json) -> list[Json]:
        shared = self.document["paths"][template].get("parameters", [])
        every = [*shared, *operation.get("parameters", [])]
        return [self._shapes.resolve(each) for each in every]

    def _judge_params(
        self, template: str, operation: Json, params: Mapping[str, str]
    ) -> Iterator[str]:
        known = {
            each["name"]: each
            for each in self._parameters(template, operation)
            if each["in"] == "query"
        }
        for name, each in known.items():
            if each.get("required") and name not in params:
                yield f"{name} is missing"
        for name, text in params.items():
            if name not in known:
                yield f"{name} is not in the contract"
                continue
            schema = self._shapes.resolve(known[name].get("schema", known[name]))
            value = _read_param(text, schema, self._shapes)
            yield from self._shapes.find_faults(value, _without_required(schema), name)

    def _find_body(self, template: str, operation: Json) -> Any:
        for each in self._parameters(template, operation):
            if each["in"] == "body":
                return each["schema"]
        if "requestBody" in operation:
            return _find_schema(self._shapes.resolve(operation["requestBody"]))
        return None


def _find_schema(part: Json) -> Any:
    """Return the schema of a body or an answer, as either version writes it."""
    if "content" in part:
        return next((each.get("schema") for each in part["content"].values()), None)
    return part.get("schema")


def _without_required(schema: Json) -> Json:
    """Return a parameter as a schema: its ``required`` is about being there."""
    return {name: part for name, part in schema.items() if name != "required"}


def _read_param(text: str, schema: Json, shapes: Shapes) -> Any:
    kind = schema.get("type")
    if kind == "array":
        part = shapes.resolve(schema.get("items", {}))
        return [_read_param(each, part, shapes) for each in text.split(",")]
    if kind in {"integer", "number"} and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text) if "." in text else int(text)
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text
