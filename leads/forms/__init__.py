"""Forms of the settings pages of this app."""
