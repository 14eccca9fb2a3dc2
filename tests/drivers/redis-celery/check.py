"""Celery: tasks and workers as applications have them, with Redis as broker (by way of kombu) and as result backend."""

import celery
import kombu
import redis

from checks import run_all

if __name__ == "__main__":
    versions = f"Celery {celery.__version__}, kombu {kombu.__version__}, redis-py {redis.__version__}"
    print(f"# {versions}", flush=True)
    run_all("queues", "with_kombu")
