#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "jobs/job.h"

// What operators set about the queue while it runs: limits, pauses, weights. All of it is kept by the store. What does
// not differ from the defaults here costs nothing.
namespace taskgate::jobs {

// So many starts in any window on average; up to `starts` at once after a quiet window (a token bucket).
struct StartRate {
  std::int64_t starts = 1;                  // 1 to 1,000,000
  std::chrono::milliseconds window{1'000};  // 1 ms to 1 day
  bool operator==(const StartRate&) const = default;
};

struct TypeControl {
  bool paused = false;                               // no job of the type starts; those that run go on
  std::optional<std::int64_t> concurrency;           // running at once, over all users; at least 1
  std::optional<std::int64_t> concurrency_per_user;  // running at once for each user; at least 1
  std::optional<StartRate> rate;
  bool operator==(const TypeControl&) const = default;
};

struct QueueControl {
  bool paused = false;
  bool operator==(const QueueControl&) const = default;
};

struct UserControl {
  std::optional<std::int64_t> concurrency;  // running at once, over all types; at least 1
  double weight = 1;                        // turns among equals; 0.01 to 100
  std::optional<std::int64_t> backlog;      // most pending jobs; 0: no cap; nothing: the server's default
  bool operator==(const UserControl&) const = default;
};

// What to change: a field that is not given stays, an inner nothing takes the limit away.
template <class Value>
using Change = std::optional<std::optional<Value>>;

struct TypeControlChange {
  std::optional<bool> paused;
  Change<std::int64_t> concurrency;
  Change<std::int64_t> concurrency_per_user;
  Change<StartRate> rate;
};
struct QueueControlChange {
  std::optional<bool> paused;
};
struct UserControlChange {
  Change<std::int64_t> concurrency;
  std::optional<double> weight;
  Change<std::int64_t> backlog;
};

[[nodiscard]] TypeControl changed(TypeControl control, const TypeControlChange& change);
[[nodiscard]] QueueControl changed(QueueControl control, const QueueControlChange& change);
[[nodiscard]] UserControl changed(UserControl control, const UserControlChange& change);

// too_many_requests, reason `backlog_full`: the user has `cap` pending jobs.
[[nodiscard]] Error backlog_full(std::int64_t cap);

// Live figures. `ready` may start as far as time and dependencies go, whether or not a limit or a pause holds them up;
// `waiting` wait for their time or for another job.
struct LiveFigures {
  std::int64_t ready = 0;
  std::int64_t waiting = 0;
  std::int64_t running = 0;
  bool operator==(const LiveFigures&) const = default;
};
struct TypeStanding {
  std::string type;
  TypeControl control;
  LiveFigures live;
};
struct QueueStanding {
  std::string queue;
  QueueControl control;
  LiveFigures live;
};
struct UserStanding {
  UserId user_id;
  UserControl control;
  std::int64_t pending = 0;
  std::int64_t running = 0;
};
// By name. Every type and queue that has a control or live jobs (of those without a control, the first
// `overview_names_max`), and every user who has a control.
struct QueueOverview {
  std::vector<TypeStanding> types;
  std::vector<QueueStanding> queues;
  std::vector<UserStanding> users;
  std::int64_t backlog_max = 0;  // the default cap of pending jobs per user; 0: none
};
inline constexpr std::size_t overview_names_max = 1'000;

// Why a job stands where it stands, the most telling reason first.
enum class StandingReason : std::uint8_t {
  finished,
  running,
  delayed,     // its time has not come: `until`
  dependency,  // it waits for `count` other jobs
  paused,      // its type or its queue is
  no_worker,   // nobody takes jobs of this type and user now (found by the service, which knows the workers)
  type_limit,  // as many of its type run as may: `limit`
  user_limit,  // as many of its user run as may, of all types or of this one: `limit`
  rate_limit,  // the next start of its type is allowed at `until`
  behind,      // it may start: `count` others of its type go first
};

[[nodiscard]] std::string_view to_string(StandingReason reason);

struct Explanation {
  StandingReason reason = StandingReason::behind;
  Job job;
  std::optional<Time> until;
  std::optional<std::int64_t> count;
  std::optional<std::int64_t> limit;
  bool queue_is_paused = false;  // with `paused`: the queue, otherwise the type
};

}  // namespace taskgate::jobs
