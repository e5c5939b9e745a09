#include "store/sqlite/job_counts.h"

#include "jobs/system_job.h"

namespace taskgate::sqlite {
namespace {

constexpr std::array<std::uint8_t, 0> everybody{};

}  // namespace

JobCountChanges::JobCountChanges(Database& database)
    : add_(
          database.prepare("INSERT INTO job_counts (user_id, pending, processing, completed, failed, cancelled) VALUES "
                           "(?, ?, ?, ?, ?, ?) "
                           "ON CONFLICT (user_id) DO UPDATE SET pending = pending + excluded.pending, "
                           "processing = processing + excluded.processing, completed = completed + excluded.completed, "
                           "failed = failed + excluded.failed, cancelled = cancelled + excluded.cancelled")),
      find_pending_(database.prepare("SELECT pending FROM job_counts WHERE user_id = ?")) {}

std::int64_t JobCountChanges::pending_of(const UserId& user) {
  auto before = pending_before_.find(user);
  if (before == pending_before_.end()) {
    Cursor row = find_pending_.query(user);
    before = pending_before_.emplace(user, row.next() ? row.integer(0) : 0).first;
  }
  const auto change = changes_.find(user);
  const auto place = static_cast<std::size_t>(jobs::JobStatus::pending);
  return before->second + (change == changes_.end() ? 0 : change->second[place]);
}

void JobCountChanges::moved(const UserId& user, jobs::JobStatus from, jobs::JobStatus to) {
  if (from == to) return;
  change(user, from, -1);
  change(user, to, +1);
}

void JobCountChanges::undo() {
  for (const Change& each : of_command_) changes_[each.user][static_cast<std::size_t>(each.status)] -= each.by;
  of_command_.clear();
}

template <class Key>
void JobCountChanges::add(const Key& user, const Numbers& numbers) {
  if (numbers == Numbers{}) return;
  add_.execute(user, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
}

void JobCountChanges::write() {
  Numbers sum{};
  for (const auto& [user, numbers] : changes_) {
    add(user, numbers);
    if (user == jobs::system_owner) continue;
    for (std::size_t i = 0; i < numbers.size(); ++i) sum[i] += numbers[i];
  }
  add(everybody, sum);
  forget();
}

jobs::JobCounts read_job_counts(Database& database, const std::optional<UserId>& user) {
  auto& statement =
      database.statement("SELECT pending, processing, completed, failed, cancelled FROM job_counts WHERE user_id = ?");
  Cursor row = user ? statement.query(*user) : statement.query(everybody);
  if (!row.next()) return {};
  return {row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4)};
}

}  // namespace taskgate::sqlite
