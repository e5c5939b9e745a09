#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/async.h"
#include "jobs/job.h"
#include "jobs/job_store.h"
#include "jobs/worker_types.h"

namespace taskgate::jobs {

// What a handler sees of the attempt it runs. Lives as long as the attempt; use it only on the loop the handler runs
// on.
class JobContext {
 public:
  virtual ~JobContext() = default;
  [[nodiscard]] virtual const Job& job() const = 0;
  // Percent (clamped to 0–100) and a short text for the owner. Returns at once; the latest of a burst is stored and
  // shown.
  virtual void progress(double percent, std::string message) = 0;
  // One line for the job's log, which its owner reads, and for the terminal. Returns at once; it is stored with the
  // next progress, and before the outcome. A line over log_line_bytes_max is cut.
  virtual void log(std::string line) = 0;
  // What an earlier attempt left for this one, as JSON text. Nothing: begin at the beginning.
  [[nodiscard]] virtual const std::optional<std::string>& checkpoint() const = 0;
  // Leaves JSON text for the next attempt, however this one ends; `null` leaves nothing. Returns at once; the latest of
  // a burst is stored as progress is, and before the outcome. False, and nothing changes, when it is not JSON or has
  // more than checkpoint_bytes_max bytes.
  virtual bool save_checkpoint(std::string json) = 0;
  // True once the job was cancelled, its lease lost, or the server is stopping: return soon, the outcome no longer
  // counts.
  [[nodiscard]] virtual bool stopped() const = 0;
  // Waits; ends early when the attempt is stopped. Returns false then.
  virtual Awaitable<bool> sleep(std::chrono::milliseconds duration) = 0;
  // For handlers whose work goes on elsewhere (another thread, a process): calls `told` once, on the handler's loop,
  // when the attempt is stopped; at once when it is stopped already. Replaces the one given before; an empty one takes
  // it away.
  virtual void on_stop(std::function<void()> told) = 0;
};

struct Succeeded {
  std::string result = "null";  // JSON text, at most 256 KiB
};
struct FailedAttempt {
  std::string error;  // for a person
  bool retryable = true;
  std::optional<std::chrono::milliseconds> delay = std::nullopt;  // before the retry, instead of the backoff
};
using HandlerOutcome = std::variant<Succeeded, FailedAttempt>;

// Runs jobs inside the server. One object serves all attempts of its types, concurrently up to the registration's
// `concurrency`. What `run` throws counts as a retryable failure with the exception's text.
class JobHandler {
 public:
  virtual ~JobHandler() = default;
  virtual Awaitable<HandlerOutcome> run(std::shared_ptr<JobContext> context) = 0;
};

// A handler and what it serves.
struct HandlerRegistration {
  TypeSelection types;
  std::size_t concurrency = 1;
  std::shared_ptr<JobHandler> handler;
  // Of the selection, what workers outside the program ask for is left to them; null: nothing is.
  std::shared_ptr<const WorkerTypes> left_to_workers = nullptr;
};

}  // namespace taskgate::jobs
