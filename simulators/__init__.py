"""Honest fake channel servers, with faults, for tests and the demo.

They share no code with what they test and keep their own books: they, not the hub, say
what was sold, what was shown and what was oversold. Not for production.
"""
