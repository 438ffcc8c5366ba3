"""SQL databases through SQLAlchemy Core: engines, transactions, and foreign errors made ours."""
