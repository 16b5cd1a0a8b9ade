"""``make bench``: figures beside their floors, measured in one run."""
