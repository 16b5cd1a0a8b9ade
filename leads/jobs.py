"""The sweeps and jobs of this app, imported once by its ``ready``."""

from leads.services import finding, incoming_mail, scoring, scoring_models  # noqa: F401 (registers on import)
