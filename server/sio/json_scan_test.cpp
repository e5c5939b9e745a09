#include "sio/json_scan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace taskgate::sio {
namespace {

std::vector<std::string> elements_of(std::string_view text) {
  std::vector<std::string> elements;
  const auto scanned = scan_json(text);
  if (!scanned) return {"malformed"};
  for (const auto& [offset, length] : scanned->elements) elements.emplace_back(text.substr(offset, length));
  return elements;
}

TEST(JsonScan, TellsKinds) {
  EXPECT_EQ(scan_json("{}")->kind, JsonKind::object);
  EXPECT_EQ(scan_json(" [ ] ")->kind, JsonKind::array);
  EXPECT_EQ(scan_json(R"("")")->kind, JsonKind::string);
  EXPECT_EQ(scan_json("-0.5e+10")->kind, JsonKind::number);
  EXPECT_EQ(scan_json("true")->kind, JsonKind::boolean);
  EXPECT_EQ(scan_json("null")->kind, JsonKind::null);
  EXPECT_EQ(scan_json(R"([{"a":1}])")->kind, JsonKind::array);
}

TEST(JsonScan, FindsTheElementsOfTheOuterArrayOnly) {
  EXPECT_EQ(elements_of(R"( [ "a,]" , 1,[2,3] ,{"k":[4]}, -1.5e3])"),
            (std::vector<std::string>{R"("a,]")", "1", "[2,3]", R"({"k":[4]})", "-1.5e3"}));
  EXPECT_TRUE(elements_of("[]").empty());
  EXPECT_TRUE(elements_of(R"({"a":[1,2]})").empty());
}

TEST(JsonScan, RefusesWhatJsonParseRefuses) {
  for (const char* text :
       {"",      " ",       "[",           "]",        "[1",        "[1,",         "[1,]",     "[,1]",
        "[1 2]", "{",       "{}}",         R"({"a"})", R"({"a":})", R"({"a":1,})", R"({a:1})", R"({1:1})",
        R"(")",  R"("\x")", R"("\u12g4")", R"("\u12)", "\"\n\"",    "01",          "+1",       "1.",
        ".5",    "1e",      "1e+",         "-",        "NaN",       "Infinity",    "tru",      "truex",
        "nul",   "[1]x",    "'a'",         "[1]//",    "undefined"}) {
    EXPECT_FALSE(scan_json(text)) << text;
  }
}

TEST(JsonScan, AcceptsWhatJsonParseAccepts) {
  for (const char* text : {R"({"a":1,"a":2})", R"("\ud800")", R"("\u0000")", R"("\/")", "1e400",
                           "123456789012345678901234567890", "[[[[]]]]", "\t[\r\n]"}) {
    EXPECT_TRUE(scan_json(text)) << text;
  }
}

TEST(JsonScan, BoundsTheDepth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(scan_json(nested(128)));
  EXPECT_FALSE(scan_json(nested(129)));
  EXPECT_FALSE(scan_json(std::string(1'000'000, '[')));
}

TEST(JsonScan, ChecksPlaceholdersWhenThereAreAttachments) {
  const JsonScanLimits one{16, 1};
  EXPECT_TRUE(scan_json(R"([{"_placeholder":true,"num":0}])", one));
  EXPECT_TRUE(scan_json(R"([{"deep":[{"num":0,"_placeholder":true}]}])", one));
  EXPECT_TRUE(scan_json(R"([{"_placeholder":false,"num":7}])", one));
  for (const char* text :
       {R"([{"_placeholder":true,"num":1}])", R"([{"_placeholder":true,"num":-1}])",
        R"([{"_placeholder":true,"num":"splice"}])", R"([{"_placeholder":true}])",
        R"([{"_placeholder":true,"num":0.5}])", R"([{"_placeholder":true,"num":0,"num":9}])",
        R"([{"\u005fplaceholder":true,"n\u0075m":3}])", R"([[{"x":{"_placeholder":true,"num":9}}]])"}) {
    EXPECT_FALSE(scan_json(text, one)) << text;
    EXPECT_TRUE(scan_json(text)) << text;
  }
}

TEST(JsonString, IsUnescaped) {
  EXPECT_EQ(unescape_json_string(R"("plain")"), "plain");
  EXPECT_EQ(unescape_json_string(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescape_json_string(R"("\u0041\u00e9\u20ac\ud83d\ude00")"), "Aé€😀");
  EXPECT_EQ(unescape_json_string(R"("\ud83d!")"), "\xef\xbf\xbd!");
  EXPECT_EQ(unescape_json_string(R"("\ude00\ud83d\u0041")"),
            "\xef\xbf\xbd\xef\xbf\xbd"
            "A");
}

}  // namespace
}  // namespace taskgate::sio
