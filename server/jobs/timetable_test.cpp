#include "jobs/timetable.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace taskgate::jobs {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

Time at(std::string_view text) { return from_iso8601(text).value(); }

Timing by_cron(std::string expression, std::string zone = "UTC") {
  Timing timing;
  timing.cron = std::move(expression);
  timing.time_zone = std::move(zone);
  return timing;
}

// The runs after `from`, as the wall clock of the zone shows them, with its distance from UTC in minutes.
std::vector<std::string> runs(const std::string& expression, const std::string& zone_name, std::string_view from,
                              std::size_t count) {
  const auto zone = TimeZone::find(zone_name).value();
  std::vector<std::string> shown;
  for (const Time run : Timetable::make(by_cron(expression, zone_name), at(from)).value().next_runs(at(from), count)) {
    const auto offset = zone.stretch_at(run).offset;
    shown.push_back(to_iso8601(run + offset).substr(0, 16) + " " +
                    std::to_string(std::chrono::duration_cast<std::chrono::minutes>(offset).count()));
  }
  return shown;
}

struct Row {
  const char* what;
  const char* expression;
  const char* zone;
  const char* from;
  std::vector<std::string> expected;
};

TEST(Timetable, KeepsItsRulesWhereClocksJump) {
  const std::vector<Row> rows = {
      {"a time that is skipped runs at the jump",
       "30 2 * * *",
       "Europe/Berlin",
       "2026-03-27T12:00:00Z",
       {"2026-03-28T02:30 60", "2026-03-29T03:00 120", "2026-03-30T02:30 120"}},
      {"several skipped times run once",
       "*/15 2 * * *",
       "Europe/Berlin",
       "2026-03-28T01:40:00Z",
       {"2026-03-28T02:45 60", "2026-03-29T03:00 120", "2026-03-30T02:00 120"}},
      {"skipped times and one at the jump run once",
       "0 2,3 * * *",
       "Europe/Berlin",
       "2026-03-28T03:00:00Z",
       {"2026-03-29T03:00 120", "2026-03-30T02:00 120"}},
      {"the last moment before the gap is not skipped",
       "59 1 * * *",
       "Europe/Berlin",
       "2026-03-28T12:00:00Z",
       {"2026-03-29T01:59 60", "2026-03-30T01:59 120"}},
      {"a time that comes twice runs at the first",
       "30 2 * * *",
       "Europe/Berlin",
       "2026-10-24T12:00:00Z",
       {"2026-10-25T02:30 120", "2026-10-26T02:30 60"}},
      {"the end of the repeated hour comes once",
       "0 3 * * *",
       "Europe/Berlin",
       "2026-10-24T12:00:00Z",
       {"2026-10-25T03:00 60", "2026-10-26T03:00 60"}},
      {"every other hour, over the gap",
       "0 */2 * * *",
       "Europe/Berlin",
       "2026-03-28T22:30:00Z",
       {"2026-03-29T00:00 60", "2026-03-29T03:00 120", "2026-03-29T04:00 120"}},
      {"every hour, over the gap",
       "30 * * * *",
       "Europe/Berlin",
       "2026-03-29T00:00:00Z",
       {"2026-03-29T01:30 60", "2026-03-29T03:30 120", "2026-03-29T04:30 120"}},
      {"every hour, over the repeated one",
       "30 * * * *",
       "Europe/Berlin",
       "2026-10-24T23:00:00Z",
       {"2026-10-25T01:30 120", "2026-10-25T02:30 120", "2026-10-25T02:30 60", "2026-10-25T03:30 60"}},
      {"half an hour is skipped",
       "15 2 * * *",
       "Australia/Lord_Howe",
       "2026-10-03T00:00:00Z",
       {"2026-10-04T02:30 660", "2026-10-05T02:15 660"}},
      {"every quarter of an hour, with half an hour skipped",
       "*/15 * * * *",
       "Australia/Lord_Howe",
       "2026-10-03T15:20:00Z",
       {"2026-10-04T02:30 660", "2026-10-04T02:45 660"}},
      {"half an hour comes twice",
       "45 1 * * *",
       "Australia/Lord_Howe",
       "2026-04-04T12:00:00Z",
       {"2026-04-05T01:45 660", "2026-04-06T01:45 630"}},
      {"every quarter of an hour, with half an hour twice",
       "*/15 * * * *",
       "Australia/Lord_Howe",
       "2026-04-04T14:30:00Z",
       {"2026-04-05T01:45 660", "2026-04-05T01:30 630", "2026-04-05T01:45 630", "2026-04-05T02:00 630"}},
      {"half an hour from the others, without jumps",
       "0 9 * * 1-5",
       "Asia/Kolkata",
       "2026-01-30T00:00:00Z",
       {"2026-01-30T09:00 330", "2026-02-02T09:00 330"}},
      {"three quarters", "0 0 * * *", "Asia/Kathmandu", "2026-01-30T00:00:00Z", {"2026-01-31T00:00 345"}},
      {"a day without midnight",
       "0 0 * * *",
       "America/Sao_Paulo",
       "2018-11-03T00:00:00Z",
       {"2018-11-03T00:00 -180", "2018-11-04T01:00 -120", "2018-11-05T00:00 -120"}},
      {"an hour before midnight twice",
       "30 23 * * *",
       "America/Sao_Paulo",
       "2018-02-17T12:00:00Z",
       {"2018-02-17T23:30 -120", "2018-02-18T23:30 -180"}},
      {"midnight after the hour that came twice",
       "0 0 * * *",
       "America/Sao_Paulo",
       "2018-02-17T12:00:00Z",
       {"2018-02-18T00:00 -180", "2018-02-19T00:00 -180"}},
      {"a whole day is skipped",
       "0 9 * * *",
       "Pacific/Apia",
       "2011-12-29T10:00:00Z",
       {"2011-12-29T09:00 -600", "2011-12-31T00:00 840", "2011-12-31T09:00 840"}},
      {"the year ends earlier in the east",
       "59 23 31 12 *",
       "Pacific/Auckland",
       "2026-12-31T10:58:00Z",
       {"2026-12-31T23:59 780", "2027-12-31T23:59 780"}},
      {"the first minute of a year",
       "0 0 1 1 *",
       "America/New_York",
       "2026-12-31T23:59:00Z",
       {"2027-01-01T00:00 -300"}},
      {"29 February",
       "0 12 29 2 *",
       "Europe/Berlin",
       "2026-06-01T00:00:00Z",
       {"2028-02-29T12:00 60", "2032-02-29T12:00 60"}},
      {"summer time after the listed years",
       "0 9 1 7 *",
       "Europe/Berlin",
       "2059-01-01T00:00:00Z",
       {"2059-07-01T09:00 120"}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(runs(row.expression, row.zone, row.from, row.expected.size()), row.expected) << row.what;
  }
}

// The rules said once more, for one minute after the other.
class MinuteWalk {
 public:
  MinuteWalk(std::set<int> minutes, std::set<int> hours, std::set<int> weekdays, TimeZone zone)
      : minutes_(std::move(minutes)),
        hours_(std::move(hours)),
        weekdays_(std::move(weekdays)),
        zone_(std::move(zone)) {}

  std::vector<Time> runs(Time from, Time until) {
    std::vector<Time> found;
    const bool every_hour = hours_.size() == 24;
    // What the clock showed in the two days before counts as shown.
    std::optional<std::int64_t> before;
    std::set<std::int64_t> shown;
    for (Time time = from - 48h; time < until; time += 1min) {
      const auto local = minute_of(time);
      bool fires = fits(local) && (every_hour || !shown.contains(local));
      if (before && !every_hour) {
        for (auto skipped = *before + 1; skipped < local; ++skipped) fires = fires || fits(skipped);
      }
      shown.insert(local);
      before = local;
      if (fires && time > from) found.push_back(time);
    }
    return found;
  }

 private:
  [[nodiscard]] std::int64_t minute_of(Time time) const {
    const auto local = time.time_since_epoch() + zone_.stretch_at(time).offset;
    return std::chrono::floor<std::chrono::minutes>(local).count();
  }
  [[nodiscard]] bool fits(std::int64_t minute) const {
    const auto day = minute / 1440;
    return minutes_.contains(static_cast<int>(minute % 60)) && hours_.contains(static_cast<int>(minute / 60 % 24)) &&
           weekdays_.contains(static_cast<int>((day + 4) % 7));  // 1970 began with a Thursday
  }

  std::set<int> minutes_;
  std::set<int> hours_;
  std::set<int> weekdays_;
  TimeZone zone_;
};

std::string list(const std::set<int>& values) {
  std::string text;
  for (const int value : values) text += (text.empty() ? "" : ",") + std::to_string(value);
  return text;
}

TEST(Timetable, AgreesWithAWalkOverEveryMinute) {
  std::mt19937 random(20'260'131);
  const auto some = [&random](int count, int most) {
    std::set<int> values;
    while (static_cast<int>(values.size()) < count)
      values.insert(static_cast<int>(random() % static_cast<unsigned>(most)));
    return values;
  };
  const std::pair<const char*, const char*> places[] = {
      {"Europe/Berlin", "2026-03-27T00:00:00Z"},       {"Europe/Berlin", "2026-10-23T00:00:00Z"},
      {"Australia/Lord_Howe", "2026-10-02T00:00:00Z"}, {"Australia/Lord_Howe", "2026-04-03T00:00:00Z"},
      {"America/Sao_Paulo", "2018-11-02T00:00:00Z"},   {"America/Sao_Paulo", "2018-02-16T00:00:00Z"},
      {"Pacific/Apia", "2011-12-28T00:00:00Z"},        {"Asia/Kathmandu", "2026-12-30T00:00:00Z"},
      {"America/New_York", "2026-03-06T00:00:00Z"},    {"Africa/Casablanca", "2026-02-13T00:00:00Z"}};
  for (int round = 0; round < 60; ++round) {
    const auto& [name, start] = places[static_cast<std::size_t>(round) % std::size(places)];
    const auto minutes = some(1 + round % 4, 60);
    const auto hours = some(round % 3 == 0 ? 24 : 1 + round % 12, 24);
    const auto weekdays = some(round % 2 == 0 ? 7 : 1 + round % 6, 7);
    const std::string expression = list(minutes) + " " + list(hours) + " * * " + list(weekdays);
    const Time from = at(start);
    const Time until = from + 120h;
    std::vector<Time> found;
    const auto timetable = Timetable::make(by_cron(expression, name), from).value();
    for (auto run = timetable.next(from); run && *run < until; run = timetable.next(*run)) found.push_back(*run);
    const auto expected = MinuteWalk(minutes, hours, weekdays, TimeZone::find(name).value()).runs(from, until);
    ASSERT_EQ(found, expected) << name << " " << expression;
  }
}

TEST(Timetable, CountsAFixedIntervalFromItsAnchorWithoutDrift) {
  Timing timing;
  timing.every = 90s;
  timing.anchor = at("2026-01-31T09:00:00.250Z");
  const auto timetable = Timetable::make(timing, timing.anchor).value();
  EXPECT_EQ(timetable.next(timing.anchor), at("2026-01-31T09:01:30.250Z"));
  EXPECT_EQ(timetable.next(at("2026-01-31T09:01:30.249Z")), at("2026-01-31T09:01:30.250Z"));
  EXPECT_EQ(timetable.next(at("2026-01-31T09:01:30.250Z")), at("2026-01-31T09:03:00.250Z"));
  EXPECT_EQ(timetable.next(at("2027-01-31T09:00:00.000Z")), at("2027-01-31T09:00:00.250Z"));
  EXPECT_EQ(timetable.next(timing.anchor - 1h), at("2026-01-31T09:01:30.250Z"));
}

std::string refusal(const Timing& timing) {
  const auto refused = Timetable::make(timing, at("2026-01-31T09:00:00Z"));
  if (refused) return "accepted";
  std::string all;
  for (const auto& fault : refused.error().fields) all += fault.field + ": " + fault.message + "\n";
  return all;
}

TEST(Timetable, RefusesWhatCannotBeUnderstoodOrNeverFires) {
  EXPECT_THAT(refusal({}), HasSubstr("cron: Give cron or everyMs"));
  Timing both = by_cron("* * * * *");
  both.every = 5s;
  EXPECT_THAT(refusal(both), HasSubstr("everyMs: Give cron or everyMs, not both"));
  Timing often;
  often.every = 999ms;
  EXPECT_THAT(refusal(often), HasSubstr("everyMs: everyMs must be between 1000"));
  often.every = 24h * 366;
  EXPECT_THAT(refusal(often), HasSubstr("everyMs: everyMs must be between 1000"));
  EXPECT_THAT(refusal(by_cron("0 0 30 2 *")), HasSubstr("cron: This expression never fires"));
  EXPECT_THAT(refusal(by_cron("0 0 31 4,6 *", "Europe/Berlin")), HasSubstr("never fires"));
  EXPECT_THAT(refusal(by_cron("0 9 * * *", "Mars/Olympus")), HasSubstr("timeZone: There is no time zone"));
  const auto two = refusal(by_cron("0 99 * * *", "Mars/Olympus"));
  EXPECT_THAT(two, HasSubstr("cron: The field \"hour\""));
  EXPECT_THAT(two, HasSubstr("timeZone: "));
}

}  // namespace
}  // namespace taskgate::jobs
