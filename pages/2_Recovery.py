"""Recovery: where the pods of failed nodes go."""

# Workers import the main module again under another name (see kytos.jobs): keep them out.
if __name__ == "__main__":
    from kytos.ui.pages.recovery import show

    show()
