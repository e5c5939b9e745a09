#include "jobs/simulate_handler.h"

#include <boost/json/object.hpp>
#include <cmath>
#include <string>
#include <utility>

#include "base/json.h"

namespace taskgate::jobs {
namespace {

constexpr int steps = 10;

// Whether the job's data is an object with this member set to true.
bool asks_for(const boost::json::value& data, std::string_view name) {
  const auto* object = data.if_object();
  if (object == nullptr) return false;
  const auto* member = object->if_contains(name);
  return member != nullptr && member->is_bool() && member->get_bool();
}

class SimulateHandler final : public JobHandler {
 public:
  explicit SimulateHandler(double speed) : speed_(speed > 0 && std::isfinite(speed) ? speed : 1) {}

  Awaitable<HandlerOutcome> run(std::shared_ptr<JobContext> context) override {
    const Job job = context->job();
    const auto parsed = parse_json(job.data);
    const bool fails_always = parsed && asks_for(*parsed, "shouldFail");
    const bool fails_now = parsed && asks_for(*parsed, "failOnce") && job.attempts == 1;
    const auto duration = duration_of(job.type);
    for (int step = 1; step <= steps; ++step) {
      // From boundary to boundary, so that the steps add up to the duration exactly.
      const auto pause = duration * step / steps - duration * (step - 1) / steps;
      const bool undisturbed = co_await context->sleep(pause);
      if (!undisturbed) co_return failed("Stopped");
      if (step == steps / 2 && fails_always) co_return failed("Simulated permanent failure");
      if (step == steps / 2 && fails_now) co_return failed("Simulated failure of the first attempt");
      context->progress(100.0 * step / steps, "Step " + std::to_string(step) + " of " + std::to_string(steps));
    }
    co_return succeeded(job.type, duration);
  }

 private:
  [[nodiscard]] std::chrono::milliseconds duration_of(std::string_view type) const {
    const double full = type == "Fast Task" ? 2'000 : 5'000;
    return std::chrono::milliseconds{std::llround(full / speed_)};
  }
  static HandlerOutcome failed(std::string error) {
    FailedAttempt outcome;
    outcome.error = std::move(error);
    return outcome;
  }
  static HandlerOutcome succeeded(std::string_view type, std::chrono::milliseconds duration) {
    JsonWriter writer;
    writer.begin_object().member("simulated", true).member("type", type);
    writer.member("durationMs", std::int64_t{duration.count()}).end_object();
    Succeeded outcome;
    outcome.result = writer.take();
    return outcome;
  }

  double speed_;
};

}  // namespace

std::shared_ptr<JobHandler> make_simulate_handler(double speed) { return std::make_shared<SimulateHandler>(speed); }

}  // namespace taskgate::jobs
