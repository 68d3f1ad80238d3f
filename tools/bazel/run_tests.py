"""Runs `bazel test` in each configuration for tools/check, and says what came out of it.

Shown are progress, results, compilers' messages and the whole log of a failing test; hidden is what
Bazel says about itself. The closing line counts test targets over all configurations.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

# Name, options, tags left out. `once`: the same in every configuration; `full`: takes long.
ROUNDS = [
    ("plain", [], []),
    ("AddressSanitizer and UndefinedBehaviorSanitizer", ["--config=asan"], ["once"]),
]
ROUNDS_FULL = [("clang", ["--config=clang"], ["once"])]

OPTIONS = [
    "--curses=no",
    "--color=no",
    "--noshow_loading_progress",
    "--show_progress_rate_limit=10",
    "--keep_going",
    "--test_output=summary",
    "--test_summary=short",
]
# Bazel's talk about itself, and what is printed better from its report.
NOISE = re.compile(
    r"^(INFO|DEBUG|Loading|Analyzing|Starting local Bazel server|Use --sandbox_debug"
    r"|There were tests whose|Executed \d+ out of|FAILED: |ERROR: Build did NOT"
    r"|Killed non-responsive|\.\.\. still trying|  +/.*\.log$|$|.*BazelWorkspaceStatusAction)"
)
GOOD = ("PASSED", "FLAKY")


def run_bazel(options, report):
    """Runs it and passes on what is worth reading; its exit code."""
    command = ["bazel", "test", *OPTIONS, "--build_event_json_file=" + report, *options, "//..."]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout:
            if not NOISE.match(line):
                print(line, end="", flush=True)
    return process.returncode


def results(report):
    """{test: (status, [files with its log])} of the tests that were asked for."""
    tests = {}
    names = set()
    with open(report, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            event = json.loads(line)
            ran = event["id"].get("testSummary")
            built = event["id"].get("targetCompleted", {}).get("label")
            is_good = event.get("completed", {}).get("success")
            if "testSize" in event.get("configured", {}):
                names.add(event["id"]["targetConfigured"]["label"])
            elif built in names and not is_good:
                # Bazel has no summary of such a test, and one that comes all the same is later.
                tests[built] = ("FAILED TO BUILD", [])
            elif ran:
                summary = event.get("testSummary", {})
                links = [log["uri"] for log in summary.get("failed", [])]
                logs = [urllib.parse.unquote(urllib.parse.urlsplit(uri).path) for uri in links]
                tests[ran["label"]] = (summary.get("overallStatus", "NO STATUS"), logs)
    return tests


def show_log(label, path):
    """The whole of it, between two lines that say whose it is."""
    print("-- log of %s" % label)
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            for line in log:
                if not line.startswith("exec ${PAGER"):
                    print(line.rstrip("\n"))
    except OSError as error:
        print("(not readable: %s)" % error)
    print("-- end of the log of %s" % label, flush=True)


def run_round(name, options, report):
    """(passed, failed) of one configuration."""
    print("== %s" % name, flush=True)
    code = run_bazel(options, report)
    tests = results(report) if os.path.exists(report) else {}
    for label, (status, logs) in sorted(tests.items()):
        for path in logs:
            show_log(label, path)
        if status not in GOOD and not logs:
            print("-- %s did not run (%s); the reason is above" % (label, status))
    passed = sum(status in GOOD for status, _ in tests.values())
    failed = len(tests) - passed
    if code != 0 and failed == 0:
        # Something that no test needs, or Bazel itself: it counts like a failed test.
        print("-- the build failed; the reason is above (exit code %d of bazel)" % code)
        failed = 1
    return passed, failed


def main():
    """Exit code 0: all passed."""
    full = sys.argv[1:] == ["full"]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, options, without in ROUNDS + (ROUNDS_FULL if full else []):
            filters = ["-" + tag for tag in without]
            options = options + ["--build_tag_filters=" + ",".join(filters)]
            if not full:
                filters.append("-full")
            options.append("--test_tag_filters=" + ",".join(filters))
            counts = run_round(name, options, os.path.join(folder, name.replace(" ", "_")))
            passed += counts[0]
            failed += counts[1]
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
