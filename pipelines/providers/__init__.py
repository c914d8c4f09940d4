"""Action types: who carries out the actions of pipelines."""
