#include "net/tls_identity.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <string_view>

#include "base/log.h"

namespace taskgate::net {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr std::chrono::seconds look_every{2};
constexpr const char* ciphers_of_tls_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view protocol = "http/1.1";

// A client that offers protocols and not this one would not understand a word.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  const std::string_view list(reinterpret_cast<const char*>(offered), offered_size);
  for (std::size_t at = 0; at < list.size();) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(list[at]));
    const auto name = list.substr(at + 1, size);
    if (name == protocol) {
      *chosen = offered + at + 1;
      *chosen_size = static_cast<unsigned char>(size);
      return SSL_TLSEXT_ERR_OK;
    }
    at += 1 + size;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Otherwise OpenSSL asks the terminal.
int no_password(char*, int, int, void*) { return 0; }

[[noreturn]] void fail(std::string_view setting, const std::string& file, const std::string& what) {
  throw std::runtime_error(fmt::format("{} {} cannot be used: {}.", setting, file, what));
}

}  // namespace

TlsIdentity::TlsIdentity(std::string certificate_file, std::string key_file)
    : certificate_file_(std::move(certificate_file)),
      key_file_(std::move(key_file)),
      stamp_(stamp()),
      context_(load()),
      looked_at_(std::chrono::steady_clock::now()) {}

TlsIdentity::Stamp TlsIdentity::stamp() const {
  std::error_code absent;  // then the time is the smallest there is
  return {std::filesystem::last_write_time(certificate_file_, absent),
          std::filesystem::last_write_time(key_file_, absent)};
}

std::shared_ptr<ssl::context> TlsIdentity::load() const {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(native, ciphers_of_tls_1_2);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(native, no_password);
  error_code ec;
  context->use_certificate_chain_file(certificate_file_, ec);
  if (ec) fail("TLS_CERT", certificate_file_, "it must be a readable file with a certificate in PEM, and its chain");
  context->use_private_key_file(key_file_, ssl::context::pem, ec);
  if (ec) {
    fail("TLS_KEY", key_file_,
         "it must be a readable file with the private key of the certificate, in PEM and without a password");
  }
  if (SSL_CTX_check_private_key(native) != 1) fail("TLS_KEY", key_file_, "it is not the key of the certificate");
  return context;
}

std::shared_ptr<ssl::context> TlsIdentity::current() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_at_ < look_every) return context_;
  looked_at_ = now;
  const auto found = stamp();
  if (found == stamp_) return context_;
  try {
    context_ = load();
    stamp_ = found;
    log::info("the certificate was read again", {{"file", certificate_file_}});
  } catch (const std::runtime_error& unusable) {
    // Perhaps only one of the two is new so far.
    log::warning("the certificate stays as it was", {{"error", unusable.what()}});
  }
  return context_;
}

}  // namespace taskgate::net
