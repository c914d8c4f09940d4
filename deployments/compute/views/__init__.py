"""What hosts fetch before they have a token: the installer and the agent."""
