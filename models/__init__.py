"""Nouns, rules and facts: tables, the ticket's life cycle, the event log and the one writer."""
