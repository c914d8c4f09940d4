"""The door for AWS clients."""
