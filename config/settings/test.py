"""What the suite changes: speed where it proves nothing, and no waiting on limits."""

from config.settings.base import *  # noqa: F403
from config.settings.base import ACCOUNT_RATE_LIMITS, CACHES, MIDDLEWARE

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
CELERY_TASK_ALWAYS_EAGER = False
WHITENOISE_AUTOREFRESH = True
CACHES["fast"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}

# Named in the tests that need them; importing them here keeps linters honest about the star import.
__all__ = [name for name in dir() if name.isupper()]
_ = (ACCOUNT_RATE_LIMITS, MIDDLEWARE)
