"""Pure decisions of identity: policies in, an answer with its reason out."""
