#include "base/time_zone.h"

#include <gtest/gtest.h>

namespace taskgate {
namespace {

using namespace std::chrono_literals;

Time at(std::string_view text) { return from_iso8601(text).value(); }

TimeZone zone(std::string_view name) { return TimeZone::find(name).value(); }

TEST(TimeZone, KnowsWhenTheClocksOfAZoneJumpAndByHowMuch) {
  const auto summer = zone("Europe/Berlin").stretch_at(at("2026-06-15T12:00:00.000Z"));
  EXPECT_EQ(summer.begin, at("2026-03-29T01:00:00.000Z"));
  EXPECT_EQ(summer.end, at("2026-10-25T01:00:00.000Z"));
  EXPECT_EQ(summer.offset, 2h);
  EXPECT_EQ(summer.offset_before, 1h);
}

TEST(TimeZone, CountsTheMomentOfAJumpToTheStretchThatBeginsThere) {
  const auto berlin = zone("Europe/Berlin");
  const Time jump = at("2026-03-29T01:00:00.000Z");
  EXPECT_EQ(berlin.stretch_at(jump).begin, jump);
  EXPECT_EQ(berlin.stretch_at(jump - 1ms).end, jump);
  EXPECT_EQ(berlin.stretch_at(jump + 999ms).begin, jump);
}

TEST(TimeZone, KnowsZonesThatJumpByHalfAnHourOrNotAtAll) {
  const auto lord_howe = zone("Australia/Lord_Howe").stretch_at(at("2026-01-15T00:00:00.000Z"));
  EXPECT_EQ(lord_howe.offset, 11h);
  EXPECT_EQ(lord_howe.offset_before, 10h + 30min);
  const auto kolkata = zone("Asia/Kolkata").stretch_at(at("2026-01-15T00:00:00.000Z"));
  EXPECT_EQ(kolkata.offset, 5h + 30min);
  EXPECT_EQ(kolkata.end, std::nullopt);
}

TEST(TimeZone, GoesOnWithTheRulesAfterTheYearsThatAreListedInTheData) {
  EXPECT_EQ(zone("Europe/Berlin").stretch_at(at("2061-07-01T00:00:00.000Z")).offset, 2h);
  EXPECT_EQ(zone("America/New_York").stretch_at(at("2090-07-01T00:00:00.000Z")).offset, -4h);
}

TEST(TimeZone, HasUtcWithoutJumps) {
  const auto always = TimeZone::utc().stretch_at(at("2026-01-15T00:00:00.000Z"));
  EXPECT_EQ(always.begin, std::nullopt);
  EXPECT_EQ(always.end, std::nullopt);
  EXPECT_EQ(always.offset, 0s);
  EXPECT_EQ(zone("Europe/Berlin").name(), "Europe/Berlin");
}

TEST(TimeZone, RefusesWhatIsNoZoneWithASentence) {
  for (const char* name : {"", "Mars/Olympus", "europe/berlin", "Europe", "/etc/passwd", "../etc/passwd", "zone.tab",
                           "tzdata.zi", "posixrules", "right/Europe/Berlin", "posix/Europe/Berlin", "Europe/Berlin/",
                           "UTC+2", "localtime", "Fixed/UTC+01:00:00", "Europe//Berlin"}) {
    const auto refused = TimeZone::find(name);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().reason, "validation_failed");
    EXPECT_EQ(refused.error().fields.at(0).field, "timeZone");
    EXPECT_NE(refused.error().fields.at(0).message.find("There is no time zone"), std::string::npos) << name;
  }
}

TEST(TimeZone, ShowsAStrangeNameWithoutItsControlCharactersAndShortened) {
  const auto refused = TimeZone::find(std::string("a\nb") + std::string(1000, 'x'));
  ASSERT_FALSE(refused);
  const std::string message = refused.error().fields.at(0).message;
  EXPECT_NE(message.find("a\\nb"), std::string::npos);
  EXPECT_LT(message.size(), 200U);
}

}  // namespace
}  // namespace taskgate
