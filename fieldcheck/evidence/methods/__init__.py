"""One file a method: each looks at a statement in its own way and reports what it found."""
