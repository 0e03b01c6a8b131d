"""Rebalance: which running pods to move, and where."""

# Workers import the main module again under another name (see kytos.jobs): keep them out.
if __name__ == "__main__":
    from kytos.ui.pages.rebalance import show

    show()
