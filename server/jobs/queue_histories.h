#pragma once

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "jobs/queue_simulator.h"

namespace taskgate::jobs {

// How many histories a test plays, and which. TASKGATE_HISTORIES=100000 plays so many instead of the usual number;
// TASKGATE_SEED=17 plays exactly that one.
struct HistoryPlan {
  std::uint64_t first = 1;
  std::uint64_t count = 0;

  static HistoryPlan of(std::uint64_t usual_count) {
    if (const auto seed = number("TASKGATE_SEED")) return {*seed, 1};
    return {1, number("TASKGATE_HISTORIES").value_or(usual_count)};
  }

 private:
  static std::optional<std::uint64_t> number(const char* variable) {
    const char* const text = std::getenv(variable);
    if (text == nullptr || *text == '\0') return std::nullopt;
    return std::stoull(text);
  }
};

inline constexpr int steps_per_history = 60;

// The promise that the first broken history breaks, with the command that plays it again; nothing when all hold. Each
// history gets an engine of its own, as `Engine()` makes it.
template <class Engine>
std::optional<std::string> first_violation(HistoryPlan plan, const std::string& replay) {
  for (std::uint64_t seed = plan.first; seed < plan.first + plan.count; ++seed) {
    Engine engine;
    QueueSimulator simulator(engine, seed);
    try {
      simulator.run(steps_per_history);
    } catch (const QueueSimulator::Violation& violation) {
      return std::string(violation.what()) + "\n  play it again: TASKGATE_SEED=" + std::to_string(seed) + " " + replay;
    }
  }
  return std::nullopt;
}

}  // namespace taskgate::jobs
