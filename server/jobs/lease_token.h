#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace taskgate::jobs {

// What a lease token says: which attempt it is for, and who holds it.
struct LeaseGrant {
  JobId job;
  std::int64_t fence = 0;
  UserId holder;                      // whose API key claimed it
  std::chrono::milliseconds lease{};  // how long it was granted for, and is renewed for unless asked otherwise
  std::string worker;
  bool operator==(const LeaseGrant&) const = default;
};

// Makes and reads lease tokens: version (1 byte) ‖ job (8) ‖ fence (8) ‖ holder (12) ‖ lease in milliseconds (4) ‖
// worker ‖ HMAC-SHA-256 cut to 16 bytes, in base64url. Opaque to workers. Nothing about them is stored: the key is
// derived from the server's secret, so they outlive a restart.
class LeaseTokenCodec {
 public:
  explicit LeaseTokenCodec(std::string_view server_secret);
  [[nodiscard]] std::string encode(const LeaseGrant& grant) const;
  // Nothing for anything this server has not made.
  [[nodiscard]] std::optional<LeaseGrant> decode(std::string_view text) const;

 private:
  [[nodiscard]] std::string mac(std::string_view payload) const;
  std::string key_;
};

}  // namespace taskgate::jobs
