#include "handlers/text.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace taskgate::handlers {
namespace {

TEST(CleanText, KeepsWhatIsReadableOnly) {
  EXPECT_EQ(clean_text("grün \xE2\x82\xAC\n\tnext\n \n"), "grün €\n\tnext");
  EXPECT_EQ(clean_text("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(clean_text("cut \xE2\x82"), "cut \xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(clean_text(std::string_view("\x1B[31mred\x1B[0m\0!\r\x7F\xC2\x9B", 19)), "[31mred[0m!");
  EXPECT_EQ(clean_text(" \n"), "");
}

TEST(AsResult, KeepsJsonAndQuotesTheRest) {
  EXPECT_EQ(as_result(R"({"big":12345678901234567890123})"), R"({"big":12345678901234567890123})");
  EXPECT_EQ(as_result("42"), "42");
  EXPECT_EQ(as_result("done: \"3\" pages\n"), R"("done: \"3\" pages")");
  EXPECT_EQ(as_result(" \r\n"), "null");
  EXPECT_TRUE(parse_json(as_result(std::string_view("\xFF\0\x01", 3))));
}

}  // namespace
}  // namespace taskgate::handlers
