#include "jobs/explanation.h"

#include <utility>

namespace taskgate::jobs {

Explanation explanation_of(Job job, const ReadyQueue& queue, Time now) {
  Explanation explanation;
  if (is_finished(job.status)) {
    explanation.reason = StandingReason::finished;
  } else if (job.status == JobStatus::processing) {
    explanation.reason = StandingReason::running;
  } else if (job.blocked_by > 0) {
    explanation.reason = StandingReason::dependency;
    explanation.count = job.blocked_by;
  } else if (const auto hindrance = queue.hindrance(job.id, now)) {
    explanation.reason = hindrance->reason;
    explanation.until = hindrance->until;
    explanation.count = hindrance->count;
    explanation.limit = hindrance->limit;
    explanation.queue_is_paused = hindrance->queue_is_paused;
  } else {
    explanation.reason = StandingReason::delayed;
    explanation.until = job.run_at;
  }
  explanation.job = std::move(job);
  return explanation;
}

}  // namespace taskgate::jobs
