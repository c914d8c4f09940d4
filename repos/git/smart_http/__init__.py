"""Git over HTTP: both ways as streams, in bounded memory."""
