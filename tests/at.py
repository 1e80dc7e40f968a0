"""Runs a module as if it were another moment; the clock goes on from there: `at.py 2026-11-20T17:00+01:00 module …`."""

import os
import runpy
import sys
from datetime import datetime

import time_machine

if __name__ == "__main__":
    moment, module, *rest = sys.argv[1:]
    sys.path[0] = os.getcwd()
    sys.argv = [module, *rest]
    with time_machine.travel(datetime.fromisoformat(moment), tick=True):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
