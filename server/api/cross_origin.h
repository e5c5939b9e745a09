#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace taskgate::api {

// Which pages of other origins may call from a browser (CORS, Fetch standard), and which requests with a cookie are to
// be believed.
//
//  - The dashboard's own origin always may.
//  - Origins in the list may, with credentials; exact matches only.
//  - With `any_without_credentials` (development, when the list is empty) every origin may, but without cookies.
class CrossOrigin {
 public:
  CrossOrigin(std::vector<std::string> allowed, bool any_without_credentials)
      : allowed_(std::move(allowed)), any_without_credentials_(any_without_credentials) {}

  // The answer to a preflight request (OPTIONS with Access-Control-Request-Method); nothing for other requests.
  [[nodiscard]] std::optional<net::Response> preflight(const net::Request& request) const;
  // Adds the headers that let the page read the answer, where it may.
  void permit(const net::Request& request, net::Response& response) const;
  // Whether a request that carries a cookie comes from our own pages or a listed origin, by Origin and Sec-Fetch-Site;
  // a request with neither does not come from a browser page.
  [[nodiscard]] bool is_trusted(const net::Request& request) const;
  // Whether the origin itself is our own or listed.
  [[nodiscard]] bool is_allowed(std::string_view origin, const net::Request& request) const;
  [[nodiscard]] bool any_without_credentials() const { return any_without_credentials_; }

 private:
  std::vector<std::string> allowed_;
  bool any_without_credentials_;
};

}  // namespace taskgate::api
