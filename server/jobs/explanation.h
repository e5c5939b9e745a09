#pragma once

#include "jobs/queue_control.h"
#include "jobs/ready_queue.h"

namespace taskgate::jobs {

// Why the job stands where it stands, for engines that keep a ReadyQueue: `queue` holds every pending job that waits
// neither for its time nor for another job. Who serves its type is not considered.
[[nodiscard]] Explanation explanation_of(Job job, const ReadyQueue& queue, Time now);

}  // namespace taskgate::jobs
