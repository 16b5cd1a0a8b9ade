"""One command runs Tandem: set-up, embedded PostgreSQL and Valkey, supervision.

Everything here except ``application`` and ``checks`` is standard library only, for Python 3.11 and later: it runs
before anything is installed, and the settings read the addresses of the embedded services from it.
"""
