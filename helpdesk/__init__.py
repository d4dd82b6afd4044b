"""The front door: the `helpdesk` command, embedded services, demo data."""

import os

# Read by numpy's BLAS when it is loaded. Vectors are short: a thread for each core makes a search 30 times slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
