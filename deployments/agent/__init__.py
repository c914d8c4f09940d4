"""The agent: runs on every host, asks the server for work, and needs Python 3.9 and nothing else.

It is built into one file, ``agent.pyz``. Imports are relative and stay inside this package and
the standard library.
"""
