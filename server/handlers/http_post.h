#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "handlers/stop_signal.h"

namespace taskgate::handlers {

// A JSON body to be posted.
struct HttpPost {
  std::string url;                   // http or https
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  std::chrono::milliseconds timeout{30'000};  // of the whole exchange
  bool allow_private = false;                 // see address_rules.h
  std::size_t answer_bytes_max = 256 * 1024;
  // Addresses for names instead of asking DNS, each as "name:port:address".
  std::vector<std::string> resolve = {};
};

struct HttpAnswer {
  int status = 0;  // 0: there was no answer, `error` says why
  std::string body;
  bool body_too_large = false;  // the body is cut
  std::optional<std::chrono::seconds> retry_after;
  std::string error;
  bool address_refused = false;  // every address of the name is one that may not be called
  bool stopped = false;          // the stop signal ended it
};

// What is wrong with a URL to post to ("must …"); nothing when it is an http or https URL with a host and without a
// user name.
[[nodiscard]] std::optional<std::string> url_complaint(const std::string& url);

// Posts through libcurl; blocks the calling thread until the answer is there, the time is over, or `stop` is raised.
// Certificates are checked, redirects are not followed, proxies and credentials of the environment are not used.
// Whether an address may be called is decided for each one at the moment of connecting, after the name was resolved, so
// a name that points elsewhere the next time (DNS rebinding) gains nothing.
[[nodiscard]] HttpAnswer post(const HttpPost& request, const StopSignal& stop);

}  // namespace taskgate::handlers
