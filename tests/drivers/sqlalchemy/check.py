"""SQLAlchemy over psycopg (threads) and over asyncpg (asyncio), each through two server connections.

No URL option turns anything off for the pooler's sake: prepared statements and the drivers' caches stay on.
"""

import sqlalchemy
from checks import run_all

if __name__ == "__main__":
    print(f"# SQLAlchemy {sqlalchemy.__version__}", flush=True)
    run_all("over_psycopg", "over_asyncpg")
