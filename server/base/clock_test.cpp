#include "base/clock.h"

#include <gtest/gtest.h>

namespace taskgate {
namespace {

using std::chrono::milliseconds;

Time at(std::int64_t value) { return Time{milliseconds{value}}; }

TEST(Clock, WritesIso8601) {
  EXPECT_EQ(to_iso8601(at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_iso8601(at(1'769'851'800'007)), "2026-01-31T09:30:00.007Z");
  EXPECT_EQ(to_iso8601(at(253'402'300'799'999)), "9999-12-31T23:59:59.999Z");
}

TEST(Clock, ReadsWhatItWrites) {
  for (const std::int64_t value : {0LL, 1LL, 951'782'400'000LL, 1'709'210'096'123LL, 253'402'300'799'999LL}) {
    EXPECT_EQ(from_iso8601(to_iso8601(at(value))), at(value));
  }
}

TEST(Clock, ReadsOffsetsAndFractions) {
  EXPECT_EQ(from_iso8601("2026-01-31T09:30:00Z"), at(1'769'851'800'000));
  EXPECT_EQ(from_iso8601("2026-01-31T09:30:00.5Z"), at(1'769'851'800'500));
  EXPECT_EQ(from_iso8601("2026-01-31T09:30:00.123456789Z"), at(1'769'851'800'123));
  EXPECT_EQ(from_iso8601("2026-01-31T11:30:00+02:00"), at(1'769'851'800'000));
  EXPECT_EQ(from_iso8601("2026-01-31T04:00:00-0530"), at(1'769'851'800'000));
  EXPECT_EQ(from_iso8601("2024-02-29T00:00:00Z"), at(1'709'164'800'000));
}

TEST(Clock, RefusesEverythingElse) {
  for (const char* text :
       {"", "2026-01-31", "2026-01-31T09:30:00", "2026-01-31 09:30:00Z", "2026-1-31T09:30:00Z", "2026-02-30T09:30:00Z",
        "2026-13-01T09:30:00Z", "2026-01-31T24:00:00Z", "2026-01-31T09:60:00Z", "2026-01-31T09:30:60Z",
        "2026-01-31T09:30:00.Z", "2026-01-31T09:30:00.1234567890Z", "2026-01-31T09:30:00Zx", "2026-01-31T09:30:00+2:00",
        "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00", "+026-01-31T09:30:00Z", "2026-01-31T09:30:00z"}) {
    EXPECT_FALSE(from_iso8601(text)) << text;
  }
}

TEST(ManualClock, StandsStillUntilMoved) {
  ManualClock clock(at(1000));
  EXPECT_EQ(clock.now(), at(1000));
  clock.advance(milliseconds{5});
  EXPECT_EQ(clock.now(), at(1005));
  clock.set(at(7));
  EXPECT_EQ(clock.now(), at(7));
}

}  // namespace
}  // namespace taskgate
