#include "net/static_assets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace taskgate::net {
namespace {

using ::testing::HasSubstr;

constexpr std::array<Asset, 3> assets{{
    {"/index.html", "text/html; charset=utf-8", "i1", "<html>", "gz-html", "br-html"},
    {"/assets/app-1f.js", "text/javascript; charset=utf-8", "a1", "code", "gz-code", "br-code"},
    {"/favicon.svg", "image/svg+xml", "f1", "<svg>", {}, {}},
}};

Request asking_for(std::string path, std::string accept_encoding = {}, std::string if_none_match = {}) {
  Request request;
  request.method = "GET";
  request.path = std::move(path);
  request.headers.add("Accept-Encoding", std::move(accept_encoding));
  request.headers.add("If-None-Match", std::move(if_none_match));
  return request;
}

TEST(StaticAssets, ChoosesTheFormThatTheClientAccepts) {
  const StaticAssets files(assets);
  const std::vector<std::pair<std::string, std::string_view>> choices{
      {"", "code"},
      {"gzip, deflate, br", "br-code"},
      {"gzip", "gz-code"},
      {"br;q=0, gzip;q=0.5", "gz-code"},
      {"identity", "code"},
      {"*", "br-code"},
      {"br;q=0.001", "br-code"},
      {"*;q=0", "code"},
      {"BR", "br-code"},
      {"gzip;q=0.0, *;q=0", "code"},
  };
  for (const auto& [accepted, body] : choices) {
    const auto response = files.serve(asking_for("/assets/app-1f.js", accepted));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->static_body, body) << accepted;
    EXPECT_EQ(response->headers.get("Vary"), "Accept-Encoding");
    EXPECT_EQ(response->headers.has("Content-Encoding"), body != "code");
  }
}

TEST(StaticAssets, HashedFilesAreKeptForEverAndOthersAskedForAnew) {
  const StaticAssets files(assets);
  EXPECT_EQ(files.serve(asking_for("/assets/app-1f.js"))->headers.get("Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(files.serve(asking_for("/favicon.svg"))->headers.get("Cache-Control"), "no-cache");
  EXPECT_FALSE(files.serve(asking_for("/favicon.svg"))->headers.has("Vary"));
}

TEST(StaticAssets, AnswersNotModifiedForTheCurrentForm) {
  const StaticAssets files(assets);
  for (const char* held : {"\"i1-br\"", "W/\"i1-br\"", "\"x\", \"i1-br\"", "*"}) {
    const auto response = files.serve(asking_for("/", "br", held));
    EXPECT_EQ(response->status, 304) << held;
    EXPECT_EQ(response->static_body, "");
    EXPECT_EQ(response->headers.get("ETag"), "\"i1-br\"");
  }
  for (const char* held : {"\"i1\"", "\"i2-br\"", "i1-br", ""}) {
    EXPECT_EQ(files.serve(asking_for("/", "br", held))->status, 200) << held;
  }
}

TEST(StaticAssets, PagesComeWithAStrictPolicy) {
  const StaticAssets files(assets);
  const auto page = files.serve_index(asking_for("/jobs/17"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->static_body, "<html>");
  EXPECT_THAT(std::string(page->headers.get("Content-Security-Policy")), HasSubstr("script-src 'self'; style-src"));
  EXPECT_FALSE(files.serve(asking_for("/assets/app-1f.js"))->headers.has("Content-Security-Policy"));
}

TEST(StaticAssets, KnowsItsFilesOnly) {
  const StaticAssets files(assets);
  for (const char* path : {"/assets/app-2.js", "/assets/../index.html", "/index.html/", "/assets", ""}) {
    EXPECT_FALSE(files.serve(asking_for(path))) << path;
  }
  auto post = asking_for("/");
  post.method = "POST";
  EXPECT_FALSE(files.serve(post));
  EXPECT_FALSE(StaticAssets({}).serve_index(asking_for("/")));
}

TEST(StaticAssets, TellsANavigationFromAFetch) {
  Request request;
  request.method = "GET";
  EXPECT_FALSE(is_page_navigation(request));
  request.headers.set("Accept", "*/*");
  EXPECT_FALSE(is_page_navigation(request));
  request.headers.set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
  EXPECT_TRUE(is_page_navigation(request));
  request.method = "POST";
  EXPECT_FALSE(is_page_navigation(request));
}

}  // namespace
}  // namespace taskgate::net
