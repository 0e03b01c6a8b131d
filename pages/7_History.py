"""History: what was asked before, opened again or put side by side."""

# Workers import the main module again under another name (see kytos.jobs): keep them out.
if __name__ == "__main__":
    from kytos.ui.pages.history import show

    show()
