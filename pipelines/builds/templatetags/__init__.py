"""Template words of builds."""
