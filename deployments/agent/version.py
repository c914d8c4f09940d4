"""The agent's version, as the server shows it."""

VERSION = "1.0.0"
