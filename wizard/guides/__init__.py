"""One module or folder per guide: its steps, its facts and its plan. Guides of other distributions join by entry point."""
