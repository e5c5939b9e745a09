#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "net/http.h"

namespace taskgate::net {

// One file of a web front end, inside the program. Everything it refers to lives as long as the program.
struct Asset {
  std::string_view path;          // "/assets/index-4f2a.js"
  std::string_view content_type;  // "text/javascript; charset=utf-8"
  std::string_view etag;          // without quotes; differs whenever the content does
  std::string_view identity;
  std::string_view gzip;    // empty: there is no such form
  std::string_view brotli;  // likewise
};

// What cmake/assets.cmake put into the program: the built dashboard (web/dist), the contract (contract/dist) and the
// browser builds of socket.io-client (web/socketio_client/dist); empty when the folder did not exist at build time.
// Defined in libraries that only the program links.
[[nodiscard]] std::span<const Asset> dashboard_assets();
[[nodiscard]] std::span<const Asset> contract_assets();
[[nodiscard]] std::span<const Asset> socketio_client_assets();

// Answers requests for files, never copying them: the form the client accepts best (brotli, gzip, as it is), 304 when
// it has the current one. Files below /assets/ carry a hash in their names and may be kept for ever; the others are
// asked for anew each time. HTML comes with a strict Content-Security-Policy.
class StaticAssets {
 public:
  explicit StaticAssets(std::span<const Asset> assets);

  // The answer to GET and HEAD of a file's path ("/" is the start page); nothing for other methods and unknown paths.
  [[nodiscard]] std::optional<Response> serve(const Request& request) const;
  // The start page, whatever the path: for addresses that the front end itself understands. Nothing when there is none.
  [[nodiscard]] std::optional<Response> serve_index(const Request& request) const;

 private:
  std::unordered_map<std::string_view, const Asset*> by_path_;
};

// Whether a request is a browser's navigation to a page (GET or HEAD that accepts text/html), not a fetch of data.
[[nodiscard]] bool is_page_navigation(const Request& request);

}  // namespace taskgate::net
