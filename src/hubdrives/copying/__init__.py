"""Plain copies of files and folders, to a provider and from one: nothing is merged, nothing is remembered."""
