#include "api/new_job_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace taskgate::api {
namespace {

using namespace std::chrono_literals;
using jobs::NewJob;

Result<NewJob> read(std::string_view text) {
  const auto value = parse_json(text);
  return read_new_job(value->get_object(), text);
}
std::string refused_field(std::string_view text) {
  const auto job = read(text);
  return job ? "" : job.error().fields.at(0).field;
}

TEST(NewJobJson, ReadsEveryMember) {
  const auto job = read(
      R"({"type":"mail","data":{"n":12345678901234567890123},"priority":1.5,"maxRetries":2,"runAt":"2026-01-01T00:00:00Z",
    "queue":"billing","tags":["a","b"],"timeoutMs":1000,"ttlMs":2000,"retryUntil":"2026-01-02T00:00:00+01:00","dependsOn":["000000000000000a"],
    "onDependencyFailure":"wait","uniqueKey":"k","uniquePolicy":"replace","uniqueFor":"pending","uniqueForMs":3000})");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->type, "mail");
  EXPECT_EQ(job->data, R"({"n":12345678901234567890123})");
  EXPECT_TRUE(job->data_is_json);
  EXPECT_EQ(job->priority, 1.5);
  EXPECT_EQ(job->max_retries, 2);
  EXPECT_EQ(job->run_at, from_iso8601("2026-01-01T00:00:00Z"));
  EXPECT_EQ(job->queue, "billing");
  EXPECT_EQ(job->tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(job->timeout, 1s);
  EXPECT_EQ(job->ttl, 2s);
  EXPECT_EQ(job->retry_until, from_iso8601("2026-01-01T23:00:00Z"));
  EXPECT_EQ(job->depends_on, std::vector<JobId>{JobId{10}});
  EXPECT_EQ(job->on_dependency_failure, jobs::OnDependencyFailure::wait);
  ASSERT_TRUE(job->unique);
  EXPECT_EQ(job->unique->key, "k");
  EXPECT_EQ(job->unique->policy, jobs::UniquePolicy::replace);
  EXPECT_EQ(job->unique->hold, jobs::UniqueFor::pending);
  EXPECT_EQ(job->unique->window, 3s);
}

TEST(NewJobJson, TakesAbsentAndNullAsNotGivenButNullAsData) {
  const auto job =
      read(R"({"type":"mail","data":null,"runAt":null,"tags":null,"backoff":null,"uniqueKey":null,"unknown":1})");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->data, "null");
  EXPECT_FALSE(job->run_at || job->backoff || job->unique);
  EXPECT_EQ(read("{}")->data, "{}");
}

TEST(NewJobJson, HoldsAKeyOnlyWhenOneIsNamed) { EXPECT_FALSE(read(R"({"uniquePolicy":"reject"})")->unique); }

TEST(NewJobJson, ReadsTheThreeKindsOfBackoff) {
  const auto fixed = read(R"({"backoff":{"type":"fixed","delayMs":7200000}})")->backoff.value();
  EXPECT_EQ(fixed, (jobs::BackoffPolicy{2h, 1, 2h, 0, {}}));
  const auto exponential =
      read(R"({"backoff":{"type":"exponential","delayMs":10,"factor":3,"maxMs":500,"jitter":0.5}})")->backoff.value();
  EXPECT_EQ(exponential, (jobs::BackoffPolicy{10ms, 3, 500ms, 0.5, {}}));
  EXPECT_EQ(read(R"({"backoff":{"type":"exponential"}})")->backoff, jobs::BackoffPolicy{});
  const auto list = read(R"({"backoff":{"type":"list","delaysMs":[1,20]}})")->backoff.value();
  EXPECT_EQ(list.delays, (std::vector<std::chrono::milliseconds>{1ms, 20ms}));
  EXPECT_EQ(jobs::backoff_delay(list, 5, 0.9), 20ms);
}

TEST(NewJobJson, NamesTheMemberThatIsOfTheWrongType) {
  EXPECT_EQ(refused_field(R"({"type":1})"), "type");
  EXPECT_EQ(refused_field(R"({"priority":"1"})"), "priority");
  EXPECT_EQ(refused_field(R"({"delayMs":1.5})"), "delayMs");
  EXPECT_EQ(refused_field(R"({"runAt":"soon"})"), "runAt");
  EXPECT_EQ(refused_field(R"({"tags":["a",1]})"), "tags");
  EXPECT_EQ(refused_field(R"({"dependsOn":["xyz"]})"), "dependsOn");
  EXPECT_EQ(refused_field(R"({"backoff":[]})"), "backoff");
  EXPECT_EQ(refused_field(R"({"backoff":{"type":"sometimes"}})"), "backoff.type");
  EXPECT_EQ(refused_field(R"({"backoff":{"type":"list","delaysMs":[]}})"), "backoff.delaysMs");
  EXPECT_EQ(refused_field(R"({"uniquePolicy":"maybe"})"), "uniquePolicy");
  const auto both = read(R"({"type":1,"ttlMs":"x"})");
  EXPECT_EQ(both.error().fields.size(), 2U);
  EXPECT_THAT(read(R"({"onDependencyFailure":"x"})").error().fields.at(0).message,
              ::testing::HasSubstr("fail or wait"));
}

TEST(NewJobJson, KeepsNumbersBeyondAllLimitsBeyondThem) {
  EXPECT_GT(read(R"({"delayMs":9223372036854775807})")->delay.value(), 10'000h * 24);
  EXPECT_LT(read(R"({"ttlMs":-9223372036854775808})")->ttl.value(), 0ms);
  EXPECT_EQ(read(R"({"maxRetries":4294967296})")->max_retries, 1'000'000);
}

TEST(JobChangeJson, NeedsPriorityOrTime) {
  const auto change = [](std::string_view text) { return read_job_change(parse_json(text)->get_object()); };
  EXPECT_EQ(change(R"({"priority":4})")->priority, 4);
  EXPECT_EQ(change(R"({"runAt":"2026-01-01T00:00:00Z"})")->run_at, from_iso8601("2026-01-01T00:00:00Z"));
  EXPECT_EQ(change(R"({"runAt":null})")->run_at, Time{});
  EXPECT_EQ(change(R"({"status":"completed"})").error().reason, "validation_failed");
  EXPECT_EQ(change(R"({"priority":null})").error().fields.at(0).field, "priority");
}

}  // namespace
}  // namespace taskgate::api
