#include "mail/mime.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/crypto.h"

namespace taskgate::mail {

namespace {

constexpr std::size_t line_length = 76;

bool is_control(char letter) { return static_cast<unsigned char>(letter) < 32 || letter == 127; }

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 128 && !is_control(c); });
}

// RFC 2047: encoded words of at most 75 characters, never splitting a character.
std::string encode_header_text(std::string text) {
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  if (is_plain_ascii(text)) return text;
  constexpr std::size_t bytes_per_word = 39;  // with the frame and "Subject: " a line of at most 76 characters
  std::string words;
  for (std::size_t start = 0; start < text.size();) {
    auto end = std::min(text.size(), start + bytes_per_word);
    while (end < text.size() && (text[end] & 0xC0) == 0x80) --end;
    words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ",
                         to_base64(std::string_view(text).substr(start, end - start)));
    start = end;
  }
  return words;
}

std::string base64_lines(std::string_view text) {
  const auto encoded = to_base64(text);
  std::string lines;
  for (std::size_t start = 0; start < encoded.size(); start += line_length) {
    lines += encoded.substr(start, line_length);
    lines += "\r\n";
  }
  return lines;
}

// RFC 5322 date-time; never in the words of a locale.
std::string date_header(Time now) {
  static constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000", days.at(std::chrono::weekday(day).c_encoding()),
                     static_cast<unsigned>(date.day()), months.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

}  // namespace

bool is_mail_address(std::string_view address) {
  if (address.empty() || address.size() > 254) return false;
  const auto at = address.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == address.size() ||
      address.find('@', at + 1) != std::string_view::npos)
    return false;
  return std::none_of(address.begin(), address.end(), [](char c) {
    return is_control(c) || std::string_view(" <>()[],;:\\\"").find(c) != std::string_view::npos;
  });
}

std::string to_mime(const Message& message, std::string_view from, std::string_view message_id, Time now) {
  const auto boundary = "taskgate-" + random_token(18);
  return fmt::format(
      "From: <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}>\r\nAuto-Submitted: "
      "auto-generated\r\nMIME-Version: 1.0\r\n"
      "Content-Type: multipart/alternative;\r\n boundary=\"{}\"\r\n\r\n"
      "--{}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}"
      "--{}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}"
      "--{}--\r\n",
      from, message.to, encode_header_text(message.subject), date_header(now), message_id, boundary, boundary,
      base64_lines(message.text), boundary, base64_lines(message.html), boundary);
}

}  // namespace taskgate::mail
