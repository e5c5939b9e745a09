#include "jobs/job.h"

#include <gtest/gtest.h>

namespace taskgate::jobs {
namespace {

TEST(JobStatus, IsReadFromTheWordItIsWrittenAs) {
  for (const auto status :
       {JobStatus::pending, JobStatus::processing, JobStatus::completed, JobStatus::failed, JobStatus::cancelled}) {
    EXPECT_EQ(parse_job_status(to_string(status)), status);
  }
  EXPECT_EQ(to_string(JobStatus::processing), "processing");
}

TEST(JobStatus, IsNotReadFromAnythingElse) {
  EXPECT_FALSE(parse_job_status(""));
  EXPECT_FALSE(parse_job_status("Pending"));
  EXPECT_FALSE(parse_job_status("done"));
}

TEST(JobStatus, KnowsWhichStatesAreFinal) {
  EXPECT_FALSE(is_finished(JobStatus::pending));
  EXPECT_FALSE(is_finished(JobStatus::processing));
  EXPECT_TRUE(is_finished(JobStatus::completed));
  EXPECT_TRUE(is_finished(JobStatus::failed));
  EXPECT_TRUE(is_finished(JobStatus::cancelled));
}

TEST(AttemptOutcome, HasTheWordsOfTheWire) {
  EXPECT_EQ(to_string(AttemptOutcome::crashed), "crashed");
  EXPECT_EQ(to_string(AttemptOutcome::released), "released");
}

}  // namespace
}  // namespace taskgate::jobs
