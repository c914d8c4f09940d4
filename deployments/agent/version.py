"""The agent's version; the server shows it and offers a newer one."""

VERSION = "1.0.0"
