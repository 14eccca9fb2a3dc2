"""RQ: queues and workers as applications have them. A worker forks for each job and waits in BLPOP or BLMOVE."""

import redis
import rq

from checks import run_all

if __name__ == "__main__":
    print(f"# RQ {rq.VERSION}, redis-py {redis.__version__}", flush=True)
    run_all("queues")
