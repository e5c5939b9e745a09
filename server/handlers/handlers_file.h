#pragma once

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "handlers/command.h"
#include "handlers/http_handler.h"

namespace taskgate::handlers {

// A job type that a command runs, and one that is posted to a URL.
struct ExecType {
  Command command;
  std::size_t concurrency = 1;
};
struct HttpType {
  Endpoint endpoint;
  std::size_t concurrency = 1;
};

// Which types the server runs by itself, by the name of the type.
struct HandlersFile {
  std::map<std::string, ExecType> exec;
  std::map<std::string, HttpType> http;
};

// The file cannot be used; the message names the file, and the line or the field, and says what to do.
class HandlersFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How many jobs all types together may run at once.
inline constexpr std::size_t concurrency_total_max = 256;

// Reads the JSON text of such a file; its form, defaults and ranges are in docs/handlers.md. `name` is for messages.
// Unknown members are errors, and so are commands that are no executable files and folders that do not exist. Throws
// HandlersFileError.
[[nodiscard]] HandlersFile parse_handlers_file(std::string_view text, const std::string& name);

// The same with the text of a file. An empty path: no types.
[[nodiscard]] HandlersFile load_handlers_file(const std::string& path);

}  // namespace taskgate::handlers
