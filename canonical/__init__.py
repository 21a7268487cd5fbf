"""The channel-neutral model: orders, listings, stock, conflicts, money, errors.

Nouns only. Nothing here reads a clock, opens a socket or knows a channel's JSON.
"""
