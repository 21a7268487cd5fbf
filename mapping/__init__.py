"""Translating: a channel's JSON into the canonical model, and listings into SKUs.

Pure: payloads and rules in, models and proposals out. What a mapping rule leads to is
decided and recorded in ``sync``.
"""
