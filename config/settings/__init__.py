"""Settings of Tandem: ``base`` for every process, ``test`` for the suite. See ``docs/settings.md`` for the variables."""
