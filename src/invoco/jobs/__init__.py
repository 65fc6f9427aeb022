"""The Jobs port twice: in this process for one machine, and by procrastinate on PostgreSQL for many."""
