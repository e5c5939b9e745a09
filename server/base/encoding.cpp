#include "base/crypto.h"

namespace taskgate {

namespace {

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view hex_alphabet = "0123456789abcdef";

using DecodingTable = std::array<std::int8_t, 256>;

constexpr DecodingTable decoding_table(std::string_view alphabet) {
  DecodingTable table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}

constexpr DecodingTable base64_table = decoding_table(base64_alphabet);
constexpr DecodingTable base64url_table = decoding_table(base64url_alphabet);
constexpr DecodingTable hex_table = decoding_table(hex_alphabet);

std::string encode_base64(std::string_view bytes, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<std::uint8_t>(byte);
    for (count += 8; count >= 6; count -= 6) text.push_back(alphabet[(bits >> (count - 6)) & 63U]);
  }
  if (count > 0) text.push_back(alphabet[(bits << (6 - count)) & 63U]);
  return text;
}

// `text` without padding.
std::optional<std::string> decode_base64(std::string_view text, const DecodingTable& table) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char character : text) {
    const std::int8_t value = table[static_cast<std::uint8_t>(character)];
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>((bits >> count) & 0xFFU));
    }
  }
  // Bits left over must be zero, or several texts would mean the same bytes.
  if ((bits & ((1U << count) - 1U)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string to_base64url(std::string_view bytes) { return encode_base64(bytes, base64url_alphabet); }

std::optional<std::string> from_base64url(std::string_view text) { return decode_base64(text, base64url_table); }

std::string to_base64(std::string_view bytes) {
  std::string text = encode_base64(bytes, base64_alphabet);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return decode_base64(text, base64_table);
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    text.push_back(hex_alphabet[static_cast<std::uint8_t>(byte) >> 4]);
    text.push_back(hex_alphabet[static_cast<std::uint8_t>(byte) & 15U]);
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_table[static_cast<std::uint8_t>(text[i])];
    const int low = hex_table[static_cast<std::uint8_t>(text[i + 1])];
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

}  // namespace taskgate
