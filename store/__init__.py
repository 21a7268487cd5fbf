"""What the hub remembers: the only place that knows SQL.

One module per aggregate, each a handful of functions over a transaction's connection.
Nothing here decides anything; ``sync`` loads, decides and records.
"""
