#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <new>
#include <stdexcept>

namespace taskgate {

namespace {

const unsigned char* unsigned_bytes(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

// Fetched once: OpenSSL 3 otherwise looks the algorithm up for every digest.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
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
  Sha256Digest digest;
  // OpenSSL takes a null key as "the one before": give it an address also when the key is empty.
  const void* const key_bytes = key.empty() ? "" : key.data();
  if (HMAC(sha256_algorithm(), key_bytes, static_cast<int>(key.size()), unsigned_bytes(data), data.size(),
           digest.data(), nullptr) == nullptr) {
    throw std::runtime_error("HMAC-SHA-256 failed");
  }
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
