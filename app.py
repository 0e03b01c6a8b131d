"""The cluster: choose a sample or upload your own, and look at it."""

# Workers import the main module again under another name (see kytos.jobs): keep them out.
if __name__ == "__main__":
    from kytos.ui.pages.cluster import show

    show()
