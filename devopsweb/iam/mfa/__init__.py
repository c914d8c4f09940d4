"""The second factor: codes of an authenticator program, and codes on paper for when it is lost."""
