"""What must outlive the process: the durable engine, the tables and the journal over them."""
