"""Git repositories and what is kept beside them."""
