#include "net/socketio_client_files.h"

#include "net/field_list.h"

namespace taskgate::net {

SocketIoClientFiles::SocketIoClientFiles(std::span<const Asset> files, std::string_view path) {
  for (const Asset& file : files) {
    if (file.path == "/version.txt") etag_ = '"' + std::string(file.identity) + '"';
    if (file.path.starts_with("/socket.io"))
      by_path_.emplace(std::string(path) + std::string(file.path.substr(1)), &file);
  }
}

std::optional<Response> SocketIoClientFiles::serve(const Request& request) const {
  if (by_path_.empty() || (request.method != "GET" && request.method != "HEAD")) return std::nullopt;
  const auto found = by_path_.find(request.path);
  if (found == by_path_.end()) return std::nullopt;
  const Asset& file = *found->second;

  Response response;
  response.headers.add("Cache-Control", "public, max-age=0");
  response.headers.add("ETag", etag_);
  response.headers.add("Vary", "Accept-Encoding");
  if (matches_etag(request.headers.get("If-None-Match"), etag_)) {
    response.status = 304;
    return response;
  }
  const bool is_map = file.path.ends_with(".map");
  response.headers.add("Content-Type",
                       is_map ? "application/json; charset=utf-8" : "application/javascript; charset=utf-8");
  const std::string_view accepted = request.headers.get("Accept-Encoding");
  if (!file.brotli.empty() && accepts_coding(accepted, "br")) {
    response.headers.add("Content-Encoding", "br");
    response.static_body = file.brotli;
  } else if (!file.gzip.empty() && accepts_coding(accepted, "gzip")) {
    response.headers.add("Content-Encoding", "gzip");
    response.static_body = file.gzip;
  } else {
    response.static_body = file.identity;
  }
  return response;
}

}  // namespace taskgate::net
