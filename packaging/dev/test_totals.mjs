// Part of ./dev: adds up test reports. Reads GoogleTest, vitest, Playwright and unittest reports in JSON, told apart by their shape.
//
//   node test_totals.mjs FOLDER               prints "passed failed skipped", then the name of each failed test, one a line
//   node test_totals.mjs --has-failures FILE  exit code 0 when that report shows a failed test, 1 when not or when there is none
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

function googletest(report) {
  const tests = report.testsuites.flatMap((suite) => suite.testsuite);
  const ran = tests.filter((test) => test.status === "RUN" && test.result !== "SKIPPED");
  const failed = ran.filter((test) => test.failures?.length > 0);
  return {
    passed: ran.length - failed.length,
    skipped: tests.length - ran.length,
    failed: failed.map((test) => `${test.classname}.${test.name}`),
  };
}

function vitest(report) {
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  // A file that could not be loaded has no tests, but has failed.
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  return {
    passed: tests.filter((test) => test.status === "passed").length,
    skipped: tests.filter((test) => !["passed", "failed"].includes(test.status)).length,
    failed: [
      ...tests.filter((test) => test.status === "failed").map((test) => test.fullName),
      ...broken.map((file) => `${file.name}: ${firstLine(file.message)}`),
    ],
  };
}

function playwright(report) {
  const specs = (suite) => [...(suite.specs ?? []), ...(suite.suites ?? []).flatMap(specs)];
  const tests = report.suites.flatMap(specs).flatMap((spec) => spec.tests.map((test) => ({ title: spec.title, status: test.status })));
  return {
    passed: tests.filter((test) => test.status === "expected" || test.status === "flaky").length,
    skipped: tests.filter((test) => test.status === "skipped").length,
    failed: [
      ...tests.filter((test) => test.status === "unexpected").map((test) => test.title),
      ...(report.errors ?? []).map((error) => firstLine(error.message)),
    ],
  };
}

// As unittest_report.py writes them.
function unittest(report) {
  return { passed: report.unittest.passed, skipped: report.unittest.skipped, failed: report.unittest.failed };
}

function check(report) {
  return { passed: report.ok ? 1 : 0, skipped: 0, failed: report.ok ? [] : [report.check] };
}

function firstLine(text) {
  return String(text ?? "").split("\n")[0];
}

function totals(path) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  if (report.testsuites) return googletest(report);
  if (report.testResults) return vitest(report);
  if (report.suites) return playwright(report);
  if (report.unittest) return unittest(report);
  if (report.check) return check(report);
  throw new Error(`${path} is not a report of GoogleTest, vitest, Playwright or unittest`);
}

// A report that cannot be read, because its program died while writing, is a failure with a name.
function totals_or_failure(path) {
  try {
    return totals(path);
  } catch (error) {
    return { passed: 0, skipped: 0, failed: [`${path}: ${error.message}`] };
  }
}

const [first, second] = process.argv.slice(2);
if (first === "--has-failures") {
  try {
    process.exitCode = totals(second).failed.length > 0 ? 0 : 1;
  } catch {
    process.exitCode = 1;
  }
} else {
  const reports = readdirSync(first)
    .filter((name) => name.endsWith(".json"))
    .map((name) => totals_or_failure(join(first, name)));
  const sum = (count) => reports.reduce((total, report) => total + count(report), 0);
  const failed = reports.flatMap((report) => report.failed);
  console.log(sum((report) => report.passed), failed.length, sum((report) => report.skipped));
  for (const name of failed) console.log(name.replace(/\s+/g, " "));
}
