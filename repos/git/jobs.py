"""The sweeps that keep records and references in step and the repositories in shape."""

# Beat ticks these; each is cheap when nothing is due.
SWEEPS = {
    "git.settle_pushes": 10,
    "git.reconcile": 60,
    "git.housekeeping": 60,
}
