#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "base/ids.h"
#include "load/figures.h"
#include "load/generators.h"
#include "load/job_texts.h"
#include "store/sqlite/sqlite_store.h"

namespace taskgate::bench {
namespace {

using Clock = std::chrono::steady_clock;
using jobs::Job;

constexpr std::size_t workers = 2;
// Submitters rest while so many wait.
constexpr std::size_t ahead = 20'000;
constexpr std::chrono::microseconds rest{100};

class Engine {
 public:
  explicit Engine(const EngineOptions& options) : options_(options), store_(store_options(options)) {
    for (std::size_t at = 0; at < options.users; ++at) users_.push_back(ids_.next_user_id(clock_.now()));
    if (options.limits) set_limits();
  }

  void run() {
    Report report;
    const auto phase = [&](const std::string& name, auto work) {
      const auto begin = Clock::now();
      const double used = processor_seconds();
      const auto transactions = store_.statistics().transactions;
      work();
      const std::chrono::duration<double> took = Clock::now() - begin;
      const auto all = static_cast<double>(options_.jobs);
      report.add((name + "PerSecond").c_str(), all / took.count());
      report.add((name + "CpuMicroseconds").c_str(), (processor_seconds() - used) * 1e6 / all);
      report.add((name + "Transactions").c_str(), store_.statistics().transactions - transactions);
    };
    phase("submit", [this] { submit_all(options_.jobs); });
    phase("process", [this] { process_all(); });
    phase("cycle", [this] {
      std::thread submitter([this] { submit_all(ahead); });
      process_all();
      submitter.join();
    });
    report.print();
  }

 private:
  static sqlite::SqliteStoreOptions store_options(const EngineOptions& options) {
    sqlite::SqliteStoreOptions made;
    made.folder = options.folder;
    return made;
  }

  void set_limits() {
    jobs::TypeControlChange type;
    type.concurrency = std::optional<std::int64_t>{100'000};
    type.concurrency_per_user = std::optional<std::int64_t>{20};
    (void)run_to_completion(store_.jobs().control_type("bench", type, clock_.now()));
    // All at once, so that they share transactions.
    const LentLoop lent;
    for (std::size_t at = 0; at < users_.size(); ++at) {
      jobs::UserControlChange user;
      user.concurrency = std::optional<std::int64_t>{25};
      user.weight = at % 2 == 0 ? 1 : 2;
      boost::asio::co_spawn(*lent, store_.jobs().control_user(users_[at], user, clock_.now()), rethrow);
    }
    (*lent).run();
  }

  static void rethrow(const std::exception_ptr& failure, const jobs::UserControl&) {
    if (failure) std::rethrow_exception(failure);
  }

  void submit_all(std::size_t waiting_max) {
    std::size_t next_user = 0;
    waiting_ = 0;
    for (std::size_t made = 0; made < options_.jobs;) {
      while (waiting_ >= static_cast<std::ptrdiff_t>(waiting_max)) std::this_thread::sleep_for(rest);
      std::vector<Job> batch;
      const Time now = clock_.now();
      for (; batch.size() < options_.batch && made < options_.jobs; ++made) {
        Job job;
        job.id = ids_.next_job_id(now);
        job.user_id = users_[next_user++ % users_.size()];
        job.type = "bench";
        job.data = job_data;
        job.created_at = job.updated_at = now;
        batch.push_back(std::move(job));
      }
      const auto size = static_cast<std::ptrdiff_t>(batch.size());
      if (!run_to_completion(store_.jobs().submit(std::move(batch), now)))
        throw std::runtime_error("submit was refused");
      waiting_ += size;
    }
  }

  void process_all() {
    settled_ = 0;
    std::vector<std::thread> threads;
    for (std::size_t at = 0; at < workers; ++at) threads.emplace_back([this, at] { process(at); });
    for (auto& each : threads) each.join();
  }

  // Until all of this phase are settled.
  void process(std::size_t number) {
    const auto name = fmt::format("bench-{}", number);
    while (settled_ < options_.jobs) {
      jobs::ClaimRequest request{name, {{"bench"}, false}, options_.batch, std::chrono::minutes{5}};
      const auto claim = run_to_completion(store_.jobs().claim(std::move(request), clock_.now()));
      if (claim.jobs.empty()) {
        std::this_thread::sleep_for(rest);
        continue;
      }
      waiting_ -= static_cast<std::ptrdiff_t>(claim.jobs.size());
      std::vector<jobs::Settlement> settlements;
      for (const Job& job : claim.jobs) {
        settlements.push_back(
            {job.id, job.fence, jobs::SettlementKind::complete, R"({"sent":true})", std::nullopt, std::nullopt});
      }
      const auto settled = run_to_completion(store_.jobs().settle(std::move(settlements), clock_.now()));
      for (const auto& each : settled) {
        if (each.status != jobs::SettleStatus::ok) throw std::runtime_error("a job was not settled");
      }
      settled_ += settled.size();
    }
  }

  EngineOptions options_;
  SystemClock clock_;
  IdGenerator ids_;
  sqlite::SqliteStore store_;
  std::vector<UserId> users_;
  std::atomic<std::size_t> settled_{0};
  std::atomic<std::ptrdiff_t> waiting_{0};
};

}  // namespace

void engine(const EngineOptions& options) { Engine(options).run(); }

}  // namespace taskgate::bench
