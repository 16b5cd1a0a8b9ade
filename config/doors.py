"""The doors that need no sign-in (P28: at most ten), and those of kept libraries that guard themselves.

Everything else is closed: the wall is ``crm.core.middleware.LoginRequired`` for pages and the default permission for the
API, and a system check refuses to start with a door that names no act.
"""

from __future__ import annotations

from django.conf import settings

from crm.core import doors
from leads.urls_doors import CUSTOMER

# Routes exactly as Django's resolver writes them.
ANONYMOUS = frozenset(
    {
        "healthz",
        "readyz",
        "i18n/setlang/",  # the language of the sign-in page
        "accounts/login/",
        "accounts/2fa/authenticate/",  # second step; allauth demands the first one
        "accounts/2fa/webauthn/login/",
        "accounts/password/reset/",
        "accounts/password/reset/done/",
        "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        CUSTOMER,  # web forms and questionnaires
    }
)
# Only when OIDC_ISSUER is set: the way to the organisation's own sign-in and back.
SINGLE_SIGN_ON = frozenset(
    {"accounts/oidc/<str:provider_id>/login/", "accounts/oidc/<str:provider_id>/login/callback/"}
)
# allauth asks for sign-in itself, Django's admin for staff; the wall stands before both all the same.
SELF_GUARDED = ("accounts/", "admin/")


def declare() -> None:
    """Tell the floor, which builds the wall but must not know who stands above it. Called when the apps are ready."""
    doors.declare(
        anonymous=ANONYMOUS | (SINGLE_SIGN_ON if settings.OIDC_ISSUER else frozenset()), self_guarded=SELF_GUARDED
    )
