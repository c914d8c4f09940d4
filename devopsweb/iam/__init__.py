"""Users, groups, roles, policies, credentials, and the one question that all ask: authorize."""
