#pragma once

#include "jobs/job_store.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/writer.h"

namespace taskgate::sqlite {

// jobs::JobStore on SQLite: changes go to the writer, questions to the readers. On a store opened for accounts only,
// changes throw StoreFailure: they are the running server's, which holds the queue in memory.
class SqliteJobStore final : public jobs::JobStore {
 public:
  // `page_examined_max`: see SqliteStoreOptions.
  SqliteJobStore(Writer& writer, Readers& readers, std::size_t page_examined_max)
      : writer_(writer), readers_(readers), page_examined_max_(page_examined_max) {}

  Awaitable<Result<void>> submit(std::vector<jobs::Job> jobs, Time now) override;
  Awaitable<Result<jobs::SubmitAnswer>> submit_all(jobs::SubmitRequest request, Time now) override;
  Awaitable<jobs::Claim> claim(jobs::ClaimRequest request, Time now) override;
  Awaitable<std::vector<jobs::Settled>> settle(std::vector<jobs::Settlement> settlements, Time now) override;
  Awaitable<std::vector<jobs::Job>> release_held(UserId worker_user, std::string worker, Time now) override;
  Awaitable<std::vector<std::optional<jobs::Job>>> beat(std::vector<jobs::Beat> beats, Time now) override;
  Awaitable<std::vector<jobs::Job>> reclaim_expired(int crashes_max, Time now) override;
  Awaitable<std::vector<jobs::Job>> recover(std::string worker, int crashes_max, std::chrono::milliseconds lease,
                                            Time now) override;
  Awaitable<jobs::DeadlineCheck> check_deadlines(std::string own_worker, std::size_t limit, Time now) override;
  Awaitable<Result<jobs::Job>> cancel(jobs::Scope scope, JobId id, Time now) override;
  Awaitable<Result<jobs::Job>> retry(jobs::Scope scope, JobId id, Time now) override;
  Awaitable<Result<jobs::Job>> change(jobs::Scope scope, JobId id, jobs::JobChange change, Time now) override;
  Awaitable<std::vector<jobs::ActedJob>> act(jobs::JobActionRequest request, Time now) override;

  Awaitable<jobs::TypeControl> control_type(std::string type, jobs::TypeControlChange change, Time now) override;
  Awaitable<jobs::QueueControl> control_queue(std::string queue, jobs::QueueControlChange change, Time now) override;
  Awaitable<jobs::UserControl> control_user(UserId user, jobs::UserControlChange change, Time now) override;
  Awaitable<jobs::QueueOverview> queue_overview(Time now) override;
  Awaitable<Result<jobs::Explanation>> explain(jobs::Scope scope, JobId id, Time now) override;

  Awaitable<jobs::PruneStep> prune(jobs::Retention retention, jobs::PrunePlace place, std::size_t limit,
                                   Time now) override;

  Awaitable<Result<jobs::Job>> get(jobs::Scope scope, JobId id) override;
  Awaitable<Result<std::vector<jobs::Attempt>>> attempts(jobs::Scope scope, JobId id) override;
  Awaitable<Result<jobs::LogPage>> log(jobs::Scope scope, JobId id, std::int64_t after, std::size_t limit) override;
  Awaitable<Result<jobs::JobRecord>> record(jobs::Scope scope, JobId id) override;
  Awaitable<jobs::JobPage> list(jobs::Scope scope, jobs::JobFilter filter, std::size_t limit,
                                std::optional<JobId> before) override;
  Awaitable<jobs::JobIdPage> list_ids(jobs::Scope scope, jobs::JobFilter filter, std::size_t limit,
                                      std::optional<JobId> before) override;
  Awaitable<jobs::JobCounts> counts(jobs::Scope scope) override;
  Awaitable<std::vector<std::string>> types(jobs::Scope scope) override;

 private:
  template <class Work>
  Awaitable<std::invoke_result_t<Work&, WriteContext&>> execute(Work work, CommandTraits traits);

  Writer& writer_;
  Readers& readers_;
  std::size_t page_examined_max_;
};

}  // namespace taskgate::sqlite
