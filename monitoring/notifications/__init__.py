"""E-mail and other deliveries to people."""
