#include "store/sqlite/job_recount.h"

#include <algorithm>
#include <array>
#include <set>

#include "jobs/system_job.h"

namespace taskgate::sqlite {
namespace {

using jobs::JobCounts;
using Counts = std::unordered_map<UserId, JobCounts>;

constexpr std::array<std::uint8_t, 0> everybody{};

std::int64_t& number_of(JobCounts& counts, int status) {
  switch (static_cast<jobs::JobStatus>(status)) {
    case jobs::JobStatus::pending:
      return counts.pending;
    case jobs::JobStatus::processing:
      return counts.processing;
    case jobs::JobStatus::completed:
      return counts.completed;
    case jobs::JobStatus::failed:
      return counts.failed;
    case jobs::JobStatus::cancelled:
      break;
  }
  return counts.cancelled;
}

void add(JobCounts& sum, const JobCounts& more) {
  sum.pending += more.pending;
  sum.processing += more.processing;
  sum.completed += more.completed;
  sum.failed += more.failed;
  sum.cancelled += more.cancelled;
}

struct Numbers {
  Counts of_users;
  JobCounts of_all;
};

Numbers count_rows(Database& database) {
  Numbers numbers;
  Statement statement = database.prepare("SELECT user_id, status FROM jobs NOT INDEXED");
  Cursor row = statement.query();
  while (row.next()) ++number_of(numbers.of_users[row.user_id(0)], row.small(1));
  for (const auto& [user, counts] : numbers.of_users) {
    if (user != jobs::system_owner) add(numbers.of_all, counts);
  }
  return numbers;
}

Numbers read_kept(Database& database) {
  Numbers numbers;
  Statement statement = database.prepare(
      "SELECT length(user_id), user_id, pending, processing, completed, failed, cancelled FROM job_counts");
  Cursor row = statement.query();
  while (row.next()) {
    const JobCounts counts{row.integer(2), row.integer(3), row.integer(4), row.integer(5), row.integer(6)};
    if (row.integer(0) == 0) {
      numbers.of_all = counts;
    } else {
      numbers.of_users.emplace(row.user_id(1), counts);
    }
  }
  return numbers;
}

JobCounts of(const Counts& counts, const UserId& user) {
  const auto found = counts.find(user);
  return found == counts.end() ? JobCounts{} : found->second;
}

}  // namespace

std::vector<CountDifference> find_count_differences(Database& database) {
  const Numbers kept = read_kept(database);
  const Numbers found = count_rows(database);
  std::vector<CountDifference> differences;
  if (kept.of_all != found.of_all) differences.push_back({std::nullopt, kept.of_all, found.of_all});
  std::set<UserId> users;
  for (const auto& each : kept.of_users) users.insert(each.first);
  for (const auto& each : found.of_users) users.insert(each.first);
  for (const UserId& user : users) {
    const JobCounts before = of(kept.of_users, user);
    const JobCounts after = of(found.of_users, user);
    if (before != after) differences.push_back({user, before, after});
  }
  return differences;
}

std::vector<CountDifference> recount_jobs(Database& database) {
  const auto differences = find_count_differences(database);
  Statement keep = database.prepare(
      "INSERT OR REPLACE INTO job_counts (user_id, pending, processing, completed, failed, cancelled) VALUES (?, ?, ?, "
      "?, ?, "
      "?)");
  const auto keep_for = [&keep](const auto& key, const JobCounts& counts) {
    keep.execute(key, counts.pending, counts.processing, counts.completed, counts.failed, counts.cancelled);
  };
  for (const auto& each : differences) {
    if (each.user) {
      keep_for(*each.user, each.found);
    } else {
      keep_for(everybody, each.found);
    }
  }
  return differences;
}

bool live_counts_differ(Database& database, const LiveCounts& found) {
  const Numbers kept = read_kept(database);
  std::pair<std::int64_t, std::int64_t> sum;
  for (const auto& [user, live] : found) {
    const JobCounts counts = of(kept.of_users, user);
    if (counts.pending != live.first || counts.processing != live.second) return true;
    if (user == jobs::system_owner) continue;
    sum.first += live.first;
    sum.second += live.second;
  }
  if (kept.of_all.pending != sum.first || kept.of_all.processing != sum.second) return true;
  return std::any_of(kept.of_users.begin(), kept.of_users.end(), [&found](const auto& each) {
    return (each.second.pending != 0 || each.second.processing != 0) && !found.contains(each.first);
  });
}

}  // namespace taskgate::sqlite
