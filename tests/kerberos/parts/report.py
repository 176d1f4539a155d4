"""One line a check, and the counts at the end."""

import os
import subprocess
import sys

ALL_SKIPPED = 3
MARKS = {"ok": "passed", "FAIL": "failed", "skip": "skipped"}


class Report:
    """Counts checks. What is printed is the record: a nested run is counted by reading its lines."""

    def __init__(self):
        self.counts = dict.fromkeys(MARKS.values(), 0)
        self.stage = ""

    def _line(self, mark, text):
        self.counts[MARKS[mark]] += 1
        print(f"{mark:<4} {text}", flush=True)

    def check(self, name, passed, detail=""):
        text = f"{self.stage}: {name}"
        if passed:
            self._line("ok", text)
        else:
            detail = " | ".join(str(detail).strip().splitlines()[-6:])
            self._line("FAIL", f"{text}: {detail}" if detail else text)
        return passed

    def skip(self, why):
        """A stage that this machine cannot run."""
        self._line("skip", f"{self.stage}: {why}")

    def missing(self, why):
        """A stage for which a package is missing: a failure where KERBEROS_REQUIRED=1 says that all are there."""
        required = os.environ.get("KERBEROS_REQUIRED") == "1"
        self._line("FAIL" if required else "skip", f"{self.stage}: {why}")

    def nested(self, argv, env):
        """Runs the suite again in another process (a namespace) and takes its checks over."""
        process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True, errors="replace")
        seen = 0
        try:
            for line in process.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                mark = line.split(" ", 1)[0]
                if mark in MARKS:
                    self.counts[MARKS[mark]] += 1
                    seen += 1
        finally:
            # When we are stopped, it stops its servers before it ends.
            if process.poll() is None and sys.exc_info()[0] is not None:
                process.terminate()
            code = process.wait()
        # 1 only says that a check failed, which has been counted.
        if code not in (0, 1) or seen == 0:
            self.check("the stage ran to its end", False, f"exit code {code}, {seen} checks")

    def close(self):
        counts = self.counts
        print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
        if counts["failed"] == 0 and counts["passed"] == 0:
            return ALL_SKIPPED
        return 0 if counts["failed"] == 0 else 1
