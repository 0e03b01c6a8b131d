"""Autoscale: replicas per service from request rates."""

# Workers import the main module again under another name (see kytos.jobs): keep them out.
if __name__ == "__main__":
    from kytos.ui.pages.autoscale import show

    show()
