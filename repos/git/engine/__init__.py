"""Pure decisions about names, references, protocol lines, diffs and text."""
