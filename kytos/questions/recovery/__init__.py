"""Recovery: where the pods of failed nodes go, and which failure would hurt most."""
