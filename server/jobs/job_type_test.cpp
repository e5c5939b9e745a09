#include "jobs/job_type.h"

#include <gtest/gtest.h>

namespace taskgate::jobs {
namespace {

std::string refusal(std::string_view text) {
  const auto result = normalize_job_type(text);
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::bad_request);
  EXPECT_EQ(result.error().fields.at(0).field, "type");
  return result.error().fields.at(0).message;
}

TEST(JobType, KeepsOrdinaryNames) {
  EXPECT_EQ(*normalize_job_type("Send invoice"), "Send invoice");
  EXPECT_EQ(*normalize_job_type("発送 🚚"), "発送 🚚");
  EXPECT_EQ(*normalize_job_type("\U0001F469\u200D\U0001F680"), "\U0001F469\u200D\U0001F680");
}

TEST(JobType, LosesTheWhiteSpaceAroundIt) { EXPECT_EQ(*normalize_job_type(" \t\r\n a  b \u00A0\u3000\u2028"), "a  b"); }

TEST(JobType, IsRequired) {
  for (const std::string_view text : {"", "   ", "\t\n", "\u2003"}) {
    const auto result = normalize_job_type(text);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "Job type is required");
    EXPECT_EQ(result.error().reason, "validation_failed");
    EXPECT_EQ(refusal(text), "Job type is required");
  }
}

TEST(JobType, HasNoControlCharactersInside) {
  for (const std::string_view text : {std::string_view("a\nb"), std::string_view("a\0b", 3),
                                      std::string_view("a\x7F"
                                                       "b"),
                                      std::string_view("a\u0085b"), std::string_view("a\u2028b"),
                                      std::string_view("a\u202Eb"), std::string_view("a\u200Bb")}) {
    EXPECT_EQ(refusal(text), "Job type must not contain control characters");
  }
}

TEST(JobType, IsUtf8) {
  for (const std::string_view text : {"\xFF", "a\xC3", "\xED\xA0\x80", "\xC0\xAF"}) {
    EXPECT_EQ(refusal(text), "Job type must be valid UTF-8");
  }
}

TEST(JobType, HasAtMost128CodePoints) {
  std::string longest;
  for (int count = 0; count < 128; ++count) longest += "é";
  EXPECT_EQ(*normalize_job_type(longest), longest);
  EXPECT_EQ(*normalize_job_type("  " + longest + "  "), longest);
  EXPECT_EQ(refusal(longest + "x"), "Job type must have at most 128 characters");
  EXPECT_EQ(refusal(std::string(10'000, 'x')), "Job type must have at most 128 characters");
}

}  // namespace
}  // namespace taskgate::jobs
