"""The organisation's own fields in the OpenAPI document: filled in when it is asked for, since they are data and no code."""

from __future__ import annotations

from typing import Any

from crm.core.api.docs import amends
from crm.core.money.fields import MoneyField
from leads.api.fields import component_name
from leads.api.filters import custom_parameters
from leads.models import CustomField
from leads.services import custom

Kind = CustomField.Kind
PLURALS = {"company": "companies", "contact": "contacts", "lead": "leads", "deal": "deals"}
MONEY: dict[str, Any] = MoneyField._spectacular_annotation["field"]  # type: ignore[attr-defined]


@amends
def with_custom_fields(document: dict[str, Any]) -> dict[str, Any]:
    """``document`` with the properties of ``custom`` and the filters by them; itself while there are none."""
    by_holder = {holder: found for holder in custom.HOLDERS if (found := custom.fields_of(holder))}
    if not by_holder:
        return document
    schemas = document["components"]["schemas"] | {
        component_name(holder): schemas_of(document, holder, fields) for holder, fields in by_holder.items()
    }
    paths = dict(document["paths"])
    for holder in by_holder:
        path = f"/api/v1/{PLURALS[holder]}"
        listing = paths[path]["get"]
        more = [_parameter(name, field) for name, field in custom_parameters(holder).items()]
        paths[path] = paths[path] | {"get": listing | {"parameters": [*listing["parameters"], *more]}}
    return document | {"paths": paths, "components": document["components"] | {"schemas": schemas}}


def schemas_of(document: dict[str, Any], holder: str, fields: list[CustomField]) -> dict[str, Any]:
    """The shape of ``custom`` on one kind of record."""
    static: dict[str, Any] = document["components"]["schemas"][component_name(holder)]
    return static | {"properties": {field.key: schema_of(field) for field in fields}, "additionalProperties": False}


def schema_of(field: CustomField) -> dict[str, Any]:
    """The JSON Schema of a field's values."""
    about = " ".join(part for part in (field.label, field.help) if part)
    return {"title": field.label, "description": about, "oneOf": [_shape(field), {"type": "null"}]}


def _shape(field: CustomField) -> dict[str, Any]:
    match field.kind:
        case Kind.TEXT:
            longest = custom.LONGEST_COMPARED if field.is_unique else custom.LONGEST_TEXT
            return {"type": "string", "maxLength": longest}
        case Kind.NUMBER:
            return {"type": "string", "format": "decimal"}
        case Kind.MONEY:
            return MONEY
        case Kind.DATE:
            return {"type": "string", "format": "date"}
        case Kind.CHOICE:
            return {"type": "string", "enum": field.choices}
        case Kind.CHOICES:
            return {"type": "array", "items": {"type": "string", "enum": field.choices}}
        case Kind.YES_NO:
            return {"type": "boolean"}
        case _:
            return {"type": "string", "format": "uuid"}


def _parameter(name: str, field: CustomField) -> dict[str, Any]:
    operator = name.rpartition(".")[2] if name.count(".") > 1 else "is"
    flag = operator in {"empty", "filled"}
    schema = {"type": "boolean"} if flag else {"type": "string", "maxLength": custom.LONGEST_TEXT}
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "description": f"{field.label}: {MEANING[operator]}",
    }


MEANING = {
    "is": "is this.",
    "not": "is not this, or is empty.",
    "contains": "has this in it.",
    "starts": "begins with this.",
    "gte": "is this or more.",
    "lte": "is this or less.",
    "any": "is one of these, separated by semicolons.",
    "empty": "has no value.",
    "filled": "has a value.",
}
