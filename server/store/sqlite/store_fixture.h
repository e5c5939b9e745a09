#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/temporary_folder.h"

namespace taskgate::sqlite {

using namespace std::chrono_literals;

// What the tests of the SQLite engine itself share: a folder of their own and short ways to say things.
class StoreFixture : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path folder() const { return temporary_.path() / "data"; }
  [[nodiscard]] std::filesystem::path file() const { return folder() / "taskgate.db"; }
  [[nodiscard]] SqliteStoreOptions options() const {
    SqliteStoreOptions options;
    options.folder = folder();
    return options;
  }
  [[nodiscard]] std::unique_ptr<SqliteStore> open() const { return std::make_unique<SqliteStore>(options()); }
  // The sentence with which opening is refused.
  static std::string refusal(const SqliteStoreOptions& options) {
    try {
      SqliteStore store(options);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "opened";
  }
  [[nodiscard]] Database connect() const { return Database(file(), {}); }

  template <class T>
  static T run(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }
  jobs::Job make_job() {
    jobs::Job job;
    job.id = ids_.next_job_id(now);
    job.user_id = user;
    job.type = "mail";
    job.created_at = now;
    job.updated_at = now;
    return job;
  }
  JobId submit(SqliteStore& store) {
    std::vector<jobs::Job> one;
    one.push_back(make_job());
    const JobId id = one.front().id;
    run(store.jobs().submit(std::move(one), now));
    return id;
  }
  std::vector<jobs::Job> claim(SqliteStore& store, std::size_t max = 1) const {
    jobs::ClaimRequest request;
    request.worker = "worker";
    request.types.all_but = true;
    request.max = max;
    return run(store.jobs().claim(std::move(request), now)).jobs;
  }
  static jobs::SettleStatus complete(SqliteStore& store, const jobs::Job& job, Time at) {
    std::vector<jobs::Settlement> one;
    one.push_back({job.id, job.fence, jobs::SettlementKind::complete, "1", std::nullopt, std::nullopt});
    return run(store.jobs().settle(std::move(one), at)).at(0).status;
  }
  static jobs::JobCounts counts(SqliteStore& store) { return run(store.jobs().counts({})); }

  Time now{1'767'225'600'000ms};
  const UserId user{{7, 7, 7}};

 private:
  TemporaryFolder temporary_;
  IdGenerator ids_;
};

}  // namespace taskgate::sqlite
