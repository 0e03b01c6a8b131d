"""What belongs to one browser session: its cluster, its runs, its login, its frame."""
