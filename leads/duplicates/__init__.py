"""Finding records that are the same company or person: pure functions over plain records, and what is stored of them.

``records`` (the plain record and its normal forms), ``blocking`` (which pairs are worth a look), ``comparing`` (how alike
they are, field by field), ``weights`` (what that is worth as evidence) and ``matching`` (pairs with reasons) know no
database; ``stored`` keeps blocking keys in Postgres and asks the same engine about the few rows that share them.
"""
