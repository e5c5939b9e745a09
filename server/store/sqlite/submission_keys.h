#pragma once

#include <optional>
#include <string>

#include "jobs/submission.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// An answer kept for an Idempotency-Key.
struct KeptAnswer {
  bool same_request = false;
  std::string text;
};

// The writer's statements on unique and idempotency keys. Rows that have served their time are cleared away by those
// who add new ones, two for one, so that there are never more than were added in one period.
class SubmissionKeys {
 public:
  explicit SubmissionKeys(Database& database) : database_(database) {}

  // The job that took the key last. Whether it holds the key is told by jobs::holds_unique_key.
  [[nodiscard]] std::optional<JobId> find_taker(const UserId& user, const std::string& key);
  // The key is the job's from now on.
  void take(const jobs::Job& job, Time now);
  // Forgets that a job that has finished took its key, unless it keeps it for a window.
  void drop(const jobs::Job& job);

  [[nodiscard]] std::optional<KeptAnswer> find_answer(const jobs::IdempotencyKey& key, Time now);
  void keep_answer(const jobs::IdempotencyKey& key, const std::string& answer, Time now);

  // Forgets up to `limit` answers and as many windows that are over.
  void prune(std::size_t limit, Time now);

 private:
  void prune_windows(std::size_t limit, Time now);
  void prune_answers(std::size_t limit, Time now);

  Database& database_;
};

}  // namespace taskgate::sqlite
