#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>

namespace taskgate {

namespace {

// Fetched once: OpenSSL 3 otherwise looks the algorithm up for every digest.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

// RFC 2104. OpenSSL's own HMAC() looks MAC and digest up by their names in each call, which costs more than the
// digests.
constexpr std::size_t sha256_block_bytes = 64;
constexpr unsigned char inner_pad = 0x36;
constexpr unsigned char outer_pad = 0x5c;

struct DigestContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

Sha256Digest sha256_of_two(std::span<const unsigned char> first, std::string_view second) {
  thread_local const std::unique_ptr<EVP_MD_CTX, DigestContextDeleter> context{EVP_MD_CTX_new()};
  Sha256Digest digest;
  if (!context || EVP_DigestInit_ex(context.get(), sha256_algorithm(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), first.data(), first.size()) != 1 ||
      EVP_DigestUpdate(context.get(), second.data(), second.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
    throw std::runtime_error("HMAC-SHA-256 failed");
  }
  return digest;
}

}  // namespace

void initialize_crypto() {
  if (sodium_init() < 0) throw std::runtime_error("The machine cannot supply secure random numbers");
}

void fill_random(std::span<std::uint8_t> bytes) {
  static const bool initialized = (initialize_crypto(), true);
  (void)initialized;
  randombytes_buf(bytes.data(), bytes.size());
}

std::string random_token(std::size_t bytes) {
  std::string secret(bytes, '\0');
  fill_random({reinterpret_cast<std::uint8_t*>(secret.data()), secret.size()});
  return to_base64url(secret);
}

Sha256Digest sha256(std::string_view data) {
  Sha256Digest digest;
  if (EVP_Digest(data.data(), data.size(), digest.data(), nullptr, sha256_algorithm(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return digest;
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view data) {
  std::array<unsigned char, sha256_block_bytes> pad{};
  if (key.size() > pad.size()) {
    const auto shorter = sha256(key);
    std::copy(shorter.begin(), shorter.end(), pad.begin());
  } else {
    std::copy(key.begin(), key.end(), pad.begin());
  }
  for (auto& byte : pad) byte = static_cast<unsigned char>(byte ^ inner_pad);
  const auto inner = sha256_of_two(pad, data);
  for (auto& byte : pad) byte = static_cast<unsigned char>(byte ^ inner_pad ^ outer_pad);
  const auto digest = sha256_of_two(pad, {reinterpret_cast<const char*>(inner.data()), inner.size()});
  OPENSSL_cleanse(pad.data(), pad.size());
  return digest;
}

std::string argon2id(std::string_view password, std::span<const std::uint8_t, 16> salt, Argon2Cost cost,
                     std::size_t length) {
  static_assert(crypto_pwhash_SALTBYTES == 16);
  std::string hash(length, '\0');
  if (crypto_pwhash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(), password.data(), password.size(),
                    salt.data(), cost.passes, std::size_t{cost.memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::bad_alloc();
  }
  return hash;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace taskgate
