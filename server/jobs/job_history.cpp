#include "jobs/job_history.h"

#include <array>
#include <utility>

#include "jobs/deadlines.h"

namespace taskgate::jobs {
namespace {

constexpr std::array kind_names{
    std::pair{JobEventKind::submitted, std::string_view{"submitted"}},
    std::pair{JobEventKind::started, std::string_view{"started"}},
    std::pair{JobEventKind::completed, std::string_view{"completed"}},
    std::pair{JobEventKind::retry_scheduled, std::string_view{"retry_scheduled"}},
    std::pair{JobEventKind::failed, std::string_view{"failed"}},
    std::pair{JobEventKind::crashed, std::string_view{"crashed"}},
    std::pair{JobEventKind::poisoned, std::string_view{"poisoned"}},
    std::pair{JobEventKind::released, std::string_view{"released"}},
    std::pair{JobEventKind::cancelled, std::string_view{"cancelled"}},
    std::pair{JobEventKind::retried, std::string_view{"retried"}},
    std::pair{JobEventKind::changed, std::string_view{"changed"}},
    std::pair{JobEventKind::expired, std::string_view{"expired"}},
    std::pair{JobEventKind::dependency_failed, std::string_view{"dependency_failed"}},
};

// How a job ended: as it stands, or as it stood before a retry by hand.
struct End {
  JobStatus status = JobStatus::failed;
  std::optional<Time> at;
  std::optional<std::string> error;
};

bool is_end(JobEventKind kind) {
  switch (kind) {
    case JobEventKind::completed:
    case JobEventKind::failed:
    case JobEventKind::poisoned:
    case JobEventKind::cancelled:
    case JobEventKind::expired:
    case JobEventKind::dependency_failed:
      return true;
    default:
      return false;
  }
}

JobEventKind kind_of(const End& end) {
  if (end.status == JobStatus::cancelled) return JobEventKind::cancelled;
  if (end.status == JobStatus::completed) return JobEventKind::completed;
  const std::string_view error = end.error ? std::string_view{*end.error} : std::string_view{};
  if (error == expired_error) return JobEventKind::expired;
  if (error.starts_with("dependency ")) return JobEventKind::dependency_failed;
  if (error.starts_with("poison: ")) return JobEventKind::poisoned;
  return JobEventKind::failed;
}

// Writes the history down in the order of the fences, which rise whatever the clock does.
class Historian {
 public:
  explicit Historian(const JobRecord& record) : record_(record) {}

  std::vector<JobEvent> write() {
    const Job& job = record_.job;
    add({JobEventKind::submitted, job.created_at}).by = job.user_id;
    for (std::size_t at = 0; at < record_.attempts.size(); ++at) {
      tell_notes_before(record_.attempts[at].fence);
      tell_attempt(record_.attempts[at], at + 1 == record_.attempts.size() ? nullptr : &record_.attempts[at + 1]);
    }
    while (next_note_ < record_.notes.size()) tell_note(record_.notes[next_note_++]);
    if (is_finished(job.status)) tell_end({job.status, job.completed_at, job.error});
    return std::move(events_);
  }

 private:
  JobEvent& add(JobEvent event) {
    events_.push_back(std::move(event));
    return events_.back();
  }

  void tell_notes_before(std::int64_t fence) {
    while (next_note_ < record_.notes.size() && record_.notes[next_note_].fence < fence) {
      tell_note(record_.notes[next_note_++]);
    }
  }

  void tell_note(const JobNote& note) {
    switch (note.kind) {
      case NoteKind::cancelled:
        add({JobEventKind::cancelled, note.at}).by = note.actor;
        return;
      case NoteKind::retried:
        if (note.ended_as) tell_end({*note.ended_as, note.ended_at, note.error});
        add({JobEventKind::retried, note.at}).by = note.actor;
        return;
      case NoteKind::changed: {
        JobEvent& event = add({JobEventKind::changed, note.at});
        event.by = note.actor;
        event.priority_before = note.priority_before;
        event.priority = note.priority;
        event.run_at = note.run_at;
        return;
      }
    }
  }

  // Unless an attempt or a note has told it already.
  void tell_end(const End& end) {
    if (is_end(events_.back().kind)) return;
    JobEvent& event = add({kind_of(end), end.at.value_or(record_.job.updated_at)});
    if (end.status == JobStatus::failed) event.error = end.error;
  }

  void tell_attempt(const Attempt& attempt, const Attempt* next) {
    add({JobEventKind::started, attempt.started_at, attempt.attempt, attempt.worker});
    if (!attempt.outcome) return;
    const Time at = attempt.ended_at.value_or(attempt.started_at);
    JobEvent event{JobEventKind::completed, at, attempt.attempt, attempt.worker, attempt.error};
    switch (*attempt.outcome) {
      case AttemptOutcome::completed:
        add(std::move(event));
        return;
      case AttemptOutcome::released:
        event.kind = JobEventKind::released;
        add(std::move(event));
        return;
      case AttemptOutcome::cancelled:
        return;  // the note says by whom
      case AttemptOutcome::crashed:
        event.kind = JobEventKind::crashed;
        add(std::move(event));
        return;  // that it was once too often is told as the job's end
      case AttemptOutcome::failed:
        break;
    }
    const bool is_last = ended_with(attempt, next);
    event.kind = is_last ? JobEventKind::failed : JobEventKind::retry_scheduled;
    const Job& job = record_.job;
    const bool waits = next == nullptr && job.status == JobStatus::pending && next_note_ == record_.notes.size();
    if (!is_last && waits) event.run_at = job.run_at;
    add(std::move(event));
  }

  // Whether the job failed with this attempt: it stands so, or stood so when it was retried by hand.
  [[nodiscard]] bool ended_with(const Attempt& attempt, const Attempt* next) const {
    End end{record_.job.status, record_.job.completed_at, record_.job.error};
    if (next_note_ < record_.notes.size()) {
      const JobNote& note = record_.notes[next_note_];
      const bool follows = next == nullptr || note.fence < next->fence;
      if (!follows || note.kind != NoteKind::retried) return false;
      end = {note.ended_as.value_or(JobStatus::pending), note.ended_at, note.error};
    } else if (next != nullptr) {
      return false;
    }
    return end.status == JobStatus::failed && end.at == attempt.ended_at && end.error == attempt.error;
  }

  const JobRecord& record_;
  std::size_t next_note_ = 0;
  std::vector<JobEvent> events_;
};

}  // namespace

std::string_view to_string(JobEventKind kind) {
  for (const auto& [each, name] : kind_names) {
    if (each == kind) return name;
  }
  return {};
}

std::vector<JobEvent> history_of(const JobRecord& record) { return Historian(record).write(); }

}  // namespace taskgate::jobs
