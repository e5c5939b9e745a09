#include "base/password_hash.h"

#include <crypt.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <new>
#include <optional>

#include "base/crypto.h"

namespace taskgate {

namespace {

constexpr Argon2Cost current_cost{};
constexpr Argon2Cost cost_max{256 * 1024, 10};
constexpr std::string_view argon2_prefix = "$argon2id$v=19$";
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t hash_bytes = 32;
constexpr std::size_t bcrypt_length = 60;
constexpr int bcrypt_cost_min = 4;
constexpr int bcrypt_cost_max = 15;

struct Argon2Hash {
  Argon2Cost cost;
  std::array<std::uint8_t, salt_bytes> salt{};
  std::string hash;
};

// PHC strings use base64 without padding.
std::string to_phc_base64(std::string_view bytes) {
  std::string text = to_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::string> from_phc_base64(std::string_view text) {
  if (text.find('=') != std::string_view::npos) return std::nullopt;
  std::string padded(text);
  padded.append((4 - padded.size() % 4) % 4, '=');
  return from_base64(padded);
}

// "m=19456" for the name "m": a plain decimal number without leading zeros.
std::optional<std::uint32_t> take_parameter(std::string_view& text, std::string_view name, char end) {
  if (!text.starts_with(name) || text.substr(name.size(), 1) != "=") return std::nullopt;
  text.remove_prefix(name.size() + 1);
  std::uint32_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto length = static_cast<std::size_t>(stop - text.data());
  if (error != std::errc{} || text[0] == '0' || length >= text.size() || text[length] != end) return std::nullopt;
  text.remove_prefix(length + 1);
  return value;
}

std::optional<Argon2Hash> parse_argon2(std::string_view text) {
  if (!text.starts_with(argon2_prefix) || text.size() > 256) return std::nullopt;
  text.remove_prefix(argon2_prefix.size());
  const auto memory = take_parameter(text, "m", ',');
  const auto passes = memory ? take_parameter(text, "t", ',') : std::nullopt;
  const auto lanes = passes ? take_parameter(text, "p", '$') : std::nullopt;
  if (!lanes || *lanes != 1 || *memory < 8 || *memory > cost_max.memory_kib || *passes > cost_max.passes)
    return std::nullopt;
  const std::size_t separator = text.find('$');
  if (separator == std::string_view::npos) return std::nullopt;
  const auto salt = from_phc_base64(text.substr(0, separator));
  const auto hash = from_phc_base64(text.substr(separator + 1));
  if (!salt || salt->size() != salt_bytes || !hash || hash->size() < 16 || hash->size() > 64) return std::nullopt;
  Argon2Hash parsed{{*memory, *passes}, {}, *hash};
  std::memcpy(parsed.salt.data(), salt->data(), salt_bytes);
  return parsed;
}

bool verify_bcrypt(std::string_view hash, std::string_view password) {
  if (password.find('\0') != std::string_view::npos) return false;  // crypt_r would see only a part of it
  const auto work = std::make_unique<crypt_data>();
  const char* const made = crypt_r(std::string(password).c_str(), std::string(hash).c_str(), work.get());
  return made != nullptr && equal_in_constant_time(made, hash);
}

}  // namespace

std::string hash_password(std::string_view password) {
  std::array<std::uint8_t, salt_bytes> salt{};
  fill_random(salt);
  const std::string hash = argon2id(password, salt, current_cost, hash_bytes);
  return fmt::format("{}m={},t={},p=1${}${}", argon2_prefix, current_cost.memory_kib, current_cost.passes,
                     to_phc_base64({reinterpret_cast<const char*>(salt.data()), salt.size()}), to_phc_base64(hash));
}

bool verify_password(std::string_view hash, std::string_view password) {
  if (is_bcrypt_hash(hash)) return verify_bcrypt(hash, password);
  const auto parsed = parse_argon2(hash);
  return parsed &&
         equal_in_constant_time(argon2id(password, parsed->salt, parsed->cost, parsed->hash.size()), parsed->hash);
}

bool is_bcrypt_hash(std::string_view hash) {
  if (hash.size() != bcrypt_length ||
      !(hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$"))) {
    return false;
  }
  const auto is_digit = [](char character) { return character >= '0' && character <= '9'; };
  if (!is_digit(hash[4]) || !is_digit(hash[5]) || hash[6] != '$') return false;
  const int cost = (hash[4] - '0') * 10 + (hash[5] - '0');
  if (cost < bcrypt_cost_min || cost > bcrypt_cost_max) return false;
  return hash.substr(7).find_first_not_of("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") ==
         std::string_view::npos;
}

bool is_supported_password_hash(std::string_view hash) {
  return is_bcrypt_hash(hash) || parse_argon2(hash).has_value();
}

bool needs_rehash(std::string_view hash) {
  const auto parsed = parse_argon2(hash);
  return !parsed || !(parsed->cost == current_cost) || parsed->hash.size() != hash_bytes;
}

const std::string& decoy_password_hash() {
  static const std::string hash = hash_password(random_token());
  return hash;
}

}  // namespace taskgate
