"""Demo: three stories that run on click and end at a handout."""

# Workers import the main module again under another name (see kytos.jobs): keep them out.
if __name__ == "__main__":
    from kytos.ui.pages.demo import show

    show()
