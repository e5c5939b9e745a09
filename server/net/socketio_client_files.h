#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/http.h"
#include "net/static_assets.h"

namespace taskgate::net {

// The browser builds of the official client below the path of a Socket.IO server, so that a page needs no more than
// `<script src="/socket.io/socket.io.js">`. As the official server answers them: the client's version as ETag, asked
// for anew each time, in the form the client accepts best.
class SocketIoClientFiles {
 public:
  // Of `files`, those named `socket.io*.js` and their maps; `version.txt` among them holds the version. `path` is the
  // server's, with its slashes.
  SocketIoClientFiles(std::span<const Asset> files, std::string_view path);

  // The answer to GET and HEAD of a file; nothing for everything else.
  [[nodiscard]] std::optional<Response> serve(const Request& request) const;

 private:
  std::unordered_map<std::string, const Asset*> by_path_;
  std::string etag_;
};

}  // namespace taskgate::net
