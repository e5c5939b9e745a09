#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "base/worker_pool.h"
#include "handlers/handlers_file.h"
#include "jobs/job_handler.h"

namespace taskgate::handlers {

// The handlers that a file asks for, with the threads their work blocks.
class ConfiguredHandlers {
 public:
  // `clock` outlives it.
  ConfiguredHandlers(HandlersFile file, const Clock& clock);

  // For the job runner: one registration a type. This object outlives the runner.
  [[nodiscard]] const std::vector<jobs::HandlerRegistration>& registrations() const { return registrations_; }
  // After the runner has stopped: waits for what its attempts left behind, a command within its grace at most. Call it
  // before the runner's loop goes away.
  void stop() { pool_.stop(); }

 private:
  WorkerPool pool_;
  std::vector<jobs::HandlerRegistration> registrations_;
};

}  // namespace taskgate::handlers
