#include "jobs/job_filter.h"

#include <gtest/gtest.h>

#include "base/job_id_time.h"

namespace taskgate::jobs {
namespace {

using namespace std::chrono_literals;

constexpr Time noon{1'767'225'600'000ms};

Job make_job() {
  Job job;
  job.id = JobId{first_job_id_at(noon).value + 77};
  job.type = "Send invoice";
  job.status = JobStatus::failed;
  job.error = "Mailbox FULL";
  job.tags = {"customer-42", "Süd"};
  job.queue = "slow";
  return job;
}

TEST(JobFilter, LeavesOutNothingUnlessAsked) { EXPECT_TRUE(matches({}, make_job())); }

TEST(JobFilter, AsksForEveryPartAtOnce) {
  JobFilter filter{
      {JobStatus::failed, JobStatus::cancelled}, "Send invoice", "full", "customer-42", "slow", noon, noon + 1ms};
  EXPECT_TRUE(matches(filter, make_job()));
  for (const auto& spoil : std::vector<void (*)(JobFilter&)>{
           [](JobFilter& f) { f.statuses = JobStatus::completed; }, [](JobFilter& f) { f.type = "Send"; },
           [](JobFilter& f) { f.text = "empty"; }, [](JobFilter& f) { f.tag = "customer-4"; },
           [](JobFilter& f) { f.queue = "default"; }, [](JobFilter& f) { f.created_from = noon + 1ms; },
           [](JobFilter& f) { f.created_before = noon; }}) {
    JobFilter spoilt = filter;
    spoil(spoilt);
    EXPECT_FALSE(matches(spoilt, make_job()));
  }
}

TEST(JobFilter, SearchesTypeTagsAndErrorWithoutCase) {
  for (const char* text : {"INVOICE", "mailbox f", "CUSTOMER-4", "süd", ""}) {
    EXPECT_TRUE(matches({{}, {}, text}, make_job())) << text;
  }
  for (const char* text : {"invoices", "42 Süd", "slow"}) EXPECT_FALSE(matches({{}, {}, text}, make_job())) << text;
}

TEST(JobFilter, AddsTheCountsOfItsStatuses) {
  const JobCounts counts{1, 10, 100, 1'000, 10'000};
  EXPECT_EQ(number_of(counts, {}), 11'111);
  EXPECT_EQ(number_of(counts, {JobStatus::pending, JobStatus::failed}), 1'001);
  EXPECT_EQ(number_of(counts, JobStatusSet::none()), 0);
}

TEST(JobIdTime, BoundsTheIdsOfATime) {
  IdGenerator ids;
  const JobId id = ids.next_job_id(noon);
  EXPECT_LE(first_job_id_at(noon), id);
  EXPECT_GT(first_job_id_at(noon + 1ms), id);
  EXPECT_EQ(first_job_id_at(Time{-1ms}), JobId{0});
  EXPECT_GT(first_job_id_at(Time::max()), id);
}

}  // namespace
}  // namespace taskgate::jobs
