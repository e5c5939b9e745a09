#include "jobs/job_terms.h"

#include <gtest/gtest.h>

namespace taskgate::jobs {
namespace {

using namespace std::chrono_literals;

TEST(JobTerms, SurviveBeingWrittenAndRead) {
  JobTerms terms;
  terms.timeout = 90s;
  terms.expires_at = Time(1'767'225'600'123ms);
  terms.retry_until = Time(1'767'225'700'456ms);
  terms.backoff = BackoffPolicy{2s, 1.5, 10min, 0.0, {1s, 5s, 30s}};
  terms.unique_key = "invoice \"7\" é";
  terms.unique_for = UniqueFor::window;
  terms.unique_until = Time(1'767'225'800'789ms);
  terms.depends_on = {JobId{0x0193aabbccddeeff}, JobId{1}};
  terms.on_dependency_failure = OnDependencyFailure::wait;
  terms.schedule_id = "nightly";
  terms.parent_id = JobId{42};
  terms.webhook_url = "https://example.com/hook";
  const auto read = parse_job_terms(to_json(terms));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, terms);
}

TEST(JobTerms, KeepForHowLongAUniqueKeyIsHeld) {
  for (const auto hold : {UniqueFor::live, UniqueFor::pending}) {
    JobTerms terms;
    terms.unique_key = "nightly";
    terms.unique_for = hold;
    EXPECT_EQ(*parse_job_terms(to_json(terms)), terms);
  }
}

TEST(JobTerms, AreEmptyForMostJobs) {
  EXPECT_TRUE(JobTerms{}.empty());
  EXPECT_EQ(to_json(JobTerms{}), "{}");
  EXPECT_EQ(*parse_job_terms("{}"), JobTerms{});
}

TEST(JobTerms, RefuseWhatTheyDidNotWrite) {
  for (const auto* text :
       {"", "[]", "{\"timeoutMs\":\"1\"}", "{\"dependsOn\":[\"x\"]}", "{\"backoff\":1}", "{\"parentId\":\"zz\"}"}) {
    EXPECT_FALSE(parse_job_terms(text)) << text;
  }
}

}  // namespace
}  // namespace taskgate::jobs
