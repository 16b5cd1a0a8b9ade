"""Composition: settings, urls, the API table, the Celery app, base templates, the launcher."""
