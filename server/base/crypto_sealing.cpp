#include "base/crypto_sealing.h"

#include <sodium.h>

#include <stdexcept>

#include "base/crypto.h"

namespace taskgate {

namespace {

// The first byte of what is sealed: a later format gets another.
constexpr char version = 1;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t head_bytes = 1 + nonce_bytes;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

Sealer::Sealer(std::string_view secret) : key_(hmac_sha256(secret, "taskgate: secrets at rest, 1")) {
  static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32);
}

std::string Sealer::seal(std::string_view plain, std::string_view context) const {
  std::string sealed(head_bytes + plain.size() + tag_bytes, '\0');
  sealed[0] = version;
  unsigned char* const nonce = bytes_of(sealed) + 1;
  fill_random({nonce, nonce_bytes});
  if (crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + head_bytes, nullptr, bytes_of(plain), plain.size(),
                                                 bytes_of(context), context.size(), nullptr, nonce, key_.data()) != 0) {
    throw std::runtime_error("Sealing failed");
  }
  return to_base64url(sealed);
}

std::optional<std::string> Sealer::open(std::string_view sealed, std::string_view context) const {
  const auto raw = from_base64url(sealed);
  if (!raw || raw->size() < head_bytes + tag_bytes || raw->front() != version) return std::nullopt;
  std::string plain(raw->size() - head_bytes - tag_bytes, '\0');
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          bytes_of(plain), nullptr, nullptr, bytes_of(std::string_view{*raw}) + head_bytes, raw->size() - head_bytes,
          bytes_of(context), context.size(), bytes_of(std::string_view{*raw}) + 1, key_.data()) != 0) {
    return std::nullopt;
  }
  return plain;
}

}  // namespace taskgate
