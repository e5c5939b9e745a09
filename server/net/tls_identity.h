#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace taskgate::net {

// The certificate that the server shows, with its key: two files in PEM. TLS 1.2 and 1.3 with forward secrecy and
// authenticated encryption only, no renegotiation; of the protocols that a client offers, http/1.1. Thread-safe.
class TlsIdentity {
 public:
  // Throws std::runtime_error with a sentence for the operator when a file cannot be read or used, or when the key is
  // not the certificate's.
  TlsIdentity(std::string certificate_file, std::string key_file);

  // What new connections use. Looks every few seconds whether a file has changed, and reads both again then; files that
  // cannot be used are logged, and the identity stays as it was.
  [[nodiscard]] std::shared_ptr<boost::asio::ssl::context> current();

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Stamp {
    std::filesystem::file_time_type certificate;
    std::filesystem::file_time_type key;
    bool operator==(const Stamp&) const = default;
  };
  [[nodiscard]] Stamp stamp() const;
  [[nodiscard]] std::shared_ptr<boost::asio::ssl::context> load() const;

  const std::string certificate_file_;
  const std::string key_file_;
  std::mutex mutex_;
  Stamp stamp_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  Moment looked_at_;
};

}  // namespace taskgate::net
