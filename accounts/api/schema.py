"""How the two ways in are named in the OpenAPI document. Imported with the addresses."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from typing_extensions import override


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A bearer key."""

    target_class = "accounts.api.authentication.KeyAuthentication"
    name = "key"

    @override
    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        about = (
            "An API key, from the settings page or `manage.py create_api_key`. It acts as its owner, within its scopes."
        )
        return {"type": "http", "scheme": "bearer", "bearerFormat": "tdm_…", "description": about}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser's session."""

    target_class = "accounts.api.authentication.SessionAuthentication"
    name = "session"

    @override
    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        about = "The session of somebody signed in, on our own pages. Writes carry the CSRF token in `X-CSRFToken`."
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": about}
