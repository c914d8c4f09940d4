"""The build's outside: its shell, its folder, its artifacts."""
