#include "net/router.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace taskgate::net {
namespace {

// "3" or "3 id=7", "none", or "allow: GET, HEAD".
std::string found(const Router& router, std::string_view method, std::string_view path) {
  const auto result = router.find(method, path);
  if (const auto* refused = std::get_if<MethodNotAllowed>(&result)) return "allow: " + refused->allow;
  if (std::holds_alternative<RouteNotFound>(result)) return "none";
  const auto& match = std::get<RouteMatch>(result);
  auto text = std::to_string(match.route);
  for (const auto& [name, value] : match.params) text += " " + name + "=" + value;
  return text;
}

Router job_routes() {
  Router router;
  router.add("GET", "/", 0);
  router.add("GET", "/api/jobs", 1);
  router.add("GET", "/api/jobs/all", 2);
  router.add("GET", "/api/jobs/:id", 3);
  router.add("PATCH", "/api/jobs/:job", 4);
  router.add("POST", "/api/jobs/:id/cancel", 5);
  router.add("GET", "/api/jobs/admin/all", 6);
  router.add("GET", "/api/rooms/:room/messages/:message", 7);
  return router;
}

TEST(Router, FindsRoutesBySegments) {
  const auto router = job_routes();
  EXPECT_EQ(found(router, "GET", "/"), "0");
  EXPECT_EQ(found(router, "GET", "/api/jobs"), "1");
  EXPECT_EQ(found(router, "GET", "/api/jobs/all"), "2");
  EXPECT_EQ(found(router, "GET", "/api/jobs/7"), "3 id=7");
  EXPECT_EQ(found(router, "GET", "/api/jobs/allx"), "3 id=allx");
  EXPECT_EQ(found(router, "GET", "/api/rooms/a b/messages/9"), "7 room=a b message=9");
}

TEST(Router, NamesParametersAsTheRoutesOwnPatternDoes) {
  EXPECT_EQ(found(job_routes(), "PATCH", "/api/jobs/7"), "4 job=7");
}

TEST(Router, ComesBackFromALiteralThatLeadsNowhere) {
  EXPECT_EQ(found(job_routes(), "POST", "/api/jobs/admin/cancel"), "5 id=admin");
  EXPECT_EQ(found(job_routes(), "GET", "/api/jobs/admin"), "3 id=admin");
}

TEST(Router, EmptySegmentsMatchNothing) {
  const auto router = job_routes();
  for (const char* path : {"", "api/jobs", "/api//jobs", "/api/jobs/", "//api/jobs", "/api/jobs//cancel", "//"}) {
    EXPECT_EQ(found(router, "GET", path), "none") << path;
  }
}

TEST(Router, TellsAWrongMethodFromAnUnknownPath) {
  const auto router = job_routes();
  EXPECT_EQ(found(router, "DELETE", "/api/jobs/7"), "allow: GET, HEAD, PATCH");
  EXPECT_EQ(found(router, "GET", "/api/jobs/7/cancel"), "allow: POST");
  EXPECT_EQ(found(router, "GET", "/api"), "none");
  EXPECT_EQ(found(router, "get", "/api/jobs"), "allow: GET, HEAD");
}

TEST(Router, GetAnswersHead) {
  Router router;
  router.add("GET", "/a", 1);
  router.add("GET", "/b", 2);
  router.add("HEAD", "/b", 3);
  EXPECT_EQ(found(router, "HEAD", "/a"), "1");
  EXPECT_EQ(found(router, "HEAD", "/b"), "3");
}

TEST(Router, RefusesARouteGivenTwice) {
  auto router = job_routes();
  EXPECT_THROW(router.add("GET", "/api/jobs/:other", 9), std::logic_error);
  EXPECT_THROW(router.add("GET", "/api//jobs", 9), std::logic_error);
  EXPECT_THROW(router.add("GET", "api", 9), std::logic_error);
}

}  // namespace
}  // namespace taskgate::net
