#pragma once

#include <filesystem>
#include <memory>

#include "jobs/worker_types.h"

namespace taskgate::app {

// What workers ask for, kept in a file over restarts of the server. A file that cannot be read counts as empty; one
// that cannot be written is a warning: after the next start such types may be simulated until their worker is back.
[[nodiscard]] std::shared_ptr<jobs::WorkerTypes> open_worker_types(const std::filesystem::path& file);

}  // namespace taskgate::app
