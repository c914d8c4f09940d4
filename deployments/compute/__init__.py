"""Instances: any host with the agent, and local sandboxed ones."""
