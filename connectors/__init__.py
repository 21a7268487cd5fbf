"""Talking to channels: the SDK, the one HTTP transport, and a folder per channel kind.

Connectors decide nothing and remember nothing. Import what you need from the module
that holds it; this package re-exports nothing, so that pure code never drags HTTP in.
"""
