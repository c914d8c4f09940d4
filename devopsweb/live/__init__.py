"""Topics over Channels: this changed, authorised per subscription."""
