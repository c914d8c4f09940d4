"""What the trail touches outside of the database: its spool files."""
