#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "jobs/job.h"
#include "jobs/submission.h"

namespace taskgate::jobs {

// What is kept about a job beside the job itself: what an attempt leaves for the next one, what it said, and what
// people did to the job. All of it is bounded, so that a job that runs for a year takes no more room than one of a
// minute.

// Of what one attempt leaves for the next, as JSON text.
inline constexpr std::size_t checkpoint_bytes_max = std::size_t{256} * 1024;
// Of a job's log the newest lines are kept, as many as fit both.
inline constexpr std::int64_t log_lines_kept_max = 1'000;
inline constexpr std::int64_t log_bytes_kept_max = std::int64_t{256} * 1024;
// A longer line is cut.
inline constexpr std::size_t log_line_bytes_max = 1'024;
// Attempts kept, the newest: a job that is snoozed every minute would collect half a million a year.
inline constexpr std::int64_t attempts_kept_max = 200;
// Changes by hand kept, the newest.
inline constexpr std::int64_t notes_kept_max = 100;

enum class LogLevel : std::uint8_t { debug, info, warn, error };

[[nodiscard]] std::string_view to_string(LogLevel level);
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view text);

// A line as the attempt says it.
struct LogLine {
  std::string text;  // UTF-8, at most log_line_bytes_max bytes
  std::optional<LogLevel> level = std::nullopt;
};

// A line as it is kept.
struct KeptLine {
  std::int64_t number =
      0;  // 1 for the first line of the job, rising by one; a gap before the first means dropped lines
  int attempt = 0;
  Time at;  // when the server heard it
  std::optional<LogLevel> level;
  std::string text;
};

struct LogPage {
  std::vector<KeptLine> lines;  // oldest first
  bool more = false;            // there are later ones already: ask again after the last number
};

// Lines that were just stored, for those who watch.
struct LoggedLines {
  JobId job;
  UserId user_id;
  int attempt = 0;
  std::vector<LogLine> lines;
};

enum class NoteKind : std::uint8_t { cancelled, retried, changed };

// A change by hand. Everything else that happens to a job is told by its attempts and by the job itself.
struct JobNote {
  NoteKind kind = NoteKind::changed;
  Time at;
  std::int64_t fence = 0;       // of the job then: attempts up to it came before
  std::optional<UserId> actor;  // who did it, or on whose behalf
  // retried: how the job had ended, which the retry made undone
  std::optional<JobStatus> ended_as = std::nullopt;
  std::optional<Time> ended_at = std::nullopt;
  std::optional<std::string> error = std::nullopt;
  // changed: what was
  std::optional<double> priority_before = std::nullopt;
  std::optional<double> priority = std::nullopt;
  std::optional<Time> run_at = std::nullopt;  // the time it may start from; that of the note: at once
};

// The note of a retry by hand. `job` is as it ended.
[[nodiscard]] JobNote retry_note(const Job& job, std::optional<UserId> actor, Time now);

// The note of a change of a job that waits, which is as it was before.
[[nodiscard]] JobNote change_note(const Job& job, const JobChange& change, std::optional<UserId> actor, Time now);
[[nodiscard]] JobNote cancel_note(const Job& job, std::optional<UserId> actor, Time now);

// All that is known about one job, as of one moment.
struct JobRecord {
  Job job;
  std::vector<Attempt> attempts;  // oldest first, the running one last
  std::vector<JobNote> notes;     // oldest first
};

}  // namespace taskgate::jobs
