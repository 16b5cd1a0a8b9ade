"""Pages of the settings of this app."""
