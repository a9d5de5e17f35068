"""The commands, one function each: what the command line says in, an exit code out."""
