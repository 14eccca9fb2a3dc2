"""redis-py: what an application may do with it, in RESP3 and RESP2, with its own parser and hiredis', and in asyncio."""

import hiredis
import redis

from checks import run_all

if __name__ == "__main__":
    print(f"# redis-py {redis.__version__}, hiredis {hiredis.__version__}", flush=True)
    run_all("logins", "commands", "transactions", "waiting", "sessions", "load", "with_asyncio")
