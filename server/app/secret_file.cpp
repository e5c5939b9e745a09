#include "app/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/crypto.h"

namespace taskgate::app {

namespace {

constexpr std::size_t secret_bytes = 48;
constexpr std::size_t secret_length_min = 32;

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw std::runtime_error(fmt::format("The secret file {} {}.", file.string(), what));
}

std::string read_secret(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::string secret{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (!input && !input.eof()) fail(file, "cannot be read: check who may read it");
  if (secret.size() < secret_length_min) {
    fail(file,
         "is too short to be a secret. Remove it to get a new one; what the old one protected (sessions, or mails that "
         "wait) is then lost");
  }
  return secret;
}

void write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0) throw std::runtime_error(std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(descriptor) != 0) throw std::runtime_error(std::strerror(errno));
}

}  // namespace

std::string load_or_create_secret(const std::filesystem::path& file) {
  if (std::filesystem::exists(file)) return read_secret(file);

  auto secret = random_token(secret_bytes);
  const auto draft = file.string() + ".new." + std::to_string(::getpid());
  const int descriptor = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) fail(file, fmt::format("cannot be written ({}): check the data folder", std::strerror(errno)));
  try {
    write_whole(descriptor, secret + "\n");
  } catch (const std::runtime_error& error) {
    ::close(descriptor);
    ::unlink(draft.c_str());
    fail(file, fmt::format("cannot be written ({}): check the data folder's disk", error.what()));
  }
  ::close(descriptor);
  // link(2) fails where another process was first; then its secret counts.
  const bool is_first = ::link(draft.c_str(), file.c_str()) == 0;
  ::unlink(draft.c_str());
  return is_first ? secret : read_secret(file);
}

}  // namespace taskgate::app
