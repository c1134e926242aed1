"""The commands of `ssldiff`, one module each; a module imports what is heavy when it runs."""
