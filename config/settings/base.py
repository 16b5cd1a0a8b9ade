"""All settings, by topic. Every value that differs between installations comes from the environment (``docs/settings.md``)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.run import embedded
from config.settings.secret_key import read_or_make_secret_key

env = environ.Env()

# --- Places -----------------------------------------------------------------------------------------------------------

BASE_DIR = Path(__file__).resolve().parents[2]
TANDEM_HOME = Path(env.str("TANDEM_HOME", default=str(BASE_DIR / "var"))).absolute()

# --- What kind of installation this is ---------------------------------------------------------------------------------

# "local" is `make run` on one machine over plain HTTP; "production" stands behind TLS and refuses conveniences.
ENVIRONMENT = env.str("TANDEM_ENV", default="local")
if ENVIRONMENT not in {"local", "production"}:
    raise ImproperlyConfigured(f"TANDEM_ENV must be 'local' or 'production', not {ENVIRONMENT!r}.")
PRODUCTION = ENVIRONMENT == "production"

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or read_or_make_secret_key(TANDEM_HOME, refuse=PRODUCTION)
# Former keys, newest first: what was signed or sealed with them still holds. Take them out once nothing needs them.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The address people type; used in mails sent by jobs, which have no request.
SITE_URL = env.str("SITE_URL", default=f"http://localhost:{env.int('PORT', default=8000)}")

# Added to the wall clock by crm.core.clock, so that checkers can look into next week.
CLOCK_OFFSET = timedelta(seconds=env.int("CLOCK_OFFSET", default=0))
if PRODUCTION and CLOCK_OFFSET:
    raise ImproperlyConfigured("CLOCK_OFFSET is refused in production.")

# --- Apps, from the floor up (the import-linter contract in pyproject.toml holds the order) ------------------------------

TANDEM_APPS = [
    "crm.core",
    "accounts",
    "territories",
    "leads",
    "activities",
    "crm.integrations",
    "crm.insights",
    "crm.records",
    "crm.inside",
    "crm.field",
    "crm.managers",
]
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")

INSTALLED_APPS = [
    *TANDEM_APPS,
    "config.apps.ConfigConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    *(["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"] if OIDC_ISSUER else []),
]

MIDDLEWARE = [
    "crm.core.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.PersonZone",
    "django_htmx.middleware.HtmxMiddleware",
    "crm.core.middleware.WholePageSignIn",
    "crm.core.middleware.LoginRequired",
    "accounts.middleware.SecondFactorRequired",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionInUse",
    "crm.core.middleware.PrivatePages",
    "crm.core.views.errors.RefusalPages",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.shell.shell",
            ],
            "builtins": ["crm.core.templatetags.tandem", "django.templatetags.i18n", "django.templatetags.static"],
        },
    },
]
FORM_RENDERER = "crm.core.forms.TandemRenderer"

# --- Database ---------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.db_url_config(env.str("DATABASE_URL", default="") or embedded.database_url(TANDEM_HOME))}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("Tandem runs on PostgreSQL only: DATABASE_URL must begin with postgres://.")
DATABASES["default"] |= {
    "ATOMIC_REQUESTS": False,  # services say themselves where a transaction begins and ends
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=300),
    "CONN_HEALTH_CHECKS": True,
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {
    "connect_timeout": 5,
    # A stuck lock or a runaway query must not hold a worker for ever. Jobs raise their own limits. A record joined with
    # eight others is found by its key, in whatever order: the planner took 70 ms to compare the orders, and compiling
    # costs more than these queries.
    "options": "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
    " -c join_collapse_limit=4 -c jit=off",
}

# --- Cache, sessions, broker --------------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="") or embedded.redis_url(TANDEM_HOME)
CACHES = {
    # Sign-in limits live here, so it must survive an emptied Redis: a table, not Redis.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # Only what may be forgotten at any moment; absent Redis means "miss".
    "fast": {
        "BACKEND": "crm.core.cache.SoftRedisCache",
        "LOCATION": embedded.with_database(REDIS_URL, 1),
        "KEY_PREFIX": "tandem",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 60 * 60  # idle hours in a browser; accounts.middleware.SessionInUse renews it
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False  # read by the htmx header script
CSRF_FAILURE_VIEW = "crm.core.views.errors.csrf_failure"

# --- Languages and zones -------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French")), ("id", _("Indonesian"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_PERSON_ZONE = env.str("DEFAULT_TIME_ZONE", default="Europe/Paris")
DEFAULT_CURRENCY = env.str("DEFAULT_CURRENCY", default="EUR")

# --- Static files ----------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
NODE_MODULES = env.str("NODE_MODULES", default=str(BASE_DIR / "node_modules"))
# Collected in the image only; the local run serves from the finders, and whitenoise would warn of a missing folder.
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))) if PRODUCTION else None
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "crm.core.finders.NodeModulesFinder",
]
# Locally whitenoise serves straight from the finders: no collectstatic at start. The image collects and hashes.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "crm.core.finders.HashedStaticFilesStorage"
        if PRODUCTION
        else "crm.core.finders.FreshStaticFilesStorage"
    },
}
MEDIA_ROOT = TANDEM_HOME / "media"

# --- Sign-in ---------------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are invited to their address; there is no open sign-up
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers; the answer on the page is the same
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True  # a second factor is still asked for
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = None  # asked on the sign-in page
ACCOUNT_SESSION_COOKIE_AGE = 14 * 24 * 60 * 60
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password or second factor is told to its owner by mail
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Django's own: it covers the address too, and computes without a query, for known and unknown people alike.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_FORMS = {
    "change_password": "accounts.forms.sign_in.ChangePasswordForm",
    "login": "accounts.forms.sign_in.SignInForm",
    "reauthenticate": "accounts.forms.sign_in.ConfirmPasswordForm",
    "reset_password": "accounts.forms.sign_in.AskForPasswordForm",
    "reset_password_from_key": "accounts.forms.sign_in.ChoosePasswordForm",
    "set_password": "accounts.forms.sign_in.SetPasswordForm",
}
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# P34: at most 10 tries per account and 100 per address in 15 minutes. Kept in Postgres (the default cache).
RATE_LIMITS_ON = env.str("RATE_LIMITS", default="on") != "off"
if PRODUCTION and not RATE_LIMITS_ON:
    raise ImproperlyConfigured("RATE_LIMITS=off is refused in production.")
ACCOUNT_RATE_LIMITS = (
    {
        "login": "300/15m/ip",
        "login_failed": "100/15m/ip,10/15m/key",
        "reset_password": "20/15m/ip,5/15m/key",
        "reset_password_from_key": "20/15m/ip",
        "reauthenticate": "10/15m/user",
        "change_password": "10/15m/user",
    }
    if RATE_LIMITS_ON
    else False
)
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TOTP_ISSUER = "Tandem"
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the invitation went to the address: it is proven by the first sign-in
MFA_FORMS = {
    "activate_totp": "accounts.forms.sign_in.AddAppForm",
    "add_webauthn": "accounts.forms.sign_in.AddPasskeyForm",
    "authenticate": "accounts.forms.sign_in.SecondFactorForm",
    "edit_webauthn": "accounts.forms.sign_in.RenamePasskeyForm",
    "reauthenticate": "accounts.forms.sign_in.ConfirmCodeForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
# Capabilities that must sign in with a second factor, e.g. "administers,manages". Empty: offered to all, asked of nobody.
SECOND_FACTOR_REQUIRED = frozenset(env.list("SECOND_FACTOR_REQUIRED", default=[]))

if OIDC_ISSUER:
    SOCIALACCOUNT_ADAPTER = "accounts.adapters.SingleSignOnAdapter"
    SOCIALACCOUNT_ONLY = False
    SOCIALACCOUNT_LOGIN_ON_GET = False
    SOCIALACCOUNT_STORE_TOKENS = False
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": env.str("OIDC_NAME", default="Single sign-on"),
                    "client_id": env.str("OIDC_CLIENT_ID"),
                    "secret": env.str("OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": OIDC_ISSUER},
                }
            ],
        }
    }

# --- Browser rules ------------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes of the container speak plain HTTP
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# --- E-mail -------------------------------------------------------------------------------------------------------------------

# Every mail is a row first (nothing waits on SMTP, nothing is lost); the sweep hands it to DELIVERY.
EMAIL_BACKEND = "crm.core.mail.OutgoingMailBackend"
EMAIL_URL = env.str("EMAIL_URL", default="")
MAIL_DELIVERY = (
    env.email_url_config(EMAIL_URL)
    if EMAIL_URL
    else {"EMAIL_BACKEND": "crm.core.mail.EmlFolderBackend", "EMAIL_FILE_PATH": str(TANDEM_HOME / "mail")}
)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Tandem <tandem@example.com>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
INBOUND_EMAIL_URL = env.str("INBOUND_EMAIL_URL", default="")
WEBHOOK_ALLOW = env.list("WEBHOOK_ALLOW", default=[])

# --- API ----------------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.KeyAuthentication",
        "accounts.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["crm.core.api.permissions.ActPermission"],
    "DEFAULT_THROTTLE_CLASSES": ["crm.core.api.throttles.CallerThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["crm.core.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "crm.core.api.pagination.CursorPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "crm.core.api.schema.TandemAutoSchema",
    "EXCEPTION_HANDLER": "crm.core.api.problems.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,  # the format is chosen by Accept alone
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
API_RATE_LIMIT = (env.int("API_RATE_LIMIT", default=600), 60)  # requests, seconds; per key or session
SPECTACULAR_SETTINGS = {
    "TITLE": "Tandem API",
    "DESCRIPTION": "Read and write what Tandem knows. Keys in `Authorization: Bearer …`; errors are RFC 9457 problem documents.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Closed lists that share a field's name need a name of their own.
    "ENUM_NAME_OVERRIDES": {
        "AbsenceKind": "accounts.models.Absence.Kind",
        "TeamKind": "accounts.models.Team.Kind",
        "Motion": "accounts.models.Motion",
        "CampaignKind": "leads.models.Campaign.Kind",
        "ConsentChannel": "leads.models.Consent.Channel",
        "ConsentState": "leads.models.Consent.State",
        "CustomFieldHolder": "leads.models.CustomField.Holder",
        "CustomFieldKind": "leads.models.CustomField.Kind",
        "DealState": "leads.models.Deal.State",
        "ForecastCategory": "leads.models.ForecastCategory",
        "LeadChannel": "leads.models.Lead.Channel",
        "LeadStatus": "leads.models.Lead.Status",
        "PhoneKind": "leads.models.Phone.Kind",
        "ReasonKind": "leads.models.Reason.Kind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crm.core.api.schema.add_problem_responses",
    ],
}

# --- Background work ------------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = embedded.broker_url(REDIS_URL)
# Commented one by one in config/celery.py, where they are applied.

# --- Logs -----------------------------------------------------------------------------------------------------------------------

LOG_FORMAT = env.str("LOG_FORMAT", default="json")
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = "crm.core.logs.configure"
LOGGING = {"format": LOG_FORMAT, "level": LOG_LEVEL}

SILENCED_SYSTEM_CHECKS: list[str] = []

# --- Keeping ----------------------------------------------------------------------------------------------------------------------

# Days after which journal entries are deleted; 0 keeps them for ever.
JOURNAL_DAYS = env.int("JOURNAL_DAYS", default=0)
