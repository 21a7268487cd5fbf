"""The decisions, pure: facts in, plans out.

No clock, no randomness, no database, no network: all that a decision needs is an
argument, and what it wants done is its result.
"""
