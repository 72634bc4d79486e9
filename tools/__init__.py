"""What the maintainers' commands are made of; the lessons need none of it."""
