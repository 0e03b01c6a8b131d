"""Compare: the same problem through several solvers, and what can be gained against moves."""

# Workers import the main module again under another name (see kytos.jobs): keep them out.
if __name__ == "__main__":
    from kytos.ui.pages.compare import show

    show()
