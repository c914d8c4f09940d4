"""The shell around every page: navigation, components, palette, home."""
