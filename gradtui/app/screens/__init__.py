"""One file a screen. `main` and `detail` show views and share the lab's keys; the others are modal."""
