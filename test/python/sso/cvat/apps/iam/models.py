"""None of its own. Without this file Django does not tell the app that the tables are there."""
