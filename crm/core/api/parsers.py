"""Reading a body strictly: what two readers could understand differently is refused before anything runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser
from typing_extensions import override

from crm.core.api import text
from crm.core.api.problems import TOO_LARGE, ApiRefusal, Problem, bad_body

MOST_BYTES = 1024 * 1024
DEEPEST = 16


class StrictJSONParser(BaseParser):
    """JSON by RFC 8259 and RFC 7493 (I-JSON): UTF-8, no repeated keys, no NaN, no NUL, no lone surrogates, bounded.

    Numbers with a fraction arrive as ``Decimal``, so that an amount is never rounded on the way in. A view takes larger
    bodies by its attribute ``most_bytes``.
    """

    media_type = "application/json"

    @override
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        view = (parser_context or {}).get("view")
        return read_json(stream.read(), most_bytes=getattr(view, "most_bytes", MOST_BYTES))


def read_json(content: bytes, *, most_bytes: int = MOST_BYTES) -> Any:
    """The value in ``content``. Raises ``ApiRefusal`` with kind ``too_large`` or ``bad_body``."""
    if len(content) > most_bytes:
        raise ApiRefusal(Problem(TOO_LARGE, _("At most %(most)s bytes are taken here.") % {"most": most_bytes}))
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_constant=_no_constant,
            parse_float=Decimal,
        )
    except UnicodeDecodeError as error:
        raise bad_body("not_utf8", _("The body is not UTF-8.")) from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:  # also a number with thousands of digits
        raise bad_body("not_json", _("The body is not JSON.")) from error
    _check(value)
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise bad_body("repeated_key", _("A key occurs twice in one object."))
    return value


def _no_constant(name: str) -> NoReturn:
    raise bad_body("not_json", _("NaN and Infinity are not JSON."))


def _check(value: Any) -> None:
    """Depth and text, level by level: no recursion, so that no input can exhaust the stack."""
    level: list[Any] = [value]
    for _depth in range(DEEPEST + 1):
        below: list[Any] = []
        for item in level:
            match item:
                case str():
                    _check_text(item)
                case dict():
                    _check_text("".join(item))
                    below.extend(item.values())
                case list():
                    below.extend(item)
        if not below:
            return
        level = below
    raise _too_deep()


def _check_text(value: str) -> None:
    if not text.is_storable(value):
        raise bad_body("unstorable_text", _("The body holds a NUL or half a surrogate pair."))


def _too_deep() -> ApiRefusal:
    return bad_body("too_deep", _("Objects and lists are nested more than %(most)s deep.") % {"most": DEEPEST})
