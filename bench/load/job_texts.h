#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace taskgate::bench {

// What every job of a bench carries, of every engine that is measured.
inline constexpr std::string_view job_data = R"({"order":4711,"to":"somebody@example.com","template":"receipt"})";

[[nodiscard]] inline std::string submit_body(std::string_view type) {
  return fmt::format(R"({{"type":"{}","data":{}}})", type, job_data);
}

[[nodiscard]] inline std::string batch_body(std::string_view type, std::size_t jobs) {
  std::string body = R"({"jobs":[)";
  for (std::size_t at = 0; at < jobs; ++at) {
    if (at > 0) body += ',';
    body += submit_body(type);
  }
  return body + "]}";
}

}  // namespace taskgate::bench
