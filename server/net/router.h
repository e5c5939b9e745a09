#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/http.h"

namespace taskgate::net {

// What was found for a method and a path.
struct RouteMatch {
  std::size_t route = 0;                                    // index into the table given to the router
  std::vector<std::pair<std::string, std::string>> params;  // {"id", "…"}
};
struct RouteNotFound {};
struct MethodNotAllowed {
  std::string allow;  // the value of the Allow header: "GET, HEAD, POST"
};

// Finds the route of a request in one table of (method, pattern). A pattern is made of literal segments and `:name`
// segments
// ("/api/jobs/:id"); a literal wins over a parameter at the same place; an empty segment matches nothing, so
// "/api//jobs" and a trailing slash are not found. GET also answers HEAD. Look-up costs one step per segment, not per
// route.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // Throws std::logic_error when the same method and pattern are given twice.
  void add(std::string_view method, std::string_view pattern, std::size_t route);
  [[nodiscard]] std::variant<RouteMatch, RouteNotFound, MethodNotAllowed> find(std::string_view method,
                                                                               std::string_view path) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

}  // namespace taskgate::net
