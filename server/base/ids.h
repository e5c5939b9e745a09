#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace taskgate {

// A job's id: 64 bits, ordered by creation time, shown as 16 lowercase hex digits.
// Layout: 42 bits of milliseconds since 1970 (until the year 2109), 22 bits of sequence within the millisecond that
// start at a random point below 2^16. The highest bit stays 0 until 2039, and `value` is stored as a signed 64-bit
// integer by engines.
struct JobId {
  std::uint64_t value = 0;
  auto operator<=>(const JobId&) const = default;
};

// A user's id: the 12-byte layout of a MongoDB ObjectId (4 bytes seconds, 5 random bytes of this process, 3 bytes
// counter), shown as 24 lowercase hex digits.
struct UserId {
  std::array<std::uint8_t, 12> bytes{};
  auto operator<=>(const UserId&) const = default;
};

// A sign-in session's id: 16 random bytes, shown as 32 lowercase hex digits. Not a secret by itself.
struct SessionId {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const SessionId&) const = default;
};

// An API key's id: 16 random bytes, shown as 32 lowercase hex digits. Not a secret by itself.
struct ApiKeyId {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const ApiKeyId&) const = default;
};

[[nodiscard]] std::string to_string(JobId id);
[[nodiscard]] std::string to_string(const UserId& id);
[[nodiscard]] std::string to_string(const SessionId& id);
[[nodiscard]] std::string to_string(const ApiKeyId& id);

// Above every id that a generator makes in that millisecond or before (unless it made millions within one millisecond).
[[nodiscard]] JobId first_job_id_after(Time time);

// Strict: the exact length, lowercase hex digits only.
[[nodiscard]] std::optional<JobId> parse_job_id(std::string_view text);
[[nodiscard]] std::optional<UserId> parse_user_id(std::string_view text);
[[nodiscard]] std::optional<SessionId> parse_session_id(std::string_view text);
[[nodiscard]] std::optional<ApiKeyId> parse_api_key_id(std::string_view text);

// Makes ids. Ids of one generator rise strictly, also when the clock is set back: then they continue from the last one.
// Thread-safe.
class IdGenerator {
 public:
  IdGenerator();
  [[nodiscard]] JobId next_job_id(Time now);
  [[nodiscard]] UserId next_user_id(Time now);
  [[nodiscard]] SessionId next_session_id();
  [[nodiscard]] ApiKeyId next_api_key_id();

 private:
  std::mutex mutex_;
  std::uint64_t last_job_id_ = 0;
  std::array<std::uint8_t, 5> process_random_{};
  std::uint32_t last_user_seconds_ = 0;
  std::uint32_t user_counter_ = 0;  // 24 bits
};

}  // namespace taskgate

template <>
struct std::hash<taskgate::JobId> {
  std::size_t operator()(const taskgate::JobId& id) const noexcept {
    return static_cast<std::size_t>(id.value * 0x9E3779B97F4A7C15ULL);
  }
};
template <>
struct std::hash<taskgate::UserId> {
  std::size_t operator()(const taskgate::UserId& id) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  }
};
template <>
struct std::hash<taskgate::ApiKeyId> {
  std::size_t operator()(const taskgate::ApiKeyId& id) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  }
};
template <>
struct std::hash<taskgate::SessionId> {
  std::size_t operator()(const taskgate::SessionId& id) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  }
};
