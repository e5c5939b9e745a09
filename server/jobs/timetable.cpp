#include "jobs/timetable.h"

#include <algorithm>
#include <utility>

namespace taskgate::jobs {
namespace {

using std::chrono::local_seconds;
using std::chrono::seconds;

constexpr std::chrono::milliseconds every_shortest = seconds{1};
constexpr std::chrono::milliseconds every_longest = std::chrono::hours{24 * 365};
constexpr auto horizon = std::chrono::days{36'525};

local_seconds local(Time time, seconds offset) {
  return local_seconds(std::chrono::floor<seconds>(time).time_since_epoch() + offset);
}

Time from_local(local_seconds time, seconds offset) { return Time(time.time_since_epoch() - offset); }

Error never() {
  return validation_failed("cron", "This expression never fires: no day of the next hundred years fits it");
}

}  // namespace

Result<Timetable> Timetable::make(const Timing& timing, Time now) {
  if (timing.cron && timing.every) return validation_failed("everyMs", "Give cron or everyMs, not both");
  if (timing.every) {
    if (*timing.every < every_shortest || *timing.every > every_longest) {
      return validation_failed("everyMs", "everyMs must be between 1000 and 31536000000 (365 days)");
    }
    return Timetable(std::nullopt, TimeZone::utc(), timing);
  }
  if (!timing.cron) return validation_failed("cron", "Give cron or everyMs");
  auto cron = CronExpression::parse(*timing.cron);
  auto zone = TimeZone::find(timing.time_zone);
  if (!cron || !zone) {
    Error error = cron ? zone.error() : cron.error();
    if (!cron && !zone) error.fields.push_back(zone.error().fields.at(0));
    return error;
  }
  Timetable timetable(std::move(*cron), std::move(*zone), timing);
  if (!timetable.next(now)) return never();
  return timetable;
}

// The first slot in [from, limit) that lies in the stretch, which `from` is a moment of.
std::optional<Time> Timetable::next_in(const TimeZone::Stretch& stretch, Time from, Time limit) const {
  const Time end = std::min(stretch.end.value_or(limit), limit);
  auto local_from = local(from, stretch.offset);
  if (stretch.begin && !cron_->every_hour()) {
    const auto old_clock = local(*stretch.begin, stretch.offset_before);
    const auto new_clock = local(*stretch.begin, stretch.offset);
    if (*stretch.begin == from && cron_->next(old_clock, new_clock)) return from;
    // What the clock showed before it was set back has had its turn.
    local_from = std::max(local_from, old_clock);
  }
  const auto found = cron_->next(local_from, local(end, stretch.offset));
  if (!found) return std::nullopt;
  return from_local(*found, stretch.offset);
}

std::optional<Time> Timetable::next(Time after) const {
  if (!cron_) {
    if (after < anchor_) return anchor_ + every_;
    return anchor_ + ((after - anchor_) / every_ + 1) * every_;
  }
  Time from = std::chrono::floor<seconds>(after) + seconds(1);
  const Time limit = from + horizon;
  while (from < limit) {
    const auto stretch = zone_.stretch_at(from);
    if (const auto found = next_in(stretch, from, limit)) return found;
    if (!stretch.end) break;
    from = *stretch.end;
  }
  return std::nullopt;
}

std::vector<Time> Timetable::next_runs(Time after, std::size_t count) const {
  std::vector<Time> runs;
  for (auto run = next(after); run && runs.size() < count; run = next(*run)) runs.push_back(*run);
  return runs;
}

}  // namespace taskgate::jobs
