"""Pure decisions of builds: the buildspec, its globs, and which phase comes next."""
