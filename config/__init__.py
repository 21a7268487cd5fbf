"""Settings: the model, reading it from a file and the environment, the secret key.

The lowest package: it knows none of the others, and re-exports nothing.
"""
