"""The front door: the `helpdesk` command, embedded services, demo data."""
