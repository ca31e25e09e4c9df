"""How a command tells a person what happens: progress, tables, failures, notifications."""
