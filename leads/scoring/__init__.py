"""Scoring as pure computation: tables in, scorecards and measures out. Knows no database and no Django model.

``table`` reads any file into columns; ``encoding`` turns columns into small whole numbers; ``training`` learns a
``Scorecard`` from them (the only module that imports scikit-learn, inside its functions); ``card`` applies one with
numpy alone and explains every score; ``measures`` and ``trial`` say how good it is on later rows; ``rules`` is the
scoring that people write themselves.
"""
