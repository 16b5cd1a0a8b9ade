"""The API of this app: a module per kind of record, each with what it shows, what it takes and its verbs."""
