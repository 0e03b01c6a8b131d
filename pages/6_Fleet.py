"""Fleet: which nodes this cluster should have."""

# Workers import the main module again under another name (see kytos.jobs): keep them out.
if __name__ == "__main__":
    from kytos.ui.pages.fleet import show

    show()
