#include "base/log.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/printable.h"

namespace taskgate::log {
namespace {

const Time now{std::chrono::milliseconds{1'769'851'800'007}};

TEST(Log, WritesTextLines) {
  EXPECT_EQ(format_line(Format::text, Level::info, now, "request",
                        {{"method", "GET"}, {"status", 200}, {"path", "/a b"}, {"empty", ""}}),
            "2026-01-31T09:30:00.007Z info    request method=GET status=200 path=\"/a b\" empty=\"\"");
}

TEST(Log, NothingInAValueForgesALineOrAField) {
  const std::string line = format_line(Format::text, Level::warning, now, "login failed",
                                       {{"email", "x\r\n2026 info granted=\"yes\" \x1b[2J\xc2\x9b\xe2\x80\xae\xff"}});
  EXPECT_EQ(line.find_first_of("\r\n\x1b"), std::string::npos);
  EXPECT_EQ(line,
            "2026-01-31T09:30:00.007Z warning login failed "
            "email=\"x\\r\\n2026 info granted=\\\"yes\\\" \\u{1b}[2J\\u{9b}\\u{202e}\\xff\"");
}

TEST(Log, WritesJsonLinesThatAreStrictJson) {
  const std::string line =
      format_line(Format::json, Level::error, now, "broken", {{"what", "a\n\xff\"b"}, {"count", 3}});
  ASSERT_TRUE(parse_json(line)) << line;
  EXPECT_EQ(
      line,
      R"({"time":"2026-01-31T09:30:00.007Z","level":"error","event":"broken","what":"a\\n\\xff\"b","count":"3"})");
}

TEST(Log, LeavesOutWhatIsBelowTheLevel) {
  configure(Level::warning, Format::text);
  EXPECT_FALSE(enabled(Level::info));
  EXPECT_TRUE(enabled(Level::error));
  testing::internal::CaptureStderr();
  info("not this");
  error("but this", {{"n", 1}});
  const std::string written = testing::internal::GetCapturedStderr();
  configure(Level::info, Format::text);
  EXPECT_EQ(written.find("not this"), std::string::npos);
  EXPECT_NE(written.find("error   but this n=1\n"), std::string::npos) << written;
}

TEST(Printable, KnowsUtf8) {
  EXPECT_TRUE(is_utf8("h\xc3\xa9llo \xf0\x9f\x98\x80"));
  EXPECT_FALSE(is_utf8("\xc0\xaf"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
  EXPECT_FALSE(is_utf8("a\xe2\x82"));
  EXPECT_EQ(to_printable("a\\b\xc3\xa9"), "a\\\\b\xc3\xa9");
}

}  // namespace
}  // namespace taskgate::log
