"""Who calls: a program with a key, or a person with a session."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from typing_extensions import override

from accounts.middleware import lacks_second_factor
from accounts.models import ApiKey, User
from accounts.services import keys
from crm.core import context
from crm.core.api.problems import FORBIDDEN, ApiRefusal, Problem

SCHEME = "bearer"


class KeyAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer tdm_…``: acts as the key's owner, within the key's scopes."""

    @override
    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        key = keys.find_key(secret.strip())
        if key is None:
            raise AuthenticationFailed(_("This key is unknown, expired or revoked."))
        keys.note_use(key)
        # For the rest of this request; the middleware RequestId, which set the door "page", takes it back at the end.
        context.door.set(f"key {key.prefix}")
        return key.owner, key

    @override
    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Tandem"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session, on our own pages: every write needs the CSRF token, whoever sent it."""

    @override
    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found = super().authenticate(request)
        if found is not None and lacks_second_factor(found[0]):
            raise ApiRefusal(
                Problem(
                    FORBIDDEN, _("Your rights ask for a second factor. Set one up first."), "second_factor_required"
                )
            )
        return found

    @override
    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise ApiRefusal(
                Problem(FORBIDDEN, _("Send the CSRF token in X-CSRFToken, from our own pages."), "csrf_failed")
            ) from error
