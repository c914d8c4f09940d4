"""Pipelines, executions, approvals.

Nouns: a Pipeline keeps every PipelineVersion of its definition; a PipelineExecution runs one
version through its stages (StageExecution), whose actions (ActionExecution) are carried out by
providers. Verbs: release, stop, retry, approve, hold a transition. Main flow: something starts an
execution, ``actions.advance`` loads a snapshot, ``engine.plan`` decides, guarded moves apply it,
providers do the work and report back, until the execution is over.
"""
