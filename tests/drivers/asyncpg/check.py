"""asyncpg: what an application may do with it, done through a pool of two server connections.

It implements the protocol itself, in binary formats throughout, and names statements behind the user's back.
"""

import asyncpg
from checks import run_all

if __name__ == "__main__":
    print(f"# asyncpg {asyncpg.__version__}", flush=True)
    run_all("logins", "statements", "data", "transactions", "sessions")
