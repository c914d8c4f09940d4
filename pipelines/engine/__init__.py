"""Pure decisions of pipelines: definitions, variables, plans."""
