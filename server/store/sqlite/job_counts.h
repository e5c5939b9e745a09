#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "jobs/job.h"
#include "store/sqlite/database.h"

namespace taskgate::sqlite {

// The changes of one transaction to the numbers of jobs by user and status, gathered in memory and written once at its
// end.
class JobCountChanges {
 public:
  explicit JobCountChanges(Database& database);

  void added(const UserId& user, jobs::JobStatus status) { change(user, status, +1); }
  void removed(const UserId& user, jobs::JobStatus status) { change(user, status, -1); }
  void moved(const UserId& user, jobs::JobStatus from, jobs::JobStatus to);
  // How many pending jobs the user has, with these changes. Costs one look-up per user and transaction.
  [[nodiscard]] std::int64_t pending_of(const UserId& user);
  // Until the next of these two, changes belong to one command: it stays, or it is undone as if it had never been.
  void keep() { of_command_.clear(); }
  void undo();
  // Adds them to job_counts and forgets them. Throws DatabaseError.
  void write();
  void forget() {
    changes_.clear();
    of_command_.clear();
    pending_before_.clear();
  }

 private:
  using Numbers = std::array<std::int64_t, 5>;
  struct Change {
    UserId user;
    jobs::JobStatus status;
    int by;
  };

  void change(const UserId& user, jobs::JobStatus status, int by) {
    changes_[user][static_cast<std::size_t>(status)] += by;
    of_command_.push_back({user, status, by});
  }
  template <class Key>
  void add(const Key& user, const Numbers& numbers);

  Statement add_;
  Statement find_pending_;
  std::unordered_map<UserId, Numbers> changes_;
  std::vector<Change> of_command_;
  std::unordered_map<UserId, std::int64_t> pending_before_;  // the transaction, of those asked for
};

// The numbers of one user, or of all users. Costs one look-up.
[[nodiscard]] jobs::JobCounts read_job_counts(Database& database, const std::optional<UserId>& user);

}  // namespace taskgate::sqlite
