"""How long each kind of data is kept, the nightly run that erases and proves it, and erasing one person."""
