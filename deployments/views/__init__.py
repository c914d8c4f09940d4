"""Pages: parse, access, one action or query, render."""
