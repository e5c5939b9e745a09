#include "jobs/new_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace taskgate::jobs {
namespace {

using namespace std::chrono_literals;
const Time now{1'767'225'600'000ms};
constexpr std::chrono::milliseconds year = 365 * 24h;
const UserId ann{{1}};

NewJob mail() {
  NewJob job;
  job.type = "mail";
  return job;
}

class NewJobTest : public ::testing::Test {
 protected:
  Result<Submission> make(NewJob job) { return make_submission(ann, std::move(job), {}, ids, now); }
  Job made(NewJob job) { return make(std::move(job)).value().job; }
  // The field that is refused; empty when the job is accepted.
  std::string refused_field(NewJob job) {
    const auto submission = make(std::move(job));
    if (submission) return "";
    EXPECT_EQ(submission.error().reason, "validation_failed");
    return submission.error().fields.at(0).field;
  }
  IdGenerator ids;
};

TEST_F(NewJobTest, HasNoTermsUnlessTheyAreGiven) {
  const Job job = made(mail());
  EXPECT_TRUE(job.terms.empty());
  EXPECT_EQ(job.queue, "default");
  EXPECT_EQ(job.run_at, std::nullopt);
}

TEST_F(NewJobTest, HasNoTypeOfTheServersOwn) {
  for (const char* type : {"taskgate.mail", "Taskgate.mail", " TASKGATE.anything"}) {
    NewJob job = mail();
    job.type = type;
    EXPECT_EQ(refused_field(job), "type") << type;
  }
  for (const char* type : {"taskgate", "taskgates.mail", "my taskgate.mail", "task"}) {
    NewJob job = mail();
    job.type = type;
    EXPECT_EQ(refused_field(job), "") << type;
  }
}

TEST_F(NewJobTest, BecomesTheTermsOfTheJob) {
  NewJob job = mail();
  job.queue = "billing";
  job.tags = {"q3", "ü"};
  job.timeout = 90s;
  job.ttl = 1h;
  job.retry_until = now + 2h;
  job.backoff = BackoffPolicy{5s, 1, 5s, 0, {}};
  job.unique = UniqueKeyRequest{"invoice 7", UniquePolicy::replace, UniqueFor::pending, std::nullopt};
  job.depends_on = {JobId{9}, JobId{3}, JobId{9}};
  job.on_dependency_failure = OnDependencyFailure::wait;
  const Submission submission = make(job).value();
  const Job& made = submission.job;
  EXPECT_EQ(made.queue, "billing");
  EXPECT_EQ(made.tags, job.tags);
  EXPECT_EQ(made.terms.timeout, 90s);
  EXPECT_EQ(made.terms.expires_at, now + 1h);
  EXPECT_EQ(made.terms.retry_until, now + 2h);
  EXPECT_EQ(made.terms.backoff, job.backoff);
  EXPECT_EQ(made.terms.unique_key, "invoice 7");
  EXPECT_EQ(made.terms.unique_for, UniqueFor::pending);
  EXPECT_EQ(submission.on_duplicate, UniquePolicy::replace);
  EXPECT_EQ(made.terms.depends_on, (std::vector<JobId>{JobId{3}, JobId{9}}));
  EXPECT_EQ(made.terms.on_dependency_failure, OnDependencyFailure::wait);
}

TEST_F(NewJobTest, MayHoldItsKeyForAWindow) {
  NewJob job = mail();
  job.unique = UniqueKeyRequest{"k", UniquePolicy::reject, UniqueFor::pending, 10min};
  const Job kept = made(job);
  EXPECT_EQ(kept.terms.unique_for, UniqueFor::window);
  EXPECT_EQ(kept.terms.unique_until, now + 10min);
}

TEST_F(NewJobTest, RunsAtOnceWhenItsTimeHasPassed) {
  NewJob job = mail();
  job.run_at = now - 1h;
  EXPECT_EQ(made(job).run_at, std::nullopt);
  job.run_at = now + 1h;
  EXPECT_EQ(made(job).run_at, now + 1h);
}

TEST_F(NewJobTest, RefusesTimesOutOfRange) {
  const auto with = [](auto change) {
    NewJob job = mail();
    change(job);
    return job;
  };
  EXPECT_EQ(refused_field(with([](NewJob& job) { job.run_at = now + year + 1ms; })), "runAt");
  EXPECT_EQ(refused_field(with([](NewJob& job) { job.run_at = now + year; })), "");
  EXPECT_EQ(refused_field(with([](NewJob& job) { job.run_at = now + 1s, job.delay = 1s; })), "runAt");
  EXPECT_EQ(refused_field(with([](NewJob& job) { job.timeout = 0ms; })), "timeoutMs");
  EXPECT_EQ(refused_field(with([](NewJob& job) { job.timeout = 7 * 24h + 1ms; })), "timeoutMs");
  EXPECT_EQ(refused_field(with([](NewJob& job) { job.timeout = 7 * 24h; })), "");
  EXPECT_EQ(refused_field(with([](NewJob& job) { job.ttl = 0ms; })), "ttlMs");
  EXPECT_EQ(refused_field(with([](NewJob& job) { job.ttl = year + 1ms; })), "ttlMs");
  EXPECT_EQ(refused_field(with([](NewJob& job) { job.retry_until = now + year + 1ms; })), "retryUntil");
}

TEST_F(NewJobTest, RefusesNamesThatAreTooLongOrNotPrintable) {
  NewJob job = mail();
  for (const auto& queue : {std::string(), std::string(65, 'q'), std::string("a\nb"), std::string("\xff")}) {
    job.queue = queue;
    EXPECT_EQ(refused_field(job), "queue") << queue;
  }
  std::string umlauts;
  for (int i = 0; i < 64; ++i) umlauts += "ü";
  job.queue = umlauts;
  EXPECT_EQ(refused_field(job), "");
  job.tags = std::vector<std::string>(17, "t");
  EXPECT_EQ(refused_field(job), "tags");
  job.tags = {std::string(65, 't')};
  EXPECT_EQ(refused_field(job), "tags");
  job.tags = {""};
  EXPECT_EQ(refused_field(job), "tags");
  job.tags = std::vector<std::string>(16, umlauts);
  EXPECT_EQ(refused_field(job), "");
  job.unique = UniqueKeyRequest{std::string(257, 'k')};
  EXPECT_EQ(refused_field(job), "uniqueKey");
  job.unique = UniqueKeyRequest{""};
  EXPECT_EQ(refused_field(job), "uniqueKey");
  job.unique = UniqueKeyRequest{"k", UniquePolicy::reject, UniqueFor::live, 0ms};
  EXPECT_EQ(refused_field(job), "uniqueForMs");
}

TEST_F(NewJobTest, RefusesBackoffThatMakesNoSense) {
  const auto refused = [this](BackoffPolicy backoff) {
    NewJob job = mail();
    job.backoff = std::move(backoff);
    return refused_field(job);
  };
  EXPECT_EQ(refused({-1ms, 2, 1h, 0.2, {}}), "backoff.delayMs");
  EXPECT_EQ(refused({1s, 0.5, 1h, 0.2, {}}), "backoff.factor");
  EXPECT_EQ(refused({1s, 101, 1h, 0.2, {}}), "backoff.factor");
  EXPECT_EQ(refused({1s, 2, 366 * 24h, 0.2, {}}), "backoff.maxMs");
  EXPECT_EQ(refused({1s, 2, 1h, 1.5, {}}), "backoff.jitter");
  EXPECT_EQ(refused({1s, 2, 1h, 0, {1s, -1s}}), "backoff.delaysMs");
  EXPECT_EQ(refused({1s, 2, 1h, 0, std::vector<std::chrono::milliseconds>(101, 1s)}), "backoff.delaysMs");
  EXPECT_EQ(refused({1s, 1, 1h, 0, {1s, 5s}}), "");
}

TEST_F(NewJobTest, RefusesMoreThanAHundredDependencies) {
  NewJob job = mail();
  for (std::uint64_t id = 1; id <= 101; ++id) job.depends_on.push_back(JobId{id});
  EXPECT_EQ(refused_field(job), "dependsOn");
  job.depends_on.pop_back();
  EXPECT_EQ(refused_field(job), "");
}

TEST_F(NewJobTest, TrustsWhoeverHasParsedTheDataAlready) {
  NewJob job = mail();
  job.data = "{";
  EXPECT_EQ(refused_field(job), "data");
  job.data_is_json = true;
  EXPECT_EQ(refused_field(job), "");
  job.data = std::string(256 * 1024 + 1, ' ');
  EXPECT_EQ(refused_field(job), "data");
}

}  // namespace
}  // namespace taskgate::jobs
