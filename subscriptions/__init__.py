"""The feed: the log as clients see it, live and from any point of the last weeks."""
