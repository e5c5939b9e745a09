#include "jobs/worker_registry.h"

#include <gtest/gtest.h>

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

const Time start{milliseconds{1'767'225'600'000}};

TEST(WorkerRegistry, ForgetsSilentWorkersWhileOthersCome) {
  WorkerRegistry registry;
  const UserId user{{1}};
  Job job;
  job.id = JobId{7};
  job.lease_expires_at = start + minutes{30};
  for (int number = 0; number < 100; ++number) registry.seen({user, "passer-by " + std::to_string(number)}, start);
  registry.seen({user, "busy"}, start);
  registry.hold({user, "busy"}, job);
  registry.seen({user, "next"}, start + minutes{9});
  EXPECT_EQ(registry.workers().size(), 102U);
  registry.seen({user, "next"}, start + minutes{11});
  EXPECT_EQ(registry.workers().size(), 2U);
  EXPECT_EQ(registry.held_by({user, "busy"}).size(), 1U);
}

}  // namespace
}  // namespace taskgate::jobs
