"""Part of ./dev: runs the unit tests of a folder and writes a report in JSON: unittest_report.py FOLDER REPORT"""

import json
import os
import sys
import unittest


class CountingResult(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    folder, report = sys.argv[1], os.path.abspath(sys.argv[2])
    path = os.environ.get("PYTHONPATH")  # given from where ./dev is, read by programs that tests start elsewhere
    if path:
        os.environ["PYTHONPATH"] = os.path.abspath(path)
    os.chdir(folder)
    sys.path[:0] = [os.getcwd()]
    suite = unittest.defaultTestLoader.discover(".")
    result = unittest.TextTestRunner(verbosity=2, resultclass=CountingResult).run(suite)
    # A subtest's failure is shown once for its test.
    failed = sorted({str(test.id()).split(" ")[0] for test, _ in result.failures + result.errors} | {test.id() for test in result.unexpectedSuccesses})
    counts = {"passed": result.passed, "skipped": len(result.skipped), "failed": failed}
    with open(report, "w", encoding="utf-8") as file:
        json.dump({"unittest": counts}, file)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
