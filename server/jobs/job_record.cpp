#include "jobs/job_record.h"

#include <algorithm>
#include <array>
#include <utility>

namespace taskgate::jobs {
namespace {

constexpr std::array level_names{
    std::pair{LogLevel::debug, std::string_view{"debug"}}, std::pair{LogLevel::info, std::string_view{"info"}},
    std::pair{LogLevel::warn, std::string_view{"warn"}}, std::pair{LogLevel::error, std::string_view{"error"}}};

}  // namespace

std::string_view to_string(LogLevel level) {
  for (const auto& [each, name] : level_names) {
    if (each == level) return name;
  }
  return {};
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (const auto& [level, name] : level_names) {
    if (name == text) return level;
  }
  return std::nullopt;
}

JobNote retry_note(const Job& job, std::optional<UserId> actor, Time now) {
  JobNote note{NoteKind::retried, now, job.fence, actor};
  note.ended_as = job.status;
  note.ended_at = job.completed_at;
  note.error = job.error;
  return note;
}

JobNote change_note(const Job& job, const JobChange& change, std::optional<UserId> actor, Time now) {
  JobNote note{NoteKind::changed, now, job.fence, actor};
  if (change.priority) {
    note.priority_before = job.priority;
    note.priority = change.priority;
  }
  if (change.run_at) note.run_at = std::max(*change.run_at, now);
  return note;
}

JobNote cancel_note(const Job& job, std::optional<UserId> actor, Time now) {
  return {NoteKind::cancelled, now, job.fence, actor};
}

}  // namespace taskgate::jobs
