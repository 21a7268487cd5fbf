"""Crossdock: keeps every sales channel of a merchant in step.

The folders beside this file are its packages; they install as ``crossdock.canonical``,
``crossdock.connectors`` and so on. This module holds the version and nothing else.
"""

__version__ = "0.1.0"
