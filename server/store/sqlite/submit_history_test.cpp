#include <gtest/gtest.h>

#include <map>
#include <random>

#include "jobs/memory_job_store.h"
#include "jobs/queue_histories.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/temporary_folder.h"

namespace taskgate::sqlite {
namespace {

using namespace std::chrono_literals;
using namespace taskgate::jobs;

// Plays one seeded history of jobs with unique keys, dependencies and deadlines against SQLite and against the store in
// memory, restarts included. After every step both must tell the same of every job, and what they tell must keep the
// promises.
class SubmitHistory {
 public:
  explicit SubmitHistory(std::uint64_t seed) : random_(seed) { reopen(); }

  void run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      take_a_step();
      compare();
    }
  }

 private:
  static constexpr std::size_t jobs_max = 30;

  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  bool one_in(int bound) { return below(bound) == 0; }
  std::chrono::milliseconds seconds_below(int bound) { return std::chrono::seconds{below(bound)}; }

  void reopen() {
    disk_.reset();
    SqliteStoreOptions options;
    options.folder = folder_.path() / "data";
    disk_ = std::make_unique<SqliteStore>(options);
    memory_.rebuild_queue();
  }

  // Asks both engines; `Ask` makes the call anew for each, because calls consume what they are given.
  template <class Ask>
  auto both(Ask ask) {
    auto on_disk = run_to_completion(ask(disk_->jobs()));
    auto in_memory = run_to_completion(ask(memory_));
    return std::pair(std::move(on_disk), std::move(in_memory));
  }

  void take_a_step() {
    const int choice = below(100);
    if (choice < 30) return submit();
    if (choice < 50) return claim();
    if (choice < 68) return settle();
    if (choice < 76) return cancel();
    if (choice < 84) return retry();
    if (choice < 88) return change();
    if (choice < 95) return pass_time();
    reopen();
  }

  JobId some_id() { return JobId{1 + static_cast<std::uint64_t>(below(static_cast<int>(last_id_) + 1))}; }

  Submission some_submission() {
    Submission submission;
    Job& job = submission.job;
    job.id = JobId{++last_id_};
    job.user_id = user_;
    job.type = "t";
    job.priority = below(3);
    job.created_at = job.updated_at = now_;
    if (one_in(5)) job.run_at = now_ + seconds_below(20);
    if (one_in(4)) job.terms.expires_at = now_ + 1s + seconds_below(40);
    if (one_in(4)) job.terms.timeout = 1s + seconds_below(20);
    if (one_in(2)) {
      job.terms.unique_key = one_in(2) ? "a" : "b";
      job.terms.unique_for = static_cast<UniqueFor>(below(3));
      if (job.terms.unique_for == UniqueFor::window) job.terms.unique_until = now_ + seconds_below(60);
      submission.on_duplicate = static_cast<UniquePolicy>(below(3));
    }
    std::set<JobId> dependencies;
    for (int count = below(3); count > 0 && one_in(2); --count) dependencies.insert(some_id());
    dependencies.erase(job.id);
    job.terms.depends_on.assign(dependencies.begin(), dependencies.end());
    if (one_in(2)) job.terms.on_dependency_failure = OnDependencyFailure::wait;
    return submission;
  }

  void submit() {
    if (last_id_ >= jobs_max) return;
    std::vector<Submission> submissions;
    for (int count = 1 + below(3); count > 0; --count) submissions.push_back(some_submission());
    const auto [disk, memory] = both([&](JobStore& store) {
      SubmitRequest request;
      request.submissions = submissions;
      return store.submit_all(std::move(request), now_);
    });
    for (std::size_t index = 0; index < submissions.size(); ++index) {
      EXPECT_EQ(disk->jobs.at(index).status, memory->jobs.at(index).status);
      EXPECT_EQ(disk->jobs.at(index).refusal.has_value(), memory->jobs.at(index).refusal.has_value());
      if (disk->jobs.at(index).refusal) {
        EXPECT_EQ(disk->jobs[index].refusal->reason, memory->jobs[index].refusal->reason);
      }
      if (disk->jobs.at(index).status == SubmitStatus::existing) {
        EXPECT_EQ(disk->jobs[index].job.id, memory->jobs[index].job.id);
      }
    }
  }

  void claim() {
    const auto max = static_cast<std::size_t>(1 + below(2));
    const auto [disk, memory] = both([&](JobStore& store) {
      ClaimRequest request;
      request.worker = "elsewhere";
      request.types.all_but = true;
      request.max = max;
      return store.claim(std::move(request), now_);
    });
    ASSERT_EQ(disk.jobs.size(), memory.jobs.size());
    for (std::size_t index = 0; index < disk.jobs.size(); ++index) {
      const Job& job = disk.jobs[index];
      EXPECT_EQ(job.id, memory.jobs[index].id);
      EXPECT_EQ(job.blocked_by, 0) << "a blocked job was started";
      EXPECT_TRUE(!job.terms.expires_at || job.fence > 1 || *job.terms.expires_at > now_)
          << "an expired job was started";
      leases_.emplace_back(job.id, job.fence);
    }
  }

  void settle() {
    if (leases_.empty()) return;
    const auto [id, fence] = leases_[static_cast<std::size_t>(below(static_cast<int>(leases_.size())))];
    Settlement settlement{id, fence, static_cast<SettlementKind>(below(3)), std::nullopt, std::nullopt, std::nullopt};
    if (settlement.kind == SettlementKind::complete) settlement.result = "1";
    if (settlement.kind != SettlementKind::complete) settlement.error = "broken";
    if (settlement.kind == SettlementKind::retry) settlement.run_at = now_ + seconds_below(5);
    const auto [disk, memory] = both([&](JobStore& store) { return store.settle({settlement}, now_); });
    EXPECT_EQ(disk.at(0).status, memory.at(0).status);
  }

  static void expect_same(const Result<Job>& disk, const Result<Job>& memory) {
    ASSERT_EQ(disk.has_value(), memory.has_value());
    if (!disk) {
      EXPECT_EQ(disk.error().reason, memory.error().reason);
    }
  }
  void cancel() {
    const JobId id = some_id();
    const auto [disk, memory] = both([&](JobStore& store) { return store.cancel({}, id, now_); });
    expect_same(disk, memory);
  }
  void retry() {
    const JobId id = some_id();
    const auto [disk, memory] = both([&](JobStore& store) { return store.retry({}, id, now_); });
    expect_same(disk, memory);
  }
  void change() {
    const JobId id = some_id();
    const JobChange wanted{below(3), now_ + seconds_below(10)};
    const auto [disk, memory] = both([&](JobStore& store) { return store.change({}, id, wanted, now_); });
    expect_same(disk, memory);
  }

  void pass_time() {
    now_ += seconds_below(15);
    const auto [disk, memory] = both([&](JobStore& store) { return store.check_deadlines("server", 100, now_); });
    EXPECT_EQ(disk.expired.size(), memory.expired.size());
    EXPECT_EQ(disk.timed_out.size(), memory.timed_out.size());
    EXPECT_EQ(disk.next, memory.next);
  }

  void compare() {
    const auto [disk, memory] = both([](JobStore& store) { return store.list({}, {}, 1'000, std::nullopt); });
    ASSERT_EQ(disk.jobs.size(), memory.jobs.size());
    std::map<JobId, Job> jobs;
    for (std::size_t index = 0; index < disk.jobs.size(); ++index) {
      const Job& job = disk.jobs[index];
      const Job& same = memory.jobs[index];
      SCOPED_TRACE("job " + to_string(job.id));
      ASSERT_EQ(job.id, same.id);
      EXPECT_EQ(to_string(job.status), to_string(same.status));
      EXPECT_EQ(job.blocked_by, same.blocked_by);
      EXPECT_EQ(job.error, same.error);
      EXPECT_EQ(job.priority, same.priority);
      EXPECT_EQ(job.fence, same.fence);
      EXPECT_EQ(job.attempts, same.attempts);
      EXPECT_EQ(job.retries, same.retries);
      EXPECT_EQ(job.revision, same.revision);
      EXPECT_EQ(job.completed_at, same.completed_at);
      jobs[job.id] = job;
    }
    const auto [disk_counts, memory_counts] = both([](JobStore& store) { return store.counts({}); });
    EXPECT_EQ(disk_counts, memory_counts);
    check_promises(jobs);
  }

  static void check_promises(const std::map<JobId, Job>& jobs) {
    std::map<std::string, int> live_holders;
    for (const auto& [id, job] : jobs) {
      SCOPED_TRACE("job " + to_string(id));
      if (!is_finished(job.status) && job.terms.unique_key && job.terms.unique_for == UniqueFor::live) {
        EXPECT_LE(++live_holders[*job.terms.unique_key], 1) << "two live jobs hold one key";
      }
      if (job.status != JobStatus::pending) continue;
      int awaited = 0;
      for (const JobId dependency : job.terms.depends_on) {
        const JobStatus status = jobs.at(dependency).status;
        awaited += status == JobStatus::completed ? 0 : 1;
        const bool broken = is_finished(status) && status != JobStatus::completed;
        EXPECT_FALSE(broken && job.terms.on_dependency_failure == OnDependencyFailure::fail)
            << "it waits for what failed";
      }
      EXPECT_EQ(job.blocked_by, awaited);
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<SqliteStore> disk_;
  MemoryJobStore memory_;
  std::mt19937_64 random_;
  Time now_{1'767'225'600'000ms};
  const UserId user_{{7}};
  std::uint64_t last_id_ = 0;
  std::vector<std::pair<JobId, std::int64_t>> leases_;  // every one there ever was
};

TEST(SubmitHistories, AreTheSameOnDiskAndInMemoryAndKeepThePromises) {
  const auto plan = HistoryPlan::of(60);
  for (auto seed = plan.first; seed < plan.first + plan.count && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("play it again: TASKGATE_SEED=" + std::to_string(seed) +
                 " build/asan/tests/store_sqlite_tests --gtest_filter=SubmitHistories.*");
    SubmitHistory(seed).run(120);
  }
}

}  // namespace
}  // namespace taskgate::sqlite
