"""How values are written where Django writes them, such as in the admin panel."""
