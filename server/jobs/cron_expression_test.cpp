#include "jobs/cron_expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"

namespace taskgate::jobs {
namespace {

using std::chrono::local_seconds;
using ::testing::HasSubstr;

// "2026-01-31T09:30:00" of a wall clock.
local_seconds wall(const std::string& text) {
  const auto time = from_iso8601(text + "Z").value();
  return local_seconds(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch());
}

std::string show(local_seconds time) { return to_iso8601(Time(time.time_since_epoch())).substr(0, 19); }

// The first moment after `from`.
std::string next(const std::string& expression, const std::string& from) {
  const auto found =
      CronExpression::parse(expression).value().next(wall(from) + std::chrono::seconds(1), wall("2126-01-01T00:00:00"));
  return found ? show(*found) : "never";
}

std::string fault(const std::string& expression) {
  const auto parsed = CronExpression::parse(expression);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().reason, "validation_failed");
  EXPECT_EQ(parsed.error().fields.at(0).field, "cron");
  return parsed.error().fields.at(0).message;
}

struct Row {
  const char* expression;
  const char* from;
  const char* expected;
};

TEST(CronExpression, NamesTheNextMoment) {
  const Row rows[] = {
      {"* * * * *", "2026-01-31T09:30:00", "2026-01-31T09:31:00"},
      {"*/15 * * * *", "2026-01-31T23:45:00", "2026-02-01T00:00:00"},
      {"5/20 * * * *", "2026-01-31T09:05:00", "2026-01-31T09:25:00"},
      {"5/20 * * * *", "2026-01-31T09:45:00", "2026-01-31T10:05:00"},
      {"0 9 * * 1-5", "2026-01-30T09:00:00", "2026-02-02T09:00:00"},
      {"0 9 * * MON-fri", "2026-01-30T08:59:59", "2026-01-30T09:00:00"},
      {"30 8,12-14/2 * * *", "2026-01-30T08:30:00", "2026-01-30T12:30:00"},
      {"30 8,12-14/2 * * *", "2026-01-30T12:30:00", "2026-01-30T14:30:00"},
      {"0 0 1 JAN *", "2026-06-01T00:00:00", "2027-01-01T00:00:00"},
      {"59 23 31 12 *", "2026-12-31T23:59:00", "2027-12-31T23:59:00"},
      {"0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"},
      {"0 0 29 2 *", "2096-03-01T00:00:00", "2104-02-29T00:00:00"},
      {"0 0 31 * *", "2026-01-31T00:00:00", "2026-03-31T00:00:00"},
      // Sunday has two numbers, and may end a week.
      {"0 0 * * 7", "2026-01-30T00:00:00", "2026-02-01T00:00:00"},
      {"0 0 * * 0", "2026-01-30T00:00:00", "2026-02-01T00:00:00"},
      {"0 0 * * sat-sun", "2026-01-31T00:00:00", "2026-02-01T00:00:00"},
      {"0 0 * * 5-7", "2026-02-01T00:00:00", "2026-02-06T00:00:00"},
      {"0 0 * * */2", "2026-02-01T00:00:00", "2026-02-03T00:00:00"},
      // Both days restricted: one has to fit. One of them open: both have to.
      {"0 0 13 * 5", "2026-02-10T00:00:00", "2026-02-13T00:00:00"},
      {"0 0 13 * 5", "2026-02-13T00:00:00", "2026-02-20T00:00:00"},
      {"0 0 13 * *", "2026-02-13T00:00:00", "2026-03-13T00:00:00"},
      {"0 0 ? * 5", "2026-02-13T00:00:00", "2026-02-20T00:00:00"},
      {"0 0 */2 * 5", "2026-02-06T00:00:00", "2026-02-13T00:00:00"},
      // Seconds.
      {"*/10 * * * * *", "2026-01-31T09:30:50", "2026-01-31T09:31:00"},
      {"30 59 23 31 12 *", "2026-12-31T23:59:30", "2027-12-31T23:59:30"},
      {"15,45 30 9 * * *", "2026-01-31T09:30:15", "2026-01-31T09:30:45"},
      {"15,45 30 9 * * *", "2026-01-31T09:30:45", "2026-02-01T09:30:15"},
      // Nicknames and white space.
      {"@hourly", "2026-01-31T09:30:00", "2026-01-31T10:00:00"},
      {" @Daily ", "2026-01-31T09:30:00", "2026-02-01T00:00:00"},
      {"@weekly", "2026-01-31T09:30:00", "2026-02-01T00:00:00"},
      {"@monthly", "2026-01-31T09:30:00", "2026-02-01T00:00:00"},
      {"@yearly", "2026-01-31T09:30:00", "2027-01-01T00:00:00"},
      {"  0\t9  * * *  ", "2026-01-31T09:30:00", "2026-02-01T09:00:00"},
      {"0 0 30 2 *", "2026-01-31T09:30:00", "never"},
      {"0 0 31 4,6,9,11 *", "2026-01-31T09:30:00", "never"},
  };
  for (const Row& row : rows) EXPECT_EQ(next(row.expression, row.from), row.expected) << row.expression;
}

TEST(CronExpression, GivesTheBeginningOfTheSearchItselfAndNothingFromItsEndOn) {
  const auto cron = CronExpression::parse("0 9 * * *").value();
  const auto nine = wall("2026-01-31T09:00:00");
  EXPECT_EQ(cron.next(nine, nine + std::chrono::seconds(1)), nine);
  EXPECT_EQ(cron.next(nine - std::chrono::hours(1), nine), std::nullopt);
}

TEST(CronExpression, KnowsWhetherItMeansEveryHour) {
  EXPECT_TRUE(CronExpression::parse("*/5 * * * 1").value().every_hour());
  EXPECT_TRUE(CronExpression::parse("0 0-23 1 * *").value().every_hour());
  EXPECT_FALSE(CronExpression::parse("0 */2 * * *").value().every_hour());
}

TEST(CronExpression, SaysWhichFieldIsWrongAndWhere) {
  const std::pair<const char*, const char*> rows[] = {
      {"61 * * * *", "The field \"minute\" at character 1: 61 is not between 0 and 59"},
      {"* 24 * * *", "The field \"hour\" at character 3: 24 is not between 0 and 23"},
      {"* * 0 * *", "The field \"day of month\" at character 5: 0 is not between 1 and 31"},
      {"* * * 13 *", "The field \"month\" at character 7: 13 is not between 1 and 12"},
      {"* * * * 8", "The field \"day of week\" at character 9: 8 is not between 0 and 7"},
      {"60 * * * * *", "The field \"second\" at character 1: 60 is not between 0 and 59"},
      {"0 9 * * mon-fry", "The field \"day of week\" at character 13: \"fry\" is not expected here"},
      {"0 9-8 * * *", "the range \"9-8\" ends before it begins"},
      {"0,1,, * * * *", "The field \"minute\" at character 5: \",\" is not expected here"},
      {"0,1, * * * *", "The field \"minute\" at character 5: a value is missing"},
      {"0- * * * *", "a value is missing"},
      {"*/0 * * * *", "a step must be between 1 and 59"},
      {"*/90 * * * *", "a step must be between 1 and 59"},
      {"*/ * * * *", "a value is missing"},
      {"0 0 L * *", "L, W and # are not known here"},
      {"0 0 * * 5#2", "L, W and # are not known here"},
      {"? * * * *", "\"?\" is not expected here"},
      {"* * * * jan", "is not expected here"},
      {"99999999999999999999 * * * *", "is too large"},
      {"-5 * * * *", "is not expected here"},
      {"", "this has 0"},
      {"   ", "this has 0"},
      {"* * * *", "this has 4"},
      {"* * * * * * *", "this has 7"},
      {"@reboot", "\"@reboot\" is not known"},
      {"@every 5m", "this has 2"},
      {"@every5m", "use everyMs"},
  };
  for (const auto& [expression, message] : rows) EXPECT_THAT(fault(expression), HasSubstr(message)) << expression;
  EXPECT_THAT(fault(std::string(300, '*')), HasSubstr("at most 256 characters"));
  EXPECT_THAT(fault("\x1b[31m * * * *"), HasSubstr("\\u{1b}"));
}

TEST(CronExpression, NamesEveryFieldThatIsWrong) {
  const auto refused = CronExpression::parse("61 24 * * 8");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fields.size(), 3U);
}

}  // namespace
}  // namespace taskgate::jobs
