"""What the driver tests need around a driver: PostgreSQL, Forebay, and the driver's own toolchain."""
