#include "net/router.h"

#include <stdexcept>

namespace taskgate::net {

// One segment of the patterns added so far.
struct Router::Node {
  struct Endpoint {
    std::string method;
    std::size_t route;
    std::vector<std::string> param_names;  // in the order of the pattern; patterns may name the same place differently
  };
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::vector<Endpoint> endpoints;
};

namespace {

// Takes the first segment off a path that starts with '/'. Nothing when it is empty ("//", or a trailing slash).
std::optional<std::string_view> take_segment(std::string_view& path) {
  const auto end = path.find('/', 1);
  const auto segment = path.substr(1, end == std::string_view::npos ? std::string_view::npos : end - 1);
  path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  if (segment.empty()) return std::nullopt;
  return segment;
}

// The Allow header of a place: GET brings HEAD with it.
template <class Endpoints>
std::string allowed_methods(const Endpoints& endpoints) {
  std::string allow;
  const auto append = [&allow](std::string_view method) {
    if (!allow.empty()) allow += ", ";
    allow += method;
  };
  for (const auto& endpoint : endpoints) {
    append(endpoint.method);
    if (endpoint.method == "GET") append("HEAD");
  }
  return allow;
}

// Finds the place of a path: a literal wins, but a literal branch that leads nowhere is given up for the parameter's.
template <class Node>
const Node* find_place(const Node& node, std::string_view path, std::vector<std::string_view>& values) {
  if (path.empty()) return node.endpoints.empty() ? nullptr : &node;
  const auto segment = take_segment(path);
  if (!segment) return nullptr;
  if (const auto literal = node.literals.find(*segment); literal != node.literals.end()) {
    const auto kept = values.size();
    if (const auto* place = find_place(*literal->second, path, values)) return place;
    values.resize(kept);
  }
  if (!node.parameter) return nullptr;
  values.push_back(*segment);
  return find_place(*node.parameter, path, values);
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(std::string_view method, std::string_view pattern, std::size_t route) {
  if (pattern.empty() || pattern.front() != '/') throw std::logic_error("route pattern must start with /");
  Node* node = root_.get();
  std::vector<std::string> names;
  std::string_view rest = pattern == "/" ? std::string_view{} : pattern;
  while (!rest.empty()) {
    const auto segment = take_segment(rest);
    if (!segment) throw std::logic_error("route pattern has an empty segment: " + std::string(pattern));
    auto& next = segment->front() == ':' ? node->parameter : node->literals[std::string(*segment)];
    if (segment->front() == ':') names.emplace_back(segment->substr(1));
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  for (const auto& endpoint : node->endpoints) {
    if (endpoint.method == method) {
      throw std::logic_error("route given twice: " + std::string(method) + " " + std::string(pattern));
    }
  }
  node->endpoints.push_back({std::string(method), route, std::move(names)});
}

std::variant<RouteMatch, RouteNotFound, MethodNotAllowed> Router::find(std::string_view method,
                                                                       std::string_view path) const {
  if (path.empty() || path.front() != '/') return RouteNotFound{};
  std::vector<std::string_view> values;
  const Node* place = find_place(*root_, path == "/" ? std::string_view{} : path, values);
  if (place == nullptr) return RouteNotFound{};

  const Node::Endpoint* found = nullptr;
  for (const auto& endpoint : place->endpoints) {
    if (endpoint.method == method) {
      found = &endpoint;
      break;
    }
    if (method == "HEAD" && endpoint.method == "GET") found = &endpoint;
  }
  if (found == nullptr) return MethodNotAllowed{allowed_methods(place->endpoints)};

  RouteMatch match{found->route, {}};
  match.params.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) match.params.emplace_back(found->param_names[i], values[i]);
  return match;
}

}  // namespace taskgate::net
