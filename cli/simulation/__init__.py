"""The seeded simulation: the real hub among simulated channels, on a virtual clock.

What happens is drawn from a seed (``events``), done to the hub and its channels
(``shoppers``, ``staff``, ``trouble``) and judged by checkers of its own (``checks``).
"""
